"""Passwords: argon2 hashes, of a length that can be, proved in the same time whoever asks."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from warrantor.desk.refusals import InputsError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 12  # characters of a password
LONGEST = 1024


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


def hashed(password: str) -> str:
    """Return what is kept of a password.

    Raises
    ------
    InputsError
        It is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise InputsError("password", "a password has {least} to {most} characters", least=SHORTEST, most=LONGEST)
    return _hasher().hash(password)


def proved(held: str, password: str) -> bool:
    """Whether a password is the one whose hash is held; where none is held the answer takes as long, and is no.

    Examples
    --------
    >>> proved(hashed("correct horse battery"), "correct horse battery"), proved("", "correct horse battery")
    (True, False)
    """
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        _hasher().verify(held or _nobody(), password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False  # whoever asks learns the same in both cases
    return bool(held)
