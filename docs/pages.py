"""Write docs/command.md and docs/python.md from the command and the package themselves.

Run ``python docs/pages.py`` to write both; a test compares them with what the code says.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import io
import os
from collections.abc import Mapping
from pathlib import Path

import warrantor
from warrantor.cli.trial import STEPS
from warrantor.cli.verbs import VERBS, overview

HOME = Path(__file__).parent


def command_page() -> str:
    """Every verb's own help, as a page."""
    os.environ["COLUMNS"] = "110"
    said = "Written by `docs/pages.py` from the command's own help."
    parts = ["# The command", "", said, "", "```", overview(), "```"]
    steps = [f"trial {name}" for name in STEPS]
    parts += [line for name in (*VERBS, *steps) for line in ("", f"## warrantor {name}", "", "```", _help(name), "```")]
    return "\n".join(parts) + "\n"


def _help(name: str) -> str:
    from warrantor.cli.app import run

    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        run([*name.split(), "--help"])
    return "\n".join(line.rstrip() for line in said.getvalue().strip().splitlines())


def python_page() -> str:
    """Every public name with the first line of what it says of itself."""
    said = "Written by `docs/pages.py`. `import warrantor as wr` loads nothing until a name is asked for."
    parts = ["# From Python", "", said, "", "| name | what it is |", "|---|---|"]
    for name in warrantor.__all__:
        if name != "__version__":
            thing = getattr(warrantor, name)
            said = f"By name: {', '.join(thing)}." if isinstance(thing, Mapping) else inspect.getdoc(thing) or ""
            first = said.splitlines()[0].replace("|", "\\|")
            call = "()" if inspect.isfunction(thing) else ""
            parts.append(f"| `wr.{name}{call}` | {first} |")
    rooms = ["", "## Rooms", "", "| module | what it holds |", "|---|---|"]
    for room in ("terms", "engine", "records", "exposure", "life", "forecast", "trial", "world", "report", "desk",
                 "web"):
        first = (importlib.import_module(f"warrantor.{room}").__doc__ or "").strip().splitlines()[0]
        rooms.append(f"| `warrantor.{room}` | {first} |")
    return "\n".join([*parts, *rooms]) + "\n"


def main() -> None:
    """Write both pages."""
    (HOME / "command.md").write_text(command_page(), encoding="utf-8")
    (HOME / "python.md").write_text(python_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
