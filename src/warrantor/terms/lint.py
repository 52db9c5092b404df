"""What a pack says that is possible and yet is likely a slip: gaps, overlaps, what none can get, less than law."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, pairwise

from warrantor.terms.eligible import ANY
from warrantor.terms.guarantee import Guarantee, Guarantees
from warrantor.terms.pack import Text, guarantees_of, read_text, shipped, shipped_texts
from warrantor.terms.period import Term, end_of

DAY = timedelta(days=1)
PROBE = (date(2019, 1, 31), date(2020, 2, 29), date(2023, 8, 31))  # starts at which two terms are compared


@dataclass(frozen=True, slots=True)
class Slip:
    """One thing in a pack that somebody should look at.

    Attributes
    ----------
    file : str
        The pack.
    line : int or None
        Where.
    guarantee : str
        Which version, or which rule.
    rule : str
        gap, overlap, unreachable, unused-rule, below-statutory or adds-nothing.
    why : str
        What is wrong, and what to do.
    """

    file: str
    line: int | None
    guarantee: str
    rule: str
    why: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return f"{place}: {self.guarantee} [{self.rule}] {self.why}"


def lint(source: str, where: str = "the text") -> list[Slip]:
    r"""Return what in a pack is likely a slip; the text itself must be readable.

    Parameters
    ----------
    source : str
        TOML.
    where : str
        What it is called in messages.

    Raises
    ------
    PackError
        It cannot mean anything.

    Examples
    --------
    >>> year = '[[guarantee]]\nname = "a"\nversion = "{}"\n{}\n[guarantee.terms.host]\nmonths = 12\n'
    >>> [s.rule for s in lint(year.format(1, "sold_to = 2018-12-31") + year.format(2, "sold_from = 2019-01-03"))]
    ['gap']
    """
    text = read_text(source, where)
    found = guarantees_of([text], shipped_texts())
    told = [*_windows(found.all), *_unreachable(found.all), *_steps(found.all), *_floor(found)]
    slips = [Slip(where, text.line_of(f"guarantee.{place}.{key}"), found.all[place].key, rule, why)
             for place, key, rule, why in told]
    return sorted([*slips, *_unused(text, found)], key=lambda s: s.line or 0)


_Told = tuple[int, str, str, str]  # which guarantee, at which key, rule, why


def _windows(every: tuple[Guarantee, ...]) -> Iterator[_Told]:
    """Versions of one promise whose sale windows leave days out, or share some."""
    for name in dict.fromkeys(g.name for g in every):
        ours = sorted((g.sold_from or date.min, i) for i, g in enumerate(every) if g.name == name)
        longest = ours[0][1]
        for begins, place in ours[1:]:
            one, ended = every[longest], every[longest].sold_to or date.max
            if begins <= ended:
                yield (place, "sold_from", "overlap",
                       f"{one.key} is for sales to {ended} as well: end it on {_before(begins)}")
            elif begins - DAY > ended:
                yield (place, "sold_from", "gap", f"no version is for sales from {ended + DAY} to {begins - DAY}")
            longest = max(longest, place, key=lambda i: every[i].sold_to or date.max)


def _before(day: date) -> str:
    return str(day - DAY) if day > date.min else "the day before"


def _unreachable(every: tuple[Guarantee, ...]) -> Iterator[_Told]:
    """Promises that no unit of a fleet can get: an earlier one is for all of their units."""
    for (_, one), (place, other) in combinations(enumerate(every), 2):
        if one.layer == other.layer == "commercial" and one.name != other.name and _holds(one, other):
            yield place, "name", "unreachable", f"{one.key} stands before it and is for all of its units: put it first"


def _holds(one: Guarantee, other: Guarantee) -> bool:
    """Whether every unit that has the other promise has this one."""
    lists = ((one.products, other.products), (one.markets, other.markets), (one.channels, other.channels),
             (one.brands, other.brands), (one.sold_in, other.sold_in), (one.activated_in, other.activated_in),
             (one.territories, other.territories))
    return (all(ANY in mine or (ANY not in theirs and set(theirs) <= set(mine)) for mine, theirs in lists)
            and (one.sold_from or date.min) <= (other.sold_from or date.min)
            and (other.sold_to or date.max) <= (one.sold_to or date.max))


def _steps(every: tuple[Guarantee, ...]) -> Iterator[_Told]:
    """Steps that come too late to be taken: evidence asked twice, a window no longer than the one before."""
    for place, one in enumerate(every):
        if len(set(one.start)) < len(one.start):
            yield place, "start", "unreachable", "a step of start evidence stands twice: the second is never taken"
        days = [d for d, _ in one.remedies.windows]
        if any(later <= earlier for earlier, later in pairwise(days)):
            yield place, "remedies.windows", "unreachable", "windows must grow: a later one is never reached"


def _floor(found: Guarantees) -> Iterator[_Told]:
    """Commercial terms that end before the law's own, or with it."""
    every = {g.key: g for g in (*shipped().all, *found.all) if g.layer == "statutory"}
    for place, one in enumerate(found.all):
        laws = [g for g in every.values() if ANY not in one.markets and set(one.markets) & set(g.markets)]
        for part, term in one.terms.items() if one.layer == "commercial" else ():
            floors = [(floor, g) for g in laws if (floor := g.term(part)) is not None]
            if floors:
                floor, law = max(floors, key=lambda f: end_of(PROBE[0], f[0]))
                yield from _compared(place, part, term, floor, law)


def _compared(place: int, part: str, term: Term, floor: Term, law: Guarantee) -> Iterator[_Told]:
    most = max((end_of(d, term) - end_of(d, floor)).days for d in PROBE)
    if most < 0:
        why = f"{part}: {term} is less than the {floor} of {law.key}, which hold all the same: promise more, or nothing"
        yield place, f"terms.{part}", "below-statutory", why
    elif most == 0:
        yield place, f"terms.{part}", "adds-nothing", f"{part}: {term} adds nothing to the {floor} of {law.key}"


def _unused(text: Text, found: Guarantees) -> Iterable[Slip]:
    named = text.document.get("topics", {}).values()
    used = {r for g in found.all for r in (*g.topics.values(), *g.duties)} | set(named)
    for name in text.document.get("rules", {}):
        if name not in used and found.all:
            yield Slip(text.where, text.line_of(f"rules.{name}"), name, "unused-rule",
                       "no topic and no duty names it, so no answer will quote it: name it, or take it out")
