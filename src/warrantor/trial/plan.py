"""The plan of a trial: everything that is fixed before a unit is shipped, and the hash that binds it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from warrantor.finding import Refused
from warrantor.terms.allocation import Allotment

if TYPE_CHECKING:
    from warrantor.ledger import Ledger
    from warrantor.trial.verdict import Verdict

SCHEMA = "warrantor.trial/1"
Design = Literal["unit", "cluster", "product"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guardrail:
    """What must not get worse under the longer promise, counted in both arms at ages that both promises cover.

    Attributes
    ----------
    name : str
        safety, claims, returns, satisfaction, or the plan's own.
    source : "claims", "returns" or "surveys"
        Which records count: claims of the first 12 months, units given back without a fault, poor answers.
    margin : float
        Most that the extended arm's rate may be of the conventional one's.
    level : float
        False alarms of its stop alarm.
    faults : tuple of str
        Only claims of these faults; empty for all.
    poor : float or None
        Of a survey: answers at this score or below are poor.
    waived : str
        The reason for rolling out without it; empty where it blocks.
    """

    name: str
    source: Literal["claims", "returns", "surveys"]
    margin: float
    level: float
    faults: tuple[str, ...] = ()
    poor: float | None = None
    waived: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What the extended arm is expected to claim and to cost, frozen with the plan: the stop alarms' reference.

    Attributes
    ----------
    rates : tuple of float
        Claims a unit in each month of age, from month 1 to the longer promise's last.
    history : float
        Claims that the rates were estimated from.
    lots : int
        Lots that the arm will hold.
    lot_variation : float
        Coefficient of variation of the lots' rates.
    report_lag : tuple of float
        Share of claims reported 0, 1, 2 ... months after they were opened.
    counted : "all claims" or "first claims"
        What the rates expect.
    mean_cost : float
        Currency a claim.
    overspend : float
        Alarm where the arm costs more than this times what its expected claims would cost.
    """

    rates: tuple[float, ...]
    history: float
    lots: int
    lot_variation: float
    report_lag: tuple[float, ...]
    counted: Literal["all claims", "first claims"]
    mean_cost: float
    overspend: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What the planners expect of the arms: sizes, power and simulations start from it; no verdict reads it.

    Attributes
    ----------
    units_a_month : float
        Sold, both arms together.
    months_of_sale : int
    shares : (conventional, extended)
        Of units with a claim.
    mean_cost, cost_variation : float
        Currency a claim, and its coefficient of variation.
    cluster_units, cluster_variation : float
        Units of a cluster, and the coefficient of variation of the clusters' true claim shares; 0 where none are told.
    past_error : float
        Standard deviation of the log ratio of what came over what past products' forecasts expected.
    outcome_spread : float
        Standard deviation of one product's outcome in one month; 0 where none is told.
    """

    units_a_month: float
    months_of_sale: int
    shares: tuple[float, float]
    mean_cost: float
    cost_variation: float
    cluster_units: float = 0.0
    cluster_variation: float = 0.0
    past_error: float = 0.3
    outcome_spread: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A trial as planned; nothing in it changes after registration, but by an amendment that names it.

    Attributes
    ----------
    name : str
    design : "unit", "cluster" or "product"
        What is drawn by lot: units, whole groups of units, or nothing (one product against others).
    products : tuple of str
    conventional, extended : str
        Guarantee versions of the arms, as `name@version`.
    salt : str
        Of the allotment; its hash is published before the first unit is shipped.
    share : Fraction
        Of units allotted to the extended arm.
    key : str
        What is hashed: serial, or a column of units that names a household or a cluster.
    strata : tuple of str
        Columns of units; used in the analysis only.
    windows : (int, int)
        Months of the two promises.
    lag_days : int
        Days after the longer promise's end by which a claim is reported, 99 in 100.
    currency : str
    cap : float
        B, the most a unit can cost by contract.
    limit : float
        D0: the longer promise is worth it where its cost a unit is below this over the other's.
    level : float
        Of the verdict, in each direction.
    alarm_levels : mapping
        False alarms of the alarms on cost and claim rate; the guardrails carry their own.
    sizes_level : float
        Of the alarm on the arms' sizes.
    maturity : float
        Share of sold units that must be past the longer promise and the lag before a roll-out.
    stakes : tuple of float
        Frozen grid of the evidence on the difference.
    guardrails : tuple of Guardrail
    baseline : Baseline or None
        None: the alarms on cost and claim rate against an expectation are not measured.
    expected : Expected or None
    first_on, last_on : date
        First and last day of sale.
    looks : tuple of date
        Planned; the effect is shown on no other day.
    stop_on : date
        After it a trial without a verdict is inconclusive.
    forecast : str
        Hash of the forecast frozen with the plan; empty where none is.
    roll_back : mapping
        What happens at a stop to units sold, stock in the channel, promises published.
    fairness : str
        What buyers of either arm are told, and why one serial has six months more.
    donors : tuple of str
        Products compared with, in a design by product.
    """

    name: str
    design: Design
    products: tuple[str, ...]
    conventional: str
    extended: str
    salt: str
    share: Fraction
    key: str
    strata: tuple[str, ...]
    windows: tuple[int, int]
    lag_days: int
    currency: str
    cap: float
    limit: float
    level: float
    alarm_levels: Mapping[str, float]
    sizes_level: float
    maturity: float
    stakes: tuple[float, ...]
    guardrails: tuple[Guardrail, ...]
    baseline: Baseline | None
    expected: Expected | None
    first_on: date
    last_on: date
    looks: tuple[date, ...]
    stop_on: date
    forecast: str
    roll_back: Mapping[str, str]
    fairness: str
    donors: tuple[str, ...]

    @classmethod
    def load(cls, path: str | Path) -> Trial:
        """Read a plan from its TOML file; docs/trial.md lists the keys.

        Raises
        ------
        Refused
            What cannot be, with the file, the line and what to do.
        """
        from warrantor.trial.plan_read import load

        return load(path)

    @property
    def hash(self) -> str:
        """SHA-256 of the canonical text of every field: sorted keys, no spaces, days as ISO text."""
        text = json.dumps(self.to_dict(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def versions(self) -> tuple[str, str]:
        """Guarantee versions by arm: 0 conventional, 1 extended."""
        return self.conventional, self.extended

    @property
    def allotment(self) -> Allotment:
        """Whose promise is drawn, and how: what loading the records needs of the plan.

        Raises
        ------
        Refused
            A design by product draws nothing.
        """
        if self.design == "product":
            raise Refused("Nothing is drawn by lot in a design by product: every unit of a product has its promise.")
        return Allotment(plan=self.hash, products=self.products, first_on=self.first_on, last_on=self.last_on,
                         salt=self.salt, key=self.key, share=self.share, conventional=self.conventional,
                         extended=self.extended)

    def look(self, ledger: Ledger) -> Verdict:
        """Take a look: read the evidence that the ledger holds, check the trial's health, apply the rule.

        Parameters
        ----------
        ledger : Ledger
            As `fleet.ledger(trial)` gives it; its last look is the day of the verdict.

        Raises
        ------
        Refused
            A design by cluster.
        """
        from warrantor.trial.verdict import decide

        return decide(self, ledger)

    def to_dict(self) -> dict[str, Any]:
        """Return every field as plain values."""
        plain = {name: _plain(value) for name, value in asdict(self).items()}
        return {"schema": SCHEMA, **plain}


def _plain(value: Any) -> Any:
    """Turn tuples into lists, days into ISO text, fractions into a/b."""
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(inner) for inner in value]
    if isinstance(value, date):
        return value.isoformat()
    return f"{value.numerator}/{value.denominator}" if isinstance(value, Fraction) else value
