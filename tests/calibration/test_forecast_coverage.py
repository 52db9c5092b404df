"""Does the 90 % interval of `extend` cover, on simulated products whose law is known?"""

import numpy as np
import pytest

from warrantor.forecast.at_risk import alive, came
from warrantor.forecast.extend import extend
from warrantor.forecast.past import Past
from warrantor.forecast.score import coverage_band, covered
from warrantor.tally import Tally

UNITS, START, END, LIFE = 4000, 12.0, 18.0, 42.0


def simulated(kind, products, rng):
    """Simulated products, watched for 42 months; parameters vary from product to product (CV 0.2)."""
    stratum, age, failed = [], [], []
    for s in range(products):
        vary = np.exp(0.2 * rng.standard_normal(3))
        if kind == "weibull":
            t = (12.0 / 0.03 ** (1 / 1.2)) * vary[0] * rng.weibull(1.2 * vary[1], UNITS)
        elif kind == "limited":
            t = np.where(rng.random(UNITS) < 0.035 * vary[2], 7.0 * vary[0] * rng.weibull(1.3 * vary[1], UNITS), np.inf)
        else:
            early = np.where(rng.random(UNITS) < 0.03 * vary[2], 6.0 * rng.weibull(0.8, UNITS), np.inf)
            t = np.minimum(early, 14.0 + 60.0 * vary[0] * rng.weibull(2.0 * vary[1], UNITS))
        stratum.append(np.full(UNITS, s))
        failed.append(t <= LIFE)
        age.append(np.ceil(np.minimum(t, LIFE) * 30.0) / 30.0)
    stratum, age, failed = (np.concatenate(v) for v in (stratum, age, failed))
    names = tuple((f"{kind} {s}",) for s in range(products))
    zero = np.zeros(len(age))
    return Tally.of(by=("product",), strata=names, unit="month", stratum=np.concatenate((stratum, np.arange(products))),
                    age=np.concatenate((age, np.zeros(products))),
                    claimed=np.concatenate((failed + zero, np.zeros(products))),
                    open=np.concatenate((~failed + zero, np.zeros(products))),
                    entered=np.concatenate((zero, np.full(products, float(UNITS)))))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "past"), [("weibull", 8), ("weibull", 0), ("limited", 8), ("late", 8)])
def test_ninety_per_cent_intervals_cover(kind, past):
    covers = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        target = simulated(kind, 25, rng)
        history = Past.of(simulated(kind, past, rng), START, END) if past else None
        ahead = extend(target, alive(target, START), start=START, end=END, history=history, fan=False)
        covers.append(covered(ahead.lower, ahead.upper, came(target, START, END)))
    total = int(np.concatenate(covers).sum())
    assert total >= 85 if past else total >= coverage_band(100)[0]
