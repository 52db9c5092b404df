"""The plan of a trial in words, and how a look is taken again: what a page says under the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from warrantor.finding import Refused
from warrantor.trial.plan import Guardrail, Trial
from warrantor.web.language import Voice
from warrantor.web.retold import retold
from warrantor.web.words import N_

SOURCES = {"claims": N_("claims of the months that both promises cover"),
           "returns": N_("units given back without a fault"), "surveys": N_("poor answers")}
DESIGNS = {"unit": N_("units drawn by lot"), "cluster": N_("groups of units drawn by lot"),
           "product": N_("one product against others; nothing is drawn by lot")}
PYTHON = """import warrantor as wr
trial = wr.Trial.load("trials/{name}/trial.toml")
with wr.open("fleet/", as_of="{day}") as fleet:
    print(trial.look(fleet.ledger(trial)))"""


def plan_of(folder: Path) -> Trial | None:
    """Return the plan in a trial's folder; None where it cannot be read."""
    try:
        return Trial.load(folder / "trial.toml")
    except (Refused, OSError):
        return None


def protocol(plan: Trial, voice: Voice) -> list[tuple[str, str]]:
    """Return what the plan fixes, a name and a text each.

    Parameters
    ----------
    plan : Trial
        As it stands in the trial's folder.
    voice : Voice
        In which language it is said.
    """
    between = voice("{first} to {last}", first=voice.day(plan.first_on), last=voice.day(plan.last_on))
    limit = voice("worth it where it costs less than {money} a unit over the other promise",
                  money=voice.money(plan.limit, plan.currency))
    return [
        (voice("Products"), ", ".join(plan.products)),
        (voice("Design"), voice(DESIGNS[plan.design])),
        (voice("Conventional arm"), f"{plan.conventional}: {voice.many('{n} month', '{n} months', plan.windows[0])}"),
        (voice("Extended arm"), voice("{promise}: {months}, {share} of units", promise=plan.extended,
                                      months=voice.many("{n} month", "{n} months", plan.windows[1]),
                                      share=f"{float(plan.share):.0%}")),
        (voice("Units sold"), between),
        (voice("Primary metric"), voice("total guarantee cost a unit sold, extended less conventional")),
        (voice("Limit"), limit), (voice("A unit costs at most"), voice.money(plan.cap, plan.currency, 0)),
        (voice("Planned looks"), voice("{n}, from {first} to {last}", n=voice.number(len(plan.looks)),
                                       first=voice.day(plan.looks[0]), last=voice.day(plan.looks[-1]))),
        (voice("Stop day"), voice.day(plan.stop_on)),
        *((voice("Guardrail {name}", name=retold(rail.name, voice)), _rail(rail, voice)) for rail in plan.guardrails),
    ]


def _rail(rail: Guardrail, voice: Voice) -> str:
    told = voice("{what}, at most {margin} times those of the other arm", what=voice(SOURCES[rail.source]),
                 margin=f"{rail.margin:g}")
    if rail.faults:
        told += " · " + voice("faults {faults}", faults=", ".join(rail.faults))
    return told + (" · " + voice("waived: {reason}", reason=rail.waived) if rail.waived else "")


def again(name: str, last: Mapping[str, Any]) -> tuple[str, str]:
    """Return the command and the Python that take the last look again."""
    day = last["on"]
    return f"warrantor trial look trials/{name}/trial.toml fleet/ --on {day}", PYTHON.format(name=name, day=day)
