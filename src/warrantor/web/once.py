"""Words that may be taken once: remembered until nobody could use them any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

MOST = 10_000  # words remembered at a time


class Once:
    """What was taken already. It is kept in memory: several processes do not share it.

    Parameters
    ----------
    clock : callable
        The instant it is.

    Examples
    --------
    >>> from datetime import UTC
    >>> once = Once(lambda: datetime(2026, 11, 23, tzinfo=UTC))
    >>> until = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
    >>> once.take("a", until), once.take("a", until)
    (True, False)
    """

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock, self.held, self.alone = clock, dict[str, float](), threading.Lock()

    def take(self, word: str, until: float) -> bool:
        """Take a word that is good until an instant; False where it was taken, or where too many are remembered."""
        now = self.clock().timestamp()
        with self.alone:
            if len(self.held) >= MOST:
                self.held = {one: end for one, end in self.held.items() if end > now}
            if word in self.held or len(self.held) >= MOST:
                return False
            self.held[word] = until
            return True

    def holds(self, word: str) -> bool:
        """Whether a word was taken, and is still remembered."""
        return word in self.held
