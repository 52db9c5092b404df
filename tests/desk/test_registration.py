"""Units by the file, into both databases: all or none, twice the same, what is filled and what contradicts."""

import datetime as dt

import pytest
import sqlalchemy as sa

from warrantor.desk import audit, claims, entitle, registration, tables, units, vault
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
    ("A,phone,,2026-W05-1,,,", "unparsable"),
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


CHAIN = "serial,product,sold_on,replaces\n"


@pytest.mark.parametrize("desk_is_empty", [True, False])
def test_chains_are_laid_root_first_whatever_the_order_of_the_rows(store, bring, desk_is_empty):
    if not desk_is_empty:
        bring(CHAIN + "Z,phone,2026-01-01,\n")
    done = bring(CHAIN + "D,phone,,C\nC,phone,,B\nB,phone,,A\nA,phone,2026-01-03,\nE,phone,2026-01-04,\n")
    assert (done.new, done.chained, done.left_out) == (5, 3, 0)
    found = {serial: units.find(store, serial) for serial in "ABCDE"}
    assert {u.guarantee for u in found.values()} == {"long@1"}
    assert [found[x].replaces for x in "BCD"] == [found[x].number for x in "ABC"]
    assert [found[x].origin for x in "ABCDE"] == ["sold", "exchange", "exchange", "exchange", "sold"]
    assert [entitle.coverage(store, x).answer for x in "ABCDE"] == ["not covered"] * 3 + ["covered"] * 2
    assert units.serial(store, found["D"].number) == "D"
    again = bring(CHAIN + "D,phone,,C\nC,phone,,B\nB,phone,,A\nA,phone,2026-01-03,\nE,phone,2026-01-04,\n")
    assert (again.new, again.filled, again.chained, again.findings) == (0, 0, 0, ())


@pytest.mark.parametrize("desk_is_empty", [True, False])
@pytest.mark.parametrize(("rows", "found"), [
    ("A,phone,,B\nB,phone,,A\n", [(3, "replaces-circle"), (4, "replaces-circle")]),
    ("A,phone,,B\nB,phone,,C\nC,phone,,A\nD,phone,,A\n",
     [(3, "replaces-circle"), (4, "replaces-circle"), (5, "replaces-circle"), (6, "replaces-twice")]),
    ("A,phone,2026-01-01,\nB,phone,,A\nC,phone,,A\nD,phone,,C\n", [(5, "replaces-twice"), (6, "replaces-unknown")]),
    ("A,phone,,NOBODY\nB,phone,,A\nC,phone,,B\n",
     [(3, "replaces-unknown"), (4, "replaces-unknown"), (5, "replaces-unknown")]),
    ("X,phone,,\nY,phone,,\nA,phone,,X\nA,phone,,Y\n", [(6, "duplicate-serial")]),
])
def test_a_replaces_that_cannot_be_is_a_finding(store, bring, rows, found, desk_is_empty):
    if not desk_is_empty:
        bring(CHAIN + "Z,phone,2026-01-01,\n")
    before = rows_of(store, tables.units)
    with pytest.raises(Findings) as raised:
        bring(f"{CHAIN}OK,phone,2026-01-01,\n{rows}")
    assert [(f.line, f.rule) for f in raised.value.found] == found
    assert rows_of(store, tables.units) == rows_of(store, tables.vault) == before
    done = bring(f"{CHAIN}OK,phone,2026-01-01,\n{rows}", accept_good=True)
    good = 1 + len(rows.split()) - len(found)
    assert (done.new, done.left_out, rows_of(store, tables.units)) == (good, len(found), before + good)
    assert rows_of(store, tables.vault) == before + good
    for serial in ("OK", *"ABCDXY"):
        assert entitle.coverage(store, serial).answer
    if rows.startswith("X"):
        assert units.find(store, "A").replaces == units.find(store, "X").number, "the row that is kept says X"


def test_what_a_unit_stands_for_is_not_overwritten_and_never_two_stand_for_one(store, bring):
    bring(CHAIN + "X,phone,2026-01-01,\nY,phone,2026-01-01,\nA,phone,,X\nP,phone,,\nQ,phone,,P\n")
    for row, rule in (("A,phone,,Y", "duplicate-serial"), ("B,phone,,X", "replaces-twice"),
                      ("P,phone,,Q", "replaces-circle"), ("X,phone,,A", "replaces-circle")):
        with pytest.raises(Findings) as raised:
            bring(f"{CHAIN}{row}\n")
        assert [f.rule for f in raised.value.found] == [rule], row
    assert units.find(store, "A").replaces == units.find(store, "X").number
    assert bring(CHAIN + "X,phone,,Y\n").chained == 1
    assert [u.number for u in units.chain(store, units.find(store, "A").number)] == [
        units.find(store, x).number for x in "YXA"]


def test_a_unit_that_was_given_over_the_counter_is_not_given_again_by_a_file(store, staff, bring, sell):
    sell("OLD")
    with store.writing(staff["ana"], "exchange") as writing:
        units.stand_in(writing, store.key, units.find(store, "OLD"), "NEW", dt.date(2026, 2, 1),
                       unregistered=True)
    with pytest.raises(Findings) as raised:
        bring(CHAIN + "OTHER,phone,,OLD\n")
    assert raised.value.found[0].rule == "replaces-twice"
    assert bring(CHAIN + "NEW,phone,,OLD\n").left_out == 0


def test_thousands_in_exchange_are_one_short_entry_of_the_log(store, bring):
    bring(CHAIN + "".join(f"S{i:05},phone,2026-01-03,\n" for i in range(1500)))
    done = bring(CHAIN + "".join(f"X{i:05},phone,,S{i:05}\n" for i in range(1500)))
    assert (done.new, done.chained) == (1500, 1500)
    entry = audit.page(store)[0]
    assert entry["body"]["chained"] == 1500
    assert entry["body"]["rows"] == []
    assert units.find(store, "X00007").replaces == units.find(store, "S00007").number


@pytest.mark.parametrize("desk_is_empty", [True, False])
def test_more_findings_than_are_listed_are_counted_and_none_of_their_rows_goes_in(store, bring, desk_is_empty):
    if not desk_is_empty:
        bring(CHAIN + "Z,phone,2026-01-01,\n")
    rows = "".join(f"S{i:05},phone,,\n" for i in range(1500))
    done = bring(CHAIN + rows + rows.replace("phone", "watch"), accept_good=True)
    assert (done.new, done.left_out, len(done.findings)) == (1500, 1500, 1001)
    assert done.findings[-1].rule == "more-findings"
    assert "500" in done.findings[-1].why
    assert units.find(store, "S01499").product == "phone"
    done = bring(CHAIN + rows.replace("phone,", "watch,2026-01-01"), accept_good=True)
    assert (done.new, done.filled, done.left_out) == (0, 0, 1500)
    assert {units.find(store, f"S0{i}").sold_on for i in ("0000", "0999", "1000", "1499")} == {None}


def test_of_a_unit_known_from_a_claim_alone_the_makers_word_is_kept(store, staff, bring):
    bring(many(1))
    one = claims.open_claim(store, staff["ana"], Opening("NEW1", product="laptop", market="DE"))
    with store.writing(THE_MACHINE, "correct") as writing:
        units.correct(writing, one.unit, "sold_on", dt.date(2026, 2, 2))
    done = bring("serial,product,market,sold_on\nnew1,phone,CN,2026-01-03\nother,phone,,\n")
    assert (done.new, done.filled, done.findings) == (1, 1, ())
    assert [(f.line, f.column, f.rule) for f in done.notes] == [
        (2, "product", "claimed-differs"), (2, "market", "claimed-differs"), (2, "sold_on", "claimed-differs")]
    found = units.find(store, "NEW1")
    assert (found.number, found.origin, found.product, found.market, found.sold_on) == (
        one.unit, "sold", "phone", "CN", dt.date(2026, 1, 3))
    assert audit.verify(store).intact


@pytest.mark.parametrize(("known", "told", "moves"), [
    ({"sold_on": "2024-01-05"}, {"delivered_on": "2026-01-01"}, True),
    ({"sold_on": "2024-01-05"}, {"delivered_on": "2024-01-04"}, False),
    ({"sold_on": "2024-01-05"}, {"activated_on": "2026-01-01"}, False),
    ({"activated_on": "2024-01-05"}, {"sold_on": "2026-01-01"}, True),
    ({"made_on": "2023-01-05"}, {"sold_on": "2026-01-01"}, False),
    ({}, {"sold_on": "2026-01-01", "delivered_on": "2026-01-02"}, False),
    ({"sold_on": "2024-01-05"}, {"last_seen_on": "2026-01-01"}, False),
    ({"sold_on": "2024-01-05"}, {"returned_on": "2026-01-01"}, False),
])
def test_a_file_does_not_move_the_day_cover_begins(store, bring, known, told, moves):
    def row(serial, days):
        return f"serial,product,{','.join(days)}\n{serial},phone,{','.join(days.values())}\n"

    bring(row("A", known) if known else "serial,product\nA,phone\n")
    if not moves:
        assert bring(row("A", told)).filled == 1
        return
    before = entitle.coverage(store, "A").to_dict()
    with pytest.raises(Findings) as raised:
        bring(row("A", told))
    assert [(f.line, f.column, f.value, f.rule) for f in raised.value.found] == [
        (2, *next(iter(told.items())), "start-day-moves")]
    assert bring(row("A", told), accept_good=True).left_out == 1
    assert entitle.coverage(store, "A").to_dict() == before


def test_a_unit_with_days_of_its_own_is_not_made_younger_by_what_it_is_said_to_replace(store, bring):
    bring(CHAIN + "OLD,phone,2024-01-05,\nYOUNG,phone,2026-01-05,\n")
    with pytest.raises(Findings) as raised:
        bring(CHAIN + "OLD,phone,,YOUNG\n")
    assert [(f.line, f.rule) for f in raised.value.found] == [(2, "start-day-moves")]
    with pytest.raises(Findings) as raised:
        bring(CHAIN + "OLD,phone,,MID\nMID,phone,,YOUNG\n")
    assert [(f.line, f.rule) for f in raised.value.found] == [(2, "start-day-moves")]
    assert bring(CHAIN + "YOUNG,phone,,OLD\n").chained == 1


@pytest.mark.parametrize("desk_is_empty", [True, False])
def test_sixteen_digits_that_are_no_phones_stay_as_many_units_as_are_printed(store, bring, desk_is_empty):
    if not desk_is_empty:
        bring(many(1))
    rows = "".join(f"20260101000000{i:02},router,2026-01-05,\n" for i in range(100))
    assert bring(CHAIN + rows).new == 100
    assert (bring(CHAIN + rows).new, units.find(store, "2026010100000042").product) == (0, "router")
    assert units.find(store, "20260101000000") is None, "which of the hundred is not said"


@pytest.mark.parametrize("printed", ["490154203237518", "49015420323751", "4901542032375101"])
def test_a_phone_is_found_by_its_number_however_it_is_printed(store, bring, printed):
    bring(f"{CHAIN}{printed},phone,2026-01-05,\n")
    for typed in ("490154203237518", "49-015420-323751-8", "49015420323751", printed):
        assert units.find(store, typed) is not None, typed
        assert entitle.coverage(store, typed).covered, typed
    assert units.find(store, "490154203237519") is None
    assert entitle.coverage(store, "490154203237526").answer == "held"


def test_units_whose_sixteen_digits_were_once_marked_as_fifteen_are_found_and_registered_no_second_time(store, bring):
    bring(many(1))
    text = CHAIN + "4901542032375101,phone,2026-01-05,\nB,phone,,4901542032375101\n"
    with store.writing(THE_MACHINE, "register") as writing:
        old = units.register(writing, store.key, "4901542032375101", product="phone", guarantee="long@1")
    with store.turn() as connection:
        connection.execute(tables.units.update().where(tables.units.c.number == old).values(
            mark=vault.mark(store.key, "490154203237518"), version=0))
    assert units.find(store, "4901542032375101").number == old
    done = bring(text)
    assert (done.new, done.filled, done.chained) == (1, 1, 1)
    assert units.find(store, "B").replaces == old


def test_the_makers_file_does_not_bring_back_what_was_erased(store, staff, bring):
    text = CHAIN + "A,phone,2026-01-05,\nB,phone,2026-01-05,\nC,phone,,A\n"
    bring(text)
    number = units.find(store, "A").number
    vault.erase(store, number, staff["adm"])
    done = bring(text + "D,phone,2026-01-05,\n")
    assert (done.new, done.erased, done.left_out) == (1, 1, 0)
    assert [(f.line, f.rule, f.value) for f in done.notes] == [(2, "serial-erased", None), (4, "replaced-erased", None)]
    assert units.find(store, "A") is None
    assert units.find(store, "C").replaces == number
    assert bring(text.replace("C,phone,,A", "E,phone,,A")).new == 1
    assert units.find(store, "E").replaces is None


def test_a_unit_in_exchange_has_the_guarantee_of_the_nearest_before_it(store, bring):
    short = '[[guarantee]]\nname = "short"\nversion = "1"\n[guarantee.terms.host]\nmonths = 12\n'
    store.guarantees = Guarantees((*store.guarantees.all, *load_guarantees(short).all))
    bring("serial,product,guarantee,replaces\nE,phone,,D\nD,phone,,C\nC,phone,,B\nB,phone,short@1,A\nA,phone,,\n")
    told = [units.find(store, serial).guarantee for serial in "ABCDE"]
    assert told == ["long@1", "short@1", "short@1", "short@1", "short@1"]
