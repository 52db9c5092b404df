"""From text to days and numbers, from units to their start, from claims to their unit's facts: the SQL of loading."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from warrantor.engine.source import literal, quoted
from warrantor.records.mapping import CONSTANT, Map, condition
from warrantor.records.schema import TABLES, Column, cell, value
from warrantor.terms.allocation import threshold

if TYPE_CHECKING:
    from warrantor.terms import Guarantees
    from warrantor.terms.allocation import Allotment

FACTS = ("product", "lot", "market", "channel", "guarantee", "origin")
FACT_DAYS = ("made_day", "sold_day", "start_day", "returned_day", "end_shift")
UNIT_DAYS = ("made_day", "shipped_day", "sold_day", "delivered_day", "activated_day", "returned_day")
_LATER = re.compile(r"later_of:(\w+),(\w+)")


def chosen(table: str, present: tuple[str, ...], names: Map) -> dict[str, str | None]:
    """Return for each column of the table the user's column, "constant:VALUE", or None where there is none."""
    own = names.of(table)
    return {c.name: own.get(c.name, c.name if c.name in present else None) for c in TABLES[table]}


def parsed(table: str, held: str, names: dict[str, str | None], claim_if: str | None = None) -> str:
    """SELECT a table's texts under our names, the value of each day and number beside its text."""
    texts = ", ".join(f"{_cell(c, names[c.name])} AS {quoted(c.name)}" for c in TABLES[table])
    values = [f"{value(c, quoted(c.name))} AS {c.parsed}" for c in TABLES[table] if c.kind != "text"]
    where = "" if claim_if is None else f" WHERE {condition(claim_if)[0]}"
    return f"SELECT {', '.join(['*', *values])} FROM (SELECT row__, {texts} FROM {held}{where}) AS texts"


def _cell(column: Column, theirs: str | None) -> str:
    if theirs is None:
        return "CAST(NULL AS VARCHAR)"
    if theirs.startswith(CONSTANT):
        return cell(column, literal(theirs.removeprefix(CONSTANT)))
    return cell(column, quoted(theirs))


def windowed(guarantees: Guarantees) -> bool:
    """Whether any promise depends on the sale day."""
    return any(g.sold_from or g.sold_to for g in guarantees.all)


def combinations(guarantees: Guarantees) -> str:
    """SELECT what promises depend on, each combination once, of units that name none."""
    sold = "coalesce(sold_day, -2147483648)" if windowed(guarantees) else "0"
    keys = ", ".join(f"coalesce({c}, '') AS {c}__" for c in ("product", "market", "channel"))
    return f"SELECT DISTINCT {keys}, CAST({sold} AS INTEGER) AS sold__ FROM units_parsed WHERE guarantee IS NULL"


def started(guarantees: Guarantees, drawn: Allotment | None = None) -> str:
    """SELECT units with guarantee, start day and last sight; `first__` is the serial's first record.

    Of a trial's units that name no guarantee, the lot decides between its two.
    """
    lot = "" if drawn is None else f"{_lot(drawn)}, "
    sold = "coalesce(u.sold_day, -2147483648)" if windowed(guarantees) else "0"
    same = " AND ".join(f"p.{c}__ = coalesce(u.{c}, '')" for c in ("product", "market", "channel"))
    cases = " ".join(f"WHEN {literal(g.key)} THEN {_evidence(guarantees.evidence(g.key))}" for g in guarantees.all)
    return f"""
        WITH promised_units AS (
          SELECT u.* EXCLUDE (guarantee), u.guarantee AS named, coalesce(u.guarantee, {lot}p.promise__) AS guarantee,
                 CASE WHEN u.replaces IS NULL THEN 'sold' ELSE 'exchange' END AS origin
          FROM units_parsed AS u LEFT JOIN promised AS p ON u.guarantee IS NULL AND {same} AND p.sold__ = {sold}),
        twice AS (SELECT serial, min(row__) AS first__ FROM units_parsed WHERE serial IS NOT NULL
                  GROUP BY serial HAVING count(*) > 1),
        given AS (SELECT replacement AS serial, min(coalesce(handed_back_day, closed_day)) AS handed_day
                  FROM claims_parsed WHERE replacement IS NOT NULL GROUP BY replacement)
        SELECT u.*, CAST(CASE u.guarantee {cases} END AS INTEGER) AS start_day,
               CAST(greatest(h.seen_day, u.last_seen_day) AS INTEGER) AS seen_day,
               coalesce(t.first__, u.row__) AS first__
        FROM promised_units AS u LEFT JOIN twice AS t ON t.serial = u.serial
        LEFT JOIN sights AS h ON h.serial = u.serial LEFT JOIN begun AS b ON b.serial = u.serial
        LEFT JOIN given AS x ON x.serial = u.serial"""


def _lot(drawn: Allotment) -> str:
    """SQL of the promise that a trial allots: null for a unit that is not of it."""
    days = [str((day - date(1970, 1, 1)).days) for day in (drawn.first_on, drawn.last_on)]
    mine = (f"u.replaces IS NULL AND u.product IN ({', '.join(literal(p) for p in drawn.products)}) "
            f"AND coalesce(u.sold_day, u.delivered_day, u.activated_day) BETWEEN {' AND '.join(days)} "
            f"AND u.{quoted(drawn.key)} IS NOT NULL")
    digits = f"substr(sha256_hex(concat({literal(drawn.salt)}, '|', u.{quoted(drawn.key)})), 1, 13)"
    return (f"CASE WHEN NOT coalesce({mine}, FALSE) THEN NULL WHEN {digits} < {literal(threshold(drawn.share))} "
            f"THEN {literal(drawn.extended)} ELSE {literal(drawn.conventional)} END")


def shifted() -> str:
    """SELECT units with the end of the few that the calendar does not tell."""
    return """
        SELECT u.* EXCLUDE (guarantee), CAST(coalesce(s.shift, 0) AS INTEGER) AS end_shift,
               CASE WHEN s.row__ IS NULL THEN u.guarantee ELSE s.guarantee__ END AS guarantee
        FROM units_begun AS u LEFT JOIN shifts AS s ON s.row__ = u.row__"""


def begun(until: int) -> str:
    """SELECT the start day that the desk recorded, by serial; the latest, where it was corrected."""
    return ("SELECT serial, max(on_day) AS begun_day FROM events_parsed "
            f"WHERE kind = 'started' AND on_day <= {until} GROUP BY serial")


def _evidence(steps: tuple[str, ...]) -> str:
    known = ", ".join(_step(s) for s in steps)
    return f"coalesce(CASE WHEN u.origin = 'exchange' THEN x.handed_day END, b.begun_day, {known})"


def _step(step: str) -> str:
    later = _LATER.fullmatch(step)
    if later:
        one, other = (g.removesuffix("_on") + "_day" for g in later.groups())
        return f"CASE WHEN {one} IS NOT NULL AND {other} IS NOT NULL THEN greatest({one}, {other}) END"
    column, _, days = step.partition("+")
    return f"{column.removesuffix('_on')}_day + {int(days or 0)}"


def resolved(reported: bool, parts: list[str]) -> str:
    """SELECT claims with the facts of their units; `unit_row__` is null for a serial that no unit has.

    `parts` are the components with a term of their own; a claim of another has the host's.
    """
    part = f"CASE WHEN c.component IN ({', '.join(literal(p) for p in parts or [''])}) THEN c.component ELSE 'host' END"
    facts = ", ".join(f"u.{c}" for c in (*FACTS, *FACT_DAYS))
    known = "c.reported_day" if reported else "c.opened_day"
    return f"""
        WITH keyed AS (
          SELECT c.* EXCLUDE (claim, reported_day, known_day), {known} AS reported_day,
                 coalesce(c.known_day, {known}) AS known_day, c.known_day AS corrected_day, c.claim AS own_claim,
                 coalesce(c.claim, 'row-' || (c.row__ + 1)) AS claim
          FROM claims_parsed AS c),
        twice AS (SELECT claim, corrected_day, min(row__) AS first__ FROM keyed GROUP BY claim, corrected_day
                  HAVING count(*) > 1)
        SELECT c.*, u.row__ AS unit_row__, {facts}, k.end_day, coalesce(t.first__, c.row__) AS first__
        FROM keyed AS c
        LEFT JOIN twice AS t ON t.claim = c.claim AND t.corrected_day IS NOT DISTINCT FROM c.corrected_day
        LEFT JOIN units_seen AS u ON u.serial = c.serial AND u.row__ = u.first__
        LEFT JOIN calendar AS k ON k.guarantee = u.guarantee AND k.start_day = u.start_day
          AND k.part = {part}"""


def units_out() -> str:
    """SELECT the units of a fleet folder: those without a finding that keeps them out, numbered from 0."""
    texts = "g.serial, g.product, g.lot, g.market, g.channel, g.guarantee, g.origin"
    days = ", ".join(f"g.{d}" for d in UNIT_DAYS)
    return f"""
        SELECT g.unit, {texts}, {days}, g.start_day, g.end_shift, r.unit AS replaces, g.seen_day
        FROM units_good AS g LEFT JOIN units_good AS r ON r.serial = g.replaces ORDER BY g.unit"""


def claims_out(*, versions: bool) -> str:
    """SELECT the claims of a fleet folder, in the order of the file.

    With versions, every correction is a row of its own: known from `known_day` until the day before `replaced_day`.
    """
    facts = ", ".join(f"c.{c}" for c in (*FACTS, *FACT_DAYS))
    own = ("component", "symptom", "fault", "opened_day", "reported_day", "failed_day", "closed_day",
           "handed_back_day", "remedy", "replacement", "payer")
    told = ", ".join(f"c.{c}" for c in own)
    later = "lead(c.known_day) OVER (PARTITION BY c.claim ORDER BY c.known_day, c.row__)"
    until = f", c.known_day, CAST({later} AS INTEGER) AS replaced_day" if versions else ""
    return f"""
        SELECT c.claim, g.unit, {facts}, {told}, c.cost_value AS cost, c.currency{until}
        FROM claims_seen AS c JOIN units_good AS g ON g.row__ = c.unit_row__
        WHERE c.row__ NOT IN (SELECT row__ FROM claims_bad) ORDER BY c.row__"""


def other_out(table: str) -> str:
    """SELECT events, outcomes or surveys as parsed, without the records left out."""
    columns = ", ".join(quoted(c.name) if c.kind == "text" else f"{c.parsed} AS {quoted(_short(c))}"
                        for c in TABLES[table])
    return f"SELECT {columns} FROM {table}_parsed WHERE row__ NOT IN (SELECT row__ FROM {table}_bad) ORDER BY row__"


def _short(column: Column) -> str:
    return column.name if column.kind == "number" else column.parsed
