"""Guarantee packs: TOML in, guarantees out, and back again without loss.

A file holds one table a version::

    [[guarantee]]
    name = "conventional"
    version = "1"
    layer = "commercial"             # statutory, commercial, seller, campaign
    products = ["*"]                 # or names
    markets = ["*"]
    sold_from = 2018-01-01           # optional, inclusive
    sold_to = 2018-12-31
    start = ["delivered_on", "sold_on", "made_on+90"]   # the first that is known; also "later_of:a,b"
    counting = "exclude_start"       # or "include_start"
    [guarantee.terms.host]
    months = 12                      # or days, or years

and beside them [rules.NAME], [sources.NAME], [holidays.NAME] and [topics]. The keys are those of `Guarantee`;
`extends` takes the keys of another guarantee that are not said again, `without` leaves some of them.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from warrantor.terms.guarantee import Guarantee, Guarantees, PackError
from warrantor.terms.lines import line_of_error, lines_of, nearest
from warrantor.terms.period import Holidays, Term
from warrantor.terms.read import WrongError, read_about, read_guarantee, read_holidays, read_rule, read_source

_Tables = dict[str, list[tuple["Text", int, dict[str, Any]]]]
TABLES = ("pack", "guarantee", "rules", "sources", "holidays", "topics")


@dataclass(frozen=True, slots=True)
class Text:
    """One TOML text.

    Attributes
    ----------
    where : str
        What it is called in messages.
    document : dict
        What it says, as the standard reader gives it.
    lines : dict
        Path of a key -> its line.
    """

    where: str
    document: dict[str, Any]
    lines: dict[str, int]

    def wrong(self, path: str, why: str) -> PackError:
        """Return the error that says what is wrong at a path."""
        return PackError(self.where, self.line_of(path), why)

    def line_of(self, path: str) -> int | None:
        """Return the line of a path, or of the closest table that holds it."""
        return nearest(self.lines, path)


def load_guarantees(source: str | Path) -> Guarantees:
    r"""Read guarantees from a TOML file, or from its text. Rules and sources that are shipped may be named.

    Raises
    ------
    PackError
        The file is no TOML, or a guarantee in it cannot mean anything: unknown key or unit, negative term, no host,
        a key given twice, evidence that is no unit column, `extends` that goes in a circle.

    Examples
    --------
    >>> from datetime import date
    >>> text = '[[guarantee]]\nname = "long"\nversion = "1"\n[guarantee.terms.host]\nmonths = 18'
    >>> load_guarantees(text)["long@1"].end_day(date(2019, 8, 31))
    datetime.date(2021, 2, 28)
    """
    where, text = ("the text", str(source))
    if isinstance(source, Path) or "\n" not in str(source):
        where, text = str(source), Path(source).read_text(encoding="utf-8")
    own = read_text(text, where)
    if not own.document.get("guarantee"):
        raise PackError(where, None, "there is no [[guarantee]] in it")
    return guarantees_of([own], shipped_texts())


@cache
def shipped() -> Guarantees:
    """Return every guarantee of the packs that come with warrantor, market by market."""
    return guarantees_of(shipped_texts())


def beside(own: Guarantees, names: tuple[str, ...]) -> Guarantees:
    """Return a maker's guarantees of these names and, of every market, what others owe: the law and the seller.

    Examples
    --------
    >>> sorted({g.layer for g in beside(default_guarantees(), ("conventional@1",)).all})
    ['commercial', 'seller', 'statutory']
    """
    known = shipped()
    mine = tuple(g for g in own.all if g.name in names or g.key in names)
    others = tuple(g for g in known.all if g.layer in ("statutory", "seller") and g.key not in {m.key for m in mine})
    return Guarantees(mine + others, {**known.rules, **own.rules}, {**known.sources, **own.sources},
                      {**known.topics, **own.topics})


def default_guarantees() -> Guarantees:
    """Return the promise the trade gives: 12 months from delivery, else sale, else activation, to everyone.

    Examples
    --------
    >>> default_guarantees().all[0].key
    'conventional@1'
    """
    rest = shipped()
    trade = Guarantee("conventional", "1", {"host": Term(12, "months")}, title="12 months, as the trade gives")
    return Guarantees((trade,), rest.rules, rest.sources, rest.topics)


def shipped_markets() -> dict[str, str]:
    """Return the packs that come with warrantor: name -> TOML text, in the order they are read."""
    home = files("warrantor.terms").joinpath("packs")
    found = {item.name.removesuffix(".toml"): item.read_text(encoding="utf-8")
             for item in home.iterdir() if item.name.endswith(".toml")}
    return dict(sorted(found.items(), key=lambda pair: (pair[0] != "rules", pair[0])))


@cache
def shipped_texts() -> tuple[Text, ...]:
    """Return the texts of the packs that come with warrantor."""
    return tuple(read_text(text, f"{name}.toml") for name, text in shipped_markets().items())


def read_text(text: str, where: str) -> Text:
    """Return what a TOML text says, and where.

    Raises
    ------
    PackError
        It is no TOML, or has a table that no pack has.
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, why = line_of_error(error, text)
        raise PackError(where, line, f"this is no TOML: {why}") from error
    found = Text(where, document, lines_of(text))
    unknown = sorted(set(document) - set(TABLES))
    if unknown:
        raise found.wrong(unknown[0], f"no such table: {unknown[0]}; the tables are {', '.join(TABLES)}")
    _shaped(found)
    return found


def _shaped(text: Text) -> None:
    """Refuse what is no table where one must be, before anything is looked up in it."""
    told = text.document.get("guarantee", [])
    if not isinstance(told, list) or not all(isinstance(one, dict) for one in told):
        raise text.wrong("guarantee", "write [[guarantee]], with two brackets: there may be more than one")
    for kind in TABLES:
        if kind != "guarantee" and not isinstance(text.document.get(kind, {}), dict):
            raise text.wrong(kind, f"{kind} is no table; write [{kind}] or [{kind}.NAME]")
    for place, one in enumerate(told):
        if "name" not in one:
            raise text.wrong(f"guarantee.{place}", "missing name")
        if not isinstance(one.get("extends", ""), str):
            raise text.wrong(f"guarantee.{place}.extends", "extends names one guarantee")
        if not isinstance(one.get("without", []), list):
            raise text.wrong(f"guarantee.{place}.without", "without is a list of keys")


def guarantees_of(texts: Iterable[Text], beside: Iterable[Text] = ()) -> Guarantees:
    """Return the guarantees of some texts; rules, calendars and guarantees of others beside them may be named.

    Raises
    ------
    PackError
    """
    own, others = list(texts), list(beside)
    everything = others + own
    rules = _named(everything, "rules", read_rule)
    sources = _named(everything, "sources", read_source)
    holidays = _named(everything, "holidays", read_holidays)
    topics = {k: v for t in everything for k, v in t.document.get("topics", {}).items()}
    tables: _Tables = {}
    for text in everything:
        for place, table in enumerate(text.document.get("guarantee", [])):
            tables.setdefault(str(table.get("name")), []).append((text, place, table))
    built = tuple(_built(text, place, table, tables, holidays)
                  for text in own for place, table in enumerate(text.document.get("guarantee", [])))
    about = _told(own[0], "pack", read_about, own[0].document.get("pack", {})) if len(own) == 1 else {}
    found = Guarantees(built, rules, sources, topics, about)
    _consistent(found, own)
    return found


def _named(texts: list[Text], kind: str, read: Callable[[str, Any], Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for text in texts:
        for name, table in text.document.get(kind, {}).items():
            found[name] = _told(text, f"{kind}.{name}", read, name, table)
    return found


def _built(
    text: Text, place: int, table: dict[str, Any], tables: _Tables, holidays: Mapping[str, Holidays]
) -> Guarantee:
    path = f"guarantee.{place}"
    whole = _extended(text, path, table, tables, ())
    return _told(text, path, read_guarantee, whole, holidays)  # type: ignore[no-any-return]


def _told(text: Text, path: str, read: Callable[..., Any], *asked: Any) -> Any:
    """Read a table; say what is wrong with it at its line."""
    try:
        return read(*asked)
    except WrongError as wrong:
        raise text.wrong(f"{path}.{wrong.path}", wrong.why) from wrong
    except ValueError as error:
        raise text.wrong(path, str(error)) from error


def _extended(text: Text, path: str, table: dict[str, Any], tables: _Tables, seen: tuple[str, ...]) -> dict[str, Any]:
    """Return the table with the keys of those it extends."""
    own = dict(table)
    base, without = own.pop("extends", None), own.pop("without", [])
    if base is None:
        return own
    if base in (*seen, own.get("name")):
        raise text.wrong(f"{path}.extends", f"extends goes in a circle: {' -> '.join((*seen, str(own['name']), base))}")
    if base not in tables:
        raise text.wrong(f"{path}.extends", f"there is no guarantee {base!r} to extend")
    theirs, place, parent = tables[base][-1]
    above = _extended(theirs, f"guarantee.{place}", parent, tables, (*seen, str(own.get("name"))))
    unknown = sorted(set(without) - set(above))
    if unknown:
        raise text.wrong(f"{path}.without", f"{base} has no {', '.join(unknown)} to leave out")
    return {k: v for k, v in above.items() if k not in without} | own


def _consistent(found: Guarantees, own: list[Text]) -> None:
    """Refuse keys given twice, and names of rules and sources that nothing stands behind."""
    places = [(text, f"guarantee.{i}") for text in own for i, _ in enumerate(text.document.get("guarantee", []))]
    seen: set[str] = set()
    for (text, path), one in zip(places, found.all, strict=True):
        if one.key in seen:
            raise text.wrong(f"{path}.version", f"{one.key} stands more than once; give each version its own number")
        seen.add(one.key)
        for topic, rule in one.topics.items():
            _there(text, f"{path}.topics.{topic}", (rule,), found.rules, "rule")
        _there(text, f"{path}.duties", one.duties, found.rules, "rule")
        _there(text, f"{path}.sources", one.sources, found.sources, "source")
    for text in own:
        for topic, rule in text.document.get("topics", {}).items():
            _there(text, f"topics.{topic}", (rule,), found.rules, "rule")
        for name in text.document.get("rules", {}):
            _there(text, f"rules.{name}.sources", found.rules[name].sources, found.sources, "source")


def _there(text: Text, path: str, names: Iterable[str], known: Mapping[str, Any], kind: str) -> None:
    lacking = [name for name in names if name not in known]
    if lacking:
        raise text.wrong(path, f"there is no {kind} {lacking[0]!r}; write [{kind}s.{lacking[0]}]")
