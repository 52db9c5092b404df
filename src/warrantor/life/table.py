"""The life table: at risk, claims, hazard, survival and cumulative hazard with bands, in every stratum at once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import ndtri

from warrantor.finding import Refused
from warrantor.life.fitted import counted, whole
from warrantor.tally import Brackets, Floats, Grain, Ints, Tally

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.life_table/1"
COLUMNS = (
    "age",
    "until",
    "at_risk",
    "claims",
    "left",
    "hazard",
    "survival",
    "survival_variance",
    "lower",
    "upper",
    "cumulative_hazard",
    "cumulative_hazard_variance",
)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class LifeTable:
    """Claims by age against units under watch, without any law.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One value per name of `by`.
    unit : str
        Unit of age.
    grain : "exact" or "interval"
        exact: a row is an age. interval: a row is (age, until].
    level : float
        Level of the bands.
    units, claimed, dead_on_arrival : (S,) count
        All units; first claims at any age; those at age 0, which stand in no row.
    stratum : (R,) int
        Stratum of each row.
    age, until : (R,) unit
        Where the row's claims lie; equal at exact grain.
    at_risk, claims, left : (R,) count
        Units whose window reaches the row; first claims; the unclaimed that stopped being watched at `age`.
    hazard : (R,)
        Claims over at risk; nan where nobody was at risk.
    survival, survival_variance : (R,)
        Kaplan-Meier at `until`, with Greenwood's variance; the variance is nan where survival is 0.
    lower, upper : (R,)
        log(-log) band of survival; nan where survival is 1 or 0, which bound nothing.
    cumulative_hazard, cumulative_hazard_variance : (R,)
        Nelson-Aalen, sum of claims over at risk, and the sum of claims over at risk squared.
    how : tuple of str
        How the result was obtained.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    unit: str
    grain: Grain
    level: float
    units: Floats
    claimed: Floats
    dead_on_arrival: Floats
    stratum: Ints
    age: Floats
    until: Floats
    at_risk: Floats
    claims: Floats
    left: Floats
    hazard: Floats
    survival: Floats
    survival_variance: Floats
    lower: Floats
    upper: Floats
    cumulative_hazard: Floats
    cumulative_hazard_variance: Floats
    how: tuple[str, ...]

    def of(self, s: int = 0) -> dict[str, Floats]:
        """Return the columns of one stratum by name.

        Examples
        --------
        >>> from warrantor.life.reduce import tally_of_ages
        >>> life_table(tally_of_ages([1, 2, 2, 4], [1, 1, 0, 0])).of()["survival"]
        array([0.75, 0.5 , 0.5 ])
        """
        rows = self.stratum == s
        return {name: getattr(self, name)[rows] for name in COLUMNS}

    def survival_at(self, age: float) -> Floats:
        """(S,) Kaplan-Meier survival at an age: the last step at or before it, 1 before the first; nan without
        units.
        """
        out = np.where(self.units > 0, 1.0, np.nan)
        rows = np.flatnonzero(self.until <= age)
        out[self.stratum[rows]] = self.survival[rows]
        return out

    def to_arrow(self) -> pa.Table:
        """Return one row per row of the table, the strata written out as text columns."""
        import pyarrow as pa

        columns: dict[str, Any] = {n: [self.strata[s][i] for s in self.stratum] for i, n in enumerate(self.by)}
        return pa.table(columns | {name: getattr(self, name) for name in COLUMNS})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name; a number that does not exist is None."""
        return {
            "schema": SCHEMA,
            "unit": self.unit,
            "grain": self.grain,
            "level": self.level,
            "how": list(self.how),
            "strata": [self._stratum(s) for s in range(len(self.strata))],
        }

    def _stratum(self, s: int) -> dict[str, Any]:
        columns = {
            name: [v if np.isfinite(v) else None for v in values.tolist()] for name, values in self.of(s).items()
        }
        return {
            "by": dict(zip(self.by, self.strata[s], strict=True)),
            "units": whole(self.units[s]),
            "claims": whole(self.claimed[s]),
            "dead_on_arrival": whole(self.dead_on_arrival[s]),
            "rows": columns,
        }

    def __repr__(self) -> str:
        head = (
            f"<life table of {self.units.sum():,.0f} units, {self.claimed.sum():,.0f} first claims, "
            f"{len(self.strata):,} strata, {self.grain} {self.unit} ages, bands at {self.level:.0%}>"
        )
        shown = [f.name for f in fields(self) if f.name in COLUMNS and "variance" not in f.name]
        table = [shown, *([f"{getattr(self, name)[r]:.6g}" for name in shown] for r in range(min(len(self.age), 12)))]
        more = [f"... {len(self.age) - 12:,} rows more"] if len(self.age) > 12 else []
        return "\n".join([head, *("".join(f"{cell:>18}" for cell in row) for row in table), *more])


def life_table(tally: Tally, level: float = 0.9) -> LifeTable:
    """Count claims by age against units under watch, with bands.

    Per stratum, N = at risk and d = claims: hazard d / N, S = prod(1 - d / N), var S = S^2 sum d / (N (N - d)),
    band S^exp(+-z sqrt(sum d / (N (N - d))) / ln S), H = sum d / N. Age 0 is counted apart.

    Parameters
    ----------
    tally : Tally
        Any number of strata; exact or interval grain.
    level : float
        Level of the bands, 0.9 by default.

    Returns
    -------
    LifeTable
        One row per stratum and age above 0 (interval grain: per interval) where something happened.

    Raises
    ------
    Refused
        Brackets (their ages overlap; use `turnbull`), or a level outside (0, 1).
    """
    if isinstance(tally, Brackets):
        raise Refused("A life table needs ages that line up, and brackets overlap: use turnbull, or fit a law.")
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.9.")
    step = 0.0 if tally.grain == "exact" else 1.0
    keep = (tally.claimed != 0) | (tally.left != 0) | (tally.entered != 0)
    keep &= (tally.age > 0) if tally.grain == "exact" else (tally.at_risk > 0)
    stratum, n, d = tally.stratum[keep], tally.at_risk[keep], tally.claimed[keep]
    units, claimed, dead = counted(tally)
    return LifeTable(
        by=tally.by,
        strata=tally.strata,
        unit=tally.unit,
        grain=tally.grain,
        level=level,
        units=units,
        claimed=claimed,
        dead_on_arrival=dead,
        stratum=stratum,
        age=tally.age[keep],
        until=tally.age[keep] + step,
        at_risk=n,
        claims=d,
        left=tally.left[keep],
        how=(*tally.how, "Kaplan-Meier with Greenwood's variance, Nelson-Aalen; age 0 counted apart"),
        **_estimates(stratum, n, d, level),
    )


def _estimates(stratum: Ints, n: Floats, d: Floats, level: float) -> dict[str, Floats]:
    """Hazard, survival and cumulative hazard with variances and bands, row by row inside each stratum."""
    with np.errstate(divide="ignore", invalid="ignore"):
        hazard = np.where(n > 0, d / n, np.nan)
        zero = np.where(n > 0, hazard, 0.0)
        log_survival = _running(stratum, np.where(zero < 1.0, np.log1p(-zero), 0.0))
        gone = _running(stratum, (zero >= 1.0).astype(np.float64)) > 0
        survival = np.where(gone, 0.0, np.exp(log_survival))
        spread = _running(stratum, np.where((n > d) & (n > 0), d / (n * (n - d)), 0.0))
        theta = float(ndtri(0.5 + 0.5 * level)) * np.sqrt(spread) / log_survival
        inside = (survival > 0.0) & (survival < 1.0)
        bands = [np.where(inside, survival ** np.exp(side * theta), np.nan) for side in (-1.0, 1.0)]
    return {
        "hazard": hazard,
        "survival": survival,
        "survival_variance": np.where(gone, np.nan, survival**2 * spread),
        "lower": bands[0],
        "upper": bands[1],
        "cumulative_hazard": _running(stratum, zero),
        "cumulative_hazard_variance": _running(stratum, np.where(n > 0, zero / np.where(n > 0, n, 1.0), 0.0)),
    }


def _running(stratum: Ints, column: Floats) -> Floats:
    """Cumulative sum that starts anew in each stratum."""
    whole = np.cumsum(column)
    first = np.flatnonzero(np.diff(stratum, prepend=-1))
    before = np.concatenate(([0.0], whole))[first]
    return np.asarray(whole - np.repeat(before, np.diff(np.append(first, len(whole)))))
