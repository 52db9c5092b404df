"""THE WORLD: simulated fleets whose truth is known, and the real Device-N table."""

from __future__ import annotations

from warrantor.world.arms import TrialTruth, TrialWorld, simulate_trial, write_trial
from warrantor.world.records import claims_table, units_table, write
from warrantor.world.simulate import World, simulate
from warrantor.world.spec import WorldSpec, load_world

__all__ = ["TrialTruth", "TrialWorld", "World", "WorldSpec", "claims_table", "load_world", "simulate",
           "simulate_trial", "units_table", "write", "write_trial"]
