"""The vault: clear serials and a customer's own words live here and nowhere else; elsewhere a unit is its number.

A type code of phones has a million serials, so that a bare hash of one is undone in a second: a serial's mark is keyed,
and the key is not in the database.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, select

from warrantor.desk import tables
from warrantor.desk.actor import Actor
from warrantor.desk.refusals import NotAllowedError
from warrantor.finding import Refused
from warrantor.terms.imei import SEPARATORS, imei_status

if TYPE_CHECKING:
    from warrantor.desk.store import Store

KEY_BYTES, MARK_BYTES = 32, 16


def read_key(path: Path, token: Callable[[int], bytes] = secrets.token_bytes) -> bytes:
    """Return the desk's key; where the file does not exist it is made, readable by its owner alone.

    Raises
    ------
    Refused
        The file is no key, or others may read it.

    Examples
    --------
    >>> path = getfixture("tmp_path") / "desk.key"
    >>> read_key(path) == read_key(path)
    True
    """
    if not path.exists():
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(token(KEY_BYTES).hex() + "\n")
    if path.stat().st_mode & 0o077:
        raise Refused(f"{path} may be read by others; take that away with: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise Refused(f"{path} is no key: it must hold {2 * KEY_BYTES} hexadecimal digits.") from error
    if len(key) < KEY_BYTES:
        raise Refused(f"{path} is no key: it must hold {2 * KEY_BYTES} hexadecimal digits.")
    return key


def normal(serial: str) -> str:
    """Return a serial as it is compared: capitals, no blanks around; of a phone's number the fifteen digits.

    Examples
    --------
    >>> normal(" ab-12 "), normal("49-015420-323751-8"), normal("4901542032375101")
    ('AB-12', '490154203237518', '490154203237518')
    """
    digits = serial.translate(SEPARATORS)
    if digits.isascii() and digits.isdigit() and len(digits) in (14, 15, 16):
        status = imei_status(digits)
        if status.startswith("incomplete:cd="):
            return digits + status[-1]
        return status.partition("imei=")[2] or digits
    return serial.strip().upper()


def mark(key: bytes, serial: str) -> bytes:
    """Return the mark by which a serial is found: the first 16 bytes of HMAC-SHA256(key, serial).

    Examples
    --------
    >>> mark(b"k", "AB-12") == mark(b"k", " ab-12"), mark(b"k", "AB-12") == mark(b"l", "AB-12")
    (True, False)
    """
    return hmac.digest(key, normal(serial).encode(errors="surrogatepass"), "sha256")[:MARK_BYTES]


def serial_of(connection: Connection, unit: int) -> str | None:
    """Return the clear serial of a unit; None where it was erased."""
    return connection.execute(select(tables.vault.c.serial).where(tables.vault.c.unit == unit)).scalar_one_or_none()


def fingerprint(store: Store) -> None:
    """Note the key's fingerprint in a new desk; refuse a key that is not this desk's: it would find no unit.

    Raises
    ------
    Refused
    """
    told = hmac.digest(store.key, b"warrantor desk", "sha256")[:8].hex()
    asked = select(tables.settings.c.value).where(tables.settings.c.name == "key")
    with store.reading() as connection:
        held = connection.execute(asked).scalar_one_or_none()
    if held is None:
        with store.turn() as connection:
            held = connection.execute(asked).scalar_one_or_none()
            if held is None:
                held = told
                connection.execute(tables.settings.insert().values(name="key", value=told))
    if held != told:
        raise Refused("This is not the key the desk was made with; with another one no unit is found. "
                      "Bring the key file that was kept with it.")


def erase(store: Store, unit: int, actor: Actor) -> None:
    """Drop the link between a serial and its unit, and what its customers said; the figures stay, nobody's.

    Raises
    ------
    NotAllowedError
        By no admin.
    UnknownError
        There is no such unit.
    """
    if actor.role not in ("admin", "machine"):
        raise NotAllowedError("Only an admin erases a unit's serial.")
    with store.writing(actor, "erase", f"unit {unit}") as writing:
        writing.change(tables.units, unit, {"mark": None})
        own = select(tables.claims.c.number).where(tables.claims.c.unit == unit)
        for claim in writing.connection.execute(own).scalars().all():
            writing.change(tables.claims, claim, {"invoice": None})
        handed_in = select(tables.papers.c.number).where(tables.papers.c.claim.in_(own))
        for paper in writing.connection.execute(handed_in).scalars().all():
            writing.change(tables.papers, paper, {"content": None})
        writing.connection.execute(delete(tables.vault).where(tables.vault.c.unit == unit))
        said = select(tables.words.c.number).where(tables.words.c.claim.in_(own))
        for word in writing.connection.execute(said).scalars().all():
            writing.erase(tables.words, word)
    if store.sqlite:  # the log of writes ahead still holds the old page until it is folded in
        with store.engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            if raw is not None:
                raw.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
