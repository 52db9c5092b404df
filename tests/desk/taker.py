"""A small server that takes claims, to be killed; and a client that asks until it is answered."""

import http.client
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from warrantor import desk
from warrantor.desk import claims
from warrantor.desk.actor import Actor
from warrantor.desk.claims import Opening
from warrantor.desk.refusals import InFlightError
from warrantor.finding import Refused

KEY = b"the key of the tests, 32 bytes long!"


def take(where, port):
    """Answer POSTs with the claim's number, once it is on disk."""
    store = desk.open(where, key=KEY)

    class Taker(BaseHTTPRequestHandler):
        def do_POST(self):
            told = json.loads(self.rfile.read(int(self.headers["content-length"])))
            try:
                one = claims.open_claim(store, Actor(told["person"], "agent", "north"), Opening(told["serial"]),
                                        key=told["key"])
                status, body = 200, str(one.number)
            except InFlightError as error:
                status, body = 409, str(error)
            except Refused as error:
                status, body = 422, str(error)
            self.send_response(status)
            self.send_header("content-length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *args):
            pass

    ThreadingHTTPServer.allow_reuse_address = True
    ThreadingHTTPServer(("127.0.0.1", port), Taker).serve_forever()


def ask(port, person, first, count, out):
    """Open claims one after another; each is asked for with its own key until it is answered, and written down."""
    with open(out, "w", encoding="utf-8") as acknowledged:
        for i in range(first, first + count):
            body = json.dumps({"person": person, "serial": f"S{i}", "key": f"key {i}"})
            while True:
                try:
                    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
                    link.request("POST", "/", body)
                    answer = link.getresponse()
                    text = answer.read().decode()
                    link.close()
                except (OSError, http.client.HTTPException):
                    time.sleep(0.01)
                    continue
                if answer.status == 200:
                    acknowledged.write(f"{i} {text}\n")
                    acknowledged.flush()
                    break
                if answer.status != 409:
                    raise SystemExit(f"S{i}: {answer.status} {text}")


if __name__ == "__main__":
    if sys.argv[1] == "take":
        take(sys.argv[2], int(sys.argv[3]))
    else:
        ask(*map(int, sys.argv[2:6]), sys.argv[6])
