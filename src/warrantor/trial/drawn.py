"""Many simulated trials at once: the ledgers that their looks would have read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from warrantor.finding import Refused
from warrantor.ledger import EXTENDED, Ledger
from warrantor.tally import DAYS_PER_MONTH, Floats, Ints
from warrantor.terms.period import Term, end_of
from warrantor.trial.assumed import Assumed, Pool, late_share
from warrantor.trial.overspend import stakes_above
from warrantor.trial.plan import Guardrail, Trial

Sums = dict[str, NDArray[Any]]
EPOCH = date(1970, 1, 1)
AT_ONCE = 400_000  # claiming units in memory
SAMPLE = 20_000  # of days from a month's start to a guardrail's event known
RETURNED_WITHIN = 30.0  # days of age at which units are given back


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """What is the same in every simulated trial of a plan.

    Attributes
    ----------
    trial : Trial
    assumed : Assumed
    pool : Pool
    looks : (K,) day number
        Planned, and the day on which the trial ends.
    cohorts, matures : (C,) day number
    start_day : (D,) day number
        Days of sale.
    month : (D,) int
        Cohort of each day.
    sold : (D,) count
        Units of both arms, none missing.
    ages : (2, 2, M)
        Of a first claim while both promises cover, and after: month of age, share.
    """

    trial: Trial
    assumed: Assumed
    pool: Pool
    looks: Ints
    cohorts: Ints
    matures: Ints
    start_day: Ints
    month: Ints
    sold: Ints
    ages: tuple[tuple[Ints, Floats], tuple[Ints, Floats]]


@dataclass(frozen=True, slots=True, eq=False)
class _Claims:
    """Claims of many trials: cell of trial, arm and cohort; unit; first known look and maturity of each."""

    cell: Ints
    unit: Ints
    cost: Floats
    look: Ints
    in_time: Ints
    late: Ints
    unit_cell: Ints


def setting_of(trial: Trial, assumed: Assumed, pool: Pool) -> Setting:
    """Lay out days of sale, cohorts, looks and ages of a plan.

    Parameters
    ----------
    trial : Trial
    assumed : Assumed
    pool : Pool

    Raises
    ------
    Refused
        A design without arms, or nothing that says how many units are sold.
    """
    if trial.design != "unit":
        raise Refused(f"A design by {trial.design} is not simulated: its units are not drawn by lot one by one.")
    rate = assumed.units_a_month or (trial.expected.units_a_month if trial.expected else 0.0)
    if not rate > 0:
        raise Refused("Nothing says how many units are sold: give `a_month` in [units], or [expected] in the plan.")
    start = np.arange(_number(trial.first_on), _number(trial.last_on) + 1)
    months = start.astype("datetime64[D]").astype("datetime64[M]")
    firsts, month = np.unique(months, return_inverse=True)
    length = Term(trial.windows[1], "months")
    last = [end_of(_day(int(start[month == c].max())), length) for c in range(len(firsts))]
    looks = sorted({*trial.looks, trial.stop_on})
    whole = np.floor(np.arange(1, len(start) + 1) * rate / DAYS_PER_MONTH)
    return Setting(trial, assumed, pool, np.array([_number(d) for d in looks]),
                   firsts.astype("datetime64[D]").astype(np.int64),
                   np.array([_number(d) + trial.lag_days for d in last]), start, month,
                   np.diff(whole, prepend=0.0).astype(np.int64), _ages(trial))


def ledgers(setting: Setting, trials: int, rng: np.random.Generator) -> Iterator[Ledger]:
    """Draw trials in blocks and give the ledger of each, whole to its last look.

    Parameters
    ----------
    setting : Setting
    trials : int
    rng : Generator
    """
    claiming = setting.sold.sum() * (max(setting.assumed.share) + late_share(setting.assumed, setting.pool))
    block = max(1, int(AT_ONCE / max(claiming, 1.0)))
    for begin in range(0, trials, block):
        yield from _block(setting, min(block, trials - begin), rng)


def known_by(ledger: Ledger, look: int) -> Ledger:
    """Return the ledger as it was at one of its looks.

    Parameters
    ----------
    ledger : Ledger
    look : int
        From 0.
    """
    day, to = _number(ledger.looks[look]), look + 1
    sold = ledger.sold * (ledger.start_day <= day)
    done = np.array([_number(d) for d in ledger.matures]) <= day
    totals = {n: getattr(ledger, n) * done for n in ("claimed", "claims", "cents", "squared", "over", "unpriced")}
    sums = {n: getattr(ledger, n) * done[:, None] for n in ("down", "up")}
    named = ("known", "claimants", "late", "goodwill", "spent", "goodwill_spent", "events", "bases")
    then = {n: getattr(ledger, n)[..., :to] for n in named} | {"staked": ledger.staked[:, :, :to]}
    return replace(ledger, looks=ledger.looks[:to], sold=sold, **totals, **sums, **then)


def _number(day: date) -> int:
    return (day - EPOCH).days


def _day(number: int) -> date:
    return EPOCH + timedelta(days=number)


def _ages(trial: Trial) -> tuple[tuple[Ints, Floats], tuple[Ints, Floats]]:
    """Months of age of first claims, in proportion to the expected rates, even where none are."""
    short, long = trial.windows
    rates = np.array(trial.baseline.rates) if trial.baseline else np.ones(long)
    parts = []
    for a, b in ((0, short), (short, long)):
        share = rates[a:b] if rates[a:b].sum() > 0 else np.ones(b - a)
        parts.append((np.arange(a, b), share / share.sum()))
    return parts[0], parts[1]


def _block(setting: Setting, runs: int, rng: np.random.Generator) -> Iterator[Ledger]:
    """Ledgers of some trials, drawn together."""
    trial, c = setting.trial, len(setting.cohorts)
    arm = rng.binomial(setting.sold, float(trial.share), (runs, len(setting.sold)))
    sold = np.stack((setting.sold - arm, rng.binomial(arm, 1.0 - setting.assumed.lost)), axis=1)
    inside = (setting.month[:, None] == np.arange(c)).astype(np.int64)
    units = sold @ inside
    drawn = _drawn(setting, units, rng)
    told = _matured(setting, units, drawn) | _known(setting, runs, drawn)
    rails = [g for g in trial.guardrails if g.name in setting.assumed.rails and (g.name != "safety" or g.faults)]
    begun = np.stack([sold[:, :, setting.start_day <= day].sum(axis=2) for day in setting.looks], axis=-1)
    counts = [_events(setting, rail, units, begun, rng) for rail in rails]
    told["events"] = np.stack([e for e, _ in counts], axis=1) if counts else np.zeros((runs, 0, *begun.shape[1:]), int)
    told["bases"] = np.stack([b for _, b in counts], axis=1) if counts else told["events"]
    fixed: dict[str, Any] = {
        "by": ("product",), "strata": ((trial.products[0],),), "currency": trial.currency,
        "looks": tuple(_day(int(d)) for d in setting.looks), "cohorts": tuple(_day(int(d)) for d in setting.cohorts),
        "matures": tuple(_day(int(d)) for d in setting.matures), "start_day": setting.start_day,
        "counted": tuple(r.name for r in rails), "how": ("simulated",),
        "unstarted": np.zeros((1, 2), np.int64), "mistaken": np.zeros((1, 2), np.int64)}
    for r in range(runs):
        own = {n: (v[r][:, None] if n in ("events", "bases") else v[r][None]) for n, v in told.items()}
        yield Ledger(**fixed, sold=sold[r][None], **own)


def _drawn(setting: Setting, units: Ints, rng: np.random.Generator) -> _Claims:
    """Every claim of the units that claim; the late failures of the conventional arm only where goodwill pays."""
    assumed, pool = setting.assumed, setting.pool
    runs, _, c = units.shape
    frail = np.ones((runs, 1, c))
    if assumed.lot_variation:
        shape = assumed.lots_a_month / assumed.lot_variation**2
        frail = rng.gamma(shape, 1.0 / shape, (runs, 1, c))
    beyond = late_share(assumed, pool) * np.array([assumed.goodwill, 1.0])[:, None]
    shares = np.minimum(np.array(assumed.share)[:, None] * frail, 1.0), np.minimum(beyond * frail, 1.0)
    counts = [rng.binomial(units, np.broadcast_to(p, units.shape)).ravel() for p in shares]
    cell = np.concatenate([np.repeat(np.arange(units.size), n) for n in counts])
    late = np.repeat([0, 1], [n.sum() for n in counts])
    chosen = rng.integers(0, len(pool.claims), cell.size)
    many = pool.claims[chosen]
    unit = np.repeat(np.arange(cell.size), many)
    place = pool.first[chosen][unit] + np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
    cohort = cell % c
    start = _first_days(setting)[cohort] + rng.random(cell.size) * np.bincount(setting.month)[cohort]
    age, last = _first_ages(setting, late, rng)
    opened = np.floor(start[unit] + np.minimum(age[unit] + pool.after[place], last[unit]))
    reported = opened + np.floor(rng.exponential(assumed.report_lag, unit.size))
    cost = pool.cost[cell[unit] // c % 2, place]
    return _Claims(cell[unit], unit, cost, np.searchsorted(setting.looks, reported),
                   reported <= setting.matures[cohort[unit]], late[unit], cell)


def _first_days(setting: Setting) -> Ints:
    """First day of sale in each cohort's month."""
    return np.asarray(setting.start_day[np.searchsorted(setting.month, np.arange(len(setting.cohorts)))])


def _first_ages(setting: Setting, late: Ints, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Age in days of a unit's first claim, and the last age at which its claims are opened."""
    age, last = np.empty(late.size), np.empty(late.size)
    for part, (months, share) in enumerate(setting.ages):
        mine = late == part
        age[mine] = (rng.choice(months, int(mine.sum()), p=share) + rng.random(int(mine.sum()))) * DAYS_PER_MONTH
        last[mine] = (months[-1] + 1) * DAYS_PER_MONTH - 1.0
    return np.minimum(age, last), last


def _matured(setting: Setting, units: Ints, drawn: _Claims) -> Sums:
    """Sums by trial, arm and cohort over what was known when the cohort matured."""
    shape, size = units.shape, units.size
    kept = drawn.in_time
    total = np.bincount(drawn.unit[kept], drawn.cost[kept], drawn.unit_cell.size).round(2)
    some = np.bincount(drawn.unit[kept], minlength=drawn.unit_cell.size) > 0
    y, cell = total[some], drawn.unit_cell[some]
    done = (setting.matures <= setting.looks[-1]).astype(np.int64)

    def over(values: NDArray[Any] | None) -> NDArray[Any]:
        return np.asarray(np.bincount(cell, values, size).reshape(shape) * done)

    weight = (units.min(axis=1, keepdims=True) / np.maximum(units, 1)).ravel()[cell]
    sign = np.where(cell // shape[2] % 2 == EXTENDED, 1.0, -1.0)
    staked = sign * weight * y
    grid = setting.trial.stakes
    claims = np.bincount(drawn.cell[kept], minlength=size).reshape(shape) * done
    none = np.zeros(shape, np.int64)
    return {"claimed": over(None), "claims": claims, "cents": (100 * over(y)).round().astype(np.int64),
            "squared": 10_000 * over(y**2), "over": none, "unpriced": none,
            "down": np.stack([over(np.log1p(-g * staked)) for g in grid], axis=-1),
            "up": np.stack([over(np.log1p(g * staked)) for g in grid], axis=-1)}


def _known(setting: Setting, runs: int, drawn: _Claims) -> Sums:
    """Sums by trial, arm and look over the claims known then."""
    c, k = len(setting.cohorts), len(setting.looks)
    row = drawn.cell // c

    def over(look: Ints, values: NDArray[Any] | None, own: Ints) -> NDArray[Any]:
        per = np.bincount(own * (k + 1) + look, values, runs * 2 * (k + 1)).reshape(runs, 2, k + 1)
        return np.asarray(np.cumsum(per, axis=2)[:, :, :k])

    def counted(which: NDArray[Any] | None = None, values: Floats | None = None) -> NDArray[Any]:
        kept = slice(None) if which is None else which
        return over(drawn.look[kept], None if values is None else values[kept], row[kept])

    free = (drawn.late == 1) & (row % 2 != EXTENDED)
    first = np.full(drawn.unit_cell.size, k)
    np.minimum.at(first, drawn.unit, drawn.look)
    whole = {"known": counted(), "claimants": over(first, None, drawn.unit_cell // c), "late": counted(drawn.late == 1),
             "goodwill": counted(free), "spent": 100 * counted(None, drawn.cost),
             "goodwill_spent": 100 * counted(free, drawn.cost)}
    base = setting.trial.baseline
    grid = stakes_above(base.mean_cost) if base else np.ones(0)
    staked = [counted(None, np.log1p(g * drawn.cost)) for g in grid]
    out: Sums = {name: np.round(v).astype(np.int64) for name, v in whole.items()}
    return out | {"staked": np.stack(staked, axis=-1) if staked else np.zeros((runs, 2, k, 0))}


def _events(setting: Setting, rail: Guardrail, units: Ints, begun: Ints,
            rng: np.random.Generator) -> tuple[Ints, Ints]:
    """Events of a guardrail known at each look and out of how many, (R, 2, K); counted apart from the claims' costs."""
    assumed, k = setting.assumed.rails[rail.name], len(setting.looks)
    within = RETURNED_WITHIN if rail.source == "returns" else setting.trial.windows[0] * DAYS_PER_MONTH
    delay = np.sort(rng.random(SAMPLE) * DAYS_PER_MONTH + rng.random(SAMPLE) * within
                    + rng.exponential(setting.assumed.report_lag, SAMPLE))
    by = np.searchsorted(delay, setting.looks - _first_days(setting)[:, None], side="right") / SAMPLE
    step = np.diff(np.concatenate((by, np.ones((len(by), 1))), axis=1), prepend=0.0, axis=1)
    rate = np.minimum(assumed.rate * np.array([1.0, assumed.ratio]), 1.0)[:, None]

    def known(total: Ints) -> Ints:
        return np.asarray(rng.multinomial(total, step).sum(axis=2).cumsum(axis=2)[:, :, :k])

    if rail.source != "surveys":
        return known(rng.binomial(units, np.broadcast_to(rate, units.shape))), begun
    answers = rng.binomial(units, min(assumed.answers, 1.0))
    poor = rng.binomial(answers, np.broadcast_to(rate, units.shape))
    bad = known(poor)
    return bad, bad + known(answers - poor)
