"""Plans as they were registered: a chain of them, in which a change is a further plan with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from warrantor.finding import Refused
from warrantor.trial.chained import add, read
from warrantor.trial.plan import Trial

SCHEMA = "warrantor.registered/1"


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered plan.

    Attributes
    ----------
    hash : str
        SHA-256 of the plan, to be published.
    number : int
        1 the first plan, 2 its first amendment.
    path : Path
    again : bool
        Whether it stood there before.
    """

    hash: str
    number: int
    path: Path
    again: bool


def register(plan: Path, trial: Trial, *, reason: str = "") -> Registered:
    """Write a plan into the register beside it, in the folder `registered`.

    Parameters
    ----------
    plan : Path
        The plan's file.
    trial : Trial
        What it says.
    reason : str
        Of an amendment.

    Raises
    ------
    Refused
        The plan differs from the registered one and no reason is given; or the register is broken.
    """
    records = read(_folder(plan))
    if records and records[-1]["document"]["hash"] == trial.hash:
        return Registered(trial.hash, records[-1]["number"], records[-1]["path"], again=True)
    if records and not reason.strip():
        raise Refused(f"{plan} differs from the plan registered as {records[-1]['document']['hash'][:12]}: "
                      f"{_changed(records[-1], trial)}. A registered plan is never changed; amend it with --reason, "
                      "which adds a further plan that names this one.")
    document = {"hash": trial.hash, "plan": trial.to_dict(), "reason": reason.strip(),
                "amends": records[-1]["document"]["hash"] if records else ""}
    made = add(_folder(plan), SCHEMA, "amendment" if records else "plan", trial.hash[:12], document)
    return Registered(trial.hash, made["number"], made["path"], again=False)


def registered(plan: Path, trial: Trial) -> Registered:
    """Return the last registered plan, which must be this one.

    Raises
    ------
    Refused
        None is registered, or the plan was changed since.
    """
    records = read(_folder(plan))
    if not records:
        raise Refused(f"{plan} is not registered: a look counts only under a plan that was fixed before. Run "
                      f"`warrantor trial register {plan}`.")
    last = records[-1]
    if last["document"]["hash"] != trial.hash:
        raise Refused(f"{plan} was changed since it was registered as {last['document']['hash'][:12]}: "
                      f"{_changed(last, trial)}. Restore it, or register an amendment with its reason.")
    return Registered(trial.hash, last["number"], last["path"], again=True)


def _changed(record: dict[str, Any], trial: Trial) -> str:
    """Name the keys in which a plan differs from a registered one."""
    before, now = record["document"]["plan"], trial.to_dict()
    keys = [key for key in now if before.get(key) != now[key]]
    keys += [key for key in before if key not in now]
    return ", ".join(keys)


def _folder(plan: Path) -> Path:
    return plan.parent / "registered"
