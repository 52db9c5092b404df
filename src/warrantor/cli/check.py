"""warrantor check: the findings of units and claims; no fleet folder is written."""

from __future__ import annotations

from pathlib import Path

from warrantor.cli.load import asked, day, document, sheet, told
from warrantor.cli.out import emit, note, progress
from warrantor.finding import Findings

SCHEMA = "warrantor.check/1"


def check(
    *,
    units: Path | None = None,
    claims: Path | None = None,
    flat: Path | None = None,
    events: Path | None = None,
    heartbeats: Path | None = None,
    outcomes: Path | None = None,
    surveys: Path | None = None,
    map: Path | None = None,  # noqa: A002  the word of the contract
    guarantees: Path | None = None,
    data_until: str | None = None,
    findings: Path = Path("findings.csv"),
    json: bool = False,
    csv: bool = False,
) -> int:
    """Report the findings of units and claims; write findings.csv and nothing else.

    Parameters
    ----------
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
    data_until
        Last day the records tell of, YYYY-MM-DD; the latest reported_on by default.
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
        with progress("checking"):
            from warrantor.records.load import check as ask
            from warrantor.records.load import write_findings

            done = ask(*inputs, **others, map=map, guarantees=guarantees, data_until=day(data_until))
    except Findings as found:
        return told(found.found, findings, "Nothing could be read.", json=json)
    write_findings(done.findings, findings)
    emit({"schema": SCHEMA, **document(done)}, sheet(done, "As --accept-good would load it"), json=json, csv=csv)
    note(f"{len(done.findings):,} findings, written to {findings}.")
    return 3 if done.refused else 0
