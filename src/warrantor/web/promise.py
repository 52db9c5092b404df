"""A guarantee in words: what it promises, for whom, from when, and what is owed under it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from markupsafe import Markup

from warrantor.desk.store import Store
from warrantor.terms import Guarantee, Guarantees, Remedies, Term, shipped
from warrantor.web import words
from warrantor.web.language import Voice, labelled
from warrantor.web.words import LAYERS, N_, PARTIES, REMEDIES, UNITS

Said = Callable[[Guarantee, Voice], str]
COUNTED = {"exclude_start": N_("the start day is not counted"), "include_start": N_("the start day is counted")}
AFTER = {"restart": N_("the period starts anew"), "remainder": N_("what was left"),
         "remainder_or_min": N_("what was left, at least {days} days")}


def facts(one: Guarantee, voice: Voice) -> list[tuple[str, str]]:
    """Return what a guarantee says of itself: a name and a text each; what it leaves open is left out.

    Examples
    --------
    >>> facts(Guarantee("long", "1", {"host": Term(18, "months")}), Voice())[:2]
    [('layer', "maker's promise"), ('owed by', 'the maker')]
    """
    return [(voice(name), text) for name, say in FACTS if (text := say(one, voice))]


def owed(remedies: Remedies, voice: Voice) -> list[tuple[str, str]]:
    """Return what is owed under a guarantee: a name and a text each."""
    return [(voice(name), text) for name, say in OWED if (text := say(remedies, voice))]


def lengths(one: Guarantee, voice: Voice) -> list[tuple[str, str]]:
    """Return the length of cover of each component, and of any other."""
    other = voice("as the unit itself") if one.rest == "host" else voice("nothing")
    named = [(part_of(part, voice), length(term, voice))
             for part, term in one.terms.items()]
    return [*named, (voice("any other"), other)]


def titled(one: Guarantee, voice: Voice) -> str:
    """Return the title of a guarantee: the shipped packs' in both languages, a maker's own as it wrote it.

    One without a title is called by its layer and length.

    Examples
    --------
    >>> titled(Guarantee("long", "1", {"host": Term(18, "months")}), Voice())
    "maker's promise, 18 months"
    """
    if one.title:
        return voice(one.title)
    term = one.term()
    return voice(N_(", ")).join([labelled(LAYERS, one.layer, voice), *([length(term, voice)] if term else [])])


def known(store: Store) -> Guarantees:
    """Return the maker's promises of a desk, and of every market what law and sellers owe."""
    own, rest = store.guarantees, shipped()
    keys = {g.key for g in own.all}
    others = tuple(g for g in rest.all if g.layer in ("statutory", "seller") and g.key not in keys)
    return Guarantees(own.all + others, {**rest.rules, **own.rules}, {**rest.sources, **own.sources},
                      {**rest.topics, **own.topics})


def promised(store: Store, key: str, voice: Voice, *, linked: bool) -> Markup:
    """Return the name of a guarantee for people: its title, and for who works here its key, where its terms stand."""
    name, _, version = key.partition("@")
    one = next((g for g in known(store).all if g.name == name and version in ("", g.version)), None)
    if one is None:
        return Markup("{}").format(key)
    said = titled(one, voice)
    if not linked:
        return Markup("{}").format(said)
    return Markup('{} (<a href="/guarantees/{}"><code>{}</code></a>)').format(said, quote(one.key), one.key)


def part_of(name: str, voice: Voice) -> str:
    """Say what is covered or waited for: a component, a part.

    Examples
    --------
    >>> part_of("host", Voice()), part_of("data_cable", Voice())
    ('the unit itself', 'data cable')
    """
    return voice("the unit itself") if name == "host" else voice(name.replace("_", " "))


def length(term: Term, voice: Voice) -> str:
    """Say a length of cover.

    Examples
    --------
    >>> length(Term(18, "months"), Voice("zh_Hans_CN"))
    '18 个月'
    """
    said = voice(UNITS[term.unit], n=voice.number(term.length))
    return said + "".join(voice(" or {n} {meter}", n=voice.number(most), meter=meter) for meter, most in term.usage)


def _where(places: Iterable[str], voice: Voice) -> str:
    return voice("everywhere") if "*" in places else ", ".join(places)


def _only(words: tuple[str, ...]) -> str:
    return "" if "*" in words else ", ".join(words)


def _sales(one: Guarantee, voice: Voice) -> str:
    if not (one.sold_from or one.sold_to):
        return ""
    return voice("{first} to {last}", first=voice.day(one.sold_from) or voice("ever"),
                 last=voice.day(one.sold_to) or voice("now"))


def _holidays(one: Guarantee, voice: Voice) -> str:
    if one.holidays is None:
        return ""
    days = "; ".join(f"{voice.day(a)} – {voice.day(b)}" for a, b in one.holidays.spans)
    return voice("ends on the next day that is none, by {name}: {days}", name=one.holidays.name, days=days)


def _extended(one: Guarantee, voice: Voice) -> str:
    if one.extension is None:
        return ""
    return voice("once by {term}, by a repair as the remedy, for contracts from {day}",
                 term=length(one.extension.by, voice), day=voice.day(one.extension.contracts_from))


def _term(term: Term | None, said: str, voice: Voice) -> str:
    return "" if term is None else voice(said, term=length(term, voice))


def _number(number: Any, said: str, voice: Voice) -> str:
    return "" if number is None else voice(said, n=str(number))


def _choices(words: Iterable[str] | None, voice: Voice) -> str:
    return ", ".join(labelled(REMEDIES, word, voice) for word in words or ())


FACTS: tuple[tuple[str, Said], ...] = (
    (N_("layer"), lambda g, v: labelled(LAYERS, g.layer, v)),
    (N_("owed by"), lambda g, v: labelled(PARTIES, g.party, v)),
    (N_("markets"), lambda g, v: _where(g.markets, v)),
    (N_("brands"), lambda g, _: _only(g.brands)),
    (N_("products"), lambda g, _: _only(g.products)),
    (N_("sold in"), lambda g, _: _only(g.sold_in)),
    (N_("first switched on in"), lambda g, _: _only(g.activated_in)),
    (N_("sold and served in"), lambda g, _: _only(g.territories)),
    (N_("served in"), lambda g, _: _only(g.served_in)),
    (N_("sales"), _sales),
    (N_("starts when"), lambda g, v: v(N_(", else ")).join(labelled(words.FACTS, d, v).lower() for d in g.start)),
    (N_("counting"), lambda g, v: v(COUNTED[g.counting])),
    (N_("time zone"), lambda g, _: g.zone),
    (N_("holidays"), _holidays),
    (N_("time in repair"), lambda g, v: v(N_("not added")) if g.suspension == "none" else v(N_("added in whole days"))),
    (N_("after an exchange"), lambda g, v: v(AFTER[g.replacement], days=str(g.replacement_min_days))),
    (N_("extended"), _extended),
    (N_("later owners"), lambda g, v: v(N_("have it too")) if g.transferable else v(N_("do not have it"))),
    (N_("second-hand"), lambda g, v: _term(g.second_hand_floor, N_("not below {term}"), v)),
    (N_("burden of proof"), lambda g, v: _term(g.burden_of_proof, N_("on the seller for {term}"), v)),
    (N_("battery"), lambda g, v: _number(g.min_capacity, N_("defective below {n} of its rated capacity"), v)),
)
OWED: tuple[tuple[str, Callable[[Remedies, Voice], str]], ...] = (
    (N_("choices"), lambda r, v: _choices(r.choices, v)),
    (N_("windows"), lambda r, v: "; ".join(v(N_("to day {n}: {choices}"), n=str(d), choices=_choices(c, v))
                                           for d, c in r.windows)),
    (N_("faults"), lambda r, _: ", ".join(r.faults)),
    (N_("without proof of sale"), lambda r, v: _choices(r.without_proof, v)),
    (N_("exchange after repairs"), lambda r, v: _number(r.repairs_before_exchange, "{n}", v)),
    (N_("refund after repairs"), lambda r, v: _number(r.repairs_before_refund, "{n}", v)),
    (N_("exchange after waiting"), lambda r, v: "; ".join(
        v(N_("more than {n} days for the {what}"), n=str(d), what=part_of(w, v)) for w, d in r.waits.items())),
    (N_("accessories"), lambda r, v: _number(r.accessory_exchanges_before_refund,
                                             N_("exchanged; refunded after {n} exchanges"), v)),
    (N_("depreciation"), lambda r, v: _number(r.depreciation_per_day, N_("{n} of the price a day"), v)),
    (N_("refund within"), lambda r, v: _number(r.refund_days, N_("{n} days, the day of agreement being the first"),
                                               v)),
    (N_("reject within"), lambda r, v: _number(r.reject_days, N_("{n} days"), v)),
    (N_("left after a repair"), lambda r, v: _number(r.reject_min_after_repair, N_("{n} days at least"), v)),
    (N_("say it was not fixed within"), lambda r, v: _number(r.unresolved_notice_days, N_("{n} days"), v)),
)
