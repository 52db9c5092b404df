"""Bad records planted in files that are awkward besides: every one named by line and rule, none lost."""

import csv
import json

import pyarrow.parquet as pq
import pytest

from warrantor import Findings, records
from warrantor.cli.app import run
from warrantor.records.rules import RULES

PROMISE = """
[[guarantee]]
name = "short"
version = "1"
products = ["phone"]
start = ["delivered_on", "sold_on"]
[guarantee.terms.host]
months = 12
"""
UNIT_COLUMNS = "serial,product,lot,made_on,sold_on,returned_on,replaces,guarantee,colour"
# (record, rules planted in it); A1 was suspended for ten days, so its twelve months end on 2020-02-11
UNITS = [
    ("A1,phone,L1,2019-01-01,2019-02-01,,,,red", ()),
    ('A2,phone,"lot\r\nof two lines",2019-01-01,2019-02-01,,,,"deep\r\nred"', ()),
    (",phone,L1,2019-01-01,2019-02-01,,,,red", ("serial-missing",)),
    ("A1,phone,L1,2019-01-01,2019-02-02,,,,red", ("duplicate-serial",)),
    ("A3,phone,L1,2019-01-32,2019-02-01,,,,red", ("unparsable",)),
    ("A4,phone,L1,2019-03-01,2019-02-01,,,,red", ("sold-before-made",)),
    ("A5,phone,L1,2019-01-01,2019-02-01,2019-01-15,,,red", ("returned-before-sold",)),
    ("A6,phone,L1,2019-01-01,2031-02-01,,,,red", ("after-data-until",)),
    ("490154203237518,phone,L1,2019-01-01,2019-02-01,,,,red", ()),
    ("490154203237519,phone,L1,2019-01-01,2019-02-01,,,,red", ("imei-check-digit",)),
    ("A7,phone,L1,2019-01-01,2019-06-01,,A1,,red", ()),
    ("A8,phone,L1,2019-01-01,2019-06-01,,ZZ,,red", ("replaces-unknown",)),
    ("A8b,phone,L1,2019-01-01,2019-06-01,,A4,,red", ("replaced-left-out",)),
    ("A9,phone,L1,2019-01-01,2019-02-01,,,long@9,red", ("guarantee-unknown",)),
    ("B1,tablet,L1,2019-01-01,2019-02-01,,,,red", ("guarantee-none",)),
    ("B2,phone,L1,2019-01-01,,,,,red", ("start-unknown",)),
    ("B3,phone,L1,2019-01-01", ("ragged-row",)),
    ("B4,phone,L1,2019-01-01,2019-02-01,,,,r\udcffd", ("not-utf8",)),
]
CLAIM_COLUMNS = "claim,serial,fault,opened_on,reported_on,payer,cost,currency,known_on"
CLAIMS = [
    ("C1,A1,E1,2019-03-01,2019-03-02,maker,10.50,CNY,", ()),
    ("C1,A1,E1,2019-04-01,2019-04-02,maker,10,CNY,", ("duplicate-claim",)),
    ('C2,A2,"E1\r\n\r\nand more",2019-03-01,2019-03-02,maker,10,CNY,', ()),
    ("C3,nobody,E1,2019-03-01,2019-03-02,maker,10,CNY,", ("unknown-serial",)),
    ("C4,A1,E1,2019-01-31,2019-03-02,maker,10,CNY,", ("claim-before-start",)),
    ("C5,A1,E1,2020-02-12,2020-02-13,,10,CNY,", ("claim-after-cover-without-payer",)),
    ("C6,A1,E1,2020-02-12,2020-02-13,customer,10,CNY,", ()),
    ("C7,A1,E1,2020-02-11,2020-02-13,,10,CNY,", ()),
    ("C8,A1,E1,2019-03-01,2031-03-02,maker,10,CNY,", ("after-data-until",)),
    ("C9,A1,E1,2019-03-01,2019-03-02,maker,-1,CNY,", ("cost-negative",)),
    ("D1,A1,E1,2019-03-01,2019-03-02,maker,,CNY,", ("cost-missing",)),
    ("D2,A1,E1,2019-03-01,2019-03-02,maker,10,EUR,", ("mixed-currencies",)),
    ("D3,A1,E1,2019-03-01,2019-02-28,maker,10,CNY,", ("reported-before-opened",)),
    ("D4,A4,E1,2019-03-01,2019-03-02,maker,10,CNY,", ("claim-of-left-out-unit",)),
    ("D5,A1,E1,,2019-03-02,maker,10,CNY,", ("value-missing",)),
    ("D6,A1,E1,2019-03-01,2019-03-02,maker,ten,CNY,", ("unparsable",)),
    ("D7,,E1,2019-03-01,2019-03-02,maker,10,CNY,", ("serial-missing",)),
    ("D8,A1,E1,2019-03-01,2019-03-03,maker,10,CNY,2019-03-02", ("known-before-reported",)),
]
EVENTS = [("A1,suspended,2019-03-01,2019-03-11", ()), ("A1,vanished,2019-03-01,", ("event-kind-unknown",)),
          ("zz,suspended,2019-03-01,2019-03-11", ("unknown-serial",)),
          ("A1,suspended,2019-03-11,2019-03-01", ("event-ends-before-it-began",))]
SURVEYS = [("C1,2019-05-01,9", ()), ("C77,2019-05-01,9", ("unknown-claim",))]


def planted(path, header, rows, mark=b"\xef\xbb\xbf", end="\r\n"):
    """Write the file; return what should be found: {(line, rule)}."""
    text, line, expected = header + end, 2, set()
    for record, rules in rows:
        expected |= {(line, rule) for rule in rules}
        text += record + end
        line += 1 + record.count("\n")
    path.write_bytes(mark + text.encode("utf-8", "surrogateescape"))
    return expected


@pytest.fixture
def files(tmp_path):
    expected = {
        "units": planted(tmp_path / "units.csv", UNIT_COLUMNS, UNITS) | {(1, "column-unknown")},
        "claims": planted(tmp_path / "claims.csv", CLAIM_COLUMNS, CLAIMS),
        "events": planted(tmp_path / "events.csv", "serial,kind,on,until", EVENTS, mark=b"", end="\n"),
        "surveys": planted(tmp_path / "surveys.csv", "claim,sent_on,score", SURVEYS),
    }
    (tmp_path / "promise.toml").write_text(PROMISE)
    asked = {"units": tmp_path / "units.csv", "claims": tmp_path / "claims.csv", "events": tmp_path / "events.csv",
             "surveys": tmp_path / "surveys.csv", "guarantees": tmp_path / "promise.toml", "data_until": "2020-12-31"}
    return asked, expected


def by_file(found):
    names = ("units", "claims", "events", "surveys")
    return {n: {(f.line, f.rule) for f in found if f.file.endswith(f"{n}.csv")} for n in names}


def test_every_planted_record_is_named_by_line_and_rule(files):
    asked, expected = files
    assert by_file(records.check(**asked).findings) == expected


def test_every_rule_of_the_fleet_is_planted():
    planted_rules = {r for rows in (UNITS, CLAIMS, EVENTS, SURVEYS) for _, rules in rows for r in rules}
    of_whole_files = {"empty-file", "header-unread", "column-missing", "column-twice", "column-unknown",
                      "column-not-everywhere", "chart-shape", "more-findings"}
    of_other_forms = {"below-zero", "bracket-reversed", "entry-after-age", "claim-after-from", "return-before-sale",
                      "returns-exceed-sold"}
    of_requests = {"no-json", "impossible-request"}
    of_the_desk = {"replaces-twice", "replaces-circle", "start-day-moves", "claimed-differs", "serial-erased",
                   "replaced-erased"}
    assert planted_rules == set(RULES) - of_whole_files - of_other_forms - of_requests - of_the_desk


def test_load_refuses_and_writes_nothing(files, tmp_path):
    asked, expected = files
    with pytest.raises(Findings) as caught:
        records.load(**asked, out=tmp_path / "fleet")
    assert by_file(caught.value.found) == expected
    assert not (tmp_path / "fleet").exists()


def test_accepting_the_good_counts_every_record_once(files, tmp_path):
    asked, _ = files
    done = records.load(**asked, out=tmp_path / "fleet", accept_good=True)
    for table, rows in (("units", UNITS), ("claims", CLAIMS), ("events", EVENTS), ("surveys", SURVEYS)):
        out = pq.read_table(tmp_path / "fleet" / f"{table}.parquet")
        kept_out = [rules for _, rules in rows if any(RULES[r].level == "refuse" for r in rules)]
        assert done.read[table] == len(rows)
        assert sum(done.left_out[table].values()) == len(kept_out)
        assert len(out) == done.counts[table] == len(rows) - len(kept_out)
    manifest = json.loads((tmp_path / "fleet" / "manifest.json").read_text())
    assert manifest["left_out"]["units"] == done.left_out["units"]
    assert manifest["data_until"] == "2020-12-31"


def test_what_is_loaded_is_what_was_written(files, tmp_path):
    asked, _ = files
    records.load(**asked, out=tmp_path / "fleet", accept_good=True)
    units = pq.read_table(tmp_path / "fleet" / "units.parquet").to_pylist()
    of = {u["serial"]: u for u in units}
    assert of["A2"]["lot"] == "lot\r\nof two lines"
    assert (of["A7"]["origin"], of["A7"]["replaces"]) == ("exchange", of["A1"]["unit"])
    assert (of["A1"]["origin"], of["A1"]["guarantee"], of["A1"]["end_shift"]) == ("sold", "short@1", 10)
    assert of["B2"]["start_day"] is None
    claims = {c["claim"]: c for c in pq.read_table(tmp_path / "fleet" / "claims.parquet").to_pylist()}
    assert claims["C1"]["unit"] == of["A1"]["unit"]
    assert claims["C1"]["cost"] == 10.5
    assert claims["C1"]["opened_day"] - claims["C1"]["start_day"] == 28


def test_the_command_refuses_with_three_and_loads_when_told(files, tmp_path, capsys):
    asked, expected = files
    words = ["load", "--out", str(tmp_path / "fleet"), "--findings", str(tmp_path / "found.csv")]
    for name, given in asked.items():
        words += [f"--{name.replace('_', '-')}", str(given)]
    assert run(words) == 3
    with (tmp_path / "found.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert {(int(r["line"]), r["rule"]) for r in rows if r["file"].endswith("claims.csv")} == expected["claims"]
    assert list(rows[0]) == ["file", "line", "column", "value", "rule", "why", "what_to_do"]
    capsys.readouterr()
    assert run([*words, "--accept-good", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["left_out"]["claims"]["cost-negative"] == 1


@pytest.mark.parametrize(("text", "rule", "column"), [
    ("", "empty-file", None), ("number,product\n1,phone\n", "column-missing", "serial"),
    ("serial,lot,lot\nA,1,2\n", "column-twice", "lot"),
])
def test_a_file_that_cannot_be_read_is_one_finding(tmp_path, text, rule, column):
    path = tmp_path / "units.csv"
    path.write_text(text)
    with pytest.raises(Findings) as caught:
        records.check(path)
    assert [(f.rule, f.column) for f in caught.value.found] == [(rule, column)]
