"""The fleet's side of a close: what changed the estimate since an earlier one, and locking a period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warrantor.fleet import Fleet
    from warrantor.forecast.close import Close
    from warrantor.forecast.reserve import Reserve
    from warrantor.forecast.roll import Roll


def since(folder: Path, by: tuple[str, ...], soft: Sequence[str], earlier: str, *, period: str | None,
          as_of: str | None, engine: str, **said: Any) -> tuple[Roll, Reserve]:
    """Roll the reserve of a fleet folder forward from an earlier close, with why the estimate changed.

    Parameters
    ----------
    folder : Path
    by, soft
        As the verb takes them.
    earlier : str
        A locked period, or the day of an earlier close.
    period : str or None
        Name of the period rolled over; its two days where none is given.
    as_of, engine
        As the verb takes them.
    **said
        level, seed and draws, as `reserve` takes them.

    Returns
    -------
    (Roll, Reserve)
        The reserve at the later close, whose `how` says what the explanation means.

    Raises
    ------
    Refused
        No such period or day, or a close without an answer.
    """
    import warrantor
    from warrantor.forecast.close import HOW, Since, moved

    with warrantor.open(folder, as_of=as_of, engine=engine) as fleet:
        before = _before(fleet, by, soft, earlier, said)
        after = _reserve(fleet, by, soft, **said)
        known = fleet.settled(before.as_of)
        still = _reserve(fleet, by, soft, sold_by=before.as_of, **said)
        then = fleet.at(before.as_of).cohorts(list(by))
    found = Since(come=known.come, fresh=known.fresh, cost=known.cost, cost_new=known.cost_new, still=still,
                  cohorts=then)
    roll = moved(period or f"{before.as_of} to {after.as_of}", before, after, found)
    return roll, replace(after, how=(*after.how, HOW))


def lock(folder: Path, by: tuple[str, ...], period: str, found: Reserve, about: Sequence[tuple[str, str]], *,
         engine: str) -> bool:
    """Lock a period's close beside the fleet.

    Raises
    ------
    Refused
        The period is locked with another estimate, or the reserve has no answer.
    """
    import warrantor
    from warrantor.forecast.close import close_of
    from warrantor.forecast.locked import lock as write

    with warrantor.open(folder, as_of=found.as_of, engine=engine) as fleet:
        close = close_of(found, fleet.cohorts(list(by)))
    return write(folder, period, close, dict(about) | {"level": found.level})


def _before(fleet: Fleet, by: tuple[str, ...], soft: Sequence[str], earlier: str, said: dict[str, Any]) -> Close:
    """The earlier close: as it was locked, or worked out from what was known on its day."""
    from warrantor.finding import Refused
    from warrantor.forecast.close import close_of
    from warrantor.forecast.locked import locked

    held = locked(fleet.folder)
    if earlier in held:
        return held[earlier]
    try:
        day = date.fromisoformat(earlier)
    except ValueError as error:
        names = ", ".join(held) or "none"
        raise Refused(f"--since {earlier}: no such day, written as in 2019-09-30, and no locked period; locked: "
                      f"{names}.") from error
    then = fleet.at(day)
    return close_of(_reserve(then, by, soft, **said), then.cohorts(list(by)))


def _reserve(fleet: Fleet, by: tuple[str, ...], soft: Sequence[str], **said: Any) -> Reserve:
    from warrantor.cli.lengthen import told_apart
    from warrantor.forecast.reserve import reserve

    hard, mild = told_apart(fleet, list(by), list(soft))
    return reserve(hard, fleet.cohorts(list(by)), soft=mild, **said)
