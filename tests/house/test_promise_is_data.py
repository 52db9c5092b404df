"""A new market touches no Python: no guarantee, market, zone or case stands as a literal in the code."""

import ast
import csv
import re
from pathlib import Path

import pytest

from warrantor.terms import shipped

SRC = Path(__file__).parents[2] / "src" / "warrantor"
MODULES = sorted(SRC.rglob("*.py"))
NAMES = {n for g in shipped().all for n in (g.name, g.key)}
CODES = {m for g in shipped().all for m in (*g.markets, *g.sold_in, *g.activated_in, *g.territories, *g.served_in)
         if m != "*"}
ZONES = {g.zone for g in shipped().all} - {"UTC"}
PRODUCTS = {p for g in shipped().all for p in (*g.products, *g.brands)} - {"*"}
CASE = re.compile(r"\bW\d{3}\b")


def literals(path):
    """Every text in the code, without what is said in docstrings."""
    tree = ast.parse(path.read_text())
    told = {ast.get_docstring(n, clean=False) for n in ast.walk(tree)
            if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)}
    return [n.value for n in ast.walk(tree)
            if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value not in told]


def told_of(texts):
    """What in some texts only a pack should say."""
    whole = {t for t in texts if t in CODES or t in ZONES}
    inside = {n for t in texts for n in (*NAMES, *PRODUCTS) if re.search(rf"\b{re.escape(n)}\b", t)}
    return whole | inside | {m for t in texts for m in CASE.findall(t)}


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SRC)))
def test_no_market_stands_in_the_code(path):
    assert not told_of(literals(path))


def test_a_market_in_the_code_would_be_seen():
    assert told_of(["CN"]) == {"CN"}
    assert told_of(["see eu_legal there"]) == {"eu_legal"}
    assert told_of(["W088", "Asia/Shanghai", "SELECT 1 IN (2)", "x"]) == {"W088", "Asia/Shanghai"}


def test_no_case_of_the_larger_data_is_known_to_the_code(data_folder):
    with (data_folder / "entitlement_cases.csv").open(encoding="utf-8") as lines:
        ids = {row["case_id"] for row in csv.DictReader(lines)}
    assert not [p for p in MODULES for i in ids if i in p.read_text()]
