"""THE DESK: units apart from their serials, claims and their states, decisions, money, and the log of it all."""

from __future__ import annotations

from warrantor.desk.actor import ROLES, THE_MACHINE, Actor
from warrantor.desk.refusals import (
    ConflictError,
    InFlightError,
    InputsError,
    NotAllowedError,
    OtherBodyError,
    StaleError,
    UnknownError,
)
from warrantor.desk.store import Store, open  # noqa: A004  the word the rest of the house uses

__all__ = [
    "ROLES", "THE_MACHINE", "Actor", "ConflictError", "InFlightError", "InputsError", "NotAllowedError",
    "OtherBodyError", "StaleError", "Store", "UnknownError", "open",
]
