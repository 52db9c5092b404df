"""The back-test of past products on the disk drives, against the figures of docs/drives.md."""

import pytest

import warrantor as wr
from warrantor.records.lifetimes import read_lifetimes

pytestmark = [pytest.mark.data, pytest.mark.slow]


def test_drives_each_product_left_out_are_the_figures_of_the_page(data_folder):
    """Four windows: 40 cases of 14 products, 37 covered, product mean of the interval score 3.156."""
    drives = read_lifetimes(data_folder / "drives.csv", age="age_days", failed="failed", count="units",
                            by=("product",), unit="day").tally()
    found = wr.backtest(drives)
    assert found.coverage() == (37, 40)
    assert len(set(found.strata)) == 14
    assert found.score() == pytest.approx(3.156, abs=5e-4)
