"""Connections for single questions to a file: taken and given back, so that none is kept for a thread that is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection

MOST = 16  # connections that are kept while nobody asks; more may be open while more ask


@dataclass(slots=True)
class Glances:
    """Free connections, the last one used on top: its pages are in memory.

    Attributes
    ----------
    free : list of Connection
        Those that nobody uses.
    """

    free: list[Connection] = field(default_factory=list)
    door: threading.Lock = field(default_factory=threading.Lock, repr=False)
    closed: int = 0

    @contextmanager
    def one(self, made: Callable[[], Connection]) -> Iterator[Connection]:
        """Give a connection; nobody ever waits for one, a new one is made where none is free.

        Parameters
        ----------
        made : callable
            Opens one.
        """
        with self.door:
            held, since = self.free.pop() if self.free else None, self.closed
        connection = made() if held is None else held
        good = False
        try:
            yield connection
            good = True
        finally:
            with self.door:  # what failed half-way may still hold a question open
                good = good and since == self.closed and len(self.free) < MOST
                if good:
                    self.free.append(connection)
            if not good:
                connection.close()

    def close(self) -> None:
        """Close what is free; what is being used is closed when it comes back."""
        with self.door:
            left, self.free = self.free, []
            self.closed += 1
        for connection in left:
            connection.close()
