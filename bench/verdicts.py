"""How often the whole rule of a trial says what it should not, and what it should: a section of docs/alarms.md.

Run ``python bench/verdicts.py`` (several minutes) to write the section; seeds are fixed. Everything is simulated.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import numpy as np

from warrantor.trial.assumed import Assumed, Rail, late_share, pool_of
from warrantor.trial.difference import difference_stakes
from warrantor.trial.plan import Baseline, Guardrail, Trial
from warrantor.trial.simulate import TRUTH, SimulatedTrials, simulate_trials

PAGE = Path(__file__).parents[1] / "docs" / "alarms.md"
MARK = "## The whole rule of a trial"
CAP, LIMIT, MONTHS, REPEAT = 600.0, 1.2, 18, 0.15
RAILS = (Guardrail(name="safety", source="claims", margin=2.0, level=0.02, faults=("battery",)),
         Guardrail(name="claims", source="claims", margin=1.5, level=0.005),
         Guardrail(name="returns", source="returns", margin=1.5, level=0.0025))
TRUE = {"safety": Rail(rate=0.004), "claims": Rail(rate=0.028), "returns": Rail(rate=0.02)}
PLAIN = Assumed(title="plain", share=(0.028, 0.028), mean_cost=60.0, variation=1.2, rails=TRUE)
ROUGH = Assumed(title="rough", share=(0.028, 0.028), mean_cost=60.0, tail=2.2, repeat=REPEAT, goodwill=1 / 3,
                report_lag=20.0, rails=TRUE)
LOTS = replace(ROUGH, title="rough, lots", lots_a_month=2, lot_variation=0.2)
SIZES = (600, 3000, 12_000)
TEXT = """
Units are sold over 18 months, half of them extended; 18 monthly looks from the first mature cohort on; limit 1.2 money
a unit, level 0.025 a direction. Every trial goes through the code of a real look: evidence, health (sizes of the arms,
maturity), alarms on cost and claims against an expectation that is right, three guardrails (safety 0.004 events a unit
with margin 2, claims 0.028 with 1.5, returns 0.02 with 1.5), and the rule. Plain: one claim a unit, lognormal cost.
Rough: repeats, a third of the late failures paid in goodwill in the conventional arm, a Pareto tail, reports 20 days
late. Both capped at 600 a unit. Lots: two a month whose claim rates differ by 0.2, in both arms alike. Guardrails:
alike, the same rate in both arms; waived, the same, and the plan does not wait for them; claims worse, the extended
arm's claims are at their margin. A roll-out is wrong at a true difference of 1.2 and where claims are at their margin;
otherwise it is right. Intervals are exact binomial, 95%.

The evidence speaks of the lots that were sold. Where lots differ, so does the difference in cost, by 0.2 / sqrt(36) of
itself over the 36 lots of a trial: a roll-out that is right for these lots may be wrong for the lots to come. The rows
with lots count it as wrong, and in big trials it comes more often than in those without. Where the limit must hold for
lots to come, set it lower by 2.3 times that share.

With 600 units a month the cost alone is shown in a third of the trials (0.35 was expected; arms of equal size, above,
give 0.33 to 0.35 by seed), and a safety guardrail of some 20 events an arm can hardly be shown at all: such a trial
ends inconclusive, which `warrantor trial simulate` says before it starts.

| units | true difference | guardrails | units a month, both arms | trials | roll out | 95% | stop | inconclusive |
|---|---|---|---|---|---|---|---|---|"""


def month(number: int) -> date:
    """First day of a month, counted from January 2022."""
    return date(2022 + number // 12, number % 12 + 1, 1)


def plan(assumed: Assumed, *, guarded: bool) -> Trial:
    """Return a plan whose expectation is what is assumed; without guardrails that block where not `guarded`."""
    pool = pool_of(assumed, CAP, np.random.default_rng(TRUTH))
    many = 1.0 / (1.0 - assumed.repeat)
    late = late_share(assumed, pool)
    rates = (*(assumed.share[1] * many / 12,) * 12, *(late * many / 6,) * 6)
    lag = assumed.report_lag / 30.4375
    first = 1.0 - lag * (1.0 - np.exp(-1.0 / lag))
    base = Baseline(rates=rates, history=20_000, lots=MONTHS * assumed.lots_a_month,
                    lot_variation=assumed.lot_variation, report_lag=(first, 1.0 - first), counted="all claims",
                    mean_cost=float(pool.cost[1].mean()), overspend=1.2)
    rails = RAILS if guarded else tuple(replace(g, waived="measured, blocks nothing") for g in RAILS)
    looks = tuple(month(MONTHS + 3 + k) - timedelta(days=1) for k in range(MONTHS))
    return Trial(
        name=assumed.title, design="unit", products=("P",), conventional="conventional@1", extended="extended@1",
        salt="s", share=Fraction(1, 2), key="serial", strata=("product",), windows=(12, 18), lag_days=60,
        currency="money", cap=CAP, limit=LIMIT, level=0.025, alarm_levels={"cost": 0.015, "claim rate": 0.005},
        sizes_level=0.01, maturity=0.8, stakes=tuple(difference_stakes(CAP).tolist()), guardrails=rails, baseline=base,
        expected=None, first_on=month(0), last_on=month(MONTHS) - timedelta(days=1), looks=looks, stop_on=looks[-1],
        forecast="", roll_back={}, fairness="", donors=())


def verdicts(kind: Assumed, difference: float, monthly: int, trials: int, *, guarded: bool = True,
             seed: int = 1) -> SimulatedTrials:
    """Simulate trials of one kind of units, one true difference and one size."""
    assumed = replace(kind, difference=difference, units_a_month=float(monthly))
    return simulate_trials(plan(assumed, guarded=guarded), assumed, trials=trials, seed=seed)


def rows() -> list[tuple[Assumed, float, str, tuple[int, ...]]]:
    """What is simulated: units, true difference, guardrails, trials of each size."""
    many, some = (4000, 4000, 6000), (4000, 2000, 1000)
    return [*((kind, LIMIT, rails, many) for rails in ("alike", "waived") for kind in (PLAIN, ROUGH)),
            (LOTS, LIMIT, "alike", many),
            (PLAIN, 0.36, "claims worse", many),
            *((kind, 0.36, rails, some) for rails in ("alike", "waived") for kind in (PLAIN, ROUGH))]


def section() -> list[str]:
    """Lines of the section."""
    lines = [MARK, TEXT]
    for kind, difference, rails, trials in rows():
        worse = {"claims": Rail(rate=0.028, ratio=1.5)} if rails == "claims worse" else {}
        true = replace(kind, rails=TRUE | worse)
        for monthly, runs in zip(SIZES, trials, strict=True):
            found = verdicts(true, difference, monthly, runs, guarded=rails != "waived")
            share, low, high = found.share("ROLL OUT")
            rest = " | ".join(f"{found.share(says)[0]:.4f}" for says in ("STOP", "INCONCLUSIVE"))
            lines.append(f"| {kind.title} | {difference:g} | {rails} | {monthly:,} | {runs:,} | {share:.4f} | "
                         f"{low:.4f} to {high:.4f} | {rest} |")
            print(lines[-1], found.causes, file=sys.stderr, flush=True)
    return lines


def main() -> None:
    """Write the section at the end of the page."""
    page = PAGE.read_text(encoding="utf-8").partition(MARK)[0].rstrip()
    PAGE.write_text(page + "\n\n" + "\n".join(section()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
