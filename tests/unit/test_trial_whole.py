"""A whole trial through the command on a simulated fleet; earlier looks taken again after later records arrive."""

import contextlib
import importlib.util
import io
import json
from fractions import Fraction
from pathlib import Path

import pytest

import warrantor as wr
from warrantor.cli.app import run
from warrantor.terms.allocation import allotted
from warrantor.trial.chained import read
from warrantor.trial.plan import Trial
from warrantor.world import load_world, simulate_trial

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "trial"
UNITS = 60_000


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The example's own script, every command of it."""
    spec = importlib.util.spec_from_file_location("whole_trial", EXAMPLE / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    folder, said = tmp_path_factory.mktemp("trial"), io.StringIO()
    with contextlib.redirect_stdout(said):
        code = module.main(folder, UNITS)
    return folder, code, said.getvalue()


def test_eighteen_looks_are_kept_in_one_chain(whole):
    folder, code, said = whole
    records = read(folder / "looks")
    assert code == 0
    assert [r["kind"] for r in records] == ["look"] * 18
    assert [r["document"]["on"] for r in records] == [str(d) for d in Trial.load(folder / "trial.toml").looks]
    assert all(r["document"]["planned"] for r in records)
    assert said.count("$ warrantor") == 1 + 2 + 9 + 18 + 2
    assert "Verdict" in said


def test_every_look_of_half_time_gave_the_same_answer_at_the_end(whole, capsys):
    """`look` refuses any other answer: nine were taken from records that reach to half-time, then from all."""
    folder, *_ = whole
    plan, fleet = str(folder / "trial.toml"), str(folder / "fleet")
    first = json.loads(next((folder / "looks").glob("004-*.json")).read_text())["document"]
    assert run(["trial", "look", plan, fleet, "--on", first["on"], "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert again == first
    assert (folder / "fleet" / "claims.parquet").exists()
    with wr.open(fleet) as known:
        assert known.sql("SELECT count(*) AS n FROM claims WHERE replaced_day IS NOT NULL")["n"][0].as_py() > 20


def test_a_record_changed_instead_of_corrected_is_found(whole, tmp_path, capsys):
    folder, *_ = whole
    day = read(folder / "looks")[17]["document"]["on"]
    claims = (folder / day / "claims.csv").read_text().splitlines()
    at = next(i for i, row in enumerate(claims) if '"maker"' in row and "2024-0" in row)
    cells = claims[at].split(",")
    cells[8] = "599.00"
    changed = tmp_path / "claims.csv"
    changed.write_text("\n".join([*claims[:at], ",".join(cells), *claims[at + 1:]]) + "\n")
    words = ["load", "--units", str(folder / day / "units.csv"), "--claims", str(changed), "--guarantees",
             str(folder / day / "guarantees.toml"), "--trial", str(folder / "trial.toml"), "--data-until", day,
             "--out", str(tmp_path / "fleet")]
    assert run(words) == 0
    assert run(["trial", "look", str(folder / "trial.toml"), str(tmp_path / "fleet"), "--on", "2025-09-30"]) == 1
    assert "kept with another answer" in capsys.readouterr().err


def test_the_lot_of_loading_is_the_scalar_rule(whole):
    folder, *_ = whole
    trial = Trial.load(folder / "trial.toml")
    with wr.open(folder / "fleet") as fleet:
        rows = fleet.sql("SELECT serial, guarantee FROM units WHERE unit % 50 = 0").to_pylist()
    assert len(rows) == UNITS / 50
    assert all(trial.versions[allotted(trial.salt, r["serial"], Fraction(1, 2))] == r["guarantee"] for r in rows)
    assert json.loads((folder / "fleet" / "manifest.json").read_text())["trial"] == trial.hash


def test_the_interval_holds_the_truth(whole):
    folder, *_ = whole
    spec = load_world(EXAMPLE / "world.toml")
    from dataclasses import replace

    truth = simulate_trial(replace(spec, products=tuple(replace(p, units=UNITS) for p in spec.products))).truth
    last = read(folder / "looks")[-1]["document"]
    assert last["below"]["lower"][-1] < truth.difference < last["below"]["upper"][-1]
    assert abs(last["difference"] - truth.realised) < 0.1


def test_the_page_says_the_verdict_first(whole):
    page = (whole[0] / "verdict.html").read_text()
    assert page.index("Difference in cost a unit") < page.index("Health of the trial") < page.index("Protocol")
    assert "(simulated)" in page


def test_a_plan_that_was_changed_is_not_looked_at(whole, capsys):
    folder, *_ = whole
    plan = folder / "trial.toml"
    kept = plan.read_text()
    plan.write_text(kept.replace("limit = 1.2", "limit = 1.4"))
    try:
        assert run(["trial", "look", str(plan), str(folder / "fleet")]) == 1
        assert "was changed since it was registered" in capsys.readouterr().err
        assert run(["trial", "register", str(plan)]) == 1
        assert "limit" in capsys.readouterr().err
        assert run(["trial", "register", str(plan), "--reason", "prices rose", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["number"] == 2
    finally:
        plan.write_text(kept)
        next((folder / "registered").glob("002-*")).unlink()


def test_a_decision_against_the_verdict_is_kept_beside_it(whole, capsys):
    folder, *_ = whole
    plan, fleet = str(folder / "trial.toml"), str(folder / "fleet")
    assert run(["trial", "verdict", plan, fleet, "--override", "STOP", "--by", "owner of terms"]) == 1
    assert "reason" in capsys.readouterr().err
    assert run(["trial", "verdict", plan, fleet, "--override", "STOP", "--by", "owner of terms", "--reason", "recall",
                "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [o["says"] for o in told["overrides"]] == ["STOP"]
    assert told["says"] != "STOP"
