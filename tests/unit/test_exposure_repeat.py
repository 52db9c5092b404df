"""Repeats from records: the risk set is the tally's, the claims are the tally's, and each stands with its unit."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

from warrantor.engine import open_engine
from warrantor.exposure import Scope, calendar_table, repeats_of, tally_of
from warrantor.finding import Refused

SHARED = ("unit", "product", "guarantee", "origin", "start_day", "returned_day", "end_shift")
TEXTS = {"product", "guarantee", "origin", "fault", "remedy", "replacement"}
PLAIN = {"product": "A", "guarantee": "basic@1", "origin": "sold", "start_day": 100, "returned_day": None,
         "end_shift": 0, "fault": "E01", "handed_back_day": None, "closed_day": None, "remedy": "repair",
         "replacement": None, "cost": 10.0}
CLAIM = ("fault", "opened_day", "reported_day", "handed_back_day", "closed_day", "remedy", "replacement", "cost")


def table(rows, names):
    kinds = {"unit": pa.int64(), "cost": pa.float64(), **dict.fromkeys(TEXTS, pa.string())}
    return pa.table({n: pa.array([r[n] for r in rows], kinds.get(n, pa.int32())) for n in names})


@pytest.fixture(scope="module")
def engine():
    with open_engine(threads=1) as opened:
        yield opened


@pytest.fixture
def fleet(engine):
    def scope(day, units, claims, currency="CNY"):
        whole = [PLAIN | {"unit": i} | u for i, u in enumerate(units)]
        made = [whole[i] | {"reported_day": c["opened_day"]} | c for i, c in claims]
        engine.add("units", table(whole, SHARED))
        engine.add("claims", table(made, (*SHARED, *CLAIM)))
        engine.add("calendar", calendar_table([("basic@1", s, s + 365) for s in range(50, 300)]))
        return Scope(engine, date(1970, 1, 1) + timedelta(days=day), currency, frozenset(SHARED),
                     frozenset((*SHARED, *CLAIM)))

    return scope


def windows(found):
    return dict(zip(found.window_leave.tolist(), found.window_units.tolist(), strict=True))


def test_each_claim_stands_with_its_unit_and_everybody_has_a_window(fleet):
    claims = [(0, {"opened_day": 120}), (2, {"opened_day": 130, "cost": 4.0}), (0, {"opened_day": 110})]
    found = repeats_of(fleet(900, [{}, {"returned_day": 150}, {}, {"end_shift": 10}], claims))
    assert windows(found) == {50: 1, 365: 2, 375: 1}
    assert (found.which.tolist(), found.age.tolist()) == ([0, 0, 1], [10, 20, 30])
    assert found.leave.tolist() == [365, 365, 365]
    assert found.cost.tolist() == [10, 10, 4]
    assert (found.enter == 0).all()


def test_an_exchange_ends_the_cover_of_its_unit_and_what_comes_after_is_not_its_claim(fleet):
    claims = [(0, {"opened_day": 120, "remedy": "exchange", "handed_back_day": 127}), (0, {"opened_day": 200})]
    found = repeats_of(fleet(900, [{}, {}], claims))
    assert windows(found) == {27: 1, 365: 1}
    assert (found.age.tolist(), found.leave.tolist()) == ([20], [27])
    assert any("1 claims of units already exchanged" in s for s in found.how)


def test_cover_still_running_ends_with_the_day_and_late_reports_are_not_known(fleet):
    claims = [(0, {"opened_day": 150, "reported_day": 160}), (1, {"opened_day": 150, "reported_day": 170})]
    found = repeats_of(fleet(165, [{}, {}, {"start_day": 200}], claims))
    assert windows(found) == {65: 2}
    assert found.age.tolist() == [50]


def test_no_currency_no_cost_and_a_wrong_column_is_refused(fleet):
    scope = fleet(900, [{}], [(0, {"opened_day": 120})], currency=None)
    assert np.isnan(repeats_of(scope).cost).all()
    with pytest.raises(Refused, match="columns to split by"):
        repeats_of(scope, "colour")


def test_the_risk_set_and_the_claims_are_those_of_the_tally(fleet):
    """Records drawn at random (simulated): exchanges, returns, shifted ends, repeats, late reports."""
    rng = np.random.default_rng(3)
    units = [{"product": str(rng.choice(["A", "B"])), "start_day": int(rng.integers(50, 300)),
              "end_shift": int(rng.choice([0, 14], p=[0.9, 0.1]))} for _ in range(400)]
    units = [u | {"returned_day": int(u["start_day"] + rng.integers(0, 400)) if rng.random() < 0.1 else None}
             for u in units]
    claims = []
    for i in rng.integers(0, 400, 500).tolist():
        day = int(units[i]["start_day"] + rng.integers(-5, 420))
        claims.append((i, {"opened_day": day, "reported_day": day + int(rng.integers(0, 40)),
                           "cost": float(rng.integers(1, 9))}))
    for i in range(0, 400, 9):  # an exchange, after which the unit claims no more
        claims = [(j, c) for j, c in claims if j != i]
        claims.append((i, {"opened_day": units[i]["start_day"] + 40, "remedy": "exchange",
                           "handed_back_day": units[i]["start_day"] + 44}))
    scope = fleet(520, units, claims)
    tally, found = tally_of(scope, "product"), repeats_of(scope, "product")
    assert found.strata == tally.strata
    came, went = (np.zeros((2, 600)) for _ in range(2))
    np.add.at(came, (tally.stratum, tally.age.astype(int)), tally.covered_in)
    np.add.at(went, (tally.stratum, tally.age.astype(int)), tally.covered_out)
    covered = came.cumsum(axis=1) - np.pad(went.cumsum(axis=1), ((0, 0), (1, 0)))[:, :-1]
    ages = np.arange(600.0)
    for s in range(2):
        assert np.array_equal(found.at_risk(np.full(600, s), ages), covered[s])
        mine = found.stratum == s
        counted = np.bincount(found.age[mine].astype(int), minlength=600)
        rows = tally.stratum == s
        assert np.array_equal(counted[tally.age[rows].astype(int)], tally.claims[rows])
        assert found.cost[mine].sum() == tally.cost[rows].sum()
    assert covered.max() > 100
    assert np.bincount(found.which).max() > 1
