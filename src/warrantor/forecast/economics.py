"""What a longer promise costs and must bring: break-even, present value, net worth, optimum, failures promised for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike

from warrantor.finding import Refused
from warrantor.life.laws import LAWS
from warrantor.tally import Floats

WORTH = "warrantor.worth/1"
OPTIMUM = "warrantor.optimum/1"
Remedy = Literal["exchange", "repair", "first"]
PRIORS = MappingProxyType({
    "menezes-currim": (0.143, "Menezes and Currim (1992): US cars, 1980s; to be tested, not a benefit to count on"),
})
"""Elasticities of demand to the length of a guarantee by name, each with where it was found."""
NO_DEMAND = "No uplift of demand was given, so none is counted: it is 0 here, not measured."
GIVEN = "The uplift of demand is the asker's own."


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Worth:
    """What a longer promise is worth per unit that would have been sold anyway.

    Attributes
    ----------
    extra_cost : currency
        More cost of the guarantee per unit sold, as paid.
    present_cost : currency
        The same, discounted to the sale.
    margin : currency
        Per unit, before that cost.
    uplift : share
        Of demand.
    net : currency
        Net present value.
    breakeven : share
        Uplift at which `net` is 0.
    how : tuple of str
    """

    extra_cost: float
    present_cost: float
    margin: float
    uplift: float
    net: float
    breakeven: float
    how: tuple[str, ...]

    def to_arrow(self) -> Any:
        """Return one row."""
        import pyarrow as pa

        return pa.Table.from_pylist([{k: v for k, v in self.to_dict().items() if k not in ("schema", "how")}])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {"schema": WORTH, "extra_cost": self.extra_cost, "present_cost": self.present_cost,
                "margin": self.margin, "uplift": self.uplift, "net": self.net, "breakeven": self.breakeven,
                "how": list(self.how)}

    def __repr__(self) -> str:
        return (f"<Worth {self.net:+.4g} per unit at an uplift of {self.uplift:.2%}; {self.breakeven:.2%} would break "
                f"even. {' '.join(self.how)}>")


def present_value(cost: ArrayLike, rate: float, months: ArrayLike) -> Floats:
    """Discount costs paid some months from now: cost / (1 + rate)^(months / 12).

    Parameters
    ----------
    cost : (...) currency
    rate : float
        Per year, above -1; 0.1 is 10 %.
    months : (...) month
        From now to the payment.

    Returns
    -------
    (...) currency

    Raises
    ------
    Refused
        A rate of -1 or below.

    Examples
    --------
    >>> round(float(present_value(0.72, 0.10, 15)), 6)
    0.639134
    """
    if not rate > -1.0:
        raise Refused(f"{rate:g} is no rate of discount: give it per year, such as 0.05.")
    return np.asarray(np.asarray(cost, np.float64) / (1.0 + rate) ** (np.asarray(months, np.float64) / 12.0))


def breakeven_uplift(extra_cost: float, margin: float) -> float:
    """Uplift of demand at which a longer promise pays for itself: extra / (margin - extra).

    Parameters
    ----------
    extra_cost : currency
        More cost of the guarantee per unit sold.
    margin : currency
        Per unit, before that cost.

    Raises
    ------
    Refused
        The cost eats the margin: no uplift pays.

    Examples
    --------
    >>> round(breakeven_uplift(1.2, 30.0), 7)
    0.0416667
    """
    if not 0 <= extra_cost < margin:
        raise Refused(f"A cost of {extra_cost:g} per unit on a margin of {margin:g}: no uplift breaks even. The cost "
                      "is 0 or more and below the margin.")
    return extra_cost / (margin - extra_cost)


def worth(extra_cost: float, margin: float, *, rate: float = 0.0, months: float = 0.0,
          uplift: float | None = None, prior: tuple[str, float, float] | None = None) -> Worth:
    """Net present value of a longer promise per unit that would have been sold anyway: u (m - c) - c.

    c is the extra cost discounted, c = extra / (1 + rate)^(months / 12), m the margin, u the uplift of demand. No
    uplift is counted unless it is given: neither returns nor contentment are turned into money.

    Parameters
    ----------
    extra_cost, margin : currency
        Per unit sold; the margin before that cost.
    rate : float
        Discount per year.
    months : month
        From the sale to the middle of the extra claims, such as 15 for months 13 to 18.
    uplift : share, optional
        Of demand, the asker's own.
    prior : (str, float, float), optional
        Instead of `uplift`: a name in `PRIORS`, the length before and the length after.

    Returns
    -------
    Worth

    Raises
    ------
    Refused
        Both an uplift and a prior, an unknown prior, or a cost that eats the margin.

    Examples
    --------
    >>> round(worth(0.72, 30.0, rate=0.10, months=15, uplift=0.0597).net, 6)
    1.11371
    >>> worth(0.72, 30.0, rate=0.10, months=15)
    <Worth -0.6391 per unit at an uplift of 0.00%; 2.18% would break even. No uplift of demand was given, so none is
    counted: it is 0 here, not measured.>
    """
    if uplift is not None and prior is not None:
        raise Refused("Give an uplift or a prior, not both.")
    cost = float(present_value(extra_cost, rate, months))
    share, said = (0.0, NO_DEMAND) if uplift is None else (uplift, GIVEN)
    if prior is not None:
        share, said = prior_uplift(*prior), f"The uplift of demand is a prior. {PRIORS[prior[0]][1]}."
    return Worth(extra_cost=extra_cost, present_cost=cost, margin=margin, uplift=share,
                 net=share * (margin - cost) - cost, breakeven=breakeven_uplift(cost, margin), how=(said,))


def prior_uplift(prior: str, before: float, after: float) -> float:
    """Uplift of demand that a named prior tells for a longer guarantee: (after / before)^elasticity - 1.

    Parameters
    ----------
    prior : str
        A name in `PRIORS`.
    before, after : month

    Raises
    ------
    Refused
        No such prior, or lengths that are none.

    Source: the elasticity .143 is that of Menezes and Currim (1992).

    Examples
    --------
    >>> round(prior_uplift("menezes-currim", 12, 18), 7)
    0.0596954
    """
    if prior not in PRIORS:
        raise Refused(f"{prior!r} is no prior; there is {', '.join(PRIORS)}.")
    if not (before > 0 and after > 0):
        raise Refused(f"{before:g} and {after:g} months are no lengths of a guarantee.")
    return float((after / before) ** PRIORS[prior][0] - 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """Demand k p^-a (w + k2)^b at price p and guarantee w, and the cost of a unit C(w) = c0 + r (w / eta)^beta.

    Attributes
    ----------
    a, b : float
        Elasticity to price, above 1, and to (w + k2).
    k2 : month
        Demand at w = 0 is that of k2 months.
    c0, r : currency
        Cost of making a unit, and of a claim.
    eta, beta : month, shape
        Weibull law of the claims of a minimally repaired unit.
    """

    a: float
    b: float
    k2: float
    c0: float
    r: float
    eta: float
    beta: float

    def cost(self, w: ArrayLike) -> Floats:
        """C(w), currency per unit."""
        return np.asarray(self.c0 + self.r * (np.asarray(w, np.float64) / self.eta) ** self.beta)

    def log_profit(self, w: ArrayLike) -> Floats:
        """Logarithm of the profit at the best price for w, up to a constant: b ln(w + k2) - (a - 1) ln C(w)."""
        return np.asarray(self.b * np.log(np.asarray(w, np.float64) + self.k2) - (self.a - 1.0) * np.log(self.cost(w)))

    def profit_ratio(self, w: float, than: float) -> float:
        """Profit at w months over that at `than` months, each at its own best price."""
        return float(np.exp(self.log_profit(w) - self.log_profit(than)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """The guarantee and the price that bring most.

    Attributes
    ----------
    months : month
    price, cost : currency
        Per unit.
    """

    months: float
    price: float
    cost: float

    def to_arrow(self) -> Any:
        """Return one row."""
        import pyarrow as pa

        return pa.Table.from_pylist([{"months": self.months, "price": self.price, "cost": self.cost}])

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {"schema": OPTIMUM, "months": self.months, "price": self.price, "cost": self.cost}


def optimum(market: Market) -> Optimum:
    """Find the guarantee and price that maximise profit: p = a C / (a - 1), b / (w + k2) = (a - 1) C'(w) / C(w).

    Parameters
    ----------
    market : Market

    Raises
    ------
    Refused
        Demand that has no best price (a <= 1), or no best length: a longer guarantee, or none, always brings more.

    Source: Glickman and Berger (1976), Management Science 22.

    Examples
    --------
    >>> best = optimum(Market(a=2.5, b=0.2, k2=6.0, c0=120.0, r=45.0, eta=90.0, beta=1.3))
    >>> round(best.months, 6), round(best.price, 6), round(best.cost, 6)
    (31.056679, 218.808212, 131.284927)
    """
    from scipy.optimize import brentq

    if not market.a > 1.0:
        raise Refused(f"With a price elasticity of {market.a:g} every dearer price brings more: a must be above 1.")
    grid = market.eta * np.geomspace(1e-6, 1e6, 4001)
    best = int(np.argmax(market.log_profit(grid)))
    if best in (0, len(grid) - 1) or market.log_profit(0.0) >= market.log_profit(grid[best]):
        raise Refused("No length is best: profit rises as the guarantee is made "
                      f"{'longer' if best == len(grid) - 1 else 'shorter'}, without end.")

    def slope(w: float) -> float:
        rise = market.beta * market.r / market.eta * (w / market.eta) ** (market.beta - 1.0)
        return float(market.b * market.cost(w) - (market.a - 1.0) * rise * (w + market.k2))

    months = float(brentq(slope, grid[best - 1], grid[best + 1], xtol=1e-12))
    cost = float(market.cost(months))
    return Optimum(months=months, price=market.a * cost / (market.a - 1.0), cost=cost)


def failures(remedy: Remedy, law: str, parameters: Mapping[str, float], until: float, *, steps: int = 4000) -> float:
    """Failures paid for per unit until an age, by what is done at a failure.

    exchange: the renewal function M, M(t) = F(t) + int M(t - u) dF(u), by Xie's midpoint rule; repair: minimal
    repair, H(t) = -ln S(t); first: only the first failure, F(t).

    Parameters
    ----------
    remedy : "exchange", "repair" or "first"
    law : str
        A name in `LAWS`.
    parameters : mapping
        Of the law, by name, in the unit of `until`.
    until : age
    steps : int
        Of the midpoint rule.

    Raises
    ------
    Refused
        An unknown remedy or law, parameters of another, or an age that is none.

    Source: Xie (1989), "On the solution of renewal-type integral equations", Communications in Statistics B 18.

    Examples
    --------
    >>> [round(failures(r, "weibull", {"beta": 2.0, "eta": 1.0}, 1.0), 6) for r in ("exchange", "repair", "first")]
    [0.753691, 1.0, 0.632121]
    """
    if law not in LAWS or sorted(parameters) != sorted(LAWS[law].names):
        wanted = f"{law} takes {', '.join(LAWS[law].names)}" if law in LAWS else f"there is {', '.join(LAWS)}"
        raise Refused(f"No law {law!r} with {', '.join(parameters) or 'no parameters'}: {wanted}.")
    if not (until > 0 and steps >= 1):
        raise Refused(f"Failures until {until:g} in {steps} steps: give an age above 0 and at least one step.")
    values = np.array([parameters[name] for name in LAWS[law].names], np.float64)
    if remedy == "exchange":
        step = until / steps
        half = np.arange(steps, dtype=np.float64) * step + step / 2
        return _renewal(-np.expm1(LAWS[law].log_survival(half, values)),
                        -np.expm1(LAWS[law].log_survival(half + step / 2, values)))
    survived = float(LAWS[law].log_survival(np.array([until]), values)[0])
    if remedy not in ("repair", "first"):
        raise Refused(f"{remedy!r} is no remedy here; there is exchange, repair, first.")
    return -survived if remedy == "repair" else float(-np.expm1(survived))


def _renewal(half: Floats, whole: Floats) -> float:
    """M_i = [F(t_i) + sum_{j<i} F(t_i - t_{j-1/2}) (M_j - M_{j-1}) - F_{1/2} M_{i-1}] / (1 - F_{1/2}), at the last."""
    rise = np.zeros(len(whole))
    total = 0.0
    for i in range(len(whole)):
        now = (whole[i] + half[i:0:-1] @ rise[:i] - half[0] * total) / (1.0 - half[0])
        rise[i], total = now - total, now
    return float(total)
