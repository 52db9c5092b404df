"""Words to verbs, results to tables, failures to exit codes."""

import json

import pytest

from warrantor.cli import app, main, out, verbs
from warrantor.finding import Finding, Findings, Refused

FOUND = Finding("units.csv", 3, "sold_on", "x", "unparsable", "Not a day.", "Write YYYY-MM-DD.")


@pytest.mark.parametrize(("error", "code", "words"), [
    (app.UsageError("name --by"), 2, "name --by"),
    (Findings([FOUND]), 3, "units.csv:3"),
    (Refused("no claims"), 1, "no claims"),
    (FileNotFoundError("no such file"), 1, "no such file"),
    (KeyboardInterrupt(), 130, "Interrupted"),
])
def test_each_failure_has_its_exit_code_and_says_why(monkeypatch, capsys, error, code, words):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(app, "app", lambda: fail)
    assert app.run(["life"]) == code
    said = capsys.readouterr()
    assert words in said.err
    assert not said.out


def test_an_unknown_verb_is_a_usage_error_that_names_the_near_one(capsys):
    assert app.run(["extand"]) == 2
    assert "did you mean extend" in capsys.readouterr().err


def test_many_findings_are_counted_not_poured_out(monkeypatch, capsys):
    def fail(*_, **__):
        raise Findings([FOUND] * 60)

    monkeypatch.setattr(app, "app", lambda: fail)
    app.run(["load"])
    assert "10 more findings" in capsys.readouterr().err


def test_overview_names_every_verb(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["warrantor", "--help"])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert all(name in text for name in verbs.VERBS)


def test_json_is_one_line_with_its_schema_and_no_nan(capsys):
    out.emit({"schema": "warrantor.x/1", "a": None}, json=True)
    assert json.loads(capsys.readouterr().out) == {"schema": "warrantor.x/1", "a": None}
    with pytest.raises(ValueError, match="JSON"):
        out.emit({"schema": "warrantor.x/1", "a": float("nan")}, json=True)
    with pytest.raises(ValueError, match="schema"):
        out.emit({"a": 1}, json=True)


def test_csv_and_table_carry_the_same_cells(capsys):
    sheet = out.Sheet("Claims", ("product", "claims"), (("[red]A[/red]", 1200), ("B", None)), ("simulated",))
    out.emit({}, sheet, csv=True)
    assert capsys.readouterr().out == "product,claims\n[red]A[/red],1200\nB,\n"
    out.emit({}, sheet)
    text = capsys.readouterr().out
    assert "[red]A[/red]" in text
    assert "1,200" in text
    assert "simulated" in text


def test_a_missing_number_is_empty_and_a_zero_is_zero():
    assert out.number(None) == ""
    assert out.number(float("nan")) == ""
    assert out.number(0.0) == "0"
