"""Evidence against a null over the looks of a trial, readable at every look, and what all its kinds share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "warrantor.evidence/1"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Evidence:
    """An e-process over looks: under its null it passes 1/level at any look with probability at most `level`.

    Attributes
    ----------
    name : str
        What is watched.
    null : str
        What the evidence speaks against.
    log_e : (K,)
        Natural logarithm of the e-value at each look, a function of all that was known then; never reset.
    level : float
        Share of trials in which a true null may alarm.
    lower, upper : (K,)
        Confidence sequence at each look: all looks hold at once with probability 1 - level (each side of a
        two-test sequence at `level` where `how` says so). 0 or infinity where that side is not bounded.
    how : str
        The formula used.
    warnings : tuple of str

    Source
    ------
    Ville (1939); Ramdas, Grunwald, Vovk and Shafer (2023).

    Examples
    --------
    >>> Evidence.of("claims", "ratio <= 1", np.log([0.5, 30.0, 2.0]), 0.05)
    claims: e = 2 at look 3 against "ratio <= 1", at most 30, p at most 0.03333; alarm at look 2
    """

    name: str
    null: str
    log_e: Floats
    level: float
    lower: Floats
    upper: Floats
    how: str
    warnings: tuple[str, ...]

    @classmethod
    def of(cls, name: str, null: str, log_e: Floats, level: float, *, interval: tuple[Floats, Floats] | None = None,
           how: str = "", warnings: tuple[str, ...] = ()) -> Evidence:
        """Take the path of evidence, refusing one that is no evidence.

        Raises
        ------
        Refused
            A level outside 0 to 1, no look, or a value that is no number.
        """
        path = np.atleast_1d(np.asarray(log_e, float))
        check_level(level)
        if path.ndim != 1 or not path.size:
            raise Refused(f"{name}: evidence is a value for each look; there is none.")
        if np.isnan(path).any():
            raise Refused(f"{name}: the evidence at look {int(np.isnan(path).argmax()) + 1} is no number.")
        lower, upper = interval or (np.zeros(path.size), np.full(path.size, np.inf))
        return cls(name, null, path, level, np.atleast_1d(lower), np.atleast_1d(upper), how, warnings)

    @property
    def running(self) -> Floats:
        """Largest log e so far, (K,)."""
        return np.maximum.accumulate(self.log_e)

    @property
    def threshold(self) -> float:
        """Log e that alarms: ln(1 / level)."""
        return float(-np.log(self.level))

    @property
    def p(self) -> Floats:
        """Anytime p-value at each look, (K,): min(1, 1 / largest e so far)."""
        return np.exp(-np.maximum(self.running, 0.0))

    @property
    def alarm(self) -> int | None:
        """First look, counted from 1, at which the evidence reached its threshold; None where it did not."""
        hit = self.log_e >= self.threshold
        return int(hit.argmax()) + 1 if hit.any() else None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values; an open side of an interval is None."""
        sides = {side: [float(x) if np.isfinite(x) else None for x in getattr(self, side)]
                 for side in ("log_e", "running", "lower", "upper")}
        return {"schema": SCHEMA, "name": self.name, "null": self.null, "level": self.level,
                "threshold": self.threshold, "alarm": self.alarm, "p": self.p.tolist(), **sides, "how": self.how,
                "warnings": list(self.warnings)}

    def to_arrow(self) -> pa.Table:
        """Return a row a look."""
        import pyarrow as pa

        return pa.table({"look": np.arange(1, self.log_e.size + 1), "log_e": self.log_e, "running": self.running,
                         "p": self.p, "lower": self.lower, "upper": self.upper})

    def __repr__(self) -> str:
        when = "no alarm" if self.alarm is None else f"alarm at look {self.alarm}"
        text = (f'{self.name}: e = {np.exp(self.log_e[-1]):.4g} at look {self.log_e.size} against "{self.null}", '
                f"at most {np.exp(self.running[-1]):.4g}, p at most {self.p[-1]:.4g}; {when}")
        return "\n".join([text, *(f"  warning: {w}" for w in self.warnings)])


def check_level(level: float) -> None:
    """Refuse a level that is no share."""
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level:g} is no share of false alarms: give one between 0 and 1.")


def cumulative(values: Floats, what: str) -> Floats:
    """Check that sums over looks are finite, not negative and never fall.

    Raises
    ------
    Refused
        They do: evidence reads what was known at each look, from the first look on.

    Examples
    --------
    >>> cumulative(np.array([1, 3]), "claims")
    array([1., 3.])
    """
    sums = np.atleast_1d(np.asarray(values, float))
    if not np.isfinite(sums).all() or (sums < 0).any():
        raise Refused(f"The {what} of a look are no number or below zero.")
    if (np.diff(sums) < 0).any():
        look = int((np.diff(sums) < 0).argmax()) + 2
        raise Refused(f"The {what} fall at look {look}: give sums from the start of the trial, as known at each look.")
    return sums


def crossing(excess: Callable[[Floats], Floats], inside: Floats, outside: Floats) -> Floats:
    """Where evidence as a function of its null reaches the threshold, all looks at once, by bisection.

    Parameters
    ----------
    excess : function of (K,) returning (K,)
        Log e less the threshold.
    inside, outside : (K,)
        A null that is not refuted, and one that is (or the end of the range: returned where it is not).

    Examples
    --------
    >>> crossing(lambda x: x**2 - 2, np.array([0.0]), np.array([2.0]))
    array([1.41421356])
    """
    a, b = np.array(inside, float), np.array(outside, float)
    open_end = excess(b) < 0
    for _ in range(100):
        middle = (a + b) / 2
        kept = excess(middle) < 0
        a, b = np.where(kept, middle, a), np.where(kept, b, middle)
    return np.where(open_end, outside, (a + b) / 2)
