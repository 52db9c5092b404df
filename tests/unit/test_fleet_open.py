"""A fleet folder opened: what it says of itself, what it answers, what it refuses."""

import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warrantor
from warrantor.cli.app import run
from warrantor.engine import open_engine
from warrantor.finding import Refused

GUARANTEES = """
[[guarantee]]
name = "basic"
version = "1"
[guarantee.terms.host]
months = 12
"""
START = 18262  # 2020-01-01


@pytest.fixture
def folder(tmp_path):
    """Two units sold on one day, one of them claimed 20 days later; one whose start nobody knows."""
    units = {"unit": [1, 2, 3], "serial": ["S1", "S2", "S3"], "product": ["A", "A", "B"], "guarantee": ["basic@1"] * 3,
             "origin": ["sold"] * 3, "start_day": pa.array([START, START, None], pa.int32()),
             "returned_day": pa.nulls(3, pa.int32()), "end_shift": pa.array([0] * 3, pa.int32())}
    day = pa.array([START + 20], pa.int32())
    claims = {name: [column[0]] for name, column in units.items() if name in ("unit", "product", "guarantee", "origin")}
    claims |= {"start_day": pa.array([START], pa.int32()), "returned_day": pa.nulls(1, pa.int32()),
               "end_shift": pa.array([0], pa.int32()), "fault": ["E01"], "opened_day": day, "reported_day": day,
               "closed_day": pa.nulls(1, pa.int32()), "handed_back_day": pa.nulls(1, pa.int32()),
               "remedy": ["repair"], "replacement": pa.nulls(1, pa.string()), "cost": [12.5]}
    made = tmp_path / "fleet"
    made.mkdir()
    pq.write_table(pa.table(units), made / "units.parquet")
    pq.write_table(pa.table(claims), made / "claims.parquet")
    (made / "guarantees.toml").write_text(GUARANTEES)
    (made / "manifest.json").write_text(json.dumps(
        {"counts": {"units": 3, "claims": 1}, "data_until": "2020-06-30", "currency": "CNY"}))
    return made


def test_it_answers_as_of_the_day_the_records_reach_to(folder):
    with warrantor.open(folder) as fleet:
        assert repr(fleet) == "<Fleet fleet: 3 units and 1 claims, as of 2020-06-30, on duckdb>"
        assert fleet.start_unknown == 1
        tally = fleet.tally("product")
        assert tally.strata == (("A", "basic@1", "sold"),)
        assert tally.as_of == fleet.as_of
        assert (tally.claimed.sum(), tally.open.sum()) == (1, 1)
        assert fleet.brackets("product").count.sum() == 2
        assert fleet.cohorts("product").end_day.tolist() == [START + 366]  # 2020 has a 29 February
        assert fleet.guarantees["basic@1"].name == "basic"


def test_an_earlier_day_only_selects(folder):
    with warrantor.open(folder, as_of="2020-01-20") as fleet:
        assert fleet.tally().claimed.sum() == 0
        assert fleet.tally().open.sum() == 2


def test_a_day_after_the_records_and_a_day_that_is_none_are_refused(folder):
    with pytest.raises(Refused, match="as_of 2020-07-01 is after 2020-06-30"):
        warrantor.open(folder, as_of="2020-07-01")
    with pytest.raises(Refused, match="is no day"):
        warrantor.open(folder, as_of="June")


def test_a_folder_that_is_no_fleet_is_refused(tmp_path):
    with pytest.raises(Refused, match="warrantor load"):
        warrantor.open(tmp_path)


def test_a_lent_engine_stays_open(folder):
    with open_engine() as engine:
        with warrantor.open(folder, engine=engine) as fleet:
            assert fleet.sql("SELECT count(*) AS n FROM units").to_pydict() == {"n": [3]}
        assert engine.sql("SELECT count(*) AS n FROM claims").to_pydict() == {"n": [1]}


def test_nothing_of_a_fleet_can_be_changed(folder):
    with warrantor.open(folder) as fleet, pytest.raises(AttributeError):
        fleet.as_of = None


def test_the_verb_sql_prints_rows_as_json_csv_and_table(folder, capsys):
    question = "SELECT product, count(*) AS n, sum(start_day) AS s FROM units GROUP BY product ORDER BY product"
    assert run(["sql", str(folder), question, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "schema": "warrantor.sql/1", "columns": ["product", "n", "s"], "rows": [["A", 2, 2 * START], ["B", 1, None]]}
    assert run(["sql", str(folder), question, "--csv"]) == 0
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1] == ["A", "2", str(2 * START)]
    assert run(["sql", str(folder), question, "--limit", "1"]) == 0
    assert "1 more rows" in capsys.readouterr().out


def test_the_verb_sql_tells_what_is_wrong(folder, capsys):
    assert run(["sql", str(folder), "SELECT colour FROM units"]) == 1
    assert "colour" in capsys.readouterr().err
