"""The key is made once, whoever comes first; what was erased is in none of the database's own files."""

import os
import sqlite3
import stat
import threading

import pytest
import sqlalchemy as sa

from warrantor import desk
from warrantor.cli.app import run
from warrantor.desk import audit, tables, units, vault

SERIAL = "490154203237518"


def test_many_make_the_key_at_once_and_all_read_the_same(tmp_path):
    for i in range(20):
        path, found, all_there = tmp_path / str(i) / "desk.key", [], threading.Barrier(4)

        def reads(path=path, found=found, all_there=all_there):
            all_there.wait()
            found.append(vault.read_key(path))

        threads = [threading.Thread(target=reads) for _ in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert len(found) == 4
        assert len(set(found)) == 1
        assert [p.name for p in path.parent.iterdir()] == ["desk.key"]


def test_who_comes_second_finds_the_key_whole_and_leaves_it(tmp_path):
    """Another makes the key between the look for it and the making."""
    path = tmp_path / "desk.key"

    def token(size):
        path.write_text("ab" * size + "\n")
        path.chmod(0o600)
        return b"\xcd" * size

    assert vault.read_key(path, token) == b"\xab" * 32


def test_a_key_is_on_disk_before_it_is_used(tmp_path, monkeypatch):
    synced, asked = [], os.fsync

    def fsync(number):
        synced.append(stat.S_ISDIR(os.fstat(number).st_mode))
        asked(number)

    monkeypatch.setattr(os, "fsync", fsync)
    vault.read_key(tmp_path / "desk.key")
    assert synced == [False, True], "the file, then its folder"


def held(tmp_path):
    return b"".join(p.read_bytes() for p in tmp_path.glob("desk*.sqlite*"))


@pytest.mark.parametrize("fresh", ["sqlite"], indirect=True)
def test_an_erasure_says_that_a_reader_keeps_the_old_pages(store, staff, sell, tmp_path, monkeypatch):
    monkeypatch.setattr(vault, "PATIENT", 0.1)
    number = sell(SERIAL)
    with sqlite3.connect(store.engine.url.database) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM units").fetchone()
        assert vault.erase(store, number, staff["adm"]) is False
        assert SERIAL.encode() in held(tmp_path)
    reader.close()
    assert vault.scrubbed(store) is True
    assert SERIAL.encode() not in held(tmp_path)


def test_an_erasure_that_nobody_hinders_says_so(store, staff, sell):
    assert vault.erase(store, sell(SERIAL), staff["adm"]) is True
    with store.reading() as connection:
        marks = connection.execute(sa.select(tables.erased.c.mark)).scalars().all()
    assert marks == [vault.erased_mark(store.key, SERIAL)]
    assert vault.mark(store.key, SERIAL) not in marks
    assert vault.erase(store, sell(SERIAL), staff["adm"]) is True, "a serial that came back is erased again"
    assert audit.verify(store).intact


@pytest.mark.parametrize("fresh", ["postgres"], indirect=True)
def test_dead_rows_of_the_vault_are_taken_out(store, staff, sell):
    def vacuumed():
        with store.engine.connect() as connection:
            connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
            return connection.execute(sa.text(
                "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname IN "
                "('vault', 'vault_papers', 'vault_words') ORDER BY relname")).scalars().all()

    number = sell(SERIAL)
    before = vacuumed()
    vault.erase(store, number, staff["adm"])
    assert vacuumed() == [count + 1 for count in before]


def test_the_command_says_what_a_reader_keeps(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(vault, "PATIENT", 0.1)
    (tmp_path / "units.csv").write_text("serial,product\nA,phone\nB,phone\n")
    (tmp_path / "forget.txt").write_text("A\nB\n")
    folder = tmp_path / "d"
    assert run(["desk", "import", str(folder), str(tmp_path / "units.csv")]) == 0
    with sqlite3.connect(folder / "desk.sqlite") as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM units").fetchone()
        assert run(["desk", "erase", str(folder), str(tmp_path / "forget.txt")]) == 0
    reader.close()
    assert "went on reading" in capsys.readouterr().out
    with desk.open(folder / "desk.sqlite", key=vault.read_key(folder / "desk.key")) as store:
        assert units.find(store, "A") is None
        assert units.find(store, "B") is None


def test_a_desk_whose_clock_stands_elsewhere_exports_its_own_day(tmp_path, capsys):
    from datetime import UTC, datetime, timedelta

    from warrantor.cli.serve import opened
    from warrantor.desk.ahead import set_ahead

    with opened(tmp_path / "d") as store:
        set_ahead(store, datetime(2031, 5, 5, 9, tzinfo=UTC) - datetime.now(UTC))
    with opened(tmp_path / "d") as store:
        assert timedelta(0) <= store.clock() - datetime(2031, 5, 5, 9, tzinfo=UTC) < timedelta(hours=1)
    assert run(["desk", "export", str(tmp_path / "d"), str(tmp_path / "out")]) == 0
    assert "--data-until 2031-05-05" in " ".join(capsys.readouterr().out.split())
