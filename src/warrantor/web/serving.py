"""The server as a process: one address, requests finished before it stops, logs as JSON lines."""

from __future__ import annotations

import logging
import socket
import sys
import threading
from types import FrameType

import uvicorn
from fastapi import FastAPI

from warrantor.web.headers import Lines

GRACE = 20  # seconds that requests have to finish after a stop


def bound(host: str, port: int) -> socket.socket:
    """Return a socket at an address; a port of 0 takes any that is free.

    Raises
    ------
    OSError
        The address is taken, or not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # with its protocol named, or the event loop takes it for no TCP and lets every answer wait for the one before it
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind((host, port))
    return made


class _Server(uvicorn.Server):
    """A server that tells its application when it is told to stop."""

    def __init__(self, config: uvicorn.Config, leaving: threading.Event) -> None:
        super().__init__(config)
        self.leaving = leaving

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Let go of those who only listen, then stop as always."""
        self.leaving.set()
        super().handle_exit(sig, frame)


def serve(app: FastAPI, where: socket.socket) -> None:
    """Serve until told to stop; what was being answered is finished first.

    Parameters
    ----------
    app : FastAPI
        From `create_app`.
    where : socket
        From `bound`.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    config = uvicorn.Config(app, log_config=None, access_log=False, server_header=False, proxy_headers=False,
                            timeout_graceful_shutdown=GRACE, timeout_keep_alive=15, limit_concurrency=512)
    _Server(config, app.state.counter.leaving).run(sockets=[where])
