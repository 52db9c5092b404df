"""Units by the file, into both databases: all or none, twice the same, what is filled and what contradicts."""

import datetime as dt

import pytest
import sqlalchemy as sa

from warrantor.desk import audit, claims, entitle, registration, tables, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.finding import Findings
from warrantor.terms import Guarantees, load_guarantees

HEAD = "serial,product,market,sold_on,activated_on,last_seen_on,replaces\n"


@pytest.fixture
def bring(store, tmp_path):
    def brought(text, **how):
        path = tmp_path / "units.csv"
        path.write_text(text, encoding="utf-8")
        return registration.import_units(store, THE_MACHINE, path, **how)

    return brought


def many(count, start=0):
    return HEAD + "".join(f"S{i:07},phone,,2026-01-{1 + i % 28:02},,,\n" for i in range(start, start + count))


def rows_of(store, table):
    with store.reading() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_an_empty_desk_is_filled_and_every_unit_is_found_and_promised(store, bring):
    done = bring(many(3000))
    assert (done.new, done.filled, done.findings) == (3000, 0, ())
    for i in (0, 1, 1499, 2999):
        found = units.find(store, f"s{i:07}")
        assert found.sold_on == dt.date(2026, 1, 1 + i % 28)
        assert found.guarantee == "long@1"
        assert units.serial(store, found.number) == f"S{i:07}"
    assert entitle.coverage(store, "S0000007").covered
    assert audit.verify(store).intact


def test_the_same_file_again_changes_nothing_and_more_of_it_is_added(store, bring):
    bring(many(200))
    assert (bring(many(200)).new, rows_of(store, tables.units)) == (0, 200)
    again = bring(many(100, 150))
    assert (again.new, again.filled, rows_of(store, tables.units), rows_of(store, tables.vault)) == (50, 0, 250, 250)


def test_what_was_empty_is_filled_and_what_differs_is_a_finding(store, bring):
    bring(HEAD + "A,phone,,,,2026-01-05,\nB,phone,,2026-01-02,,,\n")
    done = bring(HEAD + "A,phone,,2026-01-03,,2026-02-05,\n")
    assert (done.new, done.filled) == (0, 1)
    one = units.find(store, "A")
    assert (one.sold_on, one.last_seen_on, one.version) == (dt.date(2026, 1, 3), dt.date(2026, 2, 5), 0)
    with pytest.raises(Findings) as raised:
        bring(HEAD + "C,phone,,,,,\nB,watch,,2026-01-09,,,\n")
    assert {(f.line, f.column) for f in raised.value.found} == {(3, "product")}
    assert units.find(store, "C") is None
    done = bring(HEAD + "C,phone,,,,,\nB,watch,,2026-01-09,,,\n", accept_good=True)
    assert (done.new, done.left_out, units.find(store, "B").product) == (1, 1, "phone")


def test_a_promise_that_is_named_must_be_the_one_that_was_kept(store, bring):
    kept, other = "long@1", "short@1"
    short = '[[guarantee]]\nname = "short"\nversion = "1"\n[guarantee.terms.host]\nmonths = 12\n'
    store.guarantees = Guarantees((*store.guarantees.all, *load_guarantees(short).all))
    head = "serial,product,guarantee\n"
    bring(f"{head}A,phone,{other}\nB,phone,\n")
    assert (units.find(store, "A").guarantee, units.find(store, "B").guarantee) == (other, kept)
    done = bring(f"{head}A,phone,\nB,phone,{kept}\n")
    assert (done.new, done.filled, done.findings) == (0, 0, ()), "what no row names says nothing against what was kept"
    with pytest.raises(Findings) as raised:
        bring(f"{head}A,phone,\nB,phone,{other}\n")
    assert [(f.line, f.column, f.value) for f in raised.value.found] == [(3, "guarantee", other)]
    assert units.find(store, "B").guarantee == kept


@pytest.mark.parametrize("desk_is_empty", [True, False])
def test_a_serial_twice_in_the_file_is_said_with_its_line(store, bring, desk_is_empty):
    if not desk_is_empty:
        bring(many(3))
    text = HEAD + "A,phone,,2026-01-03,,,\nB,phone,,,,,\n a ,phone,,2026-01-04,,,\n"
    with pytest.raises(Findings) as raised:
        bring(text)
    assert [(f.line, f.rule) for f in raised.value.found] == [(4, "duplicate-serial")]
    assert units.find(store, "B") is None
    done = bring(text, accept_good=True)
    assert (done.new, done.left_out, units.find(store, "A").sold_on) == (2, 1, dt.date(2026, 1, 3))


@pytest.mark.parametrize(("row", "rule"), [
    (",phone,,,,,", "serial-missing"), ("A,phone,,2026-02-30,,,", "unparsable"), ("A,phone,,20260201,,,", "unparsable"),
    ("A,phone,,1026-02-01,,,", "unparsable"), ("A,phone", "ragged-row"), ("A,phone,,,,,ZZZ", "replaces-unknown"),
    ("A,phone,,,,,a", "replaces-unknown"),
])
def test_a_row_that_cannot_be_is_said_and_nothing_is_registered(store, bring, row, rule):
    with pytest.raises(Findings) as raised:
        bring(HEAD + "GOOD,phone,,,,,\n" + row + "\n")
    assert [f.rule for f in raised.value.found] == [rule]
    assert rows_of(store, tables.units) == rows_of(store, tables.vault) == 0


def test_a_file_that_is_no_text_is_refused(store, tmp_path):
    for held, rule in ((b"serial\nA\xff\n", "not-utf8"), (b"serial\n" + b"x" * 121 + b"\n", "unparsable"),
                       (b'serial\n"A\nB"\n', "unparsable")):
        (tmp_path / "units.csv").write_bytes(held)
        with pytest.raises(Findings) as raised:
            registration.import_units(store, THE_MACHINE, tmp_path / "units.csv")
        assert raised.value.found[0].rule == rule
    assert rows_of(store, tables.units) == 0


@pytest.mark.parametrize(("text", "rule"), [("", "empty-file"), ("product\nphone\n", "column-missing"),
                                            ("serial,serial\nA,B\n", "column-twice")])
def test_a_file_that_is_none_is_refused(bring, text, rule):
    with pytest.raises(Findings) as raised:
        bring(text)
    assert raised.value.found[0].rule == rule


def test_units_in_exchange_are_chained_and_have_the_guarantee_of_the_first(store, bring):
    bring(HEAD + "A,phone,,2026-01-03,,,\nB,phone,,,,,A\n")
    assert [u.number for u in units.chain(store, 1)] == [1, 2]
    assert units.find(store, "B").guarantee == "long@1"
    assert entitle.coverage(store, "A").answer == "not covered"
    assert audit.verify(store).intact


def test_a_serial_known_from_a_claim_alone_becomes_a_sold_unit(store, staff, bring, do):
    bring(many(1))
    one = claims.open_claim(store, staff["ana"], Opening("NEW1", product="phone"))
    assert one.held
    done = bring(HEAD + "new1,phone,,2026-01-03,,,\n")
    assert (done.new, done.filled) == (0, 1)
    found = units.find(store, "NEW1")
    assert (found.number, found.origin, found.sold_on) == (one.unit, "sold", dt.date(2026, 1, 3))
    one = do(do(one, "clear", by="ben", reason="registered now"), "check")
    assert one.answer == "covered"
    assert audit.verify(store).intact


@pytest.mark.parametrize("row", ["A1,pho\x00ne,,2026-01-05,,,", "A1,phone,\x00,2026-01-05,,,",
                                 "A1,phone,,2026-01-05,,,\x00"])
def test_a_text_that_no_database_keeps_is_a_finding(store, bring, row):
    with pytest.raises(Findings) as caught:
        bring(f"{HEAD}A0,phone,,2026-01-05,,,\n{row}\n")
    assert [(f.line, f.rule) for f in caught.value.found] == [(3, "unparsable")]
    assert rows_of(store, tables.units) == 0
