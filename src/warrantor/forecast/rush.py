"""Soft faults are claimed late, at the latest in the rush before cover ends: raw months 11-12 mislead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats, Ints, Tally

NOT_SEPARATED = "Rush not separated: no soft faults were named, so the forecast may be up to a quarter too high."


@dataclass(frozen=True, slots=True, eq=False)
class Rush:
    """Cumulative hazard of soft first claims under the promise as it stands, and what it means for all failures.

    Attributes
    ----------
    age : (A,) unit
        Ages of soft claims, rising.
    cumulative : (A,)
        Nelson-Aalen sum of soft first claims over units at risk.
    claims : float
        Soft first claims seen.
    share : float
        q, soft among all failures by the end of cover: H_soft / (H_soft + H_hard), both at that end.
    share_variance : float
        Of q, by the delta method from the two Nelson-Aalen variances; of the share's beta posterior under Jeffreys'
        prior where no soft claim was seen.
    """

    age: Floats
    cumulative: Floats
    claims: float
    share: float
    share_variance: float

    def at(self, age: Floats) -> Floats:
        """Cumulative hazard of soft claims at ages of any shape; flat beyond the last soft claim."""
        steps = np.concatenate(([0.0], self.cumulative))
        return np.asarray(steps[np.searchsorted(self.age, age, side="right")])


NO_RUSH = Rush(np.empty(0), np.empty(0), 0.0, 0.0, 0.0)


def rush_of(hard: Tally, soft: Tally, strata: Ints, end: float) -> Rush:
    """Measure the soft claims of some strata up to the end of cover, and their share of all failures by then.

    All soft failures of a covered unit are claimed before its cover ends, so at the end H_soft counts failures as
    H_hard does, whatever the delay was in between: q = H_soft / (H_soft + H_hard).

    Parameters
    ----------
    hard, soft : Tally
        The same units; each counts first claims of its own faults and loses a unit to a claim of the other.
    strata : (L,) int
        The strata to measure together.
    end : float
        Age at which cover ends, in the tally's unit.

    Returns
    -------
    Rush

    Raises
    ------
    Refused
        No hard claim by the end of cover: the share cannot be told.

    Source
    ------
    The nonparametric cumulative hazard of Nelson and Aalen; the split of hard and soft claims is our own.
    """
    age, soft_steps, soft_variance, claims = _nelson_aalen(soft, strata, end)
    _, hard_steps, hard_variance, others = _nelson_aalen(hard, strata, end)
    h, m = float(hard_steps.sum()), float(soft_steps.sum())
    if h <= 0:
        raise Refused("No claim of a hard fault was seen under cover, so the share of soft faults cannot be told.")
    variance = (h**2 * soft_variance + m**2 * hard_variance) / (h + m) ** 4
    if claims <= 0:  # Beta(1/2, hard + 1/2): none seen among a few is not none
        variance = 0.5 * (others + 0.5) / ((others + 1.0) ** 2 * (others + 2.0))
    return Rush(age, np.cumsum(soft_steps), claims, m / (h + m), variance)


def _nelson_aalen(tally: Tally, strata: Ints, end: float) -> tuple[Floats, Floats, float, float]:
    """Ages, steps d/N, summed variance d/N^2 and claims of some strata together, up to an age."""
    keep = np.zeros(len(tally.strata), bool)
    keep[strata] = True
    one = tally.only(keep).over(*tally.by)
    rows = (one.claimed > 0) & (one.age <= end) & (one.age > 0)
    d, n = one.claimed[rows], one.at_risk[rows]
    return one.age[rows], d / n, float((d / n**2).sum()), float(d.sum())


def moved(failed: Floats, rush: Rush, age: Floats, own: float, other: float) -> Floats:
    """Cumulative hazard of all first claims when the promise ends at age `other` instead of `own`: the rush moves too.

    B(a) = H_failed(a) - H_claimed(a), failed and not yet claimed, rises until the rush and is none when cover ends.
    Under another end it rises as it did, stays where it was, and falls as long before the new end as it did before
    the old: B'(a) = min(max_{b <= a} B(b), max_{b >= a - other + own} B(b)).

    Parameters
    ----------
    failed : (..., A)
        Cumulative hazard of all failures, H_hard / (1 - q), at `age`.
    rush : Rush
        Under the promise as it is; its share is q.
    age : (A,) unit
        Rising.
    own, other : float
        Ages at which cover ends.

    Returns
    -------
    (..., A)
        Rising; all failures by `other`.

    Source
    ------
    Our own; soft failures reported late, at the latest when cover ends, are those of Rai and Singh (2006).
    """
    grid = np.linspace(0.0, own, 101)
    centre = failed.reshape(-1, len(age)).mean(axis=0)
    back = np.maximum(np.interp(grid, age, centre) * rush.share - rush.at(grid), 0.0)
    back[-1] = 0.0
    up, down = np.maximum.accumulate(back), np.maximum.accumulate(back[::-1])[::-1]
    waiting = np.minimum(np.interp(age, grid, up), np.interp(age - other + own, grid, down))
    k = min(int(np.searchsorted(age, own, side="right")), len(age) - 1)
    near = np.clip((own - age[k - 1]) / (age[k] - age[k - 1]), 0.0, 1.0)
    at_own = failed[..., k - 1] + near * (failed[..., k] - failed[..., k - 1])
    scale = (at_own / max(float(at_own.mean()), 1e-300))[..., None]
    claimed: Floats = np.maximum.accumulate(failed - waiting * scale, axis=-1)
    return claimed
