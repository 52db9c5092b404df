"""Windows closed in SQL against a loop over single units, on fleets where every awkward case is common."""

import math
from collections import Counter, defaultdict
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warrantor.engine import open_engine
from warrantor.exposure import Scope, calendar_table, cohorts_of, tally_of
from warrantor.tally import COUNTS

COVER = {"basic@1": 4, "long@2": 7}
CALENDAR = calendar_table((g, s, s + n) for g, n in COVER.items() for s in range(13))
EPOCH = date(1970, 1, 1)
UNITS = pa.schema([("unit", pa.int64()), ("product", pa.string()), ("market", pa.string()), ("guarantee", pa.string()),
                   ("origin", pa.string()), ("made_day", pa.int32()), ("start_day", pa.int32()),
                   ("returned_day", pa.int32()), ("end_shift", pa.int32()), ("replaces", pa.int64())])
# the market stands with the units alone, as some columns do
CLAIMED = ["product", "guarantee", "origin", "made_day", "start_day", "returned_day", "end_shift"]
CLAIMS = pa.schema([("claim", pa.string()), ("unit", pa.int64()), *(UNITS.field(n) for n in CLAIMED),
                    ("fault", pa.string()), ("opened_day", pa.int32()), ("reported_day", pa.int32()),
                    ("closed_day", pa.int32()), ("handed_back_day", pa.int32()), ("remedy", pa.string()),
                    ("replacement", pa.string()), ("cost", pa.float64())])
days = st.integers(0, 12)
near = st.integers(-1, 5)  # days from the start, so that returns, claims and ends of cover meet on one day


def claims_of(unit):
    made = st.fixed_dictionaries({
        "fault": st.sampled_from(["E01", "E02", None]), "after": near, "lag": st.integers(0, 4),
        "closed": st.none() | st.integers(0, 3), "back": st.none() | st.integers(0, 3),
        "remedy": st.sampled_from(["repair", "repair", "exchange", "refund", None]),
        "replacement": st.sampled_from([None, None, "R-1"]), "cost": st.none() | st.integers(1, 9).map(float)})

    def row(i, c):
        opened = (unit["start_day"] or 0) + c["after"]
        return {"claim": f"{unit['unit']}-{i}", "unit": unit["unit"], **{n: unit[n] for n in CLAIMED},
                "fault": c["fault"], "opened_day": opened, "reported_day": opened + c["lag"],
                "closed_day": None if c["closed"] is None else opened + c["closed"],
                "handed_back_day": None if c["back"] is None else opened + c["back"],
                "remedy": c["remedy"], "replacement": c["replacement"], "cost": c["cost"]}

    return st.lists(made, max_size=3).map(lambda found: [row(i, c) for i, c in enumerate(found)])


@st.composite
def fleets(draw):
    units, claims = [], []
    for key in range(draw(st.integers(0, 12))):
        unit = draw(st.fixed_dictionaries({
            "unit": st.just(key), "product": st.sampled_from(["A", "B"]), "market": st.sampled_from(["CN", None]),
            "guarantee": st.sampled_from(["basic@1", "basic@1", "long@2", None, "lost@9"]),
            "origin": st.sampled_from(["sold", "sold", "exchange"]), "made_day": st.integers(0, 2),
            "start_day": st.none() | days, "returned_day": st.none() | near,
            "end_shift": st.sampled_from([0, 0, 2, -9]), "replaces": st.none()}))
        if unit["returned_day"] is not None:
            unit["returned_day"] += unit["start_day"] or 0
        units.append(unit)
        claims += draw(claims_of(unit))
    return units, claims


@pytest.fixture(scope="module")
def engine():
    with open_engine("duckdb", threads=1) as opened:
        yield opened


def ask(engine, fleet, day, currency="CNY"):
    units, claims = fleet
    engine.add("units", pa.Table.from_pylist(units, UNITS))
    engine.add("claims", pa.Table.from_pylist(claims, CLAIMS))
    engine.add("calendar", CALENDAR)
    return Scope(engine, EPOCH + timedelta(days=day), currency, frozenset(UNITS.names), frozenset(CLAIMS.names))


def life_of(unit, claims, day):
    """One unit, by hand: (age it left, why, covered claims, age its cover ended); None where it was never watched."""
    start = unit["start_day"]
    if start is None or start > day or unit["guarantee"] not in COVER:
        return None
    end = start + COVER[unit["guarantee"]] + unit["end_shift"]
    back = unit["returned_day"]
    under = sorted((c for c in claims if c["reported_day"] <= day and start <= c["opened_day"] <= end
                    and (back is None or c["opened_day"] <= back)), key=lambda c: c["opened_day"])
    gone = back is not None and back <= min(end, day)
    left, why = (back, "gone") if gone else (end, "expired") if end <= day else (day, "open")
    left = max(left, start)
    exchanged = []
    for c in under:
        if c["remedy"] in ("exchange", "refund") or c["replacement"] is not None:
            known = [d for d in (c["handed_back_day"], c["closed_day"], c["opened_day"]) if d is not None]
            exchanged.append(max(c["opened_day"], known[0]))
    covered_out = min([left, *exchanged])
    first = under[0]["opened_day"] if under else None
    return {"left": left, "why": why, "first": first, "claims": under, "covered_out": covered_out}


def by_hand(fleet, day, by, faults=None):
    units, claims = fleet
    found = defaultdict(Counter)
    mine = defaultdict(list)
    for c in claims:
        mine[c["unit"]].append(c)
    for unit in units:
        seen = life_of(unit, mine[unit["unit"]], day)
        if seen is None:
            continue
        key, start = tuple(str(unit[n]) if unit[n] is not None else "" for n in by), unit["start_day"]
        wanted = [c for c in mine[unit["unit"]] if faults is None or c["fault"] in faults]
        found[key, 0] += Counter(entered=1, covered_in=1)
        found[key, seen["covered_out"] - start]["covered_out"] += 1
        if seen["first"] is None:
            found[key, seen["left"] - start][seen["why"]] += 1
        else:
            hit = any(c["opened_day"] == seen["first"] and c["reported_day"] <= day for c in wanted)
            found[key, seen["first"] - start]["claimed" if hit else "gone"] += 1
        for c in seen["claims"]:
            if faults is None or c["fault"] in faults:
                cost = math.nan if c["cost"] is None else c["cost"]
                for name, value in (("claims", 1), ("cost", cost), ("cost_squared", cost * cost)):
                    found[key, c["opened_day"] - start][name] += value
    return dict(found)


def rows_of(tally):
    return {(tally.strata[s], int(a)): {n: getattr(tally, n)[i] for n in COUNTS}
            for i, (s, a) in enumerate(zip(tally.stratum, tally.age, strict=True))}


def same(tally, expected):
    got = rows_of(tally)
    assert set(got) == set(expected)
    for place, counts in got.items():
        for name, value in counts.items():
            assert value == pytest.approx(expected[place][name], nan_ok=True), (place, name)


@settings(max_examples=60, deadline=None)
@given(fleet=fleets(), day=st.integers(0, 18),
       by=st.sampled_from([(), ("product",), ("market", "product"), ("made_day", "origin")]),
       faults=st.sampled_from([None, ("E01",), ("E02", "E03")]))
def test_a_tally_is_what_a_loop_over_units_counts(engine, fleet, day, by, faults):
    scope = ask(engine, fleet, day)
    tally = tally_of(scope, by, faults=faults)
    same(tally, by_hand(fleet, day, tally.by, faults))
    assert list(tally.strata) == sorted(tally.strata)
    assert tally.total("entered").sum() == tally.claimed.sum() + tally.left.sum()
    assert tally.total("covered_in").sum() == tally.covered_out.sum()


@settings(max_examples=40, deadline=None)
@given(fleet=fleets(), day=st.integers(0, 18), by=st.sampled_from([(), ("product",), ("market",)]))
def test_cohorts_are_what_a_loop_over_units_counts(engine, fleet, day, by):
    cohorts = cohorts_of(ask(engine, fleet, day), by)
    units, claims = fleet
    expected, cells = defaultdict(Counter), defaultdict(lambda: [0, 0.0])
    for unit in units:
        seen = life_of(unit, [c for c in claims if c["unit"] == unit["unit"]], day)
        if seen is None:
            continue
        key = (tuple(unit[n] or "" for n in cohorts.by), unit["guarantee"], unit["start_day"])
        expected[key] += Counter(units=1, claimed=seen["first"] is not None,
                                 gone=seen["first"] is None and seen["why"] == "gone")
        for c in seen["claims"]:
            cell = (*key, int((c["opened_day"] - unit["start_day"]) / 30.4375), c["reported_day"] - c["opened_day"])
            cells[cell][0] += 1
            cells[cell][1] += math.nan if c["cost"] is None else c["cost"]
    keys = [(cohorts.strata[s], cohorts.guarantees[g], d)
            for s, g, d in zip(cohorts.stratum, cohorts.guarantee, cohorts.start_day, strict=True)]
    assert keys == sorted(expected)
    for i, key in enumerate(keys):
        assert {n: getattr(cohorts, n)[i] for n in ("units", "claimed", "gone")} == \
            {n: expected[key][n] for n in ("units", "claimed", "gone")}
        assert cohorts.end_day[i] == key[2] + COVER[key[1]]
    got = {(*keys[k], a, lag): (n, c) for k, a, lag, n, c in zip(
        cohorts.claim_cohort, cohorts.claim_age, cohorts.claim_lag, cohorts.claim_count, cohorts.claim_cost,
        strict=True)}
    assert set(got) == set(cells)
    for cell, (n, cost) in got.items():
        assert (n, cost) == (cells[cell][0], pytest.approx(cells[cell][1], nan_ok=True))


@settings(max_examples=40, deadline=None)
@given(fleet=fleets(), day=st.integers(0, 18), pick=st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_fleet_in_two_parts_adds_up_to_the_whole(engine, fleet, day, pick):
    whole = tally_of(ask(engine, fleet, day), "product")
    parts = []
    for side in (True, False):
        part = tuple([row for row in rows if pick[row["unit"]] is side] for rows in fleet)
        parts.append(tally_of(ask(engine, part, day), "product"))
    same(parts[0] + parts[1], {p: Counter(c) for p, c in rows_of(whole).items()})


@settings(max_examples=40, deadline=None)
@given(fleet=fleets(), day=st.integers(0, 18), order=st.randoms(use_true_random=False))
def test_row_order_changes_nothing(engine, fleet, day, order):
    units, claims = (list(rows) for rows in fleet)
    before = tally_of(ask(engine, fleet, day), "product")
    order.shuffle(units)
    order.shuffle(claims)
    after = tally_of(ask(engine, (units, claims), day), "product")
    assert after.strata == before.strata
    assert np.array_equal(after.age, before.age)
    for name in COUNTS:
        assert np.allclose(getattr(after, name), getattr(before, name), equal_nan=True)


@settings(max_examples=40, deadline=None)
@given(fleet=fleets(), day=st.integers(0, 17), later=st.integers(1, 8))
def test_a_later_day_never_unhappens_a_claim(engine, fleet, day, later):
    now, then = (tally_of(ask(engine, fleet, d)) for d in (day, day + later))
    for name in ("entered", "claims"):
        old, new = ({p: c[name] for p, c in rows_of(t).items()} for t in (now, then))
        assert all(new.get(place, 0) >= n for place, n in old.items() if n)
    # a first claim may turn out to be a repeat of one reported later, never to be none
    old, new = (dict(zip(t.strata, t.total("claimed"), strict=True)) for t in (now, then))
    assert all(new.get(s, 0) >= n for s, n in old.items())


@settings(max_examples=15, deadline=None)
@given(fleet=fleets(), day=st.integers(0, 18))
def test_tally_and_cohorts_tell_one_story(engine, fleet, day):
    scope = ask(engine, fleet, day)
    tally, cohorts = tally_of(scope, "product"), cohorts_of(scope, "product")
    assert cohorts.units.sum() == tally.entered.sum()
    assert cohorts.claimed.sum() == tally.claimed.sum()
    assert cohorts.gone.sum() == tally.gone.sum()
    assert cohorts.claim_count.sum() == tally.claims.sum()
