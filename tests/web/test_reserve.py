"""The reserve and the back-test on the page of forecasts: tables that say what the documents say, and their files."""

import csv
import io
import re

import pytest
from tests.web.test_jobs import finished, fleet, running, started

from warrantor.web.reserve import held, set_aside

__all__ = ["fleet", "running"]  # the fixtures
ALDER, BIRCH = ({"product": p, "guarantee": "conventional@1"} for p in ("Alder", "Birch"))
NUMBERS = ("best", "incurred", "unexpired", "value_at_risk", "tail_value_at_risk", "current", "noncurrent")


def money(by, refused=None, **said):
    return {"by": by, "currency": "CNY", "units": 10.0, "covered": 9.0, **dict.fromkeys(NUMBERS), **said,
            "claims_incurred": None, "claims_unexpired": None, "refused": refused}


RESERVE = {"schema": "warrantor.reserve/1", "as_of": "2019-12-31", "level": 0.95, "how": ["Not discounted."],
           "strata": [money(ALDER, **dict(zip(NUMBERS, (1234.5, 34.5, 1200.0, 1500.0, 1600.0, 1000.0, 234.5),
                                              strict=True))), money(BIRCH, "Too few claims <yet>.")],
           "total": money({}, "Too few claims <yet>.")}


def window(by, lower, upper, came, refused=None):
    return {"by": by, "lower": lower, "upper": upper, "came": came, "refused": refused}


BACKTEST = {"schema": "warrantor.backtest/1", "level": 0.9, "inside": 2, "cases": 3, "score": 1.5, "how": [],
            "said": ["3 earlier forecasts."],
            "windows": [window(ALDER, 10.0, 40.0, 20.0), window(BIRCH, 10.0, 40.0, 10.0),
                        window(ALDER, 10.0, 40.0, 41.0), window(BIRCH, None, None, 3.0, "Too few.")]}


def kept(served, kind, document):
    """A finished job with a document."""
    import json

    from warrantor.desk import jobs

    number = jobs.ask(served.store, kind, served.who["engineer"].number, lambda n: [kind, str(n)])
    folder = served.app.state.counter.settings.home / "jobs" / str(number)
    folder.mkdir(parents=True)
    (folder / "out.json").write_text(json.dumps(document))
    jobs.take(served.store)
    jobs.ended(served.store, number, 0)
    return number


def rows_of(page, caption):
    table = next(t for t in re.findall(r"<table>.*?</table>", page, re.DOTALL) if caption in t)
    body = table.split("<tbody>")[1]
    return [[re.sub(r"<[^>]*>", "", cell) for cell in re.findall(r"<t[hd].*?</t[hd]>", row)]
            for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL)]


def test_how_often_it_held_is_counted_by_stratum_and_refused_windows_are_not():
    alder, birch, whole = held(BACKTEST)
    assert (alder["product"], alder["inside"], alder["n"], alder["held"]) == ("Alder", 1, 2, 0.5)
    assert (birch["inside"], birch["n"], birch["held"]) == (1, 1, 1.0), "the ends are inside"
    width = 1.3499  # ln 40.5 - ln 10.5
    over = 20 * 0.0244  # 2 / 0.1 (ln 41.5 - ln 40.5)
    assert alder["score"] == pytest.approx((2 * width + over) / 2, abs=2e-3)
    assert birch["score"] == pytest.approx(width, abs=1e-4)
    assert (whole.get("product"), whole["inside"], whole["n"], whole["score"]) == (None, 2, 3, 1.5)
    none = held({**BACKTEST, "windows": BACKTEST["windows"][3:], "inside": 0, "cases": 0, "score": None})
    assert [(r["n"], r["held"], r["score"]) for r in none] == [(0, None, None)]


def test_one_stratum_is_not_added_up():
    assert len(set_aside({**RESERVE, "strata": RESERVE["strata"][:1]})) == 1


def test_the_page_says_what_to_set_aside_and_how_forecasts_held(served):
    served.app.state.counter.jobs.stop()
    jobs = kept(served, "reserve", RESERVE), kept(served, "backtest", BACKTEST)
    page = served.as_("finance").get("/forecast", headers={"accept": "text/html"}).text
    assert rows_of(page, "What to set aside") == [
        ["Alder, conventional@1", "CNY 1,234.50", "CNY 34.50", "CNY 1,200.00", "CNY 1,500.00", "CNY 1,600.00"],
        ["Birch, conventional@1", "Too few claims &lt;yet&gt;."], ["All together", "Too few claims &lt;yet&gt;."]]
    assert "exceeded in 5 % of cases" in page
    assert [row[:5] for row in rows_of(page, "How often")] == [
        ["Alder, conventional@1", "90 %", "50 %", "1", "2"], ["Birch, conventional@1", "90 %", "100 %", "1", "1"],
        ["All together", "90 %", "66.7 %", "2", "3"]]
    chinese = served.as_("finance").get("/forecast?lang=zh_Hans_CN", headers={"accept": "text/html"}).text
    assert "应计提" in chinese
    assert "名义水平" in chinese
    for name, job in zip(("reserve", "backtest"), jobs, strict=True):
        links = re.findall(rf'href="(/forecast/{name}\.\w+)"', page)
        assert [link.rpartition(".")[2] for link in links] == ["csv", "json", "xlsx"]
        assert all(served.as_("finance").get(link).status_code == 200 for link in links)
        told = served.as_("finance").get(f"/forecast/{name}.json").json()
        assert (told["about"]["job"], len(told["rows"])) == (job, 3)
        text = served.as_("finance").get(f"/forecast/{name}.csv").content.decode("utf-8-sig")
        assert [r["product"] for r in csv.DictReader(io.StringIO(text))] == ["Alder", "Birch", ""]
    assert served.as_("finance").get("/forecast/reserve.json").json()["rows"][0]["value_at_risk"] == 1500.0


def test_without_a_job_there_is_no_file(served):
    for name in ("reserve", "backtest"):
        assert served.as_("finance").get(f"/forecast/{name}.json").status_code == 404
        assert served.as_("agent").get(f"/forecast/{name}.json").status_code == 403


def test_real_jobs_are_shown_as_they_are(running):
    states = {kind: finished(running, started(running, kind))["state"] for kind in ("reserve", "backtest")}
    client = running.as_("engineer")
    assert client.get("/forecast").status_code == 200
    for kind, state in states.items():
        assert (client.get(f"/forecast/{kind}.json").status_code == 200) == (state == "done")
    assert states["reserve"] == "done"
