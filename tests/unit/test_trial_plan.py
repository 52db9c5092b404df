"""A plan from its file: defaults, every refusal at its line, the hash, the register, the words, the sizes, the lot."""

import json
from dataclasses import fields, replace
from datetime import date
from fractions import Fraction
from math import isfinite
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warrantor.cli.app import run
from warrantor.finding import Refused
from warrantor.terms.allocation import allotted
from warrantor.trial.chained import read
from warrantor.trial.difference import difference_stakes
from warrantor.trial.plan import Baseline, Expected, Guardrail, Trial
from warrantor.trial.plan_read import read_plan
from warrantor.trial.register import register, registered
from warrantor.trial.say import said
from warrantor.trial.sized import sized

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
GOLDEN = Path(__file__).parents[1] / "golden" / "trial_plan.txt"
SMALL = """\
name = "Longer"
products = ["P"]
conventional = "c@1"
extended = "e@1"
salt = "s"
currency = "CNY"
cap = 600
limit = 1.2
first_on = 2024-01-01
last_on = 2024-06-30
"""


def plan(*more, without=()):
    lines = [line for line in SMALL.splitlines() if line.split(" = ")[0] not in without]
    return read_plan("\n".join([*lines, *more]) + "\n", "trial.toml")


def test_a_dozen_lines_are_a_plan():
    trial = plan()
    assert (trial.design, trial.share, trial.windows, trial.lag_days, trial.level) == ("unit", Fraction(1, 2), (12, 18),
                                                                                       60, 0.025)
    assert trial.looks[0] == date(2025, 9, 30)  # January's units are past 18 months and 60 days on 29 September
    assert len(trial.looks) == 6
    assert trial.stop_on == trial.looks[-1] == date(2026, 2, 28)
    assert [g.name for g in trial.guardrails] == ["safety", "claims", "returns", "satisfaction"]
    spent = sum(trial.alarm_levels.values()) + sum(g.level for g in trial.guardrails)
    assert spent <= 0.05 + 1e-12
    assert trial.stakes[0] * trial.cap == pytest.approx(0.18)
    assert trial.fairness
    assert trial.roll_back["sold"]


WRONG = [
    (["limti = 2"], 11, "limti: no such key; did you mean limit?"),
    (['share = "3/2"'], 11, "allots nothing"),
    (['share = "half"'], 11, "no share"),
    (["lag_days = -1"], 11, "below zero"),
    (["level = 1.5"], 11, "no share between 0 and 1"),
    (["windows = [18, 12]"], 11, "shorter first"),
    (["stakes = [0.1]"], 11, "below 1 / cap"),
    (["looks = [2026-01-31, 2025-01-31]"], 11, "in their order"),
    (["[looks]", "count = 0"], 12, "without a look"),
    (["stop_on = 2025-01-01"], 11, "before its last look"),
    (["[[guardrail]]", 'name = "safety"', "margin = 0.9"], 13, "no margin"),
    (["[[guardrail]]", 'name = "own"', 'source = "claims"'], 11, "says no margin, level"),
    (["[[guardrail]]", 'name = "own"', 'source = "rumour"'], 13, "none of claims, returns, surveys"),
    (["[[guardrail]]", 'name = "returns"', "[[guardrail]]", 'name = "returns"'], 13, "stands twice"),
    (["[[guardrail]]", 'name = "safety"', "level = 0.04"], None, "safety 0.04"),
    (["[baseline]", "rates = [0.1]", "history = 10", "mean_cost = 60"], 12, "the longer promise has 18"),
    (["[baseline]", f"rates = {[0.1] * 18}", "history = 10", "mean_cost = 60", "report_lag = [0.9, 0.9]"], 15,
     "sum to at most 1"),
    (["[expected]", "units_a_month = 5"], 11, "missing months_of_sale"),
    (['design = "product"'], None, "the plan says no donors"),
    (['design = "lottery"'], 11, "none of unit, cluster, product"),
    (["products = "], 11, "no TOML"),
]


@pytest.mark.parametrize(("more", "line", "why"), WRONG)
def test_what_cannot_be_is_refused_at_its_line(more, line, why):
    with pytest.raises(Refused) as caught:
        plan(*more)
    assert why in str(caught.value)
    assert str(caught.value).startswith("trial.toml" if line is None else f"trial.toml, line {line}:")


@pytest.mark.parametrize(("gone", "why"), [
    (("salt",), "says no salt"), (("cap",), "says no cap"), (("products", "limit"), "products, limit"),
])
def test_what_is_missing_is_named(gone, why):
    with pytest.raises(Refused, match=why):
        plan(without=gone)


def test_a_plan_that_is_not_there_is_said(tmp_path):
    with pytest.raises(Refused, match="no such plan"):
        Trial.load(tmp_path / "none.toml")


def test_the_examples_load():
    assert Trial.load(EXAMPLES / "trial" / "trial.toml").looks[-1] == date(2027, 2, 28)
    other = Trial.load(EXAMPLES / "redmi_note_7" / "trial.toml")
    assert other.design == "product"
    with pytest.raises(Refused, match="Nothing is drawn"):
        _ = other.allotment


@settings(max_examples=40, deadline=None)
@given(st.permutations(SMALL.splitlines()), st.sampled_from(["", "  # a remark"]))
def test_the_hash_is_of_what_is_said_not_of_how(lines, remark):
    told = read_plan("\n".join(line + remark for line in lines) + "\n", "trial.toml")
    assert told.hash == plan().hash


OTHER = {
    str: lambda x: x + "x", int: lambda x: x + 1, float: lambda x: x * 1.1, Fraction: lambda x: x / 2,
    date: lambda _: date(2020, 1, 1), tuple: lambda x: (*x, "x"), dict: lambda x: {**x, "new": 0.1},
    type(None): lambda _: Expected(units_a_month=1, months_of_sale=1, shares=(0.1, 0.2), mean_cost=1, cost_variation=1),
}


@pytest.mark.parametrize("name", [f.name for f in fields(Trial)])
def test_the_hash_binds_every_field(name):
    trial = plan()
    value = getattr(trial, name)
    changed = OTHER[type(value)](value)
    assert replace(trial, **{name: changed}).hash != trial.hash


def test_a_plan_is_registered_once_and_amended_with_a_reason(tmp_path):
    path, one = tmp_path / "trial.toml", plan()
    with pytest.raises(Refused, match="is not registered"):
        registered(path, one)
    first = register(path, one)
    assert (first.number, first.again, register(path, one).again) == (1, False, True)
    two = plan("lag_days = 90")
    for asked in (lambda: registered(path, two), lambda: register(path, two), lambda: register(path, two, reason=" ")):
        with pytest.raises(Refused, match="lag_days"):
            asked()
    assert register(path, two, reason="the lag was longer than thought").number == 2
    assert registered(path, two).hash == two.hash
    with pytest.raises(Refused, match="was changed since"):
        registered(path, one)
    records = read(tmp_path / "registered")
    assert [r["kind"] for r in records] == ["plan", "amendment"]
    assert records[1]["document"]["amends"] == one.hash
    assert records[1]["document"]["plan"] == two.to_dict()


def test_the_plan_in_words_is_as_it_was():
    words = said(Trial.load(EXAMPLES / "trial" / "trial.toml"))
    text = "\n".join(f"{heading}\n" + "\n".join(f"  {s}" for s in sentences) for heading, sentences in words) + "\n"
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_a_plans_hash_is_one_on_processors_that_differ_in_the_last_digit(monkeypatch):
    here = Trial.load(EXAMPLES / "trial" / "trial.toml").hash
    other = [float(np.nextafter(stake, 1)) for stake in difference_stakes(600.0)]
    monkeypatch.setattr("warrantor.trial.plan_read.difference_stakes", lambda cap: other if cap == 600.0 else None)
    assert Trial.load(EXAMPLES / "trial" / "trial.toml").hash == here


def test_what_is_not_measured_or_waived_is_said():
    words = dict(said(plan("[[guardrail]]", 'name = "satisfaction"', 'waived = "nobody is asked"')))
    assert any("safety: not measured" in s for s in words["Guardrails"])
    assert any("waived: nobody is asked" in s for s in words["Guardrails"])
    assert any("froze no baseline" in s for s in words["Alarms"])
    assert any("not causal" in s or "neither is causal" in s
               for s in dict(said(Trial.load(EXAMPLES / "redmi_note_7" / "trial.toml")))["Design"])


def test_the_sizes_are_those_of_the_worked_example():
    """Method notes 2.1: p = .04 and .028, m = 60, cv = 1.2, limit 1.20, one-sided .05: 15,798 an arm."""
    told = Expected(units_a_month=4000, months_of_sale=10, shares=(0.028, 0.04), mean_cost=60, cost_variation=1.2,
                    cluster_units=400, cluster_variation=0.15)
    found = sized(replace(plan(), expected=told, level=0.05))
    value = {line.asks: line.value for line in found.lines}
    assert value["units an arm, one look at the end"] == pytest.approx(15_798, abs=1)
    assert value["units an arm, valid at every look"] == pytest.approx(15_798 * 1.690**2, rel=2e-3)
    assert value["claims expected in the added months"] == pytest.approx(40_000 * 0.012)
    planned = next(v for k, v in value.items() if k.startswith("power at the planned sales, one"))
    assert 0.80 < planned < 0.90  # 20,000 an arm, where 15,798 have power .8
    at = abs(found.units_a_month - 2 * 15_798 / 10).argmin()
    assert found.once[at] == pytest.approx(0.8, abs=0.03)
    assert (found.always <= found.once).all()
    assert value["clusters an arm to tell the shares apart"] > 2


def test_a_plan_that_expects_too_much_or_nothing_is_not_sized():
    told = Expected(units_a_month=10, months_of_sale=10, shares=(0.02, 0.05), mean_cost=60, cost_variation=1)
    with pytest.raises(Refused, match="not below the limit"):
        sized(replace(plan(), expected=told))
    with pytest.raises(Refused, match="no table"):
        sized(plan())


def test_what_the_plan_does_not_tell_is_said_and_no_number():
    told = Expected(units_a_month=4000, months_of_sale=10, shares=(0.04, 0.039), mean_cost=60, cost_variation=1.2)
    found = sized(replace(plan(), expected=told))
    assert all(isfinite(line.value) == (line.refused == "") for line in found.lines)
    assert sum(bool(line.refused) for line in found.lines) == 6
    assert "cluster_units" in repr(found)


def test_design_says_it_and_draws_it(tmp_path, capsys):
    path = str(EXAMPLES / "trial" / "trial.toml")
    assert run(["trial", "design", path, "--chart", str(tmp_path / "power.svg")]) == 0
    out = capsys.readouterr().out
    assert "323.7" in out
    assert "what it can tell" in out
    assert "<svg" in (tmp_path / "power.svg").read_text()
    assert run(["trial", "design", path, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "warrantor.design/1"
    assert len(told["sized"]["lines"]) > 10


def test_the_arm_of_every_serial_is_that_of_the_scalar_rule(tmp_path, capsys):
    path = tmp_path / "trial.toml"
    path.write_text(SMALL + 'share = "1/3"\n')
    serials = [f"SN-{i:05d}" for i in range(3000)] + ["秋季-1", "a b", " padded "]
    pq.write_table(pa.table({"serial": serials}), tmp_path / "units.parquet")
    pyarrow.csv.write_csv(pa.table({"serial": serials}), tmp_path / "units.csv")
    for source, out in (("units.csv", "arms.parquet"), ("units.parquet", "arms.csv")):
        assert run(["trial", "allocate", str(path), str(tmp_path / source), "-o", str(tmp_path / out), "--json"]) == 0
    counts = json.loads(capsys.readouterr().out.splitlines()[-1])["units"]
    rows = pq.read_table(tmp_path / "arms.parquet").to_pylist()
    share = Fraction(1, 3)
    assert [r["serial"] for r in rows] == [s.strip() for s in serials]
    assert all(r["arm"] == allotted("s", r["serial"], share) for r in rows)
    assert all(r["guarantee"] == ("c@1", "e@1")[r["arm"]] for r in rows)
    assert counts["extended"] == sum(allotted("s", s.strip(), share) for s in serials)


@pytest.mark.parametrize(("words", "why"), [
    (["units.csv", "-o", "arms.txt"], "ends in .csv or .parquet"), (["bare.csv", "-o", "arms.csv"], "no column serial"),
])
def test_what_cannot_be_allotted_is_said(tmp_path, capsys, words, why):
    (tmp_path / "trial.toml").write_text(SMALL)
    (tmp_path / "units.csv").write_text("serial\nA\n")
    (tmp_path / "bare.csv").write_text("number\nA\n")
    source, _, out = words
    code = run(["trial", "allocate", str(tmp_path / "trial.toml"), str(tmp_path / source), "-o", str(tmp_path / out)])
    assert code == 2
    assert why in capsys.readouterr().err


def test_a_guardrail_and_a_baseline_are_values():
    trial = Trial.load(EXAMPLES / "trial" / "trial.toml")
    assert isinstance(trial.baseline, Baseline)
    assert isinstance(trial.guardrails[0], Guardrail)
    assert trial.to_dict()["share"] == "1/2"
    assert trial.to_dict()["looks"][0] == "2025-09-30"
