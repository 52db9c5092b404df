"""What a look says: stop, roll out, continue, or inconclusive; and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import isfinite
from typing import Any, Literal

from warrantor.ledger import Ledger
from warrantor.trial.balance import balance
from warrantor.trial.health import Check, health, matured_share
from warrantor.trial.plan import Trial
from warrantor.trial.readings import Reading, Readings, readings
from warrantor.trial.sentences import WAITS, WHY

SCHEMA = "warrantor.verdict/1"
Says = Literal["STOP", "ROLL OUT", "CONTINUE", "INCONCLUSIVE"]
RULE = ("STOP where an alarm fires or the difference in cost is shown to be above the limit. ROLL OUT where it is "
        "shown to be below it, every guardrail is shown to be within its margin, enough units are past the longer "
        "promise and its lag, and nothing in the trial's health blocks it. CONTINUE otherwise, until the stop date "
        "makes it INCONCLUSIVE.")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Verdict:
    """The answer of one look.

    Attributes
    ----------
    trial, plan : str
        Name and hash of the plan.
    on : date
        Everything is as known then.
    planned : bool
        Whether the plan has a look on that day; on any other day the effect stays hidden.
    says : "STOP", "ROLL OUT", "CONTINUE" or "INCONCLUSIVE"
    why : str
        One sentence.
    waits_for : tuple of str
        What a roll-out still needs; empty where nothing.
    readings : Readings
    checks : tuple of Check
    ledger : Ledger
    currency : str
    limit : float
    """

    trial: str
    plan: str
    on: date
    planned: bool
    says: Says
    why: str
    waits_for: tuple[str, ...]
    readings: Readings
    checks: tuple[Check, ...]
    ledger: Ledger
    currency: str
    limit: float

    @property
    def interval(self) -> tuple[float, float] | None:
        """Confidence interval of the difference at this look, valid at every look; None where none is shown."""
        found = self.readings.below
        if found is None or not self.planned:
            return None
        return float(found.lower[-1]), float(found.upper[-1])

    @property
    def sentence(self) -> str:
        """The verdict in one sentence."""
        return f"{self.says}: {self.why}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything that may be shown on this day as plain values."""
        found = self.readings
        named = ("trial", "plan", "planned", "says", "why", "currency", "limit")
        told: dict[str, Any] = {
            "schema": SCHEMA, "on": self.on.isoformat(), **{n: getattr(self, n) for n in named},
            "waits_for": list(self.waits_for), "data": self.ledger.hash, "alarms": [_shown(a) for a in found.alarms],
            "checks": [c.to_dict() for c in self.checks], "units": self.ledger.begun[:, -1].tolist(),
            "claims": int(self.ledger.known[..., -1].sum()), "matured": matured_share(self.ledger)}
        if self.planned:
            side = [None if e is None else e.to_dict() for e in (found.below, found.above)]
            told |= {"difference": _plain(found.difference), "error": _plain(found.error), "below": side[0],
                     "above": side[1], "guardrails": [g.to_dict() for g in found.guardrails],
                     "ledger": self.ledger.to_dict()}
        return told

    def to_arrow(self) -> Any:
        """Return a row a kind of evidence: what it speaks against, its e-value and whether it fired."""
        import pyarrow as pa

        return pa.Table.from_pylist(table(self))

    def __repr__(self) -> str:
        rows = [f"  {r['role']:<10} {r['name']:<14} {r['says']}" for r in table(self)]
        return "\n".join([f"{self.trial}, look of {self.on}: {self.sentence}", *rows,
                          *(f"  {c!r}" for c in self.checks)])


def decide(trial: Trial, ledger: Ledger) -> Verdict:
    """Take a look: read the evidence, check the health, apply the rule of the plan.

    Parameters
    ----------
    trial : Trial
    ledger : Ledger
        Its last look is the day of the verdict.

    Returns
    -------
    Verdict
    """
    found, on = readings(trial, ledger), ledger.looks[-1]
    checks = (*health(trial, ledger), *balance(trial, ledger))
    says, why, waits = judged(trial, found, checks, on=on)
    return Verdict(trial=trial.name, plan=trial.hash, on=on, planned=on in trial.looks, says=says, why=why,
                   waits_for=waits, readings=found, checks=checks, ledger=ledger, currency=trial.currency,
                   limit=trial.limit)


def judged(trial: Trial, found: Readings, checks: Sequence[Check], *, on: date) -> tuple[Says, str, tuple[str, ...]]:
    """Say the verdict of a day, why, and what a roll-out waits for.

    Parameters
    ----------
    trial : Trial
    found : Readings
        Up to that day.
    checks : sequence of Check
        On that day.
    on : date
    """
    waits = _waits(trial, found, checks, last=on == trial.looks[-1])
    says, why = rule(trial, found, waits, on=on, planned=on in trial.looks)
    return says, why, waits


def rule(trial: Trial, found: Readings, waits: Sequence[str], *, on: date, planned: bool) -> tuple[Says, str]:
    """Apply the rule; an alarm once fired stays fired, a proof once given stays given."""
    fired = [a.name for a in found.alarms if a.evidence is not None and a.evidence.alarm is not None]
    money = {"limit": f"{trial.limit:g}", "currency": trial.currency}
    if fired:
        return "STOP", WHY["alarm"].format(alarms=" and on ".join(fired))
    if planned and found.above is not None and found.above.alarm is not None:
        return "STOP", WHY["above"].format(**money)
    if planned and not waits:
        return "ROLL OUT", WHY["below"].format(**money)
    if on >= trial.stop_on:
        return "INCONCLUSIVE", WHY["ended"].format(day=trial.stop_on, months=trial.windows[0])
    if not planned:
        return "CONTINUE", WHY["hidden"]
    return "CONTINUE", WHY["waits"].format(waits="; ".join(waits))


def _waits(trial: Trial, found: Readings, checks: Sequence[Check], *, last: bool) -> tuple[str, ...]:
    """What a roll-out still needs."""
    waits = []
    if found.below is None or found.below.alarm is None:
        waits.append(WAITS["below" if found.below else "cohort"])
    for rail in found.guardrails:
        if rail.waived:
            continue
        if rail.evidence is None:
            waits.append(WAITS["unmeasured"].format(name=rail.name, why=rail.unmeasured))
        elif rail.evidence.alarm is None:
            waits.append(WAITS["rails" if rail.name.endswith("s") else "rail"].format(name=rail.name))
    grown = next(c for c in checks if c.name == "maturity")
    if not grown.ok and not last:
        waits.append(WAITS["maturity"].format(share=f"{grown.figures['matured']:.0%}",
                                              needed=f"{trial.maturity:.0%}"))
    return (*waits, *(WAITS["check"].format(name=c.name) for c in checks if c.blocks and not c.ok))


def table(verdict: Verdict) -> list[dict[str, Any]]:
    """Return a row a kind of evidence; on an unplanned day only what may be shown.

    Parameters
    ----------
    verdict : Verdict
    """
    found = verdict.readings
    rows = [_row("alarm", a) for a in found.alarms]
    if not verdict.planned:
        return rows
    sides = [Reading("cost", "difference", e, "" if e else "no cohort is mature yet")
             for e in (found.below, found.above)]
    return [*(_row("difference", s) for s in sides), *(_row("guardrail", g) for g in found.guardrails), *rows]


def _row(role: str, reading: Reading) -> dict[str, Any]:
    found = reading.evidence
    if found is None:
        waived = f"; waived: {reading.waived}" if reading.waived else ""
        return {"role": role, "name": reading.name, "null": "", "log_e": None, "needs": None, "fired": False,
                "says": f"not measured: {reading.unmeasured}{waived}"}
    fired = found.alarm is not None
    word = {"alarm": ("ALARM", "quiet"), "guardrail": ("within its margin", "not yet shown"),
            "difference": ("shown", "not shown")}[role][0 if fired else 1]
    says = f'{word}: "{found.null}" has p at most {found.p[-1]:.3g}, against {found.level:.3g}'
    return {"role": role, "name": reading.name, "null": found.null, "log_e": _plain(float(found.log_e[-1])),
            "needs": found.threshold, "fired": fired, "says": says}


def _shown(alarm: Reading) -> dict[str, Any]:
    """An alarm without its estimate: whether it fired may always be known."""
    told = alarm.to_dict()
    if told["evidence"] is not None:
        told["evidence"] = {k: told["evidence"][k] for k in ("name", "null", "level", "threshold", "alarm", "p", "how")}
    return told


def _plain(value: float) -> float | None:
    return value if isfinite(value) else None
