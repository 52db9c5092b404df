"""warrantor life from the outside: words in, one document out, exit codes."""

import json

import numpy as np
import pytest

from warrantor import fit
from warrantor.cli.app import run
from warrantor.life.reduce import tally_of_ages

ROWS = """g,t,d,e,n
z,0,1,0,2
z,5,1,0,1
z,6,true,2,3
z,9,0,0,4
a,3,FALSE,0,5
007,4,1,0,1
007,9,false,0,1
"""


@pytest.fixture
def lives(tmp_path):
    path = tmp_path / "lives.csv"
    path.write_text(ROWS)
    return str(path)


def said(capsys, *words):
    assert run(["life", *words]) == 0
    out = capsys.readouterr().out
    assert "NaN" not in out
    return json.loads(out)


def test_document_is_the_contract(lives, capsys):
    words = (
        "--age",
        "t",
        "--failed",
        "d",
        "--entry",
        "e",
        "--count",
        "n",
        "--by",
        "g",
        "--law",
        "weibull",
        "--law",
        "lognormal",
    )
    found = said(capsys, "--lifetimes", lives, *words, "--json")
    assert found["schema"] == "warrantor.life/1"
    assert [s["by"] for s in found["strata"]] == [{"g": "z"}, {"g": "a"}, {"g": "007"}]
    z, a, seven = found["strata"]
    assert (z["units"], z["claims"], z["dead_on_arrival"], z["refused"]) == (10, 6, 2, None)
    assert isinstance(z["units"], int)
    assert set(z["laws"]) == {"weibull", "lognormal"}
    assert set(z["laws"]["weibull"]) == {"beta", "eta", "loglik"}
    assert set(z["laws"]["lognormal"]) == {"mu", "sigma", "loglik"}
    assert set(a["laws"]["weibull"]) == {"refused"}
    assert a["refused"]
    assert seven["refused"] is None
    assert "1 claim" in seven["laws"]["weibull"]["refused"]


def test_numbers_are_those_of_the_library(tmp_path, capsys):
    rng = np.random.default_rng(2)
    life, end = 20 * rng.weibull(1.5, 200), rng.uniform(1, 30, 200)
    age, failed = np.minimum(life, end), life <= end
    path = tmp_path / "raw.csv"
    path.write_text("age,failed\n" + "".join(f"{a!r},{int(f)}\n" for a, f in zip(age.tolist(), failed, strict=True)))
    found = said(capsys, "--lifetimes", str(path), "--age", "age", "--failed", "failed", "--json")
    ours = fit(tally_of_ages(age, failed))
    law = found["strata"][0]["laws"]["weibull"]
    assert found["strata"][0]["by"] == {}
    assert law["beta"] == pytest.approx(ours["beta"][0], rel=1e-12)
    assert law["loglik"] == pytest.approx(ours.loglik[0], rel=1e-12)


def test_brackets_by_lower_and_upper(tmp_path, capsys):
    """Left (lower empty or 0), interval, exact and right (upper empty, NA or nan) rows, against the same brackets."""
    path = tmp_path / "seen.csv"
    path.write_text("lo,hi,n\n,4,3\n0,6,2\n4,8,5\n7,7,1\n9,,6\n10,NA,4\n12,nan,9\n0,0,2\n")
    found = said(capsys, "--lifetimes", str(path), "--lower", "lo", "--upper", "hi", "--count", "n", "--json")
    from warrantor import Brackets

    lower, upper = np.array([0, 0, 4, 7, 9, 10, 12, 0.0]), np.array([4, 6, 8, 7, np.inf, np.inf, np.inf, 0])
    ours = fit(Brackets(by=(), strata=((),), stratum=np.zeros(8, int), entry=np.zeros(8), lower=lower, upper=upper,
                        count=np.array([3.0, 2, 5, 1, 6, 4, 9, 2])))  # fmt: skip
    one = found["strata"][0]
    assert (one["units"], one["claims"], one["dead_on_arrival"]) == (32, 13, 2)
    assert one["laws"]["weibull"]["eta"] == pytest.approx(ours["eta"][0], rel=1e-12)


def test_intervals_and_table_are_added_when_asked_for(lives, capsys):
    words = ("--lifetimes", lives, "--age", "t", "--failed", "d", "--count", "n", "--by", "g", "--json")
    more = said(capsys, *words, "--intervals", "--table")["strata"][0]
    assert more["laws"]["weibull"]["intervals"]["beta"][0] < more["laws"]["weibull"]["beta"]
    assert more["table"]["survival"][-1] is not None


def test_table_for_people_and_csv_carry_the_same(lives, capsys):
    words = ["life", "--lifetimes", lives, "--age", "t", "--failed", "d", "--count", "n", "--by", "g"]
    assert run(words) == 0
    assert "Life table" in capsys.readouterr().out
    assert run([*words, "--csv"]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].startswith("g,units,claims,dead on arrival,beta")


@pytest.mark.parametrize(("words", "code"), [
    ([], 2),
    (["--lifetimes", "LIVES"], 2),
    (["--lifetimes", "LIVES", "--age", "t"], 2),
    (["--lifetimes", "LIVES", "--age", "t", "--failed", "d", "--lower", "t"], 2),
    (["--lifetimes", "LIVES", "--age", "t", "--failed", "d", "--law", "weibul"], 2),
    (["--lifetimes", "LIVES", "--age", "t", "--failed", "g"], 3),
    (["--lifetimes", "LIVES", "--age", "nothing", "--failed", "d"], 3),
    (["--lifetimes", "LIVES", "--age", "t", "--failed", "d", "--nonsense", "1"], 2),
])  # fmt: skip
def test_exit_codes(words, code, lives, capsys):
    assert run(["life", *[lives if w == "LIVES" else w for w in words]]) == code
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("warrantor: ")


CHART = """ship,shipped,Jul,Aug,Sep
Jun,100,3,3,5
Jul,140,,2,4
Aug,150,,,4
"""


@pytest.mark.parametrize(("more", "beta", "eta"), [([], 1.393701, 15.351118), (["--exact-end"], 2.4927755, 6.6950529)])
def test_both_conventions_of_a_sales_returns_chart(tmp_path, capsys, more, beta, eta):
    """ReliaWiki's 3 x 3 chart; R survreg of each convention, eight digits stored."""
    path = tmp_path / "chart.csv"
    path.write_text(CHART)
    found = said(capsys, "--sales-returns", str(path), *more, "--json")
    assert any(("interval" in text) != bool(more) for text in found["how"])
    law = found["strata"][0]["laws"]["weibull"]
    assert (law["beta"], law["eta"]) == pytest.approx((beta, eta), rel=1e-6)
    assert run(["life", "--sales-returns", str(path), "--by", "ship"]) == 2


def test_exact_end_belongs_to_charts(lives):
    assert run(["life", "--lifetimes", lives, "--age", "t", "--failed", "d", "--exact-end"]) == 2
