"""A file of units, read a row at a time: what is good, and what is wrong at which line."""

from __future__ import annotations

import csv
import hmac
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from warrantor.desk.life_cycle import NAME
from warrantor.desk.units import DAYS, WORDS
from warrantor.desk.vault import mark, older_mark
from warrantor.finding import Finding, Findings
from warrantor.terms import Guarantees
from warrantor.terms.ask import a_day

COLUMNS = ("serial", *WORDS, *DAYS, "replaces")
ROW = ("mark", "serial", *WORDS, *DAYS, "line", "named", "older", "replaces", "other", "other_older")
FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)
MOST_FOUND = 1000  # findings of one file that are kept; the rest is counted
BLOCK = 1 << 20


@dataclass(slots=True)
class UnitFile:
    """A CSV file of units; see docs/records.md for its columns.

    Attributes
    ----------
    path : Path
        Where.
    key : bytes
        Marks serials.
    guarantees : Guarantees
        Promises; a row that names none gets the first that is for it.
    found : list of Finding
        What is wrong with rows, in the order of lines.
    more : int
        How many more there were than are kept.
    notes : list of Finding
        What is worth saying; not more than are kept of what is wrong.
    erased : int
        Rows left out because their serial was erased.
    """

    path: Path
    key: bytes = field(repr=False)
    guarantees: Guarantees = field(repr=False)
    found: list[Finding] = field(default_factory=list)
    more: int = 0
    notes: list[Finding] = field(default_factory=list)
    erased: int = 0
    _resolved: dict[tuple[Any, ...], str] = field(default_factory=dict)
    _days: dict[str, date] = field(default_factory=dict)
    _places: dict[str, int] = field(default_factory=dict)

    def rows(self) -> Iterator[tuple[Any, ...]]:
        """Yield of each good row what `ROW` names; days are text.

        named: 1 where the row says its guarantee itself. older: the mark that desks once gave to such a serial. other:
        the mark of the unit it replaces; None where it replaces none.

        Raises
        ------
        Findings
            The file cannot be read at all: it is empty, no UTF-8, or has no serials.
        """
        keys = {g.key for g in self.guarantees.all}
        with self._opened() as lines:
            width = self._header(next(lines, None))
            for row in lines:
                if not row:
                    continue
                if len(row) != width:
                    self.say(Finding(str(self.path), lines.line_num, None, None, "ragged-row",
                                     f"This record has {len(row)} fields, the header {width}.",
                                     "Quote fields that hold the separator."))
                    continue
                read = self._read([*map(str.strip, row), ""], lines.line_num, keys)
                if read is not None:
                    yield read

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                yield csv.reader(file)
        except UnicodeDecodeError as error:
            raise self._whole("not-utf8", f"The file holds bytes that are no UTF-8 text, near byte {error.start}.",
                              "Write the file as UTF-8.") from error
        except csv.Error as error:
            raise self._whole("header-unread", f"This is no CSV: {error}.", "Write it as CSV.") from error

    def _header(self, names: list[str] | None) -> int:
        """Find the columns; return how many the file has."""
        if not names:
            raise self._whole("empty-file", "The file is empty.", "Its first line names the columns.")
        told = [name.strip().lower() for name in names]
        if "serial" not in told:
            raise self._whole("column-missing", "There is no column serial.", "Name the column of the serials so.")
        twice = {name for name in told if told.count(name) > 1}
        if twice:
            raise self._whole("column-twice", f"Two columns are called {min(twice)}.", "Rename one of them.")
        self.notes += [Finding(str(self.path), 1, name, None, "column-unknown",
                               "The desk keeps no such column of a unit; it is not loaded.", "Nothing.")
                       for name in told if name not in COLUMNS]
        self._places = {name: told.index(name) if name in told else -1 for name in COLUMNS}
        return len(told)

    def _whole(self, rule: str, why: str, what_to_do: str) -> Findings:
        return Findings([Finding(str(self.path), None, None, None, rule, why, what_to_do)])

    def _read(self, cells: list[str], line: int, keys: set[str]) -> tuple[Any, ...] | None:
        """Return a row's values; the last cell is empty, and stands for every column the file has not."""
        at = self._places
        serial = cells[at["serial"]]
        words = {name: cells[at[name]] for name in WORDS}
        days = {name: cells[at[name]] or None for name in DAYS}
        wrong = self._wrong(serial, words["guarantee"], days, keys) or _unstorable(words | {
            "replaces": cells[at["replaces"]]})
        if wrong is not None:
            column, value, rule, why, what_to_do = wrong
            self.say(Finding(str(self.path), line, column, value, rule, why, what_to_do))
            return None
        return self._row(serial, words, days, cells[at["replaces"]], line)

    def _wrong(
        self, serial: str, guarantee: str, days: dict[str, str | None], keys: set[str]
    ) -> tuple[str, str, str, str, str] | None:
        """Return column, value, rule, why and what to do of the first thing that cannot be."""
        if not serial:
            return "serial", "", "serial-missing", "There is no serial.", "Fill it in."
        if len(serial) > NAME or not serial.isprintable():
            return ("serial", serial[:NAME], "unparsable", f"A serial is one line of at most {NAME} characters.",
                    "Correct it.")
        for name, day in days.items():
            if day is not None and day not in self._days and self._day(day) is None:
                return name, day, "unparsable", "This is no day.", "Write it YYYY-MM-DD."
        made, sold = days["made_on"], days["sold_on"]
        if made is not None and sold is not None and sold < made:
            return ("sold_on", sold, "sold-before-made", "The unit was sold before it was made.",
                    "Correct one of the days.")
        if guarantee and guarantee not in keys:
            return ("guarantee", guarantee, "guarantee-unknown", "The guarantees hold no such name@version.",
                    "Give the guarantees that hold it.")
        return None

    def _row(
        self, serial: str, words: dict[str, str], days: dict[str, str | None], replaces: str, line: int
    ) -> tuple[Any, ...]:
        key, named = self.key, 1 if words["guarantee"] else 0
        if replaces:  # a unit in exchange has the guarantee of the one it stands for
            other: bytes | None = mark(key, replaces)
            other_older = older_mark(key, replaces)
        else:
            other = other_older = None
            if not named:
                words["guarantee"] = self._promise(words, self._day(days["sold_on"] or ""))
        return (mark(key, serial), serial, *words.values(), *days.values(), line, named, older_mark(key, serial),
                replaces, other, other_older)

    def _promise(self, words: dict[str, str], sold: date | None) -> str:
        asked = (words["product"], words["market"], sold, words["channel"])
        if asked not in self._resolved:
            self._resolved[asked] = self.guarantees.resolve(
                product=asked[0], market=asked[1], sold_on=sold, channel=asked[3]) or ""
        return self._resolved[asked]

    def _day(self, text: str) -> date | None:
        if text not in self._days:
            try:
                read = a_day(text)
            except ValueError:
                return None
            if not FIRST <= read <= LAST:
                return None
            self._days[text] = read
        return self._days[text]

    def say(self, one: Finding) -> None:
        """Keep a finding, or count it where there are too many."""
        if len(self.found) < MOST_FOUND:
            self.found.append(one)
        else:
            self.more += 1

    def note(self, line: int, column: str, rule: str, why: str, what_to_do: str) -> None:
        """Keep a note of a row; what it says of the unit is not repeated."""
        if len(self.notes) < MOST_FOUND:
            self.notes.append(Finding(str(self.path), line, column, None, rule, why, what_to_do))

    def in_order(self) -> list[Finding]:
        """Return what was found by line, and how much more there is."""
        found = sorted(self.found, key=lambda one: one.line or 0)
        if self.more:
            found.append(Finding(str(self.path), None, None, None, "more-findings",
                                 f"There are {self.more} more findings in this file than are listed.",
                                 "Correct what is listed; a wrong column is the likely cause."))
        return found

    def digest(self) -> str:
        """Return the HMAC-SHA256 of the whole file: the same one is known again, and what is in it is not told."""
        seal = hmac.new(self.key, digestmod="sha256")
        with self.path.open("rb") as file:
            while block := file.read(BLOCK):
                seal.update(block)
        return seal.hexdigest()


def _unstorable(words: dict[str, str]) -> tuple[str, str, str, str, str] | None:
    """Return what is wrong with the first text that no database keeps: one with a null character in it."""
    for name, word in words.items():
        if "\x00" in word:
            return name, word[:NAME], "unparsable", "A text holds a null character.", "Take it out."
    return None
