"""What the log does not name row by row is found too when it is changed past the desk; nothing crashes the reading."""

import re

import pytest
import sqlalchemy as sa
from tests.desk.conftest import KEY, past_the_desk

from warrantor import desk
from warrantor.desk import audit, claims, registration, sums, tables, units, vault
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.claims import Opening
from warrantor.desk.guarded import MOST
from warrantor.desk.plain import plain

HEAD = "serial,product,market,sold_on,activated_on,last_seen_on,replaces\n"


@pytest.fixture
def bring(store, tmp_path):
    def brought(*rows, **how):
        path = tmp_path / "units.csv"
        path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
        return registration.import_units(store, THE_MACHINE, path, **how)

    return brought


@pytest.fixture
def filled(store, staff, bring):
    """Units that came in by the file, two times; one of them changed by the desk, one with a claim, one in exchange."""
    bring(*(f"S{i},phone,,2026-01-0{1 + i},,," for i in range(8)))
    bring("S3,phone,,,2026-02-01,,", "S4,phone,,,,2026-02-02,", "T1,phone,,2026-01-09,,,", "T2,phone,,,,,S5")
    with store.writing(THE_MACHINE, "seen") as writing:
        writing.change(tables.units, 2, {"last_seen_on": writing.at.date()})
    claims.open_claim(store, staff["ana"], Opening("S6", said="it smells", contact="zoe@mail"))
    vault.erase(store, 8, staff["adm"])
    assert audit.verify(store).wrong == ()


@pytest.mark.parametrize(("statement", "told"), [
    ("UPDATE units SET sold_on = '2026-01-09' WHERE number = 1", "units 1 to 9999"),
    ("UPDATE units SET activated_on = NULL WHERE number = 4", "units 1 to 9999"),
    ("UPDATE units SET sold_on = '2026-01-08', version = 1 WHERE number = 9", "units 1 to 9999"),
    ("UPDATE units SET last_seen_on = NULL WHERE number = 2", "Row 2 of units is not as entry"),
    ("UPDATE units SET last_seen_on = NULL, version = 0 WHERE number = 2", "Row 2 of units is not as entry"),
    ("UPDATE units SET replaces = NULL WHERE number = 10", "units 1 to 9999"),
    ("UPDATE units SET mark = NULL WHERE number = 1", "serial of unit 1"),
    ("INSERT INTO units (number, product, version) VALUES (77, 'x', 0)", "units 1 to 9999"),
    ("INSERT INTO units (number, product, version) VALUES (20077, 'x', 1)", "units 20000 to 29999"),
    ("UPDATE vault SET serial = 'STOLEN' WHERE unit = 3", "serial of unit 3"),
    ("DELETE FROM vault WHERE unit = 3", "serial of unit 3"),
    ("INSERT INTO vault (unit, serial) VALUES (8, 'S7')", "serial of unit 8"),
    ("INSERT INTO vault (unit, serial) VALUES (99, 'S99')", "Serials of no unit in the vault: 1."),
    ("DELETE FROM units WHERE number = 9", "units 1 to 9999"),
    ("DELETE FROM units WHERE number = 2", "Row 2 of units, written by entry"),
    ("UPDATE vault_words SET said = 'I dropped it' WHERE number = 1", "Row 1 of vault_words is not as entry"),
    ("DELETE FROM vault_words WHERE number = 2", "Row 2 of vault_words, written by entry"),
    (("INSERT INTO vault_words (number, claim, kind, said, at) SELECT 9, claim, kind, said, at FROM vault_words "
      "WHERE number = 1"), "Row 9 of vault_words is in no entry"),
    ("UPDATE counts SET claims = 99", "Counted are 99 claims for north"),
    ("DELETE FROM counts", "Counted are 0 claims for north"),
    ("DROP INDEX uq_claims_open_unit", "index uq_claims_open_unit"),
    ("DROP INDEX uq_units_mark", "index uq_units_mark"),
])
def test_what_the_log_does_not_name_is_sealed_too(store, filled, statement, told):
    past_the_desk(store, statement)
    assert told in " ".join(audit.verify(store).wrong)


def test_a_unit_in_the_place_of_another_is_found(store, filled):
    """The sum does not hang on an order, but on which number has which values."""
    past_the_desk(store, "UPDATE units SET sold_on = '2026-01-09' WHERE number = 1",
                  "UPDATE units SET sold_on = '2026-01-01' WHERE number = 9")
    assert "units 1 to 9999" in audit.verify(store).wrong[0]


def test_units_taken_away_are_found(store, bring):
    bring("A,phone,,,,,", "B,phone,,,,,")
    past_the_desk(store, "DELETE FROM vault", "DELETE FROM units")
    assert "units 1 to 9999" in audit.verify(store).wrong[0]


def test_what_was_left_out_of_a_file_is_in_no_sum(store, bring):
    bring("A,phone,,2026-01-03,,,", "B,phone,,,,,", "a,phone,,2026-01-04,,,", accept_good=True)
    assert audit.verify(store).wrong == ()


@pytest.mark.parametrize(("lost", "told"), [
    ("DROP TRIGGER audit_no_update", "trigger audit_no_update"), ("DROP TRIGGER costs_no_delete", "costs_no_delete"),
    ("CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit {nothing}", "trigger audit_no_update"),
    ("CREATE TRIGGER sly AFTER UPDATE ON claims {nothing}", "a trigger sly"),
])
def test_a_guard_that_is_gone_is_said(store, lost, told):
    on = "" if store.sqlite else f" ON {told.rpartition(' ')[2].partition('_')[0]}"
    with store.turn() as connection:
        if "{nothing}" in lost:
            if "audit_no_update" in lost:
                connection.exec_driver_sql(f"DROP TRIGGER audit_no_update{on}")
            if not store.sqlite:
                connection.exec_driver_sql("CREATE FUNCTION idle() RETURNS trigger LANGUAGE plpgsql AS "
                                           "$$ BEGIN RETURN NEW; END $$")
            on = ""
        nothing = "BEGIN SELECT 1; END" if store.sqlite else "FOR EACH ROW EXECUTE FUNCTION idle()"
        connection.exec_driver_sql(lost.replace("{nothing}", nothing) + on)
    assert [told in sentence for sentence in audit.verify(store).wrong] == [True]


@pytest.mark.parametrize("made", ["UNIQUE INDEX uq_claims_open_unit ON claims (unit) WHERE {closed}",
                                  "UNIQUE INDEX uq_claims_open_unit ON claims (number) WHERE {open}",
                                  "INDEX uq_claims_open_unit ON claims (unit) WHERE {open}"])
def test_an_index_that_keeps_nothing_single_is_said(store, made):
    words = {"open": "is_open = 1", "closed": "is_open = 5"}
    if not store.sqlite:
        words = {"open": "is_open", "closed": "NOT is_open"}
    with store.turn() as connection:
        connection.exec_driver_sql("DROP INDEX uq_claims_open_unit")
        connection.exec_driver_sql(f"CREATE {made.format(**words)}")
    assert ["uq_claims_open_unit" in sentence for sentence in audit.verify(store).wrong] == [True]


def test_a_guard_that_is_switched_off_or_does_nothing_is_said(store):
    if store.sqlite:
        pytest.skip("a trigger of SQLite is there or is not")
    with store.turn() as connection:
        connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER audit_no_delete")
    assert "audit_no_delete" in " ".join(audit.verify(store).wrong)
    with store.turn() as connection:
        connection.exec_driver_sql("CREATE OR REPLACE FUNCTION added_only() RETURNS trigger LANGUAGE plpgsql AS "
                                   "$$ BEGIN RETURN NEW; END $$")
    assert len(audit.verify(store).wrong) == 8


ANYWHERE = ["'[]'", "'3'", """'{"rows": [[1]]}'""", """'{"rows": 7}'""", """'{"rows": [["nope", 1, "x", {}]]}'""",
            """'{"blocks": [1]}'""", """'{"x": "\\ud800"}'"""]
FILE = ["'{\"x\": NaN}'", "'{'", "'" + "[" * 100_000 + "'", "x'ff'", "CAST(x'ff' AS TEXT)", "''"]


@pytest.mark.parametrize("body", [*ANYWHERE, *FILE])
def test_a_body_that_the_desk_never_writes_is_a_sentence(store, staff, body):
    if body in FILE and not store.sqlite:
        pytest.skip("PostgreSQL keeps no such body")
    if "ud800" in body and not store.sqlite:
        body = """'{"x": "y"}'"""
    past_the_desk(store, f"UPDATE audit SET body = {body} WHERE number = 3")
    found = audit.verify(store)
    assert found.entries == 10
    assert any("3" in sentence for sentence in found.wrong)
    assert "Row 4 of people is in no entry of the log." not in found.wrong, "the entries after it are read"


@pytest.mark.parametrize("changed", ["hash = 'é'", "before = 'é'", "at = 'x'", "role = 'é'", "hash = ''",
                                     "at = '2026-03-01'"])
def test_a_column_that_the_desk_never_writes_is_a_sentence(store, staff, changed):
    past_the_desk(store, f"UPDATE audit SET {changed} WHERE number = 3")
    assert any("3" in sentence for sentence in audit.verify(store).wrong)


@pytest.mark.parametrize("changed", [
    "UPDATE costs SET amount = 'x'", "UPDATE claims SET cleared = '7'", "UPDATE claims SET opened_at = 'x'",
    "UPDATE people SET made_at = '' WHERE number = 2", "UPDATE claims SET cleared = '[NaN]'",
    "UPDATE units SET sold_on = '0001-01-01' WHERE number = 1",
])
def test_a_row_that_cannot_be_read_is_a_sentence_and_the_next_is_read(store, staff, sell, changed):
    if "NaN" in changed and not store.sqlite:
        pytest.skip("PostgreSQL keeps no such value")
    sell("U1")
    one = claims.open_claim(store, staff["ana"], Opening("U1"))
    with store.writing(staff["ana"], "cost") as writing:
        writing.add(tables.costs, claim=one.number, kind="part", quantity=1, amount="9.90", currency="EUR",
                    payer="maker", person=1, at=writing.at)
    past_the_desk(store, changed, "UPDATE people SET role = 'owner' WHERE number = 3")
    told = " ".join(audit.verify(store).wrong)
    assert f"of {changed.split()[1]} " in told
    assert "Row 3 of people is not as entry" in told


def test_values_of_no_type_of_the_desk_are_sentences(store, filled):
    if not store.sqlite:
        pytest.skip("PostgreSQL keeps no value of another type")
    past_the_desk(store, "UPDATE units SET product = x'ff' WHERE number = 1",
                  "UPDATE units SET made_on = '' WHERE number = 3", "UPDATE units SET mark = 'text' WHERE number = 4",
                  "UPDATE vault SET serial = x'ff' WHERE unit = 5",
                  "UPDATE units SET lot = CAST(x'ff' AS TEXT) WHERE number = 6")
    told = " ".join(audit.verify(store).wrong)
    for sentence in ("Row 1 of units holds", "units 1 to 9999", "serial of unit 4", "serial of unit 5",
                     "Row 6 of units holds"):
        assert sentence in told


def test_rows_are_told_by_entries_whose_seal_holds_alone(store, sell):
    """Who may write to the database but has no key adds no unit by adding an entry for it."""
    sell("U1")
    row = {"number": 2, "product": "phone", "version": 1}
    forged = audit.seal(b"another key, also of 32 bytes...", audit.GENESIS, row)
    past_the_desk(store, "INSERT INTO units (number, product, version) VALUES (2, 'phone', 1)",
                  "INSERT INTO audit (number, at, kind, body, before, hash) SELECT 2, at, kind, "
                  f"'{{\"rows\": [[\"units\", 2, \"{forged}\", {{}}]]}}', hash, '{forged}' FROM audit")
    told = audit.verify(store).wrong
    assert told[0] == "Entry 2 is not what was sealed."
    assert "units 1 to 9999" in told[1]


def test_entries_taken_out_are_said_once(store, staff):
    past_the_desk(store, "DELETE FROM audit WHERE number IN (3, 4)")
    told = audit.verify(store).wrong
    assert told == ("Entries 3 to 4 are lacking.", "Entry 5 does not follow the one before it.",
                    "Row 3 of people is in no entry of the log.", "Row 4 of people is in no entry of the log.")


def test_the_head_of_an_empty_log_stays_good(store):
    head = audit.verify(store).head
    assert head == f"0:{audit.GENESIS}"
    assert audit.verify(store, head).intact
    desk.people.add(store, THE_MACHINE, "one", "owner")
    assert audit.verify(store, head).intact
    assert not audit.verify(store, "0:" + "1" * 64).intact


def test_what_is_wrong_is_bounded_and_the_rest_counted(store, bring):
    bring(*(f"S{i},phone,,,,," for i in range(MOST + 5)))
    past_the_desk(store, "UPDATE vault SET serial = serial || 'x'")
    found = audit.verify(store)
    assert (len(found.wrong), found.more) == (MOST, 5)
    assert found.to_dict()["more"] == 5
    assert not found.intact


def test_nothing_is_left_behind_in_the_database(store, filled):
    for _ in range(2):
        assert audit.verify(store).intact
        assert audit.verify(store, "no head").wrong != ()
    with store.reading() as connection:
        assert not sa.inspect(connection).has_table("seals")


def test_who_verifies_keeps_no_writer_waiting(store, filled, sell, monkeypatch):
    from warrantor.desk import verifying

    def meanwhile(connection, wrong):
        sell("LATER")

    monkeypatch.setattr(verifying, "counts_hold", meanwhile)
    assert audit.verify(store).intact
    assert units.find(store, "LATER") is not None


def test_a_unit_counts_the_same_however_it_was_read(store, filled):
    """As the file was read, as the database tells it, and as the desk changes it."""
    with store.reading() as connection:
        asked = sa.text(f"SELECT {sums.columns(connection)} FROM units AS u ORDER BY number")
        told = [f"{sums.Sums(KEY).digest(row):x}" for row in connection.execute(asked)]
        rows = connection.execute(sa.select(tables.units).order_by(tables.units.c.number)).mappings().all()
    assert told == [sums.of_row(KEY, row) for row in rows]
    assert set(sums.NAMES) == set(tables.units.c.keys())
    one = sums.Sums(KEY)
    values = [plain(rows[0][name]) for name in (*units.WORDS, *units.DAYS)]
    one.register(1, [(rows[0]["mark"], *values)])
    assert one.told()["0"] == told[0]


def test_a_desk_whose_bringing_up_to_date_is_repeated_is_found(store, bring):
    """Who may write to the database has it sealed anew by setting its revision back; the entry stays, and tells."""
    from warrantor.desk.sealing import seal_all

    bring("A,phone,,2026-01-03,,,")
    past_the_desk(store, "UPDATE units SET sold_on = '2026-01-09'")
    with store.turn() as connection:
        seal_all(store, connection)
    assert "seals anew" in audit.verify(store).wrong[0]


def test_what_a_reading_remembers_is_on_disk(store):
    if store.sqlite:
        with store.engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA temp_store").scalar() == 1


def test_units_and_serials_are_read_from_a_place_on(store, filled, monkeypatch):
    """A merge of both that begins at the first serial anew takes a second a page of ten million units, not 8 ms."""
    asked = []

    def heard(_connection, _cursor, statement, parameters, *_):
        if "LEFT JOIN vault" in statement:
            asked.append((statement, parameters))

    sa.event.listen(store.engine, "before_cursor_execute", heard)
    assert audit.verify(store).intact
    sa.event.remove(store.engine, "before_cursor_execute", heard)
    statement, parameters = asked[0]
    with store.engine.begin() as connection:
        if not store.sqlite:  # the plan of large tables: of few rows any other is cheaper
            for other in ("seqscan", "bitmapscan", "hashjoin", "nestloop", "sort"):
                connection.execute(sa.text(f"SET LOCAL enable_{other} = off"))
        how = "EXPLAIN QUERY PLAN " if store.sqlite else "EXPLAIN "
        told = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(how + statement, parameters))
    wanted = (r"SEARCH u USING .*\(rowid>\?\)", r"SEARCH v USING .*\(rowid=\?\)") if store.sqlite else (
        r"pk_units.*\n *Index Cond: \(number > ", r"pk_vault.*\n *Index Cond: \(unit > ")
    assert all(re.search(part, told) for part in wanted), told
