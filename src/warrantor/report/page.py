"""A page from results: the answer first, then what it rests on."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

from warrantor import __version__
from warrantor.finding import Finding, Findings
from warrantor.report.compose import compose
from warrantor.report.palette import DARK, NAMES
from warrantor.report.section import Section, Table
from warrantor.report.svg import inline
from warrantor.report.words import Sentence, Value, look, plain, shown

SCHEMA = "warrantor.report/1"
WIDE, NARROW = 780, 350
MOST_FINDINGS = 200
CARRIED = 300_000  # bytes of the document that the page itself carries for download


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Page:
    """One self-contained page, and the document that holds its every number.

    Attributes
    ----------
    html : str
        The page: no script, no other host.
    document : dict
        What `to_dict` returns.
    """

    html: str
    document: dict[str, Any] = field(repr=False)

    def save(self, path: str | Path) -> Path:
        """Write the page as UTF-8; return its path."""
        target = Path(path)
        target.write_text(self.html, encoding="utf-8")
        return target

    def to_dict(self) -> dict[str, Any]:
        """Return the document, schema warrantor.report/1: the results' own documents under `sections`."""
        return self.document

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        """Show the page in a notebook, in a frame of its own so that styles do not mix."""
        frame = f'<iframe srcdoc="{escape(self.html, quote=True)}" style="width:100%;height:40em;border:0"></iframe>'
        return {"text/plain": repr(self), "text/html": frame}

    def __repr__(self) -> str:
        return f"<Page {self.document['title']!r}: {len(self.html.encode()) / 1000:,.0f} kB>"


def page(
    *results: Any, title: str | None = None, findings: Findings | Iterable[Finding] = (), left_out: int = 0,
    how: Iterable[str] = (), python: str | None = None, command: str | None = None, language: str = "en",
) -> Page:
    """Make one self-contained page of results.

    Called as `warrantor.report(...)`. A life table and the fits of the same strata share a section; a forecast shows
    the claims seen before its window when the life table of the same strata is among the results.

    Parameters
    ----------
    *results : LifeTable, Fit, Ahead, Tally, Findings or Finding
        In any order; the page puts the forecast first.
    title : str, optional
        Heading of the page.
    findings : Findings or iterable of Finding
        What the records said that cannot be.
    left_out : int
        Rows left out because of findings.
    how : iterable of str
        More sentences on how the results were obtained.
    python, command : str, optional
        The calls that obtain the same page; what is known of the results where not given.
    language : str
        Language of the text, for screen readers.

    Returns
    -------
    Page

    Raises
    ------
    Refused
        No result, or one the page does not know.

    Examples
    --------
    >>> import warrantor as wr
    >>> life = wr.life_table(wr.tally_of_ages([1, 2, 2, 4], [1, 1, 0, 0]))
    >>> wr.report(life, title="Four units").to_dict()["sections"][0]["facts"][0]["claims"]
    2
    """
    sections, found = compose(results)
    found = (*found, *(findings.found if isinstance(findings, Findings) else findings))
    document: dict[str, Any] = {
        "schema": SCHEMA,
        "warrantor": __version__,
        "title": title or "Claims, seen and to come",
        "sections": [s.document for s in sections],
        "findings": {"count": len(found), "left_out": left_out, "shown": min(len(found), MOST_FINDINGS),
                     "list": [f.to_dict() for f in found]},
        "how": list(dict.fromkeys([*(h for s in sections for h in s.how), *how])),
        "reproduce": {"python": python or _code(sections), "command": command},
    }
    document["answer"] = [plain(a, document) for s in sections for a in s.answer]
    for section, own in zip(sections, document["sections"], strict=True):
        own["label"] = plain(section.label, document)
    return Page(_html(document, sections, language), document)


def _code(sections: tuple[Section, ...]) -> str:
    names = [line.split(" = ")[0] for s in sections for line in s.code]
    lines = ["import warrantor as wr", *(line for s in sections for line in s.code if line != "tally = tally")]
    return "\n".join([*lines, f'wr.report({", ".join(names)}).save("report.html")'])


def _html(document: dict[str, Any], sections: tuple[Section, ...], language: str) -> str:
    """Fill the template; it escapes every text, the figures alone are inserted as they are."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    room = Environment(loader=PackageLoader("warrantor.report", "."), autoescape=True, undefined=StrictUndefined,
                       trim_blocks=True, lstrip_blocks=True)
    room.tests["value"] = lambda part: isinstance(part, Value)
    room.filters["text"] = lambda v: shown(look(document, v.path), v.kind)
    room.filters["raw"] = lambda v: json.dumps(look(document, v.path), ensure_ascii=False)
    text = json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    carried = base64.b64encode(text).decode() if len(text) <= CARRIED else None
    return room.get_template("page.html.j2").render(
        document=document, language=language, findings=_findings(document), carried=carried,
        parts=[(s, _figures(s, d)) for s, d in zip(sections, document["sections"], strict=True)],
        light={name: colour for colour, name in NAMES.items()},
        dark={NAMES[colour]: other for colour, other in DARK.items()})


def _figures(section: Section, document: dict[str, Any]) -> list[tuple[str, Any]]:
    """Draw the figure for a wide and for a narrow window; the style shows one of them."""
    from markupsafe import Markup

    if section.draw is None:
        return []
    return [(kind, Markup(inline(section.draw(width), document["label"])))  # noqa: S704  our own drawing, text escaped
            for kind, width in (("wide", WIDE), ("narrow", NARROW))]


def _findings(document: dict[str, Any]) -> Table | None:
    """Put the first findings in a table."""
    found = document["findings"]["list"]
    if not found:
        return None
    columns = ("file", "line", "column", "value", "rule", "why", "what_to_do")
    rows: list[list[str | Value]] = [
        [Value(f"findings/list/{i}/{c}", "plain") if c == "line" else str(f[c] if f[c] is not None else "")
         for c in columns] for i, f in enumerate(found[:MOST_FINDINGS])]
    note: Sentence = (Value("findings/shown"), " of ", Value("findings/count"), " findings shown; ",
                      Value("findings/left_out"), " rows left out of the results.")
    return Table("What the records say that cannot be", tuple(c.replace("_", " ") for c in columns), rows, note)
