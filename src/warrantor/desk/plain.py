"""Rows as text that is the same in every database, and their digests."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

# Columns that came after the first desk: one that holds nothing is no part of a row's digest, or what was sealed before
# it came would no longer hold.
LATER = {"claims": ("invoice",), "events": ("remedy",), "people": ("first",)}


def plain(value: Any) -> Any:
    """Return a value as JSON holds it: days, instants and amounts as text, bytes as hexadecimal digits.

    Examples
    --------
    >>> plain({"on": date(2026, 11, 23), "amount": Decimal("9.90"), "by": (1, 2)})
    {'on': '2026-11-23', 'amount': '9.90', 'by': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value) if isinstance(value, Decimal) else value


def canonical(value: Any) -> bytes:
    """Return the one text of a value: keys in order, no blanks.

    Examples
    --------
    >>> canonical({"b": 1, "a": date(2026, 1, 2)})
    b'{"a":"2026-01-02","b":1}'
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(key: bytes, value: Any) -> str:
    """Return the HMAC-SHA256 of the one text of a value: a name in it cannot be guessed back without the key.

    Examples
    --------
    >>> digest(b"k", {"a": 1}) == digest(b"l", {"a": 1})
    False
    """
    return hmac.digest(key, canonical(value), "sha256").hex()


def row_digest(key: bytes, table: str, row: Mapping[str, Any]) -> str:
    """Return the digest of a table's row as the log seals it.

    Examples
    --------
    >>> row_digest(b"k", "claims", {"number": 1, "invoice": None}) == digest(b"k", {"number": 1})
    True
    """
    later = LATER.get(table, ())
    return digest(key, {k: v for k, v in row.items() if v is not None or k not in later})
