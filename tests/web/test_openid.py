"""Signing in through an issuer: a small one of our own on loopback, which also lies when told to."""

import time

import httpx
import pytest
from joserfc import jwk
from tests.web.conftest import Served, desk
from tests.web.issuer import Issuer

from warrantor.desk import people
from warrantor.desk.actor import THE_MACHINE
from warrantor.web.settings import Issuer as Told


@pytest.fixture
def pair(tmp_path):
    issuer = Issuer()
    store, who = desk(tmp_path)
    people.add(store, THE_MACHINE, "mei", "agent", centre="north", issuer=issuer.url, subject="7")
    served = Served(store, who, home=tmp_path, issuer=Told(issuer.url, "warrantor", "shared-secret", "the shop"))
    yield served, issuer
    served.close()
    issuer.close()


def entered(served):
    with httpx.Client(base_url=served.url, follow_redirects=True) as client:
        answer = client.get("/sign-in/openid")
        return answer, client.get("/").text


def test_whom_the_issuer_vouches_for_is_signed_in(pair):
    served, issuer = pair
    assert "Sign in with the shop" in served.as_().get("/sign-in").text
    answer, home = entered(served)
    assert answer.status_code == 200
    assert "mei" in home
    assert issuer.asked["code_challenge_method"] == "S256"
    assert len(issuer.exchanged["code_verifier"]) >= 43
    assert issuer.exchanged["client_secret"] == "shared-secret"  # noqa: S105


@pytest.mark.parametrize("claims", [
    {"aud": "another"}, {"iss": "http://127.0.0.1:1"}, {"nonce": "another"}, {"exp": int(time.time()) - 3600},
    {"sub": "8"}])
def test_a_token_that_is_not_for_this_sign_in_is_refused(pair, claims):
    served, issuer = pair
    issuer.claims = claims
    answer, home = entered(served)
    assert answer.status_code == 403
    assert "mei" not in home


def test_a_token_of_another_key_is_refused(pair):
    served, issuer = pair
    issuer.signing = jwk.RSAKey.generate_key(2048, {"kid": "one"})
    assert entered(served)[0].status_code == 403


def test_a_return_that_was_not_begun_here_is_refused(pair):
    served, _ = pair
    answer = served.as_().get("/sign-in/openid/back", params={"state": "x", "code": "y"})
    assert answer.status_code == 403


def test_an_issuer_that_is_down_is_told(pair):
    served, issuer = pair
    issuer.close()
    assert served.as_().get("/sign-in/openid").status_code == 502


def test_without_an_issuer_there_is_no_such_way(served):
    assert served.as_().get("/sign-in/openid").status_code == 404
