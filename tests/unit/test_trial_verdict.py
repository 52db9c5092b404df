"""Every verdict of a trial from ledgers whose answer is known; evidence in blocks against its definition."""

from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import product

import numpy as np
import pytest

from warrantor.finding import Refused
from warrantor.ledger import Ledger
from warrantor.tally import DAYS_PER_MONTH
from warrantor.trial.chained import read
from warrantor.trial.difference import difference_stakes
from warrantor.trial.kept import keep, overridden
from warrantor.trial.overspend import stakes_above
from warrantor.trial.plan import Baseline, Guardrail, Trial
from warrantor.trial.ratio import blocks_evidence, blocks_log_e, varying_log_e
from warrantor.trial.readings import estimate, expected_claims
from warrantor.trial.verdict import decide, table

MONTHS = tuple(date(2019, m, 1) for m in range(1, 7))
MATURE = tuple(date(2020, m, 28) for m in range(7, 13))
PLAN = Trial(
    name="t", design="unit", products=("P",), conventional="conventional@1", extended="extended@1", salt="salt",
    share=Fraction(1, 2), key="serial", strata=("product",), windows=(12, 18), lag_days=60, currency="CNY", cap=600.0,
    limit=1.2, level=0.025, alarm_levels={"cost": 0.015, "claim rate": 0.01}, sizes_level=0.01, maturity=0.8,
    stakes=tuple(difference_stakes(600.0).tolist()), guardrails=(
        Guardrail(name="safety", source="claims", margin=1.5, level=0.02, faults=("battery",)),
        Guardrail(name="returns", source="returns", margin=1.2, level=0.0025),
        Guardrail(name="satisfaction", source="surveys", margin=1.5, level=0.0025, poor=3)),
    baseline=None, expected=None, first_on=date(2019, 1, 1), last_on=date(2019, 6, 30), looks=MATURE,
    stop_on=date(2020, 12, 28), forecast="", roll_back={}, fairness="", donors=())


def ledger(looks=6, *, units=20_000, claims=(560, 600), cost=60, safety=(40, 40), back=(300, 300), poor=(50, 50),
           answers=(400, 400), goodwill=(0, 0), over=0, unpriced=0, extended=1.0, plan=PLAN):
    """A trial with the same claims every month: one claim of `cost` a claimed unit; counts are a month and arm."""
    k, n = looks, np.array([units, round(units * extended)])
    start = np.array([(m - date(1970, 1, 1)).days + 14 for m in MONTHS])
    sold = np.tile(n[None, :, None], (1, 1, 6))
    grid, claimed = np.array(plan.stakes), np.array(claims)
    sign = np.array([1.0, -1.0])[:, None]
    w = (n.min() / n)[:, None]
    done = np.arange(6) < k

    def spread(per_month):
        return np.where(done, np.array(per_month)[:, None], 0)[None]

    def so_far(per_month):
        return np.cumsum(np.where(done, np.array(per_month)[:, None], 0), axis=1)[None, :, :k]

    units_of = claimed[:, None], sign * grid * w * cost
    down, up = (np.where(done[:, None], (units_of[0] * np.log1p(s * units_of[1]))[:, None, :], 0.0)[None]
                for s in (1, -1))
    counted = ("safety", "returns", "satisfaction")
    known = so_far(claims)
    return Ledger(
        by=("product",), strata=(("P",),), currency="CNY", looks=MATURE[:k], cohorts=MONTHS, matures=MATURE,
        start_day=start, sold=sold, unstarted=np.zeros((1, 2), int), mistaken=np.zeros((1, 2), int),
        claimed=spread(claims), claims=spread(claims),
        cents=spread([c * cost * 100 for c in claims]), squared=spread([c * (cost * 100.0) ** 2 for c in claims]),
        over=spread([over, 0]), unpriced=spread([0, unpriced]), down=down, up=up, known=known, claimants=known,
        late=so_far([0, 60]), goodwill=so_far(goodwill), spent=known * cost * 100,
        goodwill_spent=so_far(goodwill) * cost * 100, staked=np.log1p(stakes_above(60.0) * cost) * known[..., None],
        counted=counted, events=np.stack([so_far(x) for x in (safety, back, poor)]),
        bases=np.stack([so_far(n), so_far(n), so_far(answers)]))


def says(found):
    return found.says


def test_a_trial_that_is_cheap_and_safe_is_rolled_out():
    found = decide(PLAN, ledger())
    assert found.says == "ROLL OUT"
    assert found.waits_for == ()
    low, high = found.interval
    assert low < found.readings.difference < high < PLAN.limit
    assert found.readings.difference == pytest.approx(60 * 40 / 20_000)


def test_before_its_cohorts_are_mature_it_goes_on():
    found = decide(PLAN, ledger(2))
    assert found.says == "CONTINUE"
    assert any(w.startswith("maturity (33%") for w in found.waits_for)


def test_the_last_planned_look_needs_no_more_maturity():
    plan = replace(PLAN, looks=MATURE[:4], maturity=0.9)
    assert decide(plan, ledger(4)).says == "ROLL OUT"
    assert decide(replace(plan, looks=MATURE), ledger(4)).says == "CONTINUE"


def test_what_costs_more_than_the_limit_is_stopped():
    found = decide(PLAN, ledger(claims=(400, 1500)))
    assert found.says == "STOP"
    assert "more than 1.2 CNY" in found.why


def test_an_alarm_stops_whatever_the_cost_says():
    found = decide(PLAN, ledger(safety=(40, 140)))
    assert found.says == "STOP"
    assert "alarm on safety" in found.why
    assert found.readings.below.alarm is not None


def test_without_proof_the_stop_date_ends_it():
    close = decide(PLAN, ledger(claims=(560, 940)))
    assert close.says == "INCONCLUSIVE"
    assert "keep 12 months" in close.why


@pytest.mark.parametrize(("changed", "waits"), [
    ({"over": 3}, "the cap to be put right"), ({"unpriced": 2}, "the costs to be put right"),
    ({"extended": 0.9}, "the sizes of the arms to be put right"), ({"back": (5, 5)}, "returns"),
    ({"answers": (0, 0), "poor": (0, 0)}, "satisfaction, which is not measured"),
])
def test_what_is_not_in_order_blocks_a_roll_out(changed, waits):
    found = decide(PLAN, ledger(**changed))
    assert found.says == "INCONCLUSIVE"
    assert any(waits in w for w in found.waits_for)
    assert found.readings.below.alarm is not None


def test_a_waived_guardrail_does_not_block():
    rails = tuple(replace(g, waived="no survey is sent in this market") if g.name == "satisfaction" else g
                  for g in PLAN.guardrails)
    found = decide(replace(PLAN, guardrails=rails), ledger(answers=(0, 0), poor=(0, 0)))
    assert found.says == "ROLL OUT"
    assert any("waived: no survey is sent" in r["says"] for r in table(found))


def test_goodwill_in_the_conventional_arm_is_told_and_does_not_block():
    found = decide(PLAN, ledger(goodwill=(200, 0)))
    check = next(c for c in found.checks if c.name == "goodwill")
    assert not check.ok
    assert "partly treated" in check.says
    assert found.says == "ROLL OUT"


def test_on_an_unplanned_day_the_effect_is_hidden():
    plan = replace(PLAN, looks=MATURE[:5])
    shown, hidden = decide(plan, ledger(5)), decide(plan, ledger(6))
    assert hidden.interval is None
    assert hidden.says == "INCONCLUSIVE" or not hidden.planned
    assert {"difference", "below", "above", "guardrails", "ledger"} <= shown.to_dict().keys()
    assert not {"difference", "below", "above", "guardrails", "ledger"} & hidden.to_dict().keys()
    assert all("lower" not in (a["evidence"] or {}) for a in hidden.to_dict()["alarms"])
    assert {r["role"] for r in table(hidden)} == {"alarm"}


def test_a_cluster_trial_is_refused():
    with pytest.raises(Refused, match="share their fate"):
        decide(replace(PLAN, design="cluster"), ledger())


def test_the_estimate_is_neymans_by_cohort():
    value, error = estimate(ledger(claims=(500, 700)))
    p0, p1 = 500 / 20_000, 700 / 20_000
    variance = sum(60**2 * p * (1 - p) / 19_999 for p in (p0, p1)) / 6
    assert value == pytest.approx(60 * (p1 - p0))
    assert error == pytest.approx(np.sqrt(variance))


def test_the_estimate_of_nothing_is_no_number():
    assert np.isnan(estimate(replace_looks(ledger(1), date(2020, 1, 1)))).all()


def replace_looks(found, day):
    return replace(found, looks=(day,))


def test_expected_claims_follow_age_and_lag():
    base = Baseline(rates=(0.02, 0.01), history=100, lots=5, lot_variation=0.1, report_lag=(0.5, 0.5),
                    counted="all claims", mean_cost=60, overspend=1.2)
    found = ledger()
    born = (MONTHS[0] - date(1970, 1, 1)).days + 14
    days = [date(1970, 1, 1).fromordinal(date(1970, 1, 1).toordinal() + born + round(m * DAYS_PER_MONTH) - 1)
            for m in (1, 2, 5)]
    one = replace(found, looks=tuple(days), start_day=found.start_day[:1], sold=found.sold[:, :, :1])
    by_month = expected_claims(base, one) / found.sold[0, 1, 0]
    # rates even over the month, lags even over theirs: the integral of h(u) G(t - u)
    u = (np.arange(20000) + 0.5) / 20000 * 2
    rate = np.where(u < 1, 0.02, 0.01)
    exact = [(rate * np.clip((t - u) / 2, 0, 1) * (u < t)).sum() * 2 / 20000 for t in (1, 2, 5)]
    assert by_month == pytest.approx(exact, rel=0.04)
    assert by_month[2] == pytest.approx(0.03, rel=1e-3)


def test_stop_alarms_of_the_extended_arm_against_the_plan():
    base = Baseline(rates=(0.028 / 18,) * 18, history=2000, lots=50, lot_variation=0.1, report_lag=(1.0,),
                    counted="all claims", mean_cost=60, overspend=1.2)
    quiet, loud = (decide(replace(PLAN, baseline=base), ledger(claims=(n - 40, n))) for n in (560, 1400))
    assert not any(a.evidence.alarm for a in quiet.readings.alarms if a.evidence)
    assert {a.name for a in loud.readings.alarms if a.evidence and a.evidence.alarm} >= {"claim rate"}
    assert loud.says == "STOP"
    assert loud.readings.alarms[1].evidence.level < PLAN.alarm_levels["claim rate"]


def test_blocks_are_the_claim_by_claim_evidence_where_one_claim_is_a_block():
    z, r = np.array([1, 0, 1, 1, 0, 1.0]), np.array([1, 1, 0.9, 0.8, 0.8, 0.75])
    for n in range(1, 7):
        assert blocks_log_e(z, np.ones(6), r, 1.3)[n - 1] == pytest.approx(varying_log_e(z[:n], r[:n], 1.3)[-1])


@pytest.mark.parametrize("side", ["above", "below"])
def test_blocks_are_evidence_under_every_ratio_of_the_null(side):
    """Exact expectation over every outcome of eight claims, at the margin and on its far side."""
    r = np.array([1.0, 1.0, 0.9, 0.9, 1.1, 1.1, 0.5, 0.5])
    worse = (1.5, 1.2, 0.8) if side == "above" else (1.5, 1.9, 3.0)
    for truth in worse:
        p = truth * r / (1 + truth * r)
        total = 0.0
        for outcome in product((0, 1), repeat=8):
            z = np.array(outcome, float)
            total += np.exp(blocks_log_e(z, np.ones(8), r, 1.5, side=side)[-1]) * np.prod(np.where(z == 1, p, 1 - p))
        assert total == pytest.approx(1.0) if truth == 1.5 else total < 1.0


def test_the_interval_of_blocks_is_what_neither_side_refutes():
    one, other, r = np.array([40.0, 150]), np.array([60.0, 180]), np.array([1.0, 1.05])
    found = blocks_evidence("x", one, other, r, margin=1.3, side="below", level=0.025)
    z, n = np.diff(one, prepend=0), np.diff(one + other, prepend=0)
    for side, edge in (("above", found.lower[1]), ("below", found.upper[1])):
        assert blocks_log_e(z, n, r, edge, side=side)[-1] == pytest.approx(-np.log(0.025), abs=1e-6)
    assert found.lower[1] < 150 / 180 / 1.03 < found.upper[1]


def test_a_look_is_kept_once_and_told_again(tmp_path):
    first = decide(PLAN, ledger(5))
    one, two = keep(tmp_path, first), keep(tmp_path, decide(PLAN, ledger(6)))
    assert (one.number, two.number, one.again, two.again) == (1, 2, False, False)
    assert keep(tmp_path, first).again
    assert len(read(tmp_path)) == 2
    with pytest.raises(Refused, match=r"kept with another answer in 001.*difference was"):
        keep(tmp_path, decide(PLAN, ledger(5, claims=(560, 601))))


def test_a_changed_look_breaks_the_read(tmp_path):
    for n in (4, 5, 6):
        kept = keep(tmp_path, decide(PLAN, ledger(n)))
    path = kept.path.parent / "002-2020-11-28-look.json"
    path.write_text(path.read_text().replace("CONTINUE", "STOP").replace("ROLL OUT", "STOP"))
    with pytest.raises(Refused, match=r"003.*the chain is broken"):
        read(tmp_path)


def test_a_person_may_decide_otherwise_with_a_name_and_a_reason(tmp_path):
    found = decide(PLAN, ledger())
    keep(tmp_path, found)
    for wrong in ({"says": "MAYBE"}, {"says": "ROLL OUT"}, {"by": " "}, {"reason": ""}):
        with pytest.raises(Refused):
            overridden(tmp_path, found, **({"says": "STOP", "by": "the owner of terms", "reason": "recall"} | wrong))
    kept = overridden(tmp_path, found, says="STOP", by="the owner of terms", reason="recall of a lot")
    record = read(tmp_path)[-1]
    assert (kept.number, record["kind"], record["document"]["verdict"]) == (2, "override", "ROLL OUT")
    assert keep(tmp_path, found).again


def test_whoever_is_interrupted_or_second_leaves_nothing_behind(tmp_path, monkeypatch):
    found = decide(PLAN, ledger())
    monkeypatch.setattr("os.fsync", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        keep(tmp_path, found)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    other = decide(PLAN, ledger(5))
    for where in ("chained", "kept"):
        monkeypatch.setattr(f"warrantor.trial.{where}.read", lambda _: [])
    keep(tmp_path, found)
    with pytest.raises(Refused, match="somebody else"):
        keep(tmp_path, replace(other, on=found.on))
    assert len(list(tmp_path.iterdir())) == 1


def test_a_record_that_is_none_is_said(tmp_path):
    keep(tmp_path, decide(PLAN, ledger()))
    next(tmp_path.iterdir()).write_text("{")
    with pytest.raises(Refused, match="is no record"):
        read(tmp_path)
