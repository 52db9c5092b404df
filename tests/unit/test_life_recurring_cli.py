"""warrantor life --repeat and --by-fault on a small simulated fleet: one document, tables, and what is refused."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

import warrantor
from warrantor.cli.app import run
from warrantor.world import load_world, simulate, write


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recurring")
    spec = load_world()
    world = simulate(replace(spec, products=tuple(replace(p, units=2500) for p in spec.products)), 9)
    units, claims, promises = write(world, folder)
    warrantor.load(units, claims, folder / "fleet", guarantees=promises, data_until=spec.as_of)
    return str(folder / "fleet")


def said(capsys, *words):
    assert run(["life", *words]) == 0
    return capsys.readouterr().out


def test_repeat_prints_the_mean_cumulative_document(fleet, capsys):
    found = json.loads(said(capsys, fleet, "--repeat", "--by", "product", "--level", "0.8", "--json"))
    assert (found["schema"], found["level"], found["currency"]) == ("warrantor.mean_cumulative/1", 0.8, "CNY")
    assert [s["by"]["product"] for s in found["strata"]] == ["Alder", "Birch", "Cedar"]
    with warrantor.open(fleet) as opened:
        tally = opened.tally("product").over("guarantee", "origin")
    for s, stratum in enumerate(found["strata"]):
        rows = stratum["rows"]
        assert stratum["units"] == tally.total("covered_in")[s]
        assert sum(rows["claims"]) == stratum["claims"]
        bands = zip(rows["lower"], rows["mean"], rows["upper"], strict=True)
        assert all(low < mean < high for low, mean, high in bands)
        assert rows["cost"][-1] > rows["mean"][-1]


def test_repeat_as_csv_stands_by_month_and_ends_where_cover_does(fleet, capsys):
    rows = list(csv.DictReader(io.StringIO(said(capsys, fleet, "--repeat", "--csv"))))
    months = [float(r["month"]) for r in rows]
    assert months[:3] == [1.0, 2.0, 3.0]
    assert months == sorted(set(months))
    mean = [float(r["claims a unit"]) for r in rows]
    assert mean == sorted(mean)
    assert {"under cover", "cost, CNY", "cost_lower, CNY", "lower", "upper"} < set(rows[0])


def test_by_fault_prints_shares_and_a_law_for_each(fleet, capsys):
    found = json.loads(said(capsys, fleet, "--by-fault", "--law", "weibull", "--law", "exponential", "--json"))
    assert found["schema"] == "warrantor.incidence/1"
    assert set(found["laws"]) == {"weibull", "exponential"}
    (only,) = found["strata"]
    assert set(only["faults"]) == set(found["faults"]) >= {"E01", "E02", "S01"}
    last = sum(f["incidence"][-1] for f in only["faults"].values()) + only["rows"]["survival"][-1]
    assert last == pytest.approx(1.0, abs=1e-12)
    with warrantor.open(fleet) as opened:
        claimed = opened.tally().claimed.sum()
    assert sum(only["claimed"].values()) == pytest.approx(claimed)
    assert [s["by"]["fault"] for s in found["laws"]["weibull"]["strata"]] == found["faults"]


def test_by_fault_as_csv_has_the_fitted_share_beside_the_counted(fleet, capsys):
    text = said(capsys, fleet, "--by-fault", "--by", "product", "--csv")
    shares = list(csv.DictReader(io.StringIO(text.split("fault,product")[0])))
    assert {r["product"] for r in shares} == {"Alder", "Birch", "Cedar"}
    assert {float(r["month"]) for r in shares} >= {3.0, 6.0, 9.0}
    assert all(0 <= float(r["share"]) < 0.2 for r in shares)
    assert any(r["weibull"] for r in shares)


def test_rarer_faults_are_asked_for_together(fleet, monkeypatch, capsys):
    monkeypatch.setattr("warrantor.cli.life_faults.MOST", 2)
    found = json.loads(said(capsys, fleet, "--by-fault", "--json"))
    assert len(found["faults"]) == 3
    assert found["faults"][2].endswith("rarer codes")


@pytest.mark.parametrize(("words", "why"), [
    (["--repeat", "--by-fault"], "ask for one at a time"),
    (["--repeat", "--law", "weibull"], "--law says nothing beside --repeat"),
    (["--by-fault", "--intervals"], "--intervals says nothing beside --by-fault"),
    (["--repeat", "--table"], "--table says nothing beside --repeat"),
    (["--by-fault", "--heard", "30"], "--heard says nothing beside --by-fault"),
])
def test_words_that_make_no_question_are_refused(fleet, capsys, words, why):
    assert run(["life", fleet, *words]) == 2
    assert why in capsys.readouterr().err


def test_a_file_of_single_ages_does_not_say_enough(tmp_path, capsys):
    path = tmp_path / "lives.csv"
    path.write_text("t,d\n3,1\n5,0\n")
    assert run(["life", "--lifetimes", str(path), "--age", "t", "--failed", "d", "--repeat"]) == 2
    assert "--repeat asks a fleet folder" in capsys.readouterr().err


def test_by_fault_allows_for_the_report_lag_as_first_claims_do(tmp_path, capsys):
    """900 of 1,000 simulated claims are reported 100 days late; the shares add to what the plain life table says."""
    rng = np.random.default_rng(1)
    sold, life = rng.integers(0, 300, 20_000), rng.exponential(2000.0, 20_000)
    lag = np.where(rng.random(20_000) < 0.9, 100, 0)
    some = np.flatnonzero((life < 365) & (sold + life + lag < 400))

    def days(after):
        return [date(2020, 1, 1) + timedelta(days=int(a)) for a in after]

    serial = np.char.mod("S%05d", np.arange(20_000))
    claims = {"serial": serial[some], "opened_on": days(sold[some] + np.floor(life[some])),
              "reported_on": days(sold[some] + np.floor(life[some]) + lag[some]), "fault": ["E01", "E02"] * 20_000}
    claims["fault"] = claims["fault"][: len(some)]
    terms = tmp_path / "guarantees.toml"
    terms.write_text('[[guarantee]]\nname = "m"\nversion = "1"\nstart = ["sold_on"]\n'
                     "[guarantee.terms.host]\nmonths = 12\n", encoding="utf-8")
    warrantor.load(pa.table({"serial": serial, "sold_on": days(sold)}), pa.table(claims), tmp_path / "fleet",
                   guarantees=terms, data_until=date(2020, 1, 1) + timedelta(days=400))
    faults = json.loads(said(capsys, str(tmp_path / "fleet"), "--by-fault", "--json"))
    plain = json.loads(said(capsys, str(tmp_path / "fleet"), "--table", "--json"))
    ages, stands = (s["strata"][0][w] for s, w in ((faults, "rows"), (plain, "table")))
    place = ages["age"].index(200)
    shares = sum(one["incidence"][place] for one in faults["strata"][0]["faults"].values())
    assert 1 - shares == pytest.approx(stands["survival"][stands["age"].index(200)], rel=1e-9)
    assert shares == pytest.approx(1 - np.exp(-200 / 2000), abs=0.01)
