"""Accounts on pages and in the API: first passwords, one's own account, what an admin may change."""

import re

import httpx
import pytest
from tests.web.conftest import PASSWORD, SERIALS, Served, desk

from warrantor.desk import people
from warrantor.web.guard import csrf_of
from warrantor.web.settings import Issuer

FIRST, OWN = "given by an admin", "chosen by oneself"


@pytest.fixture
def newcomer(served):
    """Somebody whose account an admin made, and where the admin stands."""
    made = served.as_("admin").post("/people", data={"name": "mei", "role": "agent", "centre": "north",
                                                     "password": FIRST})
    assert made.status_code == 303
    served.who["mei"] = next(one for one in people.everybody(served.store) if one.name == "mei")
    return served.who["mei"]


def browser(served, password, name="mei"):
    client = httpx.Client(base_url=served.url)
    served.clients[name, len(served.clients)] = client
    assert client.post("/sign-in", data={"name": name, "password": password}).status_code == 303
    return client


def sent(client, path, **data):
    return client.post(path, data={**data, "csrf": csrf_of(client.cookies["session"])})


def test_with_a_first_password_nothing_is_done_before_it_is_changed(served, newcomer):
    client = browser(served, FIRST)
    for path in ("/", "/claims", "/coverage", "/docs", "/claims.json", f"/units/{SERIALS[0]}"):
        answer = client.get(path)
        if path.endswith(".json"):
            assert answer.status_code == 403
        else:
            assert (answer.status_code, answer.headers["location"]) == (303, "/account"), path
    assert sent(client, "/coverage", serial=SERIALS[0]).status_code == 403
    page = client.get("/account").text
    assert "choose one of your own first" in page
    assert 'href="/claims"' not in page
    assert sent(client, "/account/password", old=FIRST, password=FIRST).status_code == 422
    changed = sent(client, "/account/password", old=FIRST, password=OWN)
    assert (changed.status_code, changed.headers["location"]) == (303, "/account?done=1")
    assert "Your password is changed" in client.get("/account?done=1").text
    assert client.get("/claims").status_code == 200
    assert not people.person(served.store, newcomer.number).first
    assert httpx.post(f"{served.url}/sign-in", data={"name": "mei", "password": FIRST}).status_code == 401


@pytest.mark.usefixtures("newcomer")
def test_a_program_with_a_first_password_may_only_change_it(served):
    token = served.as_().post("/api/v1/session", json={"name": "mei", "password": FIRST}).json()["token"]
    bearer = {"authorization": f"Bearer {token}"}
    for method, path, body in (("GET", "/api/v1/claims", None), ("POST", "/api/v1/coverage", {"serial": SERIALS[0]}),
                               ("POST", "/api/v1/coverage:public", {"serial": SERIALS[0], "proof": "2026-03"})):
        answer = served.as_().request(method, path, json=body, headers=bearer)
        assert answer.status_code == 403
        assert "choose one of your own first" in answer.json()["detail"]
        assert answer.json()["first"] is True
    wrong = served.as_().put("/api/v1/session/password", json={"old": "x", "password": OWN}, headers=bearer)
    assert (wrong.status_code, wrong.json()["input"]) == (422, "old")
    changed = served.as_().put("/api/v1/session/password", json={"old": FIRST, "password": OWN}, headers=bearer)
    assert changed.status_code == 200
    assert served.as_().get("/api/v1/claims", headers=bearer).status_code == 401, "the session so far has ended"
    renewed = {"authorization": f"Bearer {changed.json()['token']}"}
    assert served.as_().get("/api/v1/claims", headers=renewed).status_code == 200


@pytest.mark.usefixtures("newcomer")
def test_a_session_with_a_first_password_can_be_ended_and_begun_again(served):
    client = browser(served, FIRST)
    again = {"name": "mei", "password": FIRST, "csrf": csrf_of(client.cookies["session"])}
    assert client.post("/sign-in", data=again).status_code == 303
    assert client.get("/sign-in").status_code == 200
    assert sent(client, "/sign-out").status_code == 303
    token = served.token("mei")
    left = served.as_().delete("/api/v1/session", headers={"authorization": f"Bearer {token}"})
    assert left.status_code == 204


def test_an_admin_is_not_both_persons_of_a_decision_with_passwords_they_set(served):
    """An agent and an owner, both made by one admin: neither does anything with what the admin knows of them."""
    for name, role, centre in (("one", "agent", "north"), ("two", "owner", "")):
        served.as_("admin").post("/people", data={"name": name, "role": role, "centre": centre, "password": FIRST})
    for name, path, body in (("one", "/proposals", {"kind": "goodwill", "claim": "1", "reason": "x"}),
                             ("two", "/proposals/1/approve", {"version": "1"})):
        assert sent(browser(served, FIRST, name), path, **body).status_code == 403


def test_the_wrong_old_password_is_counted(served):
    client = served.entered("agent")
    for _ in range(10):
        assert sent(client, "/account/password", old="wrong", password=OWN).status_code == 422
    assert sent(client, "/account/password", old=PASSWORD, password=OWN).status_code == 429
    assert httpx.post(f"{served.url}/sign-in", data={"name": "agent", "password": PASSWORD}).status_code == 303, (
        "who steals a session does not shut its owner out")


def test_ones_own_password_is_changed_and_other_browsers_are_signed_out(served):
    here, there = (served.entered("agent") for _ in range(2))
    wrong = sent(here, "/account/password", old="wrong", password=OWN)
    assert wrong.status_code == 422
    assert "this is not your password" in wrong.text
    assert sent(here, "/account/password", old=PASSWORD, password="short").status_code == 422  # noqa: S106
    before = here.cookies["session"]
    assert sent(here, "/account/password", old=PASSWORD, password="x" * 300).status_code == 303
    assert here.cookies["session"] != before
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 303
    assert browser(served, "x" * 300, "agent").get("/claims").status_code == 200, "what may be set may be typed"


def test_a_password_as_long_as_can_be_is_taken_everywhere(served):
    longest = "x" * 1024
    made = served.as_("admin").post("/people", data={"name": "mei", "role": "owner", "password": longest})
    assert made.status_code == 303
    assert browser(served, longest).get("/account").status_code == 200
    told = served.as_().post("/api/v1/session", json={"name": "mei", "password": longest})
    assert told.status_code == 201
    for page, name in (("/sign-in", None), ("/account", "agent"), ("/people", "admin"), ("/people/1", "admin")):
        fields = re.findall(r'<input[^>]*type="password"[^>]*>', served.as_(name).get(page).text)
        assert fields
        assert all('maxlength="1024"' in field for field in fields), page


def test_one_signs_out_everywhere(served):
    here, there, other = served.entered("agent"), served.entered("agent"), served.entered("owner")
    left = sent(here, "/account/sign-out")
    assert (left.status_code, left.headers["location"]) == (303, "/sign-in")
    assert "session" not in here.cookies
    assert there.get("/claims").headers["location"].startswith("/sign-in")
    assert other.get("/claims").status_code == 200


def version(served, name):
    return str(people.person(served.store, served.who[name].number).version)


def act(served, what, on="agent", by="admin", **data):
    path = f"/people/{served.who[on].number}/{what}"
    return served.as_(by).post(path, data={"version": version(served, on), **data})


def test_an_admin_changes_role_and_centre(served):
    theirs = served.entered("agent")
    assert act(served, "change", role="agent", centre="west").status_code == 303
    assert theirs.get("/claims").status_code == 303, "signed out, so that the next page knows"
    assert people.person(served.store, served.who["agent"].number).centre == "west"
    assert act(served, "change", role="agent", centre="").status_code == 422
    assert act(served, "change", role="king").status_code == 422
    assert act(served, "change", role="owner").status_code == 303
    assert act(served, "change", role="owner", version="1").status_code == 412
    told = served.as_("admin").get("/people.json").json()["rows"]
    assert next(row["role"] for row in told if row["name"] == "agent") == "owner"


def test_an_admin_closes_reopens_and_sets_a_first_password(served):
    assert act(served, "close").status_code == 303
    assert served.as_().post("/sign-in", data={"name": "agent", "password": PASSWORD}).status_code == 401
    assert "Reopen the account of agent" in served.as_("admin").get(f"/people/{served.who['agent'].number}").text
    assert act(served, "reopen").status_code == 303
    assert browser(served, PASSWORD, "agent").get("/claims").status_code == 200
    assert act(served, "password", password="short").status_code == 422  # noqa: S106
    assert act(served, "password", password=FIRST).status_code == 303
    assert browser(served, FIRST, "agent").get("/claims").headers["location"] == "/account"
    own = act(served, "password", on="admin", password=FIRST)
    assert own.status_code == 403
    assert "asks for the old one" in own.text


def test_an_admin_signs_a_person_out_everywhere(served):
    theirs, other = served.entered("agent"), served.entered("owner")
    assert act(served, "sign-out").status_code == 303
    assert theirs.get("/claims").status_code == 303
    assert other.get("/claims").status_code == 200


def test_a_person_is_forgotten_after_a_second_look(served):
    number = served.who["agent"].number
    asked = served.as_("admin").get(f"/people/{number}/forget")
    assert "Forget agent?" in asked.text
    assert f'action="/people/{number}/forget"' in asked.text
    assert people.person(served.store, number).name == "agent", "asking changes nothing"
    assert act(served, "forget", version="7").status_code == 412
    assert act(served, "forget").headers["location"] == "/people"
    assert people.person(served.store, number).name == f"person {number}"
    assert act(served, "reopen").status_code == 409


@pytest.mark.parametrize("what", ["close", "change", "forget"])
def test_the_last_admin_stays(served, what):
    answer = act(served, what, on="admin", **({"role": "owner"} if what == "change" else {}))
    assert answer.status_code == 409
    assert "last administrator" in answer.text
    assert served.as_("admin").get("/people").status_code == 200
    path, zh = f"/people/{served.who['admin'].number}/{what}", {"accept-language": "zh"}
    chinese = served.as_("admin").post(path, headers=zh, data={"version": "1", "role": "owner"})
    assert "最后一位能够登录的管理员" in chinese.text


def test_a_name_at_the_issuer_that_is_taken_is_said_kindly(tmp_path):
    served = Served(*desk(tmp_path), home=tmp_path, issuer=Issuer("https://who.example", "warrantor", "s"))
    try:
        form = {"role": "owner", "subject": "7"}
        assert served.as_("admin").post("/people", data={"name": "mei", **form}).status_code == 303
        answer = served.as_("admin").post("/people", data={"name": "ana", **form})
        assert answer.status_code == 422
        assert "Another account has this name at the issuer already." in answer.text
        page = httpx.get(f"{served.url}/account", headers={"authorization": f"Bearer {token(served, 'mei')}"}).text
        assert "you sign in through an issuer" in page
    finally:
        served.close()


def token(served, name):
    served.who[name] = next(one for one in people.everybody(served.store) if one.name == name)
    return served.token(name)


def test_an_auditor_reads_an_account_and_changes_nothing(served):
    page = served.as_("auditor").get("/people/2").text
    assert '<form method="post" action="/people' not in page
    assert act(served, "close", by="auditor").status_code == 403
