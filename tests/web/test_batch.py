"""A list of serials that is pasted: an answer a line, counted line by line, and taken away."""

import csv
import io
import re

import pytest
from tests.web.conftest import SERIALS
from tests.web.test_api import allow

LIST = f'serial,product\n{SERIALS[0]},Alder\n\n  "{SERIALS[1]}" \tx\r\nNOBODY;1\n{SERIALS[0]}\n'
ASKED = [SERIALS[0], SERIALS[1], "NOBODY", SERIALS[0]]


def test_a_pasted_list_is_answered_line_by_line(served):
    agent = served.as_("agent")
    page = agent.post("/coverage/list", data={"serials": LIST, "on": "2026-11-23"})
    assert page.status_code == 200
    assert page.text.count('scope="row"') == len(ASKED)
    assert f'<a href="/units/{SERIALS[0]}">' in page.text
    assert '<a href="/units/NOBODY' not in page.text
    file = agent.post("/coverage/list.csv", data={"serials": LIST, "on": "2026-11-23"})
    rows = list(csv.DictReader(io.StringIO(file.text.lstrip("\ufeff"))))
    assert [row["serial"] for row in rows] == ASKED
    batch = agent.post("/api/v1/coverage:batch", json={"questions": [{"serial": s, "on": "2026-11-23"} for s in ASKED]})
    assert [row["answer"] for row in rows] == [one["answer"] for one in batch.json()["answers"]]
    assert [row["answer"] for row in rows] == ["covered", "covered", "held", "covered"]
    assert rows[0]["until"] > "2026-11-23"
    assert [(bool(row["remedies"]), bool(row["guarantees"])) for row in rows] == [(True, True)] * 2 + [
        (False, False), (True, True)], "what is held owes nothing yet"
    assert not any(s in file.headers["content-disposition"] for s in ASKED)
    assert agent.post("/coverage/list.csv", data={"serials": LIST, "on": "2033-01-01"}).text.count("not covered") >= 3


@pytest.mark.parametrize(("data", "said"), [
    ({}, "one a line"), ({"serials": " \n\n"}, "one a line"), ({"serials": "x\n" * 1001}, "1,001|1001"),
    ({"serials": "x\n" + "y" * 65}, "Serial 2"), ({"serials": "x", "on": "23.11.2026"}, "2026-11-23"),
    ({"serials": "x", "on": "2026-W48-1"}, "2026-11-23"),
])
def test_what_cannot_be_answered_is_said_and_the_list_is_kept(served, data, said):
    page = served.as_("agent").post("/coverage/list", data=data)
    assert page.status_code == 422
    assert re.search(said, page.text)
    assert data.get("serials", "").strip()[:20] in page.text
    file = served.as_("agent").post("/coverage/list.json", data=data)
    assert (file.status_code, bool(re.search(said, file.text))) == (422, True)


def test_every_line_counts_as_a_question(served):
    allow(served, 5)
    agent = served.as_("agent")
    assert agent.post("/coverage/list", data={"serials": LIST}).status_code == 200
    assert agent.post("/coverage/list.json", data={"serials": LIST}).status_code == 429
    assert agent.post("/coverage/list", data={"serials": "ONE"}).status_code == 200
