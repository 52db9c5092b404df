"""A small OpenID Connect issuer on loopback, for tests: it vouches for whom it is told to."""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwk, jwt


class Issuer:
    def __init__(self):
        self.key = jwk.RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.signing = self.key
        self.claims = {}
        self.asked = {}
        issuer = self

        class Answers(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def do_GET(self):
                parts = urlsplit(self.path)
                if parts.path == "/.well-known/openid-configuration":
                    self.say({"issuer": issuer.url, "authorization_endpoint": f"{issuer.url}/authorize",
                              "token_endpoint": f"{issuer.url}/token", "jwks_uri": f"{issuer.url}/keys"})
                elif parts.path == "/keys":
                    self.say({"keys": [issuer.key.as_dict(private=False)]})
                elif parts.path == "/authorize":
                    words = {k: v[0] for k, v in parse_qs(parts.query).items()}
                    issuer.asked = words
                    self.send_response(303)
                    self.send_header("location", f"{words['redirect_uri']}?" + urlencode(
                        {"state": words["state"], "code": "the-code"}))
                    self.end_headers()

            def do_POST(self):
                words = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
                issuer.exchanged = {k: v[0] for k, v in words.items()}
                claims = {"iss": issuer.url, "aud": issuer.asked["client_id"], "sub": "7", "iat": int(time.time()),
                          "exp": int(time.time()) + 60, "nonce": issuer.asked["nonce"], **issuer.claims}
                self.say({"id_token": jwt.encode({"alg": "RS256", "kid": "one"}, claims, issuer.signing)})

            def say(self, document):
                body = json.dumps(document).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
