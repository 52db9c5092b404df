"""What is asked of every record, as SQL over tables already read."""

from __future__ import annotations

from dataclasses import dataclass

from warrantor.engine.source import literal, quoted
from warrantor.records.schema import TABLES
from warrantor.terms import EVENT_KINDS


@dataclass(frozen=True, slots=True)
class Check:
    """One rule, asked of one column.

    Attributes
    ----------
    rule : str
        Id in `RULES`.
    column : str
        Whose text the finding shows, by our name.
    where : str
        SQL that is true where the finding stands.
    """

    rule: str
    column: str
    where: str


def checks(
    table: str, given: frozenset[str], until: int, currency: str | None, serial_kind: str | None = None
) -> list[Check]:
    """Return the checks of a table.

    Parameters
    ----------
    table : str
        One of `TABLES`.
    given : frozenset of str
        Columns that the source has, by our names; nothing is asked of a column that is not there.
    until : int
        Last day the records tell of, days since 1970-01-01.
    currency : str or None
        The one currency of the costs.
    serial_kind : str or None
        Which serials are IMEIs: "imei" all, "text" none, None those of 15 digits.
    """
    unread = [Check("unparsable", c.name, f"{quoted(c.name)} IS NOT NULL AND {quoted(c.parsed)} IS NULL")
              for c in TABLES[table] if c.kind != "text"]
    late = [Check("after-data-until", c.name, f"{quoted(c.parsed)} > {until}")
            for c in TABLES[table] if c.kind == "day" and c.name != "until"]
    own = {"units": [*_units(), *_imei(serial_kind)], "claims": _claims(currency), "events": _events(),
           "heartbeats": [_serial_known()], "surveys": _surveys()}.get(table, [])
    asked = [*unread, *late, *_needed(table), *own]
    return [c for c in asked if c.column in given or (c.rule in ("start-unknown", "guarantee-none"))]


def text(table: str, asked: list[Check], held: str) -> str:
    """SELECT row__, column_name, cell, rule of every finding."""
    parts = [f"SELECT row__, {literal(c.column)} AS column_name, {quoted(_shown(table, c))} AS cell, "
             f"{literal(c.rule)} AS rule FROM {held} WHERE {c.where}" for c in asked]
    return " UNION ALL ".join(parts)


def _shown(table: str, check: Check) -> str:
    own = {("units", "guarantee"): "named", ("claims", "claim"): "own_claim"}
    return own.get((table, check.column), check.column)


def _needed(table: str) -> list[Check]:
    rows = [Check("serial-missing" if c.name == "serial" else "value-missing", c.name, f"{quoted(c.name)} IS NULL")
            for c in TABLES[table] if c.needed]
    return [*rows, Check("value-missing", "reported_on", "reported_on IS NULL")] if table == "claims" else rows


def _units() -> list[Check]:
    return [
        Check("duplicate-serial", "serial", "serial IS NOT NULL AND row__ > first__"),
        Check("sold-before-made", "sold_on", "sold_day < made_day"),
        Check("returned-before-sold", "returned_on", "returned_day < sold_day"),
        Check("replaces-unknown", "replaces", "replaces IS NOT NULL AND replaces NOT IN "
              "(SELECT serial FROM units_parsed WHERE serial IS NOT NULL)"),
        Check("guarantee-unknown", "guarantee", "named IS NOT NULL AND named NOT IN (SELECT key__ FROM keys)"),
        Check("guarantee-none", "guarantee", "guarantee IS NULL"),
        Check("start-unknown", "sold_on", "start_day IS NULL AND guarantee IN (SELECT key__ FROM keys)"),
    ]


def _imei(serial_kind: str | None) -> list[Check]:
    if serial_kind == "text":
        return []
    digits = "regexp_full_match(serial, '[0-9]{15}')"
    asked = f"{digits} AND" if serial_kind is None else f"NOT {digits} OR"
    return [Check("imei-check-digit", "serial", f"serial IS NOT NULL AND ({asked} ({_luhn()}) % 10 <> 0)")]


def _luhn() -> str:
    """SQL of the Luhn sum of 15 digits: every second digit doubled, its digits added."""
    digit = "try_cast(substr(serial, {i}, 1) AS INTEGER)"
    parts = []
    for i in range(1, 16):
        one = digit.format(i=i)
        parts.append(one if i % 2 else f"({one} * 2 - CASE WHEN {one} > 4 THEN 9 ELSE 0 END)")
    return " + ".join(parts)


def _claims(currency: str | None) -> list[Check]:
    return [
        Check("duplicate-claim", "claim", "row__ > first__"),
        Check("unknown-serial", "serial", "serial IS NOT NULL AND unit_row__ IS NULL"),
        Check("claim-of-left-out-unit", "serial", "unit_row__ IN (SELECT row__ FROM units_bad)"),
        Check("claim-before-start", "opened_on", "opened_day < coalesce(start_day, sold_day, made_day)"),
        Check("claim-after-cover-without-payer", "opened_on", "opened_day > end_day + end_shift AND payer IS NULL"),
        Check("reported-before-opened", "reported_on", "reported_day < opened_day"),
        Check("known-before-reported", "known_on", "known_day < reported_day"),
        Check("cost-negative", "cost", "cost_value < 0"),
        Check("cost-missing", "cost", "cost IS NULL"),
        Check("mixed-currencies", "currency", f"currency <> {literal(currency or '')}"),
    ]


def _events() -> list[Check]:
    kinds = ", ".join(literal(k) for k in EVENT_KINDS)
    return [_serial_known(), Check("event-kind-unknown", "kind", f"kind NOT IN ({kinds})"),
            Check("event-ends-before-it-began", "until", "until_day < on_day")]


def _surveys() -> list[Check]:
    return [Check("unknown-claim", "claim", "claim IS NOT NULL AND claim NOT IN (SELECT claim FROM claims_seen)")]


def _serial_known() -> Check:
    return Check("unknown-serial", "serial", "serial IS NOT NULL AND serial NOT IN "
                 "(SELECT serial FROM units_parsed WHERE serial IS NOT NULL)")
