"""What will come: claims by calendar month, claims of a longer guarantee, with the error past forecasts made.

The room is called `forecast` and so is what it does: `warrantor.forecast(tally, cohorts)` foretells a fleet's claims
and cost by month, whether or not the room was imported before. The module is therefore callable.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from warrantor.forecast.outlook import Outlook
    from warrantor.tally import Cohorts, Tally


class _Room(ModuleType):
    """A module that foretells when called."""

    def __call__(self, tally: Tally, cohorts: Cohorts, **asked: Any) -> Outlook:
        from warrantor.forecast.monthly import forecast as ask

        return ask(tally, cohorts, **asked)


forecast = sys.modules[__name__]
forecast.__class__ = _Room
