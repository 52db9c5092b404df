"""Why a stratum's law is refused: before it is tried, and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from warrantor.life.climb import Peak
from warrantor.life.law import Law
from warrantor.life.likelihood import Rows
from warrantor.tally import Floats

if TYPE_CHECKING:
    from warrantor.life.fitted import Fit

Reasons = list[str | None]
BALANCED = 1e-8
TELLING = 1e-10
NEAR = 1e-2


def beforehand(fitted: Fit, rows: Rows, law: Law) -> Reasons:
    """Reasons (S,) that the records show without a fit: no units, nothing above age 0, no or too few claims."""
    seen = np.bincount(rows.at, minlength=rows.strata) + np.bincount(rows.gap, minlength=rows.strata)
    need = len(law.parameters)
    return [
        _first(units, points, claims, need, law.name)
        for units, points, claims in zip(fitted.units, seen, rows.claims, strict=True)
    ]


def _first(units: float, points: int, claims: float, need: int, law: str) -> str | None:
    if units <= 0:
        return "No units: there is nothing to fit."
    if points == 0:
        return "Nothing was watched above age 0: there is no time lived to fit a law to."
    if claims <= 0:
        return "No claims above age 0: the records bound the hazard from above but give no law. Wait for claims."
    if claims < need:
        return (
            f"{claims:g} claim{'s' if claims != 1 else ''} above age 0 cannot tell the {need} parameters of the {law} "
            f"law. Wait for claims, or pool strata."
        )
    return None


def afterwards(peak: Peak, rows: Rows, law: Law) -> Reasons:
    """Reasons (S,) that only the ascent shows: a parameter at infinity, no optimum, or data that cannot tell."""
    unbalance, flat = peak.value.unbalance, _flatness(peak.value.curvature)
    doubtful = bool(np.any(peak.outside | ~(unbalance <= BALANCED)))
    alone = _one_age(rows) if doubtful else np.zeros(rows.strata, bool)
    return [
        _second(
            law,
            peak.theta[:, s],
            outside=bool(peak.outside[s]),
            unbalance=float(unbalance[s]),
            flat=float(flat[s]),
            alone=bool(alone[s]),
        )
        for s in range(rows.strata)
    ]


def _second(law: Law, theta: Floats, *, outside: bool, unbalance: float, flat: float, alone: bool) -> str | None:
    if outside or (alone and not unbalance <= BALANCED):
        if alone:
            return (
                "All claims came at one age and nobody was watched beyond it: the spread of ages has no lower limit."
                " Watch longer, or use finer ages."
            )
        return f"{_runaway(theta, law)} runs to its limit: the likelihood rises without end. {_advice(law)}"
    if unbalance <= NEAR and (unbalance > BALANCED or not flat > TELLING):
        return (
            f"The records cannot tell the parameters of the {law.name} law apart: the likelihood is flat in some "
            "direction. Watch to more ages, or fit a law with fewer parameters."
        )
    if not unbalance <= BALANCED:
        return f"No optimum was found: the score is still {unbalance:.1e} of its scale (limit {BALANCED:.0e})."
    return None


def _runaway(theta: Floats, law: Law) -> str:
    """Name the parameter farthest out."""
    i = int(np.argmax(np.abs(theta) / np.asarray(law.reach)))
    return next((p.name for p in law.parameters if p.at[0] == i), law.parameters[0].name)


def _advice(law: Law) -> str:
    if law.name.startswith("lfp-"):
        return f"They show no share that can never fail: fit {law.name[4:]}."
    return "The records do not fix it: watch longer, use finer ages, or fit a law with fewer parameters."


def _flatness(curvature: Floats) -> Floats:
    """(S,) smallest eigenvalue of the information, scaled to unit diagonal; at most 0 where this is no maximum."""
    info = -curvature
    with np.errstate(invalid="ignore", divide="ignore"):
        d = np.sqrt(np.einsum("sii->si", info))
        scaled = info / (d[:, :, None] * d[:, None, :])
    return np.asarray(np.linalg.eigvalsh(np.where(np.isfinite(scaled), scaled, 0.0))[:, 0])


def _one_age(rows: Rows) -> NDArray[np.bool_]:
    """(S,) whether all exact claims share one age and no exposure lies beyond it."""
    low, high, last = (np.full(rows.strata, v) for v in (np.inf, -np.inf, -np.inf))
    e, w = rows.events > 0, rows.weight > 0
    np.minimum.at(low, rows.at[e], rows.ages.t[e])
    np.maximum.at(high, rows.at[e], rows.ages.t[e])
    np.maximum.at(last, rows.at[w], rows.ages.t[w])
    gaps = np.bincount(rows.gap, minlength=rows.strata) > 0
    return np.asarray((low == high) & (last <= high) & ~gaps)
