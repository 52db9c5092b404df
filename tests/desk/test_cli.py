"""The desk from the command: units in, records out, backup, restore, and the log verified."""

import json
import shutil

import pytest
import sqlalchemy as sa

from warrantor import desk
from warrantor.cli.app import run
from warrantor.desk.vault import read_key

UNITS = "serial,product,sold_on\nA,phone,2026-01-02\nB,phone,2026-01-03\n"


@pytest.fixture
def folder(tmp_path, capsys):
    (tmp_path / "units.csv").write_text(UNITS)
    assert run(["desk", "import", str(tmp_path / "d"), str(tmp_path / "units.csv"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["new"] == 2
    return tmp_path


def test_a_desk_goes_out_and_comes_back(folder, capsys):
    assert run(["desk", "backup", str(folder / "d"), str(folder / "kept"), "--json"]) == 0
    head = json.loads(capsys.readouterr().out)["head"]
    (folder / "e").mkdir()
    shutil.copy2(folder / "d" / "desk.key", folder / "e")
    assert run(["desk", "restore", str(folder / "e"), str(folder / "kept")]) == 0
    assert run(["audit", "verify", str(folder / "e"), "--head", head]) == 0
    assert "every seal" in capsys.readouterr().out
    assert run(["desk", "export", str(folder / "e"), str(folder / "out"), "--until", "2026-12-31"]) == 0
    assert "warrantor load" in capsys.readouterr().out
    assert (folder / "out" / "units.csv").read_text().count("\n") == 3
    assert (folder / "d" / "desk.sqlite").stat().st_mode & 0o077 == 0


def test_a_row_with_a_finding_is_said_and_the_exit_says_so(folder, capsys):
    (folder / "bad.csv").write_text(UNITS + ",phone,\n")
    words = ["desk", "import", str(folder / "d"), str(folder / "bad.csv")]
    assert run(words) == 3
    assert "serial-missing" in capsys.readouterr().err
    assert run([*words, "--accept-good"]) == 3


def test_serials_of_a_file_are_forgotten_and_the_log_stays_whole(folder, capsys):
    (folder / "forget.txt").write_text("\ufeffA\nNOBODY\n\nA\n", encoding="utf-8")
    words = ["desk", "erase", str(folder / "d"), str(folder / "forget.txt")]
    assert run([*words, "--json"]) == 3
    said = json.loads(capsys.readouterr().out)
    assert (said["erased"], said["unknown_lines"]) == (1, [2])
    assert run(words) == 3
    told = capsys.readouterr().out
    assert "line 1, 2" in told
    assert "NOBODY" not in told
    from warrantor.desk import units

    with desk.open(folder / "d" / "desk.sqlite", key=read_key(folder / "d" / "desk.key")) as store:
        assert units.find(store, "A") is None
        assert units.find(store, "B") is not None
    assert run(["audit", "verify", str(folder / "d")]) == 0
    assert run(["desk", "erase", str(folder / "d"), str(folder / "not there")]) == 2


def test_a_broken_log_fails(folder, capsys):
    key = read_key(folder / "d" / "desk.key")
    with desk.open(folder / "d" / "desk.sqlite", key=key) as store, store.turn() as connection:
        connection.execute(sa.text("DROP TRIGGER audit_no_update"))
        connection.execute(sa.text("UPDATE audit SET kind = 'nothing'"))
    assert run(["audit", "verify", str(folder / "d"), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["wrong"] == [
        "Entry 1 is not what was sealed.",
        "Of the units 1 to 9999 one or more were changed, added or taken away past the desk.",
        "The trigger audit_no_update that refuses changes is gone from the database, or changed."]


@pytest.mark.parametrize("words", [["audit", "verify", "nowhere"], ["desk", "backup", "nowhere", "x"],
                                   ["desk", "import", "d", "u", "--until", "2026-01-01"],
                                   ["desk", "backup", "d", "u", "--accept-good"], ["audit", "rewrite", "d"]])
def test_what_was_not_meant_is_not_done(words, folder, monkeypatch, capsys):
    monkeypatch.chdir(folder)
    assert run(words) == 2
    assert not (folder / "nowhere").exists()
