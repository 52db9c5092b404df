"""THE PROMISE: guarantees as data, how a period is counted, and the calendar that follows. Standard library only."""

from __future__ import annotations

from warrantor.terms.guarantee import Guarantee, Guarantees, PackError, default_guarantees, load_guarantees
from warrantor.terms.period import Term, end_of

__all__ = ["Guarantee", "Guarantees", "PackError", "Term", "default_guarantees", "end_of", "load_guarantees"]
