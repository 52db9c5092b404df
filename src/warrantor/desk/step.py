"""One act on its way into the books, and what every act writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from warrantor.desk import tables
from warrantor.desk.claim import Claim
from warrantor.desk.entitle import Asked
from warrantor.desk.life_cycle import Action, life_cycle
from warrantor.desk.plain import plain
from warrantor.desk.refusals import InputsError, NotAllowedError
from warrantor.desk.units import Unit

if TYPE_CHECKING:
    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing


@dataclass(slots=True)
class Step:
    """One act on its way into the books.

    Attributes
    ----------
    store, writing : Store, Writing
        Where it is written.
    claim, unit : Claim, Unit
        Before it.
    action : Action
        What is done.
    told : dict
        Its inputs, read.
    on : date
        The day it happened.
    values : dict
        Columns of the claim that change.
    decided : dict
        answer, guarantee, rules and why of the terms, where they were asked.
    """

    store: Store
    writing: Writing
    claim: Claim
    unit: Unit
    action: Action
    told: dict[str, Any]
    on: date
    values: dict[str, Any] = field(default_factory=dict)
    decided: dict[str, Any] = field(default_factory=dict)

    def now(self, name: str) -> Any:
        """Return a column of the claim as it becomes."""
        return self.values.get(name, getattr(self.claim, name))

    def asked(self, **more: Any) -> Asked:
        """Return the question about this claim that the terms answer."""
        return Asked(self.claim.opened_on, self.now("component"), self.now("fault"), self.now("user_damage"),
                     self.claim.proof, claim=self.claim.number, cleared=tuple(self.now("cleared")), **more)


def timely(name: str, day: date, now: date) -> None:
    """Refuse a day that has not come, or that is too long ago to be one person's word.

    Raises
    ------
    InputsError
    """
    back = life_cycle().days["back"]
    if day > now:
        raise InputsError(name, "{day} has not come yet; it is {now} there", day=day, now=now)
    if day < now - timedelta(days=back):
        raise InputsError(name, "{day} is more than {back} days before {now}; an older day takes two persons: "
                                "propose it as evidence", day=day, back=back, now=now)


def keep_words(writing: Writing, number: int, kind: str, said: str) -> None:
    """Put somebody's own words into the vault."""
    writing.add(tables.words, claim=number, kind=kind, said=said, at=writing.at)


def note(
    writing: Writing, number: int, action: str, *, before: str, after: str, inputs: Mapping[str, Any],
    decided: Mapping[str, Any] | None = None,
) -> None:
    """Write a decision down: who did what, on which inputs, by which rules."""
    told = {"answer": "", "guarantee": "", "rules": [], "why": [], **(decided or {})}
    person = writing.actor.number
    if person is None:
        raise NotAllowedError("A decision about a claim is a person's.")
    writing.add(tables.decisions, claim=number, at=writing.at, person=person, action=action, before=before,
                after=after, inputs=plain(inputs), **told)
