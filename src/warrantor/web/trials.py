"""Pages of trials: the looks that `warrantor trial look` kept beside their plans. Nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from warrantor.report.sketch import Figure, Line
from warrantor.trial.chained import read
from warrantor.web.guard import Asker, may
from warrantor.web.laboratory import drawn, moving
from warrantor.web.language import Voice
from warrantor.web.offer import Form, Sheet, offered
from warrantor.web.present import shown
from warrantor.web.problem import Problem

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("laboratory.read")]
LOOKS = ("on", "planned", "says", "why", "units", "claims", "matured", "difference", "lower", "upper", "limit", "plan",
         "data")
RAILS = ("name", "shown", "lower", "upper", "unmeasured", "waived")
TRIALS = ("name", "trial", "on", "says", "why")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was kept of a trial.

    Attributes
    ----------
    looks : list of dict
        Every look, the oldest first.
    overrides : list of dict
        What people decided against a look.
    """

    looks: list[dict[str, Any]]
    overrides: list[dict[str, Any]]

    @property
    def last(self) -> dict[str, Any]:
        """The last look."""
        return self.looks[-1]

    @property
    def effect(self) -> dict[str, Any] | None:
        """The last look that the plan named: the only kind that shows an effect."""
        return next((d for d in reversed(self.looks) if d["planned"] and d.get("below")), None)


def folder(request: Request) -> Path:
    """Return where the trials of this server stand: a folder each, with its plan and its looks."""
    home: Path = request.app.state.counter.settings.home
    return home / "trials"


@routes.get("/trials")
def trials(request: Request, asker: Reader) -> Response:
    """List the trials, each with its last look."""
    return shown(request, "trials.html", asker, rows=every(folder(request)))


@routes.get("/trials.{form}")
def trials_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return the trials as a file."""
    return offered(Sheet("trials", "warrantor.web.trials/1", TRIALS, every(folder(request)),
                         {"by": asker.person.name}), form)


@routes.get("/trials/{trial}")
def one(request: Request, trial: str, asker: Reader) -> Response:
    """Show a trial: the verdict first, then its effect, its evidence, its health and its protocol."""
    found = looked(request, trial, asker.voice)
    return shown(request, "trial.html", asker, name=trial, last=found.last, effect=found.effect,
                 overrides=found.overrides, rows=[row(d) for d in reversed(found.looks)],
                 figure=drawn(_evidence(found, asker.voice)))


@routes.get("/trials/{trial}/figure")
def trial_figure(request: Request, trial: str, asker: Reader) -> Response:
    """Return the figure of a trial's evidence, to be moved in."""
    return moving(_evidence(looked(request, trial, asker.voice), asker.voice), asker.voice)


@routes.get("/trials/{trial}/looks.{form}")
def looks_file(request: Request, trial: str, form: Form, asker: Reader) -> Response:
    """Return the looks of a trial as a file."""
    rows = [row(d) for d in looked(request, trial, asker.voice).looks]
    return offered(Sheet(f"looks-{trial}", "warrantor.web.looks/1", LOOKS, rows, {"trial": trial}), form)


@routes.get("/trials/{trial}/guardrails.{form}")
def guardrails_file(request: Request, trial: str, form: Form, asker: Reader) -> Response:
    """Return the guardrails of the last planned look as a file: none while no planned look showed an effect."""
    effect = looked(request, trial, asker.voice).effect
    rows = [rail(d) for d in effect["guardrails"]] if effect else []
    return offered(Sheet(f"guardrails-{trial}", "warrantor.web.guardrails/1", RAILS, rows,
                         {"trial": trial, "on": effect and effect["on"]}), form)


def every(home: Path) -> list[dict[str, Any]]:
    """Return every trial that was looked at, with its last look."""
    found = []
    for plan in sorted(home.glob("*/trial.toml")):
        looks = [r["document"] for r in read(plan.parent / "looks") if r["kind"] == "look"]
        last = looks[-1] if looks else {"trial": "", "on": "", "says": "", "why": ""}
        found.append({"name": plan.parent.name, **{k: last[k] for k in TRIALS if k != "name"}})
    return found


def looked(request: Request, name: str, voice: Voice) -> Looked:
    """Return what was kept of a trial; only folders that are there are asked, whatever the address says.

    Raises
    ------
    Problem
        404 where no look was kept.
    """
    home = next((p.parent for p in folder(request).glob("*/trial.toml") if p.parent.name == name), None)
    records = read(home / "looks") if home else []
    looks, overrides = ([r["document"] for r in records if r["kind"] == kind] for kind in ("look", "override"))
    if not looks:
        raise Problem(404, voice("No look at a trial of this name was kept."))
    return Looked(looks, overrides)


def row(document: dict[str, Any]) -> dict[str, Any]:
    """Return a look as a row; without its effect where the plan had no look."""
    below = document.get("below")
    side = {s: below[s][-1] if below else None for s in ("lower", "upper")}
    return {**{k: document.get(k) for k in LOOKS}, **side, "units": sum(document["units"])}


def rail(document: dict[str, Any]) -> dict[str, Any]:
    """Return a guardrail as a row; without an interval where nothing could be measured."""
    shown = document["evidence"]
    side = {s: shown[s][-1] if shown else None for s in ("lower", "upper")}
    return {**{k: document.get(k) for k in RAILS}, **side, "shown": shown["alarm"] if shown else None}


def _evidence(found: Looked, voice: Voice) -> Figure | None:
    """Draw how far the evidence has come at each kept look, as a share of what it needs; alarms on their own."""
    lines = []
    names = [a["name"] for a in found.last["alarms"] if a["evidence"]]
    for name in names[:5]:
        points = [(i, a["evidence"]) for i, d in enumerate(found.looks, 1) for a in d["alarms"]
                  if a["name"] == name and a["evidence"]]
        lines.append(Line(name, [i for i, _ in points], [-log(e["p"][-1]) / e["threshold"] for _, e in points]))
    if not lines:
        return None
    lines.append(Line(voice("what stops the trial"), [1, max(len(found.looks), 2)], [1.0, 1.0]))
    label = voice("Evidence of each alarm as a share of what it needs; at 1 the trial stops.")
    return Figure(lines, label, voice("look"), voice("evidence"))
