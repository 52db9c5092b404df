"""False alarms shared out between the alarms that can stop a trial."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from scipy import special

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.evidence import Evidence, check_level

SPLIT: Mapping[str, float] = MappingProxyType(
    {"safety": 0.02, "cost": 0.015, "claim rate": 0.01, "returns and satisfaction": 0.005})


def check_split(split: Mapping[str, float], level: float = 0.05) -> None:
    """Refuse a split of false alarms that sums to more than its level.

    Examples
    --------
    >>> check_split(SPLIT)
    """
    for share in split.values():
        check_level(share)
    if not split or sum(split.values()) > level * (1 + 1e-9):
        raise Refused(f"The alarms spend {sum(split.values()):g} of false alarms, the trial allows {level:g}.")


def combined(paths: Floats, weights: Floats, level: float = 0.05) -> Evidence:
    """Evidence that any of several nulls is false: the weighted mean of their e-values.

    E = sum_g w_g E_g, w sums to 1, against 1 / level; stronger than a split where several move together.

    Parameters
    ----------
    paths : (G, K)
        Log e of each metric at the same looks.
    weights : (G,)
        Share of false alarms of each over the whole.
    level : float

    Raises
    ------
    Refused
        Weights that do not sum to 1 or are not above 0.

    Source
    ------
    Vovk and Wang (2021).

    Examples
    --------
    >>> round(float(np.exp(combined(np.log([[30.0], [10.0]]), np.array([0.5, 0.5])).log_e[0])), 6)
    20.0
    """
    w, log_e = np.asarray(weights, float), np.asarray(paths, float)
    if log_e.ndim != 2 or w.shape != log_e.shape[:1] or not (w > 0).all() or abs(w.sum() - 1) > 1e-9:
        raise Refused("Each metric needs a weight above 0, and the weights sum to 1.")
    together = special.logsumexp(log_e, axis=0, b=w[:, None])
    return Evidence.of("any stop alarm", "no metric worse than its limit", together, level,
                       how="weighted mean of e-values")
