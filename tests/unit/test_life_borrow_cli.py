"""warrantor life --borrow and --law piecewise from the outside."""

import json

import numpy as np
import pytest

from warrantor import borrow, fit_piecewise, tally_of_ages
from warrantor.cli.app import run


@pytest.fixture
def lives(tmp_path):
    """Simulated: six lots of 40, and one of 3 units without claims."""
    rng = np.random.default_rng(6)
    lot = np.concatenate((np.repeat(np.arange(6), 40), np.full(3, 6)))
    life = np.ceil(400 * rng.weibull(1.5, 243) * np.exp(0.4 * rng.standard_normal(7))[lot])
    watched = rng.integers(50, 365, 243)
    failed = (life <= watched) & (lot < 6)
    age = np.minimum(life, watched).astype(int)
    path = tmp_path / "lives.csv"
    rows = [f"{a},{int(f)},L{s}" for a, f, s in zip(age, failed, lot, strict=True)]
    path.write_text("\n".join(["age,failed,lot", *rows, ""]))
    return str(path), tally_of_ages(age, failed, lot)


def said(capsys, path, *words):
    assert run(["life", "--lifetimes", path, "--age", "age", "--failed", "failed", "--by", "lot", *words]) == 0
    return capsys.readouterr().out


def test_each_lot_says_what_it_borrows(lives, capsys):
    path, tally = lives
    document = json.loads(said(capsys, path, "--borrow", "--json"))
    found = borrow(tally)
    for s, stratum in enumerate(document["strata"]):
        lent = stratum["borrowed"]["weibull"]
        assert lent["beta"] == pytest.approx(found["beta"][s], rel=1e-9)
        assert lent["intervals"]["eta"] == pytest.approx(found.interval("eta")[s], rel=1e-9)
        assert lent["borrowed"] == pytest.approx(found.borrowed[s], rel=1e-9)
    assert document["strata"][6]["laws"]["weibull"]["refused"]
    assert "marginal likelihood" in document["borrowing"]["weibull"]
    assert "borrowing from each other" in said(capsys, path, "--borrow")


def test_a_rate_a_piece_stands_beside_the_laws(lives, capsys):
    path, tally = lives
    document = json.loads(said(capsys, path, "--law", "piecewise", "--law", "weibull", "--intervals", "--json"))
    found = fit_piecewise(tally)
    rates = document["strata"][0]["laws"]["piecewise"]
    assert rates["loglik"] == pytest.approx(found.loglik[0], rel=1e-12)
    assert rates["intervals"][found.names[0]] == pytest.approx(found.interval(found.names[0])[0], rel=1e-12)
    assert "weibull" in document["strata"][0]["laws"]
    assert "rate(0," in said(capsys, path, "--law", "piecewise")


@pytest.mark.parametrize("words", [["--borrow", "--law", "piecewise"], ["--borrow", "--repeat"],
                                   ["--law", "piecewise", "--by-fault"], ["--borrow", "--heard", "30"]])
def test_what_says_nothing_together_is_a_wrong_call(words, lives, capsys):
    assert run(["life", "--lifetimes", lives[0], "--age", "age", "--failed", "failed", *words]) == 2
    assert "--borrow" in capsys.readouterr().err
