"""Published reserves of two run-off triangles, and the project's own triangle."""

import csv

import numpy as np
import pytest

from warrantor.forecast.triangle import chain_ladder

NAN = float("nan")
# Taylor and Ashe (1983), Journal of Econometrics 23, the triangle of Mack (1993), table 1.
GENINS = [
    [357848, 1124788, 1735330, 2218270, 2745596, 3319994, 3466336, 3606286, 3833515, 3901463],
    [352118, 1236139, 2170033, 3353322, 3799067, 4120063, 4647867, 4914039, 5339085],
    [290507, 1292306, 2218525, 3235179, 3985995, 4132918, 4628910, 4909315],
    [310608, 1418858, 2195047, 3757447, 4029929, 4381982, 4588268],
    [443160, 1136350, 2128333, 2897821, 3402672, 3873311],
    [396132, 1333217, 2180715, 2985752, 3691712],
    [440832, 1288463, 2419861, 3483130],
    [359480, 1421128, 2864498],
    [376686, 1363294],
    [344014],
]


def square(rows):
    width = max(map(len, rows))
    return np.array([list(r) + [NAN] * (width - len(r)) for r in rows], float)


def poisson(rows):
    """Fit the multiplicative Poisson model mu_ij = a_i b_j by its margins, and return what is to come."""
    table = np.diff(square(rows), axis=1, prepend=0.0)
    seen = ~np.isnan(table)
    n = np.where(seen, table, 0.0)
    row, column = n.sum(axis=1), n.sum(axis=0) / n.sum()
    for _ in range(3000):
        row = n.sum(axis=1) / (seen * column).sum(axis=1)
        column = n.sum(axis=0) / (seen * row[:, None]).sum(axis=0)
    return float((np.outer(row, column) * ~seen).sum())


@pytest.fixture
def raa(data_folder):
    with (data_folder / "published" / "chainladder_RAA.csv").open(encoding="utf-8") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[NAN if v == "NA" else float(v) for v in row[1:]] for row in rows])


@pytest.mark.data
@pytest.mark.parametrize(("rule", "se"), [("loglinear", 26880.74), ("mack", 26909.01)])
def test_raa_reserve_and_its_standard_error(raa, rule, se):
    """published/README.md section 8; the log-linear one is the figure of the R package's own unit test."""
    found = chain_ladder(raa, sigma_last=rule)
    assert found.total == pytest.approx(52135.23, abs=5e-3)
    assert found.total_se == pytest.approx(se, abs=5e-3)


@pytest.mark.data
def test_raa_by_the_poisson_fit_is_the_chain_ladder(raa):
    assert poisson([row[~np.isnan(row)] for row in raa]) == pytest.approx(chain_ladder(raa).total, rel=1e-9)


def test_taylor_and_ashe():
    """Method notes 9.1: 18,680,855.61, by the chain ladder and by the multiplicative Poisson fit.

    Mack (1993), table 3: 2,447,095 for all years, 75,535 for the second, 1,363,155 for the last.
    """
    found = chain_ladder(square(GENINS), sigma_last="mack")
    assert found.total == pytest.approx(18680855.61, abs=5e-3)
    assert poisson(GENINS) == pytest.approx(18680855.61, abs=5e-3)
    assert found.total_se == pytest.approx(2447095, abs=0.5)
    assert found.se[[1, 9]] == pytest.approx([75535, 1363155], abs=0.5)


def test_the_triangle_of_the_method_notes():
    """Method notes 4.1 step 2: factors 1.622951, 1.161765, 1.066667; ultimates; 66.8793 still to come."""
    found = chain_ladder(np.cumsum(square([[40, 25, 10, 5], [44, 27, 12], [38, 24], [46]]), axis=1))
    assert found.factor == pytest.approx([1.622951, 1.161765, 1.066667], abs=5.1e-7)
    assert found.ultimate == pytest.approx([80, 88.5333, 76.8314, 92.5146], abs=5.1e-5)
    assert found.total == pytest.approx(66.8793, abs=5.1e-5)
