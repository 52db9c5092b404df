"""Signing in through an issuer: a small one of our own on loopback, which also lies when told to."""

import base64
import hmac
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from tests.web.conftest import PASSWORD, Served, desk
from tests.web.issuer import Issuer, rsa

from warrantor.desk import people
from warrantor.desk.actor import THE_MACHINE
from warrantor.web import talk
from warrantor.web.cursor import seal as sealed
from warrantor.web.settings import Issuer as Told

BACK = "/sign-in/openid/back"
WELL_KNOWN = "/.well-known/openid-configuration"


def joined(folder, **settings):
    issuer = Issuer()
    store, who = desk(folder)
    people.add(store, THE_MACHINE, "mei", "agent", centre="north", issuer=issuer.url, subject="7")
    served = Served(store, who, home=folder, issuer=Told(issuer.url, "warrantor", "shared-secret", "the shop"),
                    **settings)
    return served, issuer


@pytest.fixture
def pair(tmp_path):
    served, issuer = joined(tmp_path)
    yield served, issuer
    served.close()
    issuer.close()


def browser(served, **more):
    return httpx.Client(base_url=served.url, follow_redirects=True, **more)


def entered(served):
    with browser(served) as client:
        answer = client.get("/sign-in/openid")
        return answer, client.get("/").text


def begun(client, **params):
    """A sign-in that was begun and has gone as far as the issuer's answer: the address it leads back to."""
    there = client.get("/sign-in/openid", params=params, follow_redirects=False).headers["location"]
    return client.get(there, follow_redirects=False).headers["location"]


def test_whom_the_issuer_vouches_for_is_signed_in(pair):
    served, issuer = pair
    assert "Sign in with the shop" in served.as_().get("/sign-in").text
    answer, home = entered(served)
    assert answer.status_code == 200
    assert "mei" in home
    assert issuer.asked["code_challenge_method"] == "S256"
    assert len(issuer.exchanged["code_verifier"]) >= 43
    assert issuer.exchanged["client_secret"] == "shared-secret"  # noqa: S105


def test_the_tests_issuer_gives_no_token_to_who_did_not_begin(pair, monkeypatch):
    served, _ = pair

    def another(key, place, scope):
        return sealed(key, [place[0], place[1], "x" * 43, *place[3:]], scope)

    monkeypatch.setattr("warrantor.web.signin.seal", another)
    assert entered(served)[0].status_code == 403


NOW = int(time.time())


@pytest.mark.parametrize("claims", [
    {"aud": "another"}, {"aud": ["another"]}, {"aud": ["warrantor", "another"]},
    {"aud": ["warrantor", "another"], "azp": "another"}, {"azp": "another"}, {"aud": []}, {"aud": None},
    {"iss": "http://127.0.0.1:1"}, {"iss": None}, {"nonce": "another"}, {"nonce": None}, {"exp": NOW - 3600},
    {"exp": None}, {"exp": "tomorrow"}, {"iat": NOW + 3600}, {"iat": None}, {"nbf": NOW + 3600}, {"sub": "8"},
    {"sub": ""}, {"sub": 7}])
def test_a_token_that_is_not_for_this_sign_in_is_refused(pair, claims):
    served, issuer = pair
    issuer.claims = claims
    answer, home = entered(served)
    assert answer.status_code == 403
    assert "mei" not in home


@pytest.mark.parametrize("claims", [
    {"iat": 30}, {"nbf": 30}, {"exp": -30}, {"aud": ["warrantor"]}, {"azp": "warrantor"},
    {"aud": ["another", "warrantor"], "azp": "warrantor"}])
def test_a_clock_a_little_off_and_a_token_that_names_us_are_taken(pair, claims):
    served, issuer = pair
    issuer.claims = {k: int(time.time()) + v if isinstance(v, int) else v for k, v in claims.items()}
    answer, home = entered(served)
    assert answer.status_code == 200, answer.text
    assert "mei" in home


def test_a_token_of_another_key_is_refused(pair):
    served, issuer = pair
    issuer.signing = rsa("one")
    assert entered(served)[0].status_code == 403


def plain(*parts):
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts)


def unsigned(claims):
    return f"{plain({'alg': 'none'}, claims)}."


def by_the_public_key(issuer):
    """Signed with what everybody knows, as if it were a secret."""
    def signed(claims):
        text = plain({"alg": "HS256", "kid": "one"}, claims)
        mark = hmac.digest(issuer.keys[0].as_pem(private=False), text.encode(), "sha256")
        return f"{text}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"

    return signed


@pytest.mark.parametrize("forged", [lambda _: unsigned, by_the_public_key, lambda _: lambda _claims: "no token",
                                    lambda _: lambda _claims: ""])
def test_a_token_that_is_not_signed_as_agreed_is_refused(pair, forged):
    served, issuer = pair
    issuer.signed = forged(issuer)
    answer, home = entered(served)
    assert answer.status_code == 403
    assert "mei" not in home


def test_keys_and_description_are_fetched_once_and_keys_anew_where_one_is_unknown(pair):
    served, issuer = pair
    assert [entered(served)[0].status_code for _ in range(3)] == [200] * 3
    assert (issuer.fetched[WELL_KNOWN], issuer.fetched["/keys"]) == (1, 1)
    issuer.keys.append(rsa("two"))
    issuer.signing = issuer.keys.pop(0) and issuer.keys[0]
    assert [entered(served)[0].status_code for _ in range(2)] == [200] * 2
    assert (issuer.fetched[WELL_KNOWN], issuer.fetched["/keys"]) == (1, 2)
    issuer.signing = rsa("three")
    assert entered(served)[0].status_code == 403, "a key that the issuer does not show"
    assert issuer.fetched["/keys"] == 3, "it was asked once more, and no more"


def test_what_the_issuer_says_is_asked_again_after_a_while(pair):
    served, issuer = pair
    told, now = served.app.state.counter.issuer, time.monotonic()
    told.clock = lambda: now
    entered(served)
    now += 599
    entered(served)
    assert issuer.fetched[WELL_KNOWN] == 1
    now += 2
    entered(served)
    assert (issuer.fetched[WELL_KNOWN], issuer.fetched["/keys"]) == (2, 2)


@pytest.mark.parametrize("params", [{"state": "x", "code": "y"}, {"state": "", "code": "y"}, {"code": "y"}, {}])
def test_a_return_that_was_not_begun_here_is_refused(pair, params):
    served, issuer = pair
    assert served.as_().get(BACK, params=params).status_code == 403
    with browser(served) as client:
        begun(client)
        assert "openid" in client.cookies, "it was begun, with another word"
        assert client.get(BACK, params=params).status_code == 403
    assert issuer.fetched["/token"] == 0


def test_a_return_whose_seal_is_not_ours_is_refused(pair):
    served, issuer = pair
    with browser(served) as client:
        back = begun(client)
        held = client.cookies["openid"]
        client.cookies.clear()
        answer = client.get(back, headers={"cookie": f"openid={held[:-4]}AAAA"})
    assert answer.status_code == 403
    assert "not begun here" in answer.text
    assert issuer.fetched["/token"] == 0


def test_a_sign_in_that_was_begun_is_taken_once(pair):
    served, issuer = pair
    with browser(served) as client:
        back = begun(client)
        held = client.cookies["openid"]
        assert client.get(back).status_code == 200
        again = client.get(back)
        kept = client.get(back, headers={"cookie": f"openid={held}"})
    assert (again.status_code, kept.status_code) == (403, 403)
    assert "used already" in again.text
    assert "used already" in kept.text
    assert issuer.fetched["/token"] == 1, "the second time the issuer is not asked"


def test_a_code_that_the_issuer_has_taken_already_is_told_as_such(pair):
    served, issuer = pair
    with browser(served) as client:
        back = begun(client)
        issuer.codes.clear()
        answer = client.get(back)
    assert answer.status_code == 403
    assert "used already: start again" in answer.text


def test_a_sign_in_that_was_begun_ends_after_ten_minutes(pair):
    served, issuer = pair
    ahead = timedelta()
    served.store.clock = lambda: datetime.now(UTC) + ahead
    with browser(served) as client:
        early, late = begun(client), None
        ahead = timedelta(minutes=9)
        assert client.get(early).status_code == 200
        late = begun(client)
        ahead += timedelta(minutes=11)
        answer = client.get(late)
    assert answer.status_code == 403
    assert "took too long" in answer.text
    assert issuer.fetched["/token"] == 1


def test_a_person_who_does_not_want_to_is_told(pair):
    served, _ = pair
    with browser(served) as client:
        state = parse_qs(urlsplit(begun(client)).query)["state"][0]
        answer = client.get(BACK, params={"state": state, "error": "access_denied"})
    assert answer.status_code == 403
    assert "did not sign you in" in answer.text


def test_where_a_visitor_wanted_to_go_is_kept_with_its_query(pair):
    served, _ = pair
    wanted = "/claims?bucket=done&q=A%20B"
    with browser(served) as client:
        form = client.get(wanted)
        assert form.url.params["to"] == wanted
        client.get("/sign-in/openid", params={"to": wanted})
        assert client.get("/").text.count("mei")
    with browser(served) as client:
        answer = client.get(begun(client, to=wanted), follow_redirects=False)
        assert answer.headers["location"] == wanted
    with browser(served) as client:
        answer = client.get(begun(client, to="//elsewhere.example/"), follow_redirects=False)
        assert answer.headers["location"] == "/"
    with browser(served) as client:
        page = client.get(wanted).text
        assert "/sign-in/openid?to=/claims%3Fbucket%3Ddone%26q%3DA%2520B" in page
        answer = client.post("/sign-in", data={"name": "agent", "password": PASSWORD, "to": wanted},
                             follow_redirects=False)
        assert answer.headers["location"] == wanted


def dropped(handler):
    handler.close_connection = True


def cut(handler):
    handler.send_response(200)
    handler.send_header("content-length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"issuer":')
    handler.close_connection = True


def babbles(handler):
    handler.wfile.write(b"what?\r\n\r\n")
    handler.close_connection = True


def bare(handler):
    handler.send_response(500)
    handler.send_header("content-length", "0")
    handler.end_headers()


def words(handler, body):
    handler.send_response(200)
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


DOWN = {"dropped": dropped, "cut": cut, "babbles": babbles, "an error": bare,
        "no JSON": lambda h: words(h, b"<html>"), "a list": lambda h: h.say([1]),
        "a reason": lambda h: h.say({"error": "invalid_client"}, 401)}


@pytest.mark.parametrize("how", DOWN)
@pytest.mark.parametrize("where", [WELL_KNOWN, "/keys", "/token"])
def test_an_issuer_that_fails_is_told_and_is_no_failure_of_ours(pair, where, how):
    served, issuer = pair
    issuer.wrong[where] = DOWN[how]
    answer, _ = entered(served)
    assert answer.status_code == 502
    assert "The issuer does not answer as it should" in answer.text


def test_a_description_that_has_no_end_is_not_read(pair):
    served, issuer = pair
    whole = json.dumps(issuer.description()).encode()
    issuer.wrong[WELL_KNOWN] = lambda handler: words(handler, b" " * 900_000 + whole)
    assert served.as_().get("/sign-in/openid").status_code == 303
    issuer.wrong[WELL_KNOWN] = lambda handler: words(handler, b" " * 1_100_000 + whole)
    served.app.state.counter.issuer.held.clear()
    assert served.as_().get("/sign-in/openid").status_code == 502, "right, but for its size"


@pytest.mark.parametrize("change", [
    {"authorization_endpoint": None}, {"token_endpoint": None}, {"jwks_uri": None}, {"jwks_uri": 7},
    {"token_endpoint": "file:///etc/hostname"}, {"issuer": "http://127.0.0.1:1"}])
def test_a_description_that_is_not_whole_is_told(pair, change):
    served, issuer = pair
    issuer.wrong[WELL_KNOWN] = lambda handler: handler.say({**issuer.description(), **change})
    assert served.as_().get("/sign-in/openid").status_code == 502


@pytest.mark.parametrize("keys", [{}, {"keys": []}, {"keys": 7}, {"keys": [7]}, {"keys": [{"kty": "RSA"}]}])
def test_keys_that_cannot_be_read_are_told(pair, keys):
    served, issuer = pair
    issuer.wrong["/keys"] = lambda handler: handler.say(keys)
    assert entered(served)[0].status_code == 502


def test_an_issuer_that_leads_to_another_server_is_not_followed(pair):
    served, issuer = pair
    other = Issuer()
    try:
        issuer.wrong[WELL_KNOWN] = lambda handler: handler.lead(f"{other.url}{WELL_KNOWN}", 302)
        assert served.as_().get("/sign-in/openid").status_code == 502
        assert other.fetched == {}
        served.app.state.counter.issuer.failed = float("-inf")
        issuer.wrong[WELL_KNOWN] = lambda handler: handler.lead("/moved", 302)
        issuer.wrong["/moved"] = lambda handler: handler.say(issuer.description())
        assert served.as_().get("/sign-in/openid").status_code == 303
    finally:
        other.close()


def test_an_issuer_that_is_down_is_told(pair):
    served, issuer = pair
    issuer.close()
    assert served.as_().get("/sign-in/openid").status_code == 502


def test_who_asks_of_an_issuer_that_is_down_does_not_ask_it_again_at_once(pair):
    served, issuer = pair
    issuer.wrong[WELL_KNOWN] = bare
    assert [served.as_().get("/sign-in/openid").status_code for _ in range(3)] == [502] * 3
    assert issuer.fetched[WELL_KNOWN] == 1


def test_a_flood_leaves_the_server_to_others(pair, monkeypatch):
    """Fifty ask while the issuer is silent: one question is on its way, a page is still answered, the rest is told."""
    served, issuer = pair
    monkeypatch.setattr(talk, "WAITING", 45)
    let = threading.Event()
    issuer.wrong[WELL_KNOWN] = lambda handler: let.wait(60) and handler.say(issuer.description())
    answers = []

    def asks():
        answers.append(httpx.get(f"{served.url}/sign-in/openid", timeout=60).status_code)

    threads = [threading.Thread(target=asks) for _ in range(50)]
    for thread in threads:
        thread.start()
    turns = served.app.state.counter.turns
    until = time.monotonic() + 60
    while (turns.waiting < 45 or len(answers) < 5) and time.monotonic() < until:
        time.sleep(0.01)
    assert served.as_().get("/sign-in").status_code == 200, "a page that takes a thread is answered"
    assert answers == [503] * 5
    let.set()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [303] * 45 + [503] * 5
    assert issuer.fetched[WELL_KNOWN] == 1


def test_without_an_issuer_there_is_no_such_way(served):
    assert served.as_().get("/sign-in/openid").status_code == 404


def test_behind_a_proxy_people_come_back_to_the_address_that_is_said(tmp_path):
    served, issuer = joined(tmp_path, url="https://desk.example", trusted_proxy=True)
    try:
        named = {"host": "desk.example"}
        answer = served.as_().get("/sign-in/openid", headers=named)
        there = parse_qs(urlsplit(answer.headers["location"]).query)
        assert there["redirect_uri"] == [f"https://desk.example{BACK}"]
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-openid=")
        assert {"Secure", "Path=/", "HttpOnly"} <= set(cookie.split("; "))
        back = httpx.get(answer.headers["location"], follow_redirects=False).headers["location"]
        sent = {**named, "cookie": cookie.partition(";")[0]}
        done = served.as_().get(back.replace("https://desk.example", ""), headers=sent)
        assert done.status_code == 303
        told = dict(one.split("=", 1) for one in done.headers.get_list("set-cookie"))
        assert "Secure" in told["__Host-openid"], "a browser drops it only where the answer says so"
        assert "Secure" in told["__Host-session"]
        assert issuer.exchanged["redirect_uri"] == f"https://desk.example{BACK}"
        assert served.as_().get("/sign-in/openid", headers={"host": "elsewhere.example"}).status_code == 400
    finally:
        served.close()
        issuer.close()


def test_without_an_address_an_issuer_sends_people_back_to_this_machine_alone(pair):
    served, _ = pair
    port = served.socket.getsockname()[1]
    answer = served.as_().get("/sign-in/openid", headers={"host": f"localhost:{port}"})
    assert parse_qs(urlsplit(answer.headers["location"]).query)["redirect_uri"] == [f"http://localhost:{port}{BACK}"]
    assert served.as_().get("/sign-in/openid", headers={"host": "desk.example"}).status_code == 400
