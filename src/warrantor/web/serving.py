"""The server as a process: one address, requests finished before it stops, logs as JSON lines."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from warrantor.web.headers import Lines

GRACE = 20  # seconds that requests have to finish after a stop


def bound(host: str, port: int) -> socket.socket:
    """Return a socket at an address; a port of 0 takes any that is free, `::` is every address of both protocols.

    Raises
    ------
    OSError
        The address is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with its protocol named, or the event loop takes it for no TCP and lets every answer wait for the one before it
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if host == "::":
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)  # some systems would leave the older protocol out
    made.bind((host, port))
    return made


def address(host: str, where: socket.socket) -> str:
    """Return what to type into a browser to reach a socket.

    Examples
    --------
    >>> with bound("127.0.0.1", 0) as where:
    ...     address("::1", where) == f"http://[::1]:{where.getsockname()[1]}/"
    True
    """
    name = f"[{host}]" if ":" in host else host
    return f"http://{name}:{where.getsockname()[1]}/"


def configured(app: FastAPI) -> uvicorn.Config:
    """Return how an application is served: here, and in its tests."""
    return uvicorn.Config(app, log_config=None, access_log=False, server_header=False, proxy_headers=False,
                          timeout_graceful_shutdown=GRACE, timeout_keep_alive=15, limit_concurrency=512)


class _Server(uvicorn.Server):
    """A server that says when it listens, and tells its application when it is told to stop."""

    def __init__(self, app: FastAPI, listening: Callable[[], None]) -> None:
        super().__init__(configured(app))
        self.leaving, self.listening = app.state.counter.leaving, listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to listen, and say so."""
        await super().startup(sockets)
        if self.started:
            self.listening()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let go of those who only listen, then stop as always."""
        self.leaving.set()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, where: socket.socket, listening: Callable[[], None]) -> None:
    """Serve until told to stop; what was being answered is finished first.

    Parameters
    ----------
    app : FastAPI
        From `create_app`.
    where : socket
        From `bound`.
    listening : callable
        Called once who asks is answered.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    _Server(app, listening).run(sockets=[where])
