"""Who was heard of late: counted by hand against the question, and what is refused."""

from collections import Counter
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

import warrantor
from warrantor.engine import open_engine
from warrantor.exposure import Scope, calendar_table, heard_of
from warrantor.finding import Refused

EPOCH = date(1970, 1, 1)
TODAY, COVER = 18700, 365
UNITS = [
    # product, start, seen, returned, end_shift, claimed on
    ("A", 18650, 18700, None, 0, None),
    ("A", 18650, 18671, None, 0, None),    # the last of 30 days
    ("A", 18650, 18670, None, 0, None),    # a day too early
    ("A", 18650, None, None, 0, None),
    ("A", 18650, 18700, None, 0, 18690),   # claimed
    ("A", 18650, 18700, None, 0, 18701),   # not yet
    ("A", 18650, 18655, 18660, 0, None),   # returned
    ("A", 18335, 18699, None, 0, None),    # the last day of cover
    ("A", 18334, 18699, None, 0, None),    # past it
    ("A", 18334, 18699, None, 5, None),    # its own end
    ("B", 18000, 18100, None, 0, 18380),   # a claim beyond cover takes nobody away
    ("B", 18800, None, None, 0, None),     # not started
    ("B", None, None, None, 0, None),
]


@pytest.fixture(scope="module")
def scope():
    with open_engine("duckdb", threads=1) as engine:
        yield lambda *words, **named: scope_of(engine, *words, **named)


def scope_of(engine, units=UNITS, day=TODAY, columns=None):
    ints, texts = pa.int32(), pa.string()
    n = len(units)
    facts = {"unit": pa.array(range(n), pa.int64()), "product": pa.array([u[0] for u in units], texts),
             "guarantee": pa.array(["basic@1"] * n, texts), "origin": pa.array(["sold"] * n, texts),
             "start_day": pa.array([u[1] for u in units], ints), "returned_day": pa.array([u[3] for u in units], ints),
             "end_shift": pa.array([u[4] for u in units], ints)}
    told = {**facts, "seen_day": pa.array([u[2] for u in units], ints)}
    claims = pa.table(facts).filter(pa.array([u[5] is not None for u in units]))
    opened = pa.array([u[5] for u in units if u[5] is not None], ints)
    blank = pa.nulls(len(opened))
    for name, column in {"opened_day": opened, "reported_day": opened, "closed_day": blank.cast(ints),
                         "handed_back_day": blank.cast(ints), "fault": blank.cast(texts),
                         "remedy": blank.cast(texts), "replacement": blank.cast(texts),
                         "cost": blank.cast(pa.float64())}.items():
        claims = claims.append_column(name, column)
    engine.add("units", pa.table(told))
    engine.add("claims", claims)
    engine.add("calendar", calendar_table(("basic@1", s, s + COVER) for s in range(18000, 18801)))
    names = frozenset(told) if columns is None else columns
    return Scope(engine, EPOCH + timedelta(days=day), None, names, frozenset(claims.column_names))


def by_hand(within):
    found, days = Counter(), Counter()
    for product, start, seen, back, shift, claimed in UNITS:
        under = claimed is not None and claimed <= TODAY and claimed <= (start or 0) + COVER + shift
        if start is None or start > TODAY or back is not None or under:
            continue
        age = TODAY - start
        key = (product, int(age / 30.4375), int(start + COVER + shift < TODAY),
               -1 if seen is None else (TODAY - seen) // within)
        found[key] += 1
        days[key] += age
    return found, days


@pytest.mark.parametrize("within", [1, 7, 30])
def test_units_are_counted_by_age_cover_and_silence(scope, within):
    heard = heard_of(scope(), "product", within=within)
    keys = [(heard.strata[s][0], *rest) for s, *rest in zip(heard.stratum, heard.month.tolist(), heard.past.tolist(),
                                                           heard.spell.tolist(), strict=True)]
    found, days = by_hand(within)
    assert dict(zip(keys, heard.units, strict=True)) == found
    assert dict(zip(keys, heard.age_days, strict=True)) == days
    assert heard.silent_days[heard.spell == -1].sum() == 0


def test_strata_add_up(scope):
    heard = heard_of(scope(), "product")
    whole = heard.over("product", "guarantee", "origin")
    assert whole.strata == ((),)
    assert whole.units.sum() == heard.units.sum() == 9
    assert "of 9 unclaimed units in 30 days" in repr(whole)
    assert heard.to_arrow().column("product").to_pylist().count("B") == 1
    with pytest.raises(ValueError, match="cannot add over"):
        heard.over("lot")


def test_a_day_after_which_units_were_heard_is_refused(scope):
    with pytest.raises(Refused, match="the day the records reach to"):
        heard_of(scope(day=18680))


def test_units_that_were_never_heard_are_refused(scope):
    silent = [(p, s, None, *rest) for p, s, _, *rest in UNITS]
    with pytest.raises(Refused, match="ever heard"):
        heard_of(scope(silent))
    with pytest.raises(Refused, match="last_seen_on"):
        heard_of(scope(columns=frozenset({"product", "guarantee", "origin", "start_day"})))
    with pytest.raises(Refused, match="at least 1"):
        heard_of(scope(), within=0)
    with pytest.raises(Refused, match="cannot be split"):
        heard_of(scope(), "seen_day")


def test_a_file_may_say_when_each_unit_was_last_seen(tmp_path):
    units = pa.table({"serial": ["A", "B", "C"], "sold_on": ["2020-01-01"] * 3,
                      "last_seen_on": ["2020-03-01", "", "2020-02-01"]})
    beats = pa.table({"serial": ["A", "B", "B"], "on": ["2020-02-01", "2020-01-05", "2020-01-06"]})
    warrantor.load(units, None, tmp_path / "fleet", heartbeats=beats, data_until=date(2020, 3, 1))
    with warrantor.open(tmp_path / "fleet") as fleet:
        assert fleet.sql("SELECT seen_day FROM units ORDER BY serial")["seen_day"].to_pylist() == [
            (date.fromisoformat(d) - EPOCH).days for d in ("2020-03-01", "2020-01-06", "2020-02-01")]
        heard = fleet.heard(within=30)
    assert np.array_equal(heard.spell, [0, 1])
    assert np.array_equal(heard.units, [2.0, 1.0])
