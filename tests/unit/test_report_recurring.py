"""Figures and sections of repeat claims and of first claims by fault: what is drawn, what is said, what is left out."""

import numpy as np
import pytest

import warrantor as wr
from warrantor.report.of_faults import fault_steps, faults_section
from warrantor.report.of_repeat import repeat_section, repeat_steps
from warrantor.report.steps import Curve, steps
from warrantor.report.words import plain


def data_of(chart):
    return [row for rows in chart.to_dict()["datasets"].values() for row in rows]


def repeats(strata=2, units=300, cost=True):
    """Gamma frailty, cover to day 365 (simulated)."""
    rng = np.random.default_rng(8)
    home = rng.integers(0, strata, units)
    number = rng.poisson(rng.gamma(0.5, 1.0, units))
    who = np.repeat(np.arange(units), number)
    age = rng.integers(0, 366, len(who))
    return wr.repeats_of_ages(
        np.concatenate((who, np.arange(units))), np.concatenate((age, np.full(units, 365))),
        np.repeat([1, 0], (len(who), units)), np.concatenate((home[who], home)),
        rng.integers(1, 40, len(who) + units).astype(float) if cost else None, currency="CNY" if cost else None)


def by_fault(faults="abcdefgh", units=2000):
    rng = np.random.default_rng(2)
    age, kind = rng.integers(0, 360, units), np.array([*faults, ""])[rng.integers(0, len(faults) + 1, units)]
    return wr.incidence(wr.tally_of_ages(age, kind != ""),
                        {f: wr.tally_of_ages(age, kind == f) for f in faults})


def document(section):
    return {"sections": [section.document]}


def test_claims_per_unit_are_drawn_with_their_cost_and_end_where_they_were_counted():
    found = wr.mean_cumulative(repeats())
    chart = repeat_steps(found)
    number, money = chart.to_dict()["vconcat"]
    assert number["layer"][1]["encoding"]["y"]["title"] == "Claims per unit"
    assert money["layer"][1]["encoding"]["y"]["title"] == "Cost per unit, CNY"
    points = [r for r in data_of(chart) if r["k"] == "p"]
    assert max(r["y"] for r in points) == pytest.approx(found.cost.max(), rel=1e-4)
    assert max(r["x"] for r in points) == pytest.approx(365 / 30.4375, rel=1e-4)
    assert {r["t"] for r in data_of(chart) if r["k"] == "e"} == {"0", "1"}
    assert "vconcat" not in wr.chart(wr.mean_cumulative(repeats(cost=False))).to_dict()


def test_thinned_steps_keep_the_last_value_and_a_missing_value_is_not_drawn():
    age = np.arange(1.0, 501.0)
    value = age / 500
    value[-1] = np.nan
    chart = steps([Curve("a", age, value, value - 0.1, value + 0.1, 600.0)], "x", 640, unit="km")
    points = [r for r in next(iter(chart.to_dict()["datasets"].values())) if r["k"] == "p"]
    assert len(points) <= 62
    assert (points[0]["y"], points[-1]["y"], points[-1]["x"]) == (0.0, 499 / 500, 499.0)


def test_names_at_the_edge_stand_apart():
    curves = [Curve(n, np.array([5.0]), np.array([v]), np.array([v]), np.array([v]), 9.0)
              for n, v in (("a", 1.0), ("b", 1.0), ("c", 0.99), ("d", 0.2))]
    chart = steps(curves, "x", 640, unit="day").to_dict()
    low, high = chart["layer"][1]["encoding"]["y"]["scale"]["domain"]
    places = sorted(r["y"] for r in next(iter(chart["datasets"].values())) if r["k"] == "e")
    assert np.diff(places).min() * chart["height"] / (high - low) >= 14.9
    assert max(places) <= high


def test_the_section_says_mean_band_and_cost_from_its_own_document():
    found = wr.mean_cumulative(repeats())
    section = repeat_section(found, "sections/0")
    said = plain(section.answer[0], document(section))
    fact = section.document["facts"][0]
    assert fact["month"] == 12
    assert fact["mean"] == found.at(365)[0]
    assert f"by month 12 that is {fact['mean']:#.4g} a unit (90 % band {fact['lower']:#.4g}" in said
    assert "and CNY" in said
    assert len(section.tables[0].rows) == 2


def test_a_stratum_without_claims_says_so_and_only_it_cannot_be_drawn():
    quiet = wr.mean_cumulative(wr.repeats_of_ages([1, 2], [5, 8], [0, 0]))
    section = repeat_section(quiet, "sections/0")
    assert "mean is 0 at every age lived" in plain(section.answer[0], document(section))
    assert section.draw is None
    with pytest.raises(wr.Refused, match="nothing to draw"):
        wr.chart(quiet)


def test_a_fault_has_one_colour_and_what_is_not_drawn_is_named():
    found = by_fault()
    chart = fault_steps(found)
    assert len({r["t"] for r in data_of(chart) if r["k"] == "e"}) == 6
    section = faults_section(found, "sections/0")
    order = np.argsort(-found.claimed[:, 0] + found.dead_on_arrival[:, 0], kind="stable")
    left = [found.faults[k] for k in order[6:]]
    assert section.caption.endswith(f"Not drawn: {left[0]} and {left[1]}.")
    assert len(section.tables[0].rows) == 8


def test_the_section_names_the_fault_that_comes_first_most_often():
    found = by_fault("ab")
    section = faults_section(found, "sections/0")
    said = plain(section.answer[0], document(section))
    first = section.document["facts"][0]["faults"][0]
    assert first["share"] == found.incidence[:, found.at_risk > 0][:, -1].max()
    assert f"{first['fault']} comes first most often" in said
    total = sum(f["share"] for f in section.document["facts"][0]["faults"])
    assert total + section.document["facts"][0]["survival"] == pytest.approx(1.0)


def test_shares_without_a_claim_are_told_and_not_drawn():
    whole = wr.tally_of_ages([0, 5, 9], [1, 0, 0])
    found = wr.incidence(whole, {"a": whole})
    assert faults_section(found, "sections/0").draw is None
    with pytest.raises(wr.Refused, match="nothing to draw"):
        wr.chart(found)


def test_both_stand_on_one_page():
    page = wr.report(wr.mean_cumulative(repeats()), by_fault("ab"))
    assert [s["kind"] for s in page.document["sections"]] == ["repeat", "faults"]
    assert page.html.count("<svg") >= 2
