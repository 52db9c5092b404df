"""Records read, started, resolved and checked inside the engine; nothing is written outside the scratch folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from warrantor.engine import Engine
from warrantor.finding import Finding, Findings
from warrantor.records import tables
from warrantor.records.checks import checks, text
from warrantor.records.events import empty_events, shifts
from warrantor.records.lines import placed, places
from warrantor.records.mapping import CONSTANT, Map, condition
from warrantor.records.reading import Bad, Source, hold, whole_file
from warrantor.records.rules import RANK, RULES
from warrantor.records.schema import TABLES
from warrantor.terms import Guarantees
from warrantor.terms.allocation import Allotment

EPOCH = date(1970, 1, 1)
UNSTATED = "unstated"
OF_LOADED = ("start-unknown", "guarantee-none")  # what is said of a unit that is loaded


@dataclass(slots=True)
class Examined:
    """Records as far as they have been read.

    Attributes
    ----------
    engine : Engine
        Holds a table `X_raw`, `X_parsed` and `X_bad` per table of the fleet, `units_seen` and `claims_seen`.
    scratch : Path
        Folder for what is staged.
    names : Map
        The maker's own columns.
    guarantees : Guarantees
        The promises.
    drawn : Allotment or None
        A trial that draws some units' promise by lot.
    until : int
        Last day the records tell of, days since 1970-01-01.
    dated : bool
        False where there is no day anywhere and none was given.
    currency : str or None
        The one currency of the costs.
    sources : dict
        Per table, where it came from.
    columns : dict
        Per table, our column -> the user's, "constant:VALUE" or None.
    read : dict
        Per table, records in the source.
    findings : list of Finding
        In the order of tables and lines.
    left_out : dict
        Per table, records kept out by rule; each counted once.
    """

    engine: Engine
    scratch: Path
    names: Map
    guarantees: Guarantees
    drawn: Allotment | None = None
    until: int = 0
    dated: bool = True
    currency: str | None = None
    sources: dict[str, Source] = field(default_factory=dict)
    columns: dict[str, dict[str, str | None]] = field(default_factory=dict)
    read: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    left_out: dict[str, dict[str, int]] = field(default_factory=dict)

    def stage(self, name: str, select: str) -> None:
        """Answer a SELECT once and give its rows a name."""
        path = self.scratch / f"{name}.parquet"
        self.engine.write(select, path)
        self.engine.add(name, path)

    def given(self, table: str) -> frozenset[str]:
        """Return the columns of a table that its source has, by our names."""
        return frozenset(ours for ours, theirs in self.columns[table].items() if theirs is not None)


def examine(inputs: Mapping[str, Any], data_until: date | None, seen: Examined) -> Examined:
    """Read every table, place units and claims in time, and ask every check.

    Parameters
    ----------
    inputs : mapping of str to path or frame
        Per table its source; `claims` absent where a map splits the units' file.
    data_until : date or None
        Last day the records tell of; by default the latest report, or where there are no claims the latest day.
    seen : Examined
        Engine, scratch folder, map and guarantees; filled in here.

    Raises
    ------
    Findings
        A file or column is missing that nothing can be read without.
    """
    for table, source in inputs.items():
        seen.sources[table] = hold(seen.engine, table, source, seen.scratch)
    flat = "claims" not in inputs and seen.names.claim_if is not None
    if flat:
        units = seen.sources["units"]
        seen.sources["claims"] = Source(units.name, units.path, units.columns, lacking=units.lacking)
    _columns(seen, flat)
    for table in seen.sources:
        _parse(seen, table, flat)
    if "claims" not in seen.sources:
        _no_claims(seen)
    seen.until = _last(seen) if data_until is None else (data_until - EPOCH).days
    _start(seen)
    _check(seen, "units", "units_seen")
    _orphans(seen)
    _resolve(seen)
    for table in ("claims", *(t for t in seen.sources if t not in ("units", "claims"))):
        if table in seen.sources:
            _check(seen, table, "claims_seen" if table == "claims" else f"{table}_parsed")
    return seen


def _columns(seen: Examined, flat: bool) -> None:
    """Match columns to names; stop where one is missing that is needed, note those that nothing reads."""
    missing: list[Finding] = []
    used: dict[str, set[str]] = {}
    needed: set[tuple[str, str]] = set()
    for table, source in seen.sources.items():
        seen.columns[table] = tables.chosen(table, source.columns, seen.names)
        asked = seen.columns[table]
        for column in TABLES[table]:
            theirs = asked[column.name]
            absent = theirs is not None and not theirs.startswith(CONSTANT) and theirs not in source.columns
            if absent or (theirs is None and column.needed):
                missing.append(whole_file(source.name, "column-missing", theirs or column.name))
            needed |= {(source.name, theirs)} if column.needed and theirs else set()
        used.setdefault(source.name, set()).update(t for t in asked.values() if t)
    if flat and seen.names.claim_if:
        needs = set(condition(seen.names.claim_if)[1])
        used[seen.sources["units"].name] |= needs
        missing += [whole_file(seen.sources["units"].name, "column-missing", c)
                    for c in sorted(needs - set(seen.sources["units"].columns))]
    sources = list({s.name: s for s in seen.sources.values()}.values())
    missing += [whole_file(file, "column-missing", c) for s in sources for file, c in s.lacking
                if (s.name, c) in needed]
    if missing:
        raise Findings(missing)
    for source in sources:
        seen.findings += [whole_file(file, "column-not-everywhere", c) for file, c in source.lacking
                          if c in used[source.name]]
        seen.findings += [whole_file(source.name, "column-unknown", c) for c in source.columns
                          if c not in used[source.name]]


def _parse(seen: Examined, table: str, flat: bool) -> None:
    held, where = ("units", seen.names.claim_if) if flat and table == "claims" else (table, None)
    seen.stage(f"{table}_parsed", tables.parsed(table, held, seen.columns[table], where))
    rows = seen.engine.sql(f"SELECT count(*) AS n FROM {table}_parsed")["n"][0].as_py()
    seen.read[table] = rows + len(seen.sources[table].bad)


def _no_claims(seen: Examined) -> None:
    """Stand in an empty table of claims: units alone are a fleet."""
    seen.columns["claims"] = tables.chosen("claims", (), Map())
    seen.read["claims"] = 0
    seen.stage("claims_parsed", tables.parsed("claims", "units", seen.columns["claims"]) + " WHERE FALSE")
    _keep_out(seen, "claims", {})


def _last(seen: Examined) -> int:
    """Latest report or correction; without one the latest opening, without claims the latest day of any unit."""
    days = ", ".join(f"max({d})" for d in tables.UNIT_DAYS)
    found = seen.engine.sql("SELECT coalesce(greatest(max(reported_day), max(known_day)), max(opened_day)) AS last "
                            "FROM claims_parsed")
    last = found["last"][0].as_py()
    if last is None:
        last = seen.engine.sql(f"SELECT greatest({days}) AS last FROM units_parsed")["last"][0].as_py()
    seen.dated = last is not None
    return 0 if last is None else int(last)


def _start(seen: Examined) -> None:
    """Give every unit its guarantee, start, end shift and last sight."""
    combos = seen.engine.sql(tables.combinations(seen.guarantees)) if seen.guarantees.all else None
    keys = [] if combos is None else [_promised(seen.guarantees, row) for row in combos.to_pylist()]
    if combos is not None:
        seen.engine.add("promised", combos.append_column("promise__", pa.array(keys, pa.string())))
    seen.engine.add("keys", pa.table({"key__": pa.array([g.key for g in seen.guarantees.all], pa.string())}))
    if "events" not in seen.sources:
        seen.engine.add("events_parsed", pa.table(empty_events()))
    seen.engine.add("begun", seen.engine.sql(tables.begun(seen.until)))
    sights = ("SELECT serial, max(on_day) AS seen_day FROM heartbeats_parsed "
              f"WHERE on_day <= {seen.until} GROUP BY serial")
    seen.engine.add("sights", seen.engine.sql(sights) if "heartbeats" in seen.sources
                    else pa.table({"serial": pa.array([], pa.string()), "seen_day": pa.array([], pa.int32())}))
    seen.stage("units_begun", tables.started(seen.guarantees, seen.drawn))
    seen.engine.add("shifts", shifts(seen.engine, seen.guarantees, seen.until))
    seen.stage("units_seen", tables.shifted())


def _promised(guarantees: Guarantees, row: Mapping[str, Any]) -> str | None:
    known = tables.windowed(guarantees) and row["sold__"] > -2147483648
    sold = EPOCH + timedelta(days=row["sold__"]) if known else None
    return guarantees.resolve(product=row["product__"], market=row["market__"], sold_on=sold,
                              channel=row["channel__"])


def _resolve(seen: Examined) -> None:
    """Give every claim its unit's facts and the last day its component is covered."""
    starts = seen.engine.sql(
        "SELECT DISTINCT guarantee, start_day FROM units_seen "
        f"WHERE start_day <= {seen.until} AND guarantee IN (SELECT key__ FROM keys)").to_pylist()
    parts = sorted({part for g in seen.guarantees.all for part in g.terms})
    asked = [(s["guarantee"], part, s["start_day"],
              seen.guarantees[s["guarantee"]].end_day(EPOCH + timedelta(days=s["start_day"]), part))
             for s in starts for part in parts]
    ends = [(key, part, start, (end - EPOCH).days) for key, part, start, end in asked if end is not None]
    columns = list(zip(*ends, strict=True)) or [()] * 4
    kinds = {"guarantee": pa.string(), "part": pa.string(), "start_day": pa.int32(), "end_day": pa.int32()}
    seen.engine.add("calendar", pa.table({
        name: pa.array(list(column), kind) for (name, kind), column in zip(kinds.items(), columns, strict=True)}))
    seen.stage("claims_seen", tables.resolved("reported_on" in seen.given("claims"), parts))
    common = seen.engine.sql("SELECT currency, count(*) AS n FROM claims_seen WHERE currency IS NOT NULL "
                             "GROUP BY currency ORDER BY n DESC, currency LIMIT 1")
    priced = seen.engine.sql("SELECT count(cost_value) AS n FROM claims_seen")["n"][0].as_py()
    if priced:
        seen.currency = common["currency"][0].as_py() if len(common) else UNSTATED


def _check(seen: Examined, table: str, held: str) -> None:
    """Ask the checks of a table; record findings with their lines, and which records they keep out."""
    asked = checks(table, seen.given(table), seen.until, seen.currency, seen.names.serial_kind)
    rows = seen.engine.sql(text(table, asked, held)) if asked else None
    found: list[Bad] = list(seen.sources[table].bad)
    found += [] if rows is None else [tuple(r.values()) for r in rows.to_pylist()]
    found.sort(key=lambda f: (f[0] if f[0] is not None else -1, RANK[f[3]]))
    first: dict[int, str] = {}
    for row, _, _, rule in found:
        if RULES[rule].level == "refuse" and row is not None:
            first.setdefault(row, rule)
    _say(seen, table, [f for f in found if f[3] not in OF_LOADED or f[0] not in first])
    _keep_out(seen, table, first)


def _orphans(seen: Examined) -> None:
    """Note units that replace one that is left out: they are loaded, and it is not there to be pointed at."""
    if "replaces" in seen.given("units"):
        good = "(SELECT serial FROM units_seen WHERE row__ NOT IN (SELECT row__ FROM units_bad))"
        rows = seen.engine.sql("SELECT row__, 'replaces' AS column_name, replaces, 'replaced-left-out' AS rule "
                               f"FROM units_seen WHERE serial IN {good} AND replaces NOT IN {good} "
                               "AND row__ NOT IN (SELECT row__ FROM units_bad) ORDER BY row__")
        _say(seen, "units", [tuple(r.values()) for r in rows.to_pylist()])


def _say(seen: Examined, table: str, found: list[Bad]) -> None:
    """Record findings, each with the line of its record."""
    source = seen.sources[table]
    at = places(source.path, [f[0] or 0 for f in found], source.name)
    for (file, line), (row, column, cell, rule) in zip(at, found, strict=True):
        told = RULES[rule]
        theirs = None if column is None else seen.columns[table].get(column) or column
        seen.findings.append(Finding(file, line, theirs, cell, rule, placed(told.why, row, line), told.what_to_do))


def _keep_out(seen: Examined, table: str, first: dict[int, str]) -> None:
    seen.engine.add(f"{table}_bad", pa.table({"row__": pa.array(list(first), pa.int64())}))
    counts: dict[str, int] = {}
    for rule in first.values():
        counts[rule] = counts.get(rule, 0) + 1
    seen.left_out[table] = counts
