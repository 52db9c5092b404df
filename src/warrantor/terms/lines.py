"""On which line of a TOML text a key stands: the standard reader does not say."""

from __future__ import annotations

import re
import tomllib

_TABLE = re.compile(r"""^\s*(\[\[?)\s*([\w.\-"' ]+?)\s*\]\]?\s*(?:#.*)?$""")
_KEY = re.compile(r"""^\s*("[^"]+"|'[^']+'|[\w.-]+)\s*=""")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")


def lines_of(text: str) -> dict[str, int]:
    r"""Return the line of every table and key, counted from 1.

    A key is named by its path; the tables of an array are numbered from 0: "guarantee.1.terms.host.months".

    Examples
    --------
    >>> lines_of("[[guarantee]]\nname = 'a'\n[guarantee.terms.host]\nmonths = 12")["guarantee.0.terms.host.months"]
    4
    """
    found: dict[str, int] = {}
    counted: dict[str, int] = {}
    path, inside = "", False
    for number, line in enumerate(text.splitlines(), 1):
        table, key = (None, None) if inside else (_TABLE.match(line), _KEY.match(line))
        inside ^= (line.count('"""') + line.count("'''")) % 2 == 1
        if table:
            name = re.sub(r"""["' ]""", "", table.group(2))
            if table.group(1) == "[[":
                counted[name] = counted.get(name, -1) + 1
            path = _numbered(name, counted)
            found.setdefault(path, number)
        elif key:
            name = key.group(1).strip("\"'")
            found.setdefault(f"{path}.{name}".lstrip("."), number)
    return found


def nearest(lines: dict[str, int], path: str) -> int | None:
    """Return the line of a path, of the first key below it, or of the closest table that holds it."""
    while path:
        found = [line for key, line in lines.items() if key == path or key.startswith(f"{path}.")]
        if found:
            return min(found)
        path = path.rpartition(".")[0]
    return None


def line_of_error(error: tomllib.TOMLDecodeError, text: str) -> tuple[int | None, str]:
    """Return the line at which the reader stopped, and what it said without the place."""
    found = _AT_LINE.search(str(error))
    if found is None:
        return None, str(error)
    return int(found.group(1) or len(text.splitlines())), str(error)[: found.start()]


def _numbered(name: str, counted: dict[str, int]) -> str:
    head, _, rest = name.partition(".")
    place = f"{head}.{counted[head]}" if head in counted else head
    return f"{place}.{rest}" if rest else place
