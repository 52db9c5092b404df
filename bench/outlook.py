"""How much a forecast by month costs beside the multiply-add it cannot do without, in the same run.

    python bench/outlook.py [--repeats 5] [--draws 2000] [--json]

540 simulated cohorts, 18 months. The floor is numpy doing only the sums: hazard draws (D, A) by exposure (A, M + 1) of
each stratum or lot, for the draws of the mixture. Fits: the five laws alone. Trust the ratios, not the seconds.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from datetime import date

import numpy as np

from warrantor.forecast.monthly import forecast
from warrantor.forecast.stratum import LAWS_MIXED
from warrantor.life.fit import fit
from warrantor.tally import Cohorts, Floats, Tally

AS_OF = date(2020, 1, 1)
TODAY = AS_OF.toordinal() - 719163
ETA, BETA, COVER = 4000.0, 1.2, 365


def simulated(strata: int, lots: int, units: int = 2000, seed: int = 0) -> tuple[Tally, Cohorts]:
    """540 cohorts in all: every lot of every stratum sold on its share of start days, Weibull claims, 5-day lags."""
    rng = np.random.default_rng(seed)
    each = 540 // (strata * lots)
    cell = np.repeat(np.arange(strata * lots), each)
    start = TODAY - np.linspace(10, 530, 540).astype(int)
    row = np.repeat(np.arange(540), units)
    age = np.floor(ETA * rng.weibull(BETA, len(row))).astype(int)
    lag = np.floor(rng.exponential(5.0, len(row))).astype(int)
    today = TODAY - start[row]
    known = (age <= COVER) & (age + lag <= today)
    leave = np.where(known, age, np.minimum(COVER, today)).astype(float)
    stratum = cell[row]
    names = tuple((f"P{i // lots}", f"L{i % lots}") for i in range(strata * lots))
    by = ("product", "lot")
    tally = Tally.of(by=by, strata=names, stratum=np.tile(stratum, 2), age=np.concatenate((0 * leave, leave)),
                     entered=np.repeat([1.0, 0.0], len(row)), claimed=np.concatenate((0 * known, known)),
                     claims=np.concatenate((0 * known, known)), cost=np.concatenate((0.0 * known, 60.0 * known)),
                     cost_squared=np.concatenate((0.0 * known, 5000.0 * known)),
                     open=np.concatenate((0 * known, ~known)), currency="CNY")
    cohorts = Cohorts(by=by, strata=names, stratum=cell, as_of=AS_OF, guarantees=("a@1",),
                      guarantee=np.zeros(540, np.int64), start_day=start, end_day=start + COVER,
                      units=np.full(540, float(units)), claimed=np.bincount(row, known, 540).astype(float),
                      gone=np.zeros(540), claim_cohort=row[known], claim_age=(age[known] / 30.4375).astype(int),
                      claim_lag=lag[known], claim_count=np.ones(int(known.sum())),
                      claim_cost=np.full(int(known.sum()), 60.0))
    return tally, cohorts


def floor(groups: int, draws: int, ages: int = 27, months: int = 19) -> Callable[[], list[Floats]]:
    """The multiply-add alone: each stratum's or lot's hazard draws by its exposure."""
    rng = np.random.default_rng(0)
    hazard, exposure = rng.random((groups, draws, ages)), rng.random((groups, ages, months))

    def ask() -> list[Floats]:
        return [h @ e for h, e in zip(hazard, exposure, strict=True)]

    return ask


def questions(tally: Tally, cohorts: Cohorts, lots: str | None, draws: int) -> dict[str, Callable[[], object]]:
    """The forecast, and the fits alone."""
    fitted = tally if lots is None else tally.over(lots)
    return {"forecast": lambda: forecast(tally, cohorts, months=18, lots=lots, draws=draws),
            "fits": lambda: [fit(fitted, law) for law in LAWS_MIXED]}


def timed(asks: Mapping[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Median seconds of each question, round after round, so that a slow minute falls on all alike."""
    took: dict[str, list[float]] = {name: [] for name in asks}
    for ask in asks.values():
        ask()
    for _ in range(repeats):
        for name, ask in asks.items():
            began = time.perf_counter()
            ask()
            took[name].append(time.perf_counter() - began)
    return {name: statistics.median(seconds) for name, seconds in took.items()}


def measure(repeats: int, draws: int) -> list[dict[str, float]]:
    """Ask fleets of 540 cohorts that are one stratum, thirty, and thirty of eighteen lots told apart."""
    rows = []
    for strata, lots, told in ((1, 1, False), (30, 1, False), (3, 18, True), (30, 18, True)):
        tally, cohorts = simulated(strata, lots)
        took = timed({**questions(tally, cohorts, "lot" if told else None, draws),
                      "floor": floor(strata * lots if told else strata, draws)}, repeats)
        rows.append({"strata": strata, "lots": strata * lots if told else 0, "cohorts": 540, "draws": draws,
                     "seconds": round(took["forecast"], 3), "fits": round(took["fits"], 3),
                     "floor": round(took["floor"], 4), "ratio": round(took["forecast"] / took["floor"], 1)})
    return rows


def main() -> int:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--repeats", type=int, default=5)
    words.add_argument("--draws", type=int, default=2000)
    words.add_argument("--json", action="store_true")
    asked = words.parse_args()
    rows = measure(asked.repeats, asked.draws)
    if asked.json:
        print(json.dumps({"schema": "warrantor.bench.outlook/1", "repeats": asked.repeats, "rows": rows}))
        return 0
    print(f"540 simulated cohorts, 18 months, {asked.draws:,} draws, fits included, median of {asked.repeats}")
    print(f"{'strata':>7} {'lots':>6} {'forecast s':>11} {'of it fits':>11} {'floor s':>9} {'ratio':>8}")
    for row in rows:
        print(f"{row['strata']:>7} {row['lots']:>6} {row['seconds']:>11.3f} {row['fits']:>11.3f} {row['floor']:>9.4f} "
              f"{row['ratio']:>8.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
