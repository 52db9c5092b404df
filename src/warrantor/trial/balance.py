"""Whether the arms are alike in what was fixed before the lot: every check told, fine or not."""

from __future__ import annotations

import numpy as np

from warrantor.ledger import CONVENTIONAL, EXTENDED, Ledger
from warrantor.tally import Floats
from warrantor.trial.health import Check
from warrantor.trial.plan import Trial
from warrantor.trial.sentences import HEALTH

ALIKE = 0.1
RARE = 0.001


def standardised(counts: Floats) -> Floats:
    """Return the standardised difference between two arms of the share of each level, (L,).

    (p1 - p0) / sqrt((p1 (1 - p1) + p0 (1 - p0)) / 2), below 0.1 where arms are alike; 0 where a level is in both alike.

    Parameters
    ----------
    counts : (2, L) count
        Units of each arm at each level: conventional, extended.

    Source
    ------
    Documentation of the R package approxmatch (covbalance): means over the root of the arms' average variance.

    Examples
    --------
    >>> standardised(np.array([[500, 500], [450, 550]])).round(4).tolist()
    [-0.1003, 0.1003]
    """
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    spread = np.sqrt((shares * (1 - shares)).mean(axis=0))
    gap = shares[EXTENDED] - shares[CONVENTIONAL]
    return np.asarray(np.where(spread > 0, gap / np.where(spread > 0, spread, 1.0), np.where(gap == 0, 0.0, np.inf)))


def balance(trial: Trial, ledger: Ledger) -> tuple[Check, ...]:
    """Check every stratum column between the arms, and units whose promise or start is not as planned.

    Parameters
    ----------
    trial : Trial
    ledger : Ledger

    Returns
    -------
    tuple of Check
        One a column of the strata with more than one level, then promises and starts.
    """
    units = ledger.sold.sum(axis=2)
    columns = [_column(name, np.array([key[i] for key in ledger.strata]), units) for i, name in enumerate(ledger.by)]
    return (*(c for c in columns if c is not None), _promises(trial, ledger), _starts(ledger))


def _column(name: str, values: Floats, units: Floats) -> Check | None:
    levels, place = np.unique(values, return_inverse=True)
    if levels.size < 2:
        return None
    counts = np.zeros((2, levels.size))
    np.add.at(counts.T, place, units)
    found = standardised(counts)
    worst = int(np.abs(found).argmax())
    figures = {f"{name} {level}": float(d) for level, d in zip(levels, found, strict=True)}
    ok = bool(abs(found[worst]) < ALIKE)
    says = HEALTH["alike" if ok else "unlike"].format(gap=f"{found[worst]:+.3f}", name=name, level=levels[worst],
                                                      bound=f"{ALIKE:g}")
    return Check(f"balance of {name}", ok=ok, says=says, figures=figures)


def _promises(trial: Trial, ledger: Ledger) -> Check:
    """Check that units have the promise of their arm; they are analysed as allotted all the same."""
    wrong, of = ledger.mistaken.sum(axis=0), ledger.sold.sum(axis=(0, 2))
    figures = {"conventional": float(wrong[CONVENTIONAL]), "extended": float(wrong[EXTENDED])}
    ok = bool(wrong.sum() <= RARE * of.sum())
    says = HEALTH["promises" if ok else "other promises"].format(
        wrong=f"{wrong[CONVENTIONAL]:,}", of=f"{of[CONVENTIONAL]:,}", other=f"{wrong[EXTENDED]:,}",
        others=f"{of[EXTENDED]:,}", versions=" or ".join(trial.versions))
    return Check("promises", ok=ok, says=says, figures=figures)


def _starts(ledger: Ledger) -> Check:
    """Check that units have a start day; without one they stand at their sale day."""
    missing, of = ledger.unstarted.sum(axis=0), ledger.sold.sum(axis=(0, 2))
    share = missing / np.maximum(of, 1)
    figures = {"conventional": float(share[CONVENTIONAL]), "extended": float(share[EXTENDED])}
    pooled = missing.sum() / max(of.sum(), 1)
    error = np.sqrt(pooled * (1 - pooled) * (1 / np.maximum(of, 1)).sum())
    ok = bool(abs(share[EXTENDED] - share[CONVENTIONAL]) <= 4 * error and pooled < 0.05)
    says = HEALTH["starts" if ok else "no starts"].format(share=f"{share[CONVENTIONAL]:.2%}",
                                                          other=f"{share[EXTENDED]:.2%}")
    return Check("activation", ok=ok, says=says, figures=figures)
