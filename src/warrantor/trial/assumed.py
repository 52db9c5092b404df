"""What is assumed true of a trial that is simulated before it starts, read from its TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warrantor.finding import Refused
from warrantor.tally import Floats, Ints
from warrantor.terms.lines import line_of_error, lines_of, nearest
from warrantor.terms.read import WrongError, count, each, table, text
from warrantor.trial.plan import Trial

SCHEMA = "warrantor.assumed/1"
UNITS = 200_000  # claiming units to draw from: their mean is the exact truth of every simulated trial
MOST = 50  # claims of one unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Rail:
    """What is true of a guardrail.

    Attributes
    ----------
    rate : float
        Events a unit in the conventional arm, while both promises cover it; of a survey, poor answers an answer.
    ratio : float
        The extended arm's rate over it.
    answers : float
        Of a survey: answers a unit.
    """

    rate: float
    ratio: float = 1.0
    answers: float = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumed:
    """What is assumed true of units, claims and costs.

    Attributes
    ----------
    title : str
    units_a_month : float
        Sold, both arms together; 0: as the plan expects.
    lost : float
        Share of the extended arm's units that are missing from the records.
    share : (conventional, extended)
        Of units that claim while both promises cover them; some owners wait under the longer one.
    late : float
        Of units that first fail in the months that only the longer promise covers.
    difference : float or None
        Instead of `late`: cost a unit, extended less conventional.
    repeat : float
        Chance that a claim is followed by another of the same unit, within the same months.
    gap : float
        Mean days from a claim to the next.
    goodwill : float
        Share of the late failures that the conventional arm pays all the same.
    report_lag : float
        Mean days from claim to report.
    mean_cost : float
        Currency a claim of the conventional arm, before the cap of the plan.
    dearer : float
        The extended arm's mean cost a claim over it.
    variation : float
        Coefficient of variation of a claim's cost, lognormal; 0 where `tail` is given.
    tail : float
        Index of a Pareto tail instead.
    lots_a_month : int
    lot_variation : float
        Coefficient of variation of the lots' claim rates, shared by both arms.
    rails : mapping of str to Rail
    """

    title: str
    share: tuple[float, float]
    mean_cost: float
    dearer: float = 1.0
    units_a_month: float = 0.0
    lost: float = 0.0
    late: float = 0.0
    difference: float | None = None
    repeat: float = 0.0
    gap: float = 60.0
    goodwill: float = 0.0
    report_lag: float = 9.0
    variation: float = 0.0
    tail: float = 0.0
    lots_a_month: int = 1
    lot_variation: float = 0.0
    rails: Mapping[str, Rail]

    def to_dict(self) -> dict[str, Any]:
        """Return every field as plain values."""
        return {"schema": SCHEMA, **asdict(self)}


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Claiming units to draw from; the truth follows from their mean.

    Attributes
    ----------
    first : (U,) int
        Place of each unit's first claim in `cost`.
    claims : (U,) count
    cost : (2, N) currency
        Claim by claim in either arm, cut so that a unit's total never passes the cap.
    after : (N,) days
        Since the unit's first claim.
    """

    first: Ints
    claims: Ints
    cost: Floats
    after: Floats

    @property
    def mean(self) -> Floats:
        """Mean total of a claiming unit in either arm, (2,)."""
        return np.asarray(self.cost.sum(axis=1) / len(self.claims))


def pool_of(assumed: Assumed, cap: float, rng: np.random.Generator, *, size: int = UNITS) -> Pool:
    """Draw claiming units: geometric numbers of claims, lognormal or Pareto costs, totals capped.

    Parameters
    ----------
    assumed : Assumed
    cap : float
    rng : Generator
    size : int

    Examples
    --------
    >>> one = Assumed(title="t", share=(0.03, 0.03), mean_cost=60, tail=2.2, repeat=0.2, rails={})
    >>> pool = pool_of(one, 600.0, np.random.default_rng(1), size=1000)
    >>> len(pool.claims), int(pool.claims.max()) > 1, float(np.add.reduceat(pool.cost[1], pool.first).max()) <= 600
    (1000, True, True)
    """
    claims = np.minimum(rng.geometric(1.0 - assumed.repeat, size), MOST)
    first = np.concatenate(([0], np.cumsum(claims)[:-1]))
    many, unit = int(claims.sum()), np.repeat(np.arange(size), claims)
    drawn = _costs(assumed, many, rng)
    opening = np.zeros(many, bool)
    opening[first] = True
    cost = np.stack([_paid((drawn * ratio).round(2), opening, unit, cap) for ratio in (1.0, assumed.dearer)])
    gaps = np.cumsum(np.where(opening, 0.0, rng.exponential(assumed.gap, many)))
    return Pool(first, claims, cost, gaps - gaps[first][unit])


def _paid(cost: Floats, opening: NDArray[np.bool_], unit: Ints, cap: float) -> Floats:
    """Cut claims so that no unit's sum passes the cap."""
    whole = np.cumsum(cost)
    paid = np.minimum(whole - (whole - cost)[opening][unit], cap)
    return np.asarray(np.where(opening, paid, np.diff(paid, prepend=0.0)).round(2))


def late_share(assumed: Assumed, pool: Pool) -> float:
    """Share of units that first fail in the months that only the longer promise covers.

    The difference is (share_1 + late) m_1 - (share_0 + goodwill late) m_0, m the mean total of a claiming unit.

    Raises
    ------
    Refused
        A difference that cannot come about.
    """
    if assumed.difference is None:
        return assumed.late
    m, early = pool.mean, np.array(assumed.share)
    late = float((assumed.difference - early[1] * m[1] + early[0] * m[0]) / (m[1] - assumed.goodwill * m[0]))
    if not 0.0 <= late <= 1.0 - early.max():
        raise Refused(f"A cost difference of {assumed.difference:g} a unit needs a share of {late:.3f} of the units to "
                      f"fail late, at {m[1]:.2f} a claiming unit: that cannot be. Change costs or difference.")
    return late


def true_difference(assumed: Assumed, pool: Pool) -> float:
    """Cost a unit, extended less conventional."""
    late, m, (conventional, extended) = late_share(assumed, pool), pool.mean, assumed.share
    return float((extended + late) * m[1] - (conventional + assumed.goodwill * late) * m[0])


def _costs(assumed: Assumed, many: int, rng: np.random.Generator) -> Floats:
    if assumed.tail:
        scale = assumed.mean_cost * (assumed.tail - 1.0) / assumed.tail
        return np.asarray(scale * (1.0 + rng.pareto(assumed.tail, many)))
    sigma = np.sqrt(np.log1p(assumed.variation**2))
    return np.asarray(assumed.mean_cost * np.exp(sigma * rng.standard_normal(many) - sigma**2 / 2))


def load_assumed(path: str | Path, trial: Trial) -> Assumed:
    """Read what is assumed true of a trial.

    Parameters
    ----------
    path : path
        A TOML file; docs/trial.md lists its keys.
    trial : Trial
        Every guardrail that it does not waive must be told.

    Raises
    ------
    Refused
        No TOML, a key that is none, a value that cannot be, a guardrail left out; says the line and what to do.
    """
    file = Path(path).expanduser()
    if not file.is_file():
        raise Refused(f"{path}: there is no such file of assumptions.")
    told = file.read_text(encoding="utf-8")
    try:
        document = tomllib.loads(told)
    except tomllib.TOMLDecodeError as error:
        line, why = line_of_error(error, told)
        raise Refused(f"{path}, line {line}: this is no TOML: {why}") from error
    try:
        return _built(_KEYS(document), trial)
    except WrongError as wrong:
        line = nearest(lines_of(told), wrong.path)
        raise Refused(f"{path}{'' if line is None else f', line {line}'}: {wrong.why}") from wrong
    except ValueError as error:
        raise Refused(f"{path}: {error}") from error


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is no number that is not below zero")
    return float(value)


def _share(value: Any) -> float:
    found = _number(value)
    if not found < 1:
        raise ValueError(f"{value!r} is no share below 1")
    return found


def _shares(value: Any) -> tuple[float, float]:
    """Return the share of either arm: one number for both, or two."""
    told = value if isinstance(value, list) else [value, value]
    if len(told) != 2:
        raise ValueError(f"{value!r}: give one share, or two: conventional, extended")
    return _share(told[0]), _share(told[1])


def _tail(value: Any) -> float:
    found = _number(value)
    if not found > 1:
        raise ValueError(f"{value!r}: a tail index of 1 or less has no mean")
    return found


_RAIL = table({"rate": _share, "ratio": _number, "answers": _number}, ("rate",))


_KEYS = table({
    "title": text, "guardrails": each(_RAIL),
    "units": table({"a_month": _number, "lost": _share}),
    "claims": table({"share": _shares, "late": _share, "difference": _number, "repeat": _share, "gap": _number,
                     "goodwill": _share, "report_lag": _number}, ("share",)),
    "cost": table({"mean": _number, "dearer": _number, "variation": _number, "tail": _tail}, ("mean",)),
    "lots": table({"a_month": count, "variation": _number}, ("a_month", "variation")),
}, ("title", "claims", "cost"))


def _built(told: Mapping[str, Any], trial: Trial) -> Assumed:
    """Check that the parts fit, and freeze them."""
    claims, cost, units, lots = (dict(told.get(name, {})) for name in ("claims", "cost", "units", "lots"))
    if ("late" in claims) == ("difference" in claims):
        raise WrongError("claims", "claims: give either `late`, the share of units that first fail late, or "
                         "`difference`, the cost a unit that follows from it")
    if ("variation" in cost) == ("tail" in cost):
        raise WrongError("cost", "cost: give either `variation` (lognormal) or `tail` (Pareto)")
    rails = {name: Rail(**one) for name, one in told.get("guardrails", {}).items()}
    if strange := [name for name in rails if name not in {g.name for g in trial.guardrails}]:
        raise WrongError(f"guardrails.{strange[0]}", f"the plan has no guardrail {strange[0]}")
    if lacking := [g.name for g in trial.guardrails if not g.waived and g.name not in rails
                   and not (g.name == "safety" and not g.faults)]:
        raise WrongError("guardrails", f"nothing is assumed of the guardrail {lacking[0]}: write [guardrails."
                         f"{lacking[0]}] with its rate and the extended arm's ratio, or waive it in the plan")
    return Assumed(title=told["title"], mean_cost=cost.pop("mean"), **cost, **claims, rails=rails,
                   units_a_month=units.get("a_month", 0.0), lost=units.get("lost", 0.0),
                   lots_a_month=max(lots.get("a_month", 1), 1), lot_variation=lots.get("variation", 0.0))
