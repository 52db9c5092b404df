"""The reserve and its roll-forward on a page, and what a page of a fleet says beside its life."""

import json
from dataclasses import replace

import numpy as np
import pytest

import warrantor as wr
from warrantor.cli.app import run
from warrantor.forecast.kept import keep
from warrantor.forecast.roll import roll_forward, rolled
from warrantor.records import load
from warrantor.report.words import look, shown
from warrantor.world import claims_table, load_world, simulate, units_table
from warrantor.world.spec import guarantees_text


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A simulated fleet: Alder and Birch promised 12 months, Cedar 18; 8,000 units each."""
    home = tmp_path_factory.mktemp("page")
    spec = load_world()
    spec = replace(spec, products=tuple(replace(p, units=8000) for p in spec.products))
    world = simulate(spec, 3)
    (home / "guarantees.toml").write_text(guarantees_text())
    load(units_table(world), claims_table(world), home / "fleet", guarantees=home / "guarantees.toml",
         data_until=spec.as_of)
    return home / "fleet"


@pytest.fixture(scope="module")
def found(folder):
    with wr.open(folder) as fleet:
        return wr.reserve(fleet.tally(["product"]).over("origin"), fleet.cohorts(["product"]), lengths=[12, 24],
                          draws=400)


def test_the_section_holds_the_reserve_and_every_number_is_its_own(found):
    document = wr.report(found).to_dict()
    section = document["sections"][0]
    assert section["kind"] == "reserve"
    assert section["reserve"] == json.loads(json.dumps(found.to_dict()))
    best = found.over(*found.by).best[0, 2]
    assert document["answer"][0].startswith(f"All units: set aside CNY {shown(float(best))} ")
    assert [one["length"] for one in section["lengths"]] == [12, 24]
    assert section["lengths"][1]["best"] == pytest.approx(found.curve[1][1].over(*found.by).best[0, 2])
    assert section["lengths"][0]["best"] < section["lengths"][1]["best"]


def test_the_figure_stacks_the_months_and_shows_each_length(found):
    drawn = wr.chart(found).to_dict()
    months, lengths = drawn["vconcat"]
    held = drawn["datasets"]
    bars = held[months["data"]["name"]]
    told = np.array([r["y"] for r in bars if r["n"].startswith("Alder")])
    assert told == pytest.approx(found.monthly[0, :len(told)])
    assert sum(r["y"] for r in bars) >= 0.999 * found.monthly.sum()
    rows = held[(lengths.get("data") or lengths["layer"][0]["data"])["name"]]
    assert {r["x"] for r in rows if r["k"] == "t"} == {12.0, 24.0}
    assert all(r["z"] > r["y"] for r in rows if r["k"] == "t")


def test_a_reserve_without_lengths_has_one_panel_and_one_without_costs_none(found):
    plain = replace(found, curve=())
    assert "vconcat" not in wr.chart(plain).to_dict()
    assert "promised other lengths" not in wr.report(plain).html
    bare = replace(found, refused=tuple("no cost" for _ in found.refused))
    with pytest.raises(wr.Refused, match="no reserve to draw"):
        wr.chart(bare)
    assert "no reserve" in wr.report(replace(bare, curve=())).to_dict()["answer"][0]


def test_a_refused_stratum_is_named_and_has_no_number(found):
    part = replace(found, refused=("too few claims", *found.refused[1:]), curve=())
    page = wr.report(part)
    assert "too few claims" in page.html
    assert page.to_dict()["sections"][0]["reserve"]["strata"][0]["best"] is None
    assert page.to_dict()["answer"][0].startswith("All units: no reserve. Alder")


def test_a_roll_forward_is_written_to_the_coin_with_its_drivers():
    rolls = rolled([roll_forward(period="2019-Q3", currency="CNY", opening="61000.00", accruals="21000.00",
                                 settlements="19000.00", change="-2000.00",
                                 explained={"frequency": "-2500.00", "severity": "500.00"})])
    page = wr.report(rolls)
    assert wr.report(rolls.rows[0]).to_dict()["sections"] == page.to_dict()["sections"]
    assert "61,000.00" in page.html
    assert "-2,500.00" in page.html
    assert "Why the estimate changed" in page.html
    document = page.to_dict()
    assert look(document, "sections/0/rolls/rows/0/closing") == "61000.00"
    assert document["answer"] == ["2019-Q3: 61,000.00 at the opening, CNY 61,000.00 at the close (guarantee)."]


def test_a_page_of_a_fleet_has_laws_mixture_months_reserve_and_record(folder, capsys, tmp_path):
    with wr.open(folder) as fleet:
        keep(folder, fleet.backtest(["product"], months=3, freezes=["2019-06-30", "2019-09-30"], draws=200))
    assert run(["report", str(folder), "--by", "product", "--soft", "S01", "S02", "--json", "-o",
                str(tmp_path / "page.html")]) == 0
    document = json.loads(capsys.readouterr().out)
    assert [s["kind"] for s in document["sections"]] == ["longer", "outlook", "reserve", "life", "returns", "backtest"]
    html = (tmp_path / "page.html").read_text(encoding="utf-8")
    for said in ("Laws mixed, by Akaike weight", "soft faults among failures", "Weibull", "lognormal",
                 "past products", "What earlier forecasts were worth", "Money to set aside"):
        assert said in html
    code = document["reproduce"]["python"]
    assert "answers(Path(" in code
    compile(code, "page", "exec")


def test_a_fleet_without_costs_says_so_and_keeps_its_other_sections(folder, capsys, monkeypatch):
    from warrantor.cli import reserve

    def refuses(*_, **__):
        raise wr.Refused("memory should hold")

    monkeypatch.setattr(reserve, "asked", refuses)
    assert run(["report", str(folder), "--by", "product", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert "reserve" not in [s["kind"] for s in document["sections"]]
    assert "There is no reserve on this page: memory should hold" in document["how"]
