"""warrantor extend, as others call it."""

import json

import pytest

from warrantor.cli.app import run


@pytest.fixture
def files(tmp_path):
    """A target cut at 12 months, and four simulated past products, uncut, in days."""
    target = tmp_path / "new.csv"
    rows = [f"new,{d},1,2," for d in range(20, 360, 17)]
    rows += ["new,0,1,3,", "new,120,0,40,", "new,364,0,7,", "new,365,0,900,", "new,365,0,50,400", "new,365,0,10,365"]
    target.write_text("product,age,failed,units,until\n" + "\n".join(rows) + "\n", encoding="utf-8")
    past = tmp_path / "old.csv"
    rows = [f"old{p},{d},1,{1 + p}" for p in range(4) for d in range(15, 900, 15 + p)]
    rows += [f"old{p},950,0,1500" for p in range(4)]
    past.write_text("product,age,failed,units\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return target, past


def asked(target, *more):
    return [
        "extend",
        "--lifetimes",
        str(target),
        "--age",
        "age",
        "--failed",
        "failed",
        "--count",
        "units",
        "--by",
        "product",
        "--from",
        "12",
        "--to",
        "18",
        *more,
    ]


def test_the_contract(files, capsys):
    target, past = files
    assert (
        run(asked(target, "--until", "until", "--age-unit", "day", "--history", str(past), "--seed", "7", "--json"))
        == 0
    )
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["level"]) == ("warrantor.extend/1", 0.9)
    one = found["strata"][0]
    assert one["by"] == {"product": "new"}
    assert (one["units"], one["claims_seen"], one["at_risk"]) == (1050, 43, 960)
    assert one["history"] == {"products": 4, "prior": False}
    assert one["lower"] <= one["expected"] <= one["upper"]
    assert one["refused"] is None


def test_known_ends_of_watch_lower_the_claims(files, capsys):
    target, _ = files
    expected = []
    for more in ([], ["--until", "until"]):
        assert run(asked(target, *more, "--json")) == 0
        expected.append(json.loads(capsys.readouterr().out)["strata"][0]["expected"])
    assert expected[1] < expected[0]


def test_without_by_there_is_one_stratum_and_the_history_is_one_product(files, capsys):
    target, past = files
    words = [w for w in asked(target, "--history", str(past), "--json") if w not in ("--by", "product")]
    assert run(words) == 0
    one = json.loads(capsys.readouterr().out)["strata"][0]
    assert one["by"] == {}
    assert one["history"] == {"products": 1, "prior": True}


def test_months_are_months(tmp_path, capsys):
    file = tmp_path / "m.csv"
    file.write_text("age,failed,n\n3,1,6\n7.5,1,9\n12,0,985\n11.9,0,5\n", encoding="utf-8")
    words = [
        "extend",
        "--lifetimes",
        str(file),
        "--age",
        "age",
        "--failed",
        "failed",
        "--count",
        "n",
        "--age-unit",
        "month",
        "--from",
        "12",
        "--to",
        "18",
        "--json",
    ]
    assert run(words) == 0
    one = json.loads(capsys.readouterr().out)["strata"][0]
    assert (one["units"], one["claims_seen"], one["at_risk"]) == (1005, 15, 985)


def test_a_claim_beyond_from_is_a_finding_with_its_line(files, capsys):
    target, _ = files
    target.write_text(target.read_text(encoding="utf-8") + "new,366,1,1,\n", encoding="utf-8")
    line = len(target.read_text(encoding="utf-8").splitlines())
    assert run(asked(target, "--json")) == 3
    out = capsys.readouterr()
    assert out.out == ""
    assert f":{line}: age='366' [claim-after-from]" in out.err


def test_the_same_product_in_both_files_is_usage(files, capsys):
    target, _ = files
    assert run(asked(target, "--history", str(target))) == 2
    assert "In both files: new" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--to", "12"], ["--level", "1"], ["--age-unit", "hour"]])
def test_words_that_make_no_question(files, words, capsys):
    assert run(asked(files[0], *words)) == 2
    assert words[0] in capsys.readouterr().err


def test_a_refused_stratum_is_null_with_a_reason_and_done(tmp_path, capsys):
    file = tmp_path / "r.csv"
    file.write_text("p,age,failed\na,30,1\na,400,0\nb,30,1\nb,40,0\nc,500,0\n", encoding="utf-8")
    assert run(["extend", "--lifetimes", str(file), "--age", "age", "--failed", "failed", "--by", "p", "--json"]) == 0
    found = {s["by"]["p"]: s for s in json.loads(capsys.readouterr().out)["strata"]}
    assert list(found) == ["a", "b", "c"]
    assert found["a"]["refused"] is None
    for name in "bc":
        assert found[name]["expected"] is found[name]["lower"] is found[name]["upper"] is None
        assert "would tell" in found[name]["refused"]


def test_the_table_for_people(files, capsys):
    assert run(asked(files[0])) == 0
    out = capsys.readouterr().out
    assert "First claims of months 12 to 18 (90% interval)" in out
    assert "Assumes no new failure mode after the last observed month." in out
