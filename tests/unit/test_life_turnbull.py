"""Turnbull's estimate: Kaplan-Meier where that exists, proportions where brackets are disjoint, a search elsewhere."""

import numpy as np
import pytest
from scipy.optimize import minimize

from warrantor import Brackets, Refused, life_table
from warrantor.life import turnbull as module
from warrantor.life.reduce import tally_of_ages
from warrantor.life.turnbull import turnbull

INF = np.inf


def brackets(rows, strata=1):
    stratum, lower, upper, count = (np.array(c, float) for c in zip(*rows, strict=True))
    names = tuple((str(s),) for s in range(strata))
    return Brackets(by=("s",), strata=names, stratum=stratum.astype(int), entry=np.zeros(len(rows)), lower=lower,
                    upper=upper, count=count)  # fmt: skip


def test_exact_and_right_censored_ages_give_kaplan_meier():
    rng = np.random.default_rng(1)
    life, end = np.ceil(20 * rng.weibull(1.4, 80)), np.ceil(rng.uniform(1, 30, 80))
    tally = tally_of_ages(np.minimum(life, end), life <= end)
    km, found = life_table(tally), turnbull(tally.brackets())
    for age, survival in zip(found.upper, found.survival, strict=True):
        if np.isfinite(age):
            assert survival == pytest.approx(km.survival_at(age)[0], abs=1e-6)


def test_inspections_at_common_ages_give_proportions():
    """Cracked parts, Nelson (1982) p. 415: disjoint intervals of 167 parts."""
    rows = [(0, 0, 6.12, 5), (0, 6.12, 19.92, 16), (0, 19.92, 29.64, 12), (0, 29.64, INF, 134)]
    np.testing.assert_allclose(turnbull(brackets(rows)).share, np.array([5, 16, 12, 134]) / 167, atol=1e-9)


def test_overlapping_brackets_against_a_search():
    rows = [(0, 0, 4, 3), (0, 2, 6, 5), (0, 3, 3, 2), (0, 5, INF, 4), (0, 1, 8, 2), (0, 7, 9, 1), (0, 0, 2, 1)]
    found = turnbull(brackets(rows))
    lower, upper, count = (np.array(c, float) for c in list(zip(*rows, strict=True))[1:])
    inside = ((found.lower >= lower[:, None]) & (found.upper <= upper[:, None])
              & ~((found.lower == found.upper) & (found.lower <= lower[:, None])
                  & (lower < upper)[:, None]))  # fmt: skip

    def minus(x):
        p = np.exp(x - x.max())
        return -float(count @ np.log(inside @ (p / p.sum())))

    best = min(minimize(minus, np.random.default_rng(s).normal(size=len(found.share)), method="Nelder-Mead",
                        options={"maxiter": 20000, "maxfev": 20000, "fatol": 1e-12}).fun for s in range(3))  # fmt: skip
    ours = -float(count @ np.log(inside @ found.share))
    assert ours <= best + 1e-7
    assert found.share.sum() == pytest.approx(1.0)


def test_strata_at_once_are_each_alone():
    one = [(0, 0, 4, 3), (0, 2, 6, 5), (0, 5, INF, 4)]
    two = [(1, 0, 3, 1), (1, 2, 2, 2), (1, 1, 8, 2), (1, 7, INF, 1)]
    both = turnbull(brackets(two + one, 2))
    for s, rows in enumerate((one, two)):
        alone = turnbull(brackets([(0, *r[1:]) for r in rows]))
        np.testing.assert_allclose(both.share[both.stratum == s], alone.share, atol=1e-6)
        np.testing.assert_allclose(both.survival[both.stratum == s], alone.survival, atol=1e-6)


def test_delayed_entry_is_refused_and_the_result_says_its_numbers():
    late = Brackets(by=(), strata=((),), stratum=np.zeros(1, int), entry=np.ones(1), lower=np.ones(1) * 2,
                    upper=np.ones(1) * 3, count=np.ones(1))  # fmt: skip
    with pytest.raises(Refused, match="fit a law"):
        turnbull(late)
    found = turnbull(brackets([(0, 0, 4, 3), (0, 2, INF, 5)]))
    assert found.to_dict()["strata"][0]["rows"]["share"] == found.to_arrow().to_pydict()["share"]
    assert "share" in repr(found)


def test_a_thousand_brackets_that_all_overlap_reach_their_maximum():
    """Simulated inspections at any age: plain self-consistency ended 7e-3 off after two thousand steps."""
    rng = np.random.default_rng(0)
    lower = rng.uniform(0, 100, 1000)
    upper = np.where(rng.random(1000) < 0.6, INF, lower + rng.uniform(0, 40, 1000))
    rows = [(0, a, b, 1) for a, b in zip(lower, upper, strict=True)]
    found = turnbull(brackets([*rows, (1, 0, 4, 3), (1, 2, 6, 5), (1, 5, INF, 4)], strata=2))
    assert found.refused == (None, None)
    assert found.unbalance.max() < 1e-7
    for s in (0, 1):
        assert found.share[found.stratum == s].sum() == pytest.approx(1.0, abs=1e-9)
    alone = turnbull(brackets([(0, 0, 4, 3), (0, 2, 6, 5), (0, 5, INF, 4)]))
    np.testing.assert_allclose(found.share[found.stratum == 1], alone.share, atol=1e-7)


def test_a_stratum_without_a_maximum_is_refused_and_the_others_stand(monkeypatch):
    for name, few in (("MOST_STEPS", 1), ("FIRST_STEPS", 50), ("NEWTON", 0)):
        monkeypatch.setattr(module, name, few)
    rng = np.random.default_rng(0)
    rows = [(1, a, a + b, 1) for a, b in zip(rng.uniform(0, 100, 300), rng.uniform(0, 40, 300), strict=True)]
    found = turnbull(brackets([(0, 0, 2, 1), (0, 2, INF, 1), *rows], strata=2))
    assert found.refused[0] is None
    assert "No maximum" in found.refused[1]
    assert found.share[found.stratum == 0].tolist() == [0.5, 0.5]
    assert np.isnan(found.survival[found.stratum == 1]).all()
    assert found.to_dict()["strata"][1]["refused"] == found.refused[1]


def test_a_stratum_of_which_nothing_is_known_says_so():
    found = turnbull(brackets([(1, 0, 4, 3), (1, 2, 6, 5)], strata=3))
    assert [bool(r) for r in found.refused] == [True, False, True]
    assert "nothing to estimate" in found.refused[2]
