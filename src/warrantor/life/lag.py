"""Sale lag and report lag: from made to sold, from claimed to known; the late ones are missing from the records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from warrantor.finding import Refused
from warrantor.life.fit import fit
from warrantor.life.laws import LAWS
from warrantor.tally import Brackets, Floats, Ints

SCHEMA = "warrantor.lag/1"
LONGEST = 7305
TAIL = 1e-9


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Lag:
    """The distribution of a lag in whole days.

    Attributes
    ----------
    law : str
        "empirical", or a name in `LAWS`.
    names : tuple of str
        The law's parameters; none where empirical.
    parameters : (P,)
        Of the lags above 0.
    cumulative : (L,)
        G(l), share of lags of at most l = 0 .. L-1 days; 1 beyond.
    seen : float
        Lags the fit is made of.
    at_zero : float
        Share of lags of 0 days.
    truncated : bool
        Whether the lags too long to be known yet were allowed for.
    how : tuple of str
        How the result was obtained.
    """

    law: str
    names: tuple[str, ...]
    parameters: Floats
    cumulative: Floats
    seen: float
    at_zero: float
    truncated: bool
    how: tuple[str, ...]

    def __getitem__(self, name: str) -> float:
        """One parameter by name."""
        return float(self.parameters[self.names.index(name)])

    def at(self, days: ArrayLike) -> Floats:
        """G(days): 0 before day 0, 1 beyond the longest."""
        day = np.floor(np.asarray(days, np.float64)).astype(np.int64)
        inside = self.cumulative[np.clip(day, 0, len(self.cumulative) - 1)]
        return np.where(day < 0, 0.0, np.where(day >= len(self.cumulative), 1.0, inside))

    @property
    def share(self) -> Floats:
        """(L,) share of lags of exactly l days."""
        return np.diff(self.cumulative, prepend=0.0)

    @property
    def mean(self) -> float:
        """Mean in days."""
        return float(np.arange(len(self.cumulative)) @ self.share)

    def quantile(self, p: float) -> int:
        """Smallest number of days l with G(l) >= p."""
        return int(np.searchsorted(self.cumulative, p))

    def draw(self, latest: ArrayLike, seed: int) -> Ints:
        """Draw one lag for each `latest` (N,), given that it is at most that many days.

        Raises
        ------
        Refused
            A unit for which no lag is short enough: it cannot have begun.
        """
        top = self.at(latest)
        if np.any(top <= 0):
            raise Refused(
                f"{int(np.sum(top <= 0)):,} units had less time than the shortest lag: they cannot have begun."
            )
        u = np.random.default_rng(seed).random(np.shape(top)) * top
        return np.searchsorted(self.cumulative, u, side="right").astype(np.int64)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {
            "schema": SCHEMA,
            "law": self.law,
            "parameters": dict(zip(self.names, self.parameters.tolist(), strict=True)),
            "seen": self.seen,
            "at_zero": self.at_zero,
            "truncated": self.truncated,
            "mean": self.mean,
            "cumulative": self.cumulative.tolist(),
            "how": list(self.how),
        }

    def __repr__(self) -> str:
        values = "".join(f", {n} {v:.6g}" for n, v in zip(self.names, self.parameters, strict=True))
        return (
            f"<{self.law} lag from {self.seen:,.0f}{values}, {self.at_zero:.1%} at 0 days, median "
            f"{self.quantile(0.5)}, 99th percentile {self.quantile(0.99)} days>"
        )


def fit_lag(
    days: ArrayLike, law: str = "lognormal", *, limit: ArrayLike | None = None, count: ArrayLike | None = None
) -> Lag:
    """Fit the distribution of a lag, allowing for lags too long to be known yet where their limits are given.

    empirical: q(l) = n_l / #{lag <= l and limit >= l}, G(l) = prod_{u > l} (1 - q(u)). A law: density of the
    lags above 0,
    each divided by F(limit). Lags of 0 days are a share of their own.

    Parameters
    ----------
    days : (N,) day
        Lags, whole days, 0 or more.
    law : str
        "empirical", or a name in `LAWS`.
    limit : (N,) day, optional
        The longest lag that could have been known for each; none where all are known.
    count : (N,) count, optional
        How many lags a row stands for.

    Returns
    -------
    Lag
        As shares of whole days, rounded from the law.

    Raises
    ------
    Refused
        No lags, a negative one, one beyond its limit or twenty years, or a law that the lags cannot tell.

    Source: reverse hazard as for right-truncated delays in Kalbfleisch, Lawless and Robinson (1991).

    Examples
    --------
    >>> lag = fit_lag([0, 1, 2, 0, 1, 0], "empirical", limit=[2, 2, 2, 1, 1, 0])
    >>> lag.cumulative.round(4)
    array([0.3333, 0.6667, 1.    ])
    """
    lags = np.asarray(days, np.float64)
    number = np.ones_like(lags) if count is None else np.asarray(count, np.float64)
    most = None if limit is None else np.asarray(limit, np.float64)
    _checked(lags, most, number)
    if law == "empirical":
        return _empirical(lags, most, number)
    return _of_law(lags, most, number, law)


def _checked(lags: Floats, most: Floats | None, number: Floats) -> None:
    if not np.nansum(number) > 0:
        raise Refused("No lags: there is nothing to fit.")
    if not np.all(lags >= 0):
        raise Refused(f"{int(np.sum(~(lags >= 0))):,} lags are negative or missing; correct them or leave them out.")
    if np.any(lags > LONGEST):
        raise Refused(f"{int(np.sum(lags > LONGEST)):,} lags exceed {LONGEST:,} days, twenty years: check their dates.")
    if most is not None and not np.all(lags <= most):
        raise Refused(f"{int(np.sum(~(lags <= most))):,} lags exceed their limit, the longest that could be known, or "
                      "have none.")
    if not np.all(number >= 0):
        raise Refused("A count is negative or missing; a count is 0 or more.")


def _empirical(lags: Floats, most: Floats | None, number: Floats) -> Lag:
    day = lags.astype(np.int64)
    size = int(day.max()) + 1
    n = np.bincount(day, number, size)
    if most is None:
        reached = np.cumsum(n)
    else:
        last = np.minimum(most, size - 1).astype(np.int64)
        reached = np.cumsum(n - np.concatenate(([0.0], np.bincount(last, number, size)[:-1])))
    q = np.divide(n, reached, out=np.zeros(size), where=reached > 0)
    later = np.cumprod(1.0 - q[:0:-1])[::-1]
    return Lag(
        law="empirical",
        names=(),
        parameters=np.empty(0),
        cumulative=np.append(later, 1.0),
        seen=float(number.sum()),
        at_zero=float(np.append(later, 1.0)[0]),
        truncated=most is not None,
        how=(_told(most),),
    )


def _of_law(lags: Floats, most: Floats | None, number: Floats, law: str) -> Lag:
    above = lags > 0
    lower, count = lags[above], number[above]
    upper, begin = lower, lower
    if most is not None:  # dividing by F(limit) is a gap (0, limit] counted -1
        begin = np.concatenate((lower, np.zeros(len(lower))))
        upper, count = np.concatenate((upper, most[above])), np.concatenate((count, -count))
    fitted = fit(
        Brackets(
            by=(),
            strata=((),),
            stratum=np.zeros(len(begin), np.int64),
            entry=np.zeros(len(begin)),
            lower=begin,
            upper=upper,
            count=count,
        ),
        law,
    )
    if fitted.refused[0] is not None:
        raise Refused(f"The {law} law of the lag: {fitted.refused[0]}")
    zero = float(number[~above].sum() / number.sum())
    found, values = LAWS[law], fitted.parameters[0]
    half = np.arange(LONGEST, dtype=np.float64) + 0.5
    cumulative = zero + (1.0 - zero) * -np.expm1(found.log_survival(half, values))
    enough = int(np.searchsorted(cumulative, 1.0 - TAIL)) + 1
    return Lag(
        law=law,
        names=fitted.names,
        parameters=values,
        cumulative=cumulative[:enough],
        seen=float(number.sum()),
        at_zero=zero,
        truncated=most is not None,
        how=(_told(most), *fitted.how),
    )


def _told(most: Floats | None) -> str:
    return "all lags taken as known" if most is None else "each lag conditional on being short enough to be known"


def ultimate(known: ArrayLike, limit: ArrayLike, lag: Lag) -> Floats:
    """Claims that will be known in the end: those known by `limit` days after they were opened, over G(limit).

    Parameters
    ----------
    known : (K,) count
        Claims known by now.
    limit : (K,) day
        Days since they were opened.
    lag : Lag
        Report lag.

    Returns
    -------
    (K,) count
        nan where no claim could be known yet.
    """
    share = lag.at(limit)
    return np.asarray(
        np.divide(np.asarray(known, np.float64), share, out=np.full(share.shape, np.nan), where=share > 0)
    )
