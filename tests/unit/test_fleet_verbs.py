"""Every verb on a fleet that was loaded from a simulated maker's files: the whole road, small."""

import json
from dataclasses import replace

import pytest

import warrantor
from warrantor.cli.app import run
from warrantor.world import load_world, simulate, write


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    folder = tmp_path_factory.mktemp("road")
    spec = load_world()
    world = simulate(replace(spec, products=tuple(replace(p, units=6000) for p in spec.products)), 4)
    units, claims, promises = write(world, folder)
    loaded = warrantor.load(units, claims, folder / "fleet", guarantees=promises, data_until=spec.as_of)
    return folder, loaded


def said(capsys, *words):
    assert run([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_what_was_written_is_what_was_simulated(home):
    folder, loaded = home
    assert loaded.counts["units"] == 18_000
    assert loaded.refused == ()
    with warrantor.open(folder / "fleet") as fleet:
        assert fleet.tally().entered.sum() == 18_000
        assert fleet.start_unknown == 0


def test_the_load_verb_writes_the_same_fleet(home, capsys, tmp_path):
    folder, loaded = home
    words = ["load", "--units", str(folder / "units.csv"), "--claims", str(folder / "claims.csv"), "--guarantees",
             str(folder / "guarantees.toml"), "--data-until", "2019-12-31", "--out", str(tmp_path / "again")]
    document = said(capsys, *words)
    assert document["counts"] == loaded.counts
    assert (tmp_path / "again" / "units.parquet").exists()


def test_life_of_a_fleet_counts_the_fleets_units(home, capsys):
    document = said(capsys, "life", str(home[0] / "fleet"), "--by", "product", "--law", "weibull")
    assert [s["by"]["product"] for s in document["strata"]] == ["Alder", "Birch", "Cedar"]
    assert all(s["units"] == 6000 for s in document["strata"])


def test_the_life_table_of_a_fleet_is_read_by_month_and_written_by_day(home, capsys):
    words = ["life", str(home[0] / "fleet"), "--by", "product"]
    assert run(words) == 0
    shown = capsys.readouterr().out
    assert "One row a month" in shown
    assert len(shown.splitlines()) < 80
    assert run([*words, "--csv"]) == 0
    daily = [line.split(",") for line in capsys.readouterr().out.splitlines()]
    assert sum(row[0] == "Alder" for row in daily) > 300
    last = next(row for row in reversed(daily) if row[0] == "Alder" and float(row[2]) <= 365)
    line = next(row for row in shown.splitlines() if row.split()[:2] == ["Alder", "12"])
    assert float(line.split()[4]) == pytest.approx(float(last[7]), rel=1e-3)


def test_extend_of_a_fleet_answers_the_conventional_and_refuses_the_extended(home, capsys):
    document = said(capsys, "extend", str(home[0] / "fleet"), "--by", "product", "--soft", "S01", "S02")
    assert document["schema"] == "warrantor.longer/1"
    found = {s["by"]["product"]: s for s in document["strata"]}
    assert found["Alder"]["extra"]["lower"] <= found["Alder"]["extra"]["mean"] <= found["Alder"]["extra"]["upper"]
    assert found["Alder"]["cost"]["mean"] > 0
    assert "promised" in found["Cedar"]["refused"]


def test_extend_without_soft_faults_says_that_the_rush_is_in_it(home, capsys):
    document = said(capsys, "extend", str(home[0] / "fleet"), "--by", "product")
    assert any("Rush not separated" in line for line in document["how"])


def test_a_page_of_a_fleet_carries_the_answer_and_the_charts(home, tmp_path, capsys):
    page = tmp_path / "fleet.html"
    fleet = str(home[0] / "fleet")
    document = said(capsys, "report", fleet, "--by", "product", "--soft", "S01", "S02", "-o", str(page))
    assert [s["kind"] for s in document["sections"]] == ["longer", "outlook", "reserve", "life", "returns"]
    assert page.stat().st_size < 1_000_000


def test_sql_reaches_the_records(home, capsys):
    document = said(capsys, "sql", str(home[0] / "fleet"), "SELECT count(*) AS n FROM units")
    assert document["rows"] == [[18_000]]


def test_two_sources_are_one_too_many(home, capsys):
    assert run(["extend", str(home[0] / "fleet"), "--lifetimes", "x.csv"]) == 2
    assert "one source" in capsys.readouterr().err


def test_the_readmes_python_runs(home):
    fleet = warrantor.open(home[0] / "fleet", as_of="2019-12-31")
    tally = fleet.tally(by=["product"])
    life, law = warrantor.life_table(tally), warrantor.fit(tally, "weibull")
    ahead = warrantor.extend(tally, fleet.cohorts(by=["product"]), months=18)
    page = warrantor.report(life, law, ahead)
    assert "18 months instead of 12" in page.html
    fleet.close()
