"""Pages of trials: the looks that `warrantor trial look` kept beside their plans. Nothing is computed here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from math import log
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from warrantor.report.sketch import Figure, Line
from warrantor.trial.chained import read
from warrantor.web.guard import Asker, may
from warrantor.web.laboratory import drawn, moving
from warrantor.web.language import Voice
from warrantor.web.offer import Form, Sheet, bound, offered
from warrantor.web.present import shown
from warrantor.web.problem import Problem
from warrantor.web.protocol import again, plan_of, protocol

routes = APIRouter(include_in_schema=False)
Reader = Annotated[Asker, may("laboratory.read")]
LOOKS = ("on", "planned", "says", "why", "units", "claims", "matured", "difference", "lower", "upper", "limit",
         "currency", "plan", "data")
RAILS = ("name", "shown", "ratio", "lower", "upper", "margin", "unmeasured", "waived")
CHECKS = ("name", "ok", "blocks", "says")
ALARMS = ("name", "fired", "null", "p", "level", "share", "unmeasured", "waived")
FAR = 4  # times the limit or the last interval: a first look's interval may reach beyond any paper
EPOCH = date(1970, 1, 1)
TRIALS = ("name", "trial", "on", "says", "why")


@dataclass(frozen=True, slots=True)
class Looked:
    """What was kept of a trial.

    Attributes
    ----------
    home : Path
        The trial's folder.
    looks : list of dict
        Every look, the oldest first.
    overrides : list of dict
        What people decided against a look.
    """

    home: Path
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
    return shown(request, "trials.html", asker, rows=every(folder(request)), home=str(folder(request)))


@routes.get("/trials.{form}")
def trials_file(request: Request, form: Form, asker: Reader) -> Response:
    """Return the trials as a file."""
    return offered(Sheet("trials", "warrantor.web.trials/1", TRIALS, every(folder(request)),
                         {"by": asker.person.name}), form)


@routes.get("/trials/{trial}")
def one(request: Request, trial: str, asker: Reader) -> Response:
    """Show a trial: the verdict, the effect over the looks, what must not get worse, its health, alarms, protocol."""
    found, voice = looked(request, trial, asker.voice), asker.voice
    plan, effect = plan_of(found.home), found.effect
    seen = {d["on"] for d in found.looks}
    return shown(
        request, "trial.html", asker, name=trial, last=found.last, effect=effect, overrides=found.overrides,
        rows=[row(d) for d in reversed(found.looks)],
        rails=[rail(d, effect) for d in effect["guardrails"]] if effect else [],
        alarms=[alarm(d) for d in found.last["alarms"]], figure=drawn(_effect(found, voice)), digits=digits(found.last),
        protocol=protocol(plan, voice) if plan else [], changed=plan is not None and plan.hash != found.last["plan"],
        ahead=[d for d in plan.looks if d.isoformat() not in seen] if plan else [], again=again(trial, found.last))


@routes.get("/trials/{trial}/figure")
def trial_figure(request: Request, trial: str, asker: Reader) -> Response:
    """Return the figure of a trial's effect, to be moved in."""
    return moving(_effect(looked(request, trial, asker.voice), asker.voice), asker.voice)


@routes.get("/trials/{trial}/workbook.xlsx")
def workbook(request: Request, trial: str, asker: Reader) -> Response:
    """Return everything the page of a trial shows as one workbook."""
    found = looked(request, trial, asker.voice)
    return bound(*(_sheet(kind, trial, found) for kind in ("looks", "guardrails", "checks", "alarms")))


@routes.get("/trials/{trial}/{kind}.{form}")
def table_file(request: Request, trial: str, kind: Literal["looks", "guardrails", "checks", "alarms"], form: Form,
               asker: Reader) -> Response:
    """Return a table of a trial as a file: no guardrails while no planned look showed an effect."""
    return offered(_sheet(kind, trial, looked(request, trial, asker.voice)), form)


def _sheet(kind: str, trial: str, found: Looked) -> Sheet:
    effect, about = found.effect, {"trial": trial, "on": found.last["on"]}
    rows: list[dict[str, Any]] = [row(d) for d in found.looks]
    if kind == "guardrails":
        rows, about["on"] = [rail(d, effect) for d in effect["guardrails"]] if effect else [], effect and effect["on"]
    elif kind != "looks":
        rows = found.last["checks"] if kind == "checks" else [alarm(d) for d in found.last["alarms"]]
    columns = {"looks": LOOKS, "guardrails": RAILS, "checks": CHECKS, "alarms": ALARMS}[kind]
    return Sheet(f"{kind}-{trial}", f"warrantor.web.{kind}/1", columns, rows, about)


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
    return Looked(home or Path(), looks, overrides)


def row(document: dict[str, Any]) -> dict[str, Any]:
    """Return a look as a row; without its effect where the plan had no look."""
    below = document.get("below")
    side = {s: below[s][-1] if below else None for s in ("lower", "upper")}
    return {**{k: document.get(k) for k in LOOKS}, **side, "units": sum(document["units"])}


def rail(document: dict[str, Any], look: dict[str, Any]) -> dict[str, Any]:
    """Return a guardrail as a row: the arms' ratio, its interval and margin; less where nothing could be measured."""
    shown = document["evidence"]
    side = {s: shown[s][-1] if shown else None for s in ("lower", "upper")}
    return {**{k: document.get(k) for k in RAILS}, **side, "shown": shown["alarm"] if shown else None,
            "margin": float(shown["null"].rsplit(" ", 1)[1]) if shown else None,
            "ratio": _ratio(document["name"], look)}


def _ratio(name: str, look: dict[str, Any]) -> float | None:
    """Return extended over conventional, events a unit; None where units are not what is counted, or none happened."""
    ledger, units = look["ledger"], look["units"]
    if name not in ledger["counted"] or name == "satisfaction":
        return None
    one, other = (arm[-1] for arm in ledger["events"][ledger["counted"].index(name)])
    return (other / units[1]) / (one / units[0]) if one and units[1] else None


def alarm(document: dict[str, Any]) -> dict[str, Any]:
    """Return an alarm as a row: what it speaks against, how sure it is, and how sure it must be to fire."""
    shown = document["evidence"]
    told = {k: document.get(k) for k in ALARMS}
    if shown is None:
        return told
    p = shown["p"][-1]
    return {**told, "fired": bool(shown["alarm"]), "null": shown["null"], "level": shown["level"], "p": p,
            "share": -log(p) / shown["threshold"] if p > 0 else None}


def digits(look: dict[str, Any]) -> int:
    """Return the decimals of money a unit: a third one where the limit is a matter of small change."""
    return 3 if abs(look["limit"]) < 10 else 2


def _effect(found: Looked, voice: Voice) -> Figure | None:
    """Draw the difference with its interval at every planned look against the limit: what decides."""
    shown = [d for d in found.looks if d["planned"] and d.get("below") and None not in _ends(d)]
    if not shown:
        return None
    limit, currency = found.last["limit"], found.last["currency"]
    far = FAR * max(abs(limit), *map(abs, _ends(shown[-1])))
    days = [(date.fromisoformat(d["on"]) - EPOCH).days for d in shown]
    ends = [[min(max(end, -far), far) for end in side] for side in zip(*map(_ends, shown), strict=True)]
    lines = [Line(voice("difference with its interval"), days, [d["difference"] for d in shown], *ends, apart=True),
             Line(voice("limit"), [days[0], days[-1] if len(days) > 1 else days[0] + 1], [limit, limit], broken=True)]
    label = voice("Cost a unit, extended less conventional, at each planned look, with the interval that holds at all "
                  "of them; broken line: the limit of {limit}.", limit=voice.money(limit, currency))
    return Figure(lines, label, voice("planned look"), voice("{currency} a unit", currency=currency), days=True)


def _ends(look: dict[str, Any]) -> tuple[float, float]:
    return look["below"]["lower"][-1], look["below"]["upper"][-1]
