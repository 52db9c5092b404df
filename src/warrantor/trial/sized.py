"""What a plan can tell: units, power, duration and precision of every design, each with its formula and source."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.design import (
    claims_for_ratio,
    clusters_for_shares,
    cost_variance,
    design_effect,
    detectable_difference,
    detectable_ratio,
    exact_power,
    placebo_error,
    price_of_looking,
    units_for_difference,
    units_for_shares,
    z,
)
from warrantor.trial.plan import Expected, Trial

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.sized/1"
POWER = 0.8
UNEVEN = 0.5  # variation of cluster sizes where clusters are those of a country's regions
BEFORE, AFTER = 12, 6
PLAIN = "normal approximation, textbook"


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of a design.

    Attributes
    ----------
    design : "unit", "cluster" or "product"
    asks : str
        What the figure answers.
    value : float
        nan where the plan does not tell enough.
    unit : str
    formula, source : str
    refused : str
        Why there is no value: what the plan does not tell.
    """

    design: str
    asks: str
    value: float
    unit: str
    formula: str
    source: str
    refused: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return plain values; None for what cannot be told."""
        return {"design": self.design, "asks": self.asks, "value": self.value if isfinite(self.value) else None,
                "unit": self.unit, "formula": self.formula, "source": self.source, "refused": self.refused}


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Sized:
    """What a plan can tell, under every design.

    Attributes
    ----------
    trial : str
    design : str
        Of the plan.
    lines : tuple of Line
    units_a_month : (M,)
        Sales for which the power is told.
    once, always : (M,) share
        Power of one look at the end, and of evidence that is valid at every look.
    planned : float
        Units a month of the plan.
    """

    trial: str
    design: str
    lines: tuple[Line, ...]
    units_a_month: Floats
    once: Floats
    always: Floats
    planned: float

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        curve = {n: getattr(self, n).tolist() for n in ("units_a_month", "once", "always")}
        return {"schema": SCHEMA, "trial": self.trial, "design": self.design, "planned": self.planned,
                "lines": [line.to_dict() for line in self.lines], "power": curve}

    def to_arrow(self) -> pa.Table:
        """Return a row a figure."""
        import pyarrow as pa

        return pa.Table.from_pylist([line.to_dict() for line in self.lines])

    def __repr__(self) -> str:
        told = [f"{x.value:,.6g} {x.unit}" if isfinite(x.value) else x.refused for x in self.lines]
        rows = [f"  {x.design:<8} {x.asks}: {what}" for x, what in zip(self.lines, told, strict=True)]
        return "\n".join([f"{self.trial}, design by {self.design}", *rows])


def sized(trial: Trial) -> Sized:
    """Size a plan from what its planners expect.

    Parameters
    ----------
    trial : Trial
        With `expected`.

    Returns
    -------
    Sized

    Raises
    ------
    Refused
        The plan expects nothing, or expects a difference that is not below the limit.
    """
    told = trial.expected
    if told is None:
        raise Refused("The plan has no table [expected]: units a month, months of sale, shares with a claim, mean cost "
                      "and its variation are needed to size a trial.")
    difference = told.mean_cost * (told.shares[1] - told.shares[0])
    if not difference < trial.limit:
        raise Refused(f"The difference expected, {difference:g} a unit, is not below the limit of {trial.limit:g}: no "
                      "number of units shows that it is.")
    grid = told.units_a_month * np.geomspace(0.05, 8, 48)
    units = grid * told.months_of_sale
    once, always = (_power(trial, told, units, difference, price) for price in (1.0, _price(trial)))
    lines = (*_unit(trial, told, difference), *_cluster(told), *_product(trial, told))
    return Sized(trial.name, trial.design, lines, grid, once, always, told.units_a_month)


def _price(trial: Trial) -> float:
    return price_of_looking(one_sided=True, alpha=trial.level)


def _variances(told: Expected) -> tuple[float, float]:
    """Variance of a unit's cost: extended, conventional."""
    return (cost_variance(told.shares[1], told.mean_cost, told.cost_variation),
            cost_variance(told.shares[0], told.mean_cost, told.cost_variation))


def _error(trial: Trial, told: Expected, units: Floats | float) -> Floats:
    """Standard error of the difference with so many units in all: sqrt((v1 / p + v0 / (1 - p)) / N)."""
    one, other = _variances(told)
    share = float(trial.share)
    return np.sqrt((one / share + other / (1 - share)) / np.asarray(units, float))


def _power(trial: Trial, told: Expected, units: Floats, difference: float, price: float) -> Floats:
    """Power to show that the difference is below the limit: Phi((D0 - D) / se - price z_{1-a})."""
    gap = (trial.limit - difference) / _error(trial, told, units)
    return np.asarray(special.ndtr(gap - price * z(1 - trial.level)))


def _unit(trial: Trial, told: Expected, difference: float) -> tuple[Line, ...]:
    planned = told.units_a_month * told.months_of_sale
    arm = units_for_difference(_variances(told), difference, trial.limit, alpha=trial.level, power=POWER)
    price = _price(trial)
    half = z(1 - trial.level) * float(_error(trial, told, planned))
    once, always = (float(_power(trial, told, np.array(planned), difference, p)) for p in (1.0, price))
    days = (trial.looks[-1] - trial.first_on).days
    betting = "Waudby-Smith and Ramdas (2024); the price that of a normal mixture, Robbins (1970)"
    rows = [("units an arm, one look at the end", arm, "units", "(z_{1-a} + z_{1-b})^2 (v1 + v0) / (D0 - D)^2", PLAIN),
            ("units an arm, valid at every look", arm * price**2, "units", "the same x price^2", betting),
            ("power at the planned sales, one look", once, "share", "Phi((D0 - D) / se - z_{1-a})", PLAIN),
            ("power at the planned sales, every look", always, "share", "Phi((D0 - D) / se - price z_{1-a})", betting),
            ("half-width of the interval at the end, one look", half, trial.currency, "z_{1-a} se", PLAIN),
            ("half-width at every look", price * half, trial.currency, "price z_{1-a} se", betting),
            ("units an arm to tell the shares with a claim apart", units_for_shares(*told.shares, power=POWER), "units",
             "two proportions, two-sided", PLAIN),
            ("first unit sold to last look", days / 30.4375, "months", "last look - first day of sale", "the plan")]
    rows += [(f"{rail.name}: events in both arms to show a ratio of 1 below {rail.margin:g}",
              claims_for_ratio(rail.margin, alpha=2 * trial.level, power=POWER), "events",
              "4 (z_{1-a} + z_{1-b})^2 / ln(margin)^2", "conditional binomial, normal approximation") for rail in
             trial.guardrails if not rail.waived]
    return tuple(Line("unit", *row) for row in rows)


def _cluster(told: Expected) -> tuple[Line, ...]:
    source = "Hayes and Bennett (1999)"
    size, spread = told.cluster_units, told.cluster_variation
    known = size > 0 and spread > 0
    clusters = (clusters_for_shares(told.shares, size, spread, power=POWER) if known else float("nan"))
    share = sum(told.shares) / 2
    why = "" if known else "[expected] tells no cluster_units and cluster_variation"
    icc = spread**2 * share / (1 - share)
    deff = design_effect(size, UNEVEN, icc) if known else float("nan")
    return (Line("cluster", "clusters an arm to tell the shares apart", clusters, "clusters",
                 "1 + (z_{a/2} + z_b)^2 ((p0 q0 + p1 q1) / m + k^2 (p0^2 + p1^2)) / (p0 - p1)^2", source, why),
            Line("cluster", f"units are worth so many less, sizes varying by {UNEVEN:g}", deff, "times",
                 "1 + ((1 + CV^2) m - 1) ICC, ICC = k^2 p / (1 - p)", "design effect, textbook", why))


def _product(trial: Trial, told: Expected) -> tuple[Line, ...]:
    expected = told.units_a_month * told.months_of_sale * (told.shares[1] - told.shares[0])
    some, donors, tau = expected > 0, len(trial.donors), told.past_error
    paired = donors and told.outcome_spread
    none = "" if some else "no more claims are expected under the longer promise"
    alone = "" if paired else "the plan names no donors, or [expected] tells no outcome_spread"
    error = placebo_error(told.outcome_spread, donors, BEFORE, AFTER) if paired else float("nan")
    ratio = detectable_ratio(expected, tau, power=POWER) if some else float("nan")
    return (Line("product", "claims expected in the added months", expected if some else float("nan"), "claims",
                 "units (p1 - p0)", "the plan", none),
            Line("product", f"least ratio of observed to expected that shows, past error {tau:g}", ratio, "times",
                 "exp((z_{1-a} + z_{1-b}) sqrt(1 / E + tau^2))", "delta method on ln(O / E)", none),
            Line("product", "power of the exact test at a ratio of 1.3, forecast free of error",
                 exact_power(expected, 1.3) if some else float("nan"), "share", "P(N >= c), N Poisson", "exact", none),
            Line("product", f"least difference from {donors} other products, {BEFORE} months before and {AFTER} after",
                 detectable_difference(error, power=POWER) if isfinite(error) else error, "of the outcome",
                 "(z_{1-a/2} + z_{1-b}) s sqrt((1 + 1/J)(1/T1 + 1/T0))", "difference in differences, textbook", alone))
