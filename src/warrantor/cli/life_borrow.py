"""warrantor life --borrow: the laws of strata that borrow from each other, beside their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from warrantor.cli.out import Sheet, number

if TYPE_CHECKING:
    from warrantor.life.fitted import Fit
    from warrantor.life.piecewise import Piecewise
    from warrantor.life.shrink import Borrowed


def lent(fits: Sequence[Fit | Piecewise], document: dict[str, Any]) -> list[Sheet]:
    """Add to each stratum of the document what each law borrows, and return the tables.

    Parameters
    ----------
    fits : sequence of Fit
        Laws fitted to each stratum alone.
    document : dict
        The verb's document; `borrowed` is added to its strata, by law.

    Returns
    -------
    list of Sheet
        One a law.

    Raises
    ------
    Refused
        Too few strata with claims to tell how strata differ.
    """
    from warrantor.life.fitted import Fit
    from warrantor.life.shrink import borrow

    found = [borrow(fit, level=fit.level) for fit in fits if isinstance(fit, Fit)]
    for s, stratum in enumerate(document["strata"]):
        stratum["borrowed"] = {b.law: {"level": b.level, **entry(b, s)} for b in found}
    document["borrowing"] = {b.law: b.how[-1] for b in found}
    return [sheet(b) for b in found]


def entry(found: Borrowed, s: int) -> dict[str, Any]:
    """Return what stratum `s` borrows: parameters with intervals, an infinite end being None, and the share."""
    row = found.row(s)
    ends = {n: [v if abs(v) < float("inf") else None for v in found.interval(n)[s].tolist()] for n in found.names}
    return {**{n: row[n] for n in found.names}, "intervals": ends, "borrowed": row["borrowed"]}


def sheet(found: Borrowed) -> Sheet:
    """Return a table of the parameters with intervals and the share borrowed, a row per stratum."""
    ends = {n: found.interval(n) for n in found.names}
    rows = []
    for s, key in enumerate(found.strata):
        pairs = [
            cell
            for n in found.names
            for cell in (float(found[n][s]), f"{number(float(ends[n][s, 0]))} to {number(float(ends[n][s, 1]))}")
        ]
        rows.append([*key, float(found.claims[s]), *pairs, f"{found.borrowed[s]:.0%}"])
    names = [cell for n in found.names for cell in (n, f"{n} {found.level:.0%}")]
    title = f"{found.law} law, strata borrowing from each other (ages in {found.unit})"
    return Sheet(title, [*found.by, "claims", *names, "borrowed"], rows, list(found.how))
