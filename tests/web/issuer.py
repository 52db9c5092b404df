"""A small OpenID Connect issuer on loopback, for tests: it vouches for whom it is told to, and misbehaves on demand."""

import base64
import hashlib
import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwk, jwt


def rsa(kid):
    return jwk.RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"})


class Answers(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    @property
    def issuer(self):
        return self.server.issuer

    def misbehaves(self, path):
        self.issuer.fetched[path] += 1
        if path in self.issuer.wrong:
            self.issuer.wrong[path](self)
        return path in self.issuer.wrong

    def do_GET(self):
        parts = urlsplit(self.path)
        if self.misbehaves(parts.path):
            return
        if parts.path == "/.well-known/openid-configuration":
            self.say(self.issuer.description())
        elif parts.path == "/keys":
            self.say({"keys": [key.as_dict(private=False) for key in self.issuer.keys]})
        elif parts.path == "/authorize":
            words = {k: v[0] for k, v in parse_qs(parts.query).items()}
            self.issuer.asked = words
            code = f"code-{len(self.issuer.codes)}"
            self.issuer.codes[code] = words
            self.lead(f"{words['redirect_uri']}?" + urlencode({"state": words["state"], "code": code}))

    def do_POST(self):
        words = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        self.issuer.exchanged = {k: v[0] for k, v in words.items()}
        if self.misbehaves(self.path):
            return
        begun = self.issuer.codes.pop(self.issuer.exchanged["code"], None)
        if begun is None or not self.issuer.belongs(begun):
            self.say({"error": "invalid_grant"}, 400)
            return
        self.say({"id_token": self.issuer.signed(self.issuer.told(begun))})

    def say(self, document, status=200):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def lead(self, where, status=303):
        self.send_response(status)
        self.send_header("location", where)
        self.send_header("content-length", "0")
        self.end_headers()


class Issuer:
    """What tests change: `claims` of the token, `signed` (claims -> token), `wrong` (path -> what to do instead)."""

    def __init__(self):
        self.keys = [rsa("one")]
        self.signing = self.keys[0]
        self.claims, self.asked, self.exchanged, self.wrong = {}, {}, {}, {}
        self.signed = self.sign
        self.fetched, self.codes = Counter(), {}
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.server.issuer, self.server.daemon_threads = self, True
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def description(self):
        return {"issuer": self.url, "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token", "jwks_uri": f"{self.url}/keys"}

    def told(self, begun):
        """The claims of a token for a sign-in that was begun."""
        now = int(time.time())
        return {"iss": self.url, "aud": begun["client_id"], "sub": "7", "iat": now, "exp": now + 60,
                "nonce": begun["nonce"], **self.claims}

    def belongs(self, begun):
        """Whether who exchanges a code is who began the sign-in: RFC 7636, section 4.6."""
        digest = hashlib.sha256(self.exchanged["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        return (begun["code_challenge"], begun["redirect_uri"]) == (challenge, self.exchanged["redirect_uri"])

    def sign(self, claims):
        return jwt.encode({"alg": "RS256", "kid": self.signing.kid}, claims, self.signing)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
