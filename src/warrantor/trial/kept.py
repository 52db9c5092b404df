"""Looks as they were taken: one file each, never written over, each carrying the hash of the one before."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warrantor.finding import Refused
from warrantor.trial.chained import add, read

if TYPE_CHECKING:
    from warrantor.trial.verdict import Verdict

SCHEMA = "warrantor.look/1"
SAME = 1e-9  # engines may add and take logarithms in the last digits differently; counts must be equal


@dataclass(frozen=True, slots=True)
class Kept:
    """A look, or a person's decision, as it is kept.

    Attributes
    ----------
    path : Path
    number : int
        Counted from 1, in the order kept.
    again : bool
        Whether it stood there before, with the same answer.
    """

    path: Path
    number: int
    again: bool


def keep(folder: Path, verdict: Verdict) -> Kept:
    """Keep a look; a look of a day that is kept already must give the same answer.

    Parameters
    ----------
    folder : Path
        Of the trial's looks; made where it is not there.
    verdict : Verdict

    Returns
    -------
    Kept

    Raises
    ------
    Refused
        The day is kept with another answer, or the chain of looks is broken.
    """
    document = verdict.to_dict()
    for record in read(folder):
        kept = record["document"]
        if record["kind"] == "look" and kept["on"] == document["on"] and kept["plan"] == document["plan"]:
            if differing := _differing(kept, document, ""):
                differing.sort(key=lambda told: told.split(" ")[0].count(".") + told.split(" ")[0].count("["))
                first = "; ".join(differing[:5]) + (" and more" if len(differing) > 5 else "")
                name = record["path"].name
                raise Refused(
                    f"The look of {verdict.on} is kept with another answer in {name}: {first}. Records of that day "
                    "were changed instead of corrected: a correction is a new version of a claim, with the day it "
                    "became known.")
            return _kept(record, again=True)
    return _kept(add(folder, SCHEMA, "look", verdict.on.isoformat(), document), again=False)


def overridden(folder: Path, verdict: Verdict, *, says: str, by: str, reason: str) -> Kept:
    """Keep a person's decision against the verdict of the last look; the verdict itself stays.

    Raises
    ------
    Refused
        No name, no reason, a verdict that is none, or one that is not against the look's.
    """
    if says not in ("STOP", "ROLL OUT", "CONTINUE", "INCONCLUSIVE"):
        raise Refused(f"{says!r} is no verdict: give STOP, ROLL OUT, CONTINUE or INCONCLUSIVE.")
    if says == verdict.says:
        raise Refused(f"The look of {verdict.on} says {says} already: there is nothing to override.")
    if not by.strip() or not reason.strip():
        raise Refused("A decision against the verdict needs the name of who takes it, and the reason.")
    document = {"on": verdict.on.isoformat(), "plan": verdict.plan, "verdict": verdict.says, "says": says,
                "by": by.strip(), "reason": reason.strip()}
    return _kept(add(folder, SCHEMA, "override", verdict.on.isoformat(), document), again=False)


def _kept(record: dict[str, Any], *, again: bool) -> Kept:
    return Kept(record["path"], record["number"], again)


def _differing(one: Any, other: Any, path: str) -> list[str]:
    """Where two documents differ, told as path: then, now."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [d for key in one for d in _differing(one[key], other[key], f"{path}.{key}".lstrip("."))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, pair in enumerate(zip(one, other, strict=True)) for d in _differing(*pair, f"{path}[{i}]")]
    if isinstance(one, float) and isinstance(other, float) and isclose(one, other, rel_tol=SAME, abs_tol=SAME):
        return []
    return [] if one == other else [f"{path} was {_short(one)}, is {_short(other)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
