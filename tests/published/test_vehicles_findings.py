"""The vehicles file through a map: what is found in it, and that nothing is lost on the way.

The counts are those of the file itself (weibulltools 2.1.0 field data): 10,684 vehicles, 684 with status 1, 1,544 with
a registration date.
"""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from warrantor import records

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


@pytest.fixture(scope="module")
def vehicles(data_folder, tmp_path_factory):
    return records.load(data_folder / "published" / "vehicles_field_data.csv", None,
                        tmp_path_factory.mktemp("fleet") / "vehicles", map=EXAMPLES / "vehicles.toml",
                        guarantees=EXAMPLES / "vehicles-guarantee.toml")


def test_start_unknown_is_found_for_every_vehicle_without_a_registration(vehicles):
    found = Counter(f.rule for f in vehicles.findings)
    assert found == {"start-unknown": 9_140, "column-unknown": 12}
    assert {f.column for f in vehicles.findings if f.rule == "start-unknown"} == {"registration_date"}
    assert not vehicles.refused


def test_every_vehicle_and_every_repair_is_loaded(vehicles):
    units, claims = (pq.read_table(vehicles.folder / f"{t}.parquet") for t in ("units", "claims"))
    assert (len(units), len(claims)) == (10_684, 684)
    assert units["start_day"].null_count == 9_140
    assert claims["start_day"].null_count == 0
    assert units["unit"].to_pylist() == list(range(10_684))


def test_days_of_one_vehicle_are_those_of_its_line(vehicles):
    claim = pq.read_table(vehicles.folder / "claims.parquet").slice(0, 1).to_pylist()[0]
    assert claim["claim"] == "127387"
    assert claim["opened_day"] - claim["start_day"] == 424  # the file's own days in service
    assert claim["reported_day"] - claim["opened_day"] == 2
