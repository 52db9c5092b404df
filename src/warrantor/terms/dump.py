"""Guarantees back to TOML: what is read from the text is what was written."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from warrantor.terms.guarantee import Extension, Guarantee, Guarantees, Remedies
from warrantor.terms.period import Holidays, Term
from warrantor.terms.rule import Rule, Source


def to_toml(promises: Guarantees, beside: Guarantees | None = None) -> str:
    r"""Return the TOML of guarantees, with their rules, sources and calendars.

    Parameters
    ----------
    promises : Guarantees
        What to write.
    beside : Guarantees, optional
        Rules, sources and topics that the reader will have anyway; they are left out.

    Examples
    --------
    >>> from warrantor.terms.pack import load_guarantees, shipped
    >>> text = '[[guarantee]]\nname = "a"\nversion = "1"\n[guarantee.terms.host]\nmonths = 18'
    >>> load_guarantees(to_toml(load_guarantees(text), shipped())) == load_guarantees(text)
    True
    """
    known = beside or Guarantees(())
    lines: list[str] = []
    if promises.about:
        lines += ["[pack]", *_lines(promises.about)]
    for kind, ours, theirs in (("rules", promises.rules, known.rules), ("sources", promises.sources, known.sources)):
        for name, one in ours.items():
            if theirs.get(name) != one:
                lines += ["", f"[{kind}.{_key(name)}]", *_lines(_shown(one))]
    topics = {topic: rule for topic, rule in promises.topics.items() if known.topics.get(topic) != rule}
    if topics:
        lines += ["", "[topics]", *_lines(topics)]
    for calendar in {g.holidays.name: g.holidays for g in promises.all if g.holidays is not None}.values():
        lines += ["", f"[holidays.{_key(calendar.name)}]", *_lines(_calendar(calendar))]
    for promise in promises.all:
        lines += ["", "[[guarantee]]", *_guarantee(promise)]
    return "\n".join(lines).strip() + "\n"


def _guarantee(one: Guarantee) -> list[str]:
    said = _said(one, Guarantee("", "", {}))
    tables = {name: said.pop(name) for name in ("terms", "remedies", "topics") if name in said}
    lines = _lines({"name": one.name, "version": one.version, **said})
    for name, table in tables.items():
        lines += [f"[guarantee.{name}]", *_lines(table)]
    return lines


def _said(one: Any, default: Any) -> dict[str, Any]:
    """Return the fields that say something other than the default."""
    told = ((f.name, getattr(one, f.name), getattr(default, f.name)) for f in fields(one))
    return {name: _plain(value) for name, value, usual in told if value != usual}


def _plain(value: Any) -> Any:
    for kind, shown in _SHOWN.items():
        if isinstance(value, kind):
            return shown(value)
    return value


def _remedies(one: Remedies) -> dict[str, Any]:
    said = _said(one, Remedies())
    return said | ({"windows": [{"days": d, "choices": list(c)} for d, c in one.windows]} if one.windows else {})


_SHOWN: dict[type, Callable[[Any], Any]] = {
    Term: lambda one: {one.unit: one.length, **dict(one.usage)},
    Extension: lambda one: {one.by.unit: one.by.length, "contracts_from": one.contracts_from},
    Holidays: lambda one: one.name,
    Remedies: _remedies,
    Decimal: str,
    Mapping: lambda one: {name: _plain(v) for name, v in one.items()},
    tuple: lambda one: [_plain(v) for v in one],
}


def _shown(one: Rule | Source) -> dict[str, Any]:
    told = {f.name: _plain(getattr(one, f.name)) for f in fields(one) if f.name != "name"}
    return {name: value for name, value in told.items() if value != []}


def _calendar(one: Holidays) -> dict[str, Any]:
    return {"spans": _plain(one.spans), **({"weekends": True} if one.weekends else {})}


def _lines(table: Mapping[str, Any]) -> list[str]:
    return [f"{_key(name)} = {_value(value)}" for name, value in table.items()]


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(_lines(value)) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_value(v) for v in value) + "]"
    if isinstance(value, date):
        return value.isoformat()
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    plain = name.isascii() and name.replace("_", "").replace("-", "").isalnum()
    return name if plain else json.dumps(name, ensure_ascii=False).replace("\x7f", "\\u007f")
