"""Up to which age a fleet's claims are known: windows shortened by the report lag."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from warrantor.finding import Refused
from warrantor.life.lag import Lag, fit_lag
from warrantor.tally import DAYS_PER_MONTH, Cohorts, Floats, Ints, Tally

EPOCH = 719163  # ordinal of 1970-01-01


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
    return replace(closed(tally, watched_of(tally, cohorts, lag)), as_of=tally.as_of, how=(*tally.how, lag_said(lag)))


def closed(tally: Tally, watched: Watched) -> Tally:
    """Return the tally with the unclaimed leaving as `watched` says."""
    none = np.zeros(len(watched.age))
    return Tally.of(by=tally.by, strata=tally.strata, stratum=np.concatenate((tally.stratum, watched.stratum)),
                    age=np.concatenate((tally.age, watched.age)), how=tally.how,
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
        Length of the units' promise.
    """

    stratum: Ints
    age: Floats
    units: Floats
    cover: Floats


def watched_of(tally: Tally, cohorts: Cohorts, lag: Lag | None) -> Watched:
    """Spread each cohort's unclaimed units over the ages up to which a claim of theirs would be known by as_of."""
    stratum = placed(tally, cohorts)
    left = np.maximum(cohorts.units - cohorts.claimed - cohorts.gone, 0.0) * (stratum >= 0)
    day = np.minimum(cohorts.end_day, as_of_day(cohorts)) - cohorts.start_day
    share = np.array([1.0]) if lag is None else lag.share
    slack = as_of_day(cohorts) - cohorts.start_day - day
    back = np.maximum(np.arange(len(share)) - slack[:, None], 0)
    age = np.maximum(day[:, None] - back, 0).ravel().astype(np.float64)
    cover = np.repeat((cohorts.end_day - cohorts.start_day).astype(np.float64), len(share))
    keep = np.repeat(left > 0, len(share))
    return Watched(np.repeat(stratum, len(share))[keep], age[keep], (left[:, None] * share).ravel()[keep], cover[keep])


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
