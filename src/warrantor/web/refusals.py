"""A refusal of the desk in the asker's language: its sentence from the catalogue, the desk's keys in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from warrantor.desk.refusals import EITHER, DeskError, InputsError
from warrantor.finding import Refused
from warrantor.web.language import Voice, labelled
from warrantor.web.words import (
    ACTIONS,
    ANSWERS,
    BOOKS,
    CAUSES,
    CLAIM_DAYS,
    FAULTS,
    HOLDS,
    INPUTS,
    PROPOSALS,
    PROPOSED,
    REMEDIES,
    ROLES,
    STATES,
)

# Name of a value -> the words for it. What must be typed as it stands (`known`) or was typed (`value`) is not here.
KEYS: Mapping[str, Mapping[str, str]] = {
    "action": ACTIONS, "possible": ACTIONS, "state": STATES, "role": ROLES, "roles": ROLES, "remedy": REMEDIES,
    "owed": REMEDIES, "answer": ANSWERS, "fault": FAULTS, "proposal": PROPOSALS, "settled": PROPOSED, "input": INPUTS,
    "column": CLAIM_DAYS, "table": BOOKS, "cause": CAUSES,
    "hold": {key.partition(":")[2]: words for key, words in HOLDS.items()},
}


def in_words(error: Refused, voice: Voice, *, program: bool = False) -> str:
    """Say a refusal in a language: to a person in words, to a program in English with the keys that it sends.

    Parameters
    ----------
    error : Refused
        Of the desk; one of the laboratory has no template and stays as it is.
    voice : Voice
        The language.
    program : bool
        A program asks.

    Returns
    -------
    str

    Examples
    --------
    >>> error = InputsError("on", "{value!r} is no day; write it YYYY-MM-DD", value="2026-13-01")
    >>> in_words(error, Voice("en"), program=True), in_words(error, Voice("en"))
    ("on: '2026-13-01' is no day; write it YYYY-MM-DD", "Day: '2026-13-01' is no day; write it YYYY-MM-DD")
    >>> in_words(error, Voice("zh_Hans_CN"))
    '日期：“2026-13-01”不是日期；请写作 YYYY-MM-DD'
    """
    if not isinstance(error, DeskError) or (program and voice.short == "en"):
        return str(error)
    said = voice(error.text, **{name: _said(name, value, voice) for name, value in error.values.items()})
    if isinstance(error, InputsError):
        return voice("{name}: {why}", name=labelled(INPUTS, error.name, voice), why=said)
    return said


def _said(name: str, value: Any, voice: Voice) -> Any:
    if isinstance(value, tuple):
        joined = voice(" or ") if name in EITHER else voice(", ")
        return joined.join(str(_said(name, one, voice)) for one in value) or voice("nothing")
    if isinstance(value, date):
        return voice.day(value)
    return labelled(KEYS[name], str(value), voice) if name in KEYS else value
