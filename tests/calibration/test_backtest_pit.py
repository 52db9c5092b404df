"""Simulated fleets frozen on earlier days: PITs of what came are uniform, and intervals hold as often as they say."""

from dataclasses import replace
from functools import reduce
from operator import add

import pytest

import warrantor
from warrantor.world import load_world, simulate, write

pytestmark = pytest.mark.slow
FLEETS = 14


def one(spec, seed, folder):
    units, claims, promises = write(simulate(spec, seed), folder)
    warrantor.load(units, claims, folder / "fleet", guarantees=promises, data_until=spec.as_of)
    with warrantor.open(folder / "fleet") as fleet:
        return fleet.backtest("product", months=3, every=3, soft=["S01", "S02"], lots="lot", draws=1000, seed=seed)


def test_the_pits_of_simulated_fleets_are_uniform(tmp_path):
    spec = load_world()
    spec = replace(spec, products=tuple(replace(p, units=5000) for p in spec.products))
    found = []
    for seed in range(FLEETS):
        (tmp_path / str(seed)).mkdir()
        fleet = one(spec, 100 + seed, tmp_path / str(seed))
        found.append(replace(fleet, strata=tuple((*key, str(seed)) for key in fleet.strata),
                             by=(*fleet.by, "fleet"), months=None))
    whole = reduce(add, found)
    inside, cases, fewest, most = whole.band()
    assert cases >= 100
    assert fewest <= inside <= most
    distance, p, n = whole.uniform()
    assert p > 0.01, f"PITs of {n} windows are {distance:.3f} from uniform"
