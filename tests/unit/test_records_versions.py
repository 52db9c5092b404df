"""A claim that is corrected keeps every version, and any past day is answered as it was."""

import pyarrow as pa
import pytest

import warrantor as wr
from warrantor.finding import Findings

UNITS = {"serial": ["A", "B", "C"], "product": ["P"] * 3, "sold_on": ["2020-01-01"] * 3}
FIRST = {"claim": ["1", "2"], "serial": ["A", "B"], "opened_on": ["2020-03-01", "2020-03-05"],
         "reported_on": ["2020-03-02", "2020-03-06"], "known_on": [None, None], "cost": ["100", "50"],
         "currency": ["CNY", "CNY"], "remedy": ["repair"] * 2}
LATER = {"claim": ["1", "2"], "serial": ["A", "C"], "opened_on": ["2020-03-01", "2020-03-05"],
         "reported_on": ["2020-03-02", "2020-03-06"], "known_on": ["2020-05-01", "2020-06-01"], "cost": ["70", "50"],
         "currency": ["CNY", "CNY"], "remedy": ["repair"] * 2}
BOTH = {name: FIRST[name] + LATER[name] for name in FIRST}


def frame(columns):
    return pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    home = tmp_path_factory.mktemp("versions")
    for name, claims in (("first", FIRST), ("both", BOTH)):
        wr.load(frame(UNITS), frame(claims), home / name, data_until="2020-06-30")
    return home


def cost(folder, day):
    with wr.open(folder, as_of=day) as fleet:
        tally = fleet.tally()
        return float(tally.claims.sum()), float(tally.cost.sum())


@pytest.mark.parametrize("day", ["2020-03-02", "2020-03-10", "2020-04-30"])
def test_a_past_day_is_answered_as_before_the_corrections(folders, day):
    assert cost(folders / "both", day) == cost(folders / "first", day)


def test_a_correction_counts_from_the_day_it_became_known(folders):
    assert cost(folders / "both", "2020-04-30") == (2.0, 150.0)
    assert cost(folders / "both", "2020-05-01") == (2.0, 120.0)


def test_a_claim_can_move_to_another_unit(folders):
    with wr.open(folders / "both", as_of="2020-06-30") as fleet:
        rows = fleet.sql("SELECT unit, replaced_day FROM claims ORDER BY claim, known_day").to_pylist()
        assert [r["unit"] for r in rows] == [0, 0, 1, 2]
        assert [r["replaced_day"] is None for r in rows] == [False, True, False, True]
        assert fleet.at("2020-05-31").tally().claims.sum() == 2
        assert fleet.tally().claims.sum() == 2


def test_the_records_reach_to_the_last_correction():
    assert str(wr.check(frame(UNITS), frame(BOTH)).data_until) == "2020-06-01"


def test_two_versions_of_one_day_are_a_finding(tmp_path):
    twice = {name: [*cells, cells[-1]] for name, cells in BOTH.items()}
    with pytest.raises(Findings) as caught:
        wr.load(frame(UNITS), frame(twice), tmp_path)
    assert [f.rule for f in caught.value.found] == ["duplicate-claim"]


def test_a_version_left_out_ends_no_other(tmp_path):
    bad = BOTH | {"cost": ["100", "50", "-70", "50"]}
    loaded = wr.load(frame(UNITS), frame(bad), tmp_path, accept_good=True)
    assert loaded.by_rule == {"cost-negative": 1}
    assert cost(tmp_path, "2020-06-01") == (2.0, 150.0)


def test_a_version_is_not_known_before_its_report():
    early = BOTH | {"known_on": [None, None, "2020-03-01", "2020-06-01"]}
    assert wr.check(frame(UNITS), frame(early)).by_rule == {"known-before-reported": 1}


def test_a_serial_is_answered_from_its_claims_as_corrected(folders):
    with wr.open(folders / "both") as fleet:
        assert fleet.entitle("A", on="2020-07-01").covered
