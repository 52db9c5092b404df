"""Rates of use of the vehicles file (weibulltools 2.1.0 field data), against what its columns say."""

import csv

import numpy as np
import pytest

import warrantor as wr

pytestmark = pytest.mark.data


def test_vehicles_without_a_usage_limit_are_the_published_values(data_folder):
    """km a year lognormal 9.4567 / 0.7002; naive Weibull of days in service 1.832530 / 2492.54."""
    with (data_folder / "published" / "vehicles_field_data.csv").open(encoding="utf-8") as file:
        rows = [(float(r["dis"]), r["status"] == "1", np.nan if r["mileage"] == "NA" else float(r["mileage"]))
                for r in csv.DictReader(file)]
    age, failed, used = (np.array(c) for c in zip(*rows, strict=True))
    found = wr.fit_usage(age, failed, used, length=1095.0)
    assert found.rates.tolist() == [684.0]
    theta = found.fits[0]["age"].theta
    assert theta[0] + np.log(365.0 / 1095.0) == pytest.approx(9.4567, abs=5e-5)
    assert np.exp(theta[1]) * np.sqrt(684 / 683) == pytest.approx(0.7002, abs=5e-5)
    assert found.parameters("age")[0] == pytest.approx([1.832530, 2492.54], rel=2e-6)
    assert found.weights[0, 0] > 0.999
    assert found.expected(730.0, 20_000.0)[0, 0] < found.expected(730.0)[0, 0]
