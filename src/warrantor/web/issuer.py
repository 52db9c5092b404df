"""Signing in through an OpenID Connect issuer: code flow with PKCE, the token checked against the issuer's keys."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.error import URLError
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

from joserfc import jwk, jwt
from joserfc.errors import JoseError

from warrantor.web.problem import Problem
from warrantor.web.settings import Issuer

PATIENCE = 10  # seconds for each word with the issuer
ALGORITHMS = ["RS256", "ES256", "EdDSA"]


@dataclass(frozen=True, slots=True)
class Asked:
    """What was sent along to the issuer, and must come back.

    Attributes
    ----------
    state, nonce, verifier : str
        Random words: of the redirection, of the token, and of the code.
    """

    state: str
    nonce: str
    verifier: str

    @classmethod
    def anew(cls) -> Asked:
        """Return three fresh words."""
        return cls(*(secrets.token_urlsafe(32) for _ in range(3)))


def way_there(issuer: Issuer, asked: Asked, back: str) -> str:
    """Return the address at the issuer that the browser is sent to.

    Raises
    ------
    Problem
        502: the issuer does not answer, or not as itself.
    """
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).decode().rstrip("=")
    words = {"response_type": "code", "client_id": issuer.client, "redirect_uri": back, "scope": "openid",
             "state": asked.state, "nonce": asked.nonce, "code_challenge": challenge, "code_challenge_method": "S256"}
    return f"{_discovered(issuer)['authorization_endpoint']}?{urlencode(words)}"


def vouched(issuer: Issuer, asked: Asked, code: str, back: str) -> str:
    """Return the name under which the issuer knows the person, its `sub`.

    Raises
    ------
    Problem
        502: the issuer does not answer. 403: the token is not for us, not now, or not of this sign-in.
    """
    found = _discovered(issuer)
    words = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "client_id": issuer.client,
             "client_secret": issuer.secret, "code_verifier": asked.verifier}
    given = _told(found["token_endpoint"], urlencode(words).encode())
    keys = jwk.KeySet.import_key_set({"keys": _told(found["jwks_uri"]).get("keys", [])})
    claims = _checked(issuer, str(given.get("id_token", "")), keys, asked.nonce)
    return str(claims["sub"])


def _checked(issuer: Issuer, token: str, keys: Any, nonce: str) -> Mapping[str, Any]:
    rules = jwt.JWTClaimsRegistry(
        iss={"essential": True, "value": issuer.url}, aud={"essential": True, "value": issuer.client},
        exp={"essential": True}, sub={"essential": True}, nonce={"essential": True, "value": nonce})
    try:
        found = jwt.decode(token, keys, algorithms=ALGORITHMS)
        rules.validate(found.claims)
    except (JoseError, ValueError) as error:
        raise Problem(403, "The issuer's token is not valid for this sign-in.") from error
    return found.claims


def _discovered(issuer: Issuer) -> dict[str, Any]:
    found = _told(f"{issuer.url.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer.url:
        raise Problem(502, "The issuer's description names another issuer.")
    return found


def _told(address: str, body: bytes | None = None) -> dict[str, Any]:
    if urlsplit(address).scheme not in ("http", "https"):
        raise Problem(502, "The issuer names an address that is not of the web.")
    asked = Request(address, body, {"accept": "application/json"})  # noqa: S310  the scheme is checked above
    try:
        with urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310
            found = json.load(answer)
    except (URLError, ValueError, TimeoutError) as error:
        raise Problem(502, "The issuer does not answer as it should: try again, or sign in with a password.") from error
    if not isinstance(found, dict):
        raise Problem(502, "The issuer answers with something that is no document.")
    return found
