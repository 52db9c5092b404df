"""What every answer carries whatever happened, HEAD, names that are not ours, and what browsers keep."""

import json

import pytest
from tests.web.conftest import PASSWORD, SERIALS, Served, desk

from warrantor.web.around import name_of
from warrantor.web.guard import csrf_of
from warrantor.web.headers import ALWAYS
from warrantor.web.problem import PROBLEM
from warrantor.web.settings import Issuer, Settings, origin_of

PAGE = {"accept": "text/html"}


def whole(answer):
    """Whether an answer carries all that every answer carries."""
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers["cache-control"] == "no-store"
    assert len(answer.headers["x-request-id"]) == 16
    return True


@pytest.fixture
def failing(served, monkeypatch):
    def fails(*_):
        raise ZeroDivisionError("its insides")

    monkeypatch.setattr("warrantor.desk.queue.counts", fails)
    return served


def test_a_failure_is_a_document_with_every_header_and_is_logged_once(failing, caplog):
    answer = failing.as_("agent").get("/api/v1/claims")
    assert answer.status_code == 500
    assert whole(answer)
    assert answer.headers["content-type"] == PROBLEM
    assert answer.json()["status"] == 500
    assert "insides" not in answer.text
    traces = [record for record in caplog.records if record.exc_info]
    assert len(traces) == 1, [record.name for record in traces]
    assert answer.headers["x-request-id"] in traces[0].getMessage()


def test_a_failure_of_a_page_is_a_page_with_every_header(failing):
    answer = failing.as_("agent").get("/", headers={**PAGE, "accept-language": "zh"})
    assert answer.status_code == 500
    assert whole(answer)
    assert answer.headers["content-language"] == "zh-Hans-CN"
    assert answer.headers["x-request-id"] in answer.text
    assert "insides" not in answer.text


def test_an_answer_that_breaks_off_is_logged_once_and_has_no_second_beginning(served, monkeypatch, caplog):
    import httpx

    async def breaks(*_):
        yield "one"
        raise ZeroDivisionError

    monkeypatch.setattr("warrantor.web.jobs._moves", breaks)
    with pytest.raises(httpx.RemoteProtocolError):
        served.as_("engineer").get("/jobs/events")
    assert len([record for record in caplog.records if record.exc_info]) == 1


PAGES = ["/", "/sign-in", "/coverage", "/claims", f"/units/{SERIALS[0]}", "/health/live", "/health/ready",
         "/api/v1/claims", "/openapi.json", "/nothing-here", "/api/v1/nothing", "/jobs/events", "/static/app.js"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("name", [None, "agent", "engineer"])
def test_head_is_answered_as_get_is_without_a_body(shared, path, name):
    got, asked = (shared.as_(name).request(method, path) for method in ("GET", "HEAD"))
    assert asked.status_code == got.status_code
    assert asked.content == b""
    own = ("x-request-id", "date", "content-length", "transfer-encoding")
    assert {k: v for k, v in asked.headers.items() if k not in own} == {
        k: v for k, v in got.headers.items() if k not in own}


def test_head_changes_nothing_and_is_logged_as_what_it_is(shared, caplog):
    caplog.set_level("INFO", "warrantor.web")
    assert shared.as_("agent").head("/sign-out").status_code in (303, 405), "as GET there"
    assert shared.as_("agent").get("/api/v1/claims").status_code == 200
    told = [json.loads(record.message) for record in caplog.records if record.message.startswith("{")]
    assert ("HEAD", "/sign-out") in [(one["method"], one["path"]) for one in told]


@pytest.fixture(scope="module")
def named(tmp_path_factory):
    folder = tmp_path_factory.mktemp("named")
    found = Served(*desk(folder), home=folder, floor=0.0, url="https://desk.example",
                   names=("inside", "[fd00::1]:8000"))
    yield found
    found.close()


@pytest.mark.parametrize("host", ["elsewhere.example", "www.desk.example", "desk.example.elsewhere.example", "",
                                  "desk.example:x", "desk.example@elsewhere.example", "127.0.0.1"])
def test_another_name_is_a_problem_with_every_header(named, host):
    answer = named.as_().get("/api/v1/claims", headers={"host": host})
    assert answer.status_code == 400
    assert whole(answer)
    assert answer.headers["content-type"] == PROBLEM
    page = named.as_().get("/", headers={"host": host, **PAGE, "accept-language": "zh"})
    assert page.status_code == 400
    assert whole(page)
    assert page.headers["content-type"].startswith("text/html")
    assert named.as_().get("/health/ready", headers={"host": host}).status_code == 200, "watched by address"


@pytest.mark.parametrize("host", ["desk.example", "DESK.example", "desk.example:443", "inside:8000", "[fd00::1]"])
def test_our_names_are_answered_to(named, host):
    assert named.as_().get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(("origin", "status"), [
    (None, 200), ("https://desk.example", 200), ("http://desk.example", 403), ("https://desk.example:8443", 403),
    ("https://elsewhere.example", 403), ("null", 403)])
def test_forms_come_from_the_address_that_is_ours(named, origin, status):
    """The Host header says nothing of it: a proxy may change it, and anybody may write one."""
    token = named.token("agent")
    headers = {"host": "inside:8000", "cookie": f"__Host-session={token}", **({"origin": origin} if origin else {})}
    answer = named.as_().post("/coverage", data={"serial": SERIALS[0], "csrf": csrf_of(token)}, headers=headers)
    assert answer.status_code == status


def test_over_tls_the_session_is_kept_and_dropped_as_browsers_want_it(named):
    host = {"host": "desk.example"}
    answer = named.as_().post("/sign-in", data={"name": "agent", "password": PASSWORD}, headers=host)
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-session=")
    assert {"Secure", "Path=/", "HttpOnly"} <= set(cookie.split("; "))
    token = cookie.partition(";")[0].partition("=")[2]
    left = named.as_().post("/sign-out", data={"csrf": csrf_of(token)}, headers={
        **host, "cookie": f"__Host-session={token}"})
    assert left.status_code == 303
    assert {"Secure", "Path=/", "Max-Age=0"} <= set(left.headers["set-cookie"].split("; "))
    assert answer.headers["strict-transport-security"]


def test_a_versioned_file_is_kept_for_good_and_no_other(shared):
    def kept(path):
        return shared.as_().get(path).headers.get("cache-control")

    assert kept("/static/app.js?v=1") == "public, max-age=31536000, immutable"
    assert kept("/static/app.js") is None
    assert kept("/static/app.js?v=") is None
    assert kept("/static/nothing.js?v=1") != "public, max-age=31536000, immutable"
    page = shared.as_().get("/sign-in").text
    assert 'href="/static/style.css?v=' in page


@pytest.mark.parametrize(("url", "origin"), [
    ("https://Desk.Example", "https://desk.example"), ("http://desk.example:80/", "http://desk.example"),
    ("https://desk.example:8443", "https://desk.example:8443"), ("http://[::1]:8000", "http://[::1]:8000")])
def test_an_address_is_written_as_a_browser_writes_it(url, origin):
    assert origin_of(url) == origin


@pytest.mark.parametrize("url", ["", "desk.example", "ftp://desk.example", "https://", "https://desk.example/under",
                                 "https://desk.example?x=1", "https://a@desk.example", "https://désk.example",
                                 "https://desk.example:x"])
def test_an_address_that_no_site_can_have_is_refused(url):
    with pytest.raises(ValueError):
        origin_of(url)


def test_the_names_of_a_server(tmp_path):
    issuer = Issuer("https://who.example", "warrantor", "secret")
    assert Settings(tmp_path).hosts == ()
    assert Settings(tmp_path, issuer=issuer).hosts == ("127.0.0.1", "localhost", "[::1]")
    assert Settings(tmp_path, issuer=issuer, url="https://desk.example:8443").hosts == ("desk.example",)
    assert (Settings(tmp_path).secure, Settings(tmp_path, url="https://desk.example").secure) == (False, True)
    assert [name_of(host) for host in ("a:1", "[::1]:1", "[::1]x", "a:b", "::1", "")] == ["a", "[::1]", "", "", "", ""]
