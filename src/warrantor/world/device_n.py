"""Device-N: a real warranty table, twelve monthly cohorts of a product, typed from its book.

Source: Meeker and Escobar (1998), Statistical Methods for Reliability Data, Wiley, chapter 12. A cohort of age k months
tells only how many of its units had failed by then: a failure lies in (0, k], an unfailed unit is right-censored at k.
"""

from __future__ import annotations

from importlib.resources import files

import numpy as np

from warrantor.tally import Brackets

UNITS = 526_298


def device_n() -> Brackets:
    """Return the table as brackets: one stratum, ages in months.

    Examples
    --------
    >>> device_n()
    <Brackets of 526,298 units, 1 strata, month ages>
    """
    lines = files("warrantor.world").joinpath("device_n.csv").read_text().split()[1:]
    cells = np.array([[float(c or "inf") for c in line.split(",")] for line in lines])
    return Brackets(by=("product",), strata=(("Device-N",),), stratum=np.zeros(len(cells), np.int64), unit="month",
                    entry=np.zeros(len(cells)), lower=cells[:, 0], upper=cells[:, 1], count=cells[:, 2],
                    how=("Meeker and Escobar (1998), chapter 12: twelve monthly cohorts, current status",))
