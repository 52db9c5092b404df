"""What a trial asks of the records: the plan and the calendar of its two promises, put into one question."""

from __future__ import annotations

from datetime import date, timedelta

from warrantor.finding import Refused
from warrantor.ledger import Asked, Counted
from warrantor.terms import Guarantees
from warrantor.trial.overspend import stakes_above
from warrantor.trial.plan import Trial

EPOCH = date(1970, 1, 1)
NO_MEAN = 1.0  # without an expected cost the overspend alarm is not read; its grid must still be one


def asked_of(trial: Trial, guarantees: Guarantees, on: date) -> Asked:
    """Put the question of a look.

    Parameters
    ----------
    trial : Trial
    guarantees : Guarantees
        Hold both promises.
    on : date
        The day of the look: all planned looks by then are told, and that day itself.

    Raises
    ------
    Refused
        A design by product, which has no arms to draw; a promise that is not there; a day before the first unit.
    """
    if trial.design == "product":
        raise Refused("Nothing is drawn by lot in a design by product: use `warrantor trial freeze`, `observed` and "
                      "`compare`.")
    if on < trial.first_on:
        raise Refused(f"The trial begins on {trial.first_on}: on {on} there is nothing to look at.")
    looks = tuple(sorted({day for day in trial.looks if day <= on} | {on}))
    counted = tuple(Counted(g.name, g.source, g.faults, g.poor if g.poor is not None else 0.0)
                    for g in trial.guardrails if g.name != "safety" or g.faults)
    mean = trial.baseline.mean_cost if trial.baseline else NO_MEAN
    return Asked(products=trial.products, by=trial.strata or ("product",), salt=trial.salt, key=trial.key,
                 share=trial.share, versions=trial.versions, first_on=trial.first_on, last_on=trial.last_on,
                 ends=_ends(trial, guarantees),
                 lag_days=trial.lag_days, looks=looks, stakes=trial.stakes,
                 alarm_stakes=tuple(stakes_above(mean).tolist()), cap=trial.cap, counted=counted)


def _ends(trial: Trial, guarantees: Guarantees) -> tuple[tuple[int, int, int], ...]:
    """Start day, last day of the shorter and of the longer promise, for every day of sale and of delivery after it."""
    held = {g.key for g in guarantees.all}
    if missing := [key for key in trial.versions if key not in held]:
        raise Refused(f"The fleet's guarantees hold no {missing[0]}: load it with both promises of the plan.")
    first, last = ((day - EPOCH).days for day in (trial.first_on, trial.last_on))
    ends: dict[str, dict[int, int]] = {key: {} for key in trial.versions}
    for key, start, end in guarantees.calendar(first, last):
        if key in ends:
            ends[key][start] = end
    short, long = (ends[key] for key in trial.versions)
    for start in short:
        if not short[start] < long[start]:
            day = EPOCH + timedelta(days=start)
            raise Refused(f"{trial.extended} does not outlast {trial.conventional} for a unit that starts on {day}.")
    return tuple((start, short[start], long[start]) for start in sorted(short))
