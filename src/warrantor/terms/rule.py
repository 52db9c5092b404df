"""What stands behind an answer: rules with their source and evidence mark, and reasons that quote them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

MARKS = {
    "S": "the text was read in a copy",
    "S2": "a third party retells it",
    "G": "general knowledge, not checked",
    "D": "a design choice",
}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule was read.

    Attributes
    ----------
    name : str
        What rules call it.
    url : str
        Where it was read.
    what : str
        What was read there.
    """

    name: str
    url: str
    what: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, as an answer quotes it. Not legal advice: its mark says how well it is known.

    Attributes
    ----------
    name : str
        Its number.
    text, zh : str
        What it says, in English and in Chinese.
    mark : str
        S, S2, G or D; see `MARKS`.
    sources : tuple of str
        Names of sources.
    """

    name: str
    text: str
    zh: str
    mark: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule and what it was applied to.

    Attributes
    ----------
    rule : Rule
        What was applied.
    inputs : mapping of str to anything
        What it was applied to, and what came out; dates are `date`.
    """

    rule: Rule
    inputs: Mapping[str, Any] = field(default_factory=dict)
