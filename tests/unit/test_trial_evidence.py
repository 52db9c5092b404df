"""Evidence of a trial by brute force: numerical mixtures, exact expectations on small cases, refusals."""

import json

import numpy as np
import pytest
from scipy import integrate, stats
from scipy.optimize import brentq

from warrantor.finding import Refused
from warrantor.trial import asymptotic, difference, looks, overspend, proportion, rate, ratio, spending, srm
from warrantor.trial.evidence import Evidence


def _mixture(n, total, r, low, high):
    prior = stats.gamma(10, scale=0.1)
    top, _ = integrate.quad(lambda th: prior.pdf(th) * (th / r) ** n * np.exp(-(th - r) * total), low, high, limit=400)
    return np.log(top / (prior.cdf(high) - prior.cdf(low)))


@pytest.mark.parametrize(("side", "low", "high"), [("both", 0, 8), ("above", 1.2, 8), ("below", 0, 1.2)])
def test_rate_is_the_integral_of_its_prior(side, low, high):
    for n, total in ((0, 0.0), (0, 9.0), (7, 9.0), (31, 18.0)):
        assert rate.rate_log_e(n, total, 1.2, side=side) == pytest.approx(_mixture(n, total, 1.2, low, high), abs=1e-7)


@pytest.mark.parametrize("side", ["both", "above", "below"])
def test_rate_expects_no_more_than_one_under_its_null(side):
    n = np.arange(400)
    for truth in {"both": (1.0,), "above": (1.0, 0.7), "below": (1.0, 1.4)}[side]:
        mean = stats.poisson.pmf(n, 30 * truth) @ np.exp(rate.rate_log_e(n, 30.0, side=side))
        assert mean == pytest.approx(1.0, abs=1e-6) if truth == 1.0 and side == "both" else mean <= 1 + 1e-9


def test_rate_is_a_martingale_step_by_step():
    start, more = 12, np.arange(200)
    then = stats.poisson.pmf(more, 5.0) @ np.exp(rate.rate_log_e(start + more, 15.0))
    assert then == pytest.approx(np.exp(rate.rate_log_e(start, 10.0)), rel=1e-9)


def test_deep_tails_never_overstate():
    near, far = rate.rate_log_e(np.array([5, 5]), np.array([600.0, 5000.0]), side="above")
    assert np.isfinite([near, far]).all()
    assert far < near < 0


@pytest.mark.parametrize("side", ["both", "above", "below"])
def test_proportion_expects_no_more_than_one(side):
    s = np.arange(41)
    for truth in {"both": (0.1,), "above": (0.1, 0.05), "below": (0.1, 0.2)}[side]:
        mean = stats.binom.pmf(s, 40, truth) @ np.exp(proportion.proportion_log_e(s, 40, 0.1, side=side))
        assert mean <= 1 + 1e-9
        assert side != "both" or mean == pytest.approx(1.0)


def test_varying_ratio_expects_one():
    r, theta = np.array([1.0, 0.9, 0.7, 1.3, 0.8, 1.0, 0.6, 1.1]), 1.3
    paths = (np.arange(256)[:, None] >> np.arange(8)) & 1
    pi = theta * r / (1 + theta * r)
    chance = np.where(paths, pi, 1 - pi).prod(axis=1)
    log_e = np.array([ratio.varying_log_e(z, r, theta)[-1] for z in paths])
    assert chance @ np.exp(log_e) == pytest.approx(1.0, rel=1e-9)


def test_varying_evidence_holds_its_own_null_at_the_edge():
    z, r = np.tile([1, 1, 0], 30), np.linspace(1.2, 0.8, 90)
    found = ratio.varying_evidence(z, r, np.array([0, 45, 90]))
    for look, n in ((1, 45), (2, 90)):
        for edge in (found.lower[look], found.upper[look]):
            assert ratio.varying_log_e(z[:n], r[:n], edge)[-1] == pytest.approx(np.log(20), abs=1e-6)
    assert found.log_e[0] == 0.0
    assert found.upper[0] == np.inf


def test_overspend_expects_one_for_compound_poisson():
    grid, exposure, price, n = overspend.stakes_above(50.0), 10.0, 50.0, np.arange(120)
    sums = np.log1p(grid * price) * n[:, None]
    log_e = overspend.spend_log_e(sums, np.full(n.size, exposure), price * 0.8, grid)
    assert stats.poisson.pmf(n, exposure * 0.8) @ np.exp(log_e) == pytest.approx(1.0, rel=1e-9)
    grid = overspend.stakes_below(60.0)
    log_e = overspend.spend_log_e(np.log1p(-grid * price) * n[:, None], np.full(n.size, exposure), price * 0.8, grid,
                                  side="below")
    assert stats.poisson.pmf(n, exposure * 0.8) @ np.exp(log_e) == pytest.approx(1.0, rel=1e-9)


def test_overspend_interval_ends_where_the_evidence_does():
    costs, known, exposure = np.linspace(5, 200, 80), np.array([30, 80]), np.array([500.0, 1500.0])
    over = overspend.overspend_evidence(costs, known, exposure, limit=3.0, mean=60.0)
    under = overspend.underspend_evidence(costs, known, exposure, limit=3.0, cap=300.0)
    for look, n in enumerate(known):
        at = overspend.overspend_evidence(costs[:n], [n], [exposure[look]], limit=over.lower[look], mean=60.0)
        assert at.log_e[0] == pytest.approx(np.log(20), abs=1e-6)
        at = overspend.underspend_evidence(costs[:n], [n], [exposure[look]], limit=under.upper[look], cap=300.0)
        assert at.log_e[0] == pytest.approx(np.log(20), abs=1e-6)


def test_difference_expects_no_more_than_one():
    cap, limit = 100.0, 4.0
    grid = difference.difference_stakes(cap)
    n1, n0, p1, p0 = 30, 20, 0.09, 0.05
    a, b = np.meshgrid(np.arange(n1 + 1), np.arange(n0 + 1), indexing="ij")
    chance = stats.binom.pmf(a, n1, p1) * stats.binom.pmf(b, n0, p0)
    w1, w0, m = 20 / 30, 1.0, 20.0
    down = a[..., None] * np.log1p(-grid * w1 * cap) + b[..., None] * np.log1p(grid * w0 * cap)
    up = a[..., None] * np.log1p(grid * w1 * cap) + b[..., None] * np.log1p(-grid * w0 * cap)
    e_down = np.exp(overspend.spend_log_e(down, np.full(a.shape, m), limit, grid, side="below"))
    e_up = np.exp(overspend.spend_log_e(up, np.full(a.shape, m), limit, grid))
    assert (p1 - p0) * cap == pytest.approx(limit)
    assert 0.2 < (chance * e_down).sum() <= 1
    assert 0.2 < (chance * e_up).sum() <= 1


def test_difference_sums_by_hand():
    totals, arm, cohort = np.array([60.0, 200.0, 35.0]), np.array([True, False, True]), np.array([0, 0, 1])
    sizes, grid = np.array([[10, 20], [30, 30]]), np.array([0.001])
    sums = difference.difference_sums(totals, arm, cohort, sizes, cap=600.0, stakes=grid)
    assert sums.weight.tolist() == [10, 30]
    assert sums.down[:, 0] == pytest.approx([np.log(1 - 0.03) + np.log(1.2), np.log(1 - 0.035)])
    assert sums.up[:, 0] == pytest.approx([np.log(1.03) + np.log(0.8), np.log(1.035)])
    down, up = difference.difference_evidence(sums, np.array([0, 1, 2]), limit=2.0)
    assert down.log_e == pytest.approx([0.0, sums.down[0, 0] + 0.02, sums.down.sum() + 0.08])
    assert up.log_e == pytest.approx([0.0, sums.up[0, 0] - 0.02, sums.up.sum() - 0.08])
    assert down.lower[0] == -np.inf
    assert down.upper[0] == np.inf


def test_difference_interval_without_claims():
    grid, zero = difference.difference_stakes(600.0), np.zeros((1, 12))
    low, high = difference.difference_interval(zero, zero, np.array([9000.0]), grid, level=0.025)
    root = brentq(lambda d: np.log(np.mean(np.exp(grid * d * 9000))) - np.log(40), 0, 5)
    assert (-low[0], high[0]) == pytest.approx((root, root), rel=1e-9)


def test_evidence_is_of_the_whole_path():
    n, total = np.array([5, 40, 60]), np.array([5.0, 20.0, 60.0])
    whole = rate.rate_evidence(n, total, counted="all claims")
    assert rate.rate_evidence(n[2:], total[2:], counted="all claims").log_e[0] == whole.log_e[2]
    assert whole.alarm == 2
    assert (np.diff(whole.p) <= 0).all()
    assert whole.to_arrow().num_rows == 3
    assert json.loads(json.dumps(whole.to_dict()))["schema"] == "warrantor.evidence/1"


def test_no_claim_and_nothing_expected_yet():
    found = rate.rate_evidence([0, 0], [0.0, 10.0], counted="first claims")
    assert found.log_e[0] == pytest.approx(0.0, abs=1e-12)
    assert (found.lower[0], found.upper[0]) == (0.0, np.inf)
    assert found.lower[1] == 0.0
    assert 0 < found.upper[1] < 1


def test_sizes_of_arms_expect_one():
    s = np.arange(61)
    path = [srm.arm_sizes_evidence(np.array([[k, 60 - k]]), np.array([0.3, 0.7])).log_e[0] for k in s]
    assert stats.binom.pmf(s, 60, 0.3) @ np.exp(path) == pytest.approx(1.0, rel=1e-9)
    assert srm.arm_sizes_p(np.array([30, 70]), np.array([0.3, 0.7])) == 1.0
    assert srm.arm_sizes_p(np.array([520, 480]), np.array([0.5, 0.5])) == pytest.approx(
        stats.chisquare([520, 480]).pvalue, rel=1e-12)


def test_alarms_share_their_level():
    spending.check_split(spending.SPLIT)
    assert spending.combined(np.log([[40.0, 10.0], [1e-9, 30.0]]), [0.6, 0.4]).alarm == 1


def test_few_claims_are_warned_of():
    few = asymptotic.asymptotic_evidence([600], [3.0], [18.0], [48], limit=3.0, tuned=5000)
    many = asymptotic.asymptotic_evidence([6000], [3.0], [18.0], [480], limit=3.0, tuned=5000)
    assert "48 claims" in few.warnings[0]
    assert not many.warnings
    at = asymptotic.asymptotic_evidence([6000], [3.0], [18.0], [480], limit=many.upper[0], tuned=5000)
    assert at.log_e[0] == pytest.approx(np.log(20))


TWO = np.array([[10, 10]])


@pytest.mark.parametrize(("call", "why"), [
    (lambda: rate.rate_evidence([1], [0.0], counted="all claims"), "No claim was expected"),
    (lambda: rate.rate_evidence([1, 2], [0.0, 3.0], counted="all claims"), "before any were expected"),
    (lambda: rate.rate_evidence([3, 2], [1.0, 3.0], counted="all claims"), "fall at look 2"),
    (lambda: rate.rate_evidence([1, 2], [3.0], counted="all claims"), "one of each a look"),
    (lambda: rate.rate_evidence([1], [3.0], counted="all claims", level=0.0), "no share of false alarms"),
    (lambda: rate.rate_evidence([1], [3.0], counted="all claims", ratio=0.0), "above zero"),
    (lambda: rate.baseline_margin(5, 0.0), "tells no margin"),
    (lambda: rate.lot_margin(0.2, 0), "tells no margin"),
    (lambda: rate.compensator([1.0], [0.1], [0.7, 0.7]), "at most 1"),
    (lambda: proportion.proportion_evidence([3], [2], name="returns", share=0.1), "More units"),
    (lambda: proportion.proportion_evidence([0], [0], name="returns", share=0.1), "no unit has matured"),
    (lambda: ratio.varying_log_e([2], [1.0]), "1 or 0"),
    (lambda: ratio.ratio_evidence([1], [1], at_risk=0.0), "above zero"),
    (lambda: overspend.underspend_evidence([301.0], [1], [9.0], limit=3.0, cap=300.0), "over the cap"),
    (lambda: overspend.overspend_evidence([-1.0], [1], [9.0], limit=3.0, mean=60.0), "below zero"),
    (lambda: overspend.overspend_evidence([1.0], [1], [0.0], limit=3.0, mean=60.0), "No exposure"),
    (lambda: overspend.stake_sums([1.0], [1], np.array([0.01]), cap=100.0), "outside its range"),
    (lambda: difference.difference_sums([601.0], [True], [0], TWO, cap=600.0), "over the cap"),
    (lambda: difference.difference_sums([1.0], [True], [0], TWO, cap=600.0, stakes=[0.002]), "outside its range"),
    (lambda: difference.difference_sums([1.0], [True], [0], [[10, 0]], cap=600.0), "units of both arms"),
    (lambda: difference.difference_sums([1.0] * 11, [True] * 11, [0] * 11, TWO, cap=600.0), "more units with cost"),
    (lambda: looks.boundaries([0.5, 0.4], 0.05), "must rise"),
    (lambda: srm.arm_sizes_evidence([[1, 1]], [0.5, 0.6]), "sum to 1"),
    (lambda: spending.check_split({"cost": 0.04, "safety": 0.02}), "allows 0.05"),
    (lambda: Evidence.of("x", "y", np.array([np.nan]), 0.05), "no number"),
])
def test_refused_with_a_reason(call, why):
    with pytest.raises(Refused, match=why):
        call()
