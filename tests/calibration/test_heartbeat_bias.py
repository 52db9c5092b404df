"""Failures of months 13-18 from heartbeats: their bias over simulated fleets, and censoring at last sight beside it."""

import numpy as np
import pytest

from warrantor import fit, heartbeat
from warrantor.tally import DAYS_PER_MONTH
from warrantor.world.connected import COVER, Connected, Habits

FLEETS, UNITS, TO = 24, 400_000, 18 * DAYS_PER_MONTH
WORLDS = {
    "opt-out, drawer, resale": {},
    "drawer twice as fast": {"habits": Habits(drawer=0.01, resale=0.0)},
    "resale twice as fast": {"habits": Habits(drawer=0.0, resale=0.02)},
    "hazard twice as high after month 12": {"later": 2.0},
    "daily beats, all heard": {"habits": Habits(daily=1.0, opt_out=0.0, drawer=0.0, resale=0.0)},
}


def by_law(tally):
    law = fit(tally)
    kept = np.exp(-((np.array([COVER, TO]) / law["eta"][0]) ** law["beta"][0]))
    return 1000.0 * (kept[0] - kept[1])


def measured(world, fleets=FLEETS, units=UNITS, within=30):
    """Per 1000 sold, means over fleets: truth, from heartbeats, by the claims' law, censored at last sight, covered."""
    rows = []
    for seed in range(fleets):
        fleet = Connected.of(units, seed, **WORLDS[world])
        tally = fleet.tally()
        found = heartbeat(fleet.heard(within), tally)
        mean, lower, upper = found.failures[0, -1]
        true = fleet.failed_between(COVER, TO)
        rows.append([true, mean, by_law(tally), by_law(fleet.censored_at_last_seen()), lower <= true <= upper])
    return np.mean(rows, axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("world", list(WORLDS))
def test_heartbeats_are_within_ten_percent_and_censoring_at_last_sight_is_not(world):
    true, mean, law, censored, covered = measured(world)
    print(f"{world}: true {true:.2f}, heartbeats {mean:.2f}, law {law:.2f}, censored {censored:.2f}, "  # noqa: T201
          f"covered {covered:.0%}")
    assert mean == pytest.approx(true, rel=0.10)
    assert censored < 0.65 * true
    assert covered >= 0.8


@pytest.mark.slow
@pytest.mark.parametrize("within", [7, 60])
def test_the_window_hardly_matters(within):
    true, mean, *_ = measured("opt-out, drawer, resale", within=within)
    print(f"within {within}: true {true:.2f}, heartbeats {mean:.2f}")  # noqa: T201
    assert mean == pytest.approx(true, rel=0.10)
