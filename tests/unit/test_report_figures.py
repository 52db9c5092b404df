"""The figures: what stands where, how much of it, and what is left out."""

import json

import numpy as np
import pytest

import warrantor as wr
from warrantor.report.paper import bend, paper, thinned
from warrantor.report.returns import Returns, heat


def rows_of(chart, kind):
    (data,) = chart.to_dict()["datasets"].values()
    return [r for r in data if r.get("k") == kind]


def ages(seed=3, units=3000):
    rng = np.random.default_rng(seed)
    age, end = np.ceil(rng.weibull(1.3, units) * 900), rng.integers(200, 700, units)
    return wr.tally_of_ages(np.minimum(age, end), age <= end)


def test_a_weibull_law_is_straight_on_its_paper():
    tally = ages()
    fit = wr.fit(tally, "weibull")
    line = rows_of(paper(wr.life_table(tally), (fit,)), "l")
    slope = np.diff([r["y"] for r in line]) / np.diff(np.log([r["x"] for r in line]))
    np.testing.assert_allclose(slope, fit["beta"][0], rtol=5e-3)


def test_thinning_moves_no_line_and_keeps_the_ends():
    tally = ages()
    life, fit = wr.life_table(tally), wr.fit(tally, "lognormal")
    points = rows_of(paper(life, (fit,)), "p")
    assert 20 < len(points) <= 80 < (life.claims > 0).sum()
    claimed = life.until[(life.claims > 0) & (life.survival < 1)]
    assert (points[0]["x"], points[-1]["x"]) == (claimed[0], claimed[-1])
    assert points[-1]["y"] == pytest.approx(float(bend(1 - life.survival[life.claims > 0][-1])), rel=1e-4)
    assert thinned(np.arange(1.0, 5.0)).tolist() == [0, 1, 2, 3]


def test_labels_at_the_edge_stand_apart():
    tally = ages()
    fits = tuple(wr.fit(tally, law) for law in ("weibull", "lognormal", "loglogistic", "exponential"))
    chart = paper(wr.life_table(tally), fits)
    places = sorted(r["y"] for r in rows_of(chart, "e"))
    low, high = chart.to_dict()["layer"][1]["encoding"]["y"]["scale"]["domain"]
    assert np.diff(places).min() * chart.to_dict()["height"] / (high - low) >= 14.5


def test_every_tick_asked_for_is_drawn():
    axis = paper(wr.life_table(ages())).to_dict()["layer"][1]["encoding"]["y"]["axis"]
    assert axis["tickCount"] == len(axis["values"])


def test_specifications_stay_small():
    tally = ages()
    text = json.dumps(paper(wr.life_table(tally), (wr.fit(tally, "weibull"),)).to_dict())
    assert len(text) < 50_000
    assert len(json.loads(text)["datasets"]) == 1


def test_the_fan_begins_where_the_seen_claims_end():
    tally = ages()
    risk = wr.AtRisk(by=(), strata=((),), stratum=np.zeros(1, int), until=np.array([np.inf]), units=np.array([800.0]))
    ahead = wr.extend(tally, risk, start=12, end=18)
    chart = wr.chart(ahead, wr.life_table(tally))
    seen, come = rows_of(chart, "s"), rows_of(chart, "f")
    assert seen[-1]["m"] == come[0]["m"] == ahead.claims_seen[0]
    assert [r["m"] for r in seen] == sorted(r["m"] for r in seen)
    assert come[-1]["m"] - come[0]["m"] == ahead.fan[0, -1, 2]
    assert all(r["a"] <= r["b"] <= r["m"] <= r["c"] <= r["d"] for r in come)


def nevada():
    """The 3 x 3 chart by hand: 100, 140, 150 sold; returns 3 3 5 / 2 4 / 4."""
    stratum = np.array([0, 0, 0, 0, 1, 1, 1, 2, 2])
    age = np.array([0.0, 1, 2, 3, 0, 1, 2, 0, 1])
    return wr.Tally.of(by=("sold",), strata=(("Jun",), ("Jul",), ("Aug",)), stratum=stratum, age=age, unit="month",
                       grain="interval", entered=np.array([100.0, 0, 0, 0, 140, 0, 0, 150, 0]),
                       claimed=np.array([3.0, 3, 5, 0, 2, 4, 0, 4, 0]),
                       open=np.array([0.0, 0, 0, 89, 0, 0, 134, 0, 146]))


def test_the_sales_returns_chart_counts_as_the_table_does():
    returns = Returns.of(nevada())
    assert [[None if np.isnan(v) else v for v in row] for row in returns.claims.tolist()] == [
        [3, 3, 5], [2, 4, None], [4, None, None]]
    assert returns.at_risk.tolist() == [[100, 97, 94], [140, 138, 0], [150, 0, 0]]
    assert returns.units.tolist() == [100, 140, 150]


def test_a_month_not_lived_is_empty_and_a_month_without_claims_is_zero():
    tally = wr.Tally.of(by=(), strata=((),), stratum=np.zeros(3, int), age=np.array([0.0, 1.0, 2.0]), unit="month",
                        grain="interval", entered=np.array([9.0, 0, 0]), claimed=np.array([0.0, 1, 0]),
                        open=np.array([0.0, 0, 8]))
    assert Returns.of(tally).claims.tolist() == [[0.0, 1.0]]
    (data,) = heat(Returns.of(nevada())).to_dict()["datasets"].values()
    assert len(data) == 6


def test_days_fall_in_months_as_people_count_them():
    tally = wr.tally_of_ages([0, 1, 30, 31, 365], [1, 1, 1, 1, 0])
    returns = Returns.of(tally)
    assert returns.claims[0, :2].tolist() == [3.0, 1.0]
    assert returns.at_risk[0, :2].tolist() == [5.0, 2.0]
    assert len(returns.months) == 12
