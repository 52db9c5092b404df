"""warrantor guarantees: look at promises, and check a pack of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit
from warrantor.finding import Finding, Findings

CHECK, SHOW = "warrantor.guarantees.check/1", "warrantor.guarantees.show/1"


def guarantees(
    what: Literal["check", "show"],
    pack: str | None = None,
    /,
    *,
    json: bool = False,
    csv: bool = False,
) -> int:
    """Check a guarantee pack, or show the promises of one, or of all that are shipped.

    Parameters
    ----------
    what
        check: gaps, overlaps, what is never reached, terms below the law's. show: the promises and their rules.
    pack
        A TOML file; for show also the name of a shipped pack, and all of them where none is named.
    json
        Print one JSON document.
    csv
        Print CSV.
    """
    if what == "show":
        return _show(pack, json=json, csv=csv)
    if pack is None:
        raise UsageError("Name the pack to check: warrantor guarantees check PACK.toml")
    return _check(pack, json=json, csv=csv)


def _check(pack: str, *, json: bool, csv: bool) -> int:
    from warrantor import terms

    try:
        slips = terms.lint(_text(pack), pack)
        found = terms.load_guarantees(_text(pack)).all
    except terms.PackError as error:
        raise Findings([Finding(pack, error.line, None, None, "impossible-pack", f"{error.why}.",
                                "Correct it; docs/guarantees.md says what a pack may hold.")]) from error
    rows = [[s.line, s.guarantee, s.rule, s.why] for s in slips]
    document = {"schema": CHECK, "pack": pack, "guarantees": [g.key for g in found],
                "findings": [dict(zip(("line", "guarantee", "rule", "why"), row, strict=True)) for row in rows]}
    note = f"{len(found)} guarantees read, {len(rows)} findings."
    if json or csv or rows:
        emit(document, Sheet(pack, ["line", "guarantee", "rule", "why"], rows, [note]), json=json, csv=csv)
    else:
        print(f"{pack}: {note}")
    return 3 if rows else 0


def _show(pack: str | None, *, json: bool, csv: bool) -> int:
    from warrantor import terms

    promises = terms.shipped() if pack is None else terms.load_guarantees(_text(pack))
    columns = ["guarantee", "layer", "markets", "products", "terms", "start", "counting", "suspension", "exchange",
               "mark"]
    rows = [[g.key, g.layer, _list(g.markets), _list(g.products), "; ".join(f"{n} {t}" for n, t in g.terms.items()),
             _list(g.start), g.counting, g.suspension, g.replacement, g.mark] for g in promises.all]
    notes = ["Not legal advice. Marks: " + "; ".join(f"{m} {what}" for m, what in terms.MARKS.items()) + "."]
    document: dict[str, Any] = {
        "schema": SHOW, "guarantees": [dict(zip(columns, row, strict=True)) for row in rows],
        "rules": {r.name: {"text": r.text, "zh": r.zh, "mark": r.mark, "sources": list(r.sources)}
                  for r in promises.rules.values()}}
    emit(document, Sheet(pack or "Guarantees that are shipped", columns, rows, notes), json=json, csv=csv)
    return 0


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(words) if len(words) <= 6 else f"{', '.join(words[:5])} and {len(words) - 5} more"


def _text(pack: str) -> str:
    """Return the text of a file, or of a shipped pack."""
    from warrantor.terms.pack import shipped_markets

    known = shipped_markets()
    path = Path(pack)
    if not path.exists() and pack in known:
        return known[pack]
    if not path.exists():
        raise UsageError(f"There is no file {pack}, and no shipped pack of that name; there are {', '.join(known)}.")
    return path.read_text(encoding="utf-8")
