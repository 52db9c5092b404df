"""Signing in through an OpenID Connect issuer: code flow with PKCE, the token checked against the issuer's keys."""

from __future__ import annotations

import base64
import hashlib
import logging
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from joserfc import jwk, jwt
from joserfc.errors import InvalidKeyIdError, JoseError

from warrantor.web.problem import Problem
from warrantor.web.settings import Issuer
from warrantor.web.talk import RefusedError, SilentError, fetched
from warrantor.web.words import N_

LOG = logging.getLogger("warrantor.web")
ALGORITHMS = ["RS256", "ES256", "EdDSA"]
LEEWAY = 60  # seconds that the issuer's clock may differ from ours
KEPT = 600.0  # seconds that the issuer's description and its keys are taken as read
RESTS = 5.0  # seconds after a failure in which the issuer is not asked again
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
DOWN = N_("The issuer does not answer as it should: try again, or sign in with a password.")
INVALID = N_("The issuer's token is not valid for this sign-in.")
USED = N_("This sign-in was used already: start again.")


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


@dataclass(slots=True)
class Told:
    """What an issuer says of itself, kept for a while: whoever signs in need not wait for it.

    Attributes
    ----------
    issuer : Issuer
        Which.
    clock : callable
        Seconds that only grow.
    """

    issuer: Issuer
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    held: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict, init=False, repr=False)
    failed: float = field(default=float("-inf"), init=False, repr=False)
    alone: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    @property
    def known(self) -> bool:
        """Whether the way to the issuer can be said without asking it."""
        return self._fresh("description") is not None

    def description(self) -> dict[str, Any]:
        """Return its description: where people, codes and keys are asked for.

        Raises
        ------
        Problem
            502: it does not answer, or not as itself.
        """
        return self._of("description", f"{self.issuer.url.rstrip('/')}/.well-known/openid-configuration", self._itself)

    def keys(self, *, anew: bool = False) -> Any:
        """Return the keys it signs with; `anew` where it signed with one that was not among them.

        Raises
        ------
        Problem
            502: it does not answer, or not with keys.
        """
        if anew:
            self.held.pop("keys", None)
        return _imported(self._of("keys", self.description()["jwks_uri"], _importable))

    def _of(self, what: str, address: str, check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return a document: the one that is kept, or a new one; one asks, who comes meanwhile waits for the answer."""
        with self.alone:
            found = self._fresh(what)
            if found is not None:
                return found
            if self.clock() - self.failed < RESTS:
                raise Problem(502, DOWN)
            try:
                found = _fit(fetched(address), check)
            except (SilentError, RefusedError) as error:
                self.failed = self.clock()
                raise _down(error) from error
            self.held[what] = self.clock() + KEPT, found
            return found

    def _fresh(self, what: str) -> dict[str, Any] | None:
        until, found = self.held.get(what, (0.0, None))
        return found if found is not None and self.clock() < until else None

    def _itself(self, found: Mapping[str, Any]) -> bool:
        """Whether a description is the issuer's own, whole, and no less private than the issuer's address."""
        private = urlsplit(self.issuer.url).scheme == "https"
        schemes = ("https",) if private else ("http", "https")
        return found.get("issuer") == self.issuer.url and all(
            isinstance(found.get(name), str) and urlsplit(found[name]).scheme in schemes for name in ENDPOINTS)


def way_there(told: Told, asked: Asked, back: str) -> str:
    """Return the address at the issuer that the browser is sent to.

    Raises
    ------
    Problem
        502: the issuer does not answer, or not as itself.
    """
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).decode().rstrip("=")
    words = {"response_type": "code", "client_id": told.issuer.client, "redirect_uri": back, "scope": "openid",
             "state": asked.state, "nonce": asked.nonce, "code_challenge": challenge, "code_challenge_method": "S256"}
    there = told.description()["authorization_endpoint"]
    return f"{there}{'&' if urlsplit(there).query else '?'}{urlencode(words)}"


def vouched(told: Told, asked: Asked, code: str, back: str) -> str:
    """Return the name under which the issuer knows the person, its `sub`.

    Raises
    ------
    Problem
        502: the issuer does not answer. 403: the code was used, or the token is not for us, not now, or not of this
        sign-in.
    """
    issuer = told.issuer
    words = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "client_id": issuer.client,
             "client_secret": issuer.secret, "code_verifier": asked.verifier}
    try:
        given = fetched(told.description()["token_endpoint"], urlencode(words).encode())
    except RefusedError as error:
        raise (Problem(403, USED) if error.why == "invalid_grant" else _down(error)) from error
    except SilentError as error:
        raise _down(error) from error
    return str(_checked(told, str(given.get("id_token", "")), asked.nonce)["sub"])


def _down(error: Exception) -> Problem:
    """Return what people are told of an issuer that fails; the log says how it did."""
    LOG.warning("the issuer fails: %s", error)
    return Problem(502, DOWN)


def _checked(told: Told, token: str, nonce: str) -> Mapping[str, Any]:
    """Return what a token says, where it is the issuer's, for us, of now, and of this sign-in.

    OpenID Connect Core 1.0, section 3.1.3.7: a token that is for others too must name us as who asked for it.
    """
    ours = told.issuer.client
    try:
        claims = _decoded(told, token).claims
        rules = jwt.JWTClaimsRegistry(
            leeway=LEEWAY, iss={"essential": True, "value": told.issuer.url}, aud={"essential": True, "value": ours},
            exp={"essential": True}, iat={"essential": True}, sub={"essential": True},
            nonce={"essential": True, "value": nonce}, azp={"essential": claims.get("aud") not in (ours, [ours]),
                                                           "value": ours})
        rules.validate(claims)
    except (JoseError, ValueError) as error:
        raise Problem(403, INVALID) from error
    return claims


def _decoded(told: Told, token: str) -> jwt.Token:
    try:
        return jwt.decode(token, told.keys(), algorithms=ALGORITHMS)
    except InvalidKeyIdError:  # it may have changed its keys since we asked
        return jwt.decode(token, told.keys(anew=True), algorithms=ALGORITHMS)


def _fit(found: dict[str, Any], check: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    if not check(found):
        raise SilentError("what it says of itself or its keys cannot be")
    return found


def _importable(found: Mapping[str, Any]) -> bool:
    try:
        return bool(_imported(found))
    except (JoseError, ValueError, TypeError, KeyError):
        return False


def _imported(found: Mapping[str, Any]) -> jwk.KeySet:
    return jwk.KeySet.import_key_set({"keys": [dict(one) for one in found["keys"]]})
