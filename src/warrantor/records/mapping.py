"""A maker's own column names, and how one flat file is split into units and claims."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warrantor.records.schema import TABLES

CONSTANT = "constant:"
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?)(?![\w.])|`(?P<name>[^`]+)`"
    r"|(?P<op>==|!=|<=|>=|<|>)|(?P<word>[^\W\d]\w*))"
)


class MapError(ValueError):
    """A map that cannot mean anything; says where and why."""


@dataclass(frozen=True, slots=True)
class Map:
    """Own names per table.

    Attributes
    ----------
    names : dict of str to dict of str to str
        Per table: our column -> the maker's, or "constant:VALUE".
    claim_if : str or None
        Which rows of a flat file are claims, as the map says it.
    serial_kind : str or None
        "imei": every serial is one; "text": none is; None: those of 15 digits are.
    """

    names: dict[str, dict[str, str]] = field(default_factory=dict)
    claim_if: str | None = None
    serial_kind: str | None = None

    def of(self, table: str) -> dict[str, str]:
        """Return the names of one table; empty where the map says nothing of it."""
        return self.names.get(table, {})


def read_map(source: str | Path | MappingOf[str, Any] | None) -> Map:
    r"""Read a map from a TOML file, or take it as a mapping.

    Raises
    ------
    MapError
        An unknown table or column, a condition that cannot be read.

    Examples
    --------
    >>> read_map({"units": {"serial": "vin"}, "claims": {"serial": "vin", "claim_if": "status == 1"}}).claim_if
    'status == 1'
    """
    if source is None:
        return Map()
    where = str(source) if isinstance(source, (str, Path)) else "the map"
    try:
        found = tomllib.loads(Path(source).read_text("utf-8")) if isinstance(source, (str, Path)) else dict(source)
    except tomllib.TOMLDecodeError as error:
        raise MapError(f"{where}: {error}") from error
    names: dict[str, dict[str, str]] = {}
    said: dict[str, Any] = {}
    for table, columns in found.items():
        known = _table(where, table, columns)
        chosen = dict(columns)
        own = {"claims": "claim_if", "units": "serial_kind"}.get(table)
        if own is not None:
            said[own] = chosen.pop(own, None)
        for ours, theirs in chosen.items():
            if ours not in known or not isinstance(theirs, str):
                raise MapError(f'{where}, {table}: {ours} = {theirs!r}; write ours = "theirs", ours being one of '
                               f"{', '.join(known)}")
        names[table] = chosen
    return Map(names, _claims_if(where, said.get("claim_if")), _serial_kind(where, said.get("serial_kind")))


def _claims_if(where: str, told: Any) -> str | None:
    if told is None or isinstance(told, str):
        return told if told is None or condition(told) else None
    raise MapError(f'{where}: claim_if = {told!r} is no text; write claim_if = "column == 1"')


def _serial_kind(where: str, told: Any) -> str | None:
    if told in (None, "imei", "text"):
        return None if told is None else str(told)
    raise MapError(f'{where}: serial_kind = {told!r}; write "imei" (every serial is one) or "text" (none is)')


def _table(where: str, table: str, columns: Any) -> list[str]:
    if table not in TABLES or not isinstance(columns, dict):
        raise MapError(f"{where}: [{table}] is no table of a fleet; there are {', '.join(TABLES)}")
    return [c.name for c in TABLES[table]]


def condition(text: str) -> tuple[str, tuple[str, ...]]:
    """Turn `column op literal`, joined by and / or, into SQL.

    Operators are == != < <= > >=; a literal is a number or a quoted text; a column with other signs stands in
    backquotes. `and` binds before `or`.

    Returns
    -------
    sql : str
    columns : tuple of str
        The columns it reads.

    Raises
    ------
    MapError
        It is anything else.

    Examples
    --------
    >>> condition("status == 1")
    ('(coalesce(try_cast("status" AS DOUBLE) = 1, FALSE))', ('status',))
    """
    tokens = _tokens(text)
    parts: list[str] = []
    columns: list[str] = []
    while True:
        if len(tokens) < 3 or tokens[0][0] not in ("word", "name") or tokens[1][0] != "op":
            raise _unread(text)
        (_, column), (_, op), (kind, literal) = tokens[:3]
        parts.append(_compared(column, op, kind, literal, text))
        columns.append(column)
        tokens = tokens[3:]
        if not tokens:
            return f"({' '.join(parts)})", tuple(dict.fromkeys(columns))
        joint = tokens.pop(0)[1].upper()
        if joint not in ("AND", "OR"):
            raise _unread(text)
        parts.append(joint)


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, at = [], 0
    while text[at:].strip():
        found = _TOKEN.match(text, at)
        if found is None or found.lastgroup is None:
            raise _unread(text)
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def _compared(column: str, op: str, kind: str, literal: str, text: str) -> str:
    name = '"' + column.replace('"', '""') + '"'
    sign = {"==": "=", "!=": "<>"}.get(op, op)
    if kind == "number":
        return f"coalesce(try_cast({name} AS DOUBLE) {sign} {literal}, FALSE)"
    if kind == "text":
        inner = literal[1:-1].replace("'", "''")
        return f"coalesce(trim({name}) {sign} '{inner}', FALSE)"
    raise _unread(text)


def _unread(text: str) -> MapError:
    return MapError(f"claim_if = {text!r} cannot be read; write column == 1, column != 'text', joined by and / or")
