"""The shape of the house: sizes, names, documentation. Kept by a test, not by taste."""

import ast
import statistics
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "warrantor"
MODULES = sorted(SRC.rglob("*.py"))
FORBIDDEN_ROOMS = {"utils", "util", "common", "core", "base", "helpers", "misc", "internals", "_internal"}


def body_lines(node):
    body = node.body
    if ast.get_docstring(node) is not None:
        body = body[1:]
    return 0 if not body else node.end_lineno - body[0].lineno + 1


def functions(path):
    tree = ast.parse(path.read_text())
    return [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


def public_definitions(path):
    """Public functions, classes and methods that are reachable from the outside of a module."""
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from (m for m in node.body if isinstance(m, ast.FunctionDef) and not m.name.startswith("_"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_no_module_over_400_lines_and_no_function_over_40(path):
    assert len(path.read_text().splitlines()) <= 400
    long = {f.name: body_lines(f) for f in functions(path) if body_lines(f) > 40}
    assert not long, f"{path.name}: functions over 40 lines: {long}"


def test_modules_and_functions_are_small_on_the_whole():
    assert statistics.median(len(p.read_text().splitlines()) for p in MODULES) <= 150
    bodies = sorted(body_lines(f) for p in MODULES for f in functions(p))
    assert bodies[int(0.9 * len(bodies))] <= 20, "one function in ten is over 20 lines"


def test_no_room_is_a_drawer():
    names = {p.stem for p in MODULES} | {p.name for p in SRC.rglob("*") if p.is_dir()}
    assert not names & FORBIDDEN_ROOMS


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_every_public_name_is_documented_and_typed(path):
    tree = ast.parse(path.read_text())
    assert ast.get_docstring(tree), f"{path} says nothing of itself"
    for node in public_definitions(path):
        assert ast.get_docstring(node), f"{path.name}: {node.name} has no docstring"
        if isinstance(node, ast.FunctionDef):
            assert node.returns is not None, f"{path.name}: {node.name} does not say what it returns"


def test_a_long_function_would_be_seen():
    node = ast.parse("def f():\n    '''Say.'''\n" + "    x = 1\n" * 41).body[0]
    assert body_lines(node) == 41
