"""Every question that exposure registers is asked of every engine in tests/engines."""

import ast
from pathlib import Path

import warrantor.exposure
from warrantor.exposure import QUESTIONS

ENGINES = Path(__file__).parents[1] / "engines"


def asked(sources):
    """The questions that test functions put to every engine."""
    found = set()
    for source in sources:
        for test in ast.walk(ast.parse(source)):
            if isinstance(test, ast.FunctionDef) and test.name.startswith("test_"):
                found |= {call.args[0].value for call in ast.walk(test)
                          if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "same_everywhere"
                          and isinstance(call.args[0], ast.Constant)}
    return found


def test_every_question_is_asked_of_every_engine():
    untested = set(QUESTIONS) - asked(path.read_text() for path in sorted(ENGINES.glob("test_*.py")))
    assert not untested, f"questions without an engine-matrix test: {sorted(untested)}"


def test_every_text_is_a_registered_question_or_part_of_one():
    folder = Path(next(iter(warrantor.exposure.__path__)))
    assert {path.stem for path in folder.glob("*.sql")} == {*QUESTIONS, "known", "drawn", "paid"}


def test_a_question_without_a_test_would_be_seen():
    source = "def test_a():\n    same_everywhere('units', 1)\ndef helper():\n    same_everywhere('lost')"
    assert asked([source]) == {"units"}
