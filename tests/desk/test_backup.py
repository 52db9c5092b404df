"""A backup taken while claims come in is whole, restores into an empty desk, and refuses what it is not."""

import datetime as dt
import json
import sqlite3
import threading
import zipfile

import pytest
import sqlalchemy as sa
from tests.desk.test_migrations import SINCE_2

from warrantor import desk
from warrantor.desk import (
    archive,
    audit,
    claims,
    costs,
    migrations,
    people,
    sessions,
    tables,
    units,
)
from warrantor.desk import backup as backups
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.backup import backup, restore
from warrantor.desk.claims import Opening
from warrantor.desk.copying import copy_in
from warrantor.desk.emptiness import guarded
from warrantor.desk.vault import mark
from warrantor.finding import Refused

KEY = b"the key of the tests, 32 bytes long!"


def everything(store):
    with store.reading() as connection:
        return {t.name: [tuple(map(str, r)) for r in connection.execute(sa.select(t).order_by(*t.primary_key))]
                for t in tables.METADATA.sorted_tables}


@pytest.fixture
def lived(store, staff, sell, do):
    for i in range(5):
        sell(f"U\t{i}\\N", product="电话\n")
        one = claims.open_claim(store, staff["ana"], Opening(f"Z{i}", said="a\tb\\N \\. \nc"))
        do(one, "clear", by="ben", reason="seen")
    costs.add(store, 1, staff["fin"], {"kind": "part", "amount": "1.10", "currency": "EUR"})
    return store


def test_what_is_restored_is_what_was_kept(lived, fresh, promises, tmp_path):
    kept = backup(lived, tmp_path / "desk.backup")
    assert kept.rows["claims"] == 5
    assert (tmp_path / "desk.backup").stat().st_mode & 0o077 == 0
    with desk.open(fresh(), key=KEY, guarantees=promises) as other:
        assert restore(other, tmp_path / "desk.backup").head == kept.head
        assert everything(other) == everything(lived)
        assert audit.verify(other, kept.head).intact
        with pytest.raises(Refused, match="not empty"):
            restore(other, tmp_path / "desk.backup")
    with pytest.raises(Refused, match="never replaces"):
        backup(lived, tmp_path / "desk.backup")
    assert [p.name for p in tmp_path.iterdir() if "backup" in p.name] == ["desk.backup"]


def test_a_backup_is_of_one_moment_while_claims_come_in(store, staff, sell, fresh, promises, tmp_path):
    for i in range(60):
        sell(f"S{i}")
    stop = threading.Event()

    def busy():
        for i in range(60):
            if not stop.is_set():
                claims.open_claim(store, staff["ana"], Opening(f"S{i}"))

    working = threading.Thread(target=busy)
    working.start()
    try:
        kept = [backup(store, tmp_path / f"{i}.backup") for i in range(2)]
    finally:
        stop.set()
        working.join()
    for one in kept:
        assert one.rows["claims"] == one.rows["decisions"]
        with desk.open(fresh(), key=KEY, guarantees=promises) as other:
            restore(other, one.path)


def test_what_is_no_backup_of_this_desk_is_refused(lived, fresh, promises, tmp_path):
    good = backup(lived, tmp_path / "good").path
    (tmp_path / "text").write_text("no backup")
    (tmp_path / "cut").write_bytes(good.read_bytes()[:-3000])
    with zipfile.ZipFile(tmp_path / "zip", "w") as archive:
        archive.writestr("x", "y")
    where = fresh()
    with desk.open(where, key=KEY, guarantees=promises) as other:
        for name in ("text", "cut", "zip", "absent"):
            with pytest.raises(Refused):
                restore(other, tmp_path / name)
        with other.turn() as connection:
            connection.execute(sa.text("UPDATE settings SET value = 'of another key' WHERE name = 'key'"))
        with pytest.raises(Refused, match="another key"):
            restore(other, good)


def where_of(store):
    return store.engine.url.render_as_string(hide_password=False)


def test_a_large_desk_is_copied_while_another_writes_without_a_pause(store, tmp_path):
    """A copy by parts would begin anew at every write, and never end."""
    with store.turn() as connection:
        for i in range(80):
            connection.execute(tables.settings.insert().values(name=f"large {i}", value="x" * (1 << 20)))
    stop, written, kept = threading.Event(), [], []

    def writes():
        with desk.open(where_of(store), key=KEY, guarantees=store.guarantees) as other:
            while not stop.is_set():
                written.append(people.add(other, THE_MACHINE, f"p{len(written)}", "owner"))

    threads = [threading.Thread(target=writes),
               threading.Thread(target=lambda: kept.append(backup(store, tmp_path / "kept")), daemon=True)]
    for one in threads:
        one.start()
    threads[1].join(60)
    stop.set()
    threads[0].join()
    assert len(kept) == 1
    assert kept[0].rows["people"] == int(kept[0].head.partition(":")[0])
    assert len(written) > 0


def test_a_claim_that_was_acknowledged_while_a_desk_is_restored_is_never_lost(lived, fresh, promises, tmp_path,
                                                                             monkeypatch):
    kept = backup(lived, tmp_path / "kept")
    module, name = (backups, "_moved") if lived.sqlite else (archive, "json")
    asked = getattr(module, name)
    with desk.open(where := fresh(), key=KEY, guarantees=promises) as other:
        def meanwhile():
            ana = people.add(other, THE_MACHINE, "ana", "agent", centre="north").actor
            claims.open_claim(other, ana, Opening("LIVE"))

        class Json:
            def loads(self, text):
                meanwhile()
                monkeypatch.undo()
                return asked.loads(text)

        def moved(*args):
            meanwhile()
            return asked(*args)

        monkeypatch.setattr(module, name, moved if lived.sqlite else Json())
        with desk.open(where, key=KEY, guarantees=promises) as empty, pytest.raises(Refused, match="not empty"):
            restore(empty, kept.path)
        assert units.find(other, "LIVE") is not None
        assert audit.verify(other).intact


def test_nobody_is_signed_in_after_a_restore(lived, fresh, promises, tmp_path, clock):
    token = sessions.begin(lived, people.person(lived, 1))
    kept = backup(lived, tmp_path / "kept")
    assert kept.rows["sessions"] == 1
    with desk.open(fresh(), key=KEY, guarantees=promises, clock=clock) as other:
        assert restore(other, kept.path).rows["sessions"] == 0
        assert sessions.of(other, token, idle=dt.timedelta(hours=1), longest=dt.timedelta(hours=1)) is None


def test_what_the_database_keeps_from_being_changed_is_kept_after_a_restore(lived, fresh, promises, tmp_path):
    """A file that was stripped of triggers and indexes is none that this desk wrote, and goes into none."""
    kept = backup(lived, tmp_path / "kept")
    if lived.sqlite:
        stripped = tmp_path / "stripped"
        stripped.write_bytes(kept.path.read_bytes())
        with sqlite3.connect(stripped) as file:
            for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
                file.execute(f"DROP TRIGGER {name}")
            file.execute("DROP INDEX uq_claims_open_unit")
        file.close()
        with desk.open(fresh(), key=KEY, guarantees=promises) as other, pytest.raises(Refused, match="trigger"):
            restore(other, stripped)
    with desk.open(fresh(), key=KEY, guarantees=promises) as other:
        restore(other, kept.path)
        with pytest.raises(sa.exc.DatabaseError, match="only ever added"), other.turn() as connection:
            connection.execute(sa.text("DELETE FROM audit"))
        with pytest.raises(sa.exc.IntegrityError), other.turn() as connection:
            connection.execute(sa.text("UPDATE claims SET unit = 1"))
    stripped = ("DROP TRIGGER audit_no_update" if lived.sqlite else "DROP TRIGGER audit_no_update ON audit",
                "DROP INDEX uq_claims_open_unit")
    with desk.open(fresh(), key=KEY, guarantees=promises) as other:
        with other.turn() as connection:
            for what in stripped:
                connection.execute(sa.text(what))
        with pytest.raises(Refused, match="lacks audit_no_update, uq_claims_open_unit"):
            restore(other, kept.path)
        assert sum(len(rows) for name, rows in everything(other).items() if name != "settings") == 0


SINCE = {"people": "first", "events": "remedy"}  # columns that came after the second revision


def without(content, columns, name):
    """The rows of a table as COPY writes them, without a column."""
    if name is None:
        return content
    at = columns.index(name)
    cells = (line.split(b"\t") for line in content.splitlines())
    return b"".join(b"\t".join(row[:at] + row[at + 1:]) + b"\n" for row in cells)


def test_a_backup_of_an_older_program_is_restored_and_brought_up_to_date(lived, fresh, promises, tmp_path):
    expected, kept, older = everything(lived), backup(lived, tmp_path / "kept"), tmp_path / "older"
    if lived.sqlite:
        older.write_bytes(kept.path.read_bytes())
        with sqlite3.connect(older) as file:
            for what in SINCE_2:
                file.execute(what)
        file.close()
    else:
        with zipfile.ZipFile(kept.path) as whole, zipfile.ZipFile(older, "w") as archive_:
            told = json.loads(whole.read("manifest.json"))
            told |= {"revision": "desk_2"}
            columns = told.pop("columns")
            del told["rows"]["vault_erased"]
            for name in told["rows"]:
                archive_.writestr(name, without(whole.read(name), columns[name], SINCE.get(name)))
            archive_.writestr("manifest.json", json.dumps(told))
    with desk.open(fresh(), key=KEY, guarantees=promises) as other:
        restore(other, older)
        assert audit.verify(other, kept.head).intact, "the entry that was the last is in the log still"
        told = everything(other)
        assert told.pop("audit")[:len(expected["audit"])] == expected.pop("audit")
        assert told == expected
        with other.reading() as connection:
            assert migrations.revision(connection) == migrations.HEAD
            guarded(connection)


def test_what_an_older_program_left_unsealed_in_an_archive_is_sealed(fresh, promises, tmp_path):
    """Units that it registered by the million were in no sum of the log."""
    with desk.open(fresh(), key=KEY, guarantees=promises) as older:
        if older.sqlite:
            pytest.skip("a copy of a file is opened, and so brought up to date like any desk")
        with older.turn() as connection:
            copy_in(connection, "units", ("number", "mark", "origin", "version"), [(1, mark(KEY, "A"), "sold", 0)])
            copy_in(connection, "vault", ("unit", "serial"), [(1, "A")])
        kept = backup(older, tmp_path / "kept")
    with zipfile.ZipFile(kept.path) as whole:
        told = json.loads(whole.read("manifest.json"))
    rows = {name: told["rows"][name] for name in ("settings", "units", "vault", "audit")}
    archive = rewritten(kept.path, tmp_path / "older", manifest=json.dumps(told | {"revision": "desk_2", "rows": rows}))
    with desk.open(fresh(), key=KEY, guarantees=promises) as other:
        restore(other, archive)
        assert [entry["kind"] for entry in audit.page(other)] == ["seal"]


def rewritten(path, new, **members):
    """Write an archive again with other members; None leaves one out."""
    with zipfile.ZipFile(path) as whole, zipfile.ZipFile(new, "w") as other:
        for name in whole.namelist():
            content = members.get(name.removesuffix(".json"), whole.read(name))
            if content is not None:
                other.writestr(name, content)
    return new


@pytest.mark.parametrize("fresh", ["postgres"], indirect=True)
def test_a_damaged_archive_is_refused_and_nothing_of_it_is_there(lived, fresh, promises, tmp_path):
    kept = backup(lived, tmp_path / "kept").path
    with zipfile.ZipFile(kept) as whole:
        place = whole.getinfo("units").header_offset + 80
        manifest, log = json.loads(whole.read("manifest.json")), whole.read("audit")
    flipped = bytearray(kept.read_bytes())
    flipped[place] ^= 0xFF
    (tmp_path / "flipped").write_bytes(flipped)
    wrong = [tmp_path / "flipped"]
    for i, members in enumerate((
        {"costs": None}, {"manifest": None}, {"manifest": b"{"}, {"manifest": b"[]"}, {"audit": None},
        {"units": b"not\na\ntable\n"}, {"costs": b""}, {"audit": log.replace(b"agent", b"owner")},
        {"audit": log[:log[:-1].rindex(b"\n") + 1]}, {"manifest": json.dumps(manifest | {"revision": "desk_99"})},
        {"manifest": json.dumps(manifest | {"rows": manifest["rows"] | {"pg_class": 1}})},
        {"manifest": json.dumps(manifest | {"key": "another"})},
    )):
        wrong.append(rewritten(kept, tmp_path / f"wrong{i}", **members))
    with desk.open(fresh(), key=KEY, guarantees=promises) as other:
        for path in wrong:
            with pytest.raises(Refused):
                restore(other, path)
        assert sum(len(rows) for name, rows in everything(other).items() if name != "settings") == 0
        assert restore(other, kept).rows["claims"] == 5


@pytest.mark.parametrize("fresh", ["postgres"], indirect=True)
def test_a_log_that_does_not_hold_is_no_backup(lived, tmp_path):
    with lived.turn() as connection:
        connection.execute(sa.text("ALTER TABLE audit DISABLE TRIGGER ALL"))
        connection.execute(sa.text("UPDATE audit SET role = 'admin' WHERE number = 12"))
    with pytest.raises(Refused, match="entry 12"):
        backup(lived, tmp_path / "kept")
    assert not list(tmp_path.glob("*kept*"))
