"""THE COUNTER: pages and REST over the desk. A request is parsed, the desk is asked, the answer is presented."""

from __future__ import annotations

from warrantor.web.app import create_app
from warrantor.web.settings import Issuer, Settings

__all__ = ["Issuer", "Settings", "create_app"]
