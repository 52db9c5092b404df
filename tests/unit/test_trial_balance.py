"""Arms that are alike, and arms that are not: every check of the balance told either way."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.test_trial_verdict import PLAN, ledger

from warrantor.trial.balance import balance, standardised
from warrantor.trial.verdict import decide


def split(lots=(("L1", "L2"), (0.5, 0.5), (0.5, 0.5)), unstarted=(0, 0), mistaken=(0, 0)):
    """The ledger of a cheap trial, its units split by lot in shares an arm."""
    names, one, other = lots
    found = ledger()
    shares = np.array([one, other]).T[:, :, None]
    sold = np.round(found.sold * shares).astype(int)
    zero = {n: np.concatenate([getattr(found, n), np.zeros((len(names) - 1, *getattr(found, n).shape[1:]),
                                                           getattr(found, n).dtype)])
            for n in ("claimed", "claims", "cents", "squared", "over", "unpriced", "down", "up", "known", "claimants",
                      "late", "goodwill", "spent", "goodwill_spent", "staked")}
    rest = np.zeros((3, len(names) - 1, *found.events.shape[2:]), int)
    more = [(0, 0)] * (len(names) - 1)
    odd = {n: np.array([v, *more]) for n, v in (("unstarted", unstarted), ("mistaken", mistaken))}
    counted = {n: np.concatenate([getattr(found, n), rest], axis=1) for n in ("events", "bases")}
    return replace(found, by=("lot",), strata=tuple((n,) for n in names), sold=sold, **zero, **odd, **counted)


def named(checks, name):
    return next(c for c in checks if c.name == name)


def test_the_difference_is_the_textbook_one():
    found = standardised(np.array([[400.0, 600], [500, 500]]))
    assert found[0] == pytest.approx(0.1 / np.sqrt((0.24 + 0.25) / 2))
    assert standardised(np.array([[10.0, 0], [20, 0]])).tolist() == [0, 0]
    assert np.isinf(standardised(np.array([[10.0, 0], [0, 10]]))).all()


def test_arms_that_are_alike_are_told_to_be():
    checks = balance(PLAN, split())
    assert [c.name for c in checks] == ["balance of lot", "promises", "activation"]
    assert all(c.ok and "fine" in c.says for c in checks)


def test_a_lot_that_went_to_one_arm_is_seen():
    check = named(balance(PLAN, split((("L1", "L2"), (0.5, 0.5), (0.6, 0.4)))), "balance of lot")
    assert not check.ok
    assert "lot L" in check.says
    assert abs(check.figures["lot L1"]) == pytest.approx(0.1 / np.sqrt((0.24 + 0.25) / 2), rel=1e-3)


def test_units_with_the_other_arms_promise_are_seen():
    assert named(balance(PLAN, split(mistaken=(100, 0))), "promises").ok
    check = named(balance(PLAN, split(mistaken=(3000, 20))), "promises")
    assert not check.ok
    assert "3,000 of 120,000 conventional" in check.says


def test_missed_activation_is_seen_where_the_arms_differ_or_many_miss():
    assert named(balance(PLAN, split(unstarted=(1000, 1010))), "activation").ok
    assert not named(balance(PLAN, split(unstarted=(1000, 1400))), "activation").ok
    assert not named(balance(PLAN, split(unstarted=(9000, 9000))), "activation").ok


def test_a_look_tells_the_balance_with_the_health():
    names = [c.name for c in decide(PLAN, split()).checks]
    assert {"sizes of the arms", "balance of lot", "promises", "activation"} <= set(names)
