"""The section of a lengthened promise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.forecast.ahead import FAN
from warrantor.report.fan import Fanned, panels
from warrantor.report.intervals import Row, bars, intervals
from warrantor.report.palette import finished
from warrantor.report.section import Cell, Section, Table
from warrantor.report.words import Sentence, Value, called, title_of
from warrantor.tally import DAYS_PER_MONTH

if TYPE_CHECKING:
    import altair as alt

    from warrantor.forecast.longer import Longer
    from warrantor.life.table import LifeTable

MOST_STRATA = 6
AXIS = "First claims per 1,000 units sold"
PARTS = ("mean", "lower", "upper")


def longer_section(longer: Longer, life: LifeTable | None, at: str) -> Section:
    """Say what a longer promise would bring, and draw the claims by the old end and by the new.

    Parameters
    ----------
    longer : Longer
    life : LifeTable or None
        Of the same strata: the claims seen before the old end.
    at : str
        Path of the section in the document.

    Returns
    -------
    Section
    """
    said = tuple(_extra(longer, s, at) for s in range(min(len(longer.strata), MOST_STRATA)))
    return Section(
        kind="longer", heading="What the longer promise would bring", answer=said,
        document={"kind": "longer", "longer": longer.to_dict()},
        label=("Claims per 1,000 units sold. ", *(p for s in said for p in (*s, " "))),
        caption=f"Dot: mean; line: {longer.level:.0%} interval. Claims by month {longer.end:g} are those under the "
                "longer promise. Below: month by month from the end of the promise as it is; 50 % strong, 90 % faint.",
        draw=(lambda width: _drawn(longer, life, width)) if answered(longer) else None,
        tables=(_answers(longer, at), *_mixed(longer, at), *(_months(longer, s, at) for s in answered(longer))),
        how=longer.how,
        code=(f"longer = wr.extend(hard, fleet.cohorts(by), soft=soft, start={longer.start:g}, end={longer.end:g})",))


def answered(longer: Longer) -> list[int]:
    """Return the strata a figure has room for: the first six that were not refused."""
    return [s for s, why in enumerate(longer.refused) if why is None][:MOST_STRATA]


def _mixed(longer: Longer, at: str) -> list[Table]:
    """Which laws were mixed, by what weight, with the share of soft faults."""
    laws = list(dict.fromkeys(name for weights in longer.weights for name in weights))
    rows: list[list[Cell]] = []
    for s in (s for s, why in enumerate(longer.refused) if why is None):
        one = f"{at}/longer/strata/{s}"
        rows.append([_name(longer, s), *(Value(f"{one}/weights/{n}", "share") if n in longer.weights[s] else "0 %"
                                         for n in laws), Value(f"{one}/soft_share", "share")])
    heads = ("stratum", *(called(n) for n in laws), "soft faults among failures")
    return [Table("Laws mixed, by Akaike weight", heads, rows)] if rows else []


def _drawn(longer: Longer, life: LifeTable | None, width: int) -> alt.TopLevelMixin:
    """The intervals, and the fans under them."""
    import altair as alt

    rows = _rows(longer)
    fans = panels([(_fanned(longer, s), _seen(longer, life, s)) for s in answered(longer)], width)
    return finished(alt.vconcat(bars(rows, AXIS, width), fans, spacing=24), None)


def _fanned(longer: Longer, s: int) -> Fanned:
    return Fanned(_name(longer, s), AXIS, longer.start, longer.end, float(longer.at_start[s, 0]), longer.fan_months,
                  longer.fan[s])


def _seen(longer: Longer, life: LifeTable | None, s: int) -> list[dict[str, Any]]:
    """Claims per 1,000 units month by month, as the life table counted them."""
    if life is None:
        return []
    months = np.arange(0.0, np.floor(longer.start) + 1.0)
    scale = DAYS_PER_MONTH if life.unit == "day" else 1.0
    place = life.strata.index(longer.strata[s])
    alive = [life.survival_at(m * scale)[place] for m in months]
    return [{"k": "s", "x": float(m), "m": float(1000.0 * (1.0 - v))} for m, v in zip(months, alive, strict=True)]


def _months(longer: Longer, s: int, at: str) -> Table:
    where = f"{at}/longer/strata/{s}/fan"
    keys = [str(q) for q in FAN]
    rows: list[list[Cell]] = [[Value(f"{where}/{i}/month", "plain"), *(Value(f"{where}/{i}/{k}") for k in keys)]
                              for i in range(len(longer.fan_months))]
    return Table(f"{_name(longer, s)}: claims per 1,000 units after month {longer.start:g}, up to each month",
                 ("up to month", *(f"{100 * q:g} % quantile" for q in FAN)), rows)


def spans(longer: Longer, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw claims per 1,000 units by the old end, by the new, and the difference, with their intervals."""
    return intervals(_rows(longer), AXIS, width, title)


def _rows(longer: Longer) -> list[Row]:
    names = (f"by month {longer.start:g}", f"by month {longer.end:g}", "the difference")
    rows: list[Row] = []
    for s in answered(longer):
        for name, values in zip(names, (longer.at_start, longer.at_end, longer.extra), strict=True):
            mean, lower, upper = values[s].tolist()
            rows.append((_name(longer, s), name, mean, lower, upper))
    return rows


def _name(longer: Longer, s: int) -> str:
    return title_of(dict(zip(longer.by, longer.strata[s], strict=True)))


def _extra(longer: Longer, s: int, at: str) -> Sentence:
    if longer.refused[s] is not None:
        return (f"{_name(longer, s)}: refused. {longer.refused[s]}",)
    whole, one = f"{at}/longer", f"{at}/longer/strata/{s}"
    return (f"{_name(longer, s)}: ", Value(f"{whole}/to", "plain"), " months instead of ",
            Value(f"{whole}/from", "plain"), " would bring about ", Value(f"{one}/extra/mean"),
            " more claims per 1,000 units sold (", Value(f"{whole}/level", "level"), " interval ",
            Value(f"{one}/extra/lower"), " to ", Value(f"{one}/extra/upper"), ")",
            *_cost(longer, s, one), ".")


def _cost(longer: Longer, s: int, one: str) -> Sentence:
    if np.isnan(longer.cost[s]).any():
        return ()
    return (", costing ", Value(f"{one}/currency"), " ", Value(f"{one}/cost/mean"), " (", Value(f"{one}/cost/lower"),
            " to ", Value(f"{one}/cost/upper"), ")")


def _answers(longer: Longer, at: str) -> Table:
    costed = not np.isnan(longer.cost).all()
    asked = ("at_start", "at_end", "extra", *(("cost",) if costed else ()))
    rows: list[list[Cell]] = []
    for s, why in enumerate(longer.refused):
        one = f"{at}/longer/strata/{s}"
        cells: list[Cell] = ["" if why or (name == "cost" and np.isnan(longer.cost[s]).any()) else
                             Value(f"{one}/{name}/{part}") for name in asked for part in PARTS]
        rows.append([_name(longer, s), Value(f"{one}/units"), *cells, why or ""])
    columns = (f"by month {longer.start:g}, ", f"by month {longer.end:g}, ", "difference, ")
    columns = (*columns, *((f"cost in {longer.currency}, ",) if costed else ()))
    heads = [f"{column}{part}" for column in columns for part in ("mean", "from", "to")]
    return Table("First claims per 1,000 units sold", ("stratum", "units sold", *heads, "refused"), rows)
