"""The laboratory for programs: guarantees, products, forecasts, trials; the same figures as the pages show."""

import tomllib

import pytest
from tests.unit.test_trial_verdict import MATURE
from tests.web.test_jobs import finished, fleet, running, started

from warrantor.terms import load_guarantees

__all__ = ["fleet", "running"]  # the fixtures


def test_guarantees_come_with_their_rules_their_marks_and_their_own_text(shared):
    client = shared.as_("agent")
    rows = client.get("/api/v1/guarantees").json()["rows"]
    assert [r["guarantee"] for r in rows if r["own"]] == ["conventional@1"]
    assert {"statutory", "seller"} <= {r["layer"] for r in rows if not r["own"]}
    assert all(r["mark"] in ("S", "S2", "G", "D") for r in rows)
    one = client.get("/api/v1/guarantees/cn_statutory_mobile@1").json()
    assert one["terms"]["host"] == "12 months"
    assert all(rule["mark"] and rule["zh"] for rule in one["rules"].values())
    assert tomllib.loads(one["toml"])["guarantee"][0]["name"] == "cn_statutory_mobile"
    assert load_guarantees(client.get("/api/v1/guarantees/conventional@1").json()["toml"])["conventional@1"]
    assert client.get("/api/v1/guarantees/conventional@2").status_code == 404


def test_a_guarantee_is_read_in_both_languages(shared):
    page = shared.as_("agent").get("/guarantees/cn_statutory_mobile@1", headers={"accept": "text/html"}).text
    assert "the period starts anew" in page
    assert "Not legal advice" in page
    chinese = shared.as_("agent").get("/guarantees/cn_statutory_mobile@1?lang=zh_Hans_CN").text
    assert "重新起算" in chinese
    assert "12 个月" in chinese


@pytest.mark.parametrize("path", ["products", "forecasts", "trials"])
def test_a_list_without_anything_is_an_empty_list(served, path):
    assert served.as_("finance").get(f"/api/v1/{path}").json()["rows"] == []


def test_products_and_forecasts_are_those_of_the_finished_jobs(running):
    numbers = [started(running, kind) for kind in ("life", "returns", "forecast", "forecast")]
    states = [finished(running, number)["state"] for number in numbers]
    client = running.as_("finance")
    rows = client.get("/api/v1/products").json()["rows"]
    assert sum(row["units"] for row in rows) == 600
    one = client.get("/api/v1/products/Birch 4/64").json()
    assert one["life"]["about"]["job"] == numbers[0]
    assert sum(one["returns"]["units"]) == 300
    assert client.get("/api/v1/products/Nothing").status_code == 404
    assert states[2:] == ["done", "done"]
    first = client.get("/api/v1/forecasts", params={"size": 1}).json()
    rest = client.get("/api/v1/forecasts", params={"size": 1, "cursor": first["cursor"]}).json()
    assert [r["forecast"] for r in first["rows"] + rest["rows"]] == numbers[:1:-1]
    assert rest["cursor"] == ""
    old = client.get(f"/api/v1/forecasts/{numbers[2]}").json()
    assert old["document"]["strata"]
    assert client.get(f"/api/v1/forecasts/{numbers[0]}").status_code == 404
    assert running.app.state.counter.latest("forecast").job.number == numbers[3], "an old one does not take its place"


def test_a_trial_shows_an_effect_only_where_its_plan_had_a_look(shared):
    client = shared.as_("owner")
    one = client.get("/api/v1/trials/longer").json()
    assert one["last"]["says"] == "ROLL OUT"
    assert one["planned"]["planned"] is True
    assert [o["says"] for o in one["overrides"]] == ["CONTINUE"]
    looks = client.get("/api/v1/trials/longer/looks").json()["rows"]
    hidden = [d for d in looks if d["on"] == MATURE[2].isoformat()]
    assert [(d["planned"], d.get("below")) for d in hidden] == [(False, None)]
    assert client.get("/api/v1/trials/shorter").status_code == 404


def test_a_figure_to_be_moved_in_holds_the_numbers_of_the_still_one(running):
    assert finished(running, started(running, "life"))["state"] == "done"
    client = running.as_("engineer")
    spec = client.get("/products/Birch 4/64/figure").json()
    drawn = {row["x"]: row["y"] for row in spec["data"]["values"]}
    table = {row["until"]: 1 - row["survival"] for row in client.get("/products/Birch 4/64/life.json").json()["rows"]
             if row["lower"] is not None and row["survival"] is not None}
    assert drawn == pytest.approx({x: table[x] for x in drawn})
    assert len(drawn) > 30
    assert "http" not in str(spec)
    assert client.get("/products/Nothing/figure").status_code == 404
    assert client.get("/forecast/figures/1").status_code == 404
