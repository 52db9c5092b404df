"""How often who may ask without signing in, and the eye on serials asked for one after another."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from warrantor.desk.vault import mark, one_spelling
from warrantor.web.walks import Walk, Walks
from warrantor.web.windows import Limit, Windows

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEAR = 5  # characters at a serial's end that a walker counts through


@dataclass(slots=True)
class Door:
    """Who may look a unit up without signing in, and how often.

    A look-up passes where its network (an IPv4 /24, an IPv6 /48) made fewer than `per_day` in the day, its address
    fewer than `per_hour` in the hour, its serial had fewer than `per_serial` wrong second factors in the day, and its
    network is none that walks: `Walks` says which serials of a block were asked for, right or wrong, by how many.
    Serials count as the desk compares them, however they were typed.

    Attributes
    ----------
    now : callable
        The clock.
    key : bytes
        The desk's: a serial and its block are remembered by their marks.
    alarm : callable
        Called with a walk at most once an hour and block; returns whether it was told.
    per_hour, per_day, per_serial : int
        Look-ups of an address in an hour, of a network in a day, and wrong months of a serial in a day.
    """

    now: Callable[[], datetime]
    key: bytes = field(repr=False)
    alarm: Callable[[Walk], bool]
    per_hour: int = 10
    per_day: int = 100
    per_serial: int = 3
    callers: Windows = field(init=False, repr=False)
    serials: Windows = field(init=False, repr=False)
    alarms: Windows = field(init=False, repr=False)
    walks: Walks = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # apart, so that who comes from ever new addresses does not push out what is known of serials
        self.callers, self.serials, self.alarms = Windows(self.now), Windows(self.now), Windows(self.now)
        self.walks = Walks(self.now)

    def asks(self, address: str, serial: str) -> float | None:
        """Count a look-up; return seconds to wait where it is refused.

        The answer depends on what was asked before, never on whether the serial exists. The try of the second factor
        is taken here, before anything is looked up, so that many at once get no more of them; `hit` gives it back.
        """
        network, one = network_of(address), self._one(serial)
        wait = self.callers.take(Limit(f"n:{network}", self.per_day, DAY), Limit(f"a:{address}", self.per_hour, HOUR))
        if wait is None:
            wait = self.serials.take(Limit(one, self.per_serial, DAY))
        if wait is not None:
            return wait
        block = block_of(self.key, serial)
        wait, walked = self.walks.sees(block, one, address, network)
        if wait is not None:
            self.serials.back(one)
        if walked and self.alarms.take(Limit(block, 1, HOUR)) is None and not self.alarm(self.walks.of(block)):
            self.alarms.back(block)
        return wait

    def hit(self, serial: str) -> None:
        """Give the try of a look-up back that named a unit and its second factor, or that could not be answered."""
        self.serials.back(self._one(serial))

    def _one(self, serial: str) -> str:
        return mark(self.key, one_spelling(serial)).hex()


def block_of(key: bytes, serial: str) -> str:
    """Return the keyed mark of the block a serial stands in: those of its length that differ in the last five alone.

    Of a serial shorter than ten characters at least the first half tells the block, or all short ones shared one.

    Examples
    --------
    >>> block_of(b"k", "35-693803-564380-9") == block_of(b"k", "356938035612345")
    True
    >>> block_of(b"k", "AB12") == block_of(b"k", "CD12"), block_of(b"k", "AB12") == block_of(b"k", "AB121")
    (False, False)
    """
    told = one_spelling(serial)
    kept = told[: max(len(told) - NEAR, (len(told) + 1) // 2)]
    return hmac.digest(key, f"block {len(told)} {kept}".encode(), "sha256")[:8].hex()


def address_of(said: str) -> str | None:
    """Return an address in its one spelling, an IPv4 one as such where IPv6 carries it; None where it is none.

    Examples
    --------
    >>> address_of(" ::ffff:192.0.2.7 "), address_of("2001:DB8::1"), address_of("unknown")
    ('192.0.2.7', '2001:db8::1', None)
    """
    try:
        found = ipaddress.ip_address(said.strip())
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        return str(found.ipv4_mapped or ipaddress.IPv6Address(int(found)))  # without its zone, which is this machine's
    return str(found)


def network_of(address: str, *, narrow: int = 48) -> str:
    """Return the network an address is in: an IPv4 /24, an IPv6 /48 or another width.

    Examples
    --------
    >>> network_of("192.0.2.77"), network_of("2001:db8:1:2::5"), network_of("testclient")
    ('192.0.2.0/24', '2001:db8:1::/48', 'testclient')
    """
    told = address_of(address)
    if told is None:
        return address
    return str(ipaddress.ip_network(f"{told}/{narrow if ':' in told else 24}", strict=False))


def place_of(address: str) -> str:
    """Return where one person sits: an IPv4 address, an IPv6 /64, in which everybody has as many as they like.

    Examples
    --------
    >>> place_of("192.0.2.77"), place_of("2001:db8:1:2::5")
    ('192.0.2.77', '2001:db8:1:2::/64')
    """
    return network_of(address, narrow=64) if ":" in address else address
