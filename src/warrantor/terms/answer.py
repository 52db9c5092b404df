"""The answer: covered or not, by which layer, from when to when, with what remedy, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from warrantor.terms.rule import Reason

SCHEMA = "warrantor.entitle/1"
BESIDE = ("campaign", "goodwill")  # layers that no guarantee gives
Said = Literal["covered", "not covered", "held"]


@dataclass(frozen=True, slots=True)
class Layer:
    """What one guarantee gives the component.

    Attributes
    ----------
    guarantee, version, layer : str
        Which promise, and whose kind.
    component : str
        What was asked about.
    on : date
        The day asked about, in the market's zone.
    start, end : date or None
        First and last covered day; None where it was never promised to this unit or its start is not known.
    alive : bool
        Covered on the day.
    held : bool
        A person must look before it is decided.
    owes : str
        Who owes the remedy.
    remedies : tuple of str
        The choices: refund, exchange, repair.
    reasons : tuple of Reason
        The rules applied, in order.
    """

    guarantee: str
    version: str
    layer: str
    component: str
    on: date
    start: date | None
    end: date | None
    alive: bool
    held: bool
    owes: str
    remedies: tuple[str, ...]
    reasons: tuple[Reason, ...]

    def to_dict(self) -> dict[str, Any]:
        """Return the layer as JSON has it."""
        return {
            "guarantee": self.guarantee, "version": self.version, "layer": self.layer, "component": self.component,
            "from": plain(self.start), "to": plain(self.end), "alive": self.alive, "owes": self.owes,
            "remedies": list(self.remedies),
            "reasons": [{"rule": r.rule.name, "text": r.rule.text, "mark": r.rule.mark, "inputs": plain(r.inputs)}
                        for r in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class Change:
    """Something that would make the answer another.

    Attributes
    ----------
    topic : str
        Which sentence says it.
    inputs : mapping
        What the sentence names.
    """

    topic: str
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """Covered or not, and why. Not legal advice.

    Attributes
    ----------
    serial : str
        The unit.
    on : date
        The day asked about; of an instant, the day it is in the first layer's market.
    answer : "covered", "not covered" or "held"
        Held: a person must look, and the reasons say at what.
    layers : tuple of Layer
        Every guarantee that could be the unit's.
    changes : tuple of Change
        What would make the answer another.
    """

    serial: str
    on: date
    answer: Said
    layers: tuple[Layer, ...]
    changes: tuple[Change, ...]

    @property
    def covered(self) -> bool:
        """Whether any layer is alive and nothing holds the answer back."""
        return self.answer == "covered"

    @property
    def alive(self) -> tuple[Layer, ...]:
        """The layers that are alive and wait for nobody."""
        return tuple(layer for layer in self.layers if layer.alive and not layer.held)

    @property
    def remedies(self) -> tuple[str, ...]:
        """What is owed, each remedy once, in the order of the layers; nothing where the answer is not covered."""
        return tuple(dict.fromkeys(r for layer in self.alive for r in layer.remedies)) if self.covered else ()

    @property
    def end(self) -> date | None:
        """The last day of any guarantee, campaign or goodwill that the unit has; None where none has an end."""
        had = (x for x in self.layers if x.alive or x.layer not in BESIDE)
        return max((x.end for x in had if x.end is not None), default=None)

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as JSON has it."""
        from warrantor.terms.say import change

        return {
            "schema": SCHEMA, "serial": self.serial, "on": plain(self.on), "covered": self.covered,
            "answer": self.answer, "layers": [layer.to_dict() for layer in self.layers],
            "what_would_change_it": [change(one) for one in self.changes],
        }

    def __str__(self) -> str:
        from warrantor.terms.say import sentence

        return sentence(self)


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: days and instants as text, tuples as lists.

    Examples
    --------
    >>> plain({"end": date(2021, 2, 28), "asked": ("CN",)})
    {'end': '2021-02-28', 'asked': ['CN']}
    """
    if isinstance(value, Mapping):
        return {key: plain(v) for key, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value if isinstance(value, (int, str, bool, type(None))) else str(value)
