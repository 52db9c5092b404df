"""Whether a trial is in the state that its verdict needs: every check is told, the good ones too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.ledger import CONVENTIONAL, EXTENDED, Ledger
from warrantor.trial.plan import Trial
from warrantor.trial.sentences import HEALTH
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
    says = HEALTH["sizes" if found.alarm is None else "sizes differ"].format(
        share=f"{n[1] / max(n.sum(), 1):.2%}", planned=f"{share:.2%}", p=f"{found.p[-1]:.2g}")
    return Check("sizes of the arms", ok=found.alarm is None, says=says, figures=figures, blocks=True)


def maturity(trial: Trial, ledger: Ledger) -> Check:
    """Check which share of the units is past the longer promise and the lag."""
    share, on = matured_share(ledger), ledger.looks[-1]
    figures = {"matured": share, "needed": trial.maturity, "cohorts": float(ledger.matured[-1])}
    ok = on >= trial.last_on and share >= trial.maturity
    says = HEALTH["still sold" if on < trial.last_on else "mature" if ok else "not mature"].format(
        share=f"{share:.0%}", month=trial.windows[1], lag=trial.lag_days, cohorts=ledger.matured[-1],
        of=len(ledger.cohorts), day=trial.last_on, needed=f"{trial.maturity:.0%}")
    return Check("maturity", ok=ok, says=says, figures=figures)


def matured_share(ledger: Ledger) -> float:
    """Share of the units begun by the last look whose cohort is mature."""
    units = ledger.units.sum(axis=(0, 1))
    return float(units[: int(ledger.matured[-1])].sum() / max(units.sum(), 1))


def over_cap(trial: Trial, ledger: Ledger) -> Check:
    """Check that no unit cost more than the contract lets it: the evidence below a limit rests on that."""
    over = int(ledger.over.sum())
    figures = {"units": float(over), "cap": trial.cap}
    says = HEALTH["over the cap" if over else "cap"].format(n=f"{over:,}", cap=f"{trial.cap:,.0f}",
                                                            currency=trial.currency)
    return Check("cap", ok=not over, says=says, figures=figures, blocks=True)


def unpriced(ledger: Ledger) -> Check:
    """Check that matured claims have costs."""
    n, of = int(ledger.unpriced.sum()), int(ledger.claims.sum())
    figures = {"claims": float(n), "of": float(of)}
    says = HEALTH["no costs" if n else "costs"].format(n=f"{n:,}", of=f"{of:,}")
    return Check("costs", ok=not n, says=says, figures=figures, blocks=True)


def goodwill(ledger: Ledger) -> Check:
    """Check how much goodwill dilutes the conventional arm: it stays in the difference, and is told apart."""
    units = np.maximum(ledger.begun[:, -1], 1)
    cost = ledger.goodwill_spent.sum(axis=0)[:, -1] / 100 / units
    claims = ledger.goodwill.sum(axis=0)[:, -1]
    figures = {"conventional claims": float(claims[CONVENTIONAL]), "extended claims": float(claims[EXTENDED]),
               "conventional cost a unit": float(cost[CONVENTIONAL]), "extended cost a unit": float(cost[EXTENDED])}
    spent = ledger.spent.sum(axis=0)[CONVENTIONAL, -1] / 100 / units[CONVENTIONAL]
    ok = bool(cost[CONVENTIONAL] <= 0.05 * spent)
    says = HEALTH["goodwill" if ok else "much goodwill"].format(
        conventional=f"{claims[CONVENTIONAL]:,}", spent=f"{cost[CONVENTIONAL]:.3f}",
        extended=f"{claims[EXTENDED]:,}", other=f"{cost[EXTENDED]:.3f}")
    return Check("goodwill", ok=ok, says=says, figures=figures)
