"""Figures of the literature and of public help pages that the forecast room must give."""

import numpy as np
import pytest

from warrantor.forecast.claims import expected_claims
from warrantor.forecast.counts import Predictive
from warrantor.forecast.score import observed_over_expected, poisson_binomial
from warrantor.life.fit import fit
from warrantor.tally import Tally

# Minitab help, "Example of Pre-Process Warranty Data": 12,000 compressors shipped 1,000 a month, and "Table of
# predicted number of failures" of Warranty Prediction (support.minitab.com, reliability, how-to).
RETURNED = [7, 5, 7, 10, 12, 4, 8, 6, 5, 5, 0, 0]
WORKING = [998, 999, 998, 999, 994, 994, 988, 989, 993, 979, 1000, 1000]
PREDICTED = [13.1073, 27.4930, 43.1798, 60.1892, 78.5416]
CONFIDENCE = [(7.0000, 22.3660), (18.1933, 39.8678), (31.2722, 58.1271), (45.9516, 77.4449), (62.1373, 97.9488)]


def compressor():
    age = np.arange(13.0)
    returned, working = np.append(RETURNED, 0.0), np.insert(np.array(WORKING, float), 0, 0.0)
    entered = np.zeros(13)
    entered[0] = sum(RETURNED) + sum(WORKING)
    return Tally.of(by=(), strata=((),), stratum=np.zeros(13, int), age=age, unit="month", grain="interval",
                    entered=entered, claimed=returned, open=working)


@pytest.mark.parametrize("month", range(5))
def test_compressors_to_be_returned_in_the_next_five_months(month):
    tally = compressor()
    ahead = expected_claims(fit(tally, "weibull"), np.arange(1.0, 13.0), np.array(WORKING, float), periods=5,
                            sales=np.full(5, 1000.0))
    assert ahead.cumulative[month] == pytest.approx(PREDICTED[month], abs=5e-5)
    assert (ahead.lower[month], ahead.upper[month]) == pytest.approx(CONFIDENCE[month], abs=5e-5)


# ReliaWiki, "Nevada Chart Format Example": 100, 140 and 150 units shipped in June, July and August.
SHIPPED = [100, 140, 150]
RETURNS = [[3, 3, 5], [2, 4], [4]]


def chart(grain):
    """Returns k months after shipping: in (k - 1, k] of age, or exactly at k."""
    step = 1.0 if grain == "interval" else 0.0
    rows = [(0.0, SHIPPED[i], 0.0, 0.0) for i in range(3)]
    rows += [(k + 1.0 - step, 0.0, n, 0.0) for r in RETURNS for k, n in enumerate(r)]
    rows += [(float(len(r)), 0.0, 0.0, SHIPPED[i] - sum(r)) for i, r in enumerate(RETURNS)]
    age, entered, claimed, still = np.array(rows, float).T
    return Tally.of(by=(), strata=((),), stratum=np.zeros(len(age), int), age=age, unit="month", grain=grain,
                    entered=entered, claimed=claimed, open=still)


@pytest.mark.parametrize(("grain", "beta", "eta", "october"),
                         [("interval", 1.393701, 15.351118, 15.40), ("exact", 2.492776, 6.695053, 28.59)])
def test_the_two_conventions_of_a_sales_returns_chart_differ_by_1_86(grain, beta, eta, october):
    law = fit(chart(grain), "weibull")
    assert law["beta"][0] == pytest.approx(beta, rel=1e-6)
    assert law["eta"][0] == pytest.approx(eta, rel=1e-6)
    left = np.array([SHIPPED[i] - sum(r) for i, r in enumerate(RETURNS)], float)
    ahead = expected_claims(law, np.array([3.0, 2.0, 1.0]), left, periods=1)
    assert ahead.cumulative[0] == pytest.approx(october, abs=5e-3)


def test_expected_returns_of_june_by_its_third_month():
    # ReliaWiki, same example: F(3 | 2) = 0.08239, expected 7.7447 of the 94 not yet back: 94 x the rounded 0.08239
    law = fit(chart("exact"), "weibull")
    june = expected_claims(law, np.array([2.0]), np.array([94.0]), periods=1)
    assert june.cumulative[0] == pytest.approx(7.7447, abs=2.5e-4)
    assert june.cumulative[0] / 94 == pytest.approx(0.08239, abs=5e-6)


def test_bearing_cages_to_fail_in_the_next_300_hours():
    # Abernethy, Breneman, Medlin & Reinman 1983, AFWAL-TR-83-2079: 1,703 cages, 6 failed
    failed = [230.0, 334.0, 423.0, 990.0, 1009.0, 1510.0]
    hours = np.array([*range(50, 1950, 100), 2050.0])
    running = np.array([288, 148, 124, 111, 106, 99, 110, 114, 119, 127, 123, 93, 47, 41, 27, 11, 6, 0, 1, 2], float)
    age = np.concatenate(([0.0], failed, hours))
    entered, claimed = np.zeros(len(age)), np.zeros(len(age))
    entered[0], claimed[1:7] = 6 + running.sum(), 1.0
    tally = Tally.of(by=(), strata=((),), stratum=np.zeros(len(age), int), age=age, unit="hour", entered=entered,
                     claimed=claimed, open=np.concatenate((np.zeros(7), running)))
    law = fit(tally, "weibull")
    # one period of 300 hours: ages, and the law's own, in units of 300 hours
    whole = Tally.of(by=(), strata=((),), stratum=np.zeros(len(age), int), age=age / 300, unit="300 hours",
                     entered=entered, claimed=claimed, open=np.concatenate((np.zeros(7), running)))
    ahead = expected_claims(fit(whole, "weibull"), hours / 300, running, periods=1)
    assert law["beta"][0] == pytest.approx(2.0353186, rel=1e-6)
    assert ahead.cumulative[0] == pytest.approx(5.058209, abs=5e-6)


def test_poisson_binomial_of_five_units():
    found = poisson_binomial(np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    assert found.round(4).tolist() == [0.1512, 0.3714, 0.3274, 0.1274, 0.0214, 0.0012]


def test_poisson_binomial_of_four_hundred_units():
    p = np.linspace(0.001, 0.02, 400)
    found, k = poisson_binomial(p), np.arange(401)
    assert found @ k == pytest.approx(4.2, abs=1e-9)
    assert np.sqrt(found @ (k - 4.2) ** 2) == pytest.approx(2.035634, abs=1e-6)
    assert found[:5].sum() == pytest.approx(0.5895685, abs=1e-7)
    assert int(np.searchsorted(np.cumsum(found), 0.95)) == 8


def test_matched_binomial_stays_near_the_poisson_binomial():
    p = np.linspace(0.001, 0.02, 400)
    matched = Predictive(np.array([p.sum()]), np.array([(p * (1 - p)).sum()]), np.ones(1))
    assert matched.cdf(4) == pytest.approx(0.5895685, abs=2e-5)
    assert matched.quantile(0.95) == 8


def test_what_came_over_what_was_foretold():
    assert observed_over_expected(58, 41.3) == pytest.approx((1.40436, 1.06639, 1.81546), abs=5e-6)
