"""One product against the rest: frozen forecasts, placebos against a count by hand, matching, guardrails."""

import html
import importlib.util
import json
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import warrantor as wr
from warrantor.cli.app import run
from warrantor.forecast.bootstrap import predict
from warrantor.forecast.costs import Severity
from warrantor.forecast.counts import Predictive
from warrantor.forecast.running import Running
from warrantor.forecast.transport import multiplier
from warrantor.report.words import look, shown
from warrantor.tally import Tally
from warrantor.trial.matched import matched
from warrantor.trial.observed import Frozen, freeze, observe
from warrantor.trial.outcomes import Outcomes
from warrantor.trial.placebo import DID, MATCHED, compare, guarded

DAY, LATER = date(2019, 12, 31), date(2021, 8, 31)
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "redmi_note_7"


def tally():
    return Tally.of(by=("product",), strata=(("Cedar",),), stratum=np.zeros(4, int),
                    age=np.array([0.0, 3.0, 9.0, 11.0]), unit="month", entered=np.array([4000.0, 0, 0, 0]),
                    claimed=np.array([0.0, 30, 40, 0]), open=np.array([0.0, 0, 0, 3930]))


@pytest.fixture(scope="module")
def predicted():
    return predict(tally(), Running.of(tally()), start=12, end=18, draws=200)


@pytest.fixture(scope="module")
def frozen(predicted):
    return freeze(predicted, as_of=DAY, sold_by=DAY, oldest=11.0)[0]


def test_a_frozen_forecast_is_wider_than_the_law_alone_and_never_the_plug_in(predicted, frozen):
    low, high = frozen.interval
    assert low < predicted.lower[0] < predicted.upper[0] < high
    assert frozen.prior
    assert any("stated prior" in line for line in frozen.how)
    assert not any("is not in the interval" in line for line in frozen.how)
    taught = multiplier(np.full(8, 100.0), np.full(8, 100.0), np.arange(8), np.zeros(8))
    narrow = freeze(predicted, as_of=DAY, sold_by=DAY, oldest=11.0, past=taught)[0]
    assert narrow.products == 8
    assert narrow.interval[1] - narrow.interval[0] < high - low


def test_what_is_written_is_what_was_frozen_and_a_changed_part_is_found(frozen):
    told = json.loads(json.dumps(frozen.to_dict()))
    again = Frozen.of_dict(told)
    assert again.hash == frozen.hash
    assert again.interval == frozen.interval
    for part, value in (("units", 1.0), ("sold_by", "2020-01-31"), ("to", 24.0)):
        with pytest.raises(wr.Refused, match="not as it was frozen"):
            Frozen.of_dict(told | {part: value})
    with pytest.raises(wr.Refused, match="no frozen forecast"):
        Frozen.of_dict({"schema": "warrantor.predict/1"})


def test_a_forecast_that_may_have_seen_its_claims_is_none(predicted):
    with pytest.raises(wr.Refused, match="a forecast that has seen them is none"):
        freeze(predicted, as_of=DAY, sold_by=DAY, oldest=12.5)
    with pytest.raises(wr.Refused, match="nothing to freeze"):
        freeze(replace(predicted, refused=("no claims",)), as_of=DAY, sold_by=DAY, oldest=1.0)


def test_the_cost_is_foretold_from_what_claims_cost_and_left_out_where_that_is_not_known(predicted, frozen):
    """Mean = expected claims x claims per first claim x mean cost; its interval is wider than the count's own."""
    paid = Severity(claims=80.0, repeats=1.1, mean=60.0, variance=5000.0)
    made = freeze(predicted, as_of=DAY, sold_by=DAY, oldest=11.0, paid=paid, currency="CNY")[0]
    mean, low, high = made.cost
    assert mean == pytest.approx(made.expected * 66.0, rel=0.05)
    assert high / low > made.interval[1] / made.interval[0]
    assert made.hash != frozen.hash
    assert Frozen.of_dict(json.loads(json.dumps(made.to_dict()))).cost == made.cost
    found = observe(made, 30, as_of=LATER, cost=2000.0)
    assert "They cost CNY 2,000 where" in found.sentence()
    assert frozen.cost is None
    assert "cost" not in observe(frozen, 30, as_of=LATER, cost=2000.0).sentence()


def test_what_came_is_told_apart_from_what_was_foretold(frozen):
    inside = observe(frozen, round(frozen.expected), as_of=LATER)
    assert inside.transported
    assert "The forecast transported" in inside.sentence()
    more = observe(frozen, 10 * frozen.interval[1], as_of=LATER)
    assert not more.transported
    assert "and more came" in more.sentence()
    assert "cause" in more.how[-1]
    assert "caused" not in more.sentence()
    assert observe(frozen, 0, as_of=LATER).lower == 0.0
    assert json.loads(json.dumps(more.to_dict()))["schema"] == "warrantor.observed/1"


def test_the_pit_is_uniform_where_the_forecast_is_right():
    """Poisson counts under a Poisson forecast; V comes from the hash, so that nobody draws it."""
    one = np.full(1, 20.0)
    made = Frozen(name="one", start=12, end=18, as_of=DAY, sold_by=DAY, units=1e4, level=0.9,
                  counts=Predictive(one, one, np.ones(1)), products=0, prior=True, currency=None,
                  cost=None, how=())
    rng = np.random.default_rng(4)
    pits = [observe(replace(made, name=str(i)), int(n), as_of=LATER).pit for i, n in enumerate(rng.poisson(20.0, 2000))]
    assert stats.kstest(pits, "uniform").pvalue > 0.01
    assert observe(made, 20, as_of=LATER).pit == observe(made, 20, as_of=LATER).pit


@pytest.mark.parametrize(("came", "day", "level", "why"), [
    (-1, LATER, 0.95, "no count"), (5, LATER, 1.0, "no level"), (5, DAY, 0.95, "nothing of its window")])
def test_observations_that_cannot_be_are_refused(frozen, came, day, level, why):
    with pytest.raises(wr.Refused, match=why):
        observe(frozen, came, as_of=day, level=level)


def world(donors=25, seed=3, effect=0.0):
    rng = np.random.default_rng(seed)
    return [{"product": f"P{j}", "market": "CN", "period": f"2019-{t + 1:02d}", "metric": "returns", "n": 100,
             "value": 3 + j / 10 + t / 20 + 0.1 * rng.standard_normal() + (j == 0) * (t >= 6) * effect}
            for j in range(donors + 1) for t in range(12)]


def test_differences_and_placebos_by_hand():
    rows = world(effect=0.5)
    names = [f"P{j + 1}" for j in range(25)]
    found = compare(Outcomes.of(rows), "P0", names, "returns", begins=6)
    value = np.array([r["value"] for r in rows]).reshape(26, 12)
    moved = [float(np.mean(v[6:]) - np.mean(v[:6])) for v in value]
    assert found.kind == DID
    assert found.effect == pytest.approx(moved[0] - sum(moved[1:]) / 25)
    by_hand = []
    for j in range(1, 26):
        others = [m for k, m in enumerate(moved) if k not in (0, j)]
        by_hand.append(moved[j] - sum(others) / 24)
    assert found.placebos == pytest.approx(by_hand)
    assert found.p == (1 + sum(abs(t) >= abs(found.effect) for t in by_hand)) / 26
    low, high = found.interval
    assert low < 0.5 < high
    assert found.to_arrow().column("promised").to_pylist() == [False] * 6 + [True] * 6


def test_the_interval_holds_what_the_placebos_do_not_tell_from_the_effect():
    found = compare(Outcomes.of(world()), "P0", [f"P{j + 1}" for j in range(25)], "returns", begins=6)
    low, high = found.interval

    def p_of(effect):
        return (1 + np.count_nonzero(np.abs(found.placebos) >= abs(found.effect - effect))) / 26

    for inside in np.linspace(low + 1e-9, high - 1e-9, 7):
        assert p_of(inside) > 0.05
    assert p_of(low - 1e-6) <= 0.05
    assert p_of(high + 1e-6) <= 0.05


def test_no_effect_is_found_in_no_more_than_five_percent_of_worlds():
    names = [f"P{j + 1}" for j in range(19)]
    found = [compare(Outcomes.of(world(19, s)), "P0", names, "returns", begins=6).p <= 0.05 for s in range(300)]
    assert np.mean(found) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_a_promise_from_launch_gives_a_matched_comparison_and_no_cause():
    found = compare(Outcomes.of(world()), "P0", ["P1", "P2", "P3"], "returns")
    assert found.kind == MATCHED
    assert found.before == ()
    assert "not causal" in found.sentence()
    assert "a difference in differences cannot be asked" in found.how[0]
    assert found.interval is None
    assert "cannot reach 5%" in found.sentence()
    assert found.to_dict()["interval"] is None


def test_ages_count_from_each_products_own_launch():
    rows = [{"product": p, "period": f"2019-{m + s:02d}", "metric": "score", "value": float(m)}
            for p, s in (("A", 0), ("B", 2), ("C", 4)) for m in range(1, 7)]
    outcomes = Outcomes.of(rows)
    assert outcomes.series("score") == {p: {a: a + 1.0 for a in range(6)} for p in "ABC"}
    later = outcomes.series("score", launch={"A": "2018-12"})
    assert min(later["A"]) == 1
    assert compare(outcomes, "A", ["B", "C"], "score", begins=3).effect == pytest.approx(0.0)


def test_markets_are_weighed_by_n_or_named():
    rows = [{"product": p, "market": m, "period": "2019-01", "metric": "score", "value": v, "n": n}
            for p in "AB" for m, v, n in (("CN", 4.0, 300), ("IN", 2.0, 100))]
    assert Outcomes.of(rows).series("score")["A"] == {0: 3.5}
    assert Outcomes.of(rows).series("score", market="IN")["A"] == {0: 2.0}
    rows[0]["n"] = None
    with pytest.raises(wr.Refused, match="name one market"):
        Outcomes.of(rows).series("score")


@pytest.mark.parametrize(("change", "why"), [
    ({"donors": ["P1"]}, "at least two"), ({"donors": ["P0", "P1"]}, "at least two"),
    ({"donors": ["P1", "Q"]}, "of Q is not measured"), ({"metric": "sales"}, "measured are: returns"),
    ({"begins": 40}, "no month after"), ({"level": 0.0}, "no level"), ({"until": 14}, "not measured 12 months"),
    ({"market": "IN"}, "not measured in IN")])
def test_comparisons_that_cannot_be_are_refused(change, why):
    asked = {"donors": ["P1", "P2"], "metric": "returns", "begins": 6} | change
    with pytest.raises(wr.Refused, match=why):
        compare(Outcomes.of(world()), "P0", **asked)


def test_a_row_twice_and_a_period_of_no_kind_are_refused():
    row = {"product": "A", "period": "2019-01", "metric": "score", "value": 1.0}
    with pytest.raises(wr.Refused, match="measured twice"):
        Outcomes.of([row, row])
    with pytest.raises(wr.Refused, match="neither a month"):
        Outcomes.of([row | {"period": "spring"}]).series("score")


@pytest.mark.parametrize(("effect", "better", "margin", "word"), [
    (0.0, "lower", 0.5, "holds"), (2.0, "lower", 0.5, "broken"), (-2.0, "higher", 0.5, "broken"),
    (2.0, "higher", 0.0, "holds"), (0.0, "higher", 0.0, "cannot tell")])
def test_a_guardrail_holds_is_broken_or_cannot_tell(effect, better, margin, word):
    found = compare(Outcomes.of(world(effect=effect)), "P0", [f"P{j + 1}" for j in range(25)], "returns", begins=6)
    assert guarded(found, better, margin)[0] == word


def test_a_guardrail_of_too_few_products_cannot_tell_and_a_wrong_margin_is_refused():
    found = compare(Outcomes.of(world(effect=9.0)), "P0", ["P1", "P2"], "returns", begins=6)
    assert guarded(found, "lower", 0.5)[0] == "cannot tell"
    with pytest.raises(wr.Refused, match="margin of 0 or more"):
        guarded(found, "lower", -1.0)


def numbers_agree(page):
    """Every number on the page is its document's, as the page writes it."""
    marked = re.findall(r'data-path="([^"]+)" data-kind="([^"]+)"(?: data-value="[^"]*")?>([^<]*)<', page.html)
    assert len(marked) > 20
    for path, kind, text in marked:
        assert html.unescape(text) == shown(look(page.to_dict(), path), kind)


def test_a_page_shows_what_came_and_how_far_apart_products_are(frozen):
    names = [f"P{j + 1}" for j in range(25)]
    told = compare(Outcomes.of(world(effect=0.5)), "P0", names, "returns", begins=6)
    few = compare(Outcomes.of(world()), "P0", names[:3], "returns")
    page = wr.report(observe(frozen, 30, as_of=LATER, cost=2000.0), told, few)
    numbers_agree(page)
    assert [s["kind"] for s in page.to_dict()["sections"]] == ["observed", "compared", "compared"]
    assert page.to_dict()["answer"][2].endswith("Matched comparison, not causal.")
    assert "no interval" in page.to_dict()["answer"][2]


def test_figures_hold_the_numbers_they_show(frozen):
    found = compare(Outcomes.of(world(effect=0.5)), "P0", [f"P{j + 1}" for j in range(25)], "returns", begins=6)
    above, below = wr.chart(found).to_dict()["vconcat"]
    held = wr.chart(found).to_dict()["datasets"]
    lines = held[(above.get("data") or above["layer"][0]["data"])["name"]]
    own = [r["y"] for r in lines if r["k"] == "l" and r["n"] == "P0"]
    assert own == pytest.approx(found.own.tolist())
    ticks = held[(below.get("data") or below["layer"][0]["data"])["name"]]
    assert sorted(r["x"] for r in ticks if r["k"] == "p") == pytest.approx(sorted(found.placebos.tolist()))
    drawn = wr.chart(observe(frozen, 30, as_of=LATER)).to_dict()
    rows = next(iter(drawn["datasets"].values()))
    assert [r["m"] for r in rows] == [frozen.expected, 30.0]


FACTS = {f"P{i}": {"kind": "phone" if i % 2 else "tablet", "price": 100.0 + 10 * i, "hazard": 0.03 + 0.001 * i}
         for i in range(12)}


def test_donors_are_alike_and_near_and_how_near_is_said():
    found = matched(FACTS, "P5", alike=["kind"], near=["price", "hazard"], donors=2)
    assert set(found.donors) == {"P3", "P7"}
    price = np.array([FACTS[f"P{i}"]["price"] for i in (1, 3, 7, 9, 11)])
    assert found.before["price"] == pytest.approx((150 - price.mean()) / price.std(ddof=1))
    assert found.after["price"] == pytest.approx(0.0)
    assert found.balanced
    assert "Checked, fine" in found.how[-1]
    edge = matched(FACTS, "P1", alike=["kind"], near=["price"], donors=3)
    assert not edge.balanced
    assert "Not balanced: price" in edge.how[-1]


@pytest.mark.parametrize(("change", "why"), [
    ({"product": "Q"}, "Nothing is known of Q"), ({"near": ["weight"]}, "weight of P0 is not known"),
    ({"near": ["kind"]}, "is a number"), ({"alike": ["price"]}, "ask less")])
def test_matches_that_cannot_be_are_refused(change, why):
    asked = {"product": "P5", "alike": ["kind"], "near": ["price"]} | change
    with pytest.raises(wr.Refused, match=why):
        matched(FACTS, asked.pop("product"), donors=2, **asked)


@pytest.fixture(scope="module")
def example(tmp_path_factory):
    """The example's own script on its own simulated fleet, every command of it."""
    import contextlib
    import io

    spec = importlib.util.spec_from_file_location("redmi_note_7", EXAMPLE / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder, said = tmp_path_factory.mktemp("redmi"), io.StringIO()
    with contextlib.redirect_stdout(said):
        code = module.main(folder)
    return folder, code, said.getvalue()


def test_the_example_runs_and_names_what_it_cannot_answer(example):
    folder, code, said = example
    assert code == 0
    assert said.count("\n$ warrantor ") == 7
    for text in ("matched comparison, not causal", "3 products cannot reach 5%", "no control group",
                 "demand is not identified", "(simulated)", "nothing of cause"):
        assert text in said
    for page, text in (("page.html", "Money to set aside"), ("came.html", "nothing of cause"),
                       ("compared.html", "matched comparison, not causal")):
        assert text in (folder / page).read_text(encoding="utf-8")


def test_what_came_is_counted_as_by_hand(example):
    folder, *_ = example
    told = json.loads((folder / "frozen.json").read_text())
    with wr.open(folder / "fleet") as fleet:
        rows = fleet.sql(
            "SELECT c.unit, min(c.opened_day - c.start_day) AS age FROM claims AS c JOIN calendar AS k "
            "ON k.guarantee = c.guarantee AND k.start_day = c.start_day WHERE c.product LIKE 'Redmi%' "
            f"AND c.start_day <= {(date.fromisoformat(told['sold_by']) - date(1970, 1, 1)).days} "
            "AND c.opened_day <= k.end_day AND (c.returned_day IS NULL OR c.opened_day <= c.returned_day) "
            "GROUP BY c.unit").to_pylist()
    by_hand = sum(12 * 30.4375 < r["age"] <= 18 * 30.4375 for r in rows)
    assert by_hand > 100
    with wr.open(folder / "fleet") as fleet:
        paid = fleet.sql(
            "SELECT sum(c.cost) AS cost FROM claims AS c JOIN calendar AS k ON k.guarantee = c.guarantee "
            "AND k.start_day = c.start_day WHERE c.product LIKE 'Redmi%' AND c.opened_day <= k.end_day "
            f"AND c.start_day <= {(date.fromisoformat(told['sold_by']) - date(1970, 1, 1)).days} "
            "AND (c.opened_day - c.start_day) > 12 * 30.4375 AND (c.opened_day - c.start_day) <= 18 * 30.4375 "
            "AND (c.returned_day IS NULL OR c.opened_day <= c.returned_day)").to_pylist()[0]["cost"]
    assert f"They cost CNY {paid:,.0f} where" in example[2]
    assert f"{by_hand:,} claims in months 12 to 18" in example[2]


def test_a_window_that_is_not_over_is_not_opened_and_nothing_frozen_is_written_over(example, capsys, tmp_path):
    folder, *_ = example
    fleet, frozen = str(folder / "fleet"), str(folder / "frozen.json")
    assert run(["trial", "observed", fleet, frozen, "--as-of", "2021-06-30"]) == 1
    assert "The window opens on 2021-08" in capsys.readouterr().err
    name = "Redmi Note 7 (simulated)"
    assert run(["trial", "freeze", fleet, "--product", name, "-o", frozen]) == 2
    assert "never written over" in capsys.readouterr().err
    late = ["trial", "freeze", fleet, "--product", name, "-o", str(tmp_path / "f.json"), "--draws", "100"]
    assert run([*late, "--as-of", "2020-02-29"]) == 1
    assert "a forecast that has seen them is none" in capsys.readouterr().err
    assert run(["trial", "freeze", fleet, "--product", "Nova", "-o", str(tmp_path / "f.json")]) == 1
    assert "has no product 'Nova'" in capsys.readouterr().err
    assert run(["trial", "observed", fleet, str(tmp_path / "none.json")]) == 2
