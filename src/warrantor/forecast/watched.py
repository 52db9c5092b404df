"""Up to which age a fleet's claims are known: windows shortened by the report lag."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from warrantor.finding import Refused
from warrantor.life.lag import Lag, fit_lag
from warrantor.tally import DAYS_PER_MONTH, Cohorts, Floats, Ints, Tally

EPOCH = 719163  # ordinal of 1970-01-01
CELLS = 1 << 20  # of a table by age that is worked on at once
MOVED = ("The cover of {:,.0f} units ends on a day of its own, not its calendar's: laws are fitted to that; claims "
         "still to come are foretold by the calendar's.")


def shortened(tally: Tally, cohorts: Cohorts) -> Tally:
    """Return a tally whose unclaimed units leave where their claims cease to be known, not where watching ends.

    A unit open at age A has had its claims reported up to age A - l with probability G(l): its exit is spread over l.

    Parameters
    ----------
    tally : Tally
        All first claims by age in days.
    cohorts : Cohorts
        The same units, same columns.

    Returns
    -------
    Tally
        Exits in `open` and `gone`; `expired` is taken together with `open`.
    """
    lag = lag_of(cohorts)
    shorter = closed(tally, watched_of(tally, cohorts, lag))
    return replace(shorter, as_of=tally.as_of, how=(*shorter.how, lag_said(lag)))


def closed(tally: Tally, watched: Watched) -> Tally:
    """Return the tally with the unclaimed leaving as `watched` says."""
    none = np.zeros(len(watched.age))
    return Tally.of(by=tally.by, strata=tally.strata, stratum=np.concatenate((tally.stratum, watched.stratum)),
                    age=np.concatenate((tally.age, watched.age)), how=(*tally.how, *watched.said()),
                    entered=np.concatenate((tally.entered, none)), claimed=np.concatenate((tally.claimed, none)),
                    gone=np.concatenate((tally.gone, none)),
                    open=np.concatenate((np.zeros(len(tally)), watched.units)), currency=tally.currency,
                    **{name: np.concatenate((getattr(tally, name), none))  # type: ignore[arg-type]
                       for name in ("claims", "cost", "cost_squared")})


def lag_of(cohorts: Cohorts) -> Lag | None:
    """Fit the report lag of the known claims, allowing for those not known yet; None where there are no claims."""
    if not cohorts.claim_count.sum():
        return None
    opened = cohorts.start_day[cohorts.claim_cohort] + np.floor((cohorts.claim_age + 0.5) * DAYS_PER_MONTH)
    limit = np.maximum(as_of_day(cohorts) - opened, cohorts.claim_lag)
    return fit_lag(cohorts.claim_lag, "empirical", limit=limit, count=cohorts.claim_count)


def as_of_day(cohorts: Cohorts) -> int:
    """Return the day up to which the cohorts were read, in days since 1970-01-01.

    Raises
    ------
    Refused
        They do not say.
    """
    if cohorts.as_of is None:
        raise Refused("These cohorts do not say as of which day they were read.")
    return cohorts.as_of.toordinal() - EPOCH


def lag_said(lag: Lag | None) -> str:
    """Say what report lag was allowed for."""
    if lag is None:
        return "No claims are known, so no report lag was allowed for."
    middle, late = lag.quantile(0.5), lag.quantile(0.99)
    return f"Windows are shortened by the report lag: median {middle} days, 99th percentile {late}."


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """Unclaimed units by stratum, and the age up to which their claims are known.

    Attributes
    ----------
    stratum : (R,) int
        Index into the tally's strata.
    age : (R,) day
        Up to which claims are known.
    units : (R,) count
    cover : (R,) day
        Length of the units' promise; nan where a unit's cover ends on a day of its own.
    moved : float
        Units whose exit is not their calendar's.
    """

    stratum: Ints
    age: Floats
    units: Floats
    cover: Floats
    moved: float = 0.0

    def said(self) -> tuple[str, ...]:
        """Say whose cover ends on a day of its own."""
        return (MOVED.format(self.moved),) if self.moved else ()


def watched_of(tally: Tally, cohorts: Cohorts, lag: Lag | None) -> Watched:
    """Spread each cohort's unclaimed units over the ages up to which a claim of theirs would be known by as_of.

    A cohort knows its calendar's end. Where the tally has units leave at another age, cover of their own ended or goes
    on: they leave at the tally's age, and as many fewer at the calendar's.
    """
    stratum = placed(tally, cohorts)
    rows = np.flatnonzero(stratum >= 0)
    left = np.maximum(cohorts.units - cohorts.claimed - cohorts.gone, 0.0)[rows]
    cover = (cohorts.end_day - cohorts.start_day)[rows]
    lived = np.maximum(as_of_day(cohorts) - cohorts.start_day, 0)[rows]
    kept, moved = _moved(tally, stratum[rows], left, np.minimum(cover, lived))
    share = np.array([1.0]) if lag is None else lag.share
    lives = _spread((stratum[rows], np.maximum(cover, 0), lived), left * kept, share)
    at, age, units, still = moved
    day = age.astype(np.int64)
    late = _spread((at, day, day), units * still, share)
    parts = (lives, (late[0], late[1], late[2], np.full(len(late[0]), np.nan)),
             (at, age, units * (1.0 - still), np.full(len(at), np.nan)))
    of, until, count, length = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Watched(of, until, count, length, moved=float(units.sum()))


def _moved(tally: Tally, stratum: Ints, left: Floats, age: Ints) -> tuple[Floats, tuple[Ints, Floats, Floats, Floats]]:
    """(R,) share of each cohort that leaves by its calendar; stratum, age, units of the others, share of them open."""
    width = float(max(tally.age.max(initial=0.0), age.max(initial=0)) + 1)
    keys, at = np.unique(np.concatenate((tally.stratum * width + tally.age, stratum * width + age)),
                         return_inverse=True)
    mine, theirs = at[: len(tally)], at[len(tally):]
    held = np.bincount(theirs, left, len(keys))
    still = np.bincount(mine, tally.open, len(keys))
    gap = still + np.bincount(mine, tally.expired, len(keys)) - held
    gap[np.abs(gap) < 1e-9 * (held + 1.0)] = 0.0
    kept: Floats = 1.0 + np.minimum(gap, 0.0) / np.where(held > 0, held, 1.0)
    more = np.flatnonzero(gap > 0)
    of, age = np.divmod(keys[more], width)
    return kept[theirs], (of.astype(np.int64), age.astype(np.float64), np.asarray(gap[more], np.float64),
                          np.minimum(still[more] / gap[more], 1.0, dtype=np.float64))


def _spread(who: tuple[Ints, Ints, Ints], units: Floats, share: Floats) -> tuple[Ints, Floats, Floats, Floats]:
    """Stratum, age, units, cover: units (R,) of stratum, cover and days since start, at age min(cover, days - lag).

    Summed by stratum and cover, some of them at a time: cohorts times lags at once would be more than memory.
    """
    stratum, cover, lived = who
    lived = np.minimum(lived, cover + len(share) - 1)
    keys, group = np.unique(stratum * (int(cover.max(initial=0)) + 1) + cover, return_inverse=True)
    order = np.argsort(group, kind="stable")
    first = np.searchsorted(group[order], np.arange(len(keys) + 1))
    some = max(CELLS // (int(lived.max(initial=0)) + 1), 1)
    found = [np.empty((4, 0))]
    for low in range(0, len(keys), some):
        rows = order[first[low] : first[min(low + some, len(keys))]]
        top, of = int(lived[rows].max()) + 1, group[rows] - low
        size = int(of.max()) + 1
        table = np.bincount(of * top + lived[rows], units[rows], size * top).astype(np.float64).reshape(size, top)
        mine = np.empty(size, np.int64)
        mine[of] = rows
        out = _back(table, share, cover[mine])
        at, age = np.nonzero(out)
        found.append(np.stack((stratum[mine][at], age, out[at, age], cover[mine][at])))
    at, age, n, cover = np.concatenate(found, axis=1)
    return at.astype(np.int64), age, n, cover


def _back(table: Floats, share: Floats, cover: Ints) -> Floats:
    """(G, A) units by days since start moved back by the lag, none past the cover (G,), none before age 0."""
    size, top = table.shape
    out = np.zeros((size, top))
    for days in np.flatnonzero(share):
        out[:, : max(top - days, 0)] += share[days] * table[:, days:]
        out[:, 0] += share[days] * table[:, :days].sum(axis=1)
    beyond = np.where(np.arange(top) > cover[:, None], out, 0.0)
    out -= beyond
    out[np.arange(size), np.minimum(cover, top - 1)] += beyond.sum(axis=1)
    return out


def placed(tally: Tally, cohorts: Cohorts) -> Ints:
    """Return the tally's stratum of each cohort (R,), -1 where it has none.

    Raises
    ------
    Refused
        The tally is by columns that the cohorts are not.
    """
    place = {key: i for i, key in enumerate(tally.strata)}
    names = [*cohorts.by, "guarantee"]
    lacking = [name for name in tally.by if name not in names]
    if lacking:
        raise Refused(f"The tally is by {', '.join(lacking)} and the cohorts are not: ask both by the same columns.")
    named = [names.index(name) for name in tally.by]
    pairs, each = np.unique(cohorts.stratum * len(cohorts.guarantees) + cohorts.guarantee, return_inverse=True)
    keys = [(*cohorts.strata[s], cohorts.guarantees[g])
            for s, g in zip(*np.divmod(pairs, max(len(cohorts.guarantees), 1)), strict=True)]
    return np.array([place.get(tuple(key[i] for i in named), -1) for key in keys], np.int64)[each]
