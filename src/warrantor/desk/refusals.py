"""Why the desk does not do what it was asked: each kind is one class, each message says what to do.

A message is a template and the values that fill it, so that whoever shows it can say it in another language. The desk
itself says it in English.
"""

from __future__ import annotations

from typing import Any

from warrantor.finding import Refused

EITHER = frozenset({"roles", "owed"})  # lists of which one is enough: joined by "or"


class DeskError(Refused):
    """A refusal of the desk.

    Parameters
    ----------
    text : str
        The sentence, with `{names}` where values stand. It is written out where it is raised: a text that is put
        together there can be found in no catalogue.
    **values : Any
        What fills it; a tuple is a list.

    Examples
    --------
    >>> refused = DeskError("It is {state}; possible is {possible}.", state="draft", possible=("submit", "cancel"))
    >>> str(refused)
    'It is draft; possible is submit, cancel.'
    >>> refused.text, refused.values["state"]
    ('It is {state}; possible is {possible}.', 'draft')
    >>> str(DeskError("{roles} may.", roles=("agent", "finance")))
    'agent or finance may.'
    """

    def __init__(self, text: str, /, **values: Any) -> None:
        self.text = text
        self.values = values
        super().__init__(_filled(text, values))


class UnknownError(DeskError):
    """There is no such claim, unit, person or proposal, or this person may not know that there is."""


class NotAllowedError(DeskError):
    """The role, the centre or the owner of the claim does not allow it; or it takes a second person."""


class ConflictError(DeskError):
    """The claim's state, the terms or another open claim stand against it."""


class NotConfirmedError(ConflictError):
    """What somebody knows of a unit does not show that it is theirs: the same words whatever was wrong."""


class StaleError(DeskError):
    """Somebody changed it since it was read: read it again."""


class InputsError(DeskError):
    """An input is lacking, or cannot be.

    Parameters
    ----------
    name : str
        Which input.
    why : str
        What is wrong with it, and what to write, with `{names}` where values stand.
    **values : Any
        What fills it.

    Examples
    --------
    >>> str(InputsError("on", "{value} is no day", value="2026-13-01"))
    'on: 2026-13-01 is no day'
    """

    def __init__(self, name: str, why: str, /, **values: Any) -> None:
        super().__init__(why, **values)
        self.name = name
        self.why = _filled(why, values)
        self.args = (f"{name}: {self.why}",)


class InFlightError(DeskError):
    """A request with this key is being answered now: ask again in a moment."""


class OtherBodyError(DeskError):
    """The key belongs to a request with another body: use a new key."""


def _filled(text: str, values: dict[str, Any]) -> str:
    said = {name: (" or " if name in EITHER else ", ").join(map(str, value)) or "nothing"
            if isinstance(value, tuple) else value for name, value in values.items()}
    return text.format(**said) if said else text
