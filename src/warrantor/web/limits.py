"""How often who may ask: windows that slide, and an eye on serials asked for one after another."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEAR = 5  # digits at a serial's end that a walker counts through


@dataclass(slots=True)
class Windows:
    """Counts of events by key, each over a sliding window.

    Attributes
    ----------
    now : callable
        The clock.
    """

    now: Callable[[], datetime]
    _seen: dict[str, deque[datetime]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: str, most: int, within: timedelta) -> float | None:
        """Count one event, unless `most` of them happened within the window already.

        Returns
        -------
        float or None
            Seconds to wait where it was one too many; None where it was counted.
        """
        with self._lock:
            seen = self._kept(key, within)
            if len(seen) >= most:
                return max(1.0, (seen[0] + within - self.now()).total_seconds())
            seen.append(self.now())
            return None

    def count(self, key: str, within: timedelta) -> int:
        """Return how many events of a key the window holds."""
        with self._lock:
            return len(self._kept(key, within))

    def forget(self, key: str) -> None:
        """Start a key again."""
        with self._lock:
            self._seen.pop(key, None)

    def _kept(self, key: str, within: timedelta) -> deque[datetime]:
        if len(self._seen) > 100_000:
            self._swept()
        seen = self._seen.setdefault(key, deque())
        while seen and seen[0] <= self.now() - within:
            seen.popleft()
        return seen

    def _swept(self) -> None:
        old = self.now() - DAY
        self._seen = {k: v for k, v in self._seen.items() if v and v[-1] > old}


@dataclass(slots=True)
class Door:
    """Who may look a unit up without signing in, and how often.

    A look-up passes where its address made fewer than `per_hour` in the hour, its network (an IPv4 /24, an IPv6 /48)
    fewer than `per_day` in the day, its serial was asked for less than `per_serial` times in the day without the right
    second factor, and serials that differ only in their last five characters were not missed `run` times in the hour,
    by anybody: that is somebody counting, and `alarm` is called once.

    Attributes
    ----------
    windows : Windows
        Where it counts.
    alarm : callable
        Called with the block that is walked, as a keyed digest.
    """

    windows: Windows
    alarm: Callable[[str, str], None]
    per_hour: int = 10
    per_day: int = 100
    per_serial: int = 3
    run: int = 20
    _key: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def asks(self, address: str, serial: str) -> float | None:
        """Count a look-up; return seconds to wait where it is refused.

        The answer depends on what was asked before, never on whether the serial exists.
        """
        network = network_of(address)
        waits = (
            self.windows.take(f"a:{address}", self.per_hour, HOUR),
            self.windows.take(f"n:{network}", self.per_day, DAY),
        )
        wait = max((w for w in waits if w is not None), default=None)
        if wait is None and self.windows.count(self._digest("s", serial), DAY) >= self.per_serial:
            wait = DAY.total_seconds()
        if wait is None and self.windows.count(self._digest("b", serial[:-NEAR]), HOUR) >= self.run:
            wait = HOUR.total_seconds()
        return wait

    def missed(self, address: str, serial: str) -> None:
        """Count a look-up that named no unit, or not its second factor."""
        block = self._digest("b", serial[:-NEAR])
        self.windows.take(self._digest("s", serial), self.per_serial, DAY)
        self.windows.take(block, self.run, HOUR)
        if self.windows.count(block, HOUR) >= self.run and self.windows.take(f"alarm:{block}", 1, HOUR) is None:
            self.alarm(block, network_of(address))

    def _digest(self, kind: str, text: str) -> str:
        return f"{kind}:{hashlib.blake2b(text.encode(), key=self._key, digest_size=16).hexdigest()}"


def network_of(address: str) -> str:
    """Return the network an address is in.

    Examples
    --------
    >>> network_of("192.0.2.77"), network_of("2001:db8:1:2::5"), network_of("testclient")
    ('192.0.2.0/24', '2001:db8:1::/48', 'testclient')
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network(f"{found}/{24 if found.version == 4 else 48}", strict=False))
