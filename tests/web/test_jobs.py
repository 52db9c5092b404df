"""Jobs: a verb run as a child process, watched, cancelled, its answer on the pages; and the server as a process."""

import datetime as dt
import json
import logging
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

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
    units = [f"U{i:04d},{'Alder' if i % 2 else 'Birch 4/64'},L1,2019-0{1 + i % 3}-1{i % 9},CN" for i in range(600)]
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
    page = client.get("/products/Birch 4/64").text
    assert '<svg role="img"' in page
    assert "2019-01" in page
    life = client.get("/products/Birch 4/64/life.json").json()
    assert sum(row["claims"] for row in life["rows"]) > 0
    returns = client.get("/products/Birch 4/64/returns.json").json()["rows"]
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


DEAF = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", file=sys.stderr, flush=True)
time.sleep(600)
"""
SLEEPS = "import sys, time; print('asleep', file=sys.stderr, flush=True); time.sleep(600)"
TALKS = """
import itertools, sys, time
for n in itertools.count():
    print(n, file=sys.stderr, flush=True)
    time.sleep(0.02)
"""
SPEAKS = "import sys, time; print('said', file=sys.stderr, flush=True); time.sleep(1); print('{}')"
ENDS = "print('{}')"


def until(true, seconds=30):
    """Wait for something that comes by itself; return it."""
    late = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < late, "it did not come"
        time.sleep(0.02)
    return found


def speaking(served, number):
    """The process of a job that has said something; by then it has set up what it does with signals."""
    from warrantor.desk import jobs

    return until(lambda: (job := jobs.get(served.store, number)).line and job.process)


def own_server(folder, first):
    """A server in a process of its own that does something before it starts."""
    return subprocess.Popen([sys.executable, "-c", f"{first}; from warrantor.cli import main; main()", "serve",
                             str(folder), "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def gone(process):
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def gone_or_dead(process):
    """Whether a process has ended; one that nobody waits for stays as a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_a_job_is_cancelled_its_process_ends_and_the_next_one_runs(running, monkeypatch):
    """Also where the process does not want to end."""
    monkeypatch.setattr("warrantor.web.child.GRACE", 0.3)
    for stubborn in (SLEEPS, DEAF):
        monkeypatch.setattr("warrantor.web.child.RUNNING", stubborn)
        number = started(running, "life")
        process = speaking(running, number)
        monkeypatch.setattr("warrantor.web.child.RUNNING", ENDS)
        after = started(running, "life")
        assert running.as_("engineer").delete(f"/api/v1/jobs/{number}").json()["state"] == "cancelled"
        until(lambda process=process: gone(process))
        assert finished(running, after, 30)["state"] == "done"


def test_a_job_read_before_it_began_is_cancelled_as_it_is_found(running, monkeypatch):
    from warrantor.desk import jobs

    monkeypatch.setattr("warrantor.web.child.RUNNING", SLEEPS)
    first, second = started(running, "life"), started(running, "life")
    read = jobs.get(running.store, second)
    assert read.state == "waiting"
    speaking(running, first)
    running.as_("engineer").delete(f"/api/v1/jobs/{first}")
    process = speaking(running, second)
    monkeypatch.setattr(jobs, "alive", lambda *_: True)  # no beat tells it: this server must
    assert running.app.state.counter.jobs.cancel(read)
    until(lambda: gone(process))


def test_a_job_is_ended_as_soon_as_the_server_is_told_to_stop(running, monkeypatch):
    """By the word alone: nobody waits for requests, or calls `stop`."""
    monkeypatch.setattr("warrantor.web.child.GRACE", 0.3)
    monkeypatch.setattr("warrantor.web.child.RUNNING", DEAF)
    number = started(running, "life")
    process = speaking(running, number)
    running.app.state.counter.leaving.set()
    until(lambda: gone(process))
    told = finished(running, number, 20)
    assert told["state"] == "failed"
    assert "stopped" in told["line"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
def test_a_job_dies_with_a_server_that_is_killed(tmp_path):
    """And is told to have failed by the next one, when its lease has run out."""
    from warrantor.cli.serve import opened
    from warrantor.desk import jobs

    first = ("import datetime; from warrantor.desk import jobs; jobs.LEASE = datetime.timedelta(seconds=3); "
             f"from warrantor.web import child, worker; worker.BEAT = 0.2; child.RUNNING = {DEAF!r}")
    server = own_server(tmp_path / "desk", first)
    server.stdout.readline()
    with opened(tmp_path / "desk") as store:
        number = jobs.ask(store, "life", 1, lambda n: ["life", str(n)])
        process = until(lambda: (job := jobs.get(store, number)).line and job.process)
        server.kill()
        server.communicate()
        until(lambda: gone_or_dead(process))
        assert jobs.get(store, number).state == "running"
        server = own_server(tmp_path / "desk", first)
        try:
            until(lambda: jobs.get(store, number).state == "failed")
        finally:
            server.terminate()
            server.communicate(timeout=30)


def test_a_job_is_failed_only_where_its_server_is_gone(running, monkeypatch):
    """A second server on the same database starts while the first runs a job."""
    from warrantor.desk import jobs

    monkeypatch.setattr("warrantor.web.child.RUNNING", SLEEPS)
    number = started(running, "life")
    speaking(running, number)
    assert jobs.abandon(running.store) == []
    assert jobs.take(running.store) is None
    assert jobs.get(running.store, number).state == "running"
    clock = running.store.clock
    monkeypatch.setattr(running.store, "clock", lambda: clock() + jobs.LEASE + dt.timedelta(seconds=30))
    assert jobs.abandon(running.store) == [number]
    assert jobs.get(running.store, number).line == jobs.LOST


def test_a_job_that_others_gave_up_is_ended_by_who_runs_it(running, monkeypatch):
    from warrantor.desk import jobs

    monkeypatch.setattr("warrantor.web.child.RUNNING", SLEEPS)
    monkeypatch.setattr("warrantor.web.worker.BEAT", 0.2)
    number = started(running, "life")
    process = speaking(running, number)
    assert jobs.cancel(running.store, number) == "running", "as another server does"
    until(lambda: gone(process))


def test_a_job_that_a_stopped_server_left_is_told_to_have_failed(tmp_path, fleet):
    from warrantor.desk import jobs

    store, who = desk(tmp_path)
    number = jobs.ask(store, "life", who["engineer"].number, lambda n: ["life", str(n)])
    clock = store.clock
    store.clock = lambda: clock() - 2 * jobs.LEASE
    assert jobs.take(store).number == number
    store.clock = clock
    served = Served(store, who, home=tmp_path, fleet=fleet, floor=0.0)
    try:
        assert finished(served, number, 20)["state"] == "failed"
    finally:
        served.close()


class Fails:
    """Does as it did, after it has failed some times."""

    def __init__(self, does, times=1):
        self.does, self.left = does, times

    def __call__(self, *words, **more):
        self.left -= 1
        if self.left >= 0:
            raise OSError("the disk is full")
        return self.does(*words, **more)


@pytest.mark.parametrize(("what", "state"), [
    ("records.take", "done"), ("records.said", "done"), ("records.begun", "failed"),
    ("run", "failed"), ("records.ended", "done")])
def test_the_worker_outlives_what_fails(running, monkeypatch, caplog, what, state):
    from warrantor.web import worker

    monkeypatch.setattr(worker, "AGAIN", 0.05)
    monkeypatch.setattr(worker, "IDLE", 0.05)
    monkeypatch.setattr(worker, "BEAT", 0.05)
    monkeypatch.setattr(worker, "LOOK", 0.05)
    monkeypatch.setattr("warrantor.web.child.RUNNING", SPEAKS)
    owner = worker.records if what.startswith("records.") else worker
    name = what.rpartition(".")[2]
    fails = Fails(getattr(owner, name))
    monkeypatch.setattr(owner, name, fails)
    first, second = started(running, "life"), started(running, "life")
    assert finished(running, first, 20)["state"] == state
    assert finished(running, second, 20)["state"] == "done"
    assert "the disk is full" in caplog.text
    assert running.as_().get("/health/ready").status_code == 200


def test_a_server_whose_worker_has_died_is_not_ready_and_says_which_part(running, monkeypatch):
    from warrantor.web import worker

    class Dies(BaseException):
        """What no worker outlives."""

    def dies(*_):
        raise Dies

    assert running.as_().get("/health/ready").json()["status"] == "ready"
    monkeypatch.setattr("threading.excepthook", lambda _: None)
    monkeypatch.setattr(worker.records, "take", dies)
    running.app.state.counter.jobs._wake.set()
    answer = until(lambda: (told := running.as_().get("/health/ready")).status_code == 503 and told)
    assert answer.json()["parts"] == ["jobs"]
    assert "worker" in answer.json()["detail"]


def test_a_worker_that_fails_again_and_again_is_not_ready(running, monkeypatch):
    from warrantor.web import worker

    monkeypatch.setattr(worker.records, "take", Fails(worker.records.take, times=10**9))
    running.app.state.counter.jobs._wake.set()
    answer = until(lambda: (told := running.as_().get("/health/ready")).status_code == 503 and told)
    assert answer.json()["parts"] == ["jobs"]


def test_a_document_that_is_lost_gives_way_to_the_one_before(running, caplog):
    client = running.as_("engineer")
    numbers = [started(running, "life") for _ in range(3)]
    for number in numbers:
        assert finished(running, number)["state"] == "done"
    counter = running.app.state.counter
    (counter.jobs._folder(numbers[2]) / "out.json").unlink()
    (counter.jobs._folder(numbers[1]) / "out.json").write_text("")
    for _ in range(2):
        assert [client.get(path).status_code for path in ("/products", "/", "/forecast")] == [200] * 3
        assert client.get("/api/v1/products").json()["about"]["job"] == numbers[0]
    lost = [r.message for r in caplog.records if r.levelno == logging.WARNING and "is lost" in r.message]
    assert len(lost) == 2, "each is told once"
    for number in numbers[1:]:
        assert client.get(f"/jobs/{number}/result").status_code == 404
        assert client.get(f"/api/v1/jobs/{number}/result").status_code == 404
    counter.jobs._held.clear()
    (counter.jobs._folder(numbers[0]) / "out.json").write_text("{}")
    assert client.get("/products").status_code == 200
    assert client.get("/products.json").status_code == 404


def test_a_forecast_whose_document_is_lost_is_not_there(running):
    from warrantor.desk import jobs

    running.app.state.counter.jobs.stop()
    number = jobs.ask(running.store, "forecast", running.who["engineer"].number, lambda n: ["forecast", str(n)])
    jobs.take(running.store)
    assert jobs.ended(running.store, number, 0)
    assert running.as_("engineer").get(f"/api/v1/forecasts/{number}").status_code == 404


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


def listened(served, name, leaves, monkeypatch, most=60):
    """How many events somebody hears of a job that talks, after what makes them leave."""
    from warrantor.web import jobs

    monkeypatch.setattr(jobs, "ASKED", 0.0)
    monkeypatch.setattr(jobs, "EVERY", 0.01)
    monkeypatch.setattr("warrantor.web.worker.LOOK", 0.01)
    monkeypatch.setattr("warrantor.web.child.RUNNING", TALKS)
    number = started(served, "life")
    speaking(served, number)
    listener = httpx.Client(base_url=served.url, headers={"authorization": f"Bearer {served.token(name)}"})
    with listener, listener.stream("GET", "/jobs/events", timeout=20) as answer:
        assert answer.status_code == 200
        lines = (line for line in answer.iter_lines() if line.startswith("data:"))
        assert next(lines) == "data: 1"
        leaves(listener)
        heard = 0
        for heard, line in enumerate(lines, 1):
            assert line == "data: 1", "it ended though the job goes on"
            if heard >= most:
                break
    running = served.as_("engineer").delete(f"/api/v1/jobs/{number}").json()
    assert running["state"] == "cancelled"
    return heard


def test_who_signs_out_is_told_nothing_more_though_the_job_talks(running, monkeypatch):
    def leaves(listener):
        assert httpx.delete(f"{running.url}/api/v1/session", headers=dict(listener.headers)).status_code == 204

    assert listened(running, "finance", leaves, monkeypatch) < 60


def test_who_may_no_longer_read_jobs_is_told_nothing_more(running, monkeypatch):
    from warrantor.web import jobs

    asked = jobs.reach

    def leaves(_):
        monkeypatch.setattr(jobs, "reach", lambda right, role: None if role == "finance" else asked(right, role))

    assert listened(running, "finance", leaves, monkeypatch) < 60


def test_a_person_follows_the_jobs_in_so_many_places_and_no_more(running, monkeypatch):
    from contextlib import ExitStack

    from warrantor.web import jobs

    monkeypatch.setattr(jobs, "STREAMS", 2)
    monkeypatch.setattr("warrantor.web.child.RUNNING", SLEEPS)
    number, client = started(running, "life"), running.as_("engineer")
    with ExitStack() as held:
        for _ in range(2):
            assert held.enter_context(client.stream("GET", "/jobs/events")).status_code == 200
        assert held.enter_context(client.stream("GET", "/jobs/events")).status_code == 429
        assert held.enter_context(running.as_("finance").stream("GET", "/jobs/events")).status_code == 200
    until(lambda: not running.app.state.counter.jobs.listening)
    with client.stream("GET", "/jobs/events") as answer:
        assert answer.status_code == 200
    client.delete(f"/api/v1/jobs/{number}")


def test_every_job_is_reached_page_by_page(running):
    from warrantor.desk import jobs

    running.app.state.counter.jobs.stop()
    numbers = [jobs.ask(running.store, "life", running.who["engineer"].number, lambda n: ["life", str(n)])
               for _ in range(120)][::-1]
    client, seen, path = running.as_("engineer"), [], "/jobs"
    while path and len(seen) <= len(numbers):
        page = client.get(path, headers={"accept": "text/html"}).text
        seen += [int(n) for n in re.findall(r'href="/jobs/(\d+)"', page)]
        more = re.search(r'class="button quiet" href="(\?cursor=[^"]+)"', page)
        path = f"/jobs{more[1]}" if more else None
    assert seen == numbers
    assert [row["number"] for row in client.get("/jobs.json").json()["rows"]] == numbers
    seen, cursor = [], ""
    while len(seen) <= len(numbers):
        told = client.get("/api/v1/jobs", params={"size": 50, "cursor": cursor}).json()
        seen += [row["job"] for row in told["rows"]]
        if not (cursor := told["cursor"]):
            break
    assert seen == numbers
    assert client.get("/api/v1/jobs", params={"cursor": "mine"}).status_code == 400


def test_a_result_is_taken_away_by_programs(running):
    life, report = started(running, "life"), started(running, "report")
    assert finished(running, life)["state"] == finished(running, report)["state"] == "done"
    client = running.as_("auditor")
    answer = client.get(f"/api/v1/jobs/{life}/result")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["schema"] == "warrantor.life/1"
    page = client.get(f"/api/v1/jobs/{report}/result")
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-disposition"].startswith("attachment")
    assert client.get("/api/v1/jobs/999/result").status_code == 404


def test_a_job_that_tells_its_steps_shows_how_far_it_is(running, monkeypatch):
    client = running.as_("engineer")
    steps = "import sys, time; print('step 2 of 3: fitting', file=sys.stderr, flush=True); time.sleep(600)"
    for child, bar, progress in ((steps, 'value="1" max="3"', {"done": 1, "of": 3}),
                                 (SLEEPS, "<progress aria-label", None)):
        monkeypatch.setattr("warrantor.web.child.RUNNING", child)
        number = started(running, "life")
        speaking(running, number)
        assert client.get(f"/api/v1/jobs/{number}").json()["progress"] == progress
        assert bar in client.get(f"/jobs/{number}").text
        assert bar in client.get("/jobs").text
        assert client.delete(f"/api/v1/jobs/{number}").json()["progress"] is None


def test_life_and_report_tell_their_steps(running):
    for kind in ("life", "report"):
        number = started(running, kind)
        assert finished(running, number)["state"] == "done"
        said = running.app.state.counter.jobs._folder(number) / "log.txt"
        assert re.findall(r"^step (\d) of 2: ", said.read_text(), re.MULTILINE) == ["1", "2"]


@pytest.mark.browser
def test_a_page_of_a_job_follows_it_without_being_loaded_again(running, chromium, monkeypatch, tmp_path):
    from tests.web.test_browser import View

    seen = tmp_path / "seen"  # the job goes on when its line was read, however long that takes
    monkeypatch.setattr("warrantor.web.child.RUNNING", f"""
import pathlib, sys, time
print('half', file=sys.stderr, flush=True)
while not pathlib.Path({str(seen)!r}).exists():
    time.sleep(0.05)
print('{{}}')""")
    number = started(running, "life")
    view = View(chromium, running, "engineer")
    try:
        view.page.goto(f"/jobs/{number}")
        view.page.evaluate("window.kept = true")
        view.page.wait_for_selector("[role=status]:has-text('half')")
        seen.touch()
        view.page.wait_for_selector(".badge:has-text('done')", timeout=20_000)
        assert view.page.evaluate("window.kept") is True
        assert view.said == []
    finally:
        view.close()


def test_a_listener_does_not_hold_the_server_up(tmp_path):
    desk_folder = tmp_path / "desk"
    server = own_server(desk_folder, "from warrantor.web import child, serving; serving.GRACE = 600; "
                                     f"child.RUNNING = {SLEEPS!r}")
    url = server.stdout.readline().strip()
    password = re.search(r"admin, password (\S+?)\. ", server.stderr.readline())[1]
    from warrantor.cli.serve import opened
    from warrantor.desk import jobs

    with opened(desk_folder) as store:
        number = jobs.ask(store, "life", 1, lambda n: ["life", str(n)])
        until(lambda: jobs.get(store, number).line)
    token = httpx.post(f"{url}api/v1/session", json={"name": "admin", "password": password}).json()["token"]
    with httpx.stream("GET", f"{url}jobs/events", headers={"authorization": f"Bearer {token}"}, timeout=30) as answer:
        next(answer.iter_lines())
        server.send_signal(signal.SIGTERM)
        server.communicate(timeout=60)  # it waits ten minutes for requests, but not for listeners
    assert server.returncode in (0, -signal.SIGTERM)


def test_a_server_that_is_stopped_while_it_starts_ends_all_the_same(tmp_path, monkeypatch):
    import threading

    from warrantor.web import Settings
    from warrantor.web.worker import Worker

    store, _ = desk(tmp_path)
    worker = Worker(store, Settings(tmp_path))
    starts = threading.Thread.start

    def stopped_first(thread):
        monkeypatch.undo()
        worker.stop()
        starts(thread)

    monkeypatch.setattr(threading.Thread, "start", stopped_first)
    worker.start()
    worker.stop()
    assert not any(thread.is_alive() for thread in worker._threads)
    assert worker.unwell() == "", "it was told to"
    store.close()
