"""warrantor forecast, as others call it, and what a page and a figure make of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

import warrantor as wr
from warrantor.cli.app import run
from warrantor.records import load
from warrantor.world import claims_table, load_world, simulate, units_table
from warrantor.world.spec import guarantees_text


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A simulated fleet: Alder and Birch promised 12 months, Cedar 18; 8,000 units each."""
    home = tmp_path_factory.mktemp("outlook")
    spec = load_world()
    spec = replace(spec, products=tuple(replace(p, units=8000) for p in spec.products))
    world = simulate(spec, 3)
    promises = home / "guarantees.toml"
    promises.write_text(guarantees_text())
    load(units_table(world), claims_table(world), home / "fleet", guarantees=promises, data_until=spec.as_of)
    return home / "fleet"


def told(capsys, *words):
    code = run(["forecast", *map(str, words)])
    return code, capsys.readouterr()


def test_the_document_holds_strata_months_and_both_kinds_of_claims(fleet, capsys):
    code, out = told(capsys, fleet, "--by", "product", "--months", "14", "--lots", "lot", "--soft", "S01", "S02",
                     "--json")
    found = json.loads(out.out)
    assert code == 0
    assert found["schema"] == "warrantor.forecast/1"
    assert [s["by"]["product"] for s in found["strata"]] == ["Alder", "Birch", "Cedar"]
    alder = found["strata"][0]
    assert len(alder["months"]) == 14
    assert alder["months"][0]["not_reported"] > 1 > alder["months"][-1]["not_reported"]
    assert alder["total"]["lower"] < alder["total"]["mean"] < alder["total"]["upper"]
    assert found["currency"] == "CNY"
    assert any("rush moves" in line for line in found["how"])


def test_lengths_and_planned_sales_enter_the_table(fleet, capsys, tmp_path):
    plan = tmp_path / "plan.csv"
    plan.write_text("product,month,units\nAlder,2020-01,4000\nBirch,2020-02,100\n", encoding="utf-8")
    code, out = told(capsys, fleet, "--by", "product", "--months", "6", "--sales", plan, "--length", "12", "18",
                     "--csv", "--draws", "500")
    rows = [line.split(",") for line in out.out.splitlines()]
    assert code == 0
    assert rows[0][:5] == ["product", "guarantee", "months", "month", "expected"]
    assert len(rows) == 1 + 3 * 3 * 6
    june = {(r[0], r[2]): float(r[4]) for r in rows[1:] if r[3] == "2020-06"}
    assert june["Alder", "18"] > june["Alder", "12"] == june["Alder", "their own"]
    code, out = told(capsys, fleet, "--by", "product", "--months", "6", "--csv", "--draws", "500")
    plain = {r[0]: float(r[3]) for r in (line.split(",") for line in out.out.splitlines()) if r[2] == "2020-06"}
    assert june["Alder", "their own"] > plain["Alder"] + 10


def test_the_table_for_people_says_how(fleet, capsys):
    code, out = told(capsys, fleet, "--months", "2", "--draws", "300")
    assert code == 0
    assert "First claims of 2 months after 2019-12-31" in out.out
    assert "Rush not separated" in out.out


@pytest.mark.parametrize("name", ["a.json", "a.csv", "a.html", "a.svg"])
def test_the_answer_is_written_as_the_name_says(fleet, capsys, tmp_path, name):
    code, out = told(capsys, fleet, "--months", "3", "--draws", "300", "-o", tmp_path / name)
    assert code == 0
    assert out.out == ""
    text = (tmp_path / name).read_text(encoding="utf-8")
    begins = {"a.json": '{"schema": "warrantor.forecast/1"', "a.csv": "guarantee,month", "a.html": "<!doctype html>",
              "a.svg": "<svg"}
    assert text.lower().startswith(begins[name].lower())


def test_words_that_make_no_question_are_refused(fleet, capsys, tmp_path):
    assert told(capsys, fleet, "--months", "0")[0] == 2
    assert told(capsys, fleet, "--level", "1")[0] == 2
    assert told(capsys, fleet, "--age-unit", "week")[0] == 2
    assert told(capsys, fleet, "-o", tmp_path / "a.xls")[0] == 2
    code, out = told(capsys, fleet, "--sales", tmp_path / "none.csv")
    assert code == 1
    assert "no file" in out.err
    ragged = tmp_path / "ragged.csv"
    ragged.write_text("product,month,units\nAlder,2020-01\n", encoding="utf-8")
    code, out = told(capsys, fleet, "--by", "product", "--sales", ragged)
    assert code == 1
    assert "ragged.csv:2" in out.err


def test_past_products_carry_their_errors_over(fleet, capsys, tmp_path):
    past = tmp_path / "old.csv"
    rows = [f"old{p},{d},1,{1 + p}" for p in range(5) for d in range(15, 900, 15 + p)]
    rows += [f"old{p},950,0,1500" for p in range(5)]
    past.write_text("product,age,failed,units\n" + "\n".join(rows) + "\n", encoding="utf-8")
    code, out = told(capsys, fleet, "--by", "product", "--months", "12", "--length", "24", "--history", past, "--count",
                     "units", "--json", "--draws", "500")
    found = json.loads(out.out)
    assert code == 0
    assert any("past products showed is carried over" in line for line in found["how"])


def test_a_figure_has_bars_for_both_kinds_and_a_line_for_each_length(fleet, tmp_path):
    with wr.open(fleet) as opened:
        tally, cohorts = opened.tally("product").over("origin"), opened.cohorts("product")
    found = wr.forecast(tally, cohorts, months=5, lengths=[18], draws=300)
    spec = wr.chart(found, title="Claims to come").to_dict()
    assert len(spec["concat"]) == 3
    values = spec["datasets"][spec["concat"][0]["data"]["name"]]
    bars = [v for v in values if v["k"] == "b"]
    assert [b["y"] for b in bars if b["p"] == "ahead"] == pytest.approx(found.expected[0].tolist())
    assert [v["y"] for v in values if v["k"] == "l"] == pytest.approx(found.under[0][1].expected[0].tolist())
    assert max(v["b"] for v in values if v["k"] == "i") <= np.quantile(found.claims[0], 0.99)
    page = wr.report(found, title="Claims to come").save(tmp_path / "page.html").read_text(encoding="utf-8")
    assert "first claims will be reported in the next 5 months" in page
    assert "under each law alone" in page


SOLD = """SELECT product, guarantee, strftime(DATE '1970-01-01' + CAST(start_day AS INTEGER), '%Y-%m') AS month,
count(*) AS units FROM units WHERE start_day > 18077 GROUP BY ALL"""
CAME = """SELECT product, count(*) AS n FROM (SELECT unit, product, min_by(reported_day, opened_day) AS known
FROM claims GROUP BY ALL) WHERE known > 18077 GROUP BY ALL"""


def test_a_forecast_made_half_a_year_ago_with_the_sales_that_came_holds_what_was_reported(fleet):
    by, spec = ["product", "lot"], load_world()
    with wr.open(fleet, as_of="2019-06-30") as past:
        hard, soft = (past.tally(by, faults=list(f)).over("origin") for f in (spec.hard, spec.soft))
        cohorts, sold = past.cohorts(by), past.sql(SOLD).to_pydict()
        came = {row["product"]: row["n"] for row in past.sql(CAME).to_pylist()}
    found = wr.forecast(hard, cohorts, soft=soft, lots="lot", sales=sold, months=6)
    assert [d.isoformat() for d in found.months][::5] == ["2019-07-01", "2019-12-01"]
    for s, name in enumerate(("Alder", "Birch")):
        _, lower, upper = found.total(0.98)[s]
        assert lower <= came[name] <= upper
        assert upper < 2.5 * lower
