"""What a page is made of: sections, each with its part of the document, sentences, a figure and tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from warrantor.report.words import Sentence, Value

if TYPE_CHECKING:
    import altair as alt

Cell = str | Value
Draw = Callable[[int], "alt.TopLevelMixin"]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of the page.

    Attributes
    ----------
    caption : str
        What it holds.
    columns : tuple of str
        Headers, with units.
    rows : list of list of Cell
        The first cell heads its row.
    note : Sentence
        What it leaves out.
    """

    caption: str
    columns: tuple[str, ...]
    rows: list[list[Cell]]
    note: Sentence = ()

    @property
    def text_columns(self) -> tuple[bool, ...]:
        """Which columns hold text; numbers stand to the right."""
        return tuple(all(isinstance(r[i], str) for r in self.rows) for i in range(len(self.columns)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the page that answers one question.

    Attributes
    ----------
    kind : str
        What it is made from: life, laws, ahead, returns or result.
    heading : str
    document : dict
        Its part of the page's document; every number of the section is fetched from there.
    answer : tuple of Sentence
        The answer, said at the head of the page.
    label : Sentence
        What the figure says, with its numbers.
    caption : str
        How to read the figure.
    draw : callable or None
        Makes the figure for a width in pixels.
    tables : tuple of Table
    notes : tuple of Sentence
    how : tuple of str
    code : tuple of str
        Python that obtains the result again.
    """

    kind: str
    heading: str
    document: dict[str, Any]
    answer: tuple[Sentence, ...] = ()
    label: Sentence = ()
    caption: str = ""
    draw: Draw | None = None
    tables: tuple[Table, ...] = ()
    notes: tuple[Sentence, ...] = ()
    how: tuple[str, ...] = ()
    code: tuple[str, ...] = field(default=())
