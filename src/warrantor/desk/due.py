"""Whose turn it is with a claim, how long it has stood where it is, and the day by which the terms want it moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from warrantor.desk.claim import Claim
from warrantor.desk.life_cycle import life_cycle

if TYPE_CHECKING:
    from warrantor.desk.store import Store

WAITING = {"waiting_parts": "parts", "in_repair": "repairer"}  # state -> what a guarantee lets it wait for
OUT_OF_OURS = ("info_requested", "rejected")  # states in which the customer is asked, or may still answer


@dataclass(frozen=True, slots=True)
class Due:
    """How a claim stands.

    Attributes
    ----------
    days : int
        Since it came to where it is; of a claim that has ended, from its report to its end.
    limit : int or None
        Days that its guarantee gives for this; None: it sets none.
    customers : bool
        The customer's turn: these days are not the centre's.
    """

    days: int
    limit: int | None
    customers: bool

    @property
    def late(self) -> bool:
        """Whether the limit is over, or comes within a week."""
        return self.limit is not None and self.days > self.limit - 7


def due(store: Store, one: Claim, now: datetime) -> Due:
    """Return how a claim stands.

    Parameters
    ----------
    store : Store
        The desk.
    one : Claim
        The claim.
    now : datetime
        The instant it is.

    Examples
    --------
    >>> from datetime import UTC
    >>> from warrantor.desk import open
    >>> at, none = datetime(2026, 3, 1, tzinfo=UTC), None
    >>> one = Claim(1, 1, "waiting_parts", "attention", True, "", (), "covered", "cn_statutory_mobile@1", "", "", "",
    ...             False, True, at.date(), at.date(), none, none, at.date(), none, none, "", none, "", "north", none,
    ...             1, at, at, 1)
    >>> with open(getfixture("tmp_path") / "desk.sqlite", key=b"k" * 32) as store:
    ...     found = due(store, one, datetime(2026, 4, 25, tzinfo=UTC))
    >>> found.days, found.limit, found.late, turn(one)
    (55, 60, True, ('agent',))
    """
    if not one.is_open:
        ended = one.closed_on or one.changed_at.date()
        return Due(max(0, (ended - one.reported_on).days), None, customers=False)
    since = one.waiting_on if one.state in WAITING else None
    gone = now - one.changed_at if since is None else now.date() - since
    return Due(max(0, gone.days), _limit(store, one), one.state in OUT_OF_OURS)


def turn(one: Claim) -> tuple[str, ...]:
    """Return the roles that may do the next act of a claim; a hold is for whoever may clear it."""
    acts = [a for a in life_cycle().actions if one.state in a.before and (a.name == "clear") == bool(one.held)]
    return tuple(dict.fromkeys(role for a in acts if a.name != "cancel" for role in a.by))


def _limit(store: Store, one: Claim) -> int | None:
    cause = WAITING.get(one.state)
    if cause is None or not one.guarantee:
        return None
    found = store.guarantee(one.guarantee)
    return None if found is None else found.remedies.waits.get(cause)
