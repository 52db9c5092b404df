"""Fits against brute force, one stratum against many, and what is refused."""

from functools import cache

import numpy as np
import pytest
from scipy.optimize import minimize

from warrantor import LAWS, Brackets, Refused, Tally, fit
from warrantor.life.reduce import tally_of_ages

INF = np.inf
PLAIN = ["exponential", "weibull", "lognormal", "loglogistic", "gompertz", "gengamma", "lfp-weibull"]


def loglik(evidence: Brackets, law, params) -> float:
    """The likelihood written out naively, from the law's public functions."""
    with np.errstate(all="ignore"):
        s = {k: law.log_survival(getattr(evidence, k), params) for k in ("entry", "lower", "upper")}
        exact = evidence.lower == evidence.upper
        gap = s["lower"] + np.log(-np.expm1(s["upper"] - s["lower"]))
        each = np.where(exact, law.log_density(np.where(exact, evidence.lower, 1.0), params), gap)
        each = np.where(np.isinf(evidence.upper), s["lower"], each)
        return float(np.sum(evidence.count * (each - np.where(evidence.entry > 0, s["entry"], 0.0))))


@cache
def random_brackets(seed: int, n: int = 240) -> Brackets:
    """Simulated: Weibull lives seen exactly, in gaps, once, or not yet, a third of them watched from a later age."""
    rng = np.random.default_rng(seed)
    life = 30.0 * rng.weibull(1.6, 6 * n) + 0.01
    entry = np.where(rng.random(6 * n) < 0.33, rng.uniform(0, 20, 6 * n), 0.0)
    life, entry = life[life > entry][:n], entry[life > entry][:n]
    end = entry + rng.uniform(2, 45, n)
    kind = rng.integers(0, 4, n)
    look = np.floor(life / 5) * 5
    lower = np.select([life > end, kind == 0, kind == 1], [end, life, np.maximum(look, entry)], 0.0)
    upper = np.select([life > end, kind == 0, kind == 1], [np.full(n, INF), life, look + 5], np.maximum(end, life))
    lower = np.where((lower < entry) & (lower != upper), entry, lower)
    return Brackets(
        by=(),
        strata=((),),
        stratum=np.zeros(n, int),
        entry=entry,
        lower=lower,
        upper=upper,
        count=rng.integers(1, 4, n).astype(float),
    )


@pytest.mark.parametrize("law", [name for name in PLAIN if not name.startswith("lfp")])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_brackets_of_every_kind_against_a_search_without_derivatives(law, seed):
    evidence = random_brackets(seed)
    ours = fit(evidence, law)
    assert ours.refused == (None,)
    best = ours.parameters[0]
    assert ours.loglik[0] == pytest.approx(loglik(evidence, LAWS[law], best), rel=1e-12)
    scale = np.maximum(np.abs(best), 1e-3)
    found = minimize(
        lambda x: -loglik(evidence, LAWS[law], best + scale * x),
        np.full(len(best), 0.05),
        method="Nelder-Mead",
        options={"xatol": 1e-9, "fatol": 1e-11, "maxiter": 4000, "maxfev": 4000},
    )
    assert -found.fun <= ours.loglik[0] + 1e-8
    np.testing.assert_allclose(best + scale * found.x, best, rtol=2e-4, atol=1e-6)


@pytest.mark.parametrize("law", PLAIN)
def test_no_nearby_parameters_are_better(law):
    rng = np.random.default_rng(5)
    never = rng.random(800) < 0.6
    life = np.where(never, INF, np.ceil(20 * rng.weibull(1.5, 800)))
    tally = tally_of_ages(np.minimum(life, 60), life <= 60)
    ours, brackets = fit(tally, law), tally.brackets()
    assert ours.refused == (None,)
    for _ in range(200):
        other = ours.parameters[0] * (1 + rng.normal(0, 1e-3, len(ours.names)))
        assert loglik(brackets, LAWS[law], other) <= ours.loglik[0] + 1e-9


@pytest.mark.parametrize("law", PLAIN)
def test_covariance_is_the_inverse_of_the_curvature(law):
    rng = np.random.default_rng(6)
    life = np.where(rng.random(500) < 0.5, INF, np.ceil(20 * rng.weibull(1.5, 500)))
    tally = tally_of_ages(np.minimum(life, 60), life <= 60)
    ours, brackets = fit(tally, law), tally.brackets()
    best, p = ours.parameters[0], len(ours.names)
    h = 2e-4 * np.maximum(np.abs(best), 0.01)
    eye = np.eye(p) * h
    info = np.array(
        [
            [
                -(
                    loglik(brackets, LAWS[law], best + eye[i] + eye[j])
                    - loglik(brackets, LAWS[law], best + eye[i] - eye[j])
                    - loglik(brackets, LAWS[law], best - eye[i] + eye[j])
                    + loglik(brackets, LAWS[law], best - eye[i] - eye[j])
                )
                / (4 * h[i] * h[j])
                for j in range(p)
            ]
            for i in range(p)
        ]
    )
    np.testing.assert_allclose(ours.covariance[0], np.linalg.inv(info), rtol=2e-3)


@pytest.mark.parametrize("law", PLAIN)
def test_profile_bounds_lie_where_the_likelihood_says(law):
    rng = np.random.default_rng(8)
    life = np.where(rng.random(400) < 0.6, INF, np.ceil(20 * rng.weibull(1.5, 400)))
    tally = tally_of_ages(np.minimum(life, 60), life <= 60)
    ours, brackets = fit(tally, law), tally.brackets()
    limit = ours.loglik[0] - 2.705543454095404 / 2  # chi-squared, one degree of freedom, 90 %
    for i, name in enumerate(ours.names):
        for end in ours.interval(name)[0]:
            best = ours.parameters[0].copy()
            best[i] = end
            others = [j for j in range(len(best)) if j != i]

            def drop(x, best=best, others=others):
                best[others] = ours.parameters[0][others] * (1 + x)
                return -loglik(brackets, LAWS[law], best)

            top = (
                -minimize(
                    drop,
                    np.full(len(others), 0.01),
                    method="Nelder-Mead",
                    options={"xatol": 1e-8, "fatol": 1e-10, "maxiter": 3000},
                ).fun
                if others
                else -drop(np.empty(0))
            )
            assert top == pytest.approx(limit, abs=1e-6)


@pytest.mark.parametrize("law", PLAIN)
def test_many_strata_at_once_are_each_alone(law):
    rng = np.random.default_rng(11)
    stratum = np.repeat(np.arange(12), 300)
    life = np.ceil((10 + 5 * stratum) * rng.weibull(1.4, len(stratum)))
    life = np.where(rng.random(len(stratum)) < 0.5, INF, life)
    age, failed = np.minimum(life, 40), life <= 40
    together = fit(tally_of_ages(age, failed, stratum), law)
    for s in range(12):
        alone = fit(tally_of_ages(age[stratum == s], failed[stratum == s]), law)
        assert alone.refused[0] == together.refused[s]
        np.testing.assert_allclose(together.parameters[s], alone.parameters[0], rtol=1e-6)
        np.testing.assert_allclose(together.loglik[s], alone.loglik[0], rtol=1e-10)


def test_a_tally_and_its_brackets_are_the_same_likelihood():
    rng = np.random.default_rng(3)
    n = 400
    entry = np.where(rng.random(n) < 0.5, rng.integers(1, 15, n), 0)
    life = np.ceil(30 * rng.weibull(1.5, 20 * n))[:n] + entry
    end = entry + rng.integers(1, 40, n)
    age, failed = np.minimum(life, end), life <= end
    zero = np.zeros(n)
    tally = Tally.of(
        by=(),
        strata=((),),
        stratum=np.zeros(2 * n, int),
        age=np.concatenate((entry, age)),
        entered=np.concatenate((np.ones(n), zero)),
        claimed=np.concatenate((zero, failed)),
        open=np.concatenate((zero, ~failed)),
    )
    direct = Brackets(
        by=(),
        strata=((),),
        stratum=np.zeros(n, int),
        entry=entry.astype(float),
        lower=age.astype(float),
        upper=np.where(failed, age, INF).astype(float),
        count=np.ones(n),
    )
    for law in ("weibull", "lognormal", "gompertz"):
        three = [fit(e, law) for e in (tally, tally.brackets(), direct)]
        for other in three[1:]:
            np.testing.assert_allclose(other.parameters, three[0].parameters, rtol=1e-9)
            np.testing.assert_allclose(other.loglik, three[0].loglik, rtol=1e-11)
            assert other.units[0] == n


@pytest.mark.parametrize("law", PLAIN)
@pytest.mark.parametrize("factor", [1e-18, 1 / 365.25, 8.64e13])
def test_nanoseconds_and_years_are_the_same_problem(law, factor):
    rng = np.random.default_rng(12)
    life = np.where(rng.random(600) < 0.5, INF, 20 * rng.weibull(1.5, 600))
    age, failed = np.minimum(life, 40), life <= 40
    one, other = fit(tally_of_ages(age, failed), law), fit(tally_of_ages(age * factor, failed), law)
    assert other.refused == one.refused == (None,)
    assert other.loglik[0] == pytest.approx(one.loglik[0] - failed.sum() * np.log(factor), rel=1e-9)
    share = np.array([0.02, 0.1])
    np.testing.assert_allclose(other.quantile(share), one.quantile(share) * factor, rtol=1e-5)


@pytest.mark.parametrize("law", list(LAWS))
@pytest.mark.parametrize(
    ("age", "failed", "words"),
    [
        ([5, 9], [0, 0], "No claims above age 0"),
        ([0, 0, 7], [1, 1, 0], "No claims above age 0"),
        ([0, 0], [1, 1], "Nothing was watched above age 0"),
        ([], [], "No units"),
    ],
)
def test_a_stratum_without_an_answer_says_why(law, age, failed, words):
    ours = fit(tally_of_ages(np.array(age, float), np.array(failed, bool)), law)
    assert words in ours.refused[0]
    assert np.isnan(ours.parameters).all()
    assert ours.row(0) == dict.fromkeys((*ours.names, "loglik"))


@pytest.mark.parametrize("law", ["weibull", "lognormal", "loglogistic"])
def test_one_claim_is_too_few_and_one_age_too_narrow(law):
    assert (
        "1 claim above age 0 cannot tell the 2 parameters" in fit(tally_of_ages([5, 9, 9], [1, 0, 0]), law).refused[0]
    )
    assert "All claims came at one age" in fit(tally_of_ages([5, 5, 5, 3], [1, 1, 1, 0]), law).refused[0]


def test_exponential_needs_one_claim():
    assert fit(tally_of_ages([5, 9, 9], [1, 0, 0]), "exponential")["rate"][0] == pytest.approx(1 / 23)


@pytest.mark.parametrize("law", ["weibull", "lognormal"])
def test_inspections_that_do_not_overlap_are_refused(law):
    """Simulated: all inspected before age 10 stood, all inspected after had failed."""
    apart = Brackets(
        by=(),
        strata=((),),
        stratum=np.zeros(4, int),
        entry=np.zeros(4),
        lower=np.array([5.0, 9, 0, 0]),
        upper=np.array([INF, INF, 12, 20]),
        count=np.array([5.0, 5, 5, 5]),
    )
    assert "limit" in fit(apart, law).refused[0]


@pytest.mark.parametrize("law", ["weibull", "lognormal"])
def test_one_inspection_age_cannot_tell_two_parameters(law):
    one = Brackets(
        by=(),
        strata=((),),
        stratum=np.zeros(2, int),
        entry=np.zeros(2),
        lower=np.array([0.0, 10.0]),
        upper=np.array([10.0, INF]),
        count=np.array([5.0, 95.0]),
    )
    assert "cannot tell the parameters" in fit(one, law).refused[0]
    assert fit(one, "exponential")["rate"][0] == pytest.approx(-np.log(0.95) / 10)


def test_a_refused_stratum_leaves_the_others_standing():
    age, failed = np.array([5.0, 9, 9, 5, 6, 9]), np.array([0, 0, 0, 1, 1, 0])
    ours = fit(tally_of_ages(age, failed, np.array([0, 0, 0, 1, 1, 1])))
    assert ours.refused[0] is not None
    assert ours.refused[1] is None
    np.testing.assert_allclose(ours.parameters[1], fit(tally_of_ages(age[3:], failed[3:])).parameters[0])


def test_one_huge_stratum_does_not_drown_a_tiny_one():
    tiny = ([3.0, 7, 9], [1, 1, 0], [0, 0, 0], [1, 1, 1])
    huge = ([3.0, 4, 8, 9], [1, 1, 1, 0], [1, 1, 1, 1], [1e9, 2e9, 3e9, 1e12])
    both = [np.array(a + b) for a, b in zip(tiny, huge, strict=True)]
    together = fit(tally_of_ages(both[0], both[1], both[2], both[3]))
    assert together.refused == (None, None)
    np.testing.assert_allclose(together.parameters[0], fit(tally_of_ages(*tiny[:2])).parameters[0], rtol=1e-9)


def test_dead_on_arrival_are_counted_and_change_no_law():
    without, some = fit(tally_of_ages([5, 6, 9], [1, 1, 0])), fit(tally_of_ages([0, 5, 6, 9], [1, 1, 1, 0]))
    assert (some.units[0], some.claims[0], some.dead_on_arrival[0]) == (4, 3, 1)
    np.testing.assert_array_equal(some.parameters, without.parameters)


def test_a_limited_population_that_the_data_do_not_show_is_refused():
    rng = np.random.default_rng(4)
    ours = fit(tally_of_ages(20 * rng.weibull(1.5, 300), np.ones(300)), "lfp-weibull")
    assert "fit weibull" in ours.refused[0]


def test_zero_counts_change_nothing():
    age, failed = np.array([5.0, 6, 9, 300]), np.array([1, 1, 0, 1])
    with_zero = fit(tally_of_ages(age, failed, None, np.array([1, 1, 1, 0])))
    np.testing.assert_allclose(with_zero.parameters, fit(tally_of_ages(age[:3], failed[:3])).parameters)


def test_unknown_words_are_refused_with_the_choice():
    tally = tally_of_ages([5, 6, 9], [1, 1, 0])
    with pytest.raises(Refused, match="weibull"):
        fit(tally, "weibul")
    with pytest.raises(Refused, match="level"):
        fit(tally, level=90)
    with pytest.raises(Refused, match="profile"):
        fit(tally).interval("beta", "guess")
    with pytest.raises(Refused, match="beta, eta"):
        fit(tally).interval("mu")


def test_result_says_the_same_in_every_form():
    ours = fit(tally_of_ages([0, 5, 6, 9, 9, 9], [1, 1, 1, 0, 0, 0], [0, 0, 0, 0, 1, 1]))
    document, table = ours.to_dict(), ours.to_arrow().to_pydict()
    assert document["schema"] == "warrantor.fit/1"
    assert document["strata"][0]["beta"] == table["beta"][0] == ours["beta"][0]
    assert document["strata"][1]["beta"] is None
    assert document["strata"][1]["refused"] == table["refused"][1]
    assert f"{ours['eta'][0]:.6g}" in repr(ours)
    assert "refused" in repr(ours)


def test_what_came_before_the_watch_is_not_known_and_cannot_be_a_claim():
    """A unit watched from age 10 and failed by 20 says: in (10, 20], given 10."""

    def rows(lower):
        return Brackets(
            by=(), strata=((),), stratum=np.zeros(4, int), entry=np.array([10.0, 10, 0, 0]),
            lower=np.array([lower, 15, 4, 30]), upper=np.array([20, 15, 4, INF]), count=np.array([3.0, 2, 1, 9]),
        )  # fmt: skip

    np.testing.assert_allclose(fit(rows(0.0)).parameters, fit(rows(10.0)).parameters, rtol=1e-12)
    early = Brackets(by=(), strata=((),), stratum=np.zeros(1, int), entry=np.array([10.0]), lower=np.array([5.0]),
                     upper=np.array([8.0]), count=np.ones(1))  # fmt: skip
    with pytest.raises(Refused, match="before their watch began"):
        fit(early)


def test_rows_of_strata_may_stand_in_any_order():
    one = random_brackets(1)
    n = len(one)
    stratum = np.arange(n) % 3
    mixed = Brackets(by=("s",), strata=(("0",), ("1",), ("2",)), stratum=stratum, entry=one.entry, lower=one.lower,
                     upper=one.upper, count=one.count)  # fmt: skip
    together = fit(mixed, "lognormal")
    for s in range(3):
        k = stratum == s
        alone = Brackets(by=(), strata=((),), stratum=np.zeros(k.sum(), int), entry=one.entry[k], lower=one.lower[k],
                         upper=one.upper[k], count=one.count[k])  # fmt: skip
        np.testing.assert_allclose(together.parameters[s], fit(alone, "lognormal").parameters[0], rtol=1e-9)


@pytest.mark.parametrize(
    ("law", "name"), [("weibull", "eta"), ("weibull", "beta"), ("gengamma", "mu"), ("lfp-weibull", "eta")]
)
def test_the_held_likelihood_has_true_derivatives(law, name):
    from warrantor.life.bounds import Held
    from warrantor.life.likelihood import Rows

    evidence, chosen = random_brackets(2), LAWS[law]
    rows, rng = Rows.of(evidence), np.random.default_rng(1)
    parameter = next(p for p in chosen.parameters if p.name == name)
    theta = chosen.start(rows.share()) + rng.normal(0, 0.1, (len(chosen.reach), 1))
    held = Held(rows, chosen, parameter, parameter.coordinate(theta) + 0.1)
    others, h = theta[held.free], 1e-5
    here = held.value(others)
    for i in range(len(others)):
        step = np.zeros_like(others)
        step[i] = h
        up, down = held.value(others + step), held.value(others - step)
        np.testing.assert_allclose(here.score[:, i], (up.loglik - down.loglik) / (2 * h), rtol=1e-5, atol=1e-5)
        np.testing.assert_allclose(here.curvature[:, i], (up.score - down.score) / (2 * h), rtol=1e-5, atol=1e-4)
