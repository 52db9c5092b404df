"""A verb run as a child process: its words, its output in a folder of its own, its last line, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

RUNNING = "from warrantor.cli import main; main()"


@dataclass(frozen=True, slots=True)
class Kind:
    """A verb that may be started from a page.

    Attributes
    ----------
    words : tuple of str
        The verb and its words; `{fleet}` and `{out}` stand for the fleet folder and the job's own.
    result : str
        The file in the job's folder that holds the answer.
    """

    words: tuple[str, ...]
    result: str = "out.json"

    def filled(self, fleet: Path, out: Path) -> list[str]:
        """Return the words for one run.

        Examples
        --------
        >>> KINDS["life"].filled(Path("fleet"), Path("jobs/7"))[:2]
        ['life', 'fleet']
        """
        return [word.format(fleet=fleet, out=out) for word in self.words]


KINDS = {
    "life": Kind(("life", "{fleet}", "--by", "product", "--table", "--json")),
    "returns": Kind(("returns", "{fleet}", "--by", "product", "--json")),
    "forecast": Kind(("forecast", "{fleet}", "--by", "product", "--json")),
    "reserve": Kind(("reserve", "{fleet}", "--by", "product", "--json")),
    "backtest": Kind(("backtest", "{fleet}", "--by", "product", "--json")),
    "report": Kind(("report", "{fleet}", "--by", "product", "--output", "{out}/report.html"), "report.html"),
}


def run(words: Sequence[str], out: Path, *, told: Callable[[str], None], begun: Callable[[int], None]) -> int:
    """Run one verb to its end.

    Parameters
    ----------
    words : sequence of str
        What follows `warrantor`.
    out : Path
        Folder for `out.json`, the standard output, and `log.txt`, the standard error.
    told : callable
        Called with every line of the standard error as it comes.
    begun : callable
        Called with the process id.

    Returns
    -------
    int
        The exit code; negative where a signal ended it.
    """
    out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", RUNNING, *words]
    with (
        (out / "out.json").open("wb") as answer, (out / "log.txt").open("w", encoding="utf-8") as log,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.PIPE, text=True,  # noqa: S603
                         encoding="utf-8", errors="replace", start_new_session=True,
                         env={**os.environ, "WARRANTOR_STEPS": "1"}) as child,
    ):
        begun(child.pid)
        for line in child.stderr or ():
            log.write(line)
            log.flush()
            told(line.strip())
        return child.wait()


def stop(pid: int) -> None:
    """Ask a run to end; one that has ended already is let be."""
    try:
        os.killpg(pid, signal.SIGTERM)
    except ProcessLookupError:
        return
