"""THE ENGINES: one SQL text, answered by DuckDB on this machine or by Spark on many.

The only room that names an engine. `open_engine` gives one; what it does is `Engine`; what goes wrong is `EngineError`.
"""

from __future__ import annotations

from warrantor.engine.opening import open_engine
from warrantor.engine.protocol import Engine, EngineError

__all__ = ["Engine", "EngineError", "open_engine"]
