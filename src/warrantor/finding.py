"""What the records say that cannot be, or should not be."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found wrong, where it stands, and what to do about it.

    Attributes
    ----------
    file : str
        The file as the user named it.
    line : int or None
        Physical line of the record's first character; the header is line 1. None when it concerns the whole file.
    column : str or None
        The user's own column name, before any map.
    value : str or None
        The text found there, as printed.
    rule : str
        One of the closed list of rule ids (docs/findings.md).
    why : str
        What is wrong, in a sentence.
    what_to_do : str
        What the reader can do about it.

    Examples
    --------
    >>> print(Finding("claims.csv", 7, "cost", "-3", "cost-negative", "A cost is below zero.", "Correct it."))
    claims.csv:7: cost='-3' [cost-negative] A cost is below zero. Correct it.
    """

    file: str
    line: int | None
    column: str | None
    value: str | None
    rule: str
    why: str
    what_to_do: str

    def to_dict(self) -> dict[str, str | int | None]:
        """Return the finding as plain values, one key an attribute."""
        return asdict(self)

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        what = "" if self.column is None else f" {self.column}={self.value!r}"
        return f"{place}:{what} [{self.rule}] {self.why} {self.what_to_do}"


class Refused(Exception):  # noqa: N818  a refusal is an answer with a reason, not a malfunction
    """A question the data cannot answer, with the reason and what would answer it."""


class Findings(Exception):  # noqa: N818  carries findings to whoever shows them
    """Input that cannot be read as it stands; carries every finding.

    Parameters
    ----------
    found : sequence of Finding
        At least one.

    Examples
    --------
    >>> one = Finding("a.csv", 2, "age", "x", "unparsable", "Not a number.", "Write a number.")
    >>> str(Findings([one]))
    "1 finding; first: a.csv:2: age='x' [unparsable] Not a number. Write a number."
    """

    def __init__(self, found: list[Finding] | tuple[Finding, ...]) -> None:
        self.found = tuple(found)
        super().__init__(self.found)

    def __str__(self) -> str:
        count = len(self.found)
        return f"{count} finding{'s' if count != 1 else ''}; first: {self.found[0]}"
