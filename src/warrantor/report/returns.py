"""The sales-returns chart: first claims by month of sale and month in service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.report.palette import SERIES, finished, rows_of
from warrantor.report.words import short, title_of
from warrantor.tally import DAYS_PER_MONTH, Floats, Tally

if TYPE_CHECKING:
    import altair as alt

SCHEMA = "warrantor.returns/1"
MOST_ROWS, MOST_COLUMNS = 36, 24
CROWDED = 0.62


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Returns:
    """First claims by row (month of sale, or any stratum) and by month in service.

    Attributes
    ----------
    rows : tuple of mapping
        The stratum of each row.
    units : (S,) count
        Units sold.
    months : (M,) month
        Month in service, from 1.
    claims : (S, M) count
        First claims in the month; nan where nobody was watched in it.
    at_risk : (S, M) count
        Units under watch when the month began.
    unshown : int
        Rows left out for want of room.
    how : tuple of str
        How the numbers were obtained.
    """

    rows: tuple[dict[str, str], ...]
    units: Floats
    months: Floats
    claims: Floats
    at_risk: Floats
    unshown: int
    how: tuple[str, ...]

    @classmethod
    def of(cls, tally: Tally) -> Returns:
        """Add a tally up by month in service.

        A claim at age a lies in month ceil(a) (month 1 for age 0); at interval grain a claim in (a, a + 1] in month
        a + 1. Ages in days are carried to months of 30.4375 days; ages of another unit are taken as months.

        Examples
        --------
        >>> t = Tally.of(by=("sold",), strata=(("Jun",),), stratum=np.zeros(3, int), age=np.array([0.0, 1.0, 2.0]),
        ...              grain="interval", unit="month", entered=np.array([10.0, 0, 0]),
        ...              claimed=np.array([1.0, 2, 0]), open=np.array([0.0, 0, 7]))
        >>> Returns.of(t).claims.tolist(), Returns.of(t).at_risk.tolist()
        ([[1.0, 2.0]], [[10.0, 9.0]])
        """
        month = tally.age / (DAYS_PER_MONTH if tally.unit == "day" else 1.0)
        inside = np.floor(month) if tally.grain == "interval" else np.maximum(np.ceil(month) - 1, 0)
        active = (tally.claimed != 0) | (tally.left != 0)
        most = int(min(np.ceil(month[active].max()) if active.any() else 1, MOST_COLUMNS)) or 1
        cell = inside.astype(np.int64)
        size = (len(tally.strata), most)
        keep = cell < most
        claims = _summed(tally.stratum[keep], cell[keep], tally.claimed[keep], size)
        came, ended = np.floor(month).astype(np.int64), np.ceil(month).astype(np.int64)
        changes = ((came, tally.entered), (ended, -tally.left), (cell + 1, -tally.claimed))
        wide = (size[0], most + 1)
        change = sum(_summed(tally.stratum, np.minimum(at, most), n, wide) for at, n in changes)
        risk = np.cumsum(change, axis=1)[:, :most]
        told = (f"first claims by month in service, {tally.grain} grain",)
        return cls(rows=tuple(dict(zip(tally.by, s, strict=True)) for s in tally.strata[:MOST_ROWS]),
                   units=tally.total("entered")[:MOST_ROWS], months=np.arange(1.0, most + 1),
                   claims=np.where((risk > 0) | (claims > 0), claims, np.nan)[:MOST_ROWS],
                   at_risk=np.maximum(risk, 0.0)[:MOST_ROWS], unshown=max(0, len(tally.strata) - MOST_ROWS),
                   how=(*tally.how, *told))

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; None where nobody was watched."""
        return {
            "schema": SCHEMA,
            "months": self.months.tolist(),
            "rows": [{"by": by, "units": float(n), "claims": [None if np.isnan(v) else v for v in claims.tolist()],
                      "at_risk": risk.tolist()}
                     for by, n, claims, risk in zip(self.rows, self.units, self.claims, self.at_risk, strict=True)],
            "unshown": self.unshown,
            "how": list(self.how),
        }


def _summed(row: Any, column: Any, values: Floats, size: tuple[int, int]) -> Floats:
    cells = row * size[1] + column
    return np.bincount(cells, values, size[0] * size[1]).astype(np.float64, copy=False).reshape(size)


def heat(returns: Returns, width: int = 640, title: str | None = None) -> alt.TopLevelMixin:
    """Draw the chart with its counts; the shade is claims per unit under watch.

    Parameters
    ----------
    returns : Returns
    width : int
        Pixels.
    title : str, optional

    Returns
    -------
    altair chart
    """
    import altair as alt

    names = _names(returns)
    months = returns.months.tolist()
    values: list[dict[str, Any]] = [{"r": names[s], "m": int(m), "n": float(n), "q": _share(n, returns.at_risk[s, i])}
              for s in range(len(names)) for i, (m, n) in enumerate(zip(months, returns.claims[s], strict=True))
              if not np.isnan(n)]
    most = max((v["q"] for v in values), default=1.0) or 1.0
    inner = width - 40 - 7 * max(len(n) for n in names)
    inner = int(min(inner, 70 * len(months)))
    roomy = inner / len(months) >= 6 * len(f"{max(v['n'] for v in values):,.0f}") + 3
    height = int(min(max(26 * len(names), 60), 640))
    whole = alt.Chart(rows_of(values)).encode(
        x=alt.X("m:O", title="Month in service", axis=alt.Axis(orient="top", labelAngle=0, domain=False, ticks=False)),
        y=alt.Y("r:N", title=None, sort=names, axis=alt.Axis(domain=False, ticks=False, labelLimit=160)))
    layers: list[Any] = [whole.mark_rect(color=SERIES[0]).encode(
        opacity=alt.Opacity("q:Q", scale=alt.Scale(domain=[0, most], range=[0.05, CROWDED]), legend=None))]
    if roomy:
        layers.append(whole.mark_text(fontSize=11).encode(text=alt.Text("n:Q", format=",.0f")))
    chart = alt.layer(*layers).properties(width=inner, height=height)
    return finished(chart, title)


def _names(returns: Returns) -> list[str]:
    """One name per row; names that would fall together after cutting are numbered."""
    names = [short(title_of(r), 18) for r in returns.rows]
    return names if len(set(names)) == len(names) else [f"{short(n, 13)} #{i + 1}" for i, n in enumerate(names)]


def _share(claims: float, at_risk: float) -> float:
    return float(f"{claims / at_risk:.4g}") if at_risk > 0 else 0.0
