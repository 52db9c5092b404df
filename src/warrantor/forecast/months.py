"""Calendar months ahead, and in which of them a claim opened on a day will be reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from warrantor.life.lag import Lag
from warrantor.tally import Floats, Ints

EPOCH = 719163  # ordinal of 1970-01-01


def day_of(number: int) -> date:
    """Return the civil date of a day number.

    Examples
    --------
    >>> day_of(18261).isoformat()
    '2019-12-31'
    """
    return date.fromordinal(number + EPOCH)


@dataclass(frozen=True, slots=True, eq=False)
class Months:
    """Calendar months after `as_of`; the first begins on the day after it, be that the first of a month or not.

    Attributes
    ----------
    as_of : int
        Day number.
    begin, end : (M,) day number
        First and last day of each month shown; what is reported after the last is one column, "later".
    first, last : (O,) day number
        Of the quarters of months in which a claim can still be opened; claims are opened evenly over each.
    """

    as_of: int
    begin: Ints
    end: Ints
    first: Ints
    last: Ints

    @classmethod
    def of(cls, as_of: int, shown: int, until: int) -> Months:
        """Show so many months from the day after `as_of`; claims can be opened until day `until`.

        Examples
        --------
        >>> ahead = Months.of(18261, 2, 18300)  # as of 2019-12-31
        >>> [d.isoformat() for d in ahead.dates], ahead.end.tolist()
        (['2020-01-01', '2020-02-01'], [18292, 18321])
        >>> (ahead.last - ahead.first + 1)[:4].tolist()
        [7, 8, 8, 8]
        """
        month = np.array([as_of + 1, max(as_of + 1, until)]).astype("datetime64[D]").astype("datetime64[M]")
        size = max(shown, int((month[1] - month[0]).astype(int)) + 1)
        edges = (month[0] + np.arange(size + 1)).astype("datetime64[D]").astype(np.int64)
        quarters = edges[:-1, None] + np.diff(edges)[:, None] * np.arange(4) // 4
        last = np.append(quarters.ravel()[1:], edges[-1]) - 1
        stays = last > as_of
        return cls(as_of, np.maximum(edges[:shown], as_of + 1), edges[1 : shown + 1] - 1,
                   np.maximum(quarters.ravel()[stays], as_of + 1), last[stays])

    @property
    def dates(self) -> tuple[date, ...]:
        """(M,) the first day of each month shown."""
        return tuple(date.fromordinal(int(d) + EPOCH).replace(day=1) for d in self.begin)

    @property
    def whole(self) -> bool:
        """Whether the first month is a whole one."""
        return date.fromordinal(int(self.begin[0]) + EPOCH).day == 1

    def reported(self, opened: Ints, lag: Lag | None) -> Floats:
        """Share of the claims opened on each day (N,) that is reported in each month shown, and later: (N, M + 1).

        A claim of the past counts with the share not yet reported: its row sums to 1 - G(as_of - opened).
        """
        since = np.append(self.begin[0] - 1, self.end) - opened[:, None]
        share = (since >= 0).astype(np.float64) if lag is None else lag.at(since)
        return np.diff(np.concatenate((share, np.ones((len(opened), 1))), axis=1), axis=1)

    def spread(self, lag: Lag | None) -> Floats:
        """(O, M + 1) share of the claims opened evenly over a quarter of a month by the month they are reported in."""
        days = np.arange(self.first[0], self.last[-1] + 1)
        place = np.searchsorted(self.last, days)
        total = np.zeros((len(self.last), len(self.end) + 1))
        np.add.at(total, place, self.reported(days, lag))
        return total / np.bincount(place, minlength=len(self.last))[:, None]
