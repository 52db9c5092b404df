"""Sales-returns charts: the published conversion of one, the two conventions of another."""

import csv

import numpy as np
import pytest

import warrantor
from warrantor import Findings
from warrantor.records.sales_returns import looks_like_sales_returns, read_sales_returns


def write(folder, text):
    path = folder / "chart.csv"
    path.write_text(text)
    return path


# ReliaWiki, "Nevada Chart Format Example": units sold in June, July, August; returns in July, August, September.
NEVADA = "sold_in,sold,Jul,Aug,Sep\nJun,100,3,3,5\nJul,140,,2,4\nAug,150,,,4\n"


def published_rows(path):
    with path.open() as lines:
        rows = list(csv.DictReader(lines))
    return sorted((float(r["start"]), float(r["end"] or "inf"), float(r["frequency"])) for r in rows)


def test_the_triangle_turns_into_the_published_intervals(data_folder):
    folder = data_folder / "published"
    brackets = read_sales_returns(folder / "minitab_formatA_triangle.csv").brackets()
    ours = sorted(zip(brackets.lower.tolist(), brackets.upper.tolist(), brackets.count.tolist(), strict=True))
    assert ours == published_rows(folder / "minitab_formatA_preprocessed_published.csv")


def test_both_conventions_of_the_three_by_three_chart(tmp_path):
    path = write(tmp_path, NEVADA)
    interval = warrantor.fit(read_sales_returns(path), law="weibull")
    exact = warrantor.fit(read_sales_returns(path, exact_end=True), law="weibull")
    np.testing.assert_allclose(interval.parameters[0], [1.393701, 15.351118], rtol=1e-6)
    np.testing.assert_allclose(exact.parameters[0], [2.492776, 6.695053], rtol=1e-6)


def test_the_file_of_the_folder_is_the_chart_typed_here(data_folder, tmp_path):
    theirs = read_sales_returns(data_folder / "published" / "reliawiki_nevada.csv")
    ours = read_sales_returns(write(tmp_path, NEVADA))
    np.testing.assert_array_equal(theirs.claimed, ours.claimed)
    np.testing.assert_array_equal(theirs.open, ours.open)


def test_which_convention_is_said(tmp_path):
    path = write(tmp_path, NEVADA)
    assert "interval grain" in " ".join(read_sales_returns(path).how)
    assert "exact end" in " ".join(read_sales_returns(path, exact_end=True).how)


@pytest.mark.parametrize(("text", "line", "column", "rule"), [
    (NEVADA.replace("Jul,140,,2,4", "Jul,140,1,2,4"), 3, "Jul", "return-before-sale"),
    (NEVADA.replace("Jun,100,3,3,5", "Jun,10,3,3,5"), 2, "sold", "returns-exceed-sold"),
    (NEVADA.replace("Jun,100,3,3,5", "Jun,100,-3,3,5"), 2, "Jul", "unparsable"),
    (NEVADA.replace("Jun,100,3,3,5", "Jun,100,2.5,3,5"), 2, "Jul", "unparsable"),
    (NEVADA.replace("Aug,150,,,4", "Aug,150,,,"), 4, "Sep", "value-missing"),
])
def test_what_cannot_be_is_named(tmp_path, text, line, column, rule):
    path = write(tmp_path, text)
    with pytest.raises(Findings) as caught:
        read_sales_returns(path)
    assert [(f.line, f.column, f.rule) for f in caught.value.found] == [(line, column, rule)]
    assert not looks_like_sales_returns(path)


def test_a_chart_is_recognised_and_a_claims_file_is_not(tmp_path):
    assert looks_like_sales_returns(write(tmp_path, NEVADA))
    assert not looks_like_sales_returns(write(tmp_path, "serial,opened_on,cost\nA1,2020-01-02,3\n"))
    assert not looks_like_sales_returns(tmp_path / "absent.csv")
