"""How often something happened: events counted over a window that slides, within a bounded memory."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

FINE = 100  # events of a hundredth of a window are kept as one: a limit of thousands costs no more than one of ten


class Limit(NamedTuple):
    """How often a key may come.

    Attributes
    ----------
    key : str
        Whose events are counted.
    most : int
        How many there may be.
    within : timedelta
        In how long.
    """

    key: str
    most: int
    within: timedelta


@dataclass(slots=True)
class _Spell:
    """Events of nearly one moment."""

    first: datetime
    last: datetime
    events: int


@dataclass(slots=True)
class _Seen:
    """Events of a key, those of one spell together, and until when any of them counts."""

    until: datetime
    spells: deque[_Spell] = field(default_factory=deque)
    events: int = 0

    def drop(self, before: datetime) -> None:
        """Forget spells that were over by then: none is forgotten early."""
        while self.spells and self.spells[0].last <= before:
            self.events -= self.spells.popleft().events

    def add(self, now: datetime, within: timedelta, many: int) -> None:
        """Count events of this instant."""
        if self.spells and now - self.spells[-1].first < within / FINE:
            self.spells[-1].last = now
            self.spells[-1].events += many
        else:
            self.spells.append(_Spell(now, now, many))
        self.events += many
        self.until = max(self.until, now + within)


@dataclass(slots=True)
class Windows:
    """Counts of events by key, each over a sliding window.

    Attributes
    ----------
    now : callable
        The clock.
    most_keys : int
        Keys remembered at once; beyond it the one that was counted longest ago is forgotten.
    """

    now: Callable[[], datetime]
    most_keys: int = 100_000
    _seen: OrderedDict[str, _Seen] = field(default_factory=OrderedDict, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def take(self, *limits: Limit, many: int = 1) -> float | None:
        """Count events under every limit, or under none where one of them does not allow it.

        Limits are asked in their order, and what is refused makes no key.

        Returns
        -------
        float or None
            Seconds to wait where it was too much; None where it was counted.
        """
        with self._lock:
            now = self.now()
            for limit in limits:
                if (wait := self._refused(limit, now, many)) is not None:
                    return wait
            for limit in limits:
                self._of(limit.key, now).add(now, limit.within, many)
            return None

    def count(self, key: str, within: timedelta) -> int:
        """Return how many events of a key the window holds."""
        with self._lock:
            seen = self._seen.get(key)
            if seen is None:
                return 0
            seen.drop(self.now() - within)
            return seen.events

    def back(self, *keys: str) -> None:
        """Give back the last event of each key: it turned out not to count."""
        with self._lock:
            for key in keys:
                seen = self._seen.get(key)
                if seen is None or not seen.spells:
                    continue
                seen.spells[-1].events -= 1
                seen.events -= 1
                if not seen.spells[-1].events:
                    seen.spells.pop()

    def forget(self, key: str) -> None:
        """Start a key again."""
        with self._lock:
            self._seen.pop(key, None)

    def __len__(self) -> int:
        """Return how many keys are remembered."""
        return len(self._seen)

    def _refused(self, limit: Limit, now: datetime, many: int) -> float | None:
        """Return seconds until a limit has room for so many; None where it has."""
        seen = self._seen.get(limit.key)
        if seen is not None:
            seen.drop(now - limit.within)
        over = (seen.events if seen is not None else 0) + many - limit.most
        if over <= 0:
            return None
        for spell in seen.spells if seen is not None else ():
            over -= spell.events
            if over <= 0:
                return max(1.0, (spell.last + limit.within - now).total_seconds())
        return limit.within.total_seconds()

    def _of(self, key: str, now: datetime) -> _Seen:
        """Return a key's events, the key made the last to be forgotten; a new one takes the place of what is over."""
        seen = self._seen.get(key)
        if seen is not None:
            self._seen.move_to_end(key)
            return seen
        for _ in range(2):  # two go for one that comes: no key waits long for a sweep, and nobody waits for one
            oldest = next(iter(self._seen), None)
            if oldest is not None and (len(self._seen) >= self.most_keys or self._seen[oldest].until <= now):
                del self._seen[oldest]
        made = self._seen[key] = _Seen(now)
        return made
