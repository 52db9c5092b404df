"""The closed list of what can be wrong with records, and the page that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that records cannot, or should not, say.

    Attributes
    ----------
    id : str
        As findings name it.
    level : "file", "refuse" or "note"
        file: nothing of the file can be read. refuse: `load` stops, or leaves the row out with --accept-good.
        note: the row is loaded all the same.
    why, what_to_do : str
        A sentence each.
    """

    id: str
    level: Literal["file", "refuse", "note"]
    why: str
    what_to_do: str


# In the order in which a row with several findings is counted as left out: by the first.
RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule("empty-file", "file", "The file is empty.", "Its first line names the columns; give the right file."),
        Rule("header-unread", "file", "The first line names no columns that can be read: it is blank, is no UTF-8 "
             "text, or a name holds a line break or a quote.",
             "Save the file as UTF-8 CSV with the names in its first line, and LF or CRLF after it."),
        Rule("no-json", "file", "A request to `warrantor entitle` is no JSON.", "Correct it at the line named."),
        Rule("impossible-request", "file", "A request to `warrantor entitle` says what cannot be.",
             "Correct the value named; docs/entitle.md says what a request may hold."),
        Rule("column-missing", "file", "This column is not there and nothing can be read without it.",
             "Add it, or name your own column for it in a map."),
        Rule("column-twice", "file", "Two columns have this name.", "Rename one of them."),
        Rule("chart-shape", "file", "This is no sales-returns chart.",
             "Give a sale month, the units sold and return months; a row a sale month."),
        Rule("column-unknown", "note", "No rule reads this column; it is not loaded.",
             "Name the column it stands for in a map, or leave it."),
        Rule("column-not-everywhere", "note", "Other files of this set have this column and this one has not: its "
             "cells are empty.", "Add it, or name it alike in every file."),
        Rule("not-utf8", "refuse", "This record holds bytes that are no UTF-8 text.", "Write the file as UTF-8."),
        Rule("ragged-row", "refuse", "This record has not as many fields as the header.",
             "Quote fields that hold a delimiter, a quote or a line break."),
        Rule("serial-missing", "refuse", "There is no serial.", "Fill it in."),
        Rule("duplicate-serial", "refuse", "This serial stands in an earlier record already; that one is kept.",
             "Keep one record a unit."),
        Rule("duplicate-claim", "refuse", "This claim stands in an earlier record already; that one is kept.",
             "Keep one record a claim, give each its own key, or say in known_on when a correction became known."),
        Rule("unknown-serial", "refuse", "No unit has this serial.", "Add the unit, or correct the serial."),
        Rule("unparsable", "refuse", "This is not what its column holds.",
             "Write a day as YYYY-MM-DD, a number as 12.50, or leave the cell empty."),
        Rule("value-missing", "refuse", "This cell is empty and its record needs it.", "Fill it in."),
        Rule("imei-check-digit", "refuse", "This serial fails the IMEI check digit.",
             'Correct the digit; where serials are no IMEIs, say serial_kind = "text" in the map.'),
        Rule("sold-before-made", "refuse", "The unit was sold before it was made.", "Correct one of the days."),
        Rule("returned-before-sold", "refuse", "The unit came back before it was sold.", "Correct one of the days."),
        Rule("after-data-until", "refuse", "This day is after the day up to which the records are said to tell.",
             "Correct the day, or give --data-until."),
        Rule("replaces-unknown", "refuse", "No unit has the serial that this one is said to replace.",
             "Add that unit, or correct the serial."),
        Rule("replaces-twice", "refuse", "Another unit stands for the one that this one is said to replace.",
             "Correct the serial: one unit stands for another, never two."),
        Rule("replaces-circle", "refuse", "The units are said to replace each other in a circle.",
             "Say which of them was sold first, and take its replaces out."),
        Rule("start-day-moves", "refuse", "With this day cover would begin later than what is known of the unit says.",
             "Take the day out; at the desk two persons change it, as evidence."),
        Rule("guarantee-unknown", "refuse", "The guarantees hold no such name@version.",
             "Add it to the guarantees, or leave the cell empty to have it resolved."),
        Rule("claim-of-left-out-unit", "refuse", "The record of this claim's unit has a finding of its own.",
             "Correct the unit; the claim goes with it."),
        Rule("claim-before-start", "refuse", "The claim was opened before the unit's start.",
             "Correct the day of the claim, or of the sale or delivery."),
        Rule("claim-after-cover-without-payer", "refuse", "The claim was opened after cover ended and nobody is named "
             "who paid.", "Name the payer: maker, statutory, seller, goodwill, customer or supplier."),
        Rule("reported-before-opened", "refuse", "The claim was reported before it was opened.",
             "Correct one of the days."),
        Rule("known-before-reported", "refuse", "This version of the claim was known before the claim was reported.",
             "Correct one of the days; the first version is known on the day of the report."),
        Rule("cost-negative", "refuse", "A cost is below zero.", "Correct it; write a recovery where it belongs."),
        Rule("mixed-currencies", "refuse", "This cost is in another currency than most.",
             "Convert all costs to one currency before loading."),
        Rule("event-kind-unknown", "refuse", "There is no such kind of event.",
             "Use started, suspended, resumed, exchanged, extended, transferred, campaign or goodwill."),
        Rule("event-ends-before-it-began", "refuse", "The event ended before it began.", "Correct one of the days."),
        Rule("unknown-claim", "refuse", "No claim has this key.", "Add the claim, or correct the key."),
        Rule("replaced-left-out", "note", "The unit that this one replaces has a finding of its own: this one is "
             "loaded and points at none.", "Correct the other unit."),
        Rule("claimed-differs", "note", "Whoever opened a claim of this unit wrote another thing; the file's is kept.",
             "Nothing; look at the claim again where it decides cover."),
        Rule("serial-erased", "note", "This serial was erased at the desk; the record is left out.",
             "Nothing; take it out of the file where it is not to be kept either."),
        Rule("replaced-erased", "note", "The unit that this one replaces was erased: this one is registered and stands "
             "for none.", "Nothing."),
        Rule("cost-missing", "note", "No cost is recorded.", "Fill it in if it is known; costs are then complete."),
        Rule("guarantee-none", "note", "No guarantee is for this unit: it is loaded, and under no cover.",
             "Widen a guarantee, or name one in the column guarantee."),
        Rule("start-unknown", "note", "None of the days that could start the cover is known; the unit is loaded, has "
             "no age, and enters no tally.", "Fill in a delivery, sale or activation day."),
        Rule("more-findings", "note", "There are more findings in this file than are listed.",
             "Correct what is listed; a wrong column is the likely cause."),
        Rule("below-zero", "refuse", "This cannot be below zero.", "Correct the value."),
        Rule("bracket-reversed", "refuse", "The upper bound is below the lower.", "Exchange the two."),
        Rule("entry-after-age", "refuse", "Watching began after it ended.", "Correct the entry or the age."),
        Rule("claim-after-from", "refuse", "This claim came after the age up to which the file is said to be cut.",
             "Cut the file at --from, or put the product into --history."),
        Rule("return-before-sale", "refuse", "These came back before their sale month ended.",
             "The first return column is the month after the first sale."),
        Rule("returns-exceed-sold", "refuse", "More came back than were sold.",
             "Correct the units sold or the returns."),
    )
}
HEAD = "| rule | level | why | what to do |\n|---|---|---|---|"
RANK = {name: i for i, name in enumerate(RULES)}


def page() -> str:
    """Return docs/findings.md: the rules as a table.

    Examples
    --------
    >>> page().splitlines()[0]
    '# Findings'
    """
    head = f"""\
# Findings

What records cannot, or should not, say. `warrantor check` reports findings; `warrantor load` refuses records that
have any of level *file* or *refuse* (exit code 3). Both write `findings.csv`: file, line (the physical line of the
record's first character; the header is line 1), column (your own name of it), value, rule, why, what_to_do.

- **file**: nothing of the file can be read; always refused.
- **refuse**: refused; with `--accept-good` the record is left out and counted, once, by the first of its rules in
  this order.
- **note**: said, and loaded all the same.

This page is written from `warrantor.records.rules`; a test compares the two.

{HEAD}"""
    return "\n".join([head, *(f"| `{r.id}` | {r.level} | {r.why} | {r.what_to_do} |" for r in RULES.values()), ""])
