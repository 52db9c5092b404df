"""The vault: clear serials and a customer's own words live here and nowhere else; elsewhere a unit is its number.

A type code of phones has a million serials, so that a bare hash of one is undone in a second: a serial's mark is keyed,
and the key is not in the database.
"""

from __future__ import annotations

import hmac
import os
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
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
    from warrantor.desk.writing import Writing

KEY_BYTES, MARK_BYTES = 32, 16
LENGTHS = (14, 15, 16)  # digits of a phone's number without its check digit, with it, with its software's version
SHORTEST, SHORTENED = 14, (14, 16)  # these were once marked by their fifteen digits
VAULT = ("vault", "vault_words", "vault_papers")
PATIENT = 5.0  # seconds that an erasure waits for readers of the old pages


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
        _made(path.absolute(), token(KEY_BYTES).hex())
    if path.stat().st_mode & 0o077:
        raise Refused(f"{path} may be read by others; take that away with: chmod 600 {path}")
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError as error:
        raise Refused(f"{path} is no key: it must hold {2 * KEY_BYTES} hexadecimal digits.") from error
    if len(key) < KEY_BYTES:
        raise Refused(f"{path} is no key: it must hold {2 * KEY_BYTES} hexadecimal digits.")
    return key


def _made(path: Path, key: str) -> None:
    """Make a key file, whole and on disk or not at all; where another just made it, that one stays."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(key + "\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(part, path)  # a link never takes the place of a file, as a rename would
    finally:
        part.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def normal(serial: str) -> str:
    """Return a serial as it is compared: as printed, in capitals, no blanks around; a phone's number without signs.

    Two serials that are printed differently stay two: sixteen digits need be no phone's.

    Examples
    --------
    >>> normal(" ab-12 "), normal("49-015420-323751-8"), normal("2026010100000017")
    ('AB-12', '490154203237518', '2026010100000017')
    """
    digits = serial.translate(SEPARATORS)
    if len(digits) in LENGTHS and digits.isascii() and digits.isdigit():
        return digits
    return serial.strip().upper()


def readings(serial: str) -> tuple[str, ...]:
    """Return what else a serial of 14 to 16 digits may be, read as a phone's number; the likeliest first.

    The fifteen digits stand for the same phone without their check digit, and with any version of its software behind.

    Examples
    --------
    >>> readings("AB-12"), readings("4901542032375101")
    ((), ('490154203237518', '49015420323751'))
    >>> readings("490154203237518")[:2], len(readings("49015420323751"))
    (('49015420323751', '4901542032375100'), 101)
    """
    printed = normal(serial)
    status = imei_status(printed)
    if status.startswith("imeisv:imei="):
        return status[-15:], printed[:14]
    if status != "valid" and not status.startswith("incomplete:cd="):
        return ()
    body = printed[:14]
    return body if len(printed) == 15 else body + status[-1], *(f"{body}{v:02}" for v in range(100))


def one_spelling(serial: str) -> str:
    """Return a serial in the one form that tries of it are counted under: of a phone's number the fifteen digits.

    Examples
    --------
    >>> {one_spelling(s) for s in ("49-015420-323751-8", "49015420323751", "4901542032375101")}
    {'490154203237518'}
    >>> one_spelling(" ab-12")
    'AB-12'
    """
    printed = normal(serial)
    found = readings(printed) if len(printed) in SHORTENED else ()
    return found[0] if found else printed


def mark(key: bytes, serial: str) -> bytes:
    """Return the mark by which a serial is found: the first 16 bytes of HMAC-SHA256(key, serial).

    Examples
    --------
    >>> mark(b"k", "AB-12") == mark(b"k", " ab-12"), mark(b"k", "AB-12") == mark(b"l", "AB-12")
    (True, False)
    """
    return _of(key, normal(serial))


def marks(key: bytes, serial: str) -> tuple[bytes, ...]:
    """Return every mark under which a unit may stand: that of the serial as printed, then those of its readings.

    Examples
    --------
    >>> marks(b"k", "4901542032375101")[1] == mark(b"k", "490154203237518"), len(marks(b"k", "AB-12"))
    (True, 1)
    """
    return mark(key, serial), *(_of(key, one) for one in readings(serial))


def older_mark(key: bytes, serial: str) -> bytes | None:
    """Return the mark that desks once gave to 14 and 16 digits: that of the phone's fifteen; None for other serials."""
    if len(serial) < SHORTEST or len(printed := normal(serial)) not in SHORTENED or not printed.isdigit():
        return None
    found = readings(printed)
    return _of(key, found[0]) if found else None


def erased_mark(key: bytes, serial: str) -> bytes:
    """Return the mark of an erased serial: under a key of its own, so that it is no unit's.

    Examples
    --------
    >>> erased_mark(b"k", "AB-12") == mark(b"k", "AB-12")
    False
    """
    return _of(hmac.digest(key, b"erased serials", "sha256"), normal(serial))


def _of(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(errors="surrogatepass"), "sha256")[:MARK_BYTES]


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


def erase(store: Store, unit: int, actor: Actor) -> bool:
    """Drop the link between a serial and its unit, and what its customers said; the figures stay, nobody's.

    Its serial is remembered by a mark of no unit, so that the next file of the maker does not bring it back.

    Parameters
    ----------
    store : Store
        The desk.
    unit : int
        Its number.
    actor : Actor
        Who.

    Returns
    -------
    bool
        What `scrubbed` says.

    Raises
    ------
    NotAllowedError
        By no admin.
    UnknownError
        There is no such unit.
    """
    return erase_all(store, [unit], actor)


def erase_all(store: Store, numbers: Iterable[int], actor: Actor) -> bool:
    """Erase units one by one, as `erase` does, and scrub the database once at the end.

    Raises
    ------
    NotAllowedError, UnknownError
    """
    if actor.role not in ("admin", "machine"):
        raise NotAllowedError("Only an admin erases a unit's serial.")
    for number in numbers:
        with store.writing(actor, "erase", f"unit {number}") as writing:
            _forget(writing, store.key, number)
    return scrubbed(store)


def _forget(writing: Writing, key: bytes, unit: int) -> None:
    connection = writing.connection
    serial = serial_of(connection, unit)
    writing.change(tables.units, unit, {"mark": None})
    own = select(tables.claims.c.number).where(tables.claims.c.unit == unit)
    for claim in connection.execute(own).scalars().all():
        writing.change(tables.claims, claim, {"invoice": None})
    handed_in = select(tables.papers.c.number).where(tables.papers.c.claim.in_(own))
    for paper in connection.execute(handed_in).scalars().all():
        writing.change(tables.papers, paper, {"content": None})
    connection.execute(delete(tables.vault).where(tables.vault.c.unit == unit))
    said = select(tables.words.c.number).where(tables.words.c.claim.in_(own))
    for word in connection.execute(said).scalars().all():
        writing.erase(tables.words, word)
    if serial is not None:
        told = erased_mark(key, serial)
        known = select(tables.erased.c.mark).where(tables.erased.c.mark == told)
        if connection.execute(known).first() is None:
            connection.execute(tables.erased.insert().values(mark=told))


def scrubbed(store: Store, patience: float | None = None) -> bool:
    """Take what was erased out of the database's own files as well.

    SQLite folds its log of writes ahead into the file and cuts it; PostgreSQL takes dead rows out of the vault.

    Parameters
    ----------
    store : Store
        The desk.
    patience : float, optional
        Seconds that are waited for whoever reads an older state.

    Returns
    -------
    bool
        False: somebody went on reading, and the log of writes ahead still holds old pages until the next such folding.
    """
    if not store.sqlite:
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT", warrantor_begin="") as connection:
            for table in VAULT:
                connection.exec_driver_sql(f"VACUUM {table}")
        return True
    waits = PATIENT if patience is None else patience
    with closing(sqlite3.connect(str(store.engine.url.database), timeout=waits)) as file:
        (busy, *_) = file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not busy
