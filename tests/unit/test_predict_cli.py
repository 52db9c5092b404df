"""warrantor predict: bearing cages and simulated products from files."""

import json

import numpy as np
import pytest

from warrantor.cli.app import run

CAGES = [(a, 1, 1) for a in (230, 334, 423, 990, 1009, 1510)] + [(150, 0, 436), (650, 0, 600), (1150, 0, 600),
                                                                (1650, 0, 61)]


def ran(capsys, *words):
    return run([*map(str, words)]), capsys.readouterr()


@pytest.fixture
def cages(tmp_path):
    path = tmp_path / "cages.csv"
    path.write_text("hours,failed,units\n" + "".join(f"{a},{f},{n}\n" for a, f, n in CAGES))
    return path


def lives(path, products, seed, cut=None):
    rng = np.random.default_rng(seed)
    with path.open("w") as file:
        file.write("product,age,failed\n")
        for p in products:
            for t in 200.0 * rng.weibull(1.3, 800):
                end = min(t, cut or 30.0)
                file.write(f"{p},{end:.4f},{int(t <= (cut or 30.0))}\n")
    return path


ASKED = ("--age", "hours", "--failed", "failed", "--count", "units", "--age-unit", "month")


def test_two_laws_their_mixture_and_the_envelope(cages, capsys):
    code, out = ran(capsys, "predict", cages, *ASKED, "--from", 0, "--to", 2000, "--draws", 200, "--json")
    assert code == 0
    found = json.loads(out.out)
    one = found["strata"][0]
    assert found["schema"] == "warrantor.predict/1"
    assert set(one["laws"]) == {"weibull", "lognormal"}
    assert one["envelope"][0] <= one["lower"] < one["expected"] < one["upper"] <= one["envelope"][1]


@pytest.mark.parametrize("more", [("--method", "gpq"), ("--calibrated",)])
def test_other_methods_of_one_law(cages, capsys, more):
    words = ("--from", 0, "--to", 2000, "--law", "weibull", "--draws", 200)
    code, out = ran(capsys, "predict", cages, *ASKED, *words, *more)
    assert code == 0
    assert "weibull alone" in out.out


def test_past_products_are_multiplied_in(tmp_path, capsys):
    own = lives(tmp_path / "own.csv", ["new"], 1, 12.0)
    past = lives(tmp_path / "past.csv", ["a", "b", "c", "d", "e"], 2)
    words = ("--age", "age", "--failed", "failed", "--by", "product", "--age-unit", "month", "--law", "weibull",
             "--draws", 200, "--json")
    found = [json.loads(ran(capsys, "predict", own, *words, *more)[1].out)["strata"][0]
             for more in ((), ("--history", past))]
    assert found[1]["upper"] - found[1]["lower"] > found[0]["upper"] - found[0]["lower"]
    assert ran(capsys, "predict", past, *words, "--history", past)[0] == 2


def test_refusals_say_what_to_do(cages, capsys):
    code, out = ran(capsys, "predict", cages, *ASKED, "--from", 18, "--to", 12)
    assert code == 1
    assert "give 0 <= start < end" in out.err
