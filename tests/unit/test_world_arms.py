"""The simulated trial: its truth is the truth of what it makes, and a day's files hold what was known that day."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

import numpy as np
import pytest

import warrantor as wr
from warrantor.finding import Refused
from warrantor.terms.allocation import allotted
from warrantor.trial.plan import Trial
from warrantor.world import load_world
from warrantor.world.arms import simulate_trial, trial_claims, trial_units, write_trial
from warrantor.world.records import serials
from warrantor.world.simulate import NEVER, ends

LAST = date(2026, 12, 31)


def spec(units=40_000, **tables):
    world = load_world("docs/examples/trial/world.toml")
    changed = {name: world.tables[name] | of for name, of in tables.items()}
    return replace(world, products=(replace(world.products[0], units=units),), tables=world.tables | changed)


@pytest.fixture(scope="module")
def found():
    return simulate_trial(spec(), 4)


def totals(found, cost):
    out = np.zeros(len(found.arm))
    np.add.at(out, found.world.claim_unit, cost)
    return out


def test_the_arm_is_that_of_the_rule(found):
    names = serials(found.world)
    lot = found.world.spec.tables["allotment"]
    assert [allotted(lot["salt"], s, Fraction(1, 2)) for s in names[:500]] == found.arm[:500].tolist()
    assert abs(found.arm.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(found.arm))


def test_what_is_realised_is_what_the_claims_cost(found):
    y = totals(found, found.corrected_cost)
    realised = y[found.arm == 1].mean() - y[found.arm == 0].mean()
    assert found.truth.realised == pytest.approx(realised, abs=1e-9)
    error = np.sqrt(sum(y[found.arm == a].var() / (found.arm == a).sum() for a in range(2)))
    assert abs(found.truth.difference - realised) < 4 * error


def test_the_truth_is_what_every_unit_costs_under_either_promise():
    seen = np.full((2, 4000), np.nan)
    for salt in "abcdefghijklmnop":
        found = simulate_trial(spec(4000, allotment={"salt": salt}), 4)
        cost = totals(found, found.corrected_cost)
        for arm in range(2):
            mine = found.arm == arm
            before = seen[arm, mine]
            assert np.allclose(before, np.where(np.isnan(before), np.nan, cost[mine]), atol=1e-9, equal_nan=True)
            seen[arm, mine] = cost[mine]
    assert not np.isnan(seen).any()
    assert seen.mean(axis=1) == pytest.approx(found.truth.cost, abs=1e-9)
    assert (seen > 0).mean(axis=1) == pytest.approx(found.truth.claimed, abs=1e-9)


def test_a_lot_that_leaves_an_arm_empty_is_refused():
    with pytest.raises(Refused, match="one arm"):
        simulate_trial(spec(100, allotment={"share": "1/1000000"}), 1)


def test_no_unit_ever_costs_more_than_the_cap():
    found = simulate_trial(spec(cost={"mean": 300}, repeat={"share": 1.0}), 1)
    first, last = found.world.claim_cost, found.corrected_cost
    for cost in (first, last, np.maximum(first, last)):
        assert totals(found, cost).max() <= 600.0 + 1e-9
    assert totals(found, found.world.claim_cost).max() == pytest.approx(600.0)


def test_goodwill_is_paid_after_the_conventional_promise_only(found):
    w = found.world
    age, of = w.claim_day - w.sold[w.claim_unit], w.claim_unit
    short, long = ends(w.sold, 12)[of], ends(w.sold, 18)[of]
    assert np.array_equal(found.goodwill, (found.arm[of] == 0) & (age > short))
    assert (age <= long).all()
    assert found.goodwill.sum() > 20
    assert (w.claim_day < w.returned[of]).all()


def test_goodwill_narrows_the_difference():
    none, some, all_ = (simulate_trial(spec(goodwill={"share": g}), 2).truth.difference for g in (0.0, 0.3, 1.0))
    assert none > some > all_
    assert abs(all_) < 0.15 * none


def test_each_arm_rushes_before_the_end_of_its_own_promise():
    found = simulate_trial(spec(200_000, goodwill={"share": 0.0}), 3)
    w = found.world
    soft = w.soft[w.claim_unit]
    age, arm = (w.claim_day - w.sold[w.claim_unit])[soft], found.arm[w.claim_unit][soft]
    rush = [np.mean((age[arm == a] > 365 - 46) & (age[arm == a] <= 365)) / np.mean(age[arm == a] <= 365)
            for a in range(2)]
    assert rush[0] > 1.3 * rush[1]


def test_a_day_tells_what_was_known_and_later_days_only_add(found):
    before = None
    for day in (date(2024, 9, 30), date(2025, 3, 31), LAST):
        units, claims = trial_units(found, day), trial_claims(found, day)
        assert max(units["sold_on"].to_pylist()) <= day
        assert max(d for d in units["returned_on"].to_pylist() if d) <= day
        assert max(claims["known_on"].to_pylist()) <= day
        assert set(claims["serial"].to_pylist()) <= set(units["serial"].to_pylist())
        rows = {tuple(row.values()) for row in claims.to_pylist()}
        assert before is None or before < rows
        before = rows


def test_a_correction_is_a_second_version_known_later(found):
    rows = trial_claims(found, LAST).to_pylist()
    seen = {}
    for row in rows:
        seen.setdefault(row["claim"], []).append(row)
    twice = [v for v in seen.values() if len(v) == 2]
    assert {len(v) for v in seen.values()} == {1, 2}
    assert 0.03 < len(twice) / len(seen) < 0.07
    for first, second in twice:
        assert first["known_on"] == first["reported_on"] < second["known_on"]
        assert first["cost"] != second["cost"]
        assert {n for n in first if first[n] != second[n]} == {"cost", "known_on"}


PLAN = Trial(
    name="simulated", design="unit", products=("Dogwood",), conventional="conventional@1", extended="extended@1",
    salt="simulated-trial-1", share=Fraction(1, 2), key="serial", strata=("market",), windows=(12, 18), lag_days=90,
    currency="CNY", cap=600.0, limit=1.2, level=0.025, alarm_levels={"cost": 0.015, "claim rate": 0.01},
    sizes_level=0.01, maturity=0.8, stakes=(0.0003, 0.0015), guardrails=(), baseline=None, expected=None,
    first_on=date(2024, 1, 1), last_on=date(2024, 12, 31), looks=(LAST,), stop_on=LAST, forecast="", roll_back={},
    fairness="", donors=())


def test_it_loads_without_a_fault_and_the_ledger_reads_its_truth(tmp_path):
    small = simulate_trial(spec(8000), 9)
    units, claims, pack = write_trial(small, tmp_path / "records", until=LAST)
    loaded = wr.load(units, claims, tmp_path / "fleet", guarantees=pack, data_until=LAST)
    assert loaded.refused == ()
    with wr.open(tmp_path / "fleet") as fleet:
        ledger = fleet.ledger(PLAN)
    w, arm = small.world, small.arm[small.world.claim_unit]
    then = np.where(small.corrected_day < NEVER, small.corrected_cost, w.claim_cost)
    spent = np.bincount(arm, then, 2)
    assert ledger.begun[:, -1].tolist() == list(small.truth.units)
    assert ledger.spent.sum(axis=0)[:, -1].tolist() == np.round(100 * spent).astype(int).tolist()
    assert ledger.goodwill.sum(axis=0)[:, -1].tolist() == [int(small.goodwill.sum()), 0]
    assert ledger.over.sum() == 0
    assert np.abs(ledger.cents.sum(axis=(0, 2)) / 100 - spent).max() < 0.02 * spent.max()
