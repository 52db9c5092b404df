"""Past forecasts opened: what was foretold from what was known on a day, and what came."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from warrantor.finding import Refused
from warrantor.forecast.ahead import FAN
from warrantor.forecast.months import Months, day_of
from warrantor.forecast.outlook import bounds
from warrantor.forecast.score import coverage_band, covered, interval_score, observed_over_expected, product_mean
from warrantor.tally import Floats, either

if TYPE_CHECKING:
    import pyarrow as pa

    from warrantor.forecast.counts import Predictive
    from warrantor.forecast.outlook import Outlook

SCHEMA = "warrantor.backtest/1"
FEWEST = 10  # windows, to say whether their PITs are uniform
NUMBERS = ("start", "end", "expected", "lower", "upper", "came", "pit", "fan")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Backtest:
    """Forecasts made from what was known on earlier days, and what came.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : (W,) tuple of tuple of str
        Stratum of each window.
    unit : str
        "day": windows are days since 1970-01-01; "month": months of age.
    start, end : (W,) unit
        The forecast was made from what was known at `start`; it foretold (start, end].
    level : float
        Level of `lower` and `upper`.
    expected, lower, upper : (W,) count
        First claims foretold; nan where refused.
    fan : (W, 5) count
        Quantiles .05, .25, .5, .75, .95; nan where refused.
    came : (W,) count
        First claims that came.
    pit : (W,)
        F(O - 1) + V (F(O) - F(O - 1)); nan where refused.
    refused : (W,) tuple of str or None
        Why there was no forecast.
    months : Backtest or None
        The same forecasts month by month.
    made : dict
        Seed, version, and what was asked.
    how : tuple of str
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    unit: str
    start: Floats
    end: Floats
    level: float
    expected: Floats
    lower: Floats
    upper: Floats
    fan: Floats
    came: Floats
    pit: Floats
    refused: tuple[str | None, ...]
    months: Backtest | None = None
    made: dict[str, Any] = field(default_factory=dict)
    how: tuple[str, ...] = ()

    @property
    def told(self) -> NDArray[np.bool_]:
        """(W,) which windows had a forecast."""
        return np.array([r is None for r in self.refused], bool)

    @property
    def apart(self) -> NDArray[np.bool_]:
        """(W,) windows that share no time with an earlier one of their stratum: each claim is counted once."""
        found = np.zeros(len(self.strata), bool)
        last: dict[tuple[str, ...], float] = {}
        for w in np.argsort(self.start, kind="stable").tolist():
            key = self.strata[w]
            if self.refused[w] is None and self.start[w] >= last.get(key, -np.inf):
                found[w], last[key] = True, float(self.end[w])
        return found

    def coverage(self) -> tuple[int, int]:
        """How many windows came inside their interval, and of how many."""
        told = self.told
        return int(covered(self.lower[told], self.upper[told], self.came[told]).sum()), int(told.sum())

    def band(self) -> tuple[int, int, int, int]:
        """Windows apart: inside, of how many, and the fewest and most that an honest method shows in 98 of 100 cases.

        Raises
        ------
        Refused
            No forecast was made.
        """
        rows = self._answered() & self.apart
        inside, cases = int(covered(self.lower[rows], self.upper[rows], self.came[rows]).sum()), int(rows.sum())
        return (inside, cases, *coverage_band(cases, self.level))

    def score(self) -> float:
        """Mean interval score on ln(count + 1/2), each stratum weighing the same; smaller is better.

        Raises
        ------
        Refused
            No forecast was made.
        """
        rows = self._answered()
        each = interval_score(self.lower[rows], self.upper[rows], self.came[rows], self.level)
        return product_mean(each, ["\0".join(k) for k, told in zip(self.strata, rows, strict=True) if told])

    def ratio(self, level: float = 0.95) -> tuple[float, float, float]:
        """What came over what was foretold in windows apart, with the exact Poisson interval; see `score`.

        Raises
        ------
        Refused
            No forecast was made, or nothing was foretold.
        """
        rows = self._answered() & self.apart
        return observed_over_expected(float(self.came[rows].sum()), float(self.expected[rows].sum()), level)

    def uniform(self) -> tuple[float, float, int]:
        """Kolmogorov's largest distance of the PITs of windows apart from uniform, its exact p-value, and of how many.

        A small p says the intervals are too wide, too narrow or shifted; strata that share a season make it too small.

        Raises
        ------
        Refused
            Fewer than ten windows apart.
        """
        pit = np.sort(self.pit[self._answered() & self.apart])
        n = len(pit)
        if n < FEWEST:
            raise Refused(f"{n} windows that do not overlap cannot tell whether forecasts are calibrated; {FEWEST} "
                          "can. Freeze on more days, by more strata, or ask fewer months.")
        from scipy.stats import kstwo

        steps = np.arange(n + 1) / n
        distance = float(max((steps[1:] - pit).max(), (pit - steps[:-1]).max()))
        return distance, float(kstwo.sf(distance, n)), n

    def _answered(self) -> NDArray[np.bool_]:
        told = self.told
        if not told.any():
            why = next((r for r in self.refused if r), "nothing was asked")
            raise Refused(f"No forecast was made, so there is no record: {why}")
        return told

    def only(self, keep: NDArray[np.bool_]) -> Backtest:
        """Keep the windows where `keep` (W,) is true; those by month are left out."""
        arrays: dict[str, Any] = {name: getattr(self, name)[keep] for name in NUMBERS}
        texts: dict[str, Any] = {name: tuple(v for v, k in zip(getattr(self, name), keep, strict=True) if k)
                 for name in ("strata", "refused")}
        return replace(self, months=None, **arrays, **texts)

    def __add__(self, other: Backtest) -> Backtest:
        """Put windows of the same question together."""
        for name in ("by", "unit", "level"):
            if getattr(self, name) != getattr(other, name):
                raise ValueError(f"cannot add back-tests whose {name} differ: {getattr(self, name)!r} and "
                                 f"{getattr(other, name)!r}")
        arrays: dict[str, Any] = {name: np.concatenate((getattr(self, name), getattr(other, name))) for name in NUMBERS}
        both = self.months is not None and other.months is not None
        return replace(self, strata=self.strata + other.strata, refused=self.refused + other.refused,
                       months=self.months + other.months if both else None,  # type: ignore[operator]
                       how=either(self.how, other.how), **arrays)

    def sentences(self) -> tuple[str, ...]:
        """Say the record."""
        inside, cases = self.coverage()
        if not cases:
            return ("No earlier forecast could be made.",)
        how_many = f"{cases} earlier {'forecast' if cases == 1 else 'forecasts'}: {inside} of {cases} inside the "
        said = [how_many + f"{self.level:.0%} interval; mean interval score {self.score():.2f} (smaller is better)."]
        try:
            one, low, high = self.ratio()
            rows = self.told & self.apart
            said.append(f"Where windows do not overlap {self.came[rows].sum():,.0f} claims came and "
                        f"{self.expected[rows].sum():,.0f} were foretold: {one:.2f} times as many (95% interval "
                        f"{low:.2f} to {high:.2f}, counting error alone).")
        except Refused as why:
            said.append(str(why))
        try:
            distance, p, n = self.uniform()
            said.append(f"PITs of {n} windows: largest distance from uniform {distance:.2f}, p {p:.2g}.")
        except Refused as why:
            said.append(str(why))
        return tuple(said)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; numbers null where refused."""
        inside, cases = self.coverage()
        return {"schema": SCHEMA, "unit": self.unit, "level": self.level, "made": self.made,
                "windows": [self.row(w) for w in range(len(self.strata))],
                "months": None if self.months is None else [self.months.row(w) for w in range(len(self.months.strata))],
                "inside": inside, "cases": cases, "score": self.score() if cases else None,
                "said": list(self.sentences()), "how": list(self.how)}

    def row(self, w: int) -> dict[str, Any]:
        """Return one window as plain values."""
        gone = self.refused[w] is not None
        values = {n: None if gone else float(getattr(self, n)[w]) for n in ("expected", "lower", "upper", "pit")}
        fan = {str(q): None if gone else float(v) for q, v in zip(FAN, self.fan[w], strict=True)}
        return {"by": dict(zip(self.by, self.strata[w], strict=True)), "start": self.named(float(self.start[w])),
                "end": self.named(float(self.end[w])), "came": float(self.came[w]), **values, **fan,
                "refused": self.refused[w]}

    def named(self, at: float) -> str | float:
        """Return a day as text, an age as it is."""
        return day_of(int(at)).isoformat() if self.unit == "day" else at

    def to_arrow(self) -> pa.Table:
        """Return one row per window; those refused hold no numbers."""
        import pyarrow as pa

        columns: dict[str, Any] = {name: [k[i] for k in self.strata] for i, name in enumerate(self.by)}
        columns |= {name: [self.named(float(v)) for v in getattr(self, name)] for name in ("start", "end")}
        for name in ("expected", "lower", "upper", "came", "pit"):
            columns[name] = pa.array(getattr(self, name), pa.float64(), mask=np.isnan(getattr(self, name)))
        return pa.table(columns | {"refused": pa.array(self.refused, pa.string())})

    def __repr__(self) -> str:
        return "\n".join([f"<Backtest of {len(self.strata):,} windows>", *self.sentences(), *self.how])


def compare(foretold: Outlook, came: Floats, *, seed: int = 0) -> Backtest:
    """Set a forecast against what came.

    Parameters
    ----------
    foretold : Outlook
        A forecast of S strata and M months.
    came : (S, M) count
        First claims reported in each of those months, of the units it was made for.
    seed : int
        Of the V of the randomised PIT.

    Returns
    -------
    Backtest
        A window a stratum, all months together; in `months` a window a stratum and month.

    Raises
    ------
    ValueError
        `came` is not of that shape.

    Source
    ------
    Randomised PIT, interval score and exact O / E as in `forecast.score`.
    """
    s, m = len(foretold.strata), len(foretold.months)
    if came.shape != (s, m):
        raise ValueError(f"the forecast has {s} strata and {m} months, what came has the shape {came.shape}")
    as_of = foretold.as_of.toordinal() - day_of(0).toordinal()
    last = Months.of(as_of, m, as_of).end.astype(np.float64)
    first = np.append(as_of, last[:-1])
    chance = np.random.default_rng([seed, as_of]).random((s, m + 1))
    common: dict[str, Any] = {"by": foretold.by, "unit": "day", "level": foretold.level}
    apart = _from_draws(foretold.claims.reshape(s * m, -1), came.ravel(), foretold.level, chance[:, 1:].ravel())
    months = Backtest(**common, **apart, start=np.tile(first, s), end=np.tile(last, s),
                      strata=tuple(k for k in foretold.strata for _ in range(m)),
                      refused=tuple(r for r in foretold.refused for _ in range(m)))
    whole = _from_draws(foretold.claims.sum(axis=1), came.sum(axis=1), foretold.level, chance[:, 0])
    return Backtest(**common, **whole, strata=foretold.strata, refused=foretold.refused, months=months,
                    start=np.full(s, float(as_of)), end=np.full(s, last[-1]), how=foretold.how)


def _from_draws(draws: Floats, came: Floats, level: float, chance: Floats) -> dict[str, Any]:
    """Read mean, interval, fan and PIT off draws (W, D)."""
    known = ~np.isnan(draws[:, 0])
    fan, limits = np.full((len(came), len(FAN)), np.nan), bounds(draws, level)
    fan[known] = np.quantile(draws[known], FAN, axis=1, method="inverted_cdf").T
    below, upto = (draws < came[:, None]).mean(axis=1), (draws <= came[:, None]).mean(axis=1)
    return {"expected": draws.mean(axis=1), "lower": limits[:, 0], "upper": limits[:, 1], "fan": fan, "came": came,
            "pit": np.where(known, below + chance * (upto - below), np.nan)}


def from_predictive(found: list[Predictive], came: Floats, level: float, chance: Floats) -> dict[str, Any]:
    """Read mean, interval, fan and PIT (W,) off predictive distributions."""
    from warrantor.forecast.score import randomised_pit

    tails = ((1 - level) / 2, (1 + level) / 2)
    read = [([p.quantile(q) for q in FAN], [p.quantile(q) for q in tails], p.expected(), randomised_pit(p, o, v))
            for p, o, v in zip(found, came.tolist(), chance.tolist(), strict=True)]
    limits = np.array([r[1] for r in read], np.float64).reshape(len(read), 2)
    return {"expected": np.array([r[2] for r in read]), "lower": limits[:, 0], "upper": limits[:, 1],
            "fan": np.array([r[0] for r in read], np.float64).reshape(len(read), len(FAN)), "came": came,
            "pit": np.array([r[3] for r in read])}
