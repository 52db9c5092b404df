"""The API and the forms: versions, keys, cursors, problems, sessions, look-ups that cannot be walked."""

import json
import re
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest
from sqlalchemy import Engine, event
from tests.web.conftest import BOUGHT, PASSWORD, SERIALS

from warrantor.desk import audit, people, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.web.guard import csrf_of

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
        told = {"diagnose": {"fault": "performance"}, "receive": {"serial": SERIALS[0]}}.get(action, {})
        done = act(served, number, action, etag, **told)
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


@pytest.mark.parametrize("order", ["newest", "oldest"])
def test_pages_of_a_list_join_without_a_gap(served, order):
    numbers = [opened(served, serial).json()["claim"] for serial in SERIALS[:7]]
    seen, cursor = [], ""
    while True:
        page = served.as_("agent").get("/api/v1/claims", params={"size": 3, "order": order, "cursor": cursor}).json()
        seen += [row["claim"] for row in page["rows"]]
        cursor = page["cursor"]
        if not cursor:
            break
    assert seen == sorted(numbers, reverse=order == "newest")
    page = served.as_("agent").get("/claims", params={"bucket": "review", "order": order}).text
    assert [int(n) for n in re.findall(r'data-row href="/claims/(\d+)"', page)] == seen
    made = served.as_("agent").get("/api/v1/claims", params={"size": 3, "order": order}).json()["cursor"]
    for other in ({"bucket": "done", "order": order}, {"order": {"newest": "oldest"}.get(order, "newest")}):
        assert served.as_("agent").get("/api/v1/claims", params={**other, "cursor": made}).status_code == 400


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


def test_sixty_tries_at_once_are_ten_and_three_are_proved_at_a_time(served, monkeypatch):
    lock, seen = threading.Lock(), {"all": 0, "now": 0, "most": 0}
    proved, full = people.sign_in, threading.Event()

    def watched(*asked):
        with lock:
            seen["all"] += 1
            seen["now"] += 1
            seen["most"] = max(seen["most"], seen["now"])
            if seen["now"] == 3:
                full.set()
        full.wait(30)  # until as many are in here as ever will be
        found = proved(*asked)
        with lock:
            seen["now"] -= 1
        return found

    monkeypatch.setattr(people, "sign_in", watched)
    wrong = {"name": "agent", "password": "wrong"}

    def tried(_):
        return httpx.post(f"{served.url}/api/v1/session", json=wrong, timeout=60).status_code

    with ThreadPoolExecutor(60) as many:
        told = list(many.map(tried, range(60)))
    assert sorted(told) == [401] * 10 + [429] * 50
    assert (seen["all"], seen["most"]) == (10, 3)


def test_a_right_password_takes_no_try(served):
    windows = served.app.state.counter.tries.windows
    for _ in range(12):
        assert served.as_().post("/api/v1/session", json={"name": "agent", "password": PASSWORD}).status_code == 201
        assert [windows.count(key, timedelta(hours=1)) for key in list(windows._seen)] in ([0] * 3, [0] * 4)
    assert len(windows) >= 3, "it was taken, and given back"


def test_a_storm_of_strangers_keeps_nobody_out_who_signed_in_from_there(tmp_path):
    from tests.web.conftest import Served, desk

    served = Served(*desk(tmp_path), home=tmp_path, trusted_proxy=True)
    counter = served.app.state.counter

    def tried(address, password=PASSWORD):
        return served.as_().post("/api/v1/session", json={"name": "agent", "password": password},
                                 headers={"x-forwarded-for": address}).status_code

    try:
        assert tried("192.0.2.7") == 201
        for n in range(450):
            counter.tries.windows.take(*counter.tries.limits(f"10.{n}.0.1", "agent", known=False))
        assert tried("192.0.2.7") == 201, "its owner, from where they always come"
        assert tried("198.51.100.7") == 429, "four hundred an hour is what strangers have"
        counter.__post_init__()  # as after a restart: what was counted is forgotten, where people come from is not
        for n in range(450):
            counter.tries.windows.take(*counter.tries.limits(f"10.{n}.0.1", "agent", known=False))
        assert tried("192.0.2.7") == 201
        clock = served.store.clock
        served.store.clock = lambda: clock() + timedelta(days=31)
        counter.__post_init__()
        for n in range(450):
            counter.tries.windows.take(*counter.tries.limits(f"10.{n}.0.1", "agent", known=False))
        assert tried("192.0.2.7") == 429, "thirty days later they are strangers there"
    finally:
        served.close()


def test_a_closed_account_is_out_at_once(served):
    assert served.as_("agent").get("/api/v1/claims").status_code == 200
    people.change(served.store, served.who["admin"].actor, served.who["agent"].number, version=1, active=False)
    assert served.as_("agent").get("/api/v1/claims").status_code == 401


def wide_open(served):
    """Let one address ask as often as a test needs to."""
    door = served.app.state.counter.door
    door.per_hour = door.per_day = door.walks.run = 1000


def test_anybody_learns_a_month_and_nothing_else(served):
    wide_open(served)
    ask = served.as_().post
    right = ask(PUBLIC, json={"serial": SERIALS[0], "proof": "2026-03"})
    assert right.json() == {"schema": "warrantor.lookup/1", "covered_until": "2027-03"}
    wrong = [ask(PUBLIC, json={"serial": s, "proof": p}) for s, p in
             ((SERIALS[1], "2026-04"), ("NOBODY-KNOWS", "2026-03"), (SERIALS[2], "0000-00"))]
    assert {(a.status_code, a.text) for a in wrong} == {(200, '{"schema":"warrantor.lookup/1","covered_until":null}')}
    form = [ask("/coverage/public", data={"serial": s, "proof": "2026-04"}).text.replace(s, "-")
            for s in (SERIALS[3], "NOBODY-KNOWS-2")]
    assert form[0] == form[1]


@contextmanager
def questions():
    """Everything that is asked of a database meanwhile, but for the worker that looks for jobs by itself."""
    asked = []

    def heard(_connection, _cursor, statement, *_):
        if "FROM" in statement and "FROM jobs" not in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", heard)
    try:
        yield asked
    finally:
        event.remove(Engine, "before_cursor_execute", heard)


def lived(served):
    """A unit with a story: claimed, exchanged for another that was claimed too, and not covered any more."""
    with served.store.writing(THE_MACHINE, "import") as writing:
        units.stand_in(writing, served.store.key, units.of_serial(writing.connection, served.store.key, SERIALS[5]),
                       "SECOND", date(2026, 4, 1), unregistered=True)
    for serial in (SERIALS[5], "SECOND"):
        opened(served, serial)
    old = date(2001, 5, 1)
    with served.store.writing(THE_MACHINE, "import") as writing:
        units.register(writing, served.store.key, "OLD-00001", product="Alder", sold_on=old, delivered_on=old)


def test_who_does_not_know_the_month_costs_the_desk_the_same_whatever_they_name(served):
    """A wrong month of a plain unit, of one with a story, of one long out of cover, and a serial that nobody knows."""
    wide_open(served)
    lived(served)
    told, asked = [], []
    for serial in (SERIALS[7], SERIALS[5], "SECOND", "OLD-00001", "NOBODY-KNOWS"):
        with questions() as heard:
            answer = served.as_().post(PUBLIC, json={"serial": serial, "proof": "2020-01"})
        asked.append(heard)
        told.append((answer.status_code, answer.text, {k: v for k, v in answer.headers.items()
                                                       if k not in ("date", "x-request-id")}))
    assert asked[1:] == asked[:-1]
    assert sum("units" in statement for statement in asked[0]) == 1
    assert told[1:] == told[:-1]
    with questions() as heard:
        right = served.as_().post(PUBLIC, json={"serial": "SECOND", "proof": "2026-04"})
    assert right.json()["covered_until"] is not None
    assert len(heard) > len(asked[0]), "a hit is more work, and this test would see it"
    assert right.headers.keys() == answer.headers.keys()


def test_a_walker_with_ten_thousand_guesses_learns_at_most_sixty_units_an_hour(served, caplog):
    """Two months guessed for each of 5,000 serials in turn, every guess from a new network; one serial in five is
    registered, and half of these were bought in a month that is guessed."""
    counter, learnt, passed = served.app.state.counter, set(), 0
    months = [date(2026, month, 10) for month in (3, 4, 5, 6)]
    with served.store.writing(THE_MACHINE, "import") as writing:
        for n in range(0, 5000, 5):
            day = months[n // 5 % 4]
            units.register(writing, served.store.key, f"3569380370{n:05d}", product="Alder", market="CN", sold_on=day,
                           delivered_on=day)
    for n in range(10_000):
        serial, guess = f"3569380370{n // 2:05d}", ("2026-03", "2026-04")[n % 2]
        wait, month = counter.look_up(f"10.{n // 250}.{n % 250}.9", serial, guess)
        passed += wait is None
        if month is not None:
            learnt.add(serial)
    assert 0 < len(learnt) <= 60
    assert passed <= 120, "both guesses of sixty serials"
    lines = [json.loads(r.message) for r in caplog.records if "alarm" in r.message]
    assert len(lines) == 1
    assert "35693803" not in json.dumps(lines)


def test_who_walks_a_lot_with_its_month_is_on_the_page_of_the_auditor(served, caplog):
    """37 registered units one after another, each with its right month, from a new network each."""
    counter = served.app.state.counter
    learnt = [counter.look_up(f"10.0.{n}.9", SERIALS[n], "2026-03")[1] for n in range(37)]
    assert learnt == ["2027-03"] * 37
    rows = served.as_("auditor").get("/api/v1/audit", params={"kind": "alarm"}).json()["rows"]
    assert len(rows) == 1
    assert rows[0]["role"] == "machine"
    assert {k: rows[0]["body"][k] for k in ("serials", "networks", "addresses")} == {
        "serials": 20, "networks": 20, "addresses": 20}
    page = served.as_("auditor").get("/audit?kind=alarm", headers={"accept": "text/html"}).text
    assert "20 from 20 networks and 20 addresses" in page
    line = next(json.loads(r.message) for r in caplog.records if "alarm" in r.message)
    assert rows[0]["subject"] == f"block {line['block']}"
    assert SERIALS[0][:10] not in json.dumps([line, rows])
    assert "10.0." not in json.dumps(rows), "nothing is taken out of the log: no address goes in"
    assert audit.verify(served.store).intact


def test_one_block_is_told_of_once_an_hour_whichever_server_sees_it(served):
    from warrantor.web import Settings
    from warrantor.web.counter import Counter

    clock = served.store.clock
    for later, entries in ((0, 1), (59, 1), (61, 2)):
        served.store.clock = lambda later=later: clock() + timedelta(minutes=later)
        counter = Counter(served.store, Settings(served.app.state.counter.settings.home))
        for n in range(25):
            counter.look_up(f"10.0.{n}.9", SERIALS[n], "2026-03")
        assert len(audit.page(served.store, kind="alarm")) == entries
    served.store.clock = clock


def test_one_address_is_stopped_over_http(served):
    answers = [served.as_().post(PUBLIC, json={"serial": f"S{n}", "proof": "2026-03"}).status_code for n in range(12)]
    assert answers == [200] * 10 + [429] * 2


def allow(served, most):
    """Let a person ask about so many units in an hour."""
    counter = served.app.state.counter
    counter.settings = replace(counter.settings, most_asked=most)


def test_many_questions_at_once_and_not_a_whole_type_code(served):
    allow(served, 100)
    ask = [{"serial": s} for s in SERIALS]
    one = served.as_("agent").post("/api/v1/coverage:batch", json={"questions": ask})
    assert [a["answer"] for a in one.json()["answers"]] == ["covered"] * 40
    told = [served.as_("agent").post("/api/v1/coverage:batch", json={"questions": ask}).status_code for _ in range(2)]
    assert told == [200, 429]
    rest = served.as_("agent").post("/api/v1/coverage:batch", json={"questions": ask[:20]})
    assert rest.status_code == 200, "a batch that was refused took nothing"
    more = served.as_("engineer").post("/api/v1/coverage:batch", json={"questions": ask * 26})
    assert more.status_code == 422, "a thousand at most"


@pytest.mark.parametrize("ask", [
    lambda client: client.post("/api/v1/coverage", json={"serial": SERIALS[0]}),
    lambda client: client.post("/coverage", data={"serial": SERIALS[0]}),
    lambda client: client.get(f"/api/v1/units/{SERIALS[0]}"),
    lambda client: client.get(f"/units/{SERIALS[0]}"),
    lambda client: client.get(f"/units/{SERIALS[0]}/layers.json"),
    lambda client: client.post("/claims/review", data={"serial": SERIALS[0], "symptom": "no power"}),
], ids=["api", "page", "unit", "unit page", "layers", "review"])
def test_units_asked_about_one_by_one_count_like_a_batch(served, ask):
    allow(served, 3)
    agent = served.as_("agent")
    assert [ask(agent).status_code for _ in range(2)] == [200, 200]
    batch = {"questions": [{"serial": SERIALS[1]}]}
    assert [agent.post("/api/v1/coverage:batch", json=batch).status_code for _ in range(2)] == [200, 429]
    refused = ask(agent)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    auditor = served.as_("auditor").get(f"/api/v1/units/{SERIALS[0]}")
    assert auditor.status_code == 200, "another person has their own"


def test_a_serial_with_a_slash_is_a_serial(served, caplog):
    """Routers and phones are numbered `26098/F0VD00131`: the address of such a unit is its own, the log hides all."""
    caplog.set_level("INFO", "warrantor.web")
    serial, agent = "26098/F0VD00131", served.as_("agent")
    with served.store.writing(THE_MACHINE, "import") as writing:
        units.register(writing, served.store.key, serial, product="Alder", market="CN", sold_on=BOUGHT,
                       delivered_on=BOUGHT)
    link = re.search(r'href="(/units/[^"]+)"', agent.post("/coverage", data={"serial": serial}).text)[1]
    page = agent.get(link)
    assert page.status_code == 200
    assert serial in page.text
    layers = re.search(r'href="(/units/[^"]+\.csv)', page.text)[1]
    assert agent.get(layers).status_code == 200
    assert agent.get(f"/api/v1/units/{serial}").json()["product"] == "Alder"
    assert agent.get("/units/26098/NOBODY").status_code == 404
    told = " ".join(r.message for r in caplog.records if r.name == "warrantor.web")
    assert '"/units/-/layers.csv"' in told
    assert not re.search("26098|F0VD00131|NOBODY", told)


def test_the_log_is_asked_for_by_day_and_person_as_on_its_page(served):
    opened(served)
    auditor, today = served.as_("auditor"), served.store.clock().date()
    person = str(served.who["agent"].number)
    for told, some in (({"person": person}, True), ({"person": "999"}, False), ({"since": str(today)}, True),
                       ({"since": str(today + timedelta(days=1))}, False),
                       ({"kind": "open", "until": str(today)}, True)):
        rows = auditor.get("/api/v1/audit", params=told).json()["rows"]
        assert bool(rows) == some, told
        assert "person" not in told or all(str(row["person"]) == person for row in rows)
    for tag, said in (("en", "Write the day"), ("zh-CN", "2026-11-23")):
        wrong = auditor.get("/api/v1/audit", params={"since": "2026-W48-1"}, headers={"accept-language": tag})
        assert (wrong.status_code, said in wrong.json()["detail"]) == (422, True)
        assert ("Write" in wrong.json()["detail"]) == (tag == "en")


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
    asked = {"kind": "goodwill", "claim": str(number), "reason": "The courier lost it twice.",
             "remedy": "exchange"}
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
