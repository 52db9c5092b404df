"""A file may not move the day cover begins: what would is found by asking the terms, never by counting days here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from warrantor.desk.staging import Said, Stage, day
from warrantor.desk.units import CLAIMED
from warrantor.terms import Evidence, Guarantees, Request, beside, starts

START = ("made_on", "shipped_on", "sold_on", "delivered_on", "activated_on")
WHO = ("product", "brand", "market", "channel", "guarantee")
EARLY, LATE = date(2000, 1, 1), date(2100, 1, 1)  # no step of any guarantee's evidence reaches from one to the other
MANY = 100_000  # rows whose answer is kept: many units were sold on one day
KNOWN = " OR ".join(f"u.{c} IS NOT NULL" for c in START)
FILLED = " OR ".join(f"(u.{c} IS NULL AND s.{c} IS NOT NULL)" for c in START)
NOW = ", ".join(f"CASE WHEN u.{c} = '' THEN s.{c} ELSE u.{c} END AS {c}" for c in WHO)


@dataclass(slots=True)
class Starts:
    """Whether a guarantee would begin later by one evidence than by another.

    Attributes
    ----------
    guarantees : Guarantees
        The maker's promises; what law and sellers owe is asked beside them.
    """

    guarantees: Guarantees
    _beside: dict[str, Guarantees] = field(default_factory=dict)
    _told: dict[tuple[Any, ...], str | None] = field(default_factory=dict)

    def later(self, who: tuple[str, ...], before: Evidence, after: Evidence) -> bool:
        """Whether any guarantee that may be the unit's would begin later; what began nowhere yet may begin anywhere.

        Parameters
        ----------
        who : tuple of str
            `WHO`.
        before, after : Evidence
            What is known, and what would be.
        """
        product, brand, market, channel, guarantee = who
        granted = (guarantee,) if guarantee else ()
        if guarantee not in self._beside:
            self._beside[guarantee] = beside(self.guarantees, granted)
        one, other = (starts(Request(EARLY, granted=granted, market=market, brand=brand, product=product,
                                     channel=channel, evidence=evidence), self._beside[guarantee])
                      for evidence in (before, after))
        return any(name in other and other[name] > began for name, began in one.items())


    def filled(self, row: tuple[Any, ...]) -> str | None:
        """Return the column that a row fills and that would move the start; None where none does.

        Parameters
        ----------
        row : tuple
            `WHO`, then `START` as the desk has them, then `START` as the row has them.
        """
        if row not in self._told:
            if len(self._told) > MANY:
                self._told.clear()
            self._told[row] = self._moved_by(row)
        return self._told[row]

    def _moved_by(self, row: tuple[Any, ...]) -> str | None:
        who, days = row[:len(WHO)], tuple(map(day, row[len(WHO):]))
        known = dict(zip(START, days[:len(START)], strict=True))
        filled = {c: value for c, value in zip(START, days[len(START):], strict=True)
                  if value is not None and known[c] is None}
        moved = self.later(who, evidence(known), evidence(known | filled))
        return next(iter(filled)) if moved else None


def evidence(days: Mapping[str, date | None]) -> Evidence:
    """Return the evidence of some of the days of `START`."""
    told: dict[str, Any] = dict(days)
    return Evidence(**told)


def keep(stage: Stage, asked: Starts) -> None:
    """Leave rows out that would have cover begin later than the other days of their unit say.

    Which columns are known and which are filled is asked for all rows at once: only where the terms may take another
    day are rows read one by one.
    """
    where = (f"{stage.both} WHERE u.origin <> '{CLAIMED}' AND u.replaces IS NULL AND s.other IS NULL "
             f"AND ({KNOWN}) AND ({FILLED})")
    bits = ", ".join(f"CASE WHEN u.{c} IS NOT NULL THEN 1 WHEN s.{c} IS NOT NULL THEN 2 ELSE 0 END AS {c}_is"
                     for c in START)
    kinds = {tuple(row) for row in stage.run(f"SELECT DISTINCT {NOW}, {bits} FROM {where}")}
    doubtful = {kind for kind in kinds if _may_move(asked, kind)}
    if doubtful:
        days = ", ".join([f"u.{c}" for c in START] + [f"s.{c}" for c in START])
        rows = stage.run(f"SELECT s.line, {NOW}, {days}, {bits} FROM {where}")
        stage.leave_out(list(_moved(asked, map(tuple, rows), doubtful)), said)


def _may_move(asked: Starts, kind: tuple[Any, ...]) -> bool:
    who, bits = kind[:len(WHO)], kind[len(WHO):]
    known: dict[str, date | None] = {c: EARLY for c, bit in zip(START, bits, strict=True) if bit == 1}
    filled = {c: LATE for c, bit in zip(START, bits, strict=True) if bit == 2}
    return asked.later(who, evidence(known), evidence(known | filled))


def _moved(
    asked: Starts, rows: Iterable[tuple[Any, ...]], doubtful: set[tuple[Any, ...]]
) -> Iterator[tuple[int, str, None]]:
    who, bits = 1 + len(WHO), -len(START)
    for row in rows:
        if row[1:who] + row[bits:] in doubtful and (column := asked.filled(row[1:bits])) is not None:
            yield row[0], column, None


def said(row: Any) -> Said:
    """Say that a day would move the start."""
    return (row["what"], str(row[row["what"]]), "start-day-moves",
            "With this day cover would begin later than what the desk knows of the unit says.",
            "Take the day out; two persons change it, as evidence.")
