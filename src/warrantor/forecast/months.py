"""Calendar months ahead, and in which of them a claim opened on a day will be reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from warrantor.life.lag import Lag
from warrantor.tally import Floats, Ints

EPOCH = 719163  # ordinal of 1970-01-01


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """Calendar months after `as_of`; the first begins on the day after it, be that the first of a month or not.

    Attributes
    ----------
    as_of : int
        Day number.
    shown : int
        M, months asked for; those after them are one column, "later".
    first, last : (O,) day number
        Of every month in which a claim can still be opened, at least `shown` of them.
    """

    as_of: int
    shown: int
    first: Ints
    last: Ints

    @classmethod
    def of(cls, as_of: int, shown: int, until: int) -> Months:
        """Count months from the day after `as_of` to the one that holds day `until`.

        Examples
        --------
        >>> ahead = Months.of(18261, 2, 18300)  # as of 2019-12-31
        >>> [d.isoformat() for d in ahead.dates], ahead.last.tolist()
        (['2020-01-01', '2020-02-01'], [18292, 18321])
        """
        begin = np.array([as_of + 1, max(as_of + 1, until)]).astype("datetime64[D]").astype("datetime64[M]")
        size = max(shown, int((begin[1] - begin[0]).astype(int)) + 1)
        edges = (begin[0] + np.arange(size + 1)).astype("datetime64[D]").astype(np.int64)
        return cls(as_of, shown, np.maximum(edges[:-1], as_of + 1), edges[1:] - 1)

    @property
    def dates(self) -> tuple[date, ...]:
        """(M,) the first day of each month shown."""
        return tuple(date.fromordinal(int(d) + EPOCH).replace(day=1) for d in self.first[: self.shown])

    @property
    def whole(self) -> bool:
        """Whether the first month is a whole one."""
        return date.fromordinal(int(self.first[0]) + EPOCH).day == 1

    def reported(self, opened: Ints, lag: Lag | None) -> Floats:
        """Share of the claims opened on each day (N,) that is reported in each month shown, and later: (N, M + 1).

        A claim of the past counts with the share not yet reported: its row sums to 1 - G(as_of - opened).
        """
        edges = np.append(self.first[: self.shown] - 1, self.last[self.shown - 1])
        since = edges - opened[:, None]
        share = (since >= 0).astype(np.float64) if lag is None else lag.at(since)
        return np.diff(np.concatenate((share, np.ones((len(opened), 1))), axis=1), axis=1)

    def spread(self, lag: Lag | None) -> Floats:
        """(O, M + 1) share of the claims opened evenly over a month that is reported in each month shown, and later."""
        days = np.arange(self.first[0], self.last[-1] + 1)
        month = np.searchsorted(self.last, days)
        total = np.zeros((len(self.last), self.shown + 1))
        np.add.at(total, month, self.reported(days, lag))
        return total / np.bincount(month, minlength=len(self.last))[:, None]
