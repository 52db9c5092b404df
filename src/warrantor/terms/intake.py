"""What happens to a claim at the door: taken in, held for a person with a reason, never denied in silence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SUPERSEDED = "reject:superseded_unit"
REFUNDED = "reject:refunded_unit"
ENDED = (SUPERSEDED, REFUNDED)  # nothing is owed for the unit any more, whoever looks
MOST_UNSEEN = 20  # claims of a centre in a day that nobody wonders at [D]
RUSH = 4  # times a centre's usual day at which a person looks [D]


@dataclass(frozen=True, slots=True)
class Door:
    """What is known of a serial when a claim is made.

    Attributes
    ----------
    shipped : bool
        The maker shipped it.
    superseded : bool
        It was exchanged: another unit stands in its place.
    open_claim : bool
        A claim of it is open already.
    claims_30d : int
        Claims of it in the last 30 days, this one included.
    claim_before_activation : bool
        The claim is dated before the unit was first switched on.
    refunded : bool
        Its price was paid back.
    given_back : bool
        It was given back without a fault, before the day.
    serial_differs : bool
        Another serial stands on the unit that was handed in.
    invoice_reused : bool
        The invoice was shown for another unit.
    centre_today, centre_28d : int
        Claims that the service centre opened that day, this one included, and in the 28 days before.
    """

    shipped: bool = True
    superseded: bool = False
    open_claim: bool = False
    claims_30d: int = 0
    claim_before_activation: bool = False
    refunded: bool = False
    given_back: bool = False
    serial_differs: bool = False
    invoice_reused: bool = False
    centre_today: int = 0
    centre_28d: int = 0

    @property
    def centre_rush(self) -> bool:
        """Whether its centre opens far more claims that day than it is used to; one without a past is let be.

        Examples
        --------
        >>> Door(centre_today=21, centre_28d=140).centre_rush, Door(centre_today=21, centre_28d=147).centre_rush
        (True, False)
        """
        used = self.centre_28d >= 28
        return used and self.centre_today > MOST_UNSEEN and self.centre_today * 28 > RUSH * self.centre_28d


def intake_decision(door: Door, most_in_30d: int = 3) -> str:
    """Return accept, or hold or reject with the reason.

    Parameters
    ----------
    door : Door
        What is known.
    most_in_30d : int
        Claims in 30 days that pass without a person looking.

    Examples
    --------
    >>> intake_decision(Door(superseded=True))
    'reject:superseded_unit'
    """
    told = (
        (not door.shipped, "hold:serial_not_shipped"),
        (door.superseded, SUPERSEDED),
        (door.refunded, REFUNDED),
        (door.open_claim, "reject:duplicate_open_claim"),
        (door.given_back, "hold:given_back"),
        (door.claims_30d > most_in_30d, "hold:velocity"),
        (door.claim_before_activation, "hold:claim_before_activation"),
        (door.serial_differs, "hold:serial_differs"),
        (door.invoice_reused, "hold:invoice_reused"),
        (door.centre_rush, "hold:centre_velocity"),
    )
    return next((answer for is_so, answer in told if is_so), "accept")


def idempotency(held: Mapping[str, str], key: str, body: str, *, in_flight: bool = False) -> str:
    """Return what a repeated request gets: the claim it made, or a new one, or the status that refuses it.

    Parameters
    ----------
    held : mapping of str to str
        Keys answered or being answered, each with its body (or the body's hash).
    key, body : str
        Of this request.
    in_flight : bool
        A request with this key is being answered now.

    Returns
    -------
    str
        new_claim, same_claim, 422 (the key belongs to another body) or 409 (ask again when the first is answered).

    Examples
    --------
    >>> idempotency({"k1": "A"}, "k1", "B")
    '422'
    """
    if key in held and held[key] != body:
        return "422"
    if in_flight:
        return "409"
    return "same_claim" if key in held else "new_claim"
