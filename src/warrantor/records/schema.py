"""The tables of a fleet and their columns, as the trade keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "day", "number"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes
    ----------
    name : str
        Its name in a file; a day column ends in `_on` (or is `on`, `until`).
    kind : "text", "day" or "number"
        How its text is read; a day is YYYY-MM-DD.
    needed : bool
        Whether a file without it cannot be read.
    says : str
        What it holds.
    """

    name: str
    kind: Kind
    says: str
    needed: bool = False

    @property
    def parsed(self) -> str:
        """Name of the value beside its text: a day number, a float, or the text itself.

        Examples
        --------
        >>> Column("sold_on", "day", "").parsed, Column("cost", "number", "").parsed, Column("lot", "text", "").parsed
        ('sold_day', 'cost_value', 'lot')
        """
        if self.kind == "day":
            return self.name.removesuffix("_on") + "_day"
        return self.name if self.kind == "text" else f"{self.name}_value"


_UNITS = (
    Column("serial", "text", "the unit's key, text as printed", needed=True),
    Column("product", "text", "the kind of thing promised for"),
    Column("lot", "text", "units made together"),
    Column("made_on", "day", "made"),
    Column("shipped_on", "day", "left the maker"),
    Column("sold_on", "day", "sold to the customer"),
    Column("delivered_on", "day", "handed to the customer"),
    Column("activated_on", "day", "first reported home"),
    Column("returned_on", "day", "came back without a fault, was refunded, scrapped or lost"),
    Column("last_seen_on", "day", "last reported home; the later of it and the heartbeats, where both are given"),
    Column("replaces", "text", "serial of the unit this one was exchanged for"),
    Column("market", "text", "where it was sold"),
    Column("channel", "text", "through whom it was sold"),
    Column("guarantee", "text", "name@version; resolved from the guarantees where empty"),
)
_CLAIMS = (
    Column("claim", "text", "the claim's key; row-N where there is none"),
    Column("serial", "text", "the unit", needed=True),
    Column("component", "text", "the part of it; empty is the unit itself"),
    Column("symptom", "text", "what the customer says"),
    Column("fault", "text", "what was found wrong"),
    Column("opened_on", "day", "the customer asked, or handed it in; decides cover and age", needed=True),
    Column("reported_on", "day", "the record reached us; opened_on where the column is absent"),
    Column("known_on", "day", "this version of the claim became known, a correction later than the first; reported_on "
           "where absent or empty"),
    Column("failed_on", "day", "it failed"),
    Column("closed_on", "day", "the claim was closed"),
    Column("handed_back_on", "day", "the customer had it back"),
    Column("remedy", "text", "repair, exchange, refund"),
    Column("replacement", "text", "serial of the unit given in exchange"),
    Column("payer", "text", "maker, statutory, seller, goodwill, customer, supplier"),
    Column("cost", "number", "what it cost the payer"),
    Column("currency", "text", "of the cost"),
)
_EVENTS = (
    Column("serial", "text", "the unit", needed=True),
    Column("kind", "text", "started, suspended, resumed, exchanged, extended, transferred, campaign, goodwill",
           needed=True),
    Column("on", "day", "when it began", needed=True),
    Column("until", "day", "when it ended"),
    Column("fault", "text", "the fault a campaign is for; empty is every fault"),
    Column("name", "text", "the campaign, or the decision"),
    Column("by", "text", "who authorised goodwill, two names parted by a semicolon"),
)
_HEARTBEATS = (
    Column("serial", "text", "the unit", needed=True),
    Column("on", "day", "reported home", needed=True),
)
_OUTCOMES = (
    Column("product", "text", "the kind of thing promised for", needed=True),
    Column("market", "text", "where"),
    Column("period", "text", "when, as written"),
    Column("metric", "text", "what was measured", needed=True),
    Column("value", "number", "its value", needed=True),
    Column("n", "number", "on how many"),
)
_SURVEYS = (
    Column("claim", "text", "the claim", needed=True),
    Column("sent_on", "day", "asked"),
    Column("score", "number", "the answer", needed=True),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "units": _UNITS, "claims": _CLAIMS, "events": _EVENTS, "heartbeats": _HEARTBEATS, "outcomes": _OUTCOMES,
    "surveys": _SURVEYS,
}
FIRST_DAY, LAST_DAY = -25567, 84005  # 1900-01-01 and 2199-12-31: a day beyond them is a slip of the pen
EMPTY = ("na", "nan", "nat", "null", "none")


def cell(column: Column, text: str) -> str:
    """SQL of a cell's text: trimmed, null where empty; in days and numbers NA, nan and the like are empty too."""
    trimmed = f"nullif(trim(CAST({text} AS VARCHAR)), '')"
    if column.kind == "text":
        return trimmed
    listed = ", ".join(f"'{e}'" for e in EMPTY)
    return f"CASE WHEN lower({trimmed}) NOT IN ({listed}) THEN {trimmed} END"


def value(column: Column, text: str) -> str:
    """SQL of a cell's value: days since 1970-01-01 or a finite number; null where the text is neither.

    Examples
    --------
    >>> value(Column("cost", "number", ""), "cost")
    "CASE WHEN isfinite(try_cast(cost AS DOUBLE)) AND strpos(cost, '_') = 0 THEN try_cast(cost AS DOUBLE) END"
    """
    if column.kind == "number":
        number = f"try_cast({text} AS DOUBLE)"
        return f"CASE WHEN isfinite({number}) AND strpos({text}, '_') = 0 THEN {number} END"
    clock = (f"(length({text}) > 10 AND substr({text}, 11, 1) IN (' ', 'T') "
             f"AND try_cast({text} AS TIMESTAMP) IS NOT NULL)")
    dashed = f"substr({text}, 5, 1) = '-' AND substr({text}, 8, 1) = '-'"
    day = f"CASE WHEN {dashed} AND (length({text}) = 10 OR {clock}) THEN try_cast(substr({text}, 1, 10) AS DATE) END"
    number = f"CAST({day} - DATE '1970-01-01' AS INTEGER)"
    return f"CASE WHEN {number} BETWEEN {FIRST_DAY} AND {LAST_DAY} THEN {number} END"
