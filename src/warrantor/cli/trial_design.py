"""warrantor trial design: a plan in words, and what it can tell."""

from __future__ import annotations

from pathlib import Path

from warrantor.cli.app import UsageError
from warrantor.cli.out import Sheet, emit, note, number


def design(plan: Path, /, *, chart: Path | None = None, json: bool = False) -> None:
    """Say a plan in words, with the units, power, duration and precision of every design, and their formulas.

    Parameters
    ----------
    plan
        The trial's plan, a TOML file.
    chart
        Write the power against units a month there: .svg, .png or .html.
    json
        Print it as JSON.
    """
    from math import isfinite

    from warrantor.trial.plan import Trial
    from warrantor.trial.say import said
    from warrantor.trial.sized import sized

    trial = Trial.load(plan)
    found = sized(trial) if trial.expected is not None else None
    words = said(trial)
    if chart is not None:
        _drawn(chart, found)
    if not json:
        for heading, sentences in words:
            print(f"{heading}\n" + "\n".join(f"  {sentence}" for sentence in sentences) + "\n")
    rows = [[x.design, x.asks, number(x.value) if isfinite(x.value) else f"not told: {x.refused}", x.unit, x.formula,
             x.source] for x in (found.lines if found else ())]
    sheet = Sheet(f"{trial.name}: what it can tell", ["design", "asks", "value", "unit", "formula", "source"], rows,
                  [] if found else ["The plan has no table [expected]: nothing is sized."])
    emit({"schema": "warrantor.design/1", "hash": trial.hash, "plan": trial.to_dict(),
          "said": [{"heading": h, "sentences": list(s)} for h, s in words],
          "sized": None if found is None else found.to_dict()}, sheet, json=json)


def _drawn(chart: Path, found: object) -> None:
    import warrantor

    if found is None:
        raise UsageError("--chart: the plan has no table [expected], there is no power to draw.")
    warrantor.chart(found).save(str(chart))
    note(f"Wrote {chart}")
