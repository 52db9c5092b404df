"""Ages that a table for people shows."""

from __future__ import annotations

import math

from warrantor.tally import DAYS_PER_MONTH


def months_to(until: float, every: int = 1) -> list[tuple[float, float]]:
    """Whole months of age with their last day, and the last age of all: (month, day).

    Examples
    --------
    >>> months_to(65.0)
    [(1.0, 30.0), (2.0, 60.0), (2.1, 65.0)]
    >>> months_to(366.0, every=6), months_to(float("nan"))
    ([(6.0, 182.0), (12.0, 365.0)], [])
    """
    if not math.isfinite(until):
        return []
    months = range(every, int(until / DAYS_PER_MONTH) + 1, every)
    whole = [(float(m), float(math.floor(m * DAYS_PER_MONTH))) for m in months]
    last = round(until / DAYS_PER_MONTH, 1)
    return whole if whole and whole[-1][0] == last else [*whole, (last, until)]
