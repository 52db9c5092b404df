"""The pages of a trial: what was kept is shown, and the effect only where the plan had a look."""

import re
import shutil
from pathlib import Path

import pytest
from tests.unit.test_trial_verdict import MATURE
from tests.web.conftest import looked_at

from warrantor.trial.chained import read
from warrantor.web.language import Voice
from warrantor.web.retold import retold

EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "trial"


def page(served, path, name="engineer"):
    return served.as_(name).get(path, headers={"accept": "text/html"})


def test_the_manager_reads_the_verdict_first(shared):
    said = page(shared, "/trials/longer").text
    assert said.index("ROLL OUT") < said.index("Guardrails") < said.index("Health of the trial")
    assert "decided CONTINUE against the look" in said
    assert "a lot is being recalled" in said
    assert said.count("<tr>") >= 6 + 3
    for record in read(shared.app.state.counter.settings.home / "trials" / "longer" / "looks"):
        if record["kind"] == "look" and record["number"] == 6:
            assert record["document"]["plan"] in said
            assert record["document"]["data"] in said


def test_a_kept_look_speaks_chinese(shared):
    said = shared.as_("owner").get("/trials/longer?lang=zh", headers={"accept": "text/html"}).text
    main = said[said.index("<main"):said.index("</main")]
    main = re.sub(r"<pre.*?</pre>|<dl.*?</dl>|<code>.*?</code>|<[^>]*>", " ", main, flags=re.DOTALL)
    assert "推广" in main
    assert "期中分析" in main
    free = {"CNY", "lot", "being", "recalled", "owner", "CSV", "JSON", "XLSX", "UTC", "trials", "longer"}
    assert set(re.findall(r"[A-Za-z]{3,}", main)) <= free


@pytest.mark.parametrize("number", range(1, 7))
def test_every_sentence_of_a_look_is_known_to_the_pages(shared, number):
    look = read(shared.app.state.counter.settings.home / "trials" / "longer" / "looks")[number - 1]["document"]
    told = [look["says"], look["why"], *look["waits_for"], *(c["says"] for c in look["checks"]),
            *(a["unmeasured"] for a in look["alarms"] if a["unmeasured"])]
    for sentence in told:
        said = retold(sentence, Voice("zh_Hans_CN"))
        assert said != sentence
        assert not re.search(r"[a-z]{4,}", said), said


def test_the_plan_is_told_in_words_where_it_is_there(shared):
    home = shared.app.state.counter.settings.home / "trials" / "longer" / "trial.toml"
    before = home.read_text()
    home.write_text((EXAMPLE / "trial.toml").read_text())
    try:
        said = page(shared, "/trials/longer").text
    finally:
        home.write_text(before)
    for text in ("Dogwood", "conventional@1: 12 months", "extended@1: 18 months, 50% of units", "CNY 1.20 a unit",
                 "February 28, 2027", "at most 2 times", "waived: no survey", "The plan in the folder is not the one"):
        assert text in said, text


def test_the_trials_are_listed_with_their_last_look(shared):
    assert "/trials/longer" in page(shared, "/trials").text
    rows = shared.as_("owner").get("/trials.json").json()["rows"]
    assert [(r["name"], r["says"]) for r in rows] == [("longer", "ROLL OUT")]


def test_an_unplanned_look_shows_no_effect(shared):
    rows = shared.as_("finance").get("/trials/longer/looks.json").json()["rows"]
    hidden = [r for r in rows if r["on"] == MATURE[2].isoformat()]
    assert [(r["planned"], r["difference"], r["lower"]) for r in hidden] == [(False, None, None)]
    assert all(r["difference"] is not None for r in rows if r["planned"])


@pytest.mark.parametrize("name", ["shorter", "%2e%2e", "longer%2f..%2flonger", "trial.toml"])
def test_a_trial_that_is_not_there_is_not_found(shared, name):
    assert page(shared, f"/trials/{name}").status_code == 404


def test_without_a_look_there_is_a_name_and_no_verdict(served):
    home = served.app.state.counter.settings.home
    assert "No trial stands" in page(served, "/trials").text
    looked_at(home / "trials" / "new")
    shutil.rmtree(home / "trials" / "new" / "looks")
    assert "No look yet" in page(served, "/trials").text
    assert page(served, "/trials/new").status_code == 404


def test_the_first_page_says_what_each_trial_says_to_who_reads_trials(shared):
    assert re.search(r'href="/trials/longer"><b>ROLL OUT</b>', page(shared, "/").text)
    assert "/trials/longer" not in page(shared, "/", "agent").text
