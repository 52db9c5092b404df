"""The life table as people read it: every age, or by month where days would be hundreds of rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from warrantor.cli.months import months_to
from warrantor.cli.out import Sheet

if TYPE_CHECKING:
    from warrantor.life.table import LifeTable

EVERY = ("age", "until", "at_risk", "claims", "left", "hazard", "survival", "lower", "upper")
BANDS = ("survival", "lower", "upper")
MOST = 60
SHORTER = "One row a month: --csv and --table --json have every age."


def sheet(life: LifeTable, *, whole: bool) -> Sheet:
    """Return the life table: every age where `whole` or where there are few, else one row a month.

    Parameters
    ----------
    life : LifeTable
    whole : bool

    Returns
    -------
    Sheet
        By month: units at risk at the last age in it with an event, claims up to there, and survival there.
    """
    title = f"Life table ({life.grain} grain, ages in {life.unit}, bands at {life.level:.0%})"
    rows = np.bincount(life.stratum, minlength=len(life.strata))
    if whole or life.unit != "day" or rows.max(initial=0) <= MOST:
        values = [[*life.strata[s], *(_blank(getattr(life, n)[r]) for n in EVERY)]
                  for r, s in enumerate(life.stratum.tolist())]
        return Sheet(title, [*life.by, *EVERY], values, list(life.how))
    return Sheet(title, [*life.by, "month", "at risk", "claims so far", *BANDS],
                 [row for s in range(len(life.strata)) for row in _months(life, s)], [SHORTER, *life.how])


def _months(life: LifeTable, s: int) -> list[list[str | float | None]]:
    one = life.of(s)
    if not len(one["until"]):
        return []
    claims, found = np.cumsum(one["claims"]), []
    for month, day in months_to(float(one["until"][-1])):
        r = int(np.searchsorted(one["until"], day, side="right")) - 1
        if r >= 0:
            values = (one["at_risk"][r], claims[r], *(one[n][r] for n in BANDS))
            found.append([*life.strata[s], month, *(_blank(v) for v in values)])
    return found


def _blank(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
