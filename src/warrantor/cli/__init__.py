"""The command: one verb a file, data on stdout, everything else on stderr."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command and leave with its exit code."""
    words = sys.argv[1:]
    if not words or words in (["--help"], ["-h"], ["help"]):
        from warrantor.cli.verbs import overview

        print(overview())
        raise SystemExit(0)
    if words == ["--version"]:
        from warrantor import __version__

        print(__version__)
        raise SystemExit(0)
    from warrantor.cli.app import run

    raise SystemExit(run(words))
