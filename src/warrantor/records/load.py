"""Load: units and claims in, findings said, a fleet folder out."""

from __future__ import annotations

import csv
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import warrantor
from warrantor.engine import open_engine
from warrantor.finding import Finding, Findings, Refused
from warrantor.records import tables
from warrantor.records.examine import EPOCH, Examined, examine
from warrantor.records.mapping import read_map
from warrantor.records.rules import RULES
from warrantor.terms import Guarantees, default_guarantees, load_guarantees, shipped, to_toml
from warrantor.terms.allocation import Allotment

SCHEMA = "warrantor.fleet/1"
FIELDS = ("file", "line", "column", "value", "rule", "why", "what_to_do")
OTHERS = ("events", "outcomes", "surveys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What a loading, or a checking, found.

    Attributes
    ----------
    folder : Path or None
        The fleet folder; None where nothing was written.
    counts : dict of str to int
        Rows loaded per table, or that would be.
    read : dict of str to int
        Records in the source per table: counts plus what was left out.
    left_out : dict of str to dict of str to int
        Per table, records left out by rule; each counted once, by its first rule.
    findings : tuple of Finding
        Everything found, notes too.
    data_until : date
        Last day the records tell of.
    currency : str or None
        The one currency of the costs; "unstated" where costs name none.
    manifest : dict
        What manifest.json says; empty where nothing was written.
    """

    folder: Path | None
    counts: dict[str, int]
    read: dict[str, int]
    left_out: dict[str, dict[str, int]]
    findings: tuple[Finding, ...]
    data_until: date
    currency: str | None
    manifest: dict[str, Any] = field(default_factory=dict)

    @property
    def refused(self) -> tuple[Finding, ...]:
        """Findings that `load` refuses; notes are not among them."""
        return tuple(f for f in self.findings if RULES[f.rule].level != "note")

    @property
    def by_rule(self) -> dict[str, int]:
        """Number of findings by rule, in the order of the rules."""
        found = Counter(f.rule for f in self.findings)
        return {rule: found[rule] for rule in RULES if rule in found}

    def __repr__(self) -> str:
        return (f"<Loaded {self.counts['units']:,} units and {self.counts['claims']:,} claims until {self.data_until}, "
                f"{len(self.findings):,} findings>")


def load(
    units: Any, claims: Any, out: str | Path, *, events: Any = None, heartbeats: Any = None, outcomes: Any = None,
    surveys: Any = None, map: Any = None, guarantees: Any = None, data_until: date | str | None = None,  # noqa: A002
    accept_good: bool = False, trial: Allotment | None = None,
) -> Loaded:
    """Read units and claims, refuse what cannot be, write a fleet folder.

    Parameters
    ----------
    units, claims : path or frame
        CSV or Parquet by file, folder or glob, or a frame; claims None where a map splits one flat file.
    out : path
        The fleet folder; an older one there is replaced file by file.
    events, heartbeats, outcomes, surveys : path or frame, optional
        The other records.
    map : path or mapping, optional
        The maker's own column names; see docs/records.md.
    guarantees : path or Guarantees, optional
        The promises; 12 months to everyone by default.
    data_until : date or ISO text, optional
        Last day the records tell of; the latest reported_on by default.
    accept_good : bool
        Leave records with findings out, count them by rule, and load the rest.
    trial : Allotment, optional
        `trial.allotment` of a plan: its units that name no guarantee get the one that the lot gives their serial.

    Returns
    -------
    Loaded

    Raises
    ------
    Findings
        A record cannot be, and `accept_good` is not asked for; or a whole file cannot be read.
    Refused
        No day stands anywhere and `data_until` is not given; a trial's promise is not among the guarantees.
    """
    others = {"events": events, "heartbeats": heartbeats, "outcomes": outcomes, "surveys": surveys}
    inputs = {n: s for n, s in {"units": units, "claims": claims, **others}.items() if s is not None}
    with _examined(inputs, map, guarantees, data_until, trial) as (seen, promises):
        found = _loaded(seen, None)
        if found.refused and not accept_good:
            raise Findings(sorted(found.findings, key=lambda f: RULES[f.rule].level == "note"))
        if not seen.dated:
            raise Refused("there is no day anywhere in these records: up to when do they tell? Give data_until "
                          "(--data-until), or the columns that hold the days")
        return _written(seen, Path(out).expanduser(), inputs, promises)


def check(
    units: Any, claims: Any = None, *, events: Any = None, heartbeats: Any = None, outcomes: Any = None,
    surveys: Any = None, map: Any = None, guarantees: Any = None, data_until: date | str | None = None,  # noqa: A002
) -> Loaded:
    """Read and check what `load` would, and write nothing; the parameters are those of `load`.

    Returns
    -------
    Loaded
        `folder` is None, `counts` is what --accept-good would load.

    Raises
    ------
    Findings
        A whole file cannot be read.
    """
    others = {"events": events, "heartbeats": heartbeats, "outcomes": outcomes, "surveys": surveys}
    inputs = {n: s for n, s in {"units": units, "claims": claims, **others}.items() if s is not None}
    with _examined(inputs, map, guarantees, data_until) as (seen, _):
        return _loaded(seen, None)


def write_findings(found: tuple[Finding, ...] | list[Finding], path: str | Path) -> None:
    """Write findings as CSV: file, line, column, value, rule, why, what_to_do."""
    with Path(path).open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(f.to_dict() for f in found)


@contextmanager
def _examined(
    inputs: Mapping[str, Any], names: Any, guarantees: Any, data_until: date | str | None,
    trial: Allotment | None = None,
) -> Iterator[tuple[Examined, str]]:
    promises, told = _promises(guarantees)
    day = date.fromisoformat(data_until) if isinstance(data_until, str) else data_until
    with tempfile.TemporaryDirectory(prefix="warrantor-") as folder, open_engine("duckdb") as engine:
        held = {g.key for g in promises.all}
        if trial and (lacking := [key for key in (trial.conventional, trial.extended) if key not in held]):
            raise Refused(f"the trial promises {lacking[0]}, and the guarantees hold no such version; they hold "
                          f"{', '.join(sorted(held))}")
        seen = Examined(engine, Path(folder), read_map(names), promises, trial)
        yield examine(inputs, day, seen), told


def _promises(source: Any) -> tuple[Guarantees, str]:
    """Return the guarantees and the text that says them."""
    if isinstance(source, (str, Path)):
        promises, told = load_guarantees(Path(source)), Path(source).read_text(encoding="utf-8")
    else:
        promises = default_guarantees() if source is None else source
        told = to_toml(promises, shipped())
    hostless = [g.key for g in promises.all if g.term() is None]
    if hostless:
        raise Refused(f"{', '.join(hostless)}: no term for the host, the unit itself: units of a fleet have no end "
                      "under such a guarantee. Give it one, or leave it out of the fleet's guarantees")
    return promises, told


def _loaded(seen: Examined, folder: Path | None) -> Loaded:
    counts = {t: n - sum(seen.left_out[t].values()) for t, n in seen.read.items()}
    return Loaded(folder=folder, counts=counts, read=dict(seen.read), left_out=seen.left_out,
                  findings=tuple(seen.findings), data_until=EPOCH + timedelta(days=seen.until),
                  currency=seen.currency)


def _written(seen: Examined, out: Path, inputs: Mapping[str, Any], promises: str) -> Loaded:
    """Write beside the folder first; the manifest goes in last."""
    out.mkdir(parents=True, exist_ok=True)
    found = _loaded(seen, out)
    with tempfile.TemporaryDirectory(prefix=".loading-", dir=out) as beside:
        home = Path(beside)
        seen.stage("units_good", "SELECT row_number() OVER (ORDER BY row__) - 1 AS unit, * FROM units_seen "
                   "WHERE row__ NOT IN (SELECT row__ FROM units_bad)")
        seen.engine.write(tables.units_out(), home / "units.parquet")
        seen.engine.write(tables.claims_out(versions="known_on" in seen.given("claims")), home / "claims.parquet")
        for table in OTHERS:
            if table in seen.sources:
                seen.engine.write(tables.other_out(table), home / f"{table}.parquet")
        (home / "guarantees.toml").write_text(promises, encoding="utf-8")
        manifest = _manifest(seen, found, inputs, home)
        (out / "manifest.json").unlink(missing_ok=True)
        for table in OTHERS:
            (out / f"{table}.parquet").unlink(missing_ok=True)
        for file in home.iterdir():
            file.replace(out / file.name)
    (out / "manifest.json").write_text(json.dumps(manifest, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return replace(found, manifest=manifest)


def _manifest(seen: Examined, found: Loaded, inputs: Mapping[str, Any], home: Path) -> dict[str, Any]:
    given = {t: sorted(seen.given(t)) for t in seen.sources}
    return {
        "schema": SCHEMA, "warrantor": warrantor.__version__, "data_until": str(found.data_until),
        "currency": found.currency, "counts": found.counts, "read": found.read, "left_out": found.left_out,
        "findings": found.by_rule, "columns": given, **({"trial": seen.drawn.plan} if seen.drawn else {}),
        "inputs": {t: {"name": seen.sources[t].name, "sha256": _hash(source)} for t, source in inputs.items()},
        "outputs": {f.name: {"sha256": _hash(f)} for f in sorted(home.iterdir())},
    }


def _hash(source: Any) -> str | None:
    """SHA-256 of a file; None for a frame or many files."""
    if not isinstance(source, (str, Path)) or not Path(source).expanduser().is_file():
        return None
    with Path(source).expanduser().open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
