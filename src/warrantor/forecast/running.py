"""Who runs on: units without a claim, by the age they have now, each with its own known end of watch."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from warrantor.finding import Refused
from warrantor.forecast.at_risk import AtRisk
from warrantor.tally import Floats, Ints, Tally


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Running:
    """Units without a claim, by the age they have now.

    Attributes
    ----------
    by : tuple of str
        Names of the stratum columns.
    strata : tuple of tuple of str
        One value per name of `by`.
    stratum : (R,) int
        Index into `strata` of each row.
    age : (R,) unit of age
        Age now.
    until : (R,) unit of age
        Age at which watching is known to end; inf where no end is known.
    units : (R,) count
        How many units the row stands for.
    """

    by: tuple[str, ...]
    strata: tuple[tuple[str, ...], ...]
    stratum: Ints
    age: Floats
    until: Floats
    units: Floats

    def __post_init__(self) -> None:
        if len({len(c) for c in (self.stratum, self.age, self.until, self.units)}) != 1:
            raise ValueError("stratum, age, until and units need one value per row")
        if np.any(self.units < 0) or np.any(np.isnan(self.until)) or not np.all(self.age >= 0):
            raise ValueError("units and age cannot be below zero, and until must be a number (inf: no end is known)")

    @classmethod
    def of(cls, tally: Tally) -> Running:
        """Take the units that are still open in a tally, at the ages they have reached.

        Parameters
        ----------
        tally : Tally
            First claims and exits; `open` holds the unclaimed still under watch.

        Returns
        -------
        Running
            No end of watch is known.

        Examples
        --------
        >>> t = Tally.of(by=(), strata=((),), stratum=np.zeros(2, int), age=np.array([50.0, 150.0]),
        ...              open=np.array([288.0, 148.0]))
        >>> Running.of(t).ahead(300.0).until.tolist()
        [350.0, 450.0]
        """
        rows = tally.open > 0
        return cls(by=tally.by, strata=tally.strata, stratum=tally.stratum[rows], age=tally.age[rows],
                   until=np.full(int(rows.sum()), np.inf), units=tally.open[rows])

    @classmethod
    def at(cls, risk: AtRisk, start: float) -> Running:
        """Take units that all have the age `start` (unit of age)."""
        return cls(by=risk.by, strata=risk.strata, stratum=risk.stratum, age=np.full(len(risk.stratum), start),
                   until=risk.until, units=risk.units)

    def ahead(self, time: float) -> Running:
        """Watch every unit for that much longer than its age now, and no longer."""
        return replace(self, until=np.minimum(self.until, self.age + time))

    def placed(self, by: tuple[str, ...], strata: tuple[tuple[str, ...], ...]) -> Running:
        """Number the strata as other evidence does, rows sorted by stratum.

        Raises
        ------
        Refused
            Units of strata that the evidence does not hold.
        """
        place = {key: i for i, key in enumerate(strata)}
        unknown = [key for key in self.strata if key not in place]
        if unknown or self.by != by:
            raise Refused(f"The units at risk are of strata by {', '.join(self.by) or 'nothing'} that the evidence "
                          f"does not hold, such as {unknown[:3]}: ask both by the same columns.")
        stratum = np.array([place[key] for key in self.strata], np.int64)[self.stratum]
        order = np.argsort(stratum, kind="stable")
        return Running(by=by, strata=strata, stratum=stratum[order], age=self.age[order], until=self.until[order],
                       units=self.units[order])

    def total(self) -> Floats:
        """(S,) units."""
        return np.bincount(self.stratum, self.units, len(self.strata)).astype(np.float64, copy=False)

    def __repr__(self) -> str:
        return f"<Running: {self.units.sum():,.0f} units of {len(self.strata):,} strata>"
