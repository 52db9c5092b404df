"""Records for the laboratory: what the counter wrote, as it was known on a day, whole or not at all."""

import csv
import datetime as dt

import pytest

import warrantor as wr
from warrantor.desk import claims, costs, entitle, export, registration, tables, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.finding import Refused

TO_DIAGNOSIS = ("check", "authorise", "receive")


def rows(folder, name):
    with (folder / f"{name}.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def loaded(tmp_path, done):
    (tmp_path / "long.toml").write_text(PROMISES)
    out = tmp_path / "out"
    return wr.load(out / "units.csv", out / "claims.csv", tmp_path / "fleet", events=out / "events.csv",
                   guarantees=tmp_path / "long.toml", data_until=done.until)


def test_the_laboratory_reads_what_the_counter_wrote(store, staff, sell, do, clock, tmp_path):
    """Every unit ends, at the laboratory, on the day the desk says."""
    sell("A", dt.date(2026, 1, 5))
    sell("B", dt.date(2026, 2, 28))
    sell("C", dt.date(2026, 2, 1))
    one = claims.open_claim(store, staff["ana"], Opening("A", symptom="dead"))
    one = do(do(one, "check", "authorise", "receive"), "diagnose", fault="performance")
    two = claims.open_claim(store, staff["ben"], Opening("B"))
    two = do(do(two, "check", "authorise", "receive"), "diagnose", fault="performance")
    do(do(do(two, "exchange"), "exchange_done", replacement="B2", unregistered="yes"), "hand_back")
    clock.later(12)
    costs.add(store, one.number, staff["ana"], {"kind": "part", "amount": "30.25", "currency": "EUR", "quantity": 2})
    do(one, "start_repair", "repair_done", "hand_back")
    three = claims.open_claim(store, staff["ana"], Opening("UNKNOWN"))
    claims.open_claim(store, staff["ana"], Opening("C", submit=False))
    done = export.export(store, tmp_path / "out")
    assert (done.units, done.claims, done.unregistered) == (4, 2, 1)
    assert three.unit not in (1, 2, 3)
    text = (tmp_path / "out" / "claims.csv").read_text()
    assert "60.50,EUR" in text
    loaded(tmp_path, done)
    with wr.open(tmp_path / "fleet", as_of=done.until) as fleet:
        for serial in ("A", "B2", "C"):
            found = units.find(store, serial)
            said = fleet.entitle(f"U{found.number}", on="2026-03-14")
            here = entitle.coverage(store, serial, on=dt.date(2026, 3, 14))
            assert (said.layers[0].start, said.layers[0].end) == (here.layers[0].start, here.layers[0].end), serial
        assert fleet.entitle("U1", on="2026-03-14").layers[0].end == dt.date(2027, 7, 17)
    early = export.export(store, tmp_path / "early", until=dt.date(2026, 3, 2))
    assert early.claims == 2
    assert "2026-03-14" not in (tmp_path / "early" / "claims.csv").read_text()
    assert not list((tmp_path / "out").glob(".*"))


def test_a_unit_nobody_registered_that_was_exchanged_is_in_the_records(store, staff, sell, do, tmp_path):
    one = claims.open_claim(store, staff["ana"], Opening("UNKNOWN", product="phone"))
    claims.open_claim(store, staff["ana"], Opening("NEVER LOOKED AT", product="phone"))
    one = do(one, "clear", by="ben", reason="it is ours")
    with store.writing(THE_MACHINE, "evidence") as writing:
        writing.change(tables.units, one.unit, {"guarantee": "long@1", "sold_on": dt.date(2026, 3, 1)})
    assert one.answer == "", "no cover was asked for: the exchange alone has it stand here"
    sell("GIVEN", None, delivered_on=None)
    with store.writing(staff["ana"], "exchange") as writing:
        units.stand_in(writing, store.key, units.unit(store, one.unit), "GIVEN", dt.date(2026, 3, 2))
    done = export.export(store, tmp_path / "out")
    assert (done.units, done.claims, done.unregistered) == (2, 1, 1)
    assert [(r["serial"], r["replaces"]) for r in rows(tmp_path / "out", "units")] == [("U1", ""), ("U3", "U1")]
    loaded(tmp_path, done)


def test_a_claim_that_was_covered_is_in_the_records_whoever_registered_its_unit(store, staff, do, tmp_path):
    one = claims.open_claim(store, staff["ana"], Opening("UNKNOWN", product="phone"))
    with store.writing(THE_MACHINE, "evidence") as writing:
        writing.change(tables.units, one.unit, {"guarantee": "long@1", "sold_on": dt.date(2026, 3, 1)})
    one = do(do(one, "clear", by="ben", reason="it is ours"), "check")
    assert one.answer == "covered"
    done = export.export(store, tmp_path / "out")
    assert (done.units, done.claims, done.unregistered) == (1, 1, 0)


def test_an_export_of_a_day_is_what_the_desk_knew_on_that_day(store, staff, sell, do, clock, tmp_path):
    sell("U1")
    sell("U2", None, delivered_on=None)
    first = do(do(claims.open_claim(store, staff["ana"], Opening("U1")), *TO_DIAGNOSIS), "diagnose",
               fault="performance")
    costs.add(store, first.number, staff["ana"], {"kind": "part", "amount": "5", "currency": "EUR"})
    dropped = claims.open_claim(store, staff["ana"], Opening("U2"))
    then = export.export(store, tmp_path / "then")
    clock.later(1)
    do(dropped, "cancel")
    with store.writing(THE_MACHINE, "correct") as writing:
        units.correct(writing, 2, "returned_on", dt.date(2026, 3, 1))
        writing.change(tables.units, 2, {"product": "watch"})
    costs.add(store, first.number, staff["ana"], {"kind": "part", "amount": "77", "currency": "EUR"})
    sell("U3")
    (tmp_path / "units.csv").write_text("serial,product\nU4,phone\n")
    registration.import_units(store, THE_MACHINE, tmp_path / "units.csv")
    claims.open_claim(store, staff["ana"], Opening("U3", opened_on="2026-03-02"))
    clock.later(9)
    do(first, "start_repair", "repair_done", "hand_back", on=None)
    now = export.export(store, tmp_path / "now")
    again = export.export(store, tmp_path / "again", until=then.until)
    assert again == then
    for name in ("units", "claims", "events"):
        assert rows(tmp_path / "again", name) == rows(tmp_path / "then", name), name
        assert rows(tmp_path / "now", name) != rows(tmp_path / "then", name), name
    assert (now.units, now.claims) == (4, 2)
    assert rows(tmp_path / "now", "claims")[0]["cost"] == "82"
    assert rows(tmp_path / "now", "claims")[0]["remedy"] == "repair"


def test_costs_in_two_currencies_keep_their_own_claim_out_and_no_other(store, staff, sell, tmp_path):
    for serial in ("U1", "U2", "U3"):
        sell(serial)
        claims.open_claim(store, staff["ana"], Opening(serial))
    told = {"claim": 1, "kind": "part", "payer": "maker", "person": 1, "at": store.clock(), "amount": 5}
    with store.writing(THE_MACHINE, "cost") as writing:
        for claim, currency, quantity in ((1, "EUR", 1), (1, "CNY", 2), (2, "EUR", 1), (2, "EUR", -1), (2, "CNY", 3)):
            writing.add(tables.costs, **told | {"claim": claim, "currency": currency, "quantity": quantity})
    done = export.export(store, tmp_path / "out")
    assert [(one.rule, one.value) for one in done.findings] == [("mixed-currencies", "1")]
    assert "Claim 1" in done.findings[0].why
    assert [(r["claim"], r["cost"], r["currency"]) for r in rows(tmp_path / "out", "claims")] == [
        ("2", "15", "CNY"), ("3", "", "")]


def test_the_records_before_stay_whole_until_new_ones_take_their_place(store, sell, tmp_path, monkeypatch):
    sell("U1")
    export.export(store, tmp_path / "out")
    before = {p.name: p.read_text() for p in (tmp_path / "out").iterdir()}
    sell("U2")

    def fails(_out):
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(export, "_events", fails)
        with pytest.raises(RuntimeError):
            export.export(store, tmp_path / "out")
    assert {p.name: p.read_text() for p in (tmp_path / "out").iterdir()} == before
    assert export.export(store, tmp_path / "out").units == 2
    assert len(rows(tmp_path / "out", "units")) == 2
    assert sorted(p.name for p in tmp_path.iterdir() if "out" in p.name) == ["out"]
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(Refused, match=r"mine[.]txt"):
        export.export(store, tmp_path / "out")
    assert (tmp_path / "out" / "mine.txt").exists()


PROMISES = """
[[guarantee]]
name = "long"
version = "1"
[guarantee.terms.host]
months = 18
"""
