"""warrantor trial look, verdict: what a trial says on a day, from what was known then."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, number, progress

if TYPE_CHECKING:
    from warrantor.trial.plan import Trial
    from warrantor.trial.verdict import Verdict

TRIPPED = 4


def look(
    plan: Path,
    fleet: Path,
    /,
    *,
    on: str | None = None,
    output: Annotated[Path | None, Parameter(name=["--output", "-o"])] = None,
    fail_on: str | None = None,
    engine: str = "duckdb",
    json: bool = False,
) -> int:
    """Look at a trial on a day: alarms always, the effect on planned looks only; the look is kept beside the plan.

    Parameters
    ----------
    plan
        The trial's plan, registered.
    fleet
        A fleet folder that `warrantor load --trial` wrote.
    on
        The day, everything as known then; by default the day the fleet reaches to. A look taken again gives the same
        answer, or says what was changed.
    output
        Write a page there, .html.
    fail_on
        stop: exit with code 4 where the look says STOP.
    engine
        duckdb, spark or spark://host:port.
    json
        Print the look as JSON.
    """
    if fail_on not in (None, "stop"):
        raise UsageError(f"--fail-on {fail_on}: say stop, or leave it out.")
    trial, found = _look(plan, fleet, on, engine)
    _kept(plan, found)
    if output is not None:
        _page(output, found)
    emit(found.to_dict(), *sheets(trial, found), json=json)
    return TRIPPED if fail_on and found.says == "STOP" else 0


def verdict(
    plan: Path,
    fleet: Path,
    /,
    *,
    override: str | None = None,
    by: str = "",
    reason: str = "",
    engine: str = "duckdb",
    json: bool = False,
) -> None:
    """Say the verdict of the last planned look, what follows from it, and who decided otherwise.

    Parameters
    ----------
    plan
        The trial's plan, registered.
    fleet
        A fleet folder that reaches to a planned look.
    override
        STOP, ROLL OUT, CONTINUE or INCONCLUSIVE: a person decides against the verdict; both are kept.
    by
        Who decides; needed with --override.
    reason
        Why; needed with --override.
    engine
        duckdb, spark or spark://host:port.
    json
        Print the verdict as JSON.
    """
    from warrantor.trial.chained import read
    from warrantor.trial.kept import overridden
    from warrantor.trial.verdict import RULE

    trial, found = _look(plan, fleet, None, engine, planned=True)
    _kept(plan, found)
    if override is not None:
        note(f"Kept: {overridden(_folder(plan), found, says=override, by=by, reason=reason).path}")
    decided = [r["document"] for r in read(_folder(plan)) if r["kind"] == "override"
               and r["document"]["plan"] == found.plan and r["document"]["on"] == found.on.isoformat()]
    told = [f"{d['by']} decided {d['says']} against it: {d['reason']}" for d in decided]
    after = [f"{what}: {text}" for what, text in trial.roll_back.items()] if found.says == "STOP" else []
    notes = [found.sentence, *told, *after, f"Rule: {RULE}"]
    emit(found.to_dict() | {"schema": "warrantor.decision/1", "overrides": decided, "then": after, "rule": RULE},
         *sheets(trial, found)[:1], Sheet("Verdict", ["trial", "on", "says"], [[trial.name, str(found.on), found.says]],
                                          notes), json=json)


def sheets(trial: Trial, found: Verdict) -> list[Sheet]:
    """Tables of a look: the evidence, then the health.

    Parameters
    ----------
    trial : Trial
    found : Verdict
    """
    from warrantor.trial.verdict import table

    rows = [[r["role"], r["name"], r["says"]] for r in table(found)]
    units = found.ledger.begun[:, -1]
    notes = [found.sentence, f"Plan {found.plan[:16]}, data {found.ledger.hash[:16]}, as known on {found.on}."]
    if found.planned and found.interval is not None:
        low, high = found.interval
        notes.insert(0, f"Difference in cost a unit, extended less conventional: {number(found.readings.difference)} "
                        f"{trial.currency}, between {number(low)} and {number(high)} with {1 - 2 * trial.level:.0%} "
                        f"confidence at every look; limit {trial.limit:g}.")
    if not found.planned:
        notes.insert(0, f"{found.on} is no planned look: the effect stays hidden. {int(units.sum()):,} units, "
                        f"{int(found.ledger.known[..., -1].sum()):,} claims known in both arms together.")
    return [Sheet(f"{trial.name}, look of {found.on}", ["role", "what", "says"], rows, notes),
            Sheet("Health of the trial", ["check", "", "says"],
                  [[c.name, "fine" if c.ok else "LOOK", c.says] for c in found.checks])]


def _look(plan: Path, folder: Path, on: str | None, engine: str, *, planned: bool = False) -> tuple[Trial, Verdict]:
    import warrantor
    from warrantor.finding import Refused
    from warrantor.trial.plan import Trial
    from warrantor.trial.register import registered
    from warrantor.trial.verdict import decide

    trial = Trial.load(plan)
    registered(plan, trial)
    with progress("reading what was known"), warrantor.open(folder, as_of=on, engine=engine) as fleet:
        if planned:
            by_now = [day for day in trial.looks if day <= fleet.as_of]
            if not by_now:
                raise Refused(f"The first planned look is on {trial.looks[0]}, the fleet reaches to {fleet.as_of}.")
            return trial, decide(trial, fleet.at(by_now[-1]).ledger(trial))
        return trial, decide(trial, fleet.ledger(trial))


def _kept(plan: Path, found: Verdict) -> None:
    from warrantor.trial.kept import keep

    kept = keep(_folder(plan), found)
    note(f"The same answer as kept in {kept.path}" if kept.again else f"Kept: {kept.path}")


def _folder(plan: Path) -> Path:
    return plan.parent / "looks"


def _page(output: Path, found: Verdict) -> None:
    import warrantor

    warrantor.report(found, title=f"{found.trial}, look of {found.on}").save(output)
    note(f"Wrote {output}")
