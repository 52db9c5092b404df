"""Future claims of a fitted law, by month, for units in service and units still to be sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.finding import Refused
from warrantor.life.fitted import Fit
from warrantor.life.laws import LAWS
from warrantor.tally import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Claims:
    """Expected first claims over the coming periods.

    Attributes
    ----------
    period : (M,)
        1, 2, ...: cumulative ends, in the unit of the law's ages.
    cumulative : (M,) count
        Expected claims up to each.
    lower, upper : (M,) count
        Garwood interval of a Poisson count with that mean; the parameters are taken as known.
    level : float
    """

    period: Floats
    cumulative: Floats
    lower: Floats
    upper: Floats
    level: float


def expected_claims(law: Fit, age: Floats, units: Floats, *, periods: int, sales: Floats | None = None,
                    end: float = np.inf, level: float = 0.95) -> Claims:
    """Forecast first claims of a fitted law, parameters taken as known.

    Units alive at age a: n (F(min(a + m, end)) - F(a)) / (1 - F(a)); sales of period j enter at its start and have
    age m - j + 1 at the end of period m: n F(m - j + 1).

    Parameters
    ----------
    law : Fit
        One stratum.
    age : (R,)
        Ages of the unclaimed, unit of the law.
    units : (R,) count
        How many of each age.
    periods : int
        How many coming periods (one unit of age each).
    sales : (periods,) count, optional
        Units entering at the start of each coming period.
    end : float
        Age at which cover ends.
    level : float
        Level of the Garwood interval.

    Returns
    -------
    Claims

    Raises
    ------
    Refused
        The law was refused.
    """
    if len(law.strata) != 1 or law.refused[0] is not None:
        raise Refused(law.refused[0] or "expected_claims takes the fit of one stratum: keep one with Tally.only.")
    form, params = LAWS[law.law], law.parameters[0]
    period = np.arange(1.0, periods + 1.0)
    start = np.minimum(np.asarray(age, np.float64), end)
    later = np.minimum(start[:, None] + period, end)
    gone = -np.expm1(form.log_survival(later, params) - form.log_survival(start[:, None], params))
    total = np.asarray(units, np.float64) @ gone
    if sales is not None:
        lived = np.clip(period - np.arange(periods)[:, None], 0.0, end)
        fresh = np.where(lived > 0, -np.expm1(form.log_survival(np.maximum(lived, 1e-300), params)), 0.0)
        total = total + np.asarray(sales, np.float64) @ fresh
    lower, upper = garwood(total, level)
    return Claims(period, total, lower, upper, level)


def garwood(mean: Floats, level: float = 0.95) -> tuple[Floats, Floats]:
    """Garwood interval at a count that need not be whole: chi2_{a/2; 2N} / 2 and chi2_{1-a/2; 2N+2} / 2.

    Examples
    --------
    >>> [round(float(v), 4) for v in garwood(np.array(78.5416))]
    [62.1373, 97.9488]
    """
    from scipy.special import gammaincinv

    tail = (1.0 - level) / 2.0
    n = np.asarray(mean, np.float64)
    return np.where(n > 0, gammaincinv(np.maximum(n, 1e-300), tail), 0.0), gammaincinv(n + 1.0, 1.0 - tail)
