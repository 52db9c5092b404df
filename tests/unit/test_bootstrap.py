"""Prediction by the fractional-weight bootstrap: the weights, the refits, the windows, and what is refused."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import binom

import warrantor as wr
from warrantor.forecast.alike import Alike, linked
from warrantor.forecast.at_risk import AtRisk
from warrantor.forecast.bootstrap import predict
from warrantor.forecast.counts import Predictive
from warrantor.forecast.predicted import multiplied
from warrantor.forecast.refit import Window as Asked
from warrantor.forecast.refit import refits
from warrantor.forecast.running import Running
from warrantor.forecast.transport import multiplier
from warrantor.tally import Tally


def product(seed=0, units=1500, strata=1):
    """Simulated Weibull lives, cut at 12 months; a stratum a product."""
    rng = np.random.default_rng(seed)
    life = 200.0 * rng.weibull(1.3, (strata, units))
    at, zero = np.repeat(np.arange(strata), units), np.zeros(strata)
    seen = (life <= 12).ravel().astype(float)
    return Tally.of(by=("product",), strata=tuple((str(i),) for i in range(strata)), unit="month",
                    stratum=np.concatenate((np.arange(strata), at)),
                    age=np.concatenate((zero, np.minimum(life, 12.0).ravel())),
                    entered=np.concatenate((zero + units, 0 * seen)), claimed=np.concatenate((zero, seen)),
                    open=np.concatenate((zero, 1 - seen)))


def brute(t, weight_of):
    """Weibull by maximum of a weighted likelihood, one row at a time."""
    def loss(q):
        beta, eta = np.exp(q)
        total = 0.0
        for i in range(len(t.lower)):
            h = (t.lower[i] / eta) ** beta - (t.entry[i] / eta) ** beta
            total += weight_of[i] * h
            if t.lower[i] == t.upper[i]:
                total -= weight_of[i] * (np.log(beta / eta) + (beta - 1) * np.log(t.lower[i] / eta))
        return total
    found = minimize(loss, np.log([1.3, 200.0]), method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-11})
    return np.exp(found.x)


def test_a_refit_is_the_maximum_of_the_weighted_likelihood():
    t = product(1, 400)
    f = wr.fit(t, "weibull")
    alike = Alike.of(t, f.rows.scale)
    weight = alike.weights(np.random.default_rng(7), 3)
    risk = Running.of(t).placed(t.by, t.strata)
    found = refits(f, alike, Asked(risk, 12.0, 18.0), method="direct", draws=3, rng=np.random.default_rng(7))
    for b in range(3):
        beta, eta = brute(alike, weight[:, b])
        rho = -np.expm1(-((18 / eta) ** beta - (12 / eta) ** beta))
        assert found.means[0, b] == pytest.approx(risk.units.sum() * rho, rel=1e-4)


def test_delayed_entries_go_with_their_units():
    t = Tally.of(by=(), strata=((),), stratum=np.zeros(5, int), age=np.array([0.0, 4.0, 6.0, 9.0, 12.0]), unit="month",
                 entered=np.array([300.0, 200, 0, 0, 0]), claimed=np.array([0.0, 0, 5, 7, 0]),
                 open=np.array([0.0, 0, 0, 0, 488]))
    b = linked(t)
    assert b.count.sum() == pytest.approx(500)
    assert np.bincount(b.entry.astype(int), b.count)[[0, 4]] == pytest.approx([300, 200])
    f = wr.fit(t, "weibull")
    alike = Alike.of(t, f.rows.scale)
    assert brute(alike, alike.count) == pytest.approx(f.parameters[0], rel=1e-4)


def test_units_alike_share_a_weight_of_as_many_exponentials():
    t = product(2, 800)
    alike = Alike.of(t, wr.fit(t, "weibull").rows.scale)
    weight = alike.weights(np.random.default_rng(3), 4000)
    assert weight.mean(axis=1) == pytest.approx(alike.count, rel=0.1)
    assert weight.var(axis=1) == pytest.approx(alike.count, rel=0.2)


def test_each_unit_is_asked_of_its_own_age_and_watch():
    t = product(3)
    one = Running(by=t.by, strata=t.strata, stratum=np.zeros(3, int), age=np.array([7.0, 12.0, 15.0]),
                  until=np.array([np.inf, 14.0, 16.0]), units=np.array([100.0, 200.0, 50.0]))
    found = predict(t, one, start=12, end=18, draws=100)
    beta, eta = wr.fit(t, "weibull").parameters[0]
    h = lambda a: (a / eta) ** beta  # noqa: E731
    share = [np.exp(h(7) - h(12)) - np.exp(h(7) - h(18)), -np.expm1(h(12) - h(14)), -np.expm1(h(15) - h(16))]
    assert found.plug_in[0, 0] == pytest.approx(np.dot([100, 200, 50], share), rel=1e-9)


def test_the_interval_is_wider_than_the_plug_in_and_holds_it():
    t = product(4)
    found = predict(t, Running.of(t), start=12, end=18, draws=1000, laws=("weibull", "lognormal"))
    n, p = found.at_risk[0], found.plug_in[0, 0] / found.at_risk[0]
    low, high = binom.ppf([0.05, 0.95], int(n), p)
    assert found.lower[0] < low < high < found.upper[0]
    assert found.weights[0].sum() == pytest.approx(1.0)
    edge = found.envelope[0]
    assert edge[0] <= found.bounds[0, :, 0].min() <= found.bounds[0, :, 1].max() <= edge[1]


def test_strata_together_are_as_alone():
    t = product(5, strata=3)
    together = predict(t, Running.of(t), start=12, end=18, draws=400, seed=2)
    for s in range(3):
        alone = t.only(np.arange(3) == s)
        one = predict(alone, Running.of(alone), start=12, end=18, draws=400, seed=2)
        assert one.plug_in[0, 0] == pytest.approx(together.plug_in[s, 0], rel=1e-6)
        assert one.upper[0] == pytest.approx(together.upper[s], rel=0.15)


def test_pivotal_and_calibrated_bounds_are_wider_than_the_plug_in():
    t = product(6)
    direct, gpq, calibrated = (predict(t, Running.of(t), start=12, end=18, draws=400, method=m, calibrated=c)
                               for m, c in (("direct", False), ("gpq", False), ("direct", True)))
    widths = [int(p.upper[0] - p.lower[0]) for p in (direct, gpq, calibrated)]
    assert max(widths) < 1.6 * min(widths)
    assert calibrated.method == "direct, calibrated"


def test_past_errors_widen_and_move():
    past = product(8, strata=8)
    learnt = predict(past, Running.of(past), start=12, end=18, draws=200)
    twice = learnt.learned(np.round(2.0 * learnt.plug_in[:, 0]))
    t = product(9)
    law = predict(t, Running.of(t), start=12, end=18, draws=400)
    found = law.times(twice)
    assert found.expected[0] > 1.4 * law.expected[0]
    assert found.upper[0] > 1.5 * law.upper[0]
    assert "as past products erred" in found.method
    assert "8 past products" in found.how[-1]


def test_a_multiplied_count_never_passes_its_units():
    certain = multiplier(np.full(6, 5000.0), np.full(6, 10.0), np.arange(6), np.zeros(6))
    one = Predictive(np.full(50, 8.0), np.full(50, 8.0 * 0.2), np.full(50, 1 / 50))  # 10 units
    found = multiplied(one, certain, np.random.default_rng(0))
    assert found.mean.max() <= 10.0 + 1e-9
    assert np.all(found.variance >= 0)


@pytest.mark.parametrize(("more", "why"), [
    ({"start": 18, "end": 12}, "no window"), ({"laws": ("nolaw",)}, "name one or more"), ({"laws": ()}, "none"),
    ({"method": "guess"}, "not known"), ({"level": 1.0}, "no level"), ({"draws": 5}, "100 at least"),
    ({"laws": ("gompertz",), "method": "gpq"}, "no location and scale"),
    ({"laws": ("weibull", "lognormal"), "calibrated": True}, "one law")])
def test_what_is_no_question_is_refused(more, why):
    t = product(0, 400)
    with pytest.raises(wr.Refused, match=why):
        predict(t, Running.of(t), **({"start": 12, "end": 18, "draws": 100} | more))


def test_a_stratum_that_tells_no_law_is_refused_and_the_others_stand():
    t = product(0, 900, strata=2)
    rows = (t.stratum == 0) | (t.claimed == 0)
    kept = Tally.of(by=t.by, strata=t.strata, unit="month", stratum=t.stratum[rows], age=t.age[rows],
                    entered=t.entered[rows], claimed=t.claimed[rows], open=t.open[rows])
    found = predict(kept, Running.of(kept), start=12, end=18, draws=100)
    assert found.refused[0] is None
    assert found.refused[1] is not None
    assert (found.lower[1], found.upper[1]) == (-1, -1)
    assert np.isnan(found.expected[1])
    answer = found.to_dict()["strata"]
    assert answer[1]["lower"] is None
    assert answer[0]["laws"]["weibull"]["plug_in"] > 0
    assert found.to_arrow().num_rows == 2
    assert "refused" in repr(found)


def test_units_at_risk_of_unknown_strata_are_refused():
    t = product(0, 400)
    risk = AtRisk(by=("product",), strata=(("other",),), stratum=np.zeros(1, int), until=np.array([18.0]),
                  units=np.array([5.0]))
    with pytest.raises(wr.Refused, match="does not hold"):
        predict(t, risk, start=12, end=18, draws=100)


def test_nobody_at_risk_is_refused():
    t = product(0, 400)
    risk = AtRisk(by=t.by, strata=t.strata, stratum=np.zeros(0, int), until=np.zeros(0), units=np.zeros(0))
    assert "Nobody is at risk" in predict(t, risk, start=12, end=18, draws=100).refused[0]
