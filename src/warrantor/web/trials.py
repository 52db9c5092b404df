"""Pages of trials: the looks that `warrantor trial look` kept beside their plans. Nothing is computed here."""

from __future__ import annotations

from math import log
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from warrantor.report.sketch import Line
from warrantor.trial.chained import read
from warrantor.web.guard import Asker, may
from warrantor.web.laboratory import drawn
from warrantor.web.language import Voice
from warrantor.web.offer import Form, Sheet, offered
from warrantor.web.present import shown
from warrantor.web.problem import Problem

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("laboratory.read")]
LOOKS = ("on", "planned", "says", "why", "units", "claims", "matured", "difference", "lower", "upper", "limit", "plan",
         "data")
TRIALS = ("name", "trial", "on", "says", "why")


def folder(request: Request) -> Path:
    """Return where the trials of this server stand: a folder each, with its plan and its looks."""
    home: Path = request.app.state.counter.settings.home
    return home / "trials"


@routes.get("/trials")
def trials(request: Request, asker: Reader) -> Response:
    """List the trials, each with its last look."""
    return shown(request, "trials.html", asker, rows=_all(folder(request)))


@routes.get("/trials.{form}")
def trials_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return the trials as a file."""
    return offered(Sheet("trials", "warrantor.web.trials/1", TRIALS, _all(folder(request)),
                         {"by": asker.person.name}), form)


@routes.get("/trials/{trial}")
def one(request: Request, trial: str, asker: Reader) -> Response:
    """Show a trial: the verdict first, then its effect, its evidence, its health and its protocol."""
    records = _records(request, trial, asker.voice)
    looks = [r["document"] for r in records if r["kind"] == "look"]
    overrides = [r["document"] for r in records if r["kind"] == "override"]
    last = looks[-1]
    effect = next((d for d in reversed(looks) if d["planned"] and d.get("below")), None)
    return shown(request, "trial.html", asker, name=trial, last=last, effect=effect, overrides=overrides,
                 rows=[_row(d) for d in reversed(looks)], figure=_evidence(last, looks, asker.voice))


@routes.get("/trials/{trial}/looks.{form}")
def looks_file(request: Request, trial: str, form: Form, asker: Reader) -> Response:
    """Return the looks of a trial as a file."""
    rows = [_row(r["document"]) for r in _records(request, trial, asker.voice) if r["kind"] == "look"]
    return offered(Sheet(f"looks-{trial}", "warrantor.web.looks/1", LOOKS, rows, {"trial": trial}), form)


def _all(home: Path) -> list[dict[str, Any]]:
    """Return every trial that was looked at, with its last look."""
    found = []
    for plan in sorted(home.glob("*/trial.toml")):
        looks = [r["document"] for r in read(plan.parent / "looks") if r["kind"] == "look"]
        last = looks[-1] if looks else {"trial": "", "on": "", "says": "", "why": ""}
        found.append({"name": plan.parent.name, **{k: last[k] for k in TRIALS if k != "name"}})
    return found


def _records(request: Request, name: str, voice: Voice) -> list[dict[str, Any]]:
    """Return a trial's kept records; only folders that are there are asked, whatever the address says."""
    home = next((p.parent for p in folder(request).glob("*/trial.toml") if p.parent.name == name), None)
    records = read(home / "looks") if home else []
    if not any(r["kind"] == "look" for r in records):
        raise Problem(404, voice("No look at a trial of this name was kept."))
    return records


def _row(document: dict[str, Any]) -> dict[str, Any]:
    below = document.get("below")
    side = {s: below[s][-1] if below else None for s in ("lower", "upper")}
    return {**{k: document.get(k) for k in LOOKS}, **side, "units": sum(document["units"])}


def _evidence(last: dict[str, Any], looks: list[dict[str, Any]], voice: Voice) -> Markup | None:
    """Draw how far the evidence has come at each kept look, as a share of what it needs; alarms on their own."""
    lines = []
    names = [a["name"] for a in last["alarms"] if a["evidence"]]
    for name in names[:5]:
        points = [(i, a["evidence"]) for i, d in enumerate(looks, 1) for a in d["alarms"]
                  if a["name"] == name and a["evidence"]]
        lines.append(Line(name, [i for i, _ in points], [-log(e["p"][-1]) / e["threshold"] for _, e in points]))
    if not lines:
        return None
    lines.append(Line(voice("what stops the trial"), [1, max(len(looks), 2)], [1.0, 1.0]))
    label = voice("Evidence of each alarm as a share of what it needs; at 1 the trial stops.")
    return drawn(lines, label, voice("look"), voice("evidence"))
