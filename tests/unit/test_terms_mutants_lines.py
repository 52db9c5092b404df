"""On which line of a text a key stands."""

import pytest

from warrantor.terms import PackError, load_guarantees
from warrantor.terms.lines import lines_of, nearest

TEXT = """\
title = "x"
[rules."R-1"]
text = 1
'zh' = 2
[[guarantee]]
name = 'a'
  [guarantee.terms.host]   # the unit
  months = 12
"two words" = 3
[[guarantee]]
name = 'b'
[guarantee.terms.'host']
months = 6
[topics]
X-rule.X = 1
"""


def test_every_table_and_key_has_its_line():
    assert lines_of(TEXT) == {
        "title": 1, "rules.R-1": 2, "rules.R-1.text": 3, "rules.R-1.zh": 4, "guarantee.0": 5, "guarantee.0.name": 6,
        "guarantee.0.terms.host": 7, "guarantee.0.terms.host.months": 8, "guarantee.0.terms.host.two words": 9,
        "guarantee.1": 10, "guarantee.1.name": 11, "guarantee.1.terms.host": 12, "guarantee.1.terms.host.months": 13,
        "topics": 14, "topics.X-rule.X": 15,
    }
    assert lines_of("X = 1\n") == {"X": 1}


@pytest.mark.parametrize(("path", "line"), [
    ("guarantee.0.terms.host.months", 8), ("guarantee.0.terms", 7), ("guarantee.0.terms.battery.days", 7),
    ("guarantee.0.remedies.windows", 5), ("guarantee.1.colour", 10), ("guarantee.0", 5), ("guarantee", 5),
    ("nothing.here", None), ("", None),
])
def test_a_path_without_a_line_takes_that_of_what_is_closest(path, line):
    assert nearest(lines_of(TEXT), path) == line


@pytest.mark.parametrize(("text", "line", "why"), [
    ("a = 1\nb = \n", 2, "this is no TOML: Invalid value"),
    ("a = 1\n\nb = [1, 2", 3, "this is no TOML: Unclosed array"),
    ("a = 1\na = 2\n", 2, "this is no TOML: Cannot overwrite a value"),
])
def test_what_is_no_toml_is_refused_at_the_line_where_reading_stopped(text, line, why):
    with pytest.raises(PackError) as caught:
        load_guarantees(text)
    assert (caught.value.line, caught.value.why) == (line, why)
