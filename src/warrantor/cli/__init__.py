"""The command: one verb a file."""

from __future__ import annotations


def main() -> None:
    """Run the command."""
    from warrantor.cli.app import run

    run()
