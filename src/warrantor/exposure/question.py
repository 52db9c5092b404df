"""The questions that are asked of an engine: registered once, one text each."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from string import Template


@dataclass(frozen=True, slots=True)
class Question:
    """A question and its text.

    Attributes
    ----------
    name : str
        Also the name of the file that holds the text.
    says : str
        What it answers.
    """

    name: str
    says: str

    def text(self, **parts: str) -> str:
        """Return the SQL with its parts filled in; a part that the text needs and does not get is a KeyError."""
        return Template(_read(self.name)).substitute(parts)


def part(name: str, **parts: str) -> str:
    """Return a text that stands in several questions: the known claims, the units of a trial, what the maker paid."""
    return Template(_read(name)).substitute(parts)


def _read(name: str) -> str:
    text = (files("warrantor.exposure") / f"{name}.sql").read_text(encoding="utf-8")
    return "\n".join(line for line in text.splitlines() if not line.startswith("--"))


QUESTIONS = {
    question.name: question
    for question in (
        Question("units", "units by stratum and start day, with the end of cover"),
        Question("shifted", "exits of units returned or with an end of their own, in place of the plain ones"),
        Question("firsts", "first claims, in place of the exits their units would have had"),
        Question("claims", "all claims under cover by age, with their costs"),
        Question("cells", "all claims under cover by cohort, month of age and report lag"),
        Question("heard", "unclaimed units by month of age, under cover or past it, and how long silent"),
        Question("begun", "claims of units whose cover had begun by a day, by age, with their costs"),
        Question("repeats", "all claims under cover with their units, and when the cover of these units ends"),
        Question("settled", "claims that became known between two days, of units sold before and since"),
        Question("unknown", "units whose start is not known"),
        Question("arms", "the arm that each unit's serial is allotted to"),
        Question("sold", "units of a trial by arm and start day"),
        Question("matured", "unit totals of a trial's matured cohorts, as known when they did, and what they stake"),
        Question("spent", "claims of a trial's units as known at each look, with their costs and what they stake"),
        Question("given_back", "units of a trial given back without a fault, as known at each look"),
        Question("answered", "answers about claims of a trial's units, and the poor ones, as known at each look"),
        Question("span", "first and last start day"),
    )
}
