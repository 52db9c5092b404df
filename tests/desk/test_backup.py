"""A backup taken while claims come in is whole, restores into an empty desk, and refuses what it is not."""

import datetime as dt
import threading
import zipfile

import pytest
import sqlalchemy as sa

import warrantor as wr
from warrantor import desk
from warrantor.desk import audit, claims, costs, entitle, export, tables, units
from warrantor.desk.backup import backup, restore
from warrantor.desk.claims import Opening
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


def test_the_laboratory_reads_what_the_counter_wrote(store, staff, sell, do, clock, tmp_path):
    """Every unit ends, at the laboratory, on the day the desk says."""
    sell("A", dt.date(2026, 1, 5))
    sell("B", dt.date(2026, 2, 28))
    sell("C", dt.date(2026, 2, 1))
    one = claims.open_claim(store, staff["ana"], Opening("A", symptom="dead"))
    one = do(do(one, "check", "authorise", "receive"), "diagnose", fault="performance")
    two = claims.open_claim(store, staff["zoe"], Opening("B", bought="2026-02"))
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
    (tmp_path / "long.toml").write_text(PROMISES)
    wr.load(tmp_path / "out" / "units.csv", tmp_path / "out" / "claims.csv", tmp_path / "fleet",
            events=tmp_path / "out" / "events.csv", guarantees=tmp_path / "long.toml",
            data_until=done.until)
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


PROMISES = """
[[guarantee]]
name = "long"
version = "1"
[guarantee.terms.host]
months = 18
"""
