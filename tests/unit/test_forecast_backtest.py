"""Back-tests: what was known on a day is all a forecast may use; scores by hand; the record is only added to."""

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

import warrantor
from warrantor.cli.app import run
from warrantor.finding import Refused
from warrantor.fleet import _known
from warrantor.forecast.backtest import Backtest, compare
from warrantor.forecast.kept import NAME, entries_of, keep, record_of, said
from warrantor.forecast.opened import freezes
from warrantor.world import load_world, simulate, write

FREEZE = date(2019, 3, 31)


@pytest.fixture(scope="module")
def spec():
    spec = load_world()
    return replace(spec, products=tuple(replace(p, units=5000) for p in spec.products))


@pytest.fixture(scope="module")
def written(tmp_path_factory, spec):
    folder = tmp_path_factory.mktemp("backtest")
    return folder, write(simulate(spec, 4), folder)


@pytest.fixture(scope="module")
def home(written, spec):
    folder, (units, claims, promises) = written
    warrantor.load(units, claims, folder / "fleet", guarantees=promises, data_until=spec.as_of)
    return folder / "fleet"


@pytest.fixture(scope="module")
def opened(home):
    with warrantor.open(home) as fleet:
        return fleet.backtest("product", every=3, months=3, draws=500)


def windows(came, lower, upper, expected, start, *, strata=None, pit=None):
    w = len(came)
    numbers = {"came": came, "lower": lower, "upper": upper, "expected": expected, "start": start}
    arrays = {name: np.asarray(value, float) for name, value in numbers.items()}
    return Backtest(by=("product",), strata=strata or (("A",),) * w, unit="month", level=0.9, refused=(None,) * w,
                    end=arrays["start"] + 3.0, fan=np.zeros((w, 5)),
                    pit=np.asarray(pit if pit is not None else np.full(w, 0.5), float), **arrays)


def test_scores_are_those_worked_out_by_hand():
    found = windows([20, 5], [10, 10], [40, 40], [25, 25], [0, 3])
    wide = np.log(40.5) - np.log(10.5)
    assert found.coverage() == (1, 2)
    assert found.score() == pytest.approx(wide + 0.5 * 20 * (np.log(10.5) - np.log(5.5)), rel=1e-12)
    one, low, high = replace(found, came=np.array([40.0, 18.0]), expected=np.array([30.0, 11.3])).ratio()
    assert (one, low, high) == pytest.approx((1.40436, 1.06639, 1.81546), abs=5e-6)


def test_a_claim_in_two_windows_is_counted_once():
    found = windows([20, 21, 22, 7], [1] * 4, [50] * 4, [20, 20, 20, 7], [0, 1, 3, 1],
                    strata=(("A",), ("A",), ("A",), ("B",)))
    assert found.apart.tolist() == [True, False, True, True]
    assert found.ratio()[0] == pytest.approx(49 / 47)


def test_kolmogorov_against_a_published_table():
    """D = 0.40925 is the two-sided 5 % point of n = 10, Miller 1956 as tabulated; 0.3 by the definition."""
    pit = np.concatenate(([0.3] * 4, np.arange(4.5, 10.5) / 10))
    found = windows([1] * 10, [0] * 10, [9] * 10, [1] * 10, np.arange(10) * 3, pit=pit)
    distance, p, n = found.uniform()
    assert (round(distance, 12), n) == (0.3, 10)
    assert 0.2 < p < 0.35
    ends = replace(found, pit=np.full(10, 1 - 0.40925 + 0.0))
    assert ends.uniform()[1] < 0.05


def test_nine_windows_tell_nothing_of_calibration():
    found = windows([1] * 9, [0] * 9, [9] * 9, [1] * 9, np.arange(9) * 3)
    with pytest.raises(Refused, match="9 windows that do not overlap"):
        found.uniform()
    assert any("cannot tell" in line for line in found.sentences())


def test_month_ends_leave_months_to_open_and_half_a_year_of_sales():
    assert freezes(17167, date(2018, 6, 30), 6, 6) == (date(2017, 6, 30), date(2017, 12, 31))
    with pytest.raises(Refused, match="leaves no day"):
        freezes(17167, date(2017, 11, 30), 6, 3)


def test_what_came_is_counted_unit_by_unit(home, opened):
    """First claims reported in the window, of units sold by the freeze: the claims file says which."""
    with warrantor.open(home) as fleet:
        first = fleet.sql("""SELECT product, unit, min(reported_day) AS day, min(c.start_day) AS sold
                             FROM claims AS c JOIN calendar AS k ON k.guarantee = c.guarantee
                               AND k.start_day = c.start_day
                             WHERE c.opened_day >= c.start_day AND c.opened_day <= k.end_day + c.end_shift
                               AND (c.returned_day IS NULL OR c.opened_day <= c.returned_day)
                             GROUP BY product, unit""").to_pylist()
    day = np.array([r["day"] for r in first])
    sold, product = np.array([r["sold"] for r in first]), np.array([r["product"] for r in first])
    for w, key in enumerate(opened.strata):
        inside = (product == key[0]) & (day > opened.start[w]) & (day <= opened.end[w]) & (sold <= opened.start[w])
        assert opened.came[w] == inside.sum()


def told_of(fleet, soft, lots, **asked):
    known = _known(fleet, ["product", *([lots] if lots else [])], soft)
    hard, mild = known.claims(fleet.as_of)
    return warrantor.forecast(hard, known.cohorts(fleet.as_of), soft=mild, lots=lots, **asked)


def test_a_forecast_never_uses_later_records(written, home, tmp_path):
    """The same forecast from a fleet loaded of the records that existed on the day, and nothing else."""
    import pandas as pd

    _, (units, claims, promises) = written
    u, c = (pd.read_csv(path, dtype=str) for path in (units, claims))
    day = str(FREEZE)
    u = u[u["sold_on"] <= day]
    if "returned_on" in u:
        u.loc[u["returned_on"] > day, "returned_on"] = None
    c = c[(c["reported_on"] <= day) & c["serial"].isin(u["serial"])]
    warrantor.load(u, c, tmp_path / "then", guarantees=promises, data_until=FREEZE)
    asked = {"months": 3, "draws": 200}
    with warrantor.open(home) as now, warrantor.open(tmp_path / "then") as then:
        for soft, lots in (((), None), (("S01", "S02"), "lot")):
            told = [told_of(f, soft, lots, **asked) for f in (now.at(FREEZE), then)]
            assert told[0].strata == told[1].strata
            assert np.array_equal(told[0].claims, told[1].claims, equal_nan=True)
            assert not np.isnan(told[0].claims).all()


def test_the_fleet_as_of_a_day_after_the_records_is_refused(home):
    with warrantor.open(home) as fleet, pytest.raises(Refused, match="not known"):
        fleet.at("2030-01-01")


def test_a_day_before_the_first_sale_is_refused(home):
    with warrantor.open(home) as fleet, pytest.raises(Refused, match="No unit was in service"):
        fleet.backtest(freezes=["2017-06-30"], months=3)


def test_months_that_have_not_passed_are_refused(home):
    with warrantor.open(home) as fleet, pytest.raises(Refused, match="the records reach to 2019-12-31"):
        fleet.backtest(freezes=["2019-10-31"], months=6)


def test_the_pit_says_where_in_the_draws_the_count_lies(home):
    with warrantor.open(home) as fleet:
        told = warrantor.forecast(fleet.tally("product").over("origin"), fleet.cohorts("product"), months=2, draws=400)
    s = len(told.strata)
    low, high = (compare(told, np.full((s, 2), v)) for v in (0.0, 1e6))
    assert (low.pit <= (told.claims.sum(axis=1) == 0).mean(axis=1)).all()
    assert (high.pit == 1.0).all()
    assert high.coverage() == (0, s)
    assert len(high.months.strata) == 2 * s
    with pytest.raises(ValueError, match="shape"):
        compare(told, np.zeros((s, 3)))


def test_the_record_is_added_to_and_never_changed(opened, tmp_path):
    assert said(tmp_path) == ()
    assert keep(tmp_path, opened.only(opened.start < np.median(opened.start))) > 0
    before = (tmp_path / NAME).read_text(encoding="utf-8").splitlines()
    assert keep(tmp_path, opened) > 0
    after = (tmp_path / NAME).read_text(encoding="utf-8").splitlines()
    entries = entries_of(tmp_path)
    assert [line.rstrip(",") for line in before[:-1]] == [line.rstrip(",") for line in after[: len(before) - 1]]
    assert keep(tmp_path, opened) == 0
    assert entries_of(tmp_path) == entries
    assert {"version", "inputs", "seed", "months"} <= set(entries[0]["asked"])


def test_a_record_that_was_touched_is_refused(opened, tmp_path):
    keep(tmp_path, opened)
    document = json.loads((tmp_path / NAME).read_text(encoding="utf-8"))
    document["entries"][0]["windows"][0]["upper"] = 1e9
    (tmp_path / NAME).write_text(json.dumps(document), encoding="utf-8")
    with pytest.raises(Refused, match="never changed"):
        entries_of(tmp_path)
    (tmp_path / NAME).write_text("{", encoding="utf-8")
    with pytest.raises(Refused, match="no record"):
        keep(tmp_path, opened)


def test_the_record_read_back_is_what_was_found(opened, tmp_path):
    keep(tmp_path, opened)
    (again,) = record_of(tmp_path)
    order = np.argsort(opened.start, kind="stable")
    for name in ("came", "expected", "lower", "upper", "pit", "start", "end"):
        assert np.array_equal(getattr(again, name), getattr(opened, name)[order], equal_nan=True)
    assert again.sentences() == opened.sentences()


def test_later_forecasts_show_the_record(home, opened, tmp_path, capsys):
    keep(home, opened)
    assert run(["forecast", str(home), "--by", "product", "--months", "2", "--draws", "200", "--json"]) == 0
    how = json.loads(capsys.readouterr().out)["how"]
    assert sum(line.startswith("Record, by product, guarantee, 3 months ahead: ") for line in how) == 1
    assert opened.sentences()[0] in how[-1]
    assert run(["extend", str(home), "--by", "product", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["how"][-1] == how[-1]
    assert run(["report", str(home), "--by", "product", "-o", str(tmp_path / "page.html"), "--json"]) == 0
    assert how[-1] in (tmp_path / "page.html").read_text(encoding="utf-8")
    (home / NAME).unlink()


def test_the_verb_keeps_the_record_unless_told_not_to(home, capsys):
    words = ["backtest", str(home), "--by", "product", "--freeze", "2019-06-30", "--months", "3", "--json"]
    assert run([*words, "--no-keep"]) == 0
    assert not (home / NAME).exists()
    assert run(words) == 0
    out = capsys.readouterr().out.splitlines()
    document = json.loads(out[0])
    assert document["schema"] == "warrantor.backtest/1"
    assert document == json.loads(out[1])
    assert [w["start"] for w in document["windows"]] == ["2019-06-30"] * 3
    assert len(document["months"]) == 9
    (home / NAME).unlink()


def test_the_verb_asks_lifetimes(tmp_path, capsys):
    rng = np.random.default_rng(2)
    rows = ["product,age,failed,count"]
    for product in range(5):
        age = np.minimum(np.ceil(rng.weibull(1.0, 3000) * 300), 40).astype(int)
        rows += [f"P{product},{a},{int(a < 40)},{(age == a).sum()}" for a in np.unique(age)]
    path = tmp_path / "past.csv"
    path.write_text("\n".join(rows), encoding="utf-8")
    words = ["backtest", "--lifetimes", str(path), "--age", "age", "--failed", "failed", "--count", "count", "--by",
             "product", "--age-unit", "month", "--window", "12-18", "24-36", "--json"]
    assert run(words) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["cases"] == 10
    assert document["inside"] >= 7
    assert run([*words[:-3], "24"]) == 2


def test_the_figure_and_the_page_hold_every_window(opened):
    drawn = json.dumps(warrantor.chart(opened).to_dict())
    assert "PIT of windows" in drawn
    page = warrantor.report(opened, title="x")
    assert page.to_dict()["sections"][0]["backtest"]["cases"] == opened.coverage()[1]
