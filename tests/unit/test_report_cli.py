"""The verb: a bare sales-returns chart becomes a page, and the JSON is the page's own document."""

import base64
import json
import re

import pytest

from warrantor.cli.app import run

CHART = "month,sold,Jul,Aug,Sep\nJun,100,3,3,5\nJul,140,,2,4\nAug,150,,,4\n"


@pytest.fixture
def chart(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "returns.csv").write_text(CHART)
    return tmp_path


def carried(html):
    return json.loads(base64.b64decode(re.search(r"application/json;base64,([^\"]+)", html)[1]))


def test_a_bare_chart_needs_no_configuration(chart, capsys):
    assert run(["report", "returns.csv"]) == 0
    out = capsys.readouterr()
    assert out.out == ""
    assert "returns.html" in out.err
    html = (chart / "returns.html").read_text(encoding="utf-8")
    assert "interval grain" in html
    assert "of <data" in html


def test_the_json_is_the_document_of_the_page(chart, capsys):
    assert run(["report", "returns.csv", "-o", "page.html", "--json", "--exact-end"]) == 0
    document = json.loads(capsys.readouterr().out)
    inside = carried((chart / "page.html").read_text(encoding="utf-8"))
    assert inside == document
    assert document["schema"] == "warrantor.report/1"
    assert [s["kind"] for s in document["sections"]] == ["ahead", "life", "returns"]
    assert any("exact end" in h for h in document["how"])
    law = document["sections"][1]["laws"]["weibull"]["strata"][0]
    assert law["beta"] == pytest.approx(2.4928, abs=1e-4)  # the exact-end convention of the 3 x 3 chart


def test_json_alone_writes_no_file(chart, capsys):
    assert run(["report", "returns.csv", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sections"]
    assert not (chart / "returns.html").exists()


def test_the_python_on_the_page_makes_the_page_again(chart):
    assert run(["report", "returns.csv"]) == 0
    first = carried((chart / "returns.html").read_text(encoding="utf-8"))
    exec(first["reproduce"]["python"], {})  # noqa: S102
    again = carried((chart / "report.html").read_text(encoding="utf-8"))
    assert again["sections"] == first["sections"]


def test_lifetimes_make_a_page_too(chart):
    (chart / "ages.csv").write_text("age,failed,n,product\n30,1,5,A\n200,1,9,A\n400,0,900,A\n60,1,4,B\n400,0,500,B\n")
    words = "report --lifetimes ages.csv --age age --failed failed --count n --by product"
    assert run(words.split()) == 0
    kinds = [s["kind"] for s in carried((chart / "ages.html").read_text(encoding="utf-8"))["sections"]]
    assert kinds == ["ahead", "life"]


@pytest.mark.parametrize("words", [["report"], ["report", "returns.csv", "--age", "x"],
                                   ["report", "returns.csv", "--law", "weibul"],
                                   ["report", "returns.csv", "--from", "3", "--to", "2"]])
@pytest.mark.usefixtures("chart")
def test_words_that_make_no_question_are_usage(words):
    assert run(words) == 2


def test_a_chart_with_findings_makes_no_page(chart):
    (chart / "returns.csv").write_text(CHART.replace("Jul,140,,2", "Jul,140,,200"))
    assert run(["report", "returns.csv"]) == 3
    assert not (chart / "returns.html").exists()


@pytest.mark.parametrize(("head", "kind"), [("serial,product,sold_on", "units"), ("claim,serial,opened_on", "claims")])
def test_records_are_told_to_be_loaded_first(tmp_path, capsys, head, kind):
    path = tmp_path / "records.csv"
    path.write_text(f"{head}\n" + "x,y,2019-01-01\n" * 3)
    assert run(["report", str(path)]) == 2
    said = capsys.readouterr().err
    assert f"a row for each of the {kind}" in said
    assert "warrantor load" in said
