"""Published and project check values of lags."""

import numpy as np
import pytest

from warrantor.life.lag import fit_lag, ultimate

TRIANGLE = [[40, 25, 10, 5], [44, 27, 12], [38, 24], [46]]


def test_reverse_hazard_triangle():
    """Method notes, 4.1 step 2: h = .383838, .139241, .0625; G = .497219, .806962, .9375, 1; ultimates; IBNR
    66.8793."""
    cells = [(j, 3 - i, n) for i, row in enumerate(TRIANGLE) for j, n in enumerate(row)]
    days, limit, count = (np.array(c) for c in zip(*cells, strict=True))
    lag = fit_lag(days, "empirical", limit=limit, count=count)
    np.testing.assert_allclose(lag.cumulative, [0.497219, 0.806962, 0.9375, 1], atol=5.1e-7)
    np.testing.assert_allclose(1 - lag.cumulative[:-1] / lag.cumulative[1:], [0.383838, 0.139241, 0.0625], atol=5.1e-7)
    ends = ultimate([80, 83, 62, 46], [3, 2, 1, 0], lag)
    np.testing.assert_allclose(ends, [80, 88.5333, 76.8314, 92.5146], atol=5.1e-5)
    assert ends.sum() - 271 == pytest.approx(66.8793, abs=5.1e-5)


@pytest.mark.data
@pytest.mark.parametrize(
    ("columns", "n", "mu", "sigma"),
    [
        (("production_date", "registration_date"), 1544, 3.5532287, 0.71283359),
        (("repair_date", "report_date"), 608, 1.1847422, 0.90300197),
    ],
)
def test_vehicle_lags(data_folder, columns, n, mu, sigma):
    """published/README.md: lognormal of the lags above 0 days; sigma stored with n - 1: ours times sqrt(n / (n -
    1))."""
    import csv

    first, second = columns
    with (data_folder / "published" / "vehicles_field_data.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r[first] not in ("", "NA") and r[second] not in ("", "NA")]
    days = np.array([(np.datetime64(r[second]) - np.datetime64(r[first])).astype(int) for r in rows])
    lag = fit_lag(days)
    assert lag.seen * (1 - lag.at_zero) == pytest.approx(n)
    assert lag["mu"] == pytest.approx(mu, rel=1e-6)
    assert lag["sigma"] * np.sqrt(n / (n - 1)) == pytest.approx(sigma, rel=1e-6)


@pytest.mark.data
def test_package_delays(data_folder):
    """published/README.md section 9: lognormal 3.003578, .876693 and 3.816498, .658466 (ML scales); mean 28.91667."""
    import csv

    with (data_folder / "published" / "weibulltools_delays.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    for kind, mu, sigma in (("report", 3.003578, 0.876693), ("registration", 3.816498, 0.658466)):
        days = [float(r["delay_days"]) for r in rows if r["kind"] == kind]
        lag = fit_lag(days)
        assert lag["mu"] == pytest.approx(mu, abs=5.1e-7)
        assert lag["sigma"] == pytest.approx(sigma, abs=5.1e-7)
        if kind == "report":
            assert 1 / fit_lag(days, "exponential")["rate"] == pytest.approx(28.91667, abs=5.1e-6)


@pytest.mark.data
def test_vehicles_by_known_starts_by_the_sale_lag_and_naively(data_folder):
    """Naive Weibull of published/README.md (1.8325297, 2492.5394); the sale lag brings the unknown starts forward."""
    import csv

    from warrantor import fit, spread_over_lag, starts_from_lag, tally_of_ages

    with (data_folder / "published" / "vehicles_field_data.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    end, made = np.datetime64("2015-12-31"), np.array([np.datetime64(r["production_date"]) for r in rows])
    unknown = np.array([r["registration_date"] in ("", "NA") for r in rows])
    age, failed = np.array([float(r["dis"]) for r in rows]), np.array([r["status"] == "1" for r in rows])
    started = np.array(
        [np.datetime64(r["registration_date"]) for r in rows if r["registration_date"] not in ("", "NA")]
    )
    assert unknown.sum() == 9140
    lag = fit_lag((started - made[~unknown]).astype(int))
    known = tally_of_ages(age[~unknown], failed[~unknown])
    waited = (end - made[unknown]).astype(int)
    spread = fit(known + spread_over_lag(lag, waited, like=known))
    naive = fit(known + spread_over_lag(fit_lag([0], "empirical"), waited, like=known))
    ages = end.astype(int) - starts_from_lag(lag, made[unknown].astype(int), end.astype(int), seed=1)
    drawn = fit(known + tally_of_ages(ages, np.zeros(len(ages), bool)))
    np.testing.assert_allclose(naive.parameters[0], [1.8325297, 2492.5394], rtol=1e-6)
    np.testing.assert_allclose(drawn.parameters, spread.parameters, rtol=0.01)
    assert fit(known)["eta"][0] < spread["eta"][0] < naive["eta"][0]
