"""Jobs: a verb run as a child process, watched, cancelled, its answer on the pages; and the server as a process."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import httpx
import pytest
from tests.web.conftest import Served, desk

from warrantor.web.child import KINDS, Kind

UNITS = """serial,product,lot,sold_on,market
"""
CLAIMS = """claim,serial,component,fault,opened_on,reported_on,remedy,payer,cost,currency
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory):
    """A loaded fleet of 600 simulated units over three months, every tenth with a claim after some days."""
    from warrantor.records import load

    folder = tmp_path_factory.mktemp("records")
    units = [f"U{i:04d},{'Alder' if i % 2 else 'Birch'},L1,2019-0{1 + i % 3}-1{i % 9},CN" for i in range(600)]
    claims = [f"C{i:04d},U{i:04d},host,E01,2019-0{5 + i % 4}-0{1 + i % 8},2019-09-0{1 + i % 8},repair,maker,10.00,CNY"
              for i in range(0, 600, 10)]
    (folder / "units.csv").write_text(UNITS + "\n".join(units) + "\n")
    (folder / "claims.csv").write_text(CLAIMS + "\n".join(claims) + "\n")
    load(folder / "units.csv", folder / "claims.csv", folder / "fleet")
    return folder / "fleet"


@pytest.fixture
def running(tmp_path, fleet):
    served = Served(*desk(tmp_path), home=tmp_path, fleet=fleet, floor=0.0)
    yield served
    served.close()


def finished(served, number, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = served.as_("engineer").get(f"/api/v1/jobs/{number}").json()
        if found["state"] not in ("waiting", "running"):
            return found
        time.sleep(0.1)
    raise AssertionError(found)


def started(served, kind):
    answer = served.as_("engineer").post("/api/v1/jobs", json={"kind": kind})
    assert answer.status_code == 201, answer.text
    return answer.json()["job"]


def test_a_verb_is_run_and_its_answer_is_on_the_pages(running):
    for kind in ("life", "returns"):
        assert finished(running, started(running, kind))["state"] == "done"
    client = running.as_("engineer")
    assert "Alder" in client.get("/products").text
    assert "No claims above age 0" in client.get("/products/Alder").text, "a refusal is shown, not hidden"
    page = client.get("/products/Birch").text
    assert '<svg role="img"' in page
    assert "2019-01" in page
    life = client.get("/products/Birch/life.json").json()
    assert sum(row["claims"] for row in life["rows"]) > 0
    returns = client.get("/products/Birch/returns.json").json()["rows"]
    assert sum(row["units"] for row in returns) == 300
    assert client.get("/products/Nothing").status_code == 404
    assert "<b>600</b>" in client.get("/").text
    result = client.get("/jobs/1/result")
    assert result.json()["schema"] == "warrantor.life/1"
    assert "attachment" in result.headers["content-disposition"]


def test_a_failure_is_told_with_what_the_verb_said(running, monkeypatch):
    monkeypatch.setitem(KINDS, "life", Kind(("life", "{out}/nowhere", "--json")))
    number = started(running, "life")
    assert finished(running, number)["state"] == "failed"
    assert "nowhere" in running.as_("engineer").get(f"/jobs/{number}").text
    assert running.as_("engineer").get(f"/jobs/{number}/result").status_code == 404


def test_a_job_is_cancelled_and_its_process_ends(running, monkeypatch):
    monkeypatch.setattr("warrantor.web.child.RUNNING", "import time; time.sleep(600)")
    number = started(running, "life")
    while (process := running.app.state.counter.jobs._pid) is None:
        time.sleep(0.05)
    assert running.as_("engineer").delete(f"/api/v1/jobs/{number}").json()["state"] == "cancelled"
    until = time.monotonic() + 20
    while running.app.state.counter.jobs._pid is not None and time.monotonic() < until:
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_job_that_a_stopped_server_left_is_told_to_have_failed(tmp_path, fleet):
    from warrantor.desk import jobs

    store, who = desk(tmp_path)
    number = jobs.ask(store, "life", who["engineer"].number, lambda n: ["life", str(n)])
    jobs.begun(store, number, 1)
    served = Served(store, who, home=tmp_path, fleet=fleet, floor=0.0)
    try:
        assert finished(served, number, 20)["state"] == "failed"
    finally:
        served.close()


def test_without_a_fleet_nothing_is_started(served):
    assert served.as_("engineer").post("/api/v1/jobs", json={"kind": "life"}).status_code == 409
    assert served.as_("engineer").post("/api/v1/jobs", json={"kind": "rm"}).status_code == 422


def test_the_server_starts_says_its_password_once_and_stops_when_told(tmp_path):
    def run():
        return subprocess.Popen([sys.executable, "-c", "from warrantor.cli import main; main()", "serve",
                                 str(tmp_path / "desk"), "--port", "0"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True)

    said = []
    for _ in range(2):
        server = run()
        url = server.stdout.readline().strip()
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                assert httpx.get(f"{url}health/ready").status_code == 200
                break
            except httpx.TransportError:
                time.sleep(0.1)
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=30)
        said.append(err)
        assert out == ""
    password = re.search(r"admin, password (\S+?)\. ", said[0])[1]
    assert "password" not in said[1]
    assert (tmp_path / "desk" / "desk.key").stat().st_mode & 0o077 == 0
    from warrantor.cli.serve import opened
    from warrantor.desk import people

    with opened(tmp_path / "desk") as store:
        assert people.sign_in(store, "admin", password).role == "admin"
    lines = [json.loads(line) for line in said[1].splitlines()]
    assert {"at", "level"} <= set(lines[0])


def heard(client, most=60):
    """What the server says of the jobs until it ends by itself."""
    with client.stream("GET", "/jobs/events", timeout=most) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        return [line.removeprefix("data: ") for line in answer.iter_lines() if line.startswith("data:")]


def test_the_server_says_when_a_job_moves_and_ends_with_the_last(running):
    client = running.as_("engineer")
    assert heard(client) == ["0"], "nothing is busy: nothing to wait for"
    number = started(running, "life")
    said = heard(client)
    assert said[-1] == "0"
    assert set(said[:-1]) == {"1"}
    assert client.get(f"/api/v1/jobs/{number}").json()["state"] == "done"
    log = running.app.state.counter.jobs._folder(number) / "log.txt"
    assert "reading" in log.read_text(), "a job says its steps"


def test_who_signs_out_is_told_nothing_more(running, monkeypatch):
    from warrantor.web import jobs

    monkeypatch.setattr(jobs, "QUIET", 1)
    monkeypatch.setattr(jobs, "EVERY", 0.05)
    monkeypatch.setattr("warrantor.web.child.RUNNING", "import time; time.sleep(600)")
    number = started(running, "life")
    leaver = httpx.Client(base_url=running.url, headers={"authorization": f"Bearer {running.token('finance')}"})
    with leaver, leaver.stream("GET", "/jobs/events", timeout=20) as answer:
        lines = answer.iter_lines()
        next(lines)
        assert httpx.delete(f"{running.url}/api/v1/session", headers=dict(leaver.headers)).status_code == 204
        assert [line for line in lines if line.startswith("data: 0")] == [], "it ended though the job goes on"
    running.as_("engineer").delete(f"/api/v1/jobs/{number}")


@pytest.mark.browser
def test_a_page_of_a_job_follows_it_without_being_loaded_again(running, chromium, monkeypatch):
    from tests.web.test_browser import View

    monkeypatch.setattr("warrantor.web.child.RUNNING", "import sys, time; print('half', file=sys.stderr, flush=True); "
                                                       "time.sleep(2); print('{}')")
    number = started(running, "life")
    view = View(chromium, running, "engineer")
    try:
        view.page.goto(f"/jobs/{number}")
        view.page.evaluate("window.kept = true")
        view.page.wait_for_selector("[role=status]:has-text('half')")
        view.page.wait_for_selector(".badge:has-text('done')", timeout=20_000)
        assert view.page.evaluate("window.kept") is True
        assert view.said == []
    finally:
        view.close()


def test_a_listener_does_not_hold_the_server_up(tmp_path):
    desk_folder = tmp_path / "desk"
    server = subprocess.Popen([sys.executable, "-c", "from warrantor.cli import main; main()", "serve",
                               str(desk_folder), "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True)
    url = server.stdout.readline().strip()
    password = re.search(r"admin, password (\S+?)\. ", server.stderr.readline())[1]
    from warrantor.cli.serve import opened
    from warrantor.desk import jobs

    with opened(desk_folder) as store:
        for _ in range(2):
            jobs.ask(store, "life", 1, lambda n: ["life", str(n)])
            jobs.begun(store, jobs.latest(store)[0].number, 1)
    token = httpx.post(f"{url}api/v1/session", json={"name": "admin", "password": password}).json()["token"]
    with httpx.stream("GET", f"{url}jobs/events", headers={"authorization": f"Bearer {token}"}, timeout=30) as answer:
        next(answer.iter_lines())
        began = time.monotonic()
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=30)
    assert time.monotonic() - began < 15, "it waits for requests, not for listeners"
