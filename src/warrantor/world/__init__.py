"""THE WORLD: simulated fleets whose truth is known, and the real Device-N table."""

from __future__ import annotations

from warrantor.world.records import claims_table, units_table, write
from warrantor.world.simulate import World, simulate
from warrantor.world.spec import WorldSpec, load_world

__all__ = ["World", "WorldSpec", "claims_table", "load_world", "simulate", "units_table", "write"]
