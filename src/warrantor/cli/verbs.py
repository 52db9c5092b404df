"""The verbs, said once: name, where it lives, what it does."""

from __future__ import annotations

VERBS: dict[str, tuple[str, str]] = {
    "demo": ("demo:demo", "Run the main job on a real table and on a simulated fleet whose truth is known."),
    "load": ("load:load", "Read units and claims, report findings, write a fleet folder."),
    "check": ("check:check", "Report the findings of units and claims; write nothing."),
    "life": ("life:life", "Life tables and laws of a fleet, a lifetimes file or a sales-returns chart."),
    "extend": ("extend:extend", "What a longer guarantee would bring, with the error past forecasts made."),
    "predict": ("predict:predict", "Claims between two ages if a law holds, units of any age, by the bootstrap."),
    "returns": ("returns:returns", "A fleet's sales-returns chart: claims by month of sale and month of age."),
    "forecast": ("forecast:forecast", "A fleet's claims and cost by future month; planned sales and what-ifs too."),
    "backtest": ("backtest:backtest", "Forecasts made again as of earlier days, what came, and the record they leave."),
    "reserve": ("reserve:reserve", "Money to set aside for claims to come; its roll-forward, and a workbook."),
    "trial": ("trial:app", "The experiment: freeze a forecast, see what came, compare one product with the rest."),
    "report": ("report:report", "One self-contained page from a fleet, lifetimes or a sales-returns chart."),
    "entitle": ("entitle:entitle", "Say whether a unit is covered, that day, for that fault, and why."),
    "serve": ("serve:serve", "The desk on pages and as an API: coverage, claims, jobs, the log."),
    "guarantees": ("guarantees:guarantees", "Check a guarantee pack, or show what is promised."),
    "desk": ("desk:desk", "A desk's units in, its records out, its backup and its restoring."),
    "audit": ("audit:audit", "Verify the desk's log: nothing changed, added or cut off past the desk."),
    "sql": ("sql:sql", "Ask a fleet a question of your own."),
}

EXITS = "0 done, 1 failed or refused, 2 usage, 3 findings, 4 signal or gate tripped with --fail-on, 130 interrupted"


def overview() -> str:
    """Return the help of the command as a whole; written here so that it needs no third-party module.

    Examples
    --------
    >>> overview().splitlines()[0]
    'warrantor: honour a guarantee claim by claim, and learn what a longer one would cost.'
    """
    lines = [
        "warrantor: honour a guarantee claim by claim, and learn what a longer one would cost.",
        "",
        "Usage: warrantor VERB [ARGS] [--json | --csv]     (warrantor VERB --help tells more)",
        "",
    ]
    lines += [f"  {name:<11} {summary}" for name, (_, summary) in VERBS.items()]
    lines += ["", "  --version   Print the version.", "", f"Exit codes: {EXITS}.", "Try first: warrantor demo"]
    return "\n".join(lines)
