"""What `extend` answers, refuses and says."""

import numpy as np
import pytest

from warrantor.finding import Refused
from warrantor.forecast.at_risk import AtRisk, alive
from warrantor.forecast.draws import hazard_draws
from warrantor.forecast.extend import extend
from warrantor.forecast.past import Past
from warrantor.tally import Tally


def fleet(products, units=3000, claims=True, seed=0, name="p", unit="month"):
    """Simulated Weibull products watched for 36 months."""
    rng = np.random.default_rng(seed)
    t = np.where(claims, 200.0 * rng.weibull(1.1, products * units), 1e9)
    age, failed = np.minimum(t, 36.0), t <= 36.0
    stratum, zero = np.repeat(np.arange(products), units), np.zeros(products * units)
    scale = 30.4375 if unit == "day" else 1.0
    return Tally.of(
        by=("product",),
        strata=tuple((f"{name}{i}",) for i in range(products)),
        unit=unit,
        stratum=np.concatenate((stratum, np.arange(products))),
        age=scale * np.concatenate((age, np.zeros(products))),
        claimed=np.concatenate((failed + zero, np.zeros(products))),
        open=np.concatenate((~failed + zero, np.zeros(products))),
        entered=np.concatenate((zero, np.full(products, float(units)))),
    )


@pytest.fixture(scope="module")
def past():
    return Past.of(fleet(5, seed=1, name="old"), 12.0, 18.0)


def asked(target, **more):
    return extend(
        target, alive(target, 12.0 if target.unit == "month" else 365.25), start=12, end=18, fan=False, **more
    )


def test_the_contract_is_kept(past):
    target = fleet(2)
    found = extend(target, alive(target, 12.0), start=12, end=18, history=past).to_dict()
    assert found["schema"] == "warrantor.extend/1"
    one = found["strata"][0]
    assert one["by"] == {"product": "p0"}
    assert one["units"] == 3000
    assert one["claims_seen"] + one["at_risk"] == 3000
    assert isinstance(one["lower"], int)
    assert one["lower"] < one["expected"] < one["upper"]
    assert one["history"] == {"products": 5, "prior": False}
    assert one["refused"] is None
    assert sum(one["mixed"].values()) == pytest.approx(1.0, abs=1e-5)
    assert [p["month"] for p in one["fan"]] == [13, 14, 15, 16, 17, 18]
    assert one["fan"][-1]["0.95"] == one["upper"]
    assert one["fan"][0]["0.95"] < 0.4 * one["upper"]  # one month of six
    assert np.all(np.diff([p["0.5"] for p in one["fan"]]) >= 0)


def test_the_same_seed_gives_the_same_answer(past):
    target = fleet(1)
    one, other = asked(target, history=past, seed=4), asked(target, history=past, seed=4)
    assert one.to_dict() == other.to_dict()
    assert asked(target, history=past, seed=5).expected[0] != one.expected[0]


def test_days_and_months_give_the_same_answer():
    one, other = asked(fleet(1)), asked(fleet(1, unit="day"))
    assert one.at_risk.tolist() == other.at_risk.tolist()
    assert other.expected[0] == pytest.approx(one.expected[0], rel=1e-6)


def test_what_lies_beyond_the_start_is_not_looked_at(past):
    target = fleet(1)
    later = np.where(target.age > 12.0, 0.0, target.claimed)
    from dataclasses import replace

    hidden = replace(target, claimed=later, open=target.open + target.claimed - later)
    risk = alive(target, 12.0)
    one, other = (extend(t, risk, start=12, end=18, history=past, fan=False) for t in (target, hidden))
    assert one.expected[0] == pytest.approx(other.expected[0], rel=1e-9)


def test_a_watch_that_ends_at_the_start_adds_nothing():
    target = fleet(1)
    risk = AtRisk(
        by=("product",), strata=(("p0",),), stratum=np.zeros(1, int), until=np.array([12.0]), units=np.array([100.0])
    )
    found = extend(target, risk, start=12, end=18)
    assert (found.expected[0], found.lower[0], found.upper[0]) == (0.0, 0, 0)
    assert found.refused == (None,)


def test_half_the_watch_brings_about_half():
    target = fleet(1)
    whole, half = (
        extend(
            target,
            AtRisk(
                by=("product",),
                strata=(("p0",),),
                stratum=np.zeros(1, int),
                until=np.array([u]),
                units=np.array([2000.0]),
            ),
            start=12,
            end=18,
            fan=False,
        )
        for u in (18.0, 15.0)
    )
    assert half.expected[0] / whole.expected[0] == pytest.approx(0.5, abs=0.03)


def test_nobody_at_risk_is_refused_with_what_would_tell():
    target = fleet(2)
    risk = AtRisk(
        by=("product",), strata=(("p1",),), stratum=np.zeros(1, int), until=np.array([18.0]), units=np.array([50.0])
    )
    found = extend(target, risk, start=12, end=18)
    assert "Nobody is under watch" in found.refused[0]
    assert "would tell" in found.refused[0]
    one = found.to_dict()["strata"][0]
    assert one["expected"] is one["lower"] is one["upper"] is one["fan"] is None
    assert found.refused[1] is None
    assert "refused" in repr(found)


def test_no_claims_and_no_history_is_refused_but_a_history_tells(past):
    target = fleet(1, claims=False)
    assert "history of past products" in asked(target).refused[0]
    found = asked(target, history=past)
    assert found.refused == (None,)
    assert found.lower[0] == 0
    assert 0 < found.expected[0] < 60


def test_without_history_the_prior_is_said():
    found = asked(fleet(1))
    assert found.to_dict()["strata"][0]["history"] == {"products": 0, "prior": True}
    assert any("stated prior" in line for line in found.how)
    assert any("no new failure mode after the last observed month" in line for line in found.how)


def test_three_past_products_are_a_stated_prior_and_an_idle_one_is_said():
    three = fleet(3, seed=2, name="old")
    idle = fleet(1, claims=False, name="idle")
    found = asked(fleet(1), history=three + idle)
    assert found.products == 3
    assert found.prior
    assert "1 more had no claim" in " ".join(found.how)


def test_units_dead_on_arrival_are_counted_and_enter_no_law():
    target = fleet(1)
    dead = Tally.of(
        by=("product",),
        strata=(("p0",),),
        stratum=np.zeros(1, int),
        age=np.zeros(1),
        unit="month",
        entered=np.array([40.0]),
        claimed=np.array([40.0]),
    )
    with_dead, without = asked(target + dead), asked(target)
    assert with_dead.units[0] == without.units[0] + 40
    assert with_dead.claims_seen[0] == without.claims_seen[0] + 40
    assert with_dead.expected[0] == pytest.approx(without.expected[0], rel=1e-6)


@pytest.mark.parametrize(
    ("start", "end", "level"), [(12, 12, 0.9), (0, 6, 0.9), (12, 18, 1.0), (12, float("nan"), 0.9)]
)
def test_a_window_that_is_none_is_refused(start, end, level):
    target = fleet(1, units=50)
    with pytest.raises(Refused, match="give"):
        extend(target, alive(target, 12.0), start=start, end=end, level=level)


def test_a_longer_window_has_more_bins_and_more_claims():
    target = fleet(1)
    short, long = (extend(target, alive(target, 12.0), start=12, end=e, fan=False) for e in (18.0, 36.0))
    assert long.expected[0] > 2 * short.expected[0]
    assert long.upper[0] / long.lower[0] > short.upper[0] / short.lower[0]


def test_a_wider_level_holds_the_narrower(past):
    target = fleet(1)
    narrow, wide = (asked(target, history=past, level=v) for v in (0.5, 0.95))
    assert wide.lower[0] < narrow.lower[0] < narrow.upper[0] < wide.upper[0]


def test_draws_of_the_hazard_bring_what_extend_expects(past):
    target = fleet(1)
    risk = AtRisk(
        by=("product",), strata=(("p0",),), stratum=np.zeros(1, int), until=np.array([18.0]), units=np.array([2800.0])
    )
    hazard = hazard_draws(target, np.array([0.0, 6.0, 12.0, 15.0, 18.0]), start=12.0, history=past, draws=4000)
    assert hazard.shape == (1, 4000, 4)
    count = 2800 * -np.expm1(-3.0 * hazard[0, :, 2:].sum(axis=1))
    answer = extend(target, risk, start=12, end=18, history=past, fan=False)
    assert count.mean() == pytest.approx(answer.expected[0], rel=0.03)


def test_the_result_travels_as_arrow(past):
    table = asked(fleet(2), history=past).to_arrow()
    assert table.column_names == ["product", "units", "claims_seen", "at_risk", "expected", "lower", "upper", "refused"]
    assert table.num_rows == 2
