"""Who asks for serials one after another: what was asked of each block within the hour, right or wrong."""

from __future__ import annotations

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Walk:
    """What was asked of a block within the hour.

    Attributes
    ----------
    block : str
        Its keyed mark.
    serials, networks, addresses : int
        How many different serials, from how many networks and addresses.
    first, last : datetime
        When the first and the last of them were asked for.
    busiest : tuple of str
        The networks that asked for most; for who keeps a firewall, and for no log that is kept for ever.
    """

    block: str
    serials: int
    networks: int
    addresses: int
    first: datetime
    last: datetime
    busiest: tuple[str, ...]

    def told(self) -> dict[str, Any]:
        """Return what the sealed log may hold: no serial, no address."""
        return {"serials": self.serials, "networks": self.networks, "addresses": self.addresses,
                "first": self.first.isoformat(), "last": self.last.isoformat()}


@dataclass(slots=True)
class _Block:
    """What is known of one block: when which network asked for which serial from where, and the counts of these."""

    asked: dict[tuple[str, str], tuple[datetime, str]] = field(default_factory=dict)
    serials: Counter[str] = field(default_factory=Counter)
    networks: Counter[str] = field(default_factory=Counter)
    addresses: Counter[str] = field(default_factory=Counter)

    def add(self, network: str, serial: str, at: datetime, address: str) -> None:
        """Note that a network asked for a serial it had not asked for."""
        self.asked[network, serial] = at, address
        for counter, key in ((self.serials, serial), (self.networks, network), (self.addresses, address)):
            counter[key] += 1

    def drop(self, network: str, serial: str) -> None:
        """Forget it."""
        _, address = self.asked.pop((network, serial))
        for counter, key in ((self.serials, serial), (self.networks, network), (self.addresses, address)):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]


@dataclass(slots=True)
class Walks:
    """The eye on walkers.

    Different serials are counted, whether their second factor was right or wrong: who walks a lot knows its month. A
    serial that the same network asked for within the hour is no new one.

    Attributes
    ----------
    now : callable
        The clock.
    run : int
        Serials of one block that a network may ask for in an hour.
    loud : int
        Serials of one block asked for in an hour, by anybody, that raise the alarm.
    many, crowd : int
        So many serials asked for by so many networks close a block for everybody; below either, only those networks
        are closed out that ran through their own.
    most : int
        What is remembered at once, over all blocks.
    """

    now: Callable[[], datetime]
    run: int = 10
    loud: int = 20
    many: int = 60
    crowd: int = 20
    most: int = 100_000
    _blocks: dict[str, _Block] = field(default_factory=dict, repr=False)
    _order: deque[tuple[datetime, str, str, str]] = field(default_factory=deque, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def sees(self, block: str, serial: str, address: str, network: str) -> tuple[float | None, bool]:
        """Note that a serial is asked for.

        Returns
        -------
        (float or None, bool)
            Seconds to wait where it is refused; whether the block is being walked.
        """
        with self._lock:
            now = self.now()
            self._forget(now)
            held = self._blocks.setdefault(block, _Block())
            if (network, serial) in held.asked:
                return None, False
            closed = len(held.serials) >= self.many and len(held.networks) >= self.crowd
            if closed or held.networks[network] >= self.run:
                return WITHIN.total_seconds(), True
            held.add(network, serial, now, address)
            self._order.append((now, block, network, serial))
            return None, len(held.serials) >= self.loud

    def of(self, block: str) -> Walk:
        """Return what was asked of a block."""
        with self._lock:
            held = self._blocks[block]
            instants = [at for at, _ in held.asked.values()]
            busiest = tuple(network for network, _ in held.networks.most_common(5))
            return Walk(block, len(held.serials), len(held.networks), len(held.addresses), instants[0], instants[-1],
                        busiest)

    def _forget(self, now: datetime) -> None:
        while self._order and (self._order[0][0] <= now - WITHIN or len(self._order) >= self.most):
            _, block, network, serial = self._order.popleft()
            held = self._blocks[block]
            held.drop(network, serial)
            if not held.asked:
                del self._blocks[block]

