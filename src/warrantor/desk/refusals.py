"""Why the desk does not do what it was asked: each kind is one class, each message says what to do."""

from __future__ import annotations

from warrantor.finding import Refused


class UnknownError(Refused):
    """There is no such claim, unit, person or proposal, or this person may not know that there is."""


class NotAllowedError(Refused):
    """The role, the centre or the owner of the claim does not allow it; or it takes a second person."""


class ConflictError(Refused):
    """The claim's state, the terms or another open claim stand against it."""


class NotConfirmedError(ConflictError):
    """What somebody knows of a unit does not show that it is theirs: the same words whatever was wrong."""


class StaleError(Refused):
    """Somebody changed it since it was read: read it again."""


class InputsError(Refused):
    """An input is lacking, or cannot be.

    Parameters
    ----------
    name : str
        Which input.
    why : str
        What is wrong with it, and what to write.

    Examples
    --------
    >>> str(InputsError("on", "2026-13-01 is no day"))
    'on: 2026-13-01 is no day'
    """

    def __init__(self, name: str, why: str) -> None:
        self.name = name
        self.why = why
        super().__init__(f"{name}: {why}")


class InFlightError(Refused):
    """A request with this key is being answered now: ask again in a moment."""


class OtherBodyError(Refused):
    """The key belongs to a request with another body: use a new key."""
