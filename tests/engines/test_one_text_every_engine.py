"""Each registered question on DuckDB and on a real Spark cluster: one text, one answer."""

from datetime import date, timedelta
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from warrantor.engine import Engine, EngineError
from warrantor.exposure import cohorts_of, repeats_of, tally_of
from warrantor.exposure.arms import arms_of
from warrantor.exposure.ledger import ledger_of, parts_of
from warrantor.ledger import Asked, Counted
from warrantor.tally import COUNTS
from warrantor.terms.allocation import allotted

pytestmark = pytest.mark.spark
BY = ("product", "market", "guarantee", "origin")  # the market stands with the units alone: it is joined


def rows(table):
    """The rows in one order, whatever order the engine gave; sums of cost to the last digits that adding can keep."""
    def plain(value):
        return round(value, 9) if isinstance(value, float) else value

    return sorted((tuple(plain(v) for v in row.values()) for row in table.to_pylist()), key=repr)


def same_everywhere(question, engines, scope_on, **how):
    one, other = (scope_on(engine).ask(question, BY, **how) for engine in engines)
    assert one.column_names == other.column_names
    assert len(one) > 0
    assert rows(one) == rows(other)
    return one


@pytest.fixture
def engines(duck, spark):
    return duck, spark


def test_units(engines, scope_on):
    same_everywhere("units", engines, scope_on)


@pytest.mark.parametrize("axis", ["age", "start_day"])
def test_shifted(engines, scope_on, axis):
    same_everywhere("shifted", engines, scope_on, axis=axis)


@pytest.mark.parametrize("axis", ["age", "start_day"])
@pytest.mark.parametrize("faults", [None, ("E01",)])
def test_firsts(engines, scope_on, axis, faults):
    found = same_everywhere("firsts", engines, scope_on, axis=axis, faults=faults)
    assert "claimed" in found.column("why").to_pylist()


def test_claims(engines, scope_on):
    same_everywhere("claims", engines, scope_on)


def test_cells(engines, scope_on):
    same_everywhere("cells", engines, scope_on)


def test_repeats(engines, scope_on):
    found = same_everywhere("repeats", engines, scope_on)
    assert len(set(found.column("unit").to_pylist())) < len(found)


def test_unknown(engines, scope_on):
    assert same_everywhere("unknown", engines, scope_on).column("units")[0].as_py() > 0


def test_heard(engines, scope_on):
    found = same_everywhere("heard", engines, scope_on, within=30)
    assert set(found.column("past").to_pylist()) == {0, 1}
    assert min(found.column("spell").to_pylist()) == -1 < 1 < max(found.column("spell").to_pylist())


def test_settled(engines, scope_on):
    found = same_everywhere("settled", engines, scope_on, since=18400)
    assert {"again", "come", "fresh"} == set(found.column("kind").to_pylist())


def test_begun(engines, scope_on):
    same_everywhere("begun", engines, scope_on, since=18300)


def test_span(engines, scope_on):
    same_everywhere("span", engines, scope_on)


def test_a_tally_repeats_and_cohorts_are_the_same_on_both(engines, scope_on):
    one, other = (tally_of(scope_on(engine), ("product", "made_day")) for engine in engines)
    assert one.strata == other.strata
    for name in ("stratum", "age", *COUNTS):
        assert np.allclose(getattr(one, name), getattr(other, name), rtol=1e-12, equal_nan=True), name
    one, other = (repeats_of(scope_on(engine), ("product", "market")) for engine in engines)
    for name in ("window_stratum", "window_leave", "window_units", "stratum", "which", "age", "leave", "cost"):
        assert np.array_equal(getattr(one, name), getattr(other, name), equal_nan=True), name
    one, other = (cohorts_of(scope_on(engine), "product") for engine in engines)
    for name in ("stratum", "guarantee", "start_day", "end_day", "units", "claimed", "gone", "claim_cohort",
                 "claim_age", "claim_lag", "claim_count", "claim_cost"):
        assert np.allclose(getattr(one, name), getattr(other, name), rtol=1e-12, equal_nan=True), name


def test_tables_files_and_whole_numbers_are_alike(engines, tmp_path):
    page = tmp_path / "a.csv"
    page.write_text('serial;"sold on";cost\n007;2020-01-01;\n"x; ""y""";;1.50\n')
    answers = []
    for engine in engines:
        assert isinstance(engine, Engine)
        engine.add("page", page)
        engine.add("few", pa.table({"n": pa.array([2147483647, 7, None], pa.int32()), "half": [0.5, 1.5, None]}))
        engine.write("SELECT n FROM few WHERE n IS NOT NULL ORDER BY n", tmp_path / f"{engine.name}.parquet")
        engine.add("back", tmp_path / f"{engine.name}.parquet")
        answers.append([
            engine.sql('SELECT serial, "sold on", cost FROM page ORDER BY serial').to_pydict(),
            engine.sql("SELECT sum(n) AS s, 7 / 2 AS h, count(*) AS c, CAST(floor(sum(n) / 2) AS BIGINT) AS f,"
                       " greatest(min(n), 9) AS g FROM few").to_pydict(),
            engine.sql("SELECT sum(half) AS s FROM few WHERE half > 9").to_pydict(),
            engine.sql("SELECT n FROM back").to_pydict()])
    assert answers[0] == answers[1]
    assert answers[0][0] == {"serial": ["007", 'x; "y"'], "sold on": ["2020-01-01", None], "cost": [None, "1.50"]}
    assert answers[0][1]["s"] == [2147483654]
    assert answers[0][3] == {"n": [7, 2147483647]}


@pytest.mark.parametrize("text", ["SELECT 1 +", "SELECT nothing FROM units", "SELECT CAST('x' AS INT) AS n"])
def test_a_text_that_cannot_be_answered_is_told_alike(engines, scope_on, text):
    for engine in engines:
        scope_on(engine)
        with pytest.raises(EngineError, match=r"DuckDB|Spark"):
            engine.sql(text)


@pytest.mark.parametrize("salt", ["redmi-note-7", "秋季-2019", "it's a \\n \"salt\" $1"])
def test_arms_are_those_of_the_scalar_rule(engines, scope_on, salt):
    share = Fraction(1, 3)
    for engine in engines:
        arms_of(scope_on(engine), salt, share)
    one = same_everywhere("arms", engines, scope_on)
    assert all(r["arm"] == allotted(salt, r["serial"], share) for r in one.to_pylist())
    assert set(one.column("arm").to_pylist()) == {0, 1}


COUNTED = (Counted("safety", "claims", ("E01",)), Counted("returns", "returns"), Counted("poor", "surveys", poor=3.0))
TRIAL = Asked(
    products=("A", "é"), by=BY, salt="redmi-note-7", key="serial", share=Fraction(1, 2),
    versions=("basic@1", "long@1"),
    first_on=date(2019, 4, 14), last_on=date(2019, 9, 1), lag_days=30, stakes=(0.0003, 0.002), alarm_stakes=(0.001,),
    ends=tuple((s, s + 365, s + 547) for s in range(18000, 18141)), cap=20.0, counted=COUNTED,
    looks=tuple(date(1970, 1, 1) + timedelta(days=d) for d in (18400, 18650, 18700)))


@pytest.fixture
def ledgers(engines, scope_on):
    return [ledger_of(scope_on(engine), TRIAL, surveys=True) for engine in engines]


def test_a_ledger_is_the_same_on_every_engine(ledgers):
    one, other = ledgers
    assert one.hash == other.hash
    assert one.claims.sum() > 10
    assert one.over.sum() > 0
    assert one.events.sum(axis=(1, 2, 3)).min() > 0
    for name in ("down", "up", "staked", "squared"):
        assert np.allclose(getattr(one, name), getattr(other, name), rtol=1e-12, atol=1e-10), name


@pytest.mark.usefixtures("ledgers")
def test_the_questions_of_a_trial(engines, scope_on):
    parts, every = (parts_of(scope_on(engines[0]), TRIAL, *among) for among in ((), ("TRUE",)))
    same_everywhere("sold", engines, scope_on, more=every)
    same_everywhere("matured", engines, scope_on, more=parts)
    same_everywhere("spent", engines, scope_on, more=parts)
    same_everywhere("given_back", engines, scope_on, more=every)
    same_everywhere("answered", engines, scope_on, more=parts | {"poor": "3e0"})
