"""Bearing cages (Abernethy, Breneman, Medlin and Reinman 1983, AFWAL-TR-83-2079): failures of the next 300 hours."""

import numpy as np
import pytest

from warrantor.forecast.bootstrap import predict
from warrantor.forecast.running import Running
from warrantor.tally import Tally

FAILED = (230, 334, 423, 990, 1009, 1510)
RUNNING = {50: 288, 150: 148, 250: 124, 350: 111, 450: 106, 550: 99, 650: 110, 750: 114, 850: 119, 950: 127,
           1050: 123, 1150: 93, 1250: 47, 1350: 41, 1450: 27, 1550: 11, 1650: 6, 1850: 1, 2050: 2}


@pytest.fixture(scope="module")
def cages():
    age = np.array([0.0, *FAILED, *RUNNING])
    order, n = np.argsort(age), len(FAILED)
    claimed, still = np.zeros(len(age)), np.zeros(len(age))
    claimed[1:n + 1], still[n + 1:] = 1.0, list(RUNNING.values())
    entered = np.where(age == 0, claimed.sum() + still.sum(), 0.0)
    t = Tally.of(by=(), strata=((),), stratum=np.zeros(len(age), int), age=age[order], unit="hour",
                 entered=entered[order], claimed=claimed[order], open=still[order])
    return t, Running.of(t).ahead(300.0)


# Meeker and Escobar (1998) print 5.057 for the risk sum; the bounds of a bootstrap move by one
# with its random numbers.
@pytest.mark.parametrize(("method", "calibrated", "lower", "upper", "near"),
                         [("direct", False, 1, 13, 1), ("gpq", False, 1, 18, 2), ("direct", True, 1, 11, 1)])
def test_cages_that_fail_within_300_hours(cages, method, calibrated, lower, upper, near):
    evidence, risk = cages
    found = predict(evidence, risk, start=0, end=1e9, method=method, calibrated=calibrated, draws=4000)
    assert found.plug_in[0, 0] == pytest.approx(5.058209, abs=1e-6)
    assert abs(found.lower[0] - lower) <= near
    assert abs(found.upper[0] - upper) <= near
