"""Guarantees as data: versioned terms per component, who they are for, which evidence starts them, what they owe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from warrantor.terms.period import Counting, Holidays, Term, end_of
from warrantor.terms.rule import Rule, Source

EPOCH = date(1970, 1, 1)
LAYERS = ("statutory", "commercial", "seller", "campaign")
CHOICES = ("refund", "exchange", "repair")
HOST = "host"
OWES = {"statutory": "seller", "commercial": "maker", "seller": "seller", "campaign": "maker", "goodwill": "maker"}


class PackError(ValueError):
    """A guarantee file that cannot mean anything; says where and why.

    Attributes
    ----------
    file : str
        The file, or "the text".
    line : int or None
        Its line.
    why : str
        The reason, and what to do.
    """

    def __init__(self, file: str, line: int | None, why: str) -> None:
        super().__init__(f"{file}{'' if line is None else f', line {line}'}: {why}")
        self.file, self.line, self.why = file, line, why


@dataclass(frozen=True, slots=True)
class Remedies:
    """What is owed once a unit is covered.

    Attributes
    ----------
    choices : tuple of str
        When no other step says otherwise.
    windows : tuple of (int, tuple of str)
        Up to this day after the start, these choices; shortest first.
    faults : tuple of str
        Faults that are owed anything; empty: every fault.
    without_proof : tuple of str or None
        Choices when there is no proof of sale; None: the same as with.
    repairs_before_exchange : int or None
        After so many repairs that did not help, an exchange.
    repairs_before_refund : int or None
        After so many repairs that did not help, the money back.
    waits : mapping of str to int
        Cause of waiting -> days; more than that, an exchange.
    accessory_exchanges_before_refund : int or None
        A component other than the host is exchanged; after so many exchanges it is refunded.
    depreciation_per_day : Decimal or None
        Share of the price lost by each day of use, when a refund is wanted though an exchange could be had.
    refund_days : int or None
        A refund is due within so many days, beginning with the day it was agreed.
    reject_days, reject_min_after_repair : int or None
        Days to reject the unit, and the least that is left after a repair.
    unresolved_notice_days : int or None
        After a repair, days in which to say that it did not help.
    """

    choices: tuple[str, ...] = ("repair",)
    windows: tuple[tuple[int, tuple[str, ...]], ...] = ()
    faults: tuple[str, ...] = ()
    without_proof: tuple[str, ...] | None = None
    repairs_before_exchange: int | None = None
    repairs_before_refund: int | None = None
    waits: Mapping[str, int] = field(default_factory=dict)
    accessory_exchanges_before_refund: int | None = None
    depreciation_per_day: Decimal | None = None
    refund_days: int | None = None
    reject_days: int | None = None
    reject_min_after_repair: int | None = None
    unresolved_notice_days: int | None = None


@dataclass(frozen=True, slots=True)
class Extension:
    """A term that grows once, when the unit is repaired as the remedy.

    Attributes
    ----------
    by : Term
        How much.
    contracts_from : date
        Only for contracts of that day or later.
    """

    by: Term
    contracts_from: date


@dataclass(frozen=True, slots=True)
class Guarantee:
    """One version of one promise.

    Attributes
    ----------
    name, version : str
        Together the key, "name@version"; a version never changes once units are sold under it.
    terms : mapping of str to Term
        Length of cover per component; "host" is the unit itself.
    title : str
        What people call it.
    layer : str
        Who owes it: statutory, commercial, seller, campaign.
    owes : str
        Who owes it, by name of the party; by default what the layer says.
    rest : "host" or "none"
        A component without a term of its own has the host's, or nothing.
    markets, brands, channels : tuple of str
        Whose promise it is; "*" is everyone.
    products, sold_in, activated_in : tuple of str
        What a unit must show to have it; "*" asks nothing.
    territories : tuple of str
        Where it must be sold and served; "*" asks nothing.
    served_in : tuple of str
        Where it is served; "*" is everywhere.
    sold_from, sold_to : date or None
        Sale window, both days inclusive.
    start : tuple of str
        Evidence of the start day, the first known wins.
    counting : str
        exclude_start or include_start.
    zone : str
        The market's time zone: it decides on which day an instant falls.
    holidays : Holidays or None
        Days on which no period ends.
    suspension : "none", "extend" or "extend_inclusive"
        Whether days out of the customer's hands are added; inclusive counts both ends.
    replacement : "remainder", "restart" or "remainder_or_min"
        What an exchanged unit has; `replacement_min_days` is the least.
    extension : Extension or None
        Whether a repair as remedy extends it once.
    transferable : bool
        Whether a later owner has it.
    second_hand_floor : Term or None
        The least that may be agreed for second-hand goods; None: nothing may.
    burden_of_proof : Term or None
        So long a fault is taken to have been there at delivery.
    min_capacity : Decimal or None
        A battery is defective only below this share of its rated capacity.
    remedies : Remedies
        What is owed.
    topics : mapping of str to str
        Topic of a reason -> the rule that stands for it here.
    duties : tuple of str
        Rules the customer must be told of when the guarantee is answered for.
    mark, note : str
        How well the row is known, and what is to be said of that.
    sources : tuple of str
        Names of sources.
    """

    name: str
    version: str
    terms: Mapping[str, Term]
    title: str = ""
    layer: str = "commercial"
    owes: str = ""
    rest: Literal["host", "none"] = "host"
    markets: tuple[str, ...] = ("*",)
    brands: tuple[str, ...] = ("*",)
    channels: tuple[str, ...] = ("*",)
    products: tuple[str, ...] = ("*",)
    sold_in: tuple[str, ...] = ("*",)
    activated_in: tuple[str, ...] = ("*",)
    territories: tuple[str, ...] = ("*",)
    served_in: tuple[str, ...] = ("*",)
    sold_from: date | None = None
    sold_to: date | None = None
    start: tuple[str, ...] = ("delivered_on", "sold_on", "activated_on")
    counting: Counting = "exclude_start"
    zone: str = "UTC"
    holidays: Holidays | None = None
    suspension: Literal["none", "extend", "extend_inclusive"] = "extend"
    replacement: Literal["remainder", "restart", "remainder_or_min"] = "remainder"
    replacement_min_days: int = 0
    extension: Extension | None = None
    transferable: bool = True
    second_hand_floor: Term | None = None
    burden_of_proof: Term | None = None
    min_capacity: Decimal | None = None
    remedies: Remedies = Remedies()
    topics: Mapping[str, str] = field(default_factory=dict)
    duties: tuple[str, ...] = ()
    mark: str = "D"
    note: str = ""
    sources: tuple[str, ...] = ()

    @property
    def party(self) -> str:
        """Who owes it."""
        return self.owes or OWES[self.layer]

    @property
    def key(self) -> str:
        """The name and version as records write them."""
        return f"{self.name}@{self.version}"

    def is_for(self, product: str, market: str, sold_on: date | None, channel: str) -> bool:
        """Whether a unit of this product, market, channel and sale day is promised it.

        Examples
        --------
        >>> Guarantee("long", "1", {"host": Term(18, "months")}).is_for("phone", "CN", None, "shop")
        True
        """
        named = ((product, self.products), (market, self.markets), (market, self.sold_in), (market, self.territories),
                 (channel, self.channels), ("", self.activated_in))
        if not all("*" in asked or value in asked for value, asked in named):
            return False
        if sold_on is None:
            return self.sold_from is None and self.sold_to is None
        return self.in_window(sold_on)

    def in_window(self, sold_on: date) -> bool:
        """Whether a day lies in the sale window."""
        return (self.sold_from or date.min) <= sold_on <= (self.sold_to or date.max)

    def term(self, component: str = HOST) -> Term | None:
        """Return the term of a component; None where nothing is promised for it."""
        found = self.terms.get(component)
        return self.terms.get(HOST) if found is None and self.rest == HOST else found

    def end_day(self, start: date, component: str = HOST) -> date | None:
        """Return the last covered day of a component that starts on a day; None where nothing is promised for it."""
        term = self.term(component)
        return None if term is None else self.rolled(end_of(start, term, self.counting))

    def rolled(self, day: date) -> date:
        """Return the day on which a period that is due on a day ends: the next that is no holiday."""
        return day if self.holidays is None else self.holidays.roll(day)


@dataclass(frozen=True, slots=True)
class Guarantees:
    """Every version in force or once in force, in the order of the file: the first that fits a unit is its own.

    Attributes
    ----------
    all : tuple of Guarantee
        The promises.
    rules : mapping of str to Rule
        Rules by name.
    sources : mapping of str to Source
        Sources by name.
    topics : mapping of str to str
        Topic of a reason -> the rule that stands for it where a guarantee names none of its own.
    about : mapping of str to str
        What the pack calls itself: title, zh.
    """

    all: tuple[Guarantee, ...]
    rules: Mapping[str, Rule] = field(default_factory=dict, repr=False)
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False)
    topics: Mapping[str, str] = field(default_factory=dict, repr=False)
    about: Mapping[str, str] = field(default_factory=dict, repr=False)

    def __getitem__(self, key: str) -> Guarantee:
        for one in self.all:
            if one.key == key:
                return one
        raise KeyError(f"there is no guarantee {key!r}; there are {', '.join(g.key for g in self.all)}")

    def named(self, name: str) -> tuple[Guarantee, ...]:
        """Return the versions of a name, or the one of a key; empty where there is none."""
        return tuple(g for g in self.all if name in (g.name, g.key))

    def rule(self, topic: str, guarantee: Guarantee | None = None) -> Rule:
        """Return the rule that stands for a topic, the guarantee's own before the general one."""
        own = None if guarantee is None else guarantee.topics.get(topic)
        name = own or self.topics.get(topic, topic)
        return self.rules.get(name) or Rule(name, f"{topic}: no rule is written down", f"{topic}:无成文规则", "D")

    def resolve(
        self, *, product: str = "", market: str = "", sold_on: date | None = None, channel: str = ""
    ) -> str | None:
        """Return the key of the first guarantee that is for such a unit; None where none is."""
        return next((g.key for g in self.all if g.is_for(product, market, sold_on, channel)), None)

    def evidence(self, key: str) -> tuple[str, ...]:
        """Return the start evidence of a guarantee, in its order."""
        return self[key].start

    def calendar(self, first_day: int, last_day: int, component: str = HOST) -> Iterator[tuple[str, int, int]]:
        """Yield (version, start day, last covered day) for every start day of the span; days since 1970-01-01.

        A version that promises nothing for the component has no rows.

        Examples
        --------
        >>> next(Guarantees((Guarantee("a", "1", {"host": Term(1, "years")}),)).calendar(0, 0))
        ('a@1', 0, 365)
        """
        days = [EPOCH + timedelta(days=n) for n in range(first_day, last_day + 1)]
        zero = EPOCH.toordinal()
        for one in self.all:
            term = one.term(component)
            if term is not None:
                key = one.key
                for number, day in enumerate(days, first_day):
                    yield key, number, one.rolled(end_of(day, term, one.counting)).toordinal() - zero
