"""Simulated trials: the ledgers hold what a real look reads, the rule is the real one, the truth is the truth."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

import warrantor as wr
from warrantor.cli.app import run
from warrantor.finding import Refused
from warrantor.trial.assumed import Assumed, Rail, late_share, load_assumed, pool_of, true_difference
from warrantor.trial.difference import difference_sums
from warrantor.trial.drawn import _drawn, _known, _matured, known_by, ledgers, setting_of
from warrantor.trial.plan import Trial
from warrantor.trial.readings import expected_claims, readings
from warrantor.trial.simulate import SAYS, _then, simulate_trials, verdict_of
from warrantor.trial.verdict import decide

EXAMPLE = Path("docs/examples/trial")
WHOLE = Trial.load(EXAMPLE / "trial.toml")
LOOKS = (date(2025, 10, 15), date(2025, 11, 15), date(2025, 12, 15), date(2026, 1, 15), date(2026, 2, 15))
QUICK = replace(WHOLE, last_on=date(2024, 5, 31), looks=LOOKS, stop_on=date(2026, 3, 31), strata=("product",),
                guardrails=tuple(g for g in WHOLE.guardrails if g.name in ("safety", "returns", "satisfaction")))
RAILS = {"safety": Rail(rate=0.004), "returns": Rail(rate=0.02)}
FINE = Assumed(title="fine", share=(0.03, 0.03), mean_cost=60, variation=1.2, difference=0.2, repeat=0.1, goodwill=0.2,
               units_a_month=20_000, report_lag=9, rails=RAILS)


def some(assumed=FINE, plan=QUICK, trials=4, seed=1):
    rng = np.random.default_rng(seed)
    pool = pool_of(assumed, plan.cap, rng)
    return list(ledgers(setting_of(plan, assumed, pool), trials, rng))


def test_every_look_of_a_simulated_trial_says_what_a_real_look_says():
    """The real look, from the ledger cut to its day, look by look; verdicts of every kind must come up."""
    seen = set()
    unsafe, dear = replace(FINE, rails=RAILS | {"safety": Rail(rate=0.004, ratio=2.0)}), replace(FINE, difference=2.2)
    for assumed in (FINE, unsafe, dear, replace(FINE, lost=0.05), replace(FINE, difference=0.9)):
        for ledger in some(assumed, trials=2):
            says, k, _ = verdict_of(QUICK, ledger)
            real = [decide(QUICK, known_by(ledger, j)).says for j in range(k + 1)]
            assert real == ["CONTINUE"] * k + [says]
            seen.add(says)
    assert seen == set(SAYS)


def test_the_evidence_of_a_look_does_not_depend_on_later_ones():
    plan = replace(QUICK, looks=(date(2025, 3, 31), *LOOKS))
    ledger = some(plan=plan)[0]
    whole = readings(plan, ledger, intervals=False)
    for k in range(len(ledger.looks)):
        now = readings(plan, known_by(ledger, k), intervals=False)
        then = _then(whole, k + 1, matured=bool(ledger.matured[k]))
        assert (now.below is None) == (then.below is None) == (k == 0)
        pairs = [*zip(now.alarms + now.guardrails, then.alarms + then.guardrails, strict=True)]
        paths = [(a.evidence, b.evidence) for a, b in pairs if a.evidence] + [(now.below, then.below),
                                                                             (now.above, then.above)] * (k > 0)
        assert len(paths) == 6 + 2 * (k > 0)
        assert all(a.log_e == pytest.approx(b.log_e, abs=1e-9) for a, b in paths)


def test_a_ledger_cut_to_a_look_knows_nothing_later():
    ledger = some()[0]
    cut = known_by(ledger, 1)
    assert cut.looks == ledger.looks[:2]
    assert cut.matured.tolist() == ledger.matured[:2].tolist() == [1, 2]
    assert cut.claimed[..., 2:].sum() == 0 < ledger.claimed[..., 2:].sum()
    assert cut.down[:, :, 2:].any() == 0
    assert np.array_equal(cut.down[:, :, :2], ledger.down[:, :, :2])
    early = known_by(replace(ledger, looks=(date(2024, 2, 29), *ledger.looks[1:])), 0)
    assert early.sold.sum() == ledger.sold[..., :60].sum()


def test_matured_sums_are_those_of_the_real_evidence():
    rng = np.random.default_rng(2)
    pool = pool_of(FINE, QUICK.cap, rng)
    setting = setting_of(QUICK, FINE, pool)
    units = np.array([[[9000, 8000, 7000, 9500, 9900], [8900, 8100, 7000, 9400, 9000]]] * 3)
    drawn = _drawn(setting, units, rng)
    found = _matured(setting, units, drawn)
    for r in range(3):
        totals = {}
        for cell, unit, cost, timely in zip(drawn.cell, drawn.unit, drawn.cost, drawn.in_time, strict=True):
            if cell // 10 == r and timely:
                totals[int(unit), int(cell) % 10] = totals.get((int(unit), int(cell) % 10), 0.0) + cost
        y, place = np.array(list(totals.values())), np.array([c for _, c in totals])
        real = difference_sums(y, place // 5 == 1, place % 5, units[r].T, cap=QUICK.cap,
                               stakes=np.array(QUICK.stakes))
        assert found["down"][r].sum(axis=0) == pytest.approx(real.down, abs=1e-9)
        assert found["up"][r].sum(axis=0) == pytest.approx(real.up, abs=1e-9)
        assert found["claimed"][r].ravel().tolist() == np.bincount(place, minlength=10).tolist()
        assert found["cents"][r].sum() == pytest.approx(100 * y.sum(), abs=1)
        assert found["claims"][r].sum() == (drawn.in_time & (drawn.cell // 10 == r)).sum()


def test_what_is_known_grows_to_everything_and_goodwill_is_conventional():
    rng = np.random.default_rng(3)
    setting = setting_of(QUICK, FINE, pool_of(FINE, QUICK.cap, rng))
    units = np.full((2, 2, 5), 9000)
    drawn = _drawn(setting, units, rng)
    found = _known(setting, 2, drawn)
    row, last = drawn.cell // 5, drawn.look < len(setting.looks)
    for r in range(2):
        for a in range(2):
            mine = last & (row == 2 * r + a)
            assert found["known"][r, a, -1] == mine.sum()
            assert found["spent"][r, a, -1] == pytest.approx(100 * drawn.cost[mine].sum(), abs=1)
            assert found["late"][r, a, -1] == (mine & (drawn.late == 1)).sum()
            assert found["claimants"][r, a, -1] == np.unique(drawn.unit[mine]).size
    assert found["goodwill"][:, 1].sum() == 0
    assert np.array_equal(found["goodwill"][:, 0], found["late"][:, 0])
    assert (np.diff(found["known"], axis=2) >= 0).all()


@pytest.mark.parametrize("changed", [{}, {"repeat": 0.4}, {"variation": 0.0, "tail": 2.2}, {"goodwill": 0.5},
                                     {"lots_a_month": 2, "lot_variation": 0.4},
                                     {"share": (0.03, 0.026), "dearer": 1.1}])
def test_the_difference_of_the_arms_is_the_truth(changed):
    plan, assumed = replace(QUICK, lag_days=200, stop_on=date(2026, 12, 31)), replace(FINE, **changed)
    plan = replace(plan, looks=(date(2026, 12, 31),))
    values = []
    for ledger in some(assumed, plan, trials=60):
        cost = ledger.cents.sum(axis=(0, 2)) / 100 / ledger.units.sum(axis=(0, 2))
        values.append(cost[1] - cost[0])
    assert ledger.cents.min() > 0
    error = np.std(values) / np.sqrt(len(values))
    assert abs(np.mean(values) - 0.2) < 4 * error + 0.001
    assert error < 0.02


def test_a_unit_never_passes_the_cap():
    assumed = replace(FINE, repeat=0.7, mean_cost=200)
    pool = pool_of(assumed, 600.0, np.random.default_rng(1), size=5000)
    for cost in pool.cost:
        assert np.add.reduceat(cost, pool.first).max() == pytest.approx(600.0)
    assert pool.cost.min() >= 0
    assert true_difference(assumed, pool) == pytest.approx(0.2)
    assert late_share(replace(assumed, difference=None, late=0.07), pool) == 0.07


def test_shares_and_costs_by_arm_are_those_that_are_assumed():
    assumed = replace(FINE, share=(0.03, 0.02), dearer=1.5, difference=None, late=0.0, repeat=0.0)
    ledger = some(assumed, trials=1)[0]
    units, claimed = ledger.units.sum(axis=(0, 2)), ledger.claimed.sum(axis=(0, 2))
    assert claimed / units == pytest.approx([0.03, 0.02], rel=0.06)
    mean = ledger.cents.sum(axis=(0, 2)) / claimed / 100
    assert mean[1] / mean[0] == pytest.approx(1.5, rel=0.08)
    pool = pool_of(assumed, 1e9, np.random.default_rng(1))
    assert pool.mean[1] / pool.mean[0] == pytest.approx(1.5, rel=1e-3)
    assert true_difference(assumed, pool) == pytest.approx(0.02 * pool.mean[1] - 0.03 * pool.mean[0])


def test_claims_come_as_a_baseline_of_their_rate_expects():
    assumed = replace(FINE, share=(12 * 0.00237,) * 2, late=6 * 0.00237, difference=None, repeat=0.0, goodwill=0.0)
    base = replace(QUICK.baseline, report_lag=(1 - 9 / 30.4375 / 2, 9 / 30.4375 / 2))
    found = [(x.known.sum(axis=0)[1], expected_claims(base, x)) for x in some(assumed, trials=30)]
    seen, expected = (np.mean(x, axis=0) for x in zip(*found, strict=True))
    assert seen == pytest.approx(expected, rel=0.02)


def test_lost_units_are_found_and_never_rolled_out():
    found = simulate_trials(QUICK, replace(FINE, lost=0.08), trials=40, seed=2)
    assert found.share("ROLL OUT")[0] == 0.0
    assert simulate_trials(QUICK, FINE, trials=40, seed=2).share("ROLL OUT")[0] > 0.8


def test_an_unsafe_arm_is_stopped_by_its_guardrail():
    unsafe = replace(FINE, rails=RAILS | {"safety": Rail(rate=0.004, ratio=3.5)})
    found = simulate_trials(QUICK, unsafe, trials=40, seed=2)
    assert found.share("STOP")[0] == 1.0
    assert list(found.causes) == ["safety"]


def test_a_dear_arm_is_stopped():
    found = simulate_trials(QUICK, replace(FINE, difference=3.0), trials=20, seed=2)
    assert found.share("STOP")[0] > 0.9
    assert set(found.causes) <= {"difference", "overspend", "claim rate"}
    assert found.difference == pytest.approx(3.0)


def test_poor_answers_are_counted_out_of_answers():
    rails = tuple(replace(g, waived="") if g.name == "satisfaction" else g for g in QUICK.guardrails)
    assumed = replace(FINE, rails=RAILS | {"satisfaction": Rail(rate=0.3, answers=0.2)})
    ledger = some(assumed, replace(QUICK, guardrails=rails), trials=1)[0]
    at = ledger.counted.index("satisfaction")
    bases, begun = ledger.bases[at].sum(axis=0)[:, -1], ledger.begun[:, -1]
    assert bases / begun == pytest.approx([0.2, 0.2], rel=0.05)
    assert ledger.events[at].sum(axis=0)[:, -1] / bases == pytest.approx([0.3, 0.3], rel=0.05)


def test_the_same_seed_gives_the_same_answer_and_the_shares_are_exact():
    one, again, other = (simulate_trials(QUICK, FINE, trials=30, seed=s) for s in (5, 5, 6))
    assert one.to_dict() == again.to_dict() != other.to_dict()
    sums = [row["trials"] for row in one.rows()]
    assert sum(sums) == 30
    none = replace(one, says=np.zeros(200, int))
    assert none.share("STOP") == pytest.approx((0.0, 0.0, 1 - 0.025 ** (1 / 200)))
    assert none.share("ROLL OUT") == pytest.approx((1.0, 0.025 ** (1 / 200), 1.0))
    assert sum(one.by_look(says)[-1] for says in SAYS) == pytest.approx(1.0)
    assert one.to_arrow().num_rows == 30
    assert json.dumps(one.to_dict(), allow_nan=False)
    assert "30 simulated trials" in repr(one)


@pytest.mark.parametrize(("plan", "assumed", "why"), [
    (replace(QUICK, design="cluster"), FINE, "not simulated"),
    (replace(QUICK, expected=None), replace(FINE, units_a_month=0.0), "how many units"),
    (QUICK, replace(FINE, difference=900.0), "cannot be"),
])
def test_what_cannot_be_simulated_is_refused(plan, assumed, why):
    with pytest.raises(Refused, match=why):
        simulate_trials(plan, assumed, trials=2)


@pytest.mark.parametrize(("old", "new", "why"), [
    ("goodwill = 0.15", "godwill = 0.15", "line.*no such key: godwill"),
    ("late = 0.0138", "difference = 0.3\nlate = 0.0138", "either `late`"),
    ("tail = 2.2", "tail = 0.9", "line.*has no mean"),
    ("[guardrails.safety]", "[guardrails.safty]", "no guardrail safty"),
    ("[guardrails.returns]\nrate = 0.01\nratio = 1.0", "", "nothing is assumed of the guardrail returns"),
    ("share = 0.0285", "share = 1.2", "line.*no share"),
    ("share = 0.0285", "share = [0.1, 0.1, 0.1]", "line.*conventional, extended"),
    ('title = "as', "title = as", "no TOML"),
])
def test_a_truth_that_cannot_be_is_refused_at_its_line(tmp_path, old, new, why):
    text = (EXAMPLE / "truth.toml").read_text()
    assert old in text
    path = tmp_path / "truth.toml"
    path.write_text(text.replace(old, new))
    with pytest.raises(Refused, match=why):
        load_assumed(path, WHOLE)


def test_the_command_tells_and_draws(tmp_path, capsys):
    words = ["trial", "simulate", str(EXAMPLE / "trial.toml"), "--truth", str(EXAMPLE / "truth.toml"), "--trials", "20"]
    assert run([*words, "--chart", str(tmp_path / "x.svg")]) == 0
    told = capsys.readouterr().out
    assert "ROLL OUT" in told
    assert "true difference 0.77" in told
    assert "simulated trials" in (tmp_path / "x.svg").read_text()
    assert run([*words, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "warrantor.simulatedtrials/1"
    assert document["simulated"] is True
    assert run([*words, "--chart", "x.pdf"]) == 2
    assert wr.simulate_trials is simulate_trials
