"""Whether a trial is in the state that its verdict needs: every check is told, the good ones too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.ledger import CONVENTIONAL, EXTENDED, Ledger
from warrantor.trial.plan import Trial
from warrantor.trial.srm import arm_sizes_evidence


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes
    ----------
    name : str
    ok : bool
        Whether nothing was found.
    says : str
        What was found, or that it is fine, in a sentence; where it is not, what to do.
    figures : mapping of str to float
        What it rests on.
    blocks : bool
        Whether a roll-out waits until it is fine.
    """

    name: str
    ok: bool
    says: str
    figures: Mapping[str, float]
    blocks: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        return {"name": self.name, "ok": self.ok, "blocks": self.blocks, "says": self.says,
                "figures": dict(self.figures)}

    def __repr__(self) -> str:
        return f"{'fine' if self.ok else 'LOOK'}  {self.name}: {self.says}"


def health(trial: Trial, ledger: Ledger) -> tuple[Check, ...]:
    """Check what the ledger tells of the trial's state at its last look.

    Parameters
    ----------
    trial : Trial
    ledger : Ledger

    Returns
    -------
    tuple of Check
        Sizes of the arms, maturity, costs above the cap, claims without a cost, goodwill in the conventional arm.
    """
    return (sizes(trial, ledger), maturity(trial, ledger), over_cap(trial, ledger), unpriced(ledger),
            goodwill(ledger))


def sizes(trial: Trial, ledger: Ledger) -> Check:
    """Check that the arms have the sizes that the allotment gives them: evidence over all looks, never reset."""
    share = float(trial.share)
    begun = ledger.begun
    found = arm_sizes_evidence(begun.T.astype(float), np.array([1 - share, share]), level=trial.sizes_level)
    n = begun[:, -1]
    figures = {"conventional": float(n[0]), "extended": float(n[1]), "planned share": share,
               "share": float(n[1] / max(n.sum(), 1)), "p": float(found.p[-1])}
    told = f"{n[1] / max(n.sum(), 1):.2%} of units are in the extended arm, {share:.2%} were planned"
    if found.alarm is None:
        return Check("sizes of the arms", ok=True, says=f"{told}: fine.", figures=figures, blocks=True)
    return Check("sizes of the arms", ok=False, figures=figures, blocks=True, says=(
        f"{told}: no chance of the allotment (p at most {found.p[-1]:.2g}). Units are missing from an arm; find out "
        "which lots, channels or days before any figure of this trial is used."))


def maturity(trial: Trial, ledger: Ledger) -> Check:
    """Check which share of the units is past the longer promise and the lag."""
    share, on = matured_share(ledger), ledger.looks[-1]
    figures = {"matured": share, "needed": trial.maturity, "cohorts": float(ledger.matured[-1])}
    told = (f"{share:.0%} of units are past month {trial.windows[1]} and {trial.lag_days} days of lag, "
            f"{ledger.matured[-1]} of {len(ledger.cohorts)} cohorts")
    if on < trial.last_on:
        return Check("maturity", ok=False, says=f"{told}; units are sold until {trial.last_on}.", figures=figures)
    if share >= trial.maturity:
        return Check("maturity", ok=True, says=f"{told}: enough.", figures=figures)
    return Check("maturity", ok=False, figures=figures, says=(
        f"{told}; a roll-out needs {trial.maturity:.0%}, or the last planned look."))


def matured_share(ledger: Ledger) -> float:
    """Share of the units begun by the last look whose cohort is mature."""
    units = ledger.units.sum(axis=(0, 1))
    return float(units[: int(ledger.matured[-1])].sum() / max(units.sum(), 1))


def over_cap(trial: Trial, ledger: Ledger) -> Check:
    """Check that no unit cost more than the contract lets it: the evidence below a limit rests on that."""
    over = int(ledger.over.sum())
    figures = {"units": float(over), "cap": trial.cap}
    if not over:
        return Check("cap", ok=True, says=f"No unit cost more than {trial.cap:,.0f} {trial.currency}: fine.",
                     figures=figures, blocks=True)
    return Check("cap", ok=False, figures=figures, blocks=True, says=(
        f"{over:,} units cost more than {trial.cap:,.0f} {trial.currency}, which the plan says is impossible. They "
        "stand at the cap in the evidence: correct their costs, or amend the cap."))


def unpriced(ledger: Ledger) -> Check:
    """Check that matured claims have costs."""
    n, of = int(ledger.unpriced.sum()), int(ledger.claims.sum())
    figures = {"claims": float(n), "of": float(of)}
    if not n:
        return Check("costs", ok=True, says=f"All {of:,} matured claims have a cost: fine.", figures=figures,
                     blocks=True)
    return Check("costs", ok=False, figures=figures, blocks=True, says=(
        f"{n:,} of {of:,} matured claims have no cost and count as nothing: load their costs."))


def goodwill(ledger: Ledger) -> Check:
    """Check how much goodwill dilutes the conventional arm: it stays in the difference, and is told apart."""
    units = np.maximum(ledger.begun[:, -1], 1)
    cost = ledger.goodwill_spent.sum(axis=0)[:, -1] / 100 / units
    claims = ledger.goodwill.sum(axis=0)[:, -1]
    figures = {"conventional claims": float(claims[CONVENTIONAL]), "extended claims": float(claims[EXTENDED]),
               "conventional cost a unit": float(cost[CONVENTIONAL]), "extended cost a unit": float(cost[EXTENDED])}
    told = (f"{claims[CONVENTIONAL]:,} goodwill claims in the conventional arm ({cost[CONVENTIONAL]:.3f} a unit), "
            f"{claims[EXTENDED]:,} in the extended ({cost[EXTENDED]:.3f})")
    spent = ledger.spent.sum(axis=0)[CONVENTIONAL, -1] / 100 / units[CONVENTIONAL]
    if cost[CONVENTIONAL] <= 0.05 * spent:
        return Check("goodwill", ok=True, says=f"{told}: fine.", figures=figures)
    return Check("goodwill", ok=False, figures=figures, says=(
        f"{told}: the conventional arm is partly treated like the other. The difference is that of the policies as "
        "lived, goodwill included; find out who grants it, and whether it will go on."))
