"""Which promise a serial is allotted: the rule that desk, engine and statistics share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from hashlib import sha256
from math import ceil

DIGITS = 13
SHARES = 16**DIGITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Allotment:
    """Whose promise a trial draws by lot, and between which two.

    Attributes
    ----------
    plan : str
        Hash of the trial's plan.
    products : tuple of str
    first_on, last_on : date
        Units sold (else delivered, else activated) on these days and those between are drawn.
    salt, key : str
        What is hashed before the bar, and the column of units after it.
    share : Fraction
        Of units that get the extended promise.
    conventional, extended : str
        Guarantee versions.
    """

    plan: str
    products: tuple[str, ...]
    first_on: date
    last_on: date
    salt: str
    key: str
    share: Fraction
    conventional: str
    extended: str


def threshold(share: Fraction) -> str:
    """Return the 13 hexadecimal digits below which a serial is of the extended arm: ceil(share 16^13).

    Parameters
    ----------
    share : Fraction
        Of units that are to have the extended promise, r / (1 + r) for r extended to one conventional.

    Raises
    ------
    ValueError
        Not between 0 and 1: then nothing is allotted.

    Examples
    --------
    >>> threshold(Fraction(1, 3))
    '5555555555556'
    """
    if not 0 < share < 1:
        raise ValueError(f"a share of {share} allots nothing: give one between 0 and 1, such as 1/2")
    least = ceil(share * SHARES)
    if least >= SHARES:
        raise ValueError(f"a share of {share} cannot be told from 1 by {DIGITS} digits")
    return f"{least:0{DIGITS}x}"


def digits(salt: str, serial: str) -> str:
    """Return the first 13 digits of the SHA-256, in lower-case hexadecimal, of the UTF-8 text "salt|serial".

    Examples
    --------
    >>> digits("redmi-note-7", "SN-0001")
    '0184e59920f5f'
    """
    return sha256(f"{salt}|{serial}".encode()).hexdigest()[:DIGITS]


def allotted(salt: str, serial: str, share: Fraction) -> int:
    """Return 1 for the extended arm, 0 for the conventional one; digits are compared as text.

    The same serial (or household key, where one is known) always has the same arm, on any machine and in any year, and
    nobody can choose it: the salt is fixed and its hash published before the first unit is shipped.

    Examples
    --------
    >>> allotted("redmi-note-7", "SN-0001", Fraction(1, 3))
    1
    """
    return int(digits(salt, serial) < threshold(share))
