"""On a million simulated units with events, every end in the fleet is what the promise answers for that unit."""

from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import warrantor as wr
from warrantor.terms import Event, coverage, load_guarantees

EPOCH = date(1970, 1, 1)
UNITS = 1_000_000
UNTIL = date(2023, 6, 30)
PROMISES = """
[holidays.WEEK]
spans = [[2019-10-01, 2019-10-07], [2020-10-01, 2020-10-08]]
weekends = true
[[guarantee]]
name = "anew"
version = "1"
products = ["Alder"]
start = ["sold_on"]
holidays = "WEEK"
suspension = "extend"
replacement = "restart"
extension = { months = 6, contracts_from = 2019-03-01 }
[guarantee.terms.host]
months = 12
[[guarantee]]
name = "rest"
version = "1"
products = ["Birch"]
start = ["sold_on"]
suspension = "none"
replacement = "remainder"
transferable = false
[guarantee.terms.host]
months = 18
[[guarantee]]
name = "least"
version = "1"
start = ["sold_on"]
suspension = "extend_inclusive"
replacement = "remainder_or_min"
replacement_min_days = 90
[guarantee.terms.host]
days = 548
"""
KINDS = np.array(["suspended", "resumed", "exchanged", "extended", "transferred", "started", "campaign"])


def day(number):
    return EPOCH + timedelta(days=int(number))


def days(values, known=None):
    mask = None if known is None else ~known
    return pa.array(values.astype("datetime64[D]"), pa.date32(), mask=mask)


@pytest.fixture(scope="module")
def simulated(tmp_path_factory):
    """Units, one in twenty with events, one in a hundred given in exchange for another; raw arrays and the fleet."""
    home = tmp_path_factory.mktemp("ends")
    rng = np.random.default_rng(20190831)
    sold = rng.integers(17532, 18700, UNITS)
    product = rng.integers(0, 3, UNITS)
    given = np.sort(rng.choice(np.arange(UNITS // 2, UNITS), UNITS // 100, replace=False))
    replaces = np.full(UNITS, -1)
    replaces[given] = rng.choice(UNITS // 2, len(given), replace=False)
    product[given] = product[replaces[given]]
    sold[given] = sold[replaces[given]] + rng.integers(0, 700, len(given))  # some after cover ended
    few = rng.choice(UNITS, UNITS // 20, replace=False)
    unit = rng.choice(few, 3 * len(few))
    on = sold[unit] + rng.integers(0, 800, len(unit))
    kind = KINDS[rng.choice(len(KINDS), len(unit), p=[.5, .15, .1, .1, .05, .05, .05])]
    told = (kind != "resumed") & (rng.random(len(unit)) < .6)
    until = on + rng.integers(0, 60, len(unit))
    kept = (on <= (UNTIL - EPOCH).days) & ~((kind == "started") & (replaces[unit] >= 0))
    unit, on, kind, told = unit[kept], on[kept], kind[kept], told[kept]
    until = np.minimum(until[kept], (UNTIL - EPOCH).days)
    serial = np.array([f"U{i:07d}" for i in range(UNITS)])
    pq.write_table(pa.table({
        "serial": serial, "product": np.array(["Alder", "Birch", "Cedar"])[product], "sold_on": days(sold),
        "replaces": pa.array(serial[replaces], mask=replaces < 0)}), home / "units.parquet")
    pq.write_table(pa.table({"serial": serial[unit], "kind": kind, "on": days(on), "until": days(until, told)}),
                   home / "events.parquet")
    (home / "promises.toml").write_text(PROMISES)
    wr.load(home / "units.parquet", None, home / "fleet", events=home / "events.parquet",
            guarantees=home / "promises.toml", data_until=UNTIL)
    events = {}
    for i, k, a, b, t in zip(unit.tolist(), kind.tolist(), on.tolist(), until.tolist(), told.tolist(), strict=True):
        events.setdefault(i, []).append(Event(k, day(a), day(b) if t else None))
    return home / "fleet", sold, product, replaces, events


def expected(sold, product, replaces, events):
    """What the promise answers, unit by unit, told with nothing but the raw records."""
    promises = load_guarantees(PROMISES).all
    replaced = set(replaces[replaces >= 0].tolist())
    begun = {i: max((e.on for e in told if e.kind == "started"), default=None) for i, told in events.items()}
    starts = [begun.get(i) or day(s) for i, s in enumerate(sold.tolist())]
    for i, (kind, old) in enumerate(zip(product.tolist(), replaces.tolist(), strict=True)):
        told = [e for e in events.get(i, ()) if not (e.kind == "exchanged" and i in replaced)]
        first = i
        if old >= 0:
            first = old
            told = [*told, Event("exchanged", starts[i]), *(e for e in events.get(old, ()) if e.kind != "exchanged")]
        window = coverage(promises[kind], starts[first], events=told, contract_on=day(sold[first]), today=UNTIL)
        yield None if window.end < starts[i] else (window.end - EPOCH).days


def test_every_end_day_of_a_million_units_is_the_answer_for_the_unit(simulated):
    folder, sold, product, replaces, events = simulated
    with wr.open(folder) as fleet:
        table = fleet.sql("SELECT u.serial, k.end_day + u.end_shift AS end_day, u.end_shift FROM units AS u "
                          "LEFT JOIN calendar AS k ON k.guarantee = u.guarantee AND k.start_day = u.start_day "
                          "ORDER BY u.serial")
    ends = list(expected(sold, product, replaces, events))
    assert table["end_day"].to_pylist() == ends
    moved = np.count_nonzero(table["end_shift"].to_numpy())
    assert moved > UNITS // 50
    assert min(table["end_shift"].to_pylist()) < 0 < max(table["end_shift"].to_pylist())
    assert None in ends


def test_the_desk_gives_single_units_the_same_end(simulated):
    folder, *_, replaces, events = simulated
    asked = [*np.flatnonzero(replaces >= 0)[:40].tolist(), *sorted(events)[:60]]
    with wr.open(folder) as fleet:
        for i in asked:
            serial = f"U{i:07d}"
            row, = fleet.sql("SELECT k.end_day + u.end_shift AS end_day FROM units AS u LEFT JOIN calendar AS k "
                             "ON k.guarantee = u.guarantee AND k.start_day = u.start_day "
                             f"WHERE u.serial = '{serial}'").to_pylist()
            own = [x for x in fleet.entitle(serial).layers if x.layer == "commercial"]
            assert [(x.end - EPOCH).days for x in own] == ([] if row["end_day"] is None else [row["end_day"]])
