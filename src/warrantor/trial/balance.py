"""Whether the arms are alike in what was fixed before the lot: every check told, fine or not."""

from __future__ import annotations

import numpy as np

from warrantor.ledger import CONVENTIONAL, EXTENDED, Ledger
from warrantor.tally import Floats
from warrantor.trial.health import Check
from warrantor.trial.plan import Trial

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
    told = f"the largest standardised difference is {found[worst]:+.3f}, at {name} {levels[worst]}"
    if abs(found[worst]) < ALIKE:
        return Check(f"balance of {name}", ok=True, says=f"{told}: fine, below {ALIKE:g}.", figures=figures)
    return Check(f"balance of {name}", ok=False, figures=figures, says=(
        f"{told}, above {ALIKE:g}: the lot does not do that to many units. With few it is chance; else find out how "
        f"units of that {name} came into one arm."))


def _promises(trial: Trial, ledger: Ledger) -> Check:
    """Check that units have the promise of their arm; they are analysed as allotted all the same."""
    wrong, of = ledger.mistaken.sum(axis=0), ledger.sold.sum(axis=(0, 2))
    figures = {"conventional": float(wrong[CONVENTIONAL]), "extended": float(wrong[EXTENDED])}
    told = (f"{wrong[CONVENTIONAL]:,} of {of[CONVENTIONAL]:,} conventional and {wrong[EXTENDED]:,} of {of[EXTENDED]:,} "
            "extended units have not the promise of their arm")
    if wrong.sum() <= RARE * of.sum():
        return Check("promises", ok=True, says=f"{told}: fine.", figures=figures)
    return Check("promises", ok=False, figures=figures, says=(
        f"{told}: they stay where the lot put them, which draws the difference towards none. Load the fleet with "
        f"--trial, or correct the activation that granted them {' or '.join(trial.versions)}."))


def _starts(ledger: Ledger) -> Check:
    """Check that units have a start day; without one they stand at their sale day."""
    missing, of = ledger.unstarted.sum(axis=0), ledger.sold.sum(axis=(0, 2))
    share = missing / np.maximum(of, 1)
    figures = {"conventional": float(share[CONVENTIONAL]), "extended": float(share[EXTENDED])}
    told = f"{share[CONVENTIONAL]:.2%} of conventional and {share[EXTENDED]:.2%} of extended units have no known start"
    pooled = missing.sum() / max(of.sum(), 1)
    error = np.sqrt(pooled * (1 - pooled) * (1 / np.maximum(of, 1)).sum())
    if abs(share[EXTENDED] - share[CONVENTIONAL]) <= 4 * error and pooled < 0.05:
        return Check("activation", ok=True, says=f"{told}: fine.", figures=figures)
    return Check("activation", ok=False, figures=figures, says=(
        f"{told}: activations are missed, or a longer promise gets more units registered. Units are counted as "
        "sold, not as registered; check that sale days are complete."))
