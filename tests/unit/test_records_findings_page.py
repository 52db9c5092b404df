"""The page of findings is the rules; no finding names a rule that is not on it."""

import re
from pathlib import Path

from warrantor.records.rules import RULES, page

ROOT = Path(__file__).parents[2]


def test_the_page_is_the_rules():
    assert (ROOT / "docs" / "findings.md").read_text() == page()


def test_every_rule_named_in_the_source_is_on_the_page():
    named = set()
    for path in (ROOT / "src" / "warrantor").rglob("*.py"):
        text = path.read_text()
        if path.parent.name == "records":
            named |= set(re.findall(r'Check\(\s*"([a-z0-9-]+)"', text))
        named |= set(re.findall(r'"([a-z]+(?:-[a-z0-9]+)+)", "(?:[A-Z][^"]*\.)"', text))
    assert len(named) > 15
    assert named <= set(RULES)
