"""No date arithmetic in SQL: days are integers, and the calendar says where cover ends."""

import re
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src" / "warrantor"
FORBIDDEN = re.compile(r"\b(?:interval\s+'|date_add|date_sub|date_diff|datediff|add_months|months_between|"
                       r"current_date|now\s*\()", re.IGNORECASE)
TEXTS = [*SRC.rglob("*.sql"), *(SRC / "exposure").glob("*.py"), *(SRC / "records").glob("*.py")]


@pytest.mark.parametrize("path", TEXTS, ids=lambda p: p.name)
def test_the_text_counts_no_days_of_its_own(path):
    assert not FORBIDDEN.search(path.read_text())


def test_a_second_rule_would_be_seen():
    assert FORBIDDEN.search("SELECT start + INTERVAL '18' MONTH")
    assert FORBIDDEN.search("SELECT add_months(start, 18)")
    assert len(TEXTS) > 10
