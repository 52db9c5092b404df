"""The life of a claim as data: states, acts, who may do them and what they must be told."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import Any

from warrantor.desk.currencies import CURRENCIES
from warrantor.desk.refusals import ConflictError, InputsError
from warrantor.terms import ask

LONGEST = 4000  # characters of a text
NAME = 120


@dataclass(frozen=True, slots=True)
class State:
    """Where a claim stands.

    Attributes
    ----------
    name, bucket : str
        Its name, and the part of the queue it is in.
    open : bool
        Whether it keeps others of the same unit out.
    """

    name: str
    bucket: str
    open: bool


@dataclass(frozen=True, slots=True)
class Action:
    """What may be done from some states.

    Attributes
    ----------
    name : str
        Its name.
    before : tuple of str
        States it starts from.
    after : str
        The state it leads to; empty: it stays.
    by : tuple of str
        Roles that may do it.
    needs, may : tuple of str
        Inputs it must and may be told.
    """

    name: str
    before: tuple[str, ...]
    after: str
    by: tuple[str, ...]
    needs: tuple[str, ...] = ()
    may: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LifeCycle:
    """The whole table.

    Attributes
    ----------
    states : mapping of str to State
        By name.
    actions : tuple of Action
        In the order of a claim's life.
    buckets : tuple of str
        Parts of the queue, in order.
    inputs : mapping of str to str
        Input -> how it is read.
    days : mapping of str to int
        back: days an act may be written down late; bounce: days in which a claim comes back.
    proposals : mapping
        Kind of proposal -> asks, answers: the roles.
    """

    states: Mapping[str, State]
    actions: tuple[Action, ...]
    buckets: tuple[str, ...]
    inputs: Mapping[str, str]
    days: Mapping[str, int]
    proposals: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def action(self, name: str, state: str) -> Action:
        """Return what an act does in a state.

        Raises
        ------
        ConflictError
            The state does not allow it.

        Examples
        --------
        >>> life_cycle().action("submit", "draft").after
        'submitted'
        """
        for one in self.actions:
            if one.name == name and state in one.before:
                return one
        raise ConflictError("{action!r} cannot be done to a claim that is {state}; possible is {possible}.",
                            action=name, state=state, possible=tuple(a.name for a in self.actions if state in a.before))

    def possible(self, state: str, role: str) -> tuple[Action, ...]:
        """Return what a role may do in a state."""
        return tuple(a for a in self.actions if state in a.before and role in a.by)

    def read(self, action: Action, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Return the inputs of an act as values; what was left empty is not there.

        Raises
        ------
        InputsError
            One is lacking, unknown to this act, or cannot be.

        Examples
        --------
        >>> cycle = life_cycle()
        >>> cycle.read(cycle.action("hand_back", "repaired"), {"on": "2026-11-23"})
        {'on': datetime.date(2026, 11, 23)}
        """
        told = {k: v for k, v in inputs.items() if v is not None and v != ""}
        for name in told:
            if name not in (*action.needs, *action.may):
                raise InputsError(name, "{action} is not told this; it is told {known}", action=action.name,
                                  known=(*action.needs, *action.may))
        for name in action.needs:
            if name not in told:
                raise InputsError(name, "{action} needs it", action=action.name)
        return {k: READERS[self.inputs[k]](k, v) for k, v in told.items()}


@cache
def life_cycle() -> LifeCycle:
    """Return the life cycle that comes with warrantor."""
    table = tomllib.loads(files("warrantor.desk").joinpath("life_cycle.toml").read_text(encoding="utf-8"))
    return LifeCycle(
        {name: State(name, one["bucket"], one["open"]) for name, one in table["states"].items()},
        tuple(Action(a["name"], tuple(a["from"]), a["to"], tuple(a["by"]), tuple(a.get("needs", ())),
                     tuple(a.get("may", ()))) for a in table["actions"]),
        tuple(table["buckets"]), table["inputs"], table["days"],
        {k: {who: tuple(roles) for who, roles in v.items()} for k, v in table["proposals"].items()})


def a_text(name: str, value: Any) -> str:
    """Return a text that is not too long and holds no control character but tabs and line ends."""
    if not isinstance(value, str) or not value.strip():
        raise InputsError(name, "write a text")
    if len(value) > LONGEST:
        raise InputsError(name, "{count} characters are too many; {most} are the most", count=len(value), most=LONGEST)
    if any(ord(c) < 32 and c not in "\t\n\r" for c in value) or any("\ud800" <= c <= "\udfff" for c in value):
        raise InputsError(name, "it holds characters that are no text")
    return value.strip()


def a_name(name: str, value: Any) -> str:
    """Return a short text of one line."""
    told = a_text(name, value)
    if len(told) > NAME or "\n" in told or "\r" in told:
        raise InputsError(name, "write one line of at most {most} characters", most=NAME)
    return told


def a_day(name: str, value: Any) -> date:
    """Return a civil day, of a date or of its text YYYY-MM-DD."""
    if isinstance(value, date):
        return value
    try:
        return ask.a_day(value)
    except ValueError as error:
        raise InputsError(name, "{value!r} is no day; write it YYYY-MM-DD", value=value) from error


def a_flag(name: str, value: Any) -> bool:
    """Return a yes or no, of a bool or a form's text."""
    said = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "0": False}
    found = value if isinstance(value, bool) else said.get(str(value).lower())
    if found is None:
        raise InputsError(name, "{value!r} is neither yes nor no", value=value)
    return bool(found)


def an_amount(name: str, value: Any) -> Decimal:
    """Return an exact amount of money, not below zero, with at most three decimals."""
    try:
        found = Decimal(str(value))
    except InvalidOperation as error:
        raise InputsError(name, "{value!r} is no amount; write it as in 999.00", value=value) from error
    exponent = found.as_tuple().exponent
    if not found.is_finite() or found < 0 or found >= 10**12 or not isinstance(exponent, int) or exponent < -3:
        raise InputsError(name, "{value!r} is no amount; write it as in 999.00", value=value)
    return found


def a_currency(name: str, value: Any) -> str:
    """Return a currency's three letters, one of ISO 4217."""
    if not isinstance(value, str) or value.upper() not in CURRENCIES:
        raise InputsError(name, "{value!r} is no currency; write its three letters, as in EUR", value=value)
    return value.upper()


READERS = {"text": a_text, "name": a_name, "serial": a_name, "day": a_day, "flag": a_flag, "amount": an_amount,
           "currency": a_currency}
