"""How much each forecaster is believed, by its record on past products."""

from __future__ import annotations

import numpy as np

from warrantor.tally import Floats, Ints

FORECASTERS = ("dynamic hazard", "weibull x past error", "limited weibull x past error", "dynamic hazard x past error")
PRIOR = np.array([2.0, 2.0, 0.1, 1.0])
POWER = 0.5  # windows of one product are not independent


def stacked(score: Floats, product: Ints) -> Floats:
    """Weights that would have foretold the past products best, drawn towards a stated prior.

    A product is of one kind throughout: its likelihood under forecaster f is exp(POWER x sum_w score_wf). Maximise
    sum_p ln sum_f w_f L_pf + sum_f PRIOR_f ln w_f by expectation-maximisation.

    Parameters
    ----------
    score : (W, F)
        Log scores.
    product : (W,) int

    Returns
    -------
    (F,)
        Sums to 1.
    """
    names, index = np.unique(product, return_inverse=True)
    total = np.zeros((len(names), score.shape[1]))
    np.add.at(total, index, POWER * score)
    likelihood = np.exp(total - total.max(axis=1, keepdims=True))
    weight = PRIOR / PRIOR.sum()
    for _ in range(200):
        blame = likelihood * weight
        blame = blame / blame.sum(axis=1, keepdims=True)
        weight = blame.sum(axis=0) + PRIOR
        weight = weight / weight.sum()
    return np.asarray(weight)
