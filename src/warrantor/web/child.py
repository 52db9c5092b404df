"""A verb run as a child process: its words, its output in a folder of its own, its last line, its end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

TICK = 0.1  # seconds between two looks whether a run is to end
GRACE = 5.0  # seconds that a run has to end by itself when it is told to
# A server that is killed cannot end its run: the system does, told so by the run itself before anything else, because
# between fork and exec of a process with threads nothing may be done. A server that died before that is seen by the
# parent that it left behind. Elsewhere than on Linux there is no such word.
TIED = """import ctypes, os, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG, SIGKILL
    if os.getppid() != {parent}:
        os._exit(1)
"""
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


def run(words: Sequence[str], out: Path, *, told: Callable[[str], None], begun: Callable[[int], None],
        halted: Callable[[], bool]) -> int:
    """Run one verb to its end; no process of its group outlives it.

    Parameters
    ----------
    words : sequence of str
        What follows `warrantor`.
    out : Path
        Folder for `out.json`, the standard output, and `log.txt`, the standard error.
    told : callable
        Called with every line of the standard error as it comes, in another thread; it must not wait.
    begun : callable
        Called with the process id.
    halted : callable
        Asked again and again whether the run is to end: it is told to, and killed `GRACE` seconds later.

    Returns
    -------
    int
        The exit code; negative where a signal ended it, and where it was told to end.
    """
    out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-c", TIED.format(parent=os.getpid()) + RUNNING, *words]
    with (out / "out.json").open("wb") as answer:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=answer, stderr=subprocess.PIPE, text=True,  # noqa: S603
                                 encoding="utf-8", errors="replace", start_new_session=True,
                                 env={**os.environ, "WARRANTOR_STEPS": "1"})
    hearing = threading.Thread(target=_heard, args=(child.stderr, out / "log.txt", told), daemon=True)
    try:
        hearing.start()
        begun(child.pid)
        return _waited(child, halted)
    finally:
        _signal(child.pid, signal.SIGKILL)
        child.wait()
        hearing.join(GRACE)  # a process that left the group may hold the pipe: it is not waited for


def _waited(child: subprocess.Popen[str], halted: Callable[[], bool]) -> int:
    while True:
        try:
            return child.wait(TICK)
        except subprocess.TimeoutExpired:
            if halted():
                return _told_to_end(child)


def _told_to_end(child: subprocess.Popen[str]) -> int:
    """Have a run end; what it wrote may be half, so that it never counts as having ended well."""
    _signal(child.pid, signal.SIGTERM)
    try:
        return child.wait(GRACE) or -signal.SIGTERM
    except subprocess.TimeoutExpired:
        _signal(child.pid, signal.SIGKILL)
        return child.wait()


def _signal(group: int, what: signal.Signals) -> None:
    """Send a signal to a run and all it started; those that have ended already are let be."""
    with suppress(ProcessLookupError, PermissionError):  # which of the two depends on the system
        os.killpg(group, what)


def _heard(said: IO[str], path: Path, told: Callable[[str], None]) -> None:
    with said, path.open("w", encoding="utf-8") as log:
        for line in said:
            told(line.strip())
            with suppress(OSError):  # a full disk must not stop the reading: the run would wait for its reader
                log.write(line)
                log.flush()
