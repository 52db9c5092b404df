"""warrantor reserve, as others call it, and its workbook read back part by part."""

import json
import re
import zipfile
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import pytest

import warrantor as wr
from warrantor.cli.app import run
from warrantor.forecast.reserve import reserve
from warrantor.records import load
from warrantor.report.workbook import save_workbook
from warrantor.world import claims_table, load_world, simulate, units_table
from warrantor.world.spec import guarantees_text

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
LEDGER = "period,currency,kind,opening,accruals,settlements,change,closing\n"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A simulated fleet: Alder and Birch promised 12 months, Cedar 18; 5,000 units each."""
    home = tmp_path_factory.mktemp("reserve")
    spec = load_world()
    spec = replace(spec, products=tuple(replace(p, units=5000) for p in spec.products))
    world = simulate(spec, 3)
    promises = home / "guarantees.toml"
    promises.write_text(guarantees_text())
    load(units_table(world), claims_table(world), home / "fleet", guarantees=promises, data_until=spec.as_of)
    return home / "fleet"


def told(capsys, *words):
    code = run(["reserve", *map(str, words), "--draws", "400"])
    return code, capsys.readouterr()


def part(text):
    return ET.fromstring(text)  # noqa: S314  we wrote it


def cells(book, number):
    """Cells of a sheet by address: text, or number with its format."""
    with zipfile.ZipFile(book) as parts:
        shared = [("".join(t.itertext())) for t in part(parts.read("xl/sharedStrings.xml"))]
        styles = part(parts.read("xl/styles.xml"))
        sheet = part(parts.read(f"xl/worksheets/sheet{number}.xml"))
    own = {f.get("numFmtId"): f.get("formatCode") for f in styles.iterfind(".//m:numFmt", NS)}
    forms = [own.get(x.get("numFmtId"), "") for x in styles.find("m:cellXfs", NS)]
    found = {}
    for cell in sheet.iterfind(".//m:c", NS):
        value = cell.find("m:v", NS)
        if value is not None:
            text = shared[int(value.text)] if cell.get("t") == "s" else float(value.text)
            found[cell.get("r")] = (text, forms[int(cell.get("s", 0))])
    return found


def test_the_document_holds_strata_total_and_both_parts(fleet, capsys):
    code, out = told(capsys, fleet, "--by", "product", "--json", "--discount", "0.04", "--soft", "S01", "S02")
    found = json.loads(out.out)
    assert code == 0
    assert found["schema"] == "warrantor.reserve/1"
    assert [s["by"]["product"] for s in found["strata"]] == ["Alder", "Birch", "Cedar"]
    assert found["total"]["best"] == pytest.approx(sum(s["best"] for s in found["strata"]))
    assert all(0 < s["incurred"] < s["unexpired"] for s in found["strata"])
    assert found["rate"] == 0.04
    assert all(s["second"]["total"] is not None or s["second"]["refused"] for s in found["strata"])


def test_the_tables_for_people(fleet, capsys, tmp_path):
    ledger = tmp_path / "ledger.csv"
    ledger.write_text(LEDGER + "2019,CNY,guarantee,60000.00,90000.00,70000.05,,\n2019,CNY,recall,100,0,40,0,\n")
    code, out = told(capsys, fleet, "--by", "product", "--what-if", "--opening", ledger)
    assert code == 0
    assert "Reserve as of 2019-12-31" in out.out
    assert "Were the promise so many months" in out.out
    assert "Roll-forward" in out.out
    assert re.search(r"recall\s+100\s+0\s+0\s+40\s+60", out.out)
    assert "Not discounted." in out.out


def test_the_closing_balance_is_the_reserve_in_coins(fleet, capsys, tmp_path):
    ledger = tmp_path / "ledger.csv"
    ledger.write_text(LEDGER + "2019,CNY,,60000.00,90000.00,70000.05,,\n")
    code, out = told(capsys, fleet, "--opening", ledger, "--json")
    found = json.loads(out.out)
    row = found["rolls"][0]
    assert code == 0
    assert float(row["closing"]) == pytest.approx(found["total"]["best"], abs=0.0051)
    assert row["residual"] in ("0", "0.00")
    assert float(row["current"]) == pytest.approx(found["total"]["current"], abs=0.011)


def test_the_csv_is_one_table(fleet, capsys):
    code, out = told(capsys, fleet, "--by", "product", "--csv", "--what-if")
    lines = out.out.splitlines()
    assert code == 0
    assert lines[0].startswith("product,guarantee,currency,units")
    assert len(lines) == 1 + 3 + 1


def test_a_ledger_that_cannot_be_is_refused(fleet, capsys, tmp_path):
    ledger = tmp_path / "ledger.csv"
    for text, why in [("2019,CNY,,1,2,1,5,99\n", "92 is left over"), ("2019,USD,,1,2,1,,\n", "reserve is in CNY"),
                      ("2019,CNY,,,2,1,,\n", "opening missing"), ("2019,CNY,,1\n", "more or fewer"),
                      ("2019,CNY,recall,1,2,1,,\n", "give the change"), ("2019,CNY,,x,2,1,,3\n", "no amount")]:
        ledger.write_text(LEDGER + text)
        code, out = told(capsys, fleet, "--opening", ledger)
        assert code == 1
        assert why in out.err
    assert "no file" in told(capsys, fleet, "--opening", tmp_path / "none.csv")[1].err
    assert told(capsys, fleet, "--level", "1")[0] == 2
    assert told(capsys, fleet, "--xlsx", tmp_path / "a.xls")[0] == 2


def test_the_workbook_read_back(fleet, capsys, tmp_path):
    book, ledger = tmp_path / "reserve.xlsx", tmp_path / "ledger.csv"
    ledger.write_text(LEDGER + "2019,CNY,guarantee,60000.00,90000.00,70000.05,,\n")
    code, out = told(capsys, fleet, "--by", "product", "--what-if", "--opening", ledger, "--xlsx", book, "--json")
    found = json.loads(out.out)
    assert code == 0
    with zipfile.ZipFile(book) as parts:
        names = re.findall(r'<sheet name="([^"]+)"', parts.read("xl/workbook.xml").decode())
        charts = [n for n in parts.namelist() if re.fullmatch(r"xl/charts/chart\d\.xml", n)]
    assert names == ["About", "Reserve", "Roll-forward", "By month", "What-if"]
    assert len(charts) == 3
    about, table, rolls, months, what_if = (cells(book, n) for n in range(1, 6))
    day = (date(2019, 12, 31) - date(1899, 12, 30)).days
    assert about["B3"] == (day, "yyyy-mm-dd")
    assert any("Assumes no new failure mode" in str(v) for v, _ in about.values())
    assert table["A2"][0] == "Alder"
    assert table["H2"][0] == pytest.approx(found["strata"][0]["best"], abs=0.011)
    assert table["F2"][0] + table["G2"][0] == pytest.approx(table["H2"][0], abs=1e-6)
    assert table["H2"][1].startswith("#,##0.00")
    assert table["A5"][0] == "Total"
    assert sum(table[f"H{r}"][0] for r in (2, 3, 4)) == pytest.approx(table["H5"][0], abs=0.02)
    line = {name: rolls[f"{c}2"][0] for name, c in zip(("opening", "accruals", "change", "paid", "closing"), "DEFGH",
                                                        strict=True)}
    assert line["opening"] + line["accruals"] + line["change"] - line["paid"] == pytest.approx(line["closing"])
    assert months["A2"] == ((date(2020, 1, 1) - date(1899, 12, 30)).days, "yyyy-mm")
    assert sum(v for (k, (v, _)) in months.items() if k[0] in "BCD" and k[1:] != "1") == pytest.approx(
        found["total"]["best"], abs=1)
    assert [what_if[f"A{r}"][0] for r in range(2, 8)] == [6, 12, 18, 24, 30, 36]
    assert what_if["B7"][0] > what_if["B3"][0]


def parts_of(fleet):
    with wr.open(fleet) as opened:
        return opened.tally().over("origin"), opened.cohorts()


def test_text_stays_text(fleet, tmp_path):
    """A product named like a formula or a link is neither: no formula and no link is in the file."""
    tally, cohorts = parts_of(fleet)
    evil = '=HYPERLINK("http://x",1)'
    named = replace(reserve(tally, cohorts, draws=400), by=("lot",), strata=((evil,), ("http://guarantee",)))
    book = save_workbook(named, tmp_path / "a.xlsx", about=[("=1+1", "@SUM(1)")])
    with zipfile.ZipFile(book) as parts:
        sheets = "".join(parts.read(n).decode() for n in parts.namelist() if n.startswith("xl/worksheets/"))
    assert "<f>" not in sheets
    assert "hyperlink" not in sheets.lower()
    assert cells(book, 2)["A2"][0] == evil
    assert cells(book, 3)["A2"][0].startswith("No opening balance")


def test_a_refused_stratum_leaves_its_cells_empty(fleet, tmp_path):
    tally, cohorts = parts_of(fleet)
    found = reserve(replace(tally, cost=tally.cost * float("nan")), cohorts, draws=400)
    table = cells(save_workbook(found, tmp_path / "a.xlsx"), 2)
    assert "G2" not in table
    assert "no money" in table["P2"][0]
