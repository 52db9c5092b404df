"""Claims are opened while a large file goes in; a file that was cut short is finished by sending it again."""

import datetime as dt

import pytest
import sqlalchemy as sa

from warrantor import desk
from warrantor.desk import audit, claims, entitle, merging, registration, staging, tables, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.desk.refusals import NotAllowedError
from warrantor.finding import Findings

KEY = b"the key of the tests, 32 bytes long!"


@pytest.fixture
def bring(store, tmp_path, monkeypatch):
    monkeypatch.setattr(merging, "TURN", 20)
    monkeypatch.setattr(merging, "BREATH", 0)

    def brought(text, **how):
        path = tmp_path / "units.csv"
        path.write_text(text, encoding="utf-8")
        return registration.import_units(store, THE_MACHINE, path, **how)

    return brought


def many(count, start=0):
    return "serial,product,sold_on\n" + "".join(f"S{i:05},phone,2026-01-05\n" for i in range(start, start + count))


def kinds(store):
    return [entry["kind"] for entry in audit.page(store, size=200)][::-1]


def count(store):
    with store.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(tables.units)).scalar_one()


def whenever(monkeypatch, module, name, work):
    """Do some work right after every part of an import: with the writer's turn taken it would wait for ever."""
    asked = getattr(module, name)

    def also(*args, **more):
        found = asked(*args, **more)
        work()
        return found

    monkeypatch.setattr(module, name, also)


def test_a_claim_is_opened_while_a_file_is_read_and_between_its_turns(store, staff, bring, monkeypatch):
    bring(many(10))
    opened = []

    def claim():
        with desk.open(store.engine.url.render_as_string(hide_password=False), key=KEY, guarantees=store.guarantees,
                       clock=store.clock) as counter:
            serial = f"S{len(opened):05}"
            opened.append(claims.open_claim(counter, staff["ana"], Opening(serial)))

    whenever(monkeypatch, staging, "stage", claim)
    whenever(monkeypatch, staging, "_taken", claim)
    assert bring(many(50, 10)).new == 50
    assert len(opened) >= 4
    told = [kind for kind in kinds(store) if kind in ("open", "import", "import begun", "import part",
                                                      "import finished")]
    assert told[:3] == ["import", "open", "import begun"]
    assert told[3:9] == ["open", "import part"] * 3
    assert told[-1] == "import finished"
    assert entitle.coverage(store, "S00059").covered
    assert audit.verify(store).intact


def test_a_file_that_was_cut_short_is_finished_by_sending_it_again(store, bring, monkeypatch):
    bring(many(1))
    text = many(90, 1) + "X,phone,\n"
    asked, parts = merging.add, []

    def killed(*args):
        parts.append(1)
        if len(parts) == 3:
            raise KeyboardInterrupt
        return asked(*args)

    monkeypatch.setattr(merging, "add", killed)
    with pytest.raises(KeyboardInterrupt):
        bring(text)
    assert count(store) == 41
    monkeypatch.setattr(merging, "add", asked)
    assert (bring(text).new, count(store)) == (51, 92)
    assert (bring(text).new, count(store)) == (0, 92)
    entries = {e["number"]: e for e in audit.page(store, size=50)}
    told = [(e["kind"], e["body"].get("new")) for _, e in sorted(entries.items())]
    assert told == [("import", 1), ("import begun", None), ("import part", 20), ("import part", 20),
                    ("import begun", None), ("import part", 20), ("import part", 20), ("import part", 11),
                    ("import finished", 51), ("import", 0)]
    assert len({e["body"]["file"] for e in entries.values() if e["number"] > 1}) == 1, "the same file is known again"
    assert audit.verify(store).intact


def test_one_row_with_a_finding_keeps_every_turn_from_beginning(store, bring):
    bring(many(1))
    before = kinds(store)
    with pytest.raises(Findings):
        bring(many(100, 1) + "S00000,watch,\n")
    assert (count(store), kinds(store)) == (1, before)


def test_what_others_changed_since_the_file_was_read_is_left_out_and_said(store, bring, sell, monkeypatch):
    bring(many(1))
    for serial in ("S00003", "S00030"):
        sell(serial, None, delivered_on=None, product="")
    changed = []

    def change():
        if not changed:
            changed.append(1)
            with store.writing(THE_MACHINE, "correct") as writing:
                units.correct(writing, units.find(store, "S00030").number, "sold_on", dt.date(2026, 1, 1))

    whenever(monkeypatch, staging, "settle", lambda: None)
    whenever(monkeypatch, staging, "_taken", change)
    done = bring(many(60))
    assert (done.new, done.filled, done.left_out) == (57, 1, 1)
    assert [(f.line, f.column, f.rule) for f in done.findings] == [(32, "sold_on", "duplicate-serial")]
    assert units.find(store, "S00003").sold_on == dt.date(2026, 1, 5)
    assert units.find(store, "S00030").sold_on == dt.date(2026, 1, 1)


def test_what_somebody_claimed_since_the_file_was_read_is_the_makers_unit(store, bring, staff, monkeypatch):
    bring(many(1))
    made = []

    def claim():
        made.append(len(made) or claims.open_claim(store, staff["ana"], Opening("S00005", product="watch")).unit)

    whenever(monkeypatch, staging, "_taken", claim)
    done = bring(many(60))
    assert (done.new, done.filled) == (58, 1)
    found = units.find(store, "S00005")
    assert (found.number, found.origin, found.product) == (made[0], "sold", "phone")


@pytest.mark.parametrize("name", ["ana", "zoe", "eva", "fin", "own", "aud"])
def test_only_an_admin_or_the_machine_registers_units(store, staff, tmp_path, name):
    path = tmp_path / "units.csv"
    path.write_text("serial\nQ\n")
    with pytest.raises(NotAllowedError):
        registration.import_units(store, staff[name], path)
    assert count(store) == 0
    assert registration.import_units(store, staff["adm"], path).new == 1


def test_a_chain_longer_than_a_turn_is_laid_root_first(store, bring):
    bring(many(1))
    rows = [f"C{i:03},phone,,C{i - 1:03}\n" for i in range(50, 0, -1)]
    done = bring("serial,product,sold_on,replaces\n" + "".join(rows) + "C000,phone,2026-01-05,\n")
    assert (done.new, done.chained, done.left_out) == (51, 50, 0)
    chain = units.chain(store, units.find(store, "C000").number)
    assert [one.number for one in chain] == [units.find(store, f"C{i:03}").number for i in range(51)]
    assert {one.guarantee for one in chain} == {"long@1"}
    assert audit.page(store)[0]["kind"] == "import finished"
