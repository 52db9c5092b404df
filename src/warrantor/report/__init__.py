"""One self-contained page that says the answer, and the figures under it.

The room is called `report` and so is what it does: `warrantor.report(life, ahead)` makes a page, whether or not
`warrantor.report` was imported as a module before. The module is therefore callable; it does nothing else unusual.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warrantor.report.page import Page


class _Room(ModuleType):
    """A module that makes a page when called."""

    def __call__(self, *results: Any, **said: Any) -> Page:
        from warrantor.report.page import page

        return page(*results, **said)


report = sys.modules[__name__]
report.__class__ = _Room
