"""Failures beyond cover from who was still heard: simulated fleets whose silence is planted, and refusals."""

import json
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pyarrow as pa
import pytest

import warrantor
from warrantor import fit, heartbeat
from warrantor.cli.app import run
from warrantor.finding import Refused
from warrantor.life.joint import Joint
from warrantor.life.silence import Ears, returns_of
from warrantor.tally import DAYS_PER_MONTH, Heard, Tally
from warrantor.world.connected import COVER, UNHEARD, Connected, Habits

ALWAYS = Habits(daily=1.0, opt_out=0.0, drawer=0.0, resale=0.0)
TO = 18 * DAYS_PER_MONTH


@pytest.fixture(scope="module")
def fleet():
    return Connected.of(400_000, 11)


@pytest.fixture(scope="module")
def found(fleet):
    return heartbeat(fleet.heard(30), fleet.tally())


def law_of(tally):
    law = fit(tally)
    kept = np.exp(-((np.array([COVER, TO]) / law["eta"][0]) ** law["beta"][0]))
    return 1000.0 * (kept[0] - kept[1])


def test_the_interval_holds_the_truth_and_censoring_at_last_sight_halves_it(fleet, found):
    true = fleet.failed_between(COVER, TO)
    mean, lower, upper = found.failures[0, -1]
    assert lower < true < upper
    assert mean == pytest.approx(true, rel=0.2)  # one fleet; the mean over fleets is held to 10 % in calibration
    assert law_of(fleet.censored_at_last_seen()) < 0.65 * true


def test_units_heard_daily_tell_failures_sharply():
    """Where every living unit is heard, silence is failure, and the window's own delay is all that must be allowed."""
    fleet = Connected.of(400_000, 3, habits=ALWAYS, later=2.0)
    found = heartbeat(fleet.heard(30), fleet.tally(), drift=1e-6)
    true = fleet.failed_between(COVER, TO)
    assert found.failures[0, -1, 0] == pytest.approx(true, rel=0.05)
    assert found.carried[0] < 0.6 * true  # what the claims' law foretells: it knows of no new failure after cover
    assert found.factor[0, 1] < 2.0 < found.factor[0, 2]
    assert found.silent_alive[0] == 0.0


def test_what_was_planted_under_cover_is_found(found):
    assert found.fall[0] == pytest.approx(0.005, abs=0.002)
    assert found.silent_alive[0] == pytest.approx(0.13, abs=0.01)
    assert 0.3 < found.returning[0] < 0.7
    assert found.start[0] == pytest.approx(COVER / DAYS_PER_MONTH)
    assert found.months.tolist() == [13, 14, 15, 16, 17, 18]


def test_the_silent_who_come_back_are_told_from_those_who_do_not():
    for habits, share in ((Habits(drawer=0.0), 1.0), (Habits(resale=0.0), 0.0)):
        back = returns_of(Connected.of(300_000, 5, habits=habits).heard(30), 0)
        assert back.share == pytest.approx(share, abs=0.1)
        assert np.isnan(back.rate) if share == 0.0 else back.rate == pytest.approx(0.5, rel=0.2)


def test_a_steeper_fall_of_pi_leaves_fewer_failures_until_none_is_left(fleet):
    found = heartbeat(fleet.heard(30), fleet.tally())
    none, one, two = found.scenarios[0]
    assert none > found.failures[0, -1, 0]
    assert np.isnan([one, two]).all()  # 0.5 % was planted, and failure takes 0.3 % a month
    assert "fall silent faster" in found.scenario_refused[0][2]
    assert "no answer" in found.sentence(0)


def test_the_peak_is_one(fleet):
    """Scoring stops where the likelihood is flat: numerical derivatives of the log-posterior vanish there."""
    tally, heard = fleet.tally(), fleet.heard(30)
    joint = Joint(Ears.of(heard, 0), fit(tally), 0, 0.5, 0.001)
    peak, covariance = joint.solve()
    middle, prior = joint._prior()
    share = (joint.ears.heard + 0.5) / (joint.ears.units + 1.0)

    def height(x):
        design, offset = joint._design(x)
        p = np.exp(design[:, 2:] @ x[2:] + offset)
        away = x - middle
        return float(joint.ears.units @ (share * np.log(p) + (1 - share) * np.log1p(-p)) - away @ prior @ away / 2)

    for i, se in enumerate(np.sqrt(np.diag(covariance))):
        step = np.zeros(len(peak))
        step[i] = 0.05 * se
        slope = (height(peak + step) - height(peak - step)) / (0.1 * se)
        assert abs(slope * se) < 0.02, joint.names


def test_more_drift_is_a_wider_answer(fleet, found):
    wide = heartbeat(fleet.heard(30), fleet.tally(), drift=0.003)
    assert np.ptp(wide.failures[0, -1, 1:]) > 1.5 * np.ptp(found.failures[0, -1, 1:])


def refused(heard, tally, **how):
    return heartbeat(heard, tally, **how).refused[0]


def only(heard, keep):
    names = ("stratum", "month", "past", "spell", "units", "age_days", "cover_days", "silent_days")
    return replace(heard, **{n: getattr(heard, n)[keep] for n in names})


def test_what_cannot_be_told_is_refused(fleet):
    heard, tally = fleet.heard(30), fleet.tally()
    assert "only there do claims tell" in refused(only(heard, heard.past == 1), tally)
    assert "No unit is past" in refused(only(heard, heard.past == 0), tally)
    assert "not to 36" in refused(heard, tally, to=36.0)
    assert "later age" in refused(heard, tally, to=11.0)
    mixed = replace(heard, cover_days=np.where(heard.month > 18, 1.5, 1.0) * heard.cover_days)
    assert "guarantee among the strata" in refused(mixed, tally)
    silent = replace(tally, claimed=0 * tally.claimed, open=tally.open + tally.claimed)
    assert "no law" in refused(heard, silent)
    few = Connected.of(3000, 1)
    assert "Too few" in refused(few.heard(30), few.tally())
    assert heartbeat(few.heard(30), few.tally()).to_dict()["strata"][0]["failures"] is None


def test_a_wrong_question_is_refused(fleet):
    heard, tally = fleet.heard(30), fleet.tally()
    with pytest.raises(Refused, match="in days"):
        heartbeat(heard, replace(tally, unit="month"))
    with pytest.raises(Refused, match="state how far"):
        heartbeat(heard, tally, drift=0.0)
    by_lot = replace(tally, by=("lot",), strata=(("a",),))
    with pytest.raises(Refused, match="is by lot"):
        heartbeat(heard, by_lot)


def test_strata_are_matched_by_their_names(fleet, found):
    heard, tally = fleet.heard(30), fleet.tally()
    two = replace(heard, by=("origin", "product"), strata=(("sold", "B"), ("sold", "A")), stratum=heard.stratum + 1)
    asked = replace(tally, by=("product",), strata=(("A",), ("C",)))
    answer = heartbeat(two, asked)
    assert np.allclose(answer.failures[0], found.failures[0], rtol=0.1)
    assert answer.refused[1]
    assert answer.to_arrow().column("product").to_pylist() == ["A", "C"]
    assert repr(answer).count("refused") == 1


def written(fleet, folder):
    def days(number):
        return pa.array([None if n < 0 else str(date(2020, 1, 1) + timedelta(days=int(n))) for n in number])

    serial = np.char.mod("S%07d", np.arange(len(fleet.sold)))
    units = pa.table({"serial": serial, "product": ["A"] * len(serial), "sold_on": days(fleet.sold),
                      "last_seen_on": days(np.where(fleet.seen == UNHEARD, -1, fleet.seen))})
    rows = np.flatnonzero(fleet.claimed)
    opened = days(fleet.sold[rows] + np.floor(fleet.failure[rows]))
    claims = pa.table({"serial": serial[rows], "opened_on": opened, "payer": ["maker"] * len(rows)})
    warrantor.load(units, claims, folder, data_until=date(2020, 1, 1) + timedelta(days=fleet.day))
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return written(Connected.of(60_000, 2, habits=ALWAYS, later=2.0), tmp_path_factory.mktemp("heard") / "fleet")


def test_the_road_from_files_to_the_answer(folder):
    fleet = Connected.of(60_000, 2, habits=ALWAYS, later=2.0)
    with warrantor.open(folder) as opened:
        heard, tally = opened.heard(within=30), opened.tally()
        assert isinstance(heard, Heard)
        assert isinstance(tally, Tally)
        found = heartbeat(heard, tally)
    by_hand = heartbeat(fleet.heard(30), fleet.tally())
    assert found.strata == tally.strata
    assert found.failures[0, -1, 0] == pytest.approx(by_hand.failures[0, -1, 0], rel=0.05)  # 366 days in leap years


def test_the_verb_answers_and_refuses(folder, capsys):
    assert run(["life", str(folder), "--heard", "30", "--by", "product", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "warrantor.heartbeat/1"
    stratum = document["strata"][0]
    assert stratum["by"]["product"] == "A"
    assert stratum["failures"][-1]["lower"] < stratum["failures"][-1]["mean"] < stratum["failures"][-1]["upper"]
    assert [s["fall"] for s in stratum["scenarios"]] == [0.0, 0.01, 0.02]
    assert run(["life", str(folder), "--heard", "30", "--to", "40"]) == 0
    assert "ask up to there" in " ".join(capsys.readouterr().out.split())
    assert run(["life", "--lifetimes", "x.csv", "--age", "a", "--failed", "f", "--heard", "30"]) == 2
    assert "asks a fleet folder" in capsys.readouterr().err
