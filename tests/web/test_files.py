"""Every table of every page can be taken away, in three forms, by whoever may read the page."""

import csv
import io
import json
import re
import zipfile

import pytest
from tests.web.conftest import SERIALS

from warrantor.desk.claims import act, claim
from warrantor.desk.costs import add
from warrantor.terms import MARKS

STARTS = {"csv": b"\xef\xbb\xbf", "json": b"{", "xlsx": b"PK"}
PAGES = [("agent", "/claims?bucket="), ("agent", "/claims/{claim}"),
         ("admin", "/people"),
         ("auditor", "/audit"), ("finance", "/trials"), ("owner", "/trials/longer"),
         ("agent", "/guarantees"), ("engineer", "/guarantees/cn_statutory_mobile@1"), ("agent", f"/units/{SERIALS[0]}")]


@pytest.fixture(scope="module")
def number(shared):
    """A claim that was decided and has cost."""
    found, actor = shared.claims.agent, shared.who["agent"].actor
    act(shared.store, found, "check", actor, {}, version=claim(shared.store, found, actor).version)
    add(shared.store, found, actor, {"kind": "part", "what": "=cell", "amount": "12.50", "currency": "CNY"})
    return found


@pytest.mark.parametrize(("name", "path"), PAGES, ids=[path for _, path in PAGES])
def test_every_table_is_offered_as_files(shared, number, name, path):
    path = path.format(claim=number)
    page = shared.as_(name).get(path, headers={"accept": "text/html"}).text
    links = [a.replace("&amp;", "&") for a in re.findall(r'href="([^"]+\.(?:csv|json|xlsx)(?:\?[^"]*)?)"', page)
             if not a.endswith("/workbook.xlsx")]
    assert len(links) == 3 * page.count("<table>") > 0
    for link in links:
        answer, form = shared.as_(name).get(link), link.split("?")[0].rsplit(".", 1)[1]
        assert answer.status_code == 200, (link, answer.text)
        assert answer.content.startswith(STARTS[form])
        said = answer.headers["content-disposition"].split('"')[1]
        assert said.endswith(f".{form}")
        assert SERIALS[0] not in said, "files lie about: their names hold no serial"


def test_the_files_hold_what_the_page_shows(shared, number):
    lines = json.loads(shared.as_("finance").get(f"/claims/{number}/costs.json").text)["rows"]
    assert (lines[0]["kind"], lines[0]["what"], lines[0]["amount"]) == ("part", "=cell", "12.50")
    text = shared.as_("agent").get(f"/claims/{number}/costs.csv").content.decode("utf-8-sig")
    assert next(csv.DictReader(io.StringIO(text)))["what"] == "'=cell"
    assert shared.as_("customer").get(f"/claims/{number}/costs.json").status_code == 404
    unit = shared.as_("auditor").get(f"/units/{SERIALS[0]}/layers.json").json()
    covers = {r["guarantee"]: (r["from"], r["to"], r["alive"]) for r in unit["rows"]}
    assert covers["cn_statutory_mobile"] == ("2026-03-10", "2027-03-10", True)
    assert all(r["rules"] for r in unit["rows"])
    assert shared.as_("agent").get(f"/claims/{number}/layers.json").json()["rows"] == unit["rows"]
    rails = shared.as_("owner").get("/trials/longer/guardrails.json").json()
    assert all(r["shown"] is not None or r["unmeasured"] for r in rails["rows"])
    assert {r["name"]: (r["ratio"], r["margin"]) for r in rails["rows"]}["safety"] == (1.0, 1.5)
    book = shared.as_("owner").get("/trials/longer/workbook.xlsx")
    with zipfile.ZipFile(io.BytesIO(book.content)) as held:
        names = re.findall(r'<sheet name="([^"]*)"', held.read("xl/workbook.xml").decode())
        about = held.read("xl/sharedStrings.xml").decode()
    assert [n.split("-")[0] for n in names] == ["looks", "guardrails", "checks", "alarms", "About"]
    assert "/trials/longer/workbook.xlsx" in about
    assert "owner" in about
    rules = shared.as_("agent").get("/guarantees/cn_statutory_mobile@1/rules.json").json()["rows"]
    assert rules
    assert all(r["mark"] in MARKS and r["text"] for r in rules)
    assert shared.as_("agent").get("/units/nobody/layers.csv").status_code == 404
    assert shared.as_("agent").get("/claims.pdf").status_code == 404


def test_a_page_that_answered_a_form_can_be_read_again_in_the_other_language(shared):
    client = shared.as_("agent")
    said = client.post("/claims/review", data={"serial": SERIALS[0]}, headers={"accept": "text/html"}).text
    assert 'href="/claims/new?lang=zh_Hans_CN"' in said
    for path, page in (("/claims/review", "/claims/new"), ("/claims/1/check", "/claims/1"),
                       ("/people/1/close", "/people"), ("/coverage/public", "/coverage"),
                       ("/proposals/1/approve", "/proposals")):
        answer = client.get(f"{path}?lang=zh", headers={"accept": "text/html"}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, page)
    missing = client.get("/claims/abc", headers={"accept": "text/html", "accept-language": "zh"})
    assert missing.status_code == 404
    assert "int_parsing" not in missing.text


@pytest.mark.parametrize("lang", ["zh", "zh-CN", "zh_Hans_CN"])
def test_chinese_has_several_names(shared, lang):
    answer = shared.as_("agent").get(f"/claims?lang={lang}", headers={"accept": "text/html"})
    assert '<html lang="zh-Hans-CN"' in answer.text
    assert "language=zh_Hans_CN" in answer.headers["set-cookie"]
    shared.as_("agent").cookies.clear()


def test_the_log_is_asked_by_who_what_and_when_and_its_files_follow(shared):
    auditor, number = shared.as_("auditor"), shared.claims.agent
    page = auditor.get(f"/audit?subject=claim {number}&kind=open", headers={"accept": "text/html"}).text
    assert f'<a href="/claims/{number}">' in page
    assert "Open the claim</td>" in page
    assert f"agent ({shared.who['agent'].number})" in page
    link = re.search(r'href="(/audit\.json[^"]*)"', page)[1].replace("&amp;", "&")
    rows = auditor.get(link).json()["rows"]
    assert [(r["kind"], r["subject"], r["name"]) for r in rows] == [("open", f"claim {number}", "agent")]
    mine = auditor.get("/audit.json", params={"person": shared.who["customer"].number}).json()["rows"]
    assert {r["name"] for r in mine} == {"customer"}
    today = shared.store.clock().date()
    for query, count in ((f"since={today}&until={today}", True), ("until=2001-01-01", False),
                         ("since=2999-01-01", False)):
        assert bool(auditor.get(f"/audit.json?kind=open&{query}").json()["rows"]) is count
    assert auditor.get("/audit?since=soon", headers={"accept": "text/html"}).status_code == 422


def test_what_was_answered_stays_in_a_list(served):
    from warrantor.desk import proposals

    actor = served.who["engineer"].actor
    for name in ("one", "two"):
        proposals.propose(served.store, actor, "campaign", "screens", {"name": name, "on": "2026-03-10"})
    proposals.settle(served.store, served.who["owner"].actor, 1, approve=False, answer="too wide", version=1)
    names = {state: [r["proposal"] for r in served.as_("owner").get(f"/proposals.json?state={state}").json()["rows"]]
             for state in ("waiting", "approved", "refused", "all")}
    assert names == {"waiting": [2], "approved": [], "refused": [1], "all": [1, 2]}
    page = served.as_("engineer").get("/proposals?state=refused", headers={"accept": "text/html"}).text
    assert "too wide" in page
    assert f"owner ({served.who['owner'].number})" in page
    row = served.as_("owner").get("/proposals.json?state=refused").json()["rows"][0]
    assert (row["asked_by_name"], row["answered_by_name"]) == ("engineer", "owner")
