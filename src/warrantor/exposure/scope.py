"""What a question is asked of: an engine that holds the records and the calendar, and a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from warrantor.engine.protocol import Engine
from warrantor.engine.source import literal, quoted
from warrantor.exposure.question import QUESTIONS, part
from warrantor.finding import Refused

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH = date(1970, 1, 1)
ALWAYS = ("guarantee", "origin")
NEVER = {"unit", "start_day", "end_shift", "returned_day", "replaces", "seen_day"}
_GONE = "returned_day <= own_end AND returned_day <= {as_of}"
_EXIT_DAY = (
    "greatest(start_day, CASE WHEN " + _GONE + " THEN returned_day"
    " WHEN own_end <= {as_of} THEN own_end ELSE {as_of} END)"
)
_EXIT_WHY = "CASE WHEN " + _GONE + " THEN 'gone' WHEN own_end <= {as_of} THEN 'expired' ELSE 'open' END"


@dataclass(frozen=True, slots=True)
class Scope:
    """An engine holding the tables `units`, `claims` and `calendar`, as of a day.

    Attributes
    ----------
    engine : Engine
        Holds the three tables.
    as_of : date
        A claim is known if reported by then.
    currency : str or None
        The one currency of the costs; None where the records hold none.
    units, claims : frozenset of str
        Columns of either table.
    """

    engine: Engine
    as_of: date
    currency: str | None
    units: frozenset[str] = field(repr=False)
    claims: frozenset[str] = field(repr=False)

    @property
    def day(self) -> int:
        """`as_of` in days since 1970-01-01."""
        return (self.as_of - EPOCH).days

    def by(self, names: str | Iterable[str]) -> tuple[str, ...]:
        """Return the stratum columns asked for, the guarantee version and the origin always among them.

        Raises
        ------
        Refused
            A name that is no column of a unit, or one that would make every unit a stratum; lists what there is.
        """
        asked = (names,) if isinstance(names, str) else tuple(names)
        good = sorted(self.units - NEVER - {"serial"})
        for name in asked:
            if name not in good:
                raise Refused(f"units cannot be split by {name!r}; columns to split by: {', '.join(good)}")
        if len(set(asked)) < len(asked):
            raise Refused(f"a column is named twice in {asked}")
        return (*asked, *(name for name in ALWAYS if name not in asked))

    def ask(
        self, question: str, by: Sequence[str] = ALWAYS, *, axis: str = "age", faults: Sequence[str] | None = None,
        within: int = 1, since: int = 0, more: Mapping[str, str] | None = None,
    ) -> pa.Table:
        """Put one registered question to the engine.

        Parameters
        ----------
        question : str
            A name in `QUESTIONS`.
        by : sequence of str
            Stratum columns, as `Scope.by` gives them.
        axis : "age" or "start_day"
            What exits and first claims are placed by.
        faults : sequence of str, optional
            Only claims of these faults are claims; the empty text is a claim without a code.
        within : int
            Days in which a unit is heard or silent, of the question `heard`.
        since : int
            Day number: of the question `settled`, after which claims became known; of `begun`, by which cover began.
        more : mapping of str to str, optional
            Parts of the questions of a trial, as `warrantor.exposure.ledger` makes them.
        """
        parts = self._parts(by, axis, faults) | {"within": str(within), "since": str(since)} | dict(more or {})
        return self.engine.sql(QUESTIONS[question].text(**parts))

    def _parts(self, by: Sequence[str], axis: str, faults: Sequence[str] | None) -> dict[str, str]:
        parts = {
            "by": ", ".join(quoted(n) for n in by),
            "any_by": ", ".join(f"min({quoted(n)}) AS {quoted(n)}" for n in by),
            "as_of": str(self.day),
            "axis": "on_day - start_day" if axis == "age" else "start_day",
            "exit_day": _EXIT_DAY.format(as_of=self.day),
            "exit_why": _EXIT_WHY.format(as_of=self.day),
            "wanted": "TRUE" if faults is None else _among("c.fault", faults),
            "claims": self._claims(by),
        }
        parts |= {f"by_of_{t}": ", ".join(f"{t}.{quoted(n)}" for n in by) for t in "cdgu"}
        return parts | {"known": part("known", **parts)}

    def _claims(self, by: Sequence[str]) -> str:
        """Name the claims as known on the day, with the facts of their units that `by` needs and they do not carry."""
        missing = [n for n in by if n not in self.claims]
        then = (f" WHERE d.known_day <= {self.day} AND (d.replaced_day IS NULL OR d.replaced_day > {self.day})"
                if "replaced_day" in self.claims else "")
        if not missing and not then:
            return "claims"
        facts = "".join(f", f.{quoted(n)}" for n in missing)
        joined = " JOIN units AS f ON f.unit = d.unit" if missing else ""
        return f"(SELECT d.*{facts} FROM claims AS d{joined}{then})"


def calendar_table(rows: Iterable[tuple[str, int, int]]) -> pa.Table:
    """Return the calendar as the engines join it.

    Parameters
    ----------
    rows : iterable of (str, int, int)
        Guarantee version, start day, last covered day; days since 1970-01-01.

    Examples
    --------
    >>> calendar_table([("basic@1", 0, 365)]).to_pylist()
    [{'guarantee': 'basic@1', 'start_day': 0, 'end_day': 365}]
    """
    import pyarrow as pa

    listed = list(rows)
    types = (pa.string(), pa.int32(), pa.int32())
    columns = [pa.array([row[i] for row in listed], kind) for i, kind in enumerate(types)]
    return pa.table(columns, names=["guarantee", "start_day", "end_day"])


def on(day: int) -> date:
    """Return the civil date of a day number.

    Examples
    --------
    >>> on(18262)
    datetime.date(2020, 1, 1)
    """
    return EPOCH + timedelta(days=day)


def _among(column: str, values: Sequence[str]) -> str:
    if isinstance(values, str) or not values:
        raise Refused("faults are a list with at least one code, as in faults=('E01',)")
    return f"coalesce({column}, '') IN ({', '.join(literal(str(v)) for v in values)})"
