"""The degenerate zoo: each animal is answered or refused with a reason, none crashes, none gets a neutral number."""

import json

import numpy as np
import pytest

from warrantor import (
    LAWS,
    AtRisk,
    Refused,
    Running,
    borrow,
    extend,
    fit,
    fit_piecewise,
    life_table,
    predict,
    tally_of_ages,
)
from warrantor.cli.app import run
from warrantor.tally import Brackets, Tally

ZOO = {
    "no claims": ([10.0, 20, 30], [0, 0, 0], None),
    "one claim": ([10.0, 20, 30], [1, 0, 0], None),
    "all claim": (list(np.linspace(5.0, 60.0, 40)), [1] * 40, None),
    "all at one age": ([12.0] * 30, [1] * 30, None),
    "all claims at one age, others later": ([12.0] * 5 + [40.0] * 50, [1] * 5 + [0] * 50, None),
    "everything dead on arrival": ([0.0] * 9, [1] * 9, None),
    "nanoseconds": (list(1e-9 * np.linspace(5.0, 60.0, 40)), [1, 0] * 20, None),
    "millions of years": (list(1e12 * np.linspace(5.0, 60.0, 40)), [1, 0] * 20, None),
    "weights of zero": ([10.0, 20, 30, 40], [1, 1, 0, 0], [0, 0, 5, 5]),
    "one unit": ([7.0], [1], None),
}


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("animal", ZOO)
def test_a_law_is_answered_with_its_score_or_refused_with_a_reason(animal, law):
    age, failed, count = ZOO[animal]
    tally = tally_of_ages(np.array(age), np.array(failed), count=None if count is None else np.array(count, float))
    found = fit(tally, law)
    for s in range(len(found.strata)):
        if found.refused[s] is None:
            assert np.isfinite(found.parameters[s]).all()
            assert np.isfinite(found.loglik[s])
            assert found.unbalance[s] <= 1e-8
        else:
            assert len(found.refused[s]) > 20
            assert np.isnan(found.parameters[s]).all()
            assert np.isnan(found.loglik[s])


@pytest.mark.parametrize("animal", ["no claims", "everything dead on arrival", "weights of zero", "all at one age"])
def test_what_no_weibull_can_be_told_from_is_refused(animal):
    age, failed, count = ZOO[animal]
    tally = tally_of_ages(np.array(age), np.array(failed), count=None if count is None else np.array(count, float))
    assert fit(tally, "weibull").refused[0]


def test_the_unit_of_age_changes_nothing_but_the_scale():
    ages, failed = np.linspace(5.0, 60.0, 40), np.tile([1, 0], 20)
    plain = fit(tally_of_ages(ages, failed), "weibull")
    for scale in (1e-9, 1e12):
        other = fit(tally_of_ages(ages * scale, failed), "weibull")
        assert other["beta"][0] == pytest.approx(plain["beta"][0], rel=1e-8)
        assert other["eta"][0] == pytest.approx(plain["eta"][0] * scale, rel=1e-8)


def test_one_huge_stratum_does_not_move_the_tiny_ones():
    rng = np.random.default_rng(2)
    huge = np.ceil(3000 * rng.weibull(1.4, 200_000))
    tiny = np.array([30.0, 90, 200, 400])
    age = np.concatenate((np.minimum(huge, 700), tiny))
    failed = np.concatenate((huge <= 700, [True, True, True, False]))
    stratum = np.concatenate((np.zeros(len(huge), int), np.ones(4, int)))
    both = fit(tally_of_ages(age, failed, stratum), "weibull")
    alone = fit(tally_of_ages(tiny, failed[-4:]), "weibull")
    assert both["beta"][1] == pytest.approx(alone["beta"][0], rel=1e-8)
    assert both["beta"][0] == pytest.approx(1.4, rel=0.03)


def test_truncation_beyond_the_data_is_refused_or_answered_never_crashed():
    rows = Brackets(by=(), strata=((),), stratum=np.zeros(3, int), entry=np.array([50.0, 50, 50]),
                    lower=np.array([60.0, 60, 60]), upper=np.array([60.0, np.inf, np.inf]), count=np.ones(3))
    found = fit(rows, "weibull")
    assert found.refused[0] or np.isfinite(found.loglik[0])
    beyond = Brackets(by=(), strata=((),), stratum=np.zeros(1, int), entry=np.array([90.0]), lower=np.array([60.0]),
                      upper=np.array([60.0]), count=np.ones(1))
    with pytest.raises(Refused, match="before their watch began"):
        fit(beyond, "weibull")


def test_a_count_or_age_that_is_no_number_is_a_finding(tmp_path, capsys):
    path = tmp_path / "nan.csv"
    path.write_text("age,failed,n\n10,1,nan\nnan,0,3\n20,0,4\n")
    words = ["life", "--lifetimes", str(path), "--age", "age", "--failed", "failed", "--count", "n", "--json"]
    assert run(words) == 3
    said = capsys.readouterr().err
    assert "nan.csv:2: n='nan'" in said
    assert "nan.csv:3: age='nan'" in said


@pytest.mark.parametrize("animal", ["no claims", "all claim", "one unit", "everything dead on arrival"])
def test_a_life_table_counts_them_all(animal):
    age, failed, count = ZOO[animal]
    tally = tally_of_ages(np.array(age), np.array(failed), count=None if count is None else np.array(count, float))
    table = life_table(tally)
    assert table.units.sum() == (len(age) if count is None else sum(count))
    assert not np.any(table.survival < 0)


@pytest.mark.parametrize(("seen", "at_risk"), [(0, 500.0), (1, 500.0), (40, 0.0), (40, 1.0)])
def test_a_forecast_is_whole_or_refused(seen, at_risk):
    ages = np.concatenate((np.linspace(10, 360, seen), np.full(int(at_risk), 366.0)))
    tally = tally_of_ages(ages, np.concatenate((np.ones(seen), np.zeros(int(at_risk)))))
    risk = AtRisk(by=(), strata=((),), stratum=np.zeros(1, int), until=np.array([np.inf]), units=np.array([at_risk]))
    stratum = extend(tally, risk, start=12, end=18).to_dict()["strata"][0]
    if stratum["refused"] is None:
        assert 0 <= stratum["lower"] <= stratum["expected"] <= max(stratum["upper"], stratum["expected"]) <= at_risk
    else:
        assert stratum["expected"] is None
    json.dumps(stratum, allow_nan=False)


def test_an_empty_tally_is_no_zero():
    nobody = Tally.of(by=(), strata=((),), stratum=np.zeros(0, int), age=np.zeros(0))
    assert fit(nobody, "weibull").refused[0]


@pytest.mark.parametrize("animal", ZOO)
def test_a_rate_a_piece_is_answered_or_refused_with_a_reason(animal):
    age, failed, count = ZOO[animal]
    tally = tally_of_ages(np.array(age), np.array(failed), count=None if count is None else np.array(count, float))
    found = fit_piecewise(tally)
    if found.refused[0] is None:
        assert np.isfinite(found.parameters).all()
        assert np.isfinite(found.loglik).all()
        for name in found.names:
            low, high = found.interval(name)[0]
            assert low <= found[name][0] <= high < np.inf
    else:
        assert len(found.refused[0]) > 20
        assert np.isnan(found.parameters).all()
        assert np.isnan(found.loglik).all()
    json.dumps(found.to_dict(), allow_nan=False)


def test_the_unit_of_age_changes_no_rate_but_its_scale():
    ages, failed = np.linspace(5.0, 60.0, 40), np.tile([1, 0], 20)
    plain = fit_piecewise(tally_of_ages(ages, failed))
    for scale in (1e-9, 1e12):
        other = fit_piecewise(tally_of_ages(ages * scale, failed))
        assert other.parameters * scale == pytest.approx(plain.parameters, rel=1e-9)
        assert other.interval(other.names[0]) * scale == pytest.approx(plain.interval(plain.names[0]), rel=1e-9)


def neighbours(scale=1.0):
    """Simulated: eight strata of sixty units."""
    rng = np.random.default_rng(12)
    at = np.repeat(np.arange(8), 60)
    life, watched = 30 * rng.weibull(1.5, 480) * np.exp(0.3 * rng.standard_normal(8))[at], rng.uniform(5, 30, 480)
    return np.minimum(life, watched) * scale, life <= watched, at


def joined(animal):
    age, failed, count = ZOO[animal]
    ages, fails, at = neighbours()
    n = np.concatenate((np.ones(480), np.ones(len(age)) if count is None else np.array(count, float)))
    return tally_of_ages(np.concatenate((ages, age)), np.concatenate((fails, np.array(failed, bool))),
                         np.concatenate((at, np.full(len(age), 8))), n)


def test_a_stratum_whose_claims_share_one_age_has_no_spread_to_lend():
    with pytest.raises(Refused, match="claims all share one age"):
        borrow(joined("all at one age"))


@pytest.mark.parametrize("animal", [a for a in ZOO if a not in ("nanoseconds", "millions of years", "all at one age")])
def test_a_stratum_of_any_kind_borrows_from_its_neighbours(animal):
    found = borrow(joined(animal))
    assert np.isfinite(found.parameters).all()
    assert (found.interval("beta") > 0).all()
    assert ((found.borrowed >= 0) & (found.borrowed <= 1)).all()
    json.dumps(found.to_dict(), allow_nan=False)


def test_borrowing_does_not_mind_the_unit_of_age():
    plain = borrow(tally_of_ages(*neighbours()))
    for scale in (1e-9, 1e12):
        other = borrow(tally_of_ages(*neighbours(scale)))
        assert other["beta"] == pytest.approx(plain["beta"], rel=1e-3)
        assert other["eta"] == pytest.approx(plain["eta"] * scale, rel=1e-3)


@pytest.mark.parametrize("animal", ZOO)
def test_one_stratum_alone_has_nobody_to_borrow_from(animal):
    age, failed, _ = ZOO[animal]
    with pytest.raises(Refused, match="cannot tell how strata differ"):
        borrow(tally_of_ages(np.array(age), np.array(failed)))


def test_a_missing_count_is_refused_by_the_rates_too():
    tally = Tally.of(by=(), strata=((),), stratum=np.zeros(3, int), age=np.array([0.0, 10, 20]),
                     entered=np.array([9.0, 0, 0]), claimed=np.array([0, np.nan, 1]), open=np.array([0.0, 0, 7]))
    assert "missing" in fit_piecewise(tally).refused[0]


@pytest.mark.parametrize("animal", ZOO)
def test_a_bootstrap_is_answered_or_refused_with_a_reason(animal):
    age, failed, count = ZOO[animal]
    tally = tally_of_ages(np.array(age), np.array(failed), count=None if count is None else np.array(count, float))
    top = max(age)
    found = predict(tally, Running.of(tally), start=0, end=2 * top + 1, laws=("weibull", "lognormal"), draws=100)
    for s in range(len(found.strata)):
        if found.refused[s] is None:
            assert 0 <= found.lower[s] <= found.upper[s] <= found.at_risk[s]
            assert 0 <= found.expected[s] <= found.at_risk[s] * (1 + 1e-12)
        else:
            assert len(found.refused[s]) > 20
            assert found.lower[s] == found.upper[s] == -1
