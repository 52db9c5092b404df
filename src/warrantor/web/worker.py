"""Who runs the jobs: one at a time, in the order asked, each a child process whose record is at the desk."""

from __future__ import annotations

import json
import shlex
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from warrantor.desk import jobs as records
from warrantor.desk.jobs import Job
from warrantor.desk.store import Store
from warrantor.web.child import KINDS, run, stop
from warrantor.web.settings import Settings


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
class Worker:
    """A thread that runs what waits.

    Attributes
    ----------
    store : Store
        Where jobs are recorded.
    settings : Settings
        The folder of jobs, and the fleet.
    """

    store: Store
    settings: Settings
    _wake: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None
    _pid: int | None = None
    _held: dict[str, Made] = field(default_factory=dict)

    def start(self) -> None:
        """Begin; jobs that a server before this one left running are told to have failed."""
        records.abandon(self.store)
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the job that runs, and the thread."""
        self._over.set()
        self._wake.set()
        if self._pid is not None:
            stop(self._pid)
        if self._thread is not None:
            self._thread.join(15)

    def ask(self, kind: str, person: int) -> Job:
        """Record a job that waits for its turn."""
        number = records.ask(self.store, kind, person, lambda n: KINDS[kind].filled(self._fleet(), self._folder(n)))
        self._wake.set()
        found = records.get(self.store, number)
        if found is None:
            raise LookupError(f"job {number} was recorded and is not there")
        return found

    def cancel(self, job: Job) -> bool:
        """End a job; False where it has ended by itself."""
        if not records.cancel(self.store, job.number):
            return False
        if job.state == "running" and self._pid is not None and job.process == self._pid:
            stop(self._pid)
        return True

    def latest(self, kind: str) -> Made | None:
        """Return the last finished job of a kind with its document; None where there is none."""
        found = records.done(self.store, kind)
        return self.made(found[0]) if found else None

    def made(self, job: Job) -> Made:
        """Return a finished job with its document; the last of each kind is kept at hand."""
        held = self._held.get(job.kind)
        if held is None or held.job.number != job.number:
            held = Made(job, json.loads(self.result(job).read_text(encoding="utf-8")))
            if job.number >= self._held.get(job.kind, held).job.number:
                self._held[job.kind] = held
        return held

    def result(self, job: Job) -> Path:
        """Return the file that holds a job's answer."""
        return self._folder(job.number) / KINDS[job.kind].result

    def log(self, job: Job) -> str:
        """Return what a job has said so far."""
        path = self._folder(job.number) / "log.txt"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def _folder(self, number: int) -> Path:
        return self.settings.home / "jobs" / str(number)

    def _fleet(self) -> Path:
        if self.settings.fleet is None:
            raise ValueError("no fleet is set; a job is asked for only where there is one")
        return self.settings.fleet

    def _work(self) -> None:
        while not self._over.is_set():
            job = records.take(self.store)
            if job is None:
                self._wake.wait(5)
                self._wake.clear()
                continue
            self._one(job)

    def _one(self, job: Job) -> None:
        def begun(pid: int) -> None:
            self._pid = pid
            if not records.begun(self.store, job.number, pid):
                stop(pid)  # cancelled between its turn and its start

        code = run(job.words, self._folder(job.number), told=lambda line: records.said(self.store, job.number, line),
                   begun=begun)
        self._pid = None
        records.ended(self.store, job.number, code)
