"""A look at a trial on a page: the verdict, the difference over the looks, the evidence, the health, the protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.report.palette import MUTED, SERIES, finished, rows_of
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value
from warrantor.trial.verdict import RULE, table

if TYPE_CHECKING:
    import altair as alt

    from warrantor.trial.evidence import Evidence
    from warrantor.trial.verdict import Verdict

TALL, ROOM = 200, 190
DRAWN = ("Bars: the interval of the difference at every look, all of them right at once; broken line: the limit. "
         "Below: evidence against what it needs; at 1 it speaks, and never unsays it.")
HIDDEN = "{} is no planned look: the effect is hidden, so that nobody decides on it."


def looked(found: Verdict, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw the difference with its interval at every look against the limit, and how far each evidence has come.

    Parameters
    ----------
    found : Verdict
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart

    Raises
    ------
    Refused
        No planned look: the effect is hidden. No mature cohort: there is none.
    """
    import altair as alt

    if not found.planned:
        raise Refused(f"{found.on} is no planned look: the effect is not drawn.")
    if found.readings.below is None:
        raise Refused("No cohort is mature yet: there is no difference to draw.")
    whole = alt.vconcat(_difference(found, found.readings.below, width), _evidence(found, width), spacing=24)
    return finished(whole, title or found.sentence)


def _difference(found: Verdict, below: Evidence, width: int) -> Any:
    """The confidence sequence; the broken line is the limit."""
    import altair as alt

    days = [d.isoformat() for d in found.ledger.looks]
    shown = np.isfinite(below.lower) & np.isfinite(below.upper)
    rows = [{"d": days[i], "a": float(below.lower[i]), "b": float(below.upper[i])} for i in np.flatnonzero(shown)]
    ends = np.stack([below.lower[shown], below.upper[shown]])
    far = 4 * max(abs(found.limit), float(np.abs(ends[:, -1]).max()))
    x = alt.X("d:T", title="Look", axis=alt.Axis(grid=False, format="%b %Y", tickCount=6))
    y = alt.Y("a:Q", title=f"Difference, {found.currency} a unit", axis=alt.Axis(tickCount=6),
              scale=alt.Scale(domain=[max(min(float(ends[0].min()), found.limit), -far),
                                    min(max(float(ends[1].max()), found.limit), far)], clamp=True))
    whole = alt.Chart(rows_of(rows))
    limit = alt.Chart(rows_of([{"v": found.limit, "n": f"limit {found.limit:g}"}]))
    return alt.layer(
        whole.mark_bar(color=SERIES[0], opacity=0.6, width=7).encode(x=x, y=y, y2="b:Q"),
        limit.mark_rule(color=SERIES[1], strokeDash=[5, 3], strokeWidth=2).encode(y="v:Q"),
        limit.mark_text(color=SERIES[1], align="left", dx=6).encode(x=alt.value(width - ROOM), y="v:Q", text="n:N"),
    ).properties(width=width - ROOM, height=TALL)


def _evidence(found: Verdict, width: int) -> Any:
    """Running evidence as a share of what it needs; at 1 it speaks."""
    import altair as alt

    read = found.readings
    paths = {"below the limit": read.below, "above the limit": read.above}
    paths |= {f"{a.name}: alarm": a.evidence for a in read.alarms}
    paths |= {f"{g.name}: within margin": g.evidence for g in read.guardrails}
    days = [d.isoformat() for d in found.ledger.looks]
    rows = [{"k": "l", "n": name, "d": day, "y": max(float(v) / e.threshold, 0.0)}
            for name, e in paths.items() if e is not None for day, v in zip(days, e.running, strict=True)]
    names = [name for name, e in paths.items() if e is not None]
    x = alt.X("d:T", title="Look", axis=alt.Axis(grid=False, format="%b %Y", tickCount=6))
    y = alt.Y("y:Q", title="Evidence, 1 speaks", scale=alt.Scale(domain=[0, 1.5], clamp=True))
    colour = alt.Color("n:N", title=None, scale=alt.Scale(domain=names, range=list(SERIES)),
                       legend=alt.Legend(symbolType="stroke", labelLimit=170))
    dash = alt.StrokeDash("n:N", legend=None, scale=alt.Scale(
        domain=names, range=[[1, 0] if i < len(SERIES) else [4, 3] for i in range(len(names))]))
    whole = alt.Chart(rows_of(rows))
    needed = alt.Chart(rows_of([{"v": 1.0}])).mark_rule(color=MUTED, strokeDash=[5, 3]).encode(y="v:Q")
    return alt.layer(whole.mark_line(interpolate="step-after", strokeWidth=2).encode(
        x=x, y=y, color=colour, strokeDash=dash), needed).properties(width=width - ROOM, height=TALL)


def trial_section(found: Verdict, at: str) -> Section:
    """Say the verdict first, then the effect, the evidence, the health and the protocol.

    Parameters
    ----------
    found : Verdict
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    one = f"{at}/look"
    said: Sentence = (f"{found.trial}, look of {found.on}: {found.sentence}",)
    drawn = found.planned and found.readings.below is not None
    return Section(
        kind="trial", heading="The verdict of the trial", answer=(said, *_effect(found, one)),
        document={"kind": "trial", "look": found.to_dict()}, label=said if drawn else (),
        caption=DRAWN if drawn else "",
        draw=(lambda width: looked(found, width, " ")) if drawn else None,
        tables=(_read(found), _arms(found, one), _healthy(found), _protocol(found)),
        notes=(*((f"{c.name}: {c.says}",) for c in found.checks),
               *(() if found.planned else ((HIDDEN.format(found.on),),))),
        how=(RULE, *found.ledger.how), code=("verdict = trial.look(fleet.ledger(trial))",))


def _effect(found: Verdict, one: str) -> tuple[Sentence, ...]:
    if not found.planned or found.readings.below is None:
        return ()
    at = len(found.ledger.looks) - 1
    low, high = (Value(f"{one}/below/{side}/{at}", "figure") for side in ("lower", "upper"))
    return (("Difference in cost a unit, extended less conventional: ", Value(f"{one}/difference", "figure"),
             f" {found.currency} (", low, " to ", high, " at every look), limit ", Value(f"{one}/limit", "figure"),
             "."),)


def _read(found: Verdict) -> Table:
    rows: list[list[Cell]] = [[r["name"], r["role"], r["says"]] for r in table(found)]
    return Table("What was read", ("what", "role", "says"), rows)


def _arms(found: Verdict, one: str) -> Table:
    """Both arms in numbers; on an unplanned day only the units."""
    heads = ["arm", "units"]
    rows: list[list[Cell]] = [[arm, Value(f"{one}/units/{i}")] for i, arm in enumerate(("conventional", "extended"))]
    if found.planned:
        heads += ["claims known", "after the shorter promise", "in goodwill"]
        last = len(found.ledger.looks) - 1
        for i, row in enumerate(rows):
            row += [Value(f"{one}/ledger/{name}/{i}/{last}") for name in ("known", "late", "goodwill")]
    return Table("The arms", tuple(heads), rows)


def _healthy(found: Verdict) -> Table:
    rows: list[list[Cell]] = [[c.name, "fine" if c.ok else "look", c.says] for c in found.checks]
    return Table("Health of the trial", ("check", "", "says"), rows)


def _protocol(found: Verdict) -> Table:
    rows: list[list[Cell]] = [["plan (SHA-256)", found.plan], ["data (SHA-256)", found.ledger.hash],
                              ["known on", str(found.on)], ["planned look", "yes" if found.planned else "no"],
                              ["waits for", "; ".join(found.waits_for) or "nothing"]]
    return Table("Protocol", ("", "value"), rows)
