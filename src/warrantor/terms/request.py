"""What an entitlement is asked with: a unit, its evidence and events, a day, a component and a complaint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from warrantor.terms.coverage import Event
from warrantor.terms.evidence import Evidence
from warrantor.terms.guarantee import HOST
from warrantor.terms.intake import Door
from warrantor.terms.period import Term
from warrantor.terms.remedy import Complaint


@dataclass(frozen=True, slots=True)
class Request:
    """One question: is this unit covered, that day, for that fault?

    Attributes
    ----------
    on : date
        The day asked about.
    at : datetime or None
        The instant of the claim; before `on`, since each guarantee's zone decides its day.
    serial : str
        The unit; empty where only terms are asked about.
    guarantees : tuple of str
        Names or keys of guarantees it has, whatever its market.
    granted : tuple of str
        Keys of guarantees the unit was given at its sale: who they were made to is not asked again.
    market : str
        Every guarantee of the market that fits is asked, beside those named.
    brand, product, channel : str
        What it is, and how it was sold.
    sold_in, activated_in, claim_in : str
        Where it was sold (empty: in the market), first switched on, and is claimed for.
    evidence : Evidence
        Days.
    events : tuple of Event
        What happened to its cover.
    component : str
        What failed.
    complaint : Complaint
        The fault and what was tried.
    agreed : Term or None
        Term agreed for second-hand goods.
    usage : mapping of str to int
        Meters: cycles, hours.
    capacity : Decimal or None
        Of the battery, as a share of its rated capacity.
    door : Door
        What is known at the counter.
    """

    on: date
    at: datetime | None = None
    serial: str = ""
    guarantees: tuple[str, ...] = ()
    granted: tuple[str, ...] = ()
    market: str = ""
    brand: str = ""
    product: str = ""
    channel: str = ""
    sold_in: str = ""
    activated_in: str = ""
    claim_in: str = ""
    evidence: Evidence = field(default_factory=Evidence)
    events: tuple[Event, ...] = ()
    component: str = HOST
    complaint: Complaint = field(default_factory=Complaint)
    agreed: Term | None = None
    usage: Mapping[str, int] = field(default_factory=dict)
    capacity: Decimal | None = None
    door: Door = field(default_factory=Door)
