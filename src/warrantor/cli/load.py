"""warrantor load: units and claims in, findings said, a fleet folder out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, progress
from warrantor.finding import Finding, Findings

if TYPE_CHECKING:
    from warrantor.records.load import Loaded
    from warrantor.terms.allocation import Allotment

SCHEMA = "warrantor.load/1"


def load(
    *,
    out: Path,
    units: Path | None = None,
    claims: Path | None = None,
    flat: Path | None = None,
    events: Path | None = None,
    heartbeats: Path | None = None,
    outcomes: Path | None = None,
    surveys: Path | None = None,
    map: Path | None = None,  # noqa: A002  the word of the contract
    guarantees: Path | None = None,
    trial: Path | None = None,
    data_until: str | None = None,
    accept_good: bool = False,
    findings: Path = Path("findings.csv"),
    json: bool = False,
    csv: bool = False,
) -> int:
    """Read units and claims, report findings, write a fleet folder.

    Parameters
    ----------
    out
        The fleet folder to write.
    units
        A file with a row per unit: CSV or Parquet, a folder or a glob.
    claims
        A file with a row per claim.
    flat
        One file that holds both, split by claim_if of the map.
    events
        A file with a row per coverage event.
    heartbeats
        A file with a row per unit and day it reported home.
    outcomes
        A file of measured outcomes.
    surveys
        A file of survey answers.
    map
        TOML that names your own columns.
    guarantees
        TOML with the promises; 12 months to everyone by default.
    trial
        A trial's plan: its units that name no guarantee get the one that the lot gives their serial.
    data_until
        Last day the records tell of, YYYY-MM-DD; the latest reported_on by default.
    accept_good
        Leave records with findings out, count them by rule, load the rest.
    findings
        Where findings are written.
    json
        Print one JSON document.
    csv
        Print the counts as CSV.
    """
    inputs = asked(units, claims, flat, map)
    others = {"events": events, "heartbeats": heartbeats, "outcomes": outcomes, "surveys": surveys}
    try:
        with progress("loading"):
            from warrantor.records.load import load as ask

            done = ask(*inputs, out, **others, map=map, guarantees=guarantees, data_until=day(data_until),
                       accept_good=accept_good, trial=_drawn(trial))
    except Findings as found:
        return told(found.found, findings, "Nothing was loaded: correct these, or load the rest with --accept-good.",
                    json=json)
    if done.findings:
        _write(done.findings, findings)
    emit({"schema": SCHEMA, "folder": str(out), **document(done)}, sheet(done, f"Loaded into {out}"), json=json,
         csv=csv)
    return 0


def asked(
    units: Path | None, claims: Path | None, flat: Path | None, names: Path | None
) -> tuple[Path, Path | None]:
    """Return the sources, or refuse words that name none.

    Raises
    ------
    UsageError
        Neither units nor a flat file with a map, or both.
    """
    if (units is None) == (flat is None) or (flat is not None and (claims is not None or names is None)):
        raise UsageError("Name --units FILE and --claims FILE, or --flat FILE with --map MAP.")
    return (units, claims) if units is not None else (flat or Path(), None)


def day(text: str | None) -> str | None:
    """Return a day as it is, or refuse it.

    Raises
    ------
    UsageError
        It is no day.
    """
    from datetime import date

    try:
        return None if text is None else str(date.fromisoformat(text))
    except ValueError as error:
        raise UsageError(f"--data-until {text!r} is no day; write it as in 2020-06-30.") from error


def told(found: tuple[Finding, ...], path: Path, last: str, *, json: bool) -> int:
    """Write the findings, say the first and how many by rule, and return the exit code 3."""
    from collections import Counter

    _write(found, path)
    counts = Counter(f.rule for f in found)
    for one in found[:20]:
        note(str(one))
    if len(found) > 20:
        note(f"... {len(found) - 20:,} more")
    note("; ".join(f"{rule}: {n:,}" for rule, n in counts.items()))
    note(f"warrantor: {len(found):,} findings, written to {path}. {last}")
    if json:
        emit({"schema": SCHEMA, "folder": None, "findings": dict(counts)}, json=True)
    return 3


def document(done: Loaded) -> dict[str, Any]:
    """What was loaded, as JSON."""
    return {"counts": done.counts, "read": done.read, "left_out": done.left_out, "findings": done.by_rule,
            "data_until": str(done.data_until), "currency": done.currency}


def sheet(done: Loaded, title: str) -> Sheet:
    """What was loaded, for people: a row a table, and who was left out, by rule."""
    rows = [[t, done.read[t], n, done.read[t] - n] for t, n in done.counts.items()]
    notes = [f"Left out of {t}: {n:,} by {rule}" for t, rules in done.left_out.items() for rule, n in rules.items()]
    notes += [f"Found: {n:,} {rule}" for rule, n in done.by_rule.items()]
    notes.append(f"The records tell of days until {done.data_until}"
                 + (f"; costs in {done.currency}." if done.currency else "; they hold no costs."))
    return Sheet(title, ["table", "records", "loaded", "left out"], rows, notes)


def _drawn(plan: Path | None) -> Allotment | None:
    if plan is None:
        return None
    from warrantor.trial.plan import Trial

    return Trial.load(plan).allotment


def _write(found: tuple[Finding, ...], path: Path) -> None:
    from warrantor.records.load import write_findings

    write_findings(found, path)
