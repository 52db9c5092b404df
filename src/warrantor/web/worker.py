"""Who runs the jobs: one at a time, in the order asked, each a child process whose record is at the desk."""

from __future__ import annotations

import collections
import json
import logging
import shlex
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warrantor.desk import jobs as records
from warrantor.desk.jobs import Job
from warrantor.desk.store import Store
from warrantor.web import child
from warrantor.web.child import KINDS, run
from warrantor.web.settings import Settings

LOG = logging.getLogger("warrantor.web")
IDLE = 5.0  # seconds after which one looks for jobs that another server was asked for
LOOK, BEAT = 0.5, 10.0  # seconds between two last lines written down, and between two words that a job is still run
STOPPING = child.GRACE + 5  # seconds that a stop waits for the threads
AGAIN, TRIES = 5.0, 12  # seconds until an end that could not be written is written again, and how often
BACK = 20  # finished jobs of a kind that are looked through for one whose document is there
UNRUN = "The server could not run it: its log says why."


@dataclass(frozen=True, slots=True)
class Made:
    """A finished job and the document it made.

    Attributes
    ----------
    job : Job
        Its record.
    document : dict
        What the verb printed with --json.
    """

    job: Job
    document: dict[str, Any]

    @property
    def about(self) -> dict[str, Any]:
        """What a file made from it says of itself."""
        return {"job": self.job.number, "finished": self.job.ended_at, "as_of": self.document.get("as_of", ""),
                "command": self.command}

    @property
    def command(self) -> str:
        """The words that make the same again."""
        return shlex.join(["warrantor", *self.job.words])


@dataclass(slots=True)
class _Turn:
    """The job that runs: what it last said, and whether it is to end."""

    number: int
    line: str = ""
    halted: threading.Event = field(default_factory=threading.Event)

    def tell(self, line: str) -> None:
        """Keep a line until somebody has time to write it down."""
        self.line = line or self.line


@dataclass(slots=True)
class Worker:
    """A thread that runs what waits, and one that says of what runs how far it is.

    The two are apart so that a database that lets writers wait holds up no cancelling and no stop.

    Attributes
    ----------
    store : Store
        Where jobs are recorded.
    settings : Settings
        The folder of jobs, and the fleet.
    leaving : threading.Event
        Set when the server is told to stop: the job that runs is ended at once.
    listening : Counter
        How many streams of events each person holds.
    """

    store: Store
    settings: Settings
    leaving: threading.Event = field(default_factory=threading.Event)
    listening: collections.Counter[int] = field(default_factory=collections.Counter)
    _wake: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)
    _turn: _Turn | None = None
    _failing: bool = False
    _held: dict[str, Made] = field(default_factory=dict)
    _void: set[int] = field(default_factory=set)

    def start(self) -> None:
        """Begin."""
        for work in (self._work, self._beat):
            thread = threading.Thread(target=work, name=f"jobs{work.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)  # once it runs: whoever stops a server that starts joins what there is

    def stop(self) -> None:
        """End the job that runs, and the threads."""
        self.leaving.set()
        self._wake.set()
        until = time.monotonic() + STOPPING
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def unwell(self) -> str:
        """Return why jobs are not run; empty where they are, or where the server is told to stop."""
        if self.leaving.is_set():
            return ""
        if not all(thread.is_alive() for thread in self._threads):
            return "The jobs' worker has stopped: start the server again."
        return "The jobs' worker fails: the server's log says why." if self._failing else ""

    def ask(self, kind: str, person: int) -> Job:
        """Record a job that waits for its turn."""
        number = records.ask(self.store, kind, person, lambda n: KINDS[kind].filled(self._fleet(), self._folder(n)))
        self._wake.set()
        found = records.get(self.store, number)
        if found is None:
            raise LookupError(f"job {number} was recorded and is not there")
        return found

    def cancel(self, job: Job) -> bool:
        """End a job; False where it has ended by itself.

        What counts is the state in which the desk found it, not the one it was read in. A job that another server
        runs is ended by that one, at its next beat.
        """
        found, turn = records.cancel(self.store, job.number), self._turn
        if found == records.RUNNING and turn is not None and turn.number == job.number:
            turn.halted.set()
        return found != ""

    def latest(self, kind: str) -> Made | None:
        """Return the last finished job of a kind whose document is there; None where there is none."""
        below = None
        for _ in range(BACK):
            found = records.done(self.store, kind, below=below)
            if not found:
                return None
            made = self.made(found[0])
            if made is not None:
                return made
            below = found[0].number
        return None

    def made(self, job: Job) -> Made | None:
        """Return a finished job with its document, None where that is lost; the last of each kind is kept at hand."""
        held = self._held.get(job.kind)
        if held is not None and held.job.number == job.number:
            return held
        document = self._document(job)
        if document is None:
            return None
        made = Made(job, document)
        if held is None or job.number >= held.job.number:
            self._held[job.kind] = made
        return made

    def result(self, job: Job) -> Path | None:
        """Return the file that holds a finished job's answer; None where there is none."""
        path = self._folder(job.number) / KINDS[job.kind].result
        return path if job.state == records.DONE and path.is_file() and path.stat().st_size > 0 else None

    def log(self, job: Job) -> str:
        """Return what a job has said so far."""
        path = self._folder(job.number) / "log.txt"
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""

    def _folder(self, number: int) -> Path:
        return self.settings.home / "jobs" / str(number)

    def _fleet(self) -> Path:
        if self.settings.fleet is None:
            raise ValueError("no fleet is set; a job is asked for only where there is one")
        return self.settings.fleet

    def _document(self, job: Job) -> dict[str, Any] | None:
        try:
            found = json.loads((self._folder(job.number) / KINDS[job.kind].result).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            found = None
        if isinstance(found, dict) and "schema" in found:
            return found
        if job.number not in self._void:
            self._void.add(job.number)
            LOG.warning("the document of job %d is lost: the one before it is shown", job.number)
        return None

    def _work(self) -> None:
        while not self.leaving.is_set():
            try:
                job = records.take(self.store)
                self._failing = False
            except Exception:
                LOG.exception("no job could be taken")
                self._failing, job = True, None
            if job is None:
                self._wake.wait(IDLE)
                self._wake.clear()
            else:
                self._one(job)

    def _one(self, job: Job) -> None:
        turn = self._turn = _Turn(job.number)

        def begun(pid: int) -> None:
            if not records.begun(self.store, job.number, pid):
                turn.halted.set()  # cancelled between its turn and its start

        code = None
        try:
            code = run(job.words, self._folder(job.number), told=turn.tell, begun=begun,
                       halted=lambda: turn.halted.is_set() or self.leaving.is_set())
            if code < 0 and self.leaving.is_set():
                turn.line = records.LOST
        except Exception:
            LOG.exception("job %d could not be run", job.number)
            turn.line = UNRUN
        self._ended(turn, code)
        self._turn = None

    def _ended(self, turn: _Turn, code: int | None) -> None:
        """Write down how a job ended; where that is in vain for long, its lease runs out and it has failed."""
        for _ in range(TRIES):
            try:
                records.ended(self.store, turn.number, code, turn.line)
            except Exception:
                LOG.exception("the end of job %d could not be written down", turn.number)
            else:
                return
            if self.leaving.wait(AGAIN):
                return

    def _beat(self) -> None:
        """Write down what the running job says, and that it is run; see to jobs whose server is gone."""
        said, due = (0, ""), 0.0
        while True:
            turn, now = self._turn, time.monotonic()
            try:
                if turn is not None and turn.line and (turn.number, turn.line) != said:
                    said = turn.number, turn.line
                    records.said(self.store, *said)
                if now >= due:
                    due = now + BEAT
                    self._lives(turn)
            except Exception:
                LOG.exception("nothing could be said of the jobs")
            if self.leaving.wait(LOOK):
                return

    def _lives(self, turn: _Turn | None) -> None:
        if turn is not None and not records.alive(self.store, turn.number):
            turn.halted.set()
        records.abandon(self.store)
