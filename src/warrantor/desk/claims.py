"""Claims: opened once, moved one act at a time, each act decided by the terms and written with its reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from warrantor.desk import keys, units
from warrantor.desk.actor import Actor
from warrantor.desk.claim import Claim, claim, of
from warrantor.desk.entitle import today
from warrantor.desk.life_cycle import Action, life_cycle
from warrantor.desk.opening import Opening, open_claim
from warrantor.desk.plain import plain
from warrantor.desk.refusals import ConflictError, NotAllowedError
from warrantor.desk.step import Step, timely
from warrantor.desk.steps import done

if TYPE_CHECKING:
    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing

__all__ = ["Claim", "Opening", "act", "allowed", "claim", "open_claim"]
UNTIED = ("clear", "cancel")  # what may be done while a claim is held


def act(
    store: Store, number: int, action: str, actor: Actor, inputs: Mapping[str, Any] | None = None, *,
    version: int, key: str | None = None,
) -> Claim:
    """Do one act to a claim; when this returns it is on disk.

    Parameters
    ----------
    store : Store
        The desk.
    number : int
        The claim.
    action : str
        One of the life cycle's.
    actor : Actor
        Who does it.
    inputs : mapping, optional
        What the act is told; `life_cycle.toml` says which and how each is read.
    version : int
        The claim's version as the actor saw it.
    key : str, optional
        The request's key.

    Raises
    ------
    UnknownError
        There is no such claim for this person.
    NotAllowedError
        The role may not do it, or it takes another person.
    ConflictError
        The state, a hold or the terms stand against it.
    StaleError
        Somebody changed the claim since.
    InputsError, InFlightError, OtherBodyError
    """
    body = {"act": action, "claim": number, "version": version, "inputs": plain(inputs or {})}
    with keys.alone(store, actor, key), store.writing(actor, action, f"claim {number}") as writing:
        before = of(writing.connection, number, actor)
        if keys.answered(store, writing, key, body) is not None:
            writing.kind = "asked again"
            return before.seen_by(actor)
        done(_step(store, writing, before, action, inputs or {}), version)
        keys.remember(store, writing, key, body, number)
        return of(writing.connection, number, actor).seen_by(actor)


def _step(store: Store, writing: Writing, before: Claim, name: str, inputs: Mapping[str, Any]) -> Step:
    cycle, actor = life_cycle(), writing.actor
    action = cycle.action(name, before.state)
    if actor.role not in action.by:
        raise NotAllowedError("The role {role!r} may not {action} a claim; {roles} may.", role=actor.role, action=name,
                              roles=action.by)
    if before.held and name not in UNTIED:
        raise ConflictError("The claim is held ({hold}): a person must look and clear it first.",
                            hold=before.held.partition(":")[2])
    told = cycle.read(action, inputs)
    unit = units.of_number(writing.connection, before.unit)
    now = today(store, unit, writing.at)
    if "on" in told:
        timely("on", told["on"], now)
    return Step(store, writing, before, unit, action, told, told.get("on", now))


def allowed(one: Claim, actor: Actor) -> tuple[Action, ...]:
    """Return the acts this person may try on a claim now; the terms still decide when one is done."""
    possible = life_cycle().possible(one.state, actor.role)
    if one.held:
        return tuple(a for a in possible if a.name in UNTIED and not (a.name == "clear" and
                                                                      one.opened_by == actor.number))
    return tuple(a for a in possible if a.name != "clear")
