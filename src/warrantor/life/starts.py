"""Units made on a known day and sold on an unknown one: their ages follow from the sale lag."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from warrantor.finding import Refused
from warrantor.life.lag import Lag
from warrantor.tally import Floats, Ints, Tally


def starts_from_lag(lag: Lag, made: ArrayLike, latest: ArrayLike, *, seed: int = 1) -> Ints:
    """Draw a start day for each unit whose start is unknown, given that it began by `latest`.

    start = made + lag, lag ~ g given lag <= latest - made.

    Parameters
    ----------
    lag : Lag
        Sale lag, fitted to the units whose start is known.
    made : (N,) day number
        When each unit was made.
    latest : (N,) or scalar day number
        The last day it can have begun: of its first claim, or of the records.
    seed : int
        Of the random draws.

    Returns
    -------
    (N,) day number

    Raises
    ------
    Refused
        A unit made too late to have begun.

    Examples
    --------
    >>> from warrantor.life.lag import fit_lag
    >>> lag = fit_lag([10, 10, 10], "empirical")
    >>> starts_from_lag(lag, [100, 200], 400)
    array([110, 210])
    """
    first, last = np.asarray(made, np.int64), np.asarray(latest, np.int64)
    return np.asarray(first + lag.draw(np.broadcast_to(last - first, first.shape), seed))


def spread_over_lag(
    lag: Lag,
    waited: ArrayLike,
    *,
    stratum: ArrayLike | None = None,
    count: ArrayLike | None = None,
    like: Tally | None = None,
    sold: bool = True,
    cover: float = np.inf,
) -> Tally:
    """Spread unclaimed units over the ages their unknown starts allow: the expected tally, no random numbers.

    A unit made w days before the end of its watch leaves at age w - l with weight g(l) / G(w); where it is not
    known to be sold
    (`sold` false) with weight g(l), and with 1 - G(w) it has not begun: it enters and leaves at age 0. Beyond
    `cover` it
    expired there.

    Parameters
    ----------
    lag : Lag
        Sale lag.
    waited : (N,) day
        Days from made to the end of the watch.
    stratum : (N,) int, optional
        Stratum number of each row, in the strata of `like`.
    count : (N,) count, optional
        Units a row stands for.
    like : Tally, optional
        The tally of the known starts: its strata, names and currency are taken over, so that the two can be added.
    sold : bool
        Whether every unit is known to have begun.
    cover : float
        Length of cover in days.

    Returns
    -------
    Tally
        Fractional counts, exact grain, unit day.

    Raises
    ------
    Refused
        A unit that is said to be sold although no lag is short enough.
    """
    w = np.asarray(waited, np.int64)
    strata = ((),) if like is None else like.strata
    at = np.zeros(len(w), np.int64) if stratum is None else np.asarray(stratum, np.int64)
    number = np.ones(len(w)) if count is None else np.asarray(count, np.float64)
    if np.any(w < 0) or (sold and np.any(lag.at(w) <= 0)):
        raise Refused("Some units were made too late to have begun by the end of their watch.")
    top = int(w.max(initial=0)) + 1
    table = np.bincount(at * top + w, number, len(strata) * top).reshape(len(strata), top).astype(np.float64)
    out, waiting = _convolved(lag, table, sold)
    expired = np.zeros_like(out)
    if cover < top - 1:
        c = int(cover)
        expired[:, c] = out[:, c + 1 :].sum(axis=1)
        out[:, c + 1 :] = 0.0
    out[:, 0] += waiting
    stratum_of, age = np.nonzero((out > 0) | (expired > 0) | (np.arange(top) == 0))
    entered = np.where(age == 0, (out + expired).sum(axis=1)[stratum_of], 0.0)
    return Tally.of(
        by=() if like is None else like.by,
        strata=strata,
        stratum=stratum_of,
        age=age.astype(np.float64),
        unit="day" if like is None else like.unit,
        as_of=None if like is None else like.as_of,
        currency=None if like is None else like.currency,
        entered=entered,
        open=out[stratum_of, age],
        expired=expired[stratum_of, age],
        how=(f"starts unknown for {number.sum():,.0f} units: spread over the {lag.law} sale lag",),
    )


def _convolved(lag: Lag, table: Floats, sold: bool) -> tuple[Floats, Floats]:
    """Units (S, A) by age at the end of watch, and (S,) not begun, from units (S, W) by days since made."""
    top = table.shape[1]
    share, reached = lag.share[:top], lag.at(np.arange(top))
    weight = np.divide(table, reached, out=np.zeros_like(table), where=reached > 0) if sold else table
    out = np.zeros_like(table)
    for day, g in enumerate(share):  # over days of lag, not over units
        if g > 0:
            out[:, : top - day] += g * weight[:, day:]
    waiting = np.zeros(len(table)) if sold else (table * (1.0 - reached)).sum(axis=1)
    return out, waiting
