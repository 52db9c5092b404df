"""Looks as they were taken: one file each, never written over, each carrying the hash of the one before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from math import isclose
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warrantor.finding import Refused

if TYPE_CHECKING:
    from warrantor.trial.verdict import Verdict

SCHEMA = "warrantor.look/1"
SAME = 1e-9  # engines may add and take logarithms in the last digits differently; counts must be equal


@dataclass(frozen=True, slots=True)
class Kept:
    """A look, or a person's decision, as it is kept.

    Attributes
    ----------
    path : Path
    number : int
        Counted from 1, in the order kept.
    again : bool
        Whether it stood there before, with the same answer.
    """

    path: Path
    number: int
    again: bool


def keep(folder: Path, verdict: Verdict) -> Kept:
    """Keep a look; a look of a day that is kept already must give the same answer.

    Parameters
    ----------
    folder : Path
        Of the trial's looks; made where it is not there.
    verdict : Verdict

    Returns
    -------
    Kept

    Raises
    ------
    Refused
        The day is kept with another answer, or the chain of looks is broken.
    """
    records = chain(folder)
    document = verdict.to_dict()
    for record in records:
        kept = record["document"]
        if record["kind"] == "look" and kept["on"] == document["on"] and kept["plan"] == document["plan"]:
            if differing := _differing(kept, document, ""):
                differing.sort(key=lambda told: told.split(" ")[0].count(".") + told.split(" ")[0].count("["))
                first = "; ".join(differing[:5]) + (" and more" if len(differing) > 5 else "")
                raise Refused(
                    f"The look of {verdict.on} is kept with another answer in {_name(record)}: {first}. Records of "
                    "that day were changed instead of corrected: a correction is a new version of a claim, with the "
                    "day it became known.")
            return Kept(folder / _name(record), record["number"], again=True)
    return _write(folder, records, "look", verdict.on.isoformat(), document)


def overridden(folder: Path, verdict: Verdict, *, says: str, by: str, reason: str) -> Kept:
    """Keep a person's decision against the verdict of the last look; the verdict itself stays.

    Raises
    ------
    Refused
        No name, no reason, a verdict that is none, or one that is not against the look's.
    """
    if says not in ("STOP", "ROLL OUT", "CONTINUE", "INCONCLUSIVE"):
        raise Refused(f"{says!r} is no verdict: give STOP, ROLL OUT, CONTINUE or INCONCLUSIVE.")
    if says == verdict.says:
        raise Refused(f"The look of {verdict.on} says {says} already: there is nothing to override.")
    if not by.strip() or not reason.strip():
        raise Refused("A decision against the verdict needs the name of who takes it, and the reason.")
    document = {"on": verdict.on.isoformat(), "plan": verdict.plan, "verdict": verdict.says, "says": says,
                "by": by.strip(), "reason": reason.strip()}
    return _write(folder, chain(folder), "override", verdict.on.isoformat(), document)


def chain(folder: Path) -> list[dict[str, Any]]:
    """Read all records in order.

    Raises
    ------
    Refused
        One was changed, lost or put in between: its hash is not the one that the next carries.
    """
    records, before = [], ""
    for number, path in enumerate(sorted(folder.glob("[0-9]*.json")), 1):
        text = path.read_text(encoding="utf-8")
        record = json.loads(text)
        if record["number"] != number or record["previous"] != before:
            raise Refused(f"{path}: the chain of looks is broken here: record {number} should follow "
                          f"{before[:12] or 'none'}. A kept look was changed or removed; restore the folder.")
        before = hashlib.sha256(text.encode()).hexdigest()
        records.append(record)
    return records


def _write(folder: Path, records: list[dict[str, Any]], kind: str, day: str, document: dict[str, Any]) -> Kept:
    import warrantor

    folder.mkdir(parents=True, exist_ok=True)
    last = "" if not records else hashlib.sha256((folder / _name(records[-1])).read_bytes()).hexdigest()
    number = len(records) + 1
    record = {"schema": SCHEMA, "number": number, "kind": kind, "day": day, "previous": last,
              "warrantor": warrantor.__version__, "document": document}
    path = folder / _name(record)
    with path.open("x", encoding="utf-8") as out:
        out.write(json.dumps(record, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False) + "\n")
    return Kept(path, number, again=False)


def _name(record: dict[str, Any]) -> str:
    return f"{record['number']:03d}-{record['day']}-{record['kind']}.json"


def _differing(one: Any, other: Any, path: str) -> list[str]:
    """Where two documents differ, told as path: then, now."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        return [d for key in one for d in _differing(one[key], other[key], f"{path}.{key}".lstrip("."))]
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return [d for i, pair in enumerate(zip(one, other, strict=True)) for d in _differing(*pair, f"{path}[{i}]")]
    if isinstance(one, float) and isinstance(other, float) and isclose(one, other, rel_tol=SAME, abs_tol=SAME):
        return []
    return [] if one == other else [f"{path} was {_short(one)}, is {_short(other)}"]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 40 else f"{text[:37]}..."
