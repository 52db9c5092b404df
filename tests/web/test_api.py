"""The API and the forms: versions, keys, cursors, problems, sessions, look-ups that cannot be walked."""

import json
import statistics
import time

import httpx
import pytest
from tests.web.conftest import PASSWORD, SERIALS

from warrantor.web.guard import csrf_of
from warrantor.web.limits import Door

PUBLIC = "/api/v1/coverage:public"


def opened(served, serial=SERIALS[0], name="agent", **headers):
    return served.as_(name).post("/api/v1/claims", json={"serial": serial, "symptom": "no power"}, headers=headers)


def act(served, number, action, etag, name="agent", key=None, **inputs):
    headers = {"if-match": etag} | ({"idempotency-key": key} if key else {})
    return served.as_(name).post(f"/api/v1/claims/{number}/acts/{action}", json={"inputs": inputs}, headers=headers)


def test_a_claim_from_the_door_to_the_hand_back(served):
    made = opened(served)
    assert made.status_code == 201
    number, etag = made.json()["claim"], made.headers["etag"]
    assert made.headers["location"] == f"/api/v1/claims/{number}"
    for action, state in (("check", "entitlement_checked"), ("authorise", "authorised"), ("receive", "received"),
                          ("diagnose", "diagnosed"), ("start_repair", "in_repair"), ("repair_done", "repaired"),
                          ("hand_back", "closed")):
        possible = {p["act"] for p in served.as_("agent").get(f"/api/v1/claims/{number}").json()["possible"]}
        assert action in possible
        done = act(served, number, action, etag, **({"fault": "performance"} if action == "diagnose" else {}))
        assert done.json()["state"] == state, done.text
        etag = done.headers["etag"]
    assert done.json()["answer"] == "covered"
    assert served.as_("agent").get("/api/v1/claims").json()["counts"]["done"] == 1


def test_an_act_needs_the_version_it_was_decided_on(served):
    made = opened(served)
    number, etag = made.json()["claim"], made.headers["etag"]
    bare = served.as_("agent").post(f"/api/v1/claims/{number}/acts/check", json={})
    assert bare.status_code == 428
    assert act(served, number, "check", '"nonsense"').status_code == 422
    assert act(served, number, "check", etag).status_code == 200
    stale = act(served, number, "authorise", etag)
    assert stale.status_code == 412
    assert stale.headers["content-type"] == "application/problem+json"
    assert act(served, number, "hand_back", '"2"').status_code == 409


def test_a_key_opens_one_claim(served):
    first, again = (opened(served, **{"idempotency-key": "k1"}) for _ in range(2))
    assert first.status_code == again.status_code == 201
    assert first.json()["claim"] == again.json()["claim"]
    assert opened(served, SERIALS[1], **{"idempotency-key": "k1"}).status_code == 422
    assert opened(served).status_code == 409, "the unit has an open claim"
    assert len(served.as_("agent").get("/api/v1/claims").json()["rows"]) == 1


def test_pages_of_a_list_join_without_a_gap(served):
    numbers = [opened(served, serial).json()["claim"] for serial in SERIALS[:7]]
    seen, cursor = [], ""
    while True:
        page = served.as_("agent").get("/api/v1/claims", params={"size": 3, "cursor": cursor}).json()
        seen += [row["claim"] for row in page["rows"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert seen == sorted(numbers, reverse=True)
    made = served.as_("agent").get("/api/v1/claims", params={"size": 3}).json()["cursor"]
    assert served.as_("agent").get("/api/v1/claims", params={"bucket": "done", "cursor": made}).status_code == 400


def test_failures_are_problem_documents(served):
    for answer, status in (
        (served.as_().get("/api/v1/claims"), 401), (served.as_("agent").get("/api/v1/claims/999"), 404),
        (served.as_("agent").get("/api/v1/nothing"), 404), (served.as_("agent").put("/api/v1/claims"), 405),
        (served.as_("agent").post("/api/v1/coverage", json={"serial": "x", "on": "2026-13-01"}), 422),
        (served.as_("agent").post("/api/v1/coverage", json={"serial": "x", "vip": True}), 422),
        (served.as_("agent").post("/api/v1/coverage", content=b"x" * 1_100_000), 413),
    ):
        assert answer.status_code == status, answer.text
        document = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert document["status"] == status
        assert document["detail"]


def test_a_failure_of_the_server_is_told_without_its_insides(served, monkeypatch):
    monkeypatch.setattr("warrantor.desk.queue.counts", lambda *_: 1 / 0)
    answer = served.as_("agent").get("/api/v1/claims")
    assert answer.status_code == 500
    assert "ZeroDivision" not in answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_session_is_held_here_rotated_and_ended(served):
    client = served.entered("agent")
    cookie = next(c for c in client.cookies.jar if c.name == "session")
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite").lower() == "lax"
    old = cookie.value
    again = {"name": "agent", "password": PASSWORD, "csrf": csrf_of(old)}
    assert client.post("/sign-in", data=again).status_code == 303
    assert client.cookies["session"] != old
    stale = httpx.get(f"{served.url}/claims", cookies={"session": old})
    assert stale.status_code == 303, "the old session ended when the new one began"
    token = client.cookies["session"]
    assert client.post("/sign-out", data={"csrf": csrf_of(token)}).status_code == 303
    assert httpx.get(f"{served.url}/claims", cookies={"session": token}).status_code == 303


@pytest.mark.parametrize(("data", "headers"), [
    ({}, {}), ({"csrf": "0" * 64}, {}), (None, {"origin": "https://elsewhere.example"}),
    (None, {"sec-fetch-site": "cross-site"}), (None, {"origin": "null"})])
def test_a_form_of_another_site_is_refused(served, data, headers):
    client = served.entered("agent")
    right = {"csrf": csrf_of(client.cookies["session"]), "serial": SERIALS[0]}
    assert client.post("/coverage", data=right).status_code == 200
    sent = right if data is None else {"serial": SERIALS[0], **data}
    assert client.post("/coverage", data=sent, headers=headers).status_code == 403


def test_wrong_passwords_are_slowed_and_names_are_not_told(served):
    client = served.as_()
    told = {client.post("/api/v1/session", json={"name": name, "password": "wrong"}).text
            for name in ("agent", "nobody")}
    assert len(told) == 1
    for _ in range(10):
        last = client.post("/api/v1/session", json={"name": "agent", "password": "wrong"})
    assert last.status_code == 429
    assert int(last.headers["retry-after"]) > 0
    assert client.post("/api/v1/session", json={"name": "agent", "password": PASSWORD}).status_code == 429


def test_a_closed_account_is_out_at_once(served):
    from warrantor.desk import people

    assert served.as_("agent").get("/api/v1/claims").status_code == 200
    people.change(served.store, served.who["admin"].actor, served.who["agent"].number, version=1, active=False)
    assert served.as_("agent").get("/api/v1/claims").status_code == 401


def test_anybody_learns_a_month_and_nothing_else(served):
    served.app.state.counter.door = Door(served.app.state.counter.windows, lambda *_: None, per_hour=1000, per_day=1000)
    ask = served.as_().post
    right = ask(PUBLIC, json={"serial": SERIALS[0], "proof": "2026-03"})
    assert right.json() == {"schema": "warrantor.lookup/1", "covered_until": "2027-03"}
    wrong = [ask(PUBLIC, json={"serial": s, "proof": p}) for s, p in
             ((SERIALS[1], "2026-04"), ("NOBODY-KNOWS", "2026-03"), (SERIALS[2], "0000-00"))]
    assert {(a.status_code, a.text) for a in wrong} == {(200, '{"schema":"warrantor.lookup/1","covered_until":null}')}
    form = [ask("/coverage/public", data={"serial": s, "proof": "2026-04"}).text.replace(s, "-")
            for s in (SERIALS[3], "NOBODY-KNOWS-2")]
    assert form[0] == form[1]


def test_known_and_unknown_serials_take_alike(tmp_path):
    from tests.web.conftest import Served, desk

    served = Served(*desk(tmp_path), home=tmp_path, floor=0.15)
    served.app.state.counter.door = Door(served.app.state.counter.windows, lambda *_: None, per_hour=1000, per_day=1000,
                                         run=1000)
    try:
        took = {known: [] for known in (True, False)}
        for n in range(12):
            for known, serial in ((True, SERIALS[n]), (False, f"UNKNOWN-{n}")):
                began = time.perf_counter()
                served.as_().post(PUBLIC, json={"serial": serial, "proof": "2025-01"})
                took[known].append(time.perf_counter() - began)
    finally:
        served.close()
    medians = [statistics.median(values) for values in took.values()]
    assert min(medians) >= 0.15
    assert abs(medians[0] - medians[1]) < 0.015, medians


def test_a_walker_with_ten_thousand_guesses_learns_nothing(served, caplog):
    """Ten thousand serials one after another, from a new address each time, with the right month for all of them."""
    counter, learnt, passed = served.app.state.counter, 0, 0
    for n in range(10_000):
        address, serial = f"10.{n // 250}.{n % 250}.9", f"35693803{n:06d}0"
        if counter.door.asks(address, serial) is None:
            passed += 1
            learnt += counter.until(address, serial, "2026-03") is not None
    assert passed <= 40
    assert learnt == 0
    alarms = [json.loads(r.message) for r in caplog.records if "alarm" in r.message]
    assert alarms
    assert "35693803" not in json.dumps(alarms)


def test_one_address_is_stopped_over_http(served):
    answers = [served.as_().post(PUBLIC, json={"serial": f"S{n}", "proof": "2026-03"}).status_code for n in range(12)]
    assert answers == [200] * 10 + [429] * 2


def test_many_questions_at_once_and_not_a_whole_type_code(served, monkeypatch):
    monkeypatch.setattr("warrantor.web.counter.MOST_ASKED", 100)
    ask = [{"serial": s} for s in SERIALS]
    one = served.as_("agent").post("/api/v1/coverage:batch", json={"questions": ask})
    assert [a["answer"] for a in one.json()["answers"]] == ["covered"] * 40
    told = [served.as_("agent").post("/api/v1/coverage:batch", json={"questions": ask}).status_code for _ in range(2)]
    assert told == [200, 429]
    more = served.as_("engineer").post("/api/v1/coverage:batch", json={"questions": ask * 26})
    assert more.status_code == 422, "a thousand at most"


def test_the_log_line_holds_no_serial(served, caplog):
    caplog.set_level("INFO", "warrantor.web")
    served.as_("agent").get(f"/units/{SERIALS[0]}")
    served.as_("agent").get("/claims", params={"q": SERIALS[0]})
    told = " ".join(r.message for r in caplog.records if r.name == "warrantor.web")
    assert "/units/-" in told
    assert SERIALS[0] not in told


def test_alive_and_ready_and_not_ready_without_its_database(served):
    from warrantor.desk import tables
    from warrantor.desk.migrations import HEAD

    assert served.as_().get("/health/live").json()["status"] == "alive"
    assert served.as_().get("/health/ready").json() == {"status": "ready", "revision": HEAD}
    with served.store.engine.begin() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        tables.people.drop(connection)
    assert served.as_().get("/health/ready").status_code == 503


def test_a_unit_that_nobody_knows_has_one_open_claim_too(served):
    first, again = opened(served, "NOBODY-KNOWS"), opened(served, "NOBODY-KNOWS")
    assert first.json()["held"] == "hold:serial_not_shipped"
    assert again.status_code == 409


def test_goodwill_takes_a_second_person_and_money_is_a_line(served):
    number = opened(served, SERIALS[3]).json()["claim"]
    asked = {"kind": "goodwill", "claim": str(number), "reason": "The courier lost it twice."}
    assert served.as_("agent").post("/proposals", data=asked).status_code == 303
    again = served.as_("agent").post("/proposals", data=asked)
    assert again.status_code == 409
    assert served.as_("agent").post("/proposals/1/approve", data={"version": "1"}).status_code == 403
    waiting = served.as_("owner").get("/proposals.json").json()["rows"]
    assert [p["kind"] for p in waiting] == ["goodwill"]
    assert served.as_("owner").post("/proposals/1/approve", data={"version": "1"}).status_code == 303
    assert served.as_("owner").post("/proposals/1/approve", data={"version": "2"}).status_code == 409
    assert served.as_("finance").post(f"/claims/{number}/costs/lines", data={
        "kind": "part", "amount": "12.50", "currency": "CNY"}).status_code == 303
    page = served.as_("agent").get(f"/claims/{number}").text
    assert "CNY 12.50" in page.replace("\xa0", " ")
    assert "Goodwill" in page
    assert "12.50" not in served.as_("customer").get("/claims").text


def test_a_hold_is_cleared_by_a_second_person(served):
    number = opened(served, "NOBODY-KNOWS").json()["claim"]
    etag = '"1"'
    assert act(served, number, "check", etag).status_code == 409, "a held claim waits for a person"
    assert act(served, number, "clear", etag, reason="Papers seen.").status_code in (403, 422)
    possible = served.as_("engineer").get(f"/api/v1/claims/{number}").json()["possible"]
    told = {name: "Papers seen." for p in possible if p["act"] == "clear" for name in p["needs"]}
    assert act(served, number, "clear", etag, name="engineer", **told).json()["held"] == ""


def test_a_view_of_the_queue_is_an_address(shared):
    client = shared.as_("engineer")
    everything = client.get("/claims.json?bucket=").json()["rows"]
    alder = client.get("/claims.json?bucket=&product=Alder").json()["rows"]
    assert {row["product"] for row in alder} == {"Alder"}
    assert len(alder) == sum(row["product"] == "Alder" for row in everything) < len(everything)
    state = alder[0]["state"]
    told = client.get("/api/v1/claims", params={"product": "Alder", "state": state}).json()["rows"]
    assert [row["claim"] for row in told] == [row["claim"] for row in alder if row["state"] == state]
    assert client.get("/claims.json?bucket=&state=closed").json()["rows"] == []
    assert client.get("/claims.json?state=nowhere").status_code == 422
    first = client.get("/api/v1/claims", params={"product": "Alder", "size": 1}).json()
    assert client.get("/api/v1/claims", params={"cursor": first["cursor"], "size": 1}).status_code == 400, (
        "a place in one list is no place in another")
    page = client.get("/claims?bucket=&product=Alder", headers={"accept": "text/html"}).text
    assert 'value="Alder"' in page
    assert "/claims.csv?bucket=&amp;product=Alder" in page, "what is taken away is what is seen"
