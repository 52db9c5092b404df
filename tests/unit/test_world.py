"""The simulated world: what it says of itself is true of what it makes."""

from dataclasses import replace

import numpy as np
import pytest

from warrantor.world import claims_table, load_world, simulate, units_table, write
from warrantor.world.device_n import UNITS, device_n
from warrantor.world.simulate import NEVER, ends


def small(units=20_000, **changes):
    spec = load_world()
    return replace(spec, products=tuple(replace(p, units=units) for p in spec.products), **changes)


@pytest.fixture(scope="module")
def world():
    return simulate(small(), 7)


def test_the_same_seed_makes_the_same_world(world):
    again = simulate(small(), 7)
    assert np.array_equal(again.failure, world.failure)
    assert not np.array_equal(simulate(small(), 8).failure, world.failure)


def test_failures_by_month_twelve_are_the_share_that_was_set():
    spec = small(100_000, wander=0.0)
    world = simulate(spec, 1)
    for i, p in enumerate(spec.products):
        good = (world.product == i) & (world.lot != p.bad_lot.get("lot", -99))
        share = np.mean(world.failure[good] <= 12 * 30.4375)
        assert abs(share - p.by_month_12) < 4 * np.sqrt(p.by_month_12 / good.sum())


def test_the_bad_lot_is_bad():
    world = simulate(small(100_000), 1)
    lot = (world.product == 0) & (world.lot == 7)
    rest = (world.product == 0) & (world.lot != 7)
    early = world.failure <= 365
    assert early[lot].mean() > 1.8 * early[rest].mean()


def test_a_longer_promise_defers_soft_claims_and_loses_none(world):
    short, long = world.first_claim(12), world.first_claim(18)
    cover = ends(world.sold, 12)
    assert np.all((long[world.soft] >= short[world.soft]) | (long[world.soft] < NEVER))
    assert np.sum(long <= cover) < np.sum(short <= cover)
    assert np.all(long[short < NEVER] < NEVER)


def test_every_soft_failure_of_a_covered_unit_is_claimed_before_cover_ends(world):
    cover = ends(world.sold, 12)
    kept = world.soft & (np.floor(world.failure) < cover) & (world.returned >= NEVER)
    assert np.all(world.first_claim(12)[kept] <= cover[kept])


def test_the_rush_stands_in_the_last_weeks_of_cover():
    world = simulate(small(200_000), 3)
    age = world.first_claim(12)[world.soft & (world.product == 1)]
    months = np.histogram(age[age < NEVER], [0, 100, 200, 320, 366])[0] / [100, 100, 120, 46]
    assert months[3] > 1.5 * months[2]


def test_records_hold_only_what_is_known_by_the_last_day(world):
    units, claims = units_table(world), claims_table(world)
    assert units.num_rows == 60_000
    assert max(claims["reported_on"].to_pylist()) <= world.spec.as_of
    assert claims.num_rows < len(world.claim_day)
    assert max(d for d in units["returned_on"].to_pylist() if d) <= world.spec.as_of
    assert set(claims["serial"].to_pylist()) <= set(units["serial"].to_pylist())
    assert min(claims["cost"].to_pylist()) > 0


def test_a_world_is_written_as_the_trade_writes_it(world, tmp_path):
    units, claims, promises = write(world, tmp_path)
    assert units.read_text().startswith('"serial","product","lot"')
    assert claims.exists()
    assert "months = 18" in promises.read_text()


def test_device_n_is_the_book_table():
    table = device_n()
    assert table.count.sum() == UNITS
    failed = np.isfinite(table.upper)
    assert table.count[failed].sum() == 7586
    assert table.count[~failed].max() == 44534
