"""Up to which age claims are known: ends of cover of single units, and fleets of many strata."""

import tracemalloc
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

import warrantor
from warrantor.forecast.watched import lag_of, shortened, watched_of
from warrantor.life.table import life_table
from warrantor.tally import Cohorts, Tally

SOLD = date(2020, 1, 1)
TERMS = """[[guarantee]]
name = "m"
version = "1"
start = ["sold_on"]
suspension = "extend"
[guarantee.terms.host]
months = 12
"""


@pytest.fixture(scope="module")
def suspended(tmp_path_factory):
    """2,000 units, every second one suspended for 120 days; claims at an even rate for as long as each is covered."""
    rng = np.random.default_rng(3)
    sold, long, life = rng.integers(0, 300, 2000), np.arange(2000) % 2 == 0, rng.exponential(2000.0, 2000)
    serial = np.char.mod("S%04d", np.arange(2000))
    claimed = np.flatnonzero(life < 365 + 120 * long)

    def days(after):
        return [SOLD + timedelta(days=int(a)) for a in after]

    opened = days(sold[claimed] + np.floor(life[claimed]))
    folder = tmp_path_factory.mktemp("suspended")
    (folder / "guarantees.toml").write_text(TERMS, encoding="utf-8")
    warrantor.load(
        pa.table({"serial": serial, "sold_on": days(sold)}),
        pa.table({"serial": serial[claimed], "opened_on": opened, "reported_on": opened}),
        folder / "fleet", guarantees=folder / "guarantees.toml", data_until=SOLD + timedelta(days=900),
        events=pa.table({"serial": serial[long], "kind": ["suspended"] * 1000, "on": days(sold[long] + 10),
                         "until": days(sold[long] + 130)}))
    return folder / "fleet"


def test_a_unit_covered_longer_than_its_calendar_stays_under_watch(suspended):
    with warrantor.open(suspended) as fleet:
        plain, cohorts = fleet.tally(), fleet.cohorts()
    short = shortened(plain, cohorts)
    before, after = (life_table(t.over(*t.by)) for t in (plain, short))
    assert after.survival_at(480.0)[0] == pytest.approx(before.survival_at(480.0)[0], rel=1e-9)
    assert 0.7 < after.survival_at(480.0)[0] < 0.85
    assert any("on a day of its own" in line for line in short.how)


def test_a_unit_that_is_covered_longer_still_is_watched_up_to_today_less_the_lag(suspended):
    with warrantor.open(suspended, as_of=SOLD + timedelta(days=500)) as fleet:
        plain, cohorts = fleet.tally(), fleet.cohorts()
    watched = watched_of(plain, cohorts, lag_of(cohorts))
    assert watched.units.sum() == pytest.approx((plain.open + plain.expired).sum())
    beyond = watched.age > 370
    assert watched.units[beyond].sum() == pytest.approx((plain.open + plain.expired)[plain.age > 370].sum())
    assert watched.units[beyond].sum() > 100
    assert np.isnan(watched.cover[beyond]).all()


def test_without_such_units_nothing_is_said():
    plain, cohorts = _many(3, 4, 9)
    found = watched_of(plain, cohorts, lag_of(cohorts))
    assert found.moved == 0.0
    assert found.said() == ()


def test_each_cohort_is_moved_back_by_the_lag_but_not_past_its_cover():
    plain, cohorts = _many(5, 300, 40)
    lag, found = lag_of(cohorts), watched_of(plain, cohorts, lag_of(cohorts))
    expected = np.zeros((5, 1000))
    for s, start, units in zip(cohorts.stratum, cohorts.start_day, cohorts.units, strict=True):
        for days, share in enumerate(lag.share):
            expected[s, max(min(365, 18_000 - start - days), 0)] += units * share
    counted = np.zeros((5, 1000))
    np.add.at(counted, (found.stratum, found.age.astype(int)), found.units)
    assert np.allclose(counted, expected, rtol=0, atol=1e-9)


def test_many_cohorts_with_long_lags_stay_small():
    plain, cohorts = _many(400, 200, 300)
    tracemalloc.start()
    watched_of(plain, cohorts, lag_of(cohorts))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6  # cohorts times lags as one array is 192 million bytes, and several were held


def _many(strata, starts, longest):
    """Cohorts of ten units each, sold every second day, with claims reported after 0 to `longest` days."""
    rng = np.random.default_rng(0)
    of, start = np.repeat(np.arange(strata), starts), np.tile(17_990 - 2 * np.arange(starts), strata)
    units = np.full(len(of), 10.0)
    names = tuple((f"L{i}",) for i in range(strata))
    cohorts = Cohorts(
        by=("lot",), strata=names, stratum=of, as_of=date.fromordinal(18_000 + 719_163), guarantees=("a@1",),
        guarantee=np.zeros(len(of), int), start_day=start, end_day=start + 365, units=units,
        claimed=np.zeros(len(of)), gone=np.zeros(len(of)), claim_cohort=rng.integers(0, len(of), 900),
        claim_age=np.zeros(900, int), claim_lag=np.arange(900) % (longest + 1), claim_count=np.ones(900),
        claim_cost=np.ones(900))
    over, age = start + 365 <= 18_000, np.minimum(365, 18_000 - start)
    return Tally.of(by=("lot",), strata=names, stratum=np.tile(of, 2), age=np.append(0.0 * age, age),
                    entered=np.append(units, 0 * units), expired=np.append(0 * units, units * over),
                    open=np.append(0 * units, units * ~over)), cohorts
