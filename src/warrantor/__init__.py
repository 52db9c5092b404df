"""warrantor honours a product's guarantee claim by claim, and learns what a longer one would cost."""

from __future__ import annotations

from typing import Any

__version__ = "0.1.0"

# PEP 562: `import warrantor` loads no third-party module; a name is fetched when first asked for.
_HOME = {
    "Ahead": "forecast.ahead",
    "Answer": "terms.answer",
    "AtRisk": "forecast.at_risk",
    "Backtest": "forecast.backtest",
    "Borrowed": "life.shrink",
    "Brackets": "tally",
    "Cohorts": "tally",
    "FaultLaws": "life.fault_laws",
    "Finding": "finding",
    "Evidence": "trial.evidence",
    "Findings": "finding",
    "Fit": "life.fitted",
    "Fleet": "fleet",
    "Heard": "tally",
    "Heartbeat": "life.heartbeat",
    "Incidence": "life.faults",
    "LAWS": "life.laws",
    "Lag": "life.lag",
    "Ledger": "ledger",
    "LifeTable": "life.table",
    "MeanCumulative": "life.repeat",
    "MeanDifference": "life.apart",
    "Outcomes": "trial.outcomes",
    "Outlook": "forecast.outlook",
    "Past": "forecast.past",
    "Piecewise": "life.piecewise",
    "Predicted": "forecast.predicted",
    "Refused": "finding",
    "Repeats": "repeats",
    "Request": "terms.request",
    "Reserve": "forecast.reserve",
    "Running": "forecast.running",
    "SimulatedTrials": "trial.simulate",
    "Tally": "tally",
    "Trial": "trial.plan",
    "Turnbull": "life.turnbull",
    "Usage": "life.usage",
    "Verdict": "trial.verdict",
    "backtest": "forecast.opened",
    "borrow": "life.shrink",
    "chain_ladder": "forecast.triangle",
    "chart": "report.compose",
    "check": "records.load",
    "compare": "trial.placebo",
    "difference_evidence": "trial.difference",
    "difference_sums": "trial.difference",
    "entitle": "terms.entitle",
    "extend": "forecast.extend",
    "fit": "life.fit",
    "fit_faults": "life.fault_laws",
    "fit_lag": "life.lag",
    "fit_piecewise": "life.piecewise",
    "fit_usage": "life.usage",
    "forecast": "forecast",
    "freeze": "trial.observed",
    "guarded": "trial.placebo",
    "hazard_draws": "forecast.draws",
    "heartbeat": "life.heartbeat",
    "incidence": "life.faults",
    "lag_adjusted": "forecast.reported",
    "life_table": "life.table",
    "load": "records.load",
    "load_assumed": "trial.assumed",
    "load_guarantees": "terms.pack",
    "matched": "trial.matched",
    "mean_cumulative": "life.repeat",
    "mean_difference": "life.apart",
    "observe": "trial.observed",
    "open": "fleet",
    "overspend_evidence": "trial.overspend",
    "rate_evidence": "trial.rate",
    "ratio_evidence": "trial.ratio",
    "read_lifetimes": "records.lifetimes",
    "read_sales_returns": "records.sales_returns",
    "predict": "forecast.bootstrap",
    "repeats_of_ages": "repeats",
    "report": "report",
    "reserve": "forecast.reserve",
    "roll_forward": "forecast.roll",
    "save_workbook": "report.workbook",
    "sized": "trial.sized",
    "simulate_trials": "trial.simulate",
    "spread_over_lag": "life.starts",
    "starts_from_lag": "life.starts",
    "tally_of_ages": "life.reduce",
    "turnbull": "life.turnbull",
    "worth": "forecast.economics",
}

__all__ = sorted([*_HOME, "__version__"])  # noqa: PLE0605


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"warrantor has no {name!r}; it has {', '.join(__all__)}")
    import importlib

    return getattr(importlib.import_module(f"warrantor.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return __all__
