"""warrantor returns: counts by month of sale and age, and empty where nobody could be seen."""

import datetime as dt
import json

import numpy as np

from warrantor.cli.app import run
from warrantor.cli.returns import counted
from warrantor.tally import Cohorts

DAY = (dt.date(2019, 1, 1) - dt.date(1970, 1, 1)).days


def cohorts():
    start = np.array([DAY, DAY + 10, DAY + 31])
    return Cohorts(by=("product",), strata=(("Alder",), ("Birch",)), stratum=np.array([0, 0, 1]), as_of="2019-06-30",
                   guarantees=("conventional@1",), guarantee=np.zeros(3, int), start_day=start, end_day=start + 90,
                   units=np.array([10.0, 20.0, 7.0]), claimed=np.ones(3), gone=np.zeros(3),
                   claim_cohort=np.array([0, 1, 1, 2]), claim_age=np.array([0, 0, 2, 4]), claim_lag=np.zeros(4, int),
                   claim_count=np.array([1.0, 2.0, 3.0, 1.0]), claim_cost=np.full(4, np.nan))


def test_claims_stand_at_their_month_of_sale_and_age():
    alder, birch = counted(cohorts())["strata"]
    assert alder["months"] == ["2019-01", "2019-02"]
    assert alder["units"] == [30.0, 0.0]
    assert alder["claims"][0] == [3, 0, 3, None, None], "after 90 days of cover nobody is seen"
    assert alder["claims"][1] == [None] * 5, "nothing was sold"
    assert birch["claims"][1] == [0, 0, 0, None, 1], "a claim that is there is shown"


def test_the_verb_counts_every_claim_once(tmp_path, capsys):
    from warrantor.records import load

    (tmp_path / "units.csv").write_text("serial,product,sold_on,market\nA,Alder,2019-01-05,CN\nB,Alder,2019-02-05,CN\n")
    (tmp_path / "claims.csv").write_text("claim,serial,opened_on,reported_on\n1,A,2019-02-10,2019-02-11\n")
    load(tmp_path / "units.csv", tmp_path / "claims.csv", tmp_path / "fleet", data_until="2019-06-30")
    capsys.readouterr()
    assert run(["returns", str(tmp_path / "fleet"), "--by", "product", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "warrantor.returns/1"
    assert document["strata"][0]["months"] == ["2019-01", "2019-02"]
    assert document["strata"][0]["claims"][0][1] == 1
    assert run(["returns", str(tmp_path / "fleet"), "--csv"]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == ["origin,sale_month,units,age_month,claims",
                                                          "sold,2019-01,1,1,1"]
