"""One product against others that kept their promise: difference in differences, and how far products differ anyway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats
from warrantor.trial.outcomes import Outcomes, Series

SCHEMA = "warrantor.compared/1"
DID, MATCHED = "difference in differences", "matched comparison, not causal"
NOT_CAUSAL = ("The promise began at launch, so the product has no time of its own before it: a difference in "
              "differences cannot be asked. What differs between the products besides the promise is in the number.")
IF_ALIKE = ("Takes it that the product would have moved as the others did, that nothing else began at that age for "
            "this product alone, and that the others' promise had no part in it.")
PICKED = "A product that was chosen because it did best is compared too favourably; name it before looking."
SERIAL = ("Placebos run over the same ages as the product itself, so that errors which last from month to month are in "
          "their spread.")
Better = Literal["higher", "lower"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True, repr=False)
class Compared:
    """A product's outcome against other products', with placebo inference.

    Attributes
    ----------
    product, metric : str
    donors : tuple of str
        The products compared with, all under the conventional promise.
    kind : str
        "difference in differences", or "matched comparison, not causal" where the promise began at launch.
    before, after : tuple of int
        Ages since launch, months; `before` is empty where the promise began at launch.
    own, others : (T,)
        The product's outcome and the donors' mean at each of those ages, in the metric's unit.
    effect : float
        The product's change less the donors', or its level less theirs; unit of the metric.
    placebos : (J,)
        The same of each donor in the product's place, the product left out.
    p : float
        (1 + number of placebos at least as far from 0) / (J + 1).
    level : float
        Of the interval.
    interval : tuple of float or None
        Effects that the placebos do not tell from this one; None where there are too few donors for the level.
    how : tuple of str
    """

    product: str
    metric: str
    donors: tuple[str, ...]
    kind: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    own: Floats
    others: Floats
    effect: float
    placebos: Floats
    p: float
    level: float
    interval: tuple[float, float] | None
    how: tuple[str, ...]

    @property
    def least_p(self) -> float:
        """The smallest p that so many donors can give."""
        return 1.0 / (len(self.donors) + 1)

    def sentence(self) -> str:
        """Say the difference and how sure it is."""
        what = "changed by" if self.kind == DID else "differs by"
        end = (f"no interval: {len(self.donors)} products cannot reach {1 - self.level:.0%}, the least p is "
               f"{self.least_p:.3f}") if self.interval is None else (
            f"{self.level:.0%} placebo interval {self.interval[0]:.4g} to {self.interval[1]:.4g}")
        return (f"{self.metric} of {self.product} {what} {self.effect:+.4g} against {len(self.donors)} other products "
                f"({end}; p = {self.p:.3f}). {self.kind[0].upper()}{self.kind[1:]}.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        plain = {n: getattr(self, n) for n in ("product", "metric", "kind", "effect", "p", "least_p", "level")}
        lists = {n: list(getattr(self, n)) for n in ("donors", "before", "after", "how")}
        return {"schema": SCHEMA, **plain, **lists,
                **{n: getattr(self, n).tolist() for n in ("own", "others", "placebos")},
                "interval": None if self.interval is None else list(self.interval)}

    def to_arrow(self) -> Any:
        """Return one row an age: the product's outcome and the donors' mean."""
        import pyarrow as pa

        return pa.table({"age": [*self.before, *self.after], "own": self.own, "others": self.others,
                         "promised": [False] * len(self.before) + [True] * len(self.after)})

    def __repr__(self) -> str:
        return "\n".join([f"<Compared: {self.kind}>", self.sentence(), *self.how])


def compare(outcomes: Outcomes, product: str, donors: Sequence[str], metric: str, *, begins: int = 0,
            until: int | None = None, market: str | None = None, launch: Mapping[str, str] | None = None,
            level: float = 0.95) -> Compared:
    """Compare a product's outcome with other products' at the same ages since launch.

    d_j = mean after - mean before (mean after where the promise began at launch); effect = d_1 - mean d_j; placebo
    tau_j = d_j - mean of the other donors' d; p = (1 + #{|tau_j| >= |effect|}) / (J + 1). The interval holds the
    effects e with (1 + #{|tau_j| >= |effect - e|}) / (J + 1) > 1 - level.

    Parameters
    ----------
    outcomes : Outcomes
    product : str
        The one whose promise is longer.
    donors : sequence of str
        Products under the conventional promise, chosen before looking; see `matched`.
    metric : str
    begins : int
        Months since the product's launch at which its promise became longer; 0: at launch, and then no difference in
        differences is told.
    until : int, optional
        Last age compared; by default the last that every product has.
    market : str, optional
        One market; else all, weighted by n.
    launch : mapping, optional
        Month of launch of each product, 2019-01; its first month measured where not given.
    level : float
        Of the interval.

    Returns
    -------
    Compared

    Raises
    ------
    Refused
        Fewer than two donors, a product without the metric at some age, no ages, or no level.

    Source: the method notes, 2.3 B; the idea of placebos in place of standard errors is Conley and Taber's.

    Examples
    --------
    >>> rows = [{"product": p, "period": t, "metric": "returns", "value": 2.0 + i + (p == "Cedar") * (t >= 2)}
    ...         for i, p in enumerate(("Alder", "Birch", "Cedar")) for t in range(4)]
    >>> found = compare(Outcomes.of(rows), "Cedar", ["Alder", "Birch"], "returns", begins=2)
    >>> found.effect, round(found.p, 3), found.interval is None
    (1.0, 0.333, True)
    """
    if not 0.0 < level < 1.0:
        raise Refused(f"A level of {level} is no level: give a number between 0 and 1, such as 0.95.")
    names = tuple(dict.fromkeys(donors))
    if len(names) < 2 or product in names:
        raise Refused(f"{product} needs at least two other products to be compared with: {', '.join(names) or 'none'} "
                      "were named.")
    series = outcomes.series(metric, market=market, launch=launch)
    ages = _ages(series, (product, *names), until, metric)
    before, after = [a for a in ages if a < begins], [a for a in ages if a >= begins]
    if not after or (begins > 0 and not before):
        raise Refused(f"{metric} of {product} is measured at ages {ages[0]} to {ages[-1]} months, the promise began at "
                      f"{begins}: there is no month {'after' if not after else 'before'} it.")
    table = np.array([[series[name][a] for a in (*before, *after)] for name in (product, *names)])
    moved = table[:, len(before):].mean(axis=1) - (table[:, :len(before)].mean(axis=1) if before else 0.0)
    effect, placebos = float(moved[0] - moved[1:].mean()), _placebos(moved[1:])
    return Compared(product=product, metric=metric, donors=names, kind=DID if before else MATCHED, before=tuple(before),
                    after=tuple(after), own=table[0], others=table[1:].mean(axis=0), effect=effect, placebos=placebos,
                    p=_p(placebos, effect), level=level, interval=_interval(placebos, effect, level),
                    how=(IF_ALIKE if before else NOT_CAUSAL, SERIAL, PICKED, _reach(len(names), level)))


def _ages(series: Series, names: tuple[str, ...], until: int | None, metric: str) -> list[int]:
    """Ages that every product has: from the youngest of the product's own, without a gap."""
    for name in names:
        if name not in series:
            raise Refused(f"{metric} of {name} is not measured; it is of {', '.join(series)}.")
    first = max(min(series[name]) for name in names)
    last = min(max(series[name]) for name in names) if until is None else until
    ages = list(range(first, last + 1))
    for name in names:
        if lacking := [a for a in ages if a not in series[name]]:
            raise Refused(f"{metric} of {name} is not measured {lacking[0]} months after its launch: fill it in, leave "
                          "the product out, or compare fewer months.")
    if not ages:
        raise Refused(f"No age is measured of all of {', '.join(names)}.")
    return ages


def _placebos(moved: Floats) -> Floats:
    """Each donor in the product's place: its own change less the mean of the others'."""
    j = len(moved)
    return np.asarray(moved - (moved.sum() - moved) / (j - 1))


def _p(placebos: Floats, effect: float) -> float:
    return float((1 + np.count_nonzero(np.abs(placebos) >= abs(effect) * (1.0 - 1e-12))) / (len(placebos) + 1))


def _interval(placebos: Floats, effect: float, level: float) -> tuple[float, float] | None:
    """Effect +/- the m-th largest |placebo|, m = floor((1 - level) (J + 1)); None where m is 0."""
    m = int(np.floor((1.0 - level) * (len(placebos) + 1) + 1e-9))
    if m < 1:
        return None
    reach = float(np.sort(np.abs(placebos))[-m])
    return effect - reach, effect + reach


def _reach(donors: int, level: float) -> str:
    """Say what so many donors can show."""
    tail = 1.0 - level
    if 1.0 / (donors + 1) > tail + 1e-12:
        return (f"{donors} products cannot reach {tail:.0%}: the smallest p they can give is 1 in {donors + 1}. "
                f"{int(np.ceil(1 / tail - 1e-9)) - 1} would.")
    return f"{donors} products can give a p of 1 in {donors + 1} at the least."


def guarded(found: Compared, better: Better, margin: float) -> tuple[str, str]:
    """Say whether a guardrail holds: the outcome is not worse than the others' by more than a margin.

    Parameters
    ----------
    found : Compared
    better : "higher" or "lower"
        Which way the metric is better.
    margin : float
        Unit of the metric, 0 or more.

    Returns
    -------
    (str, str)
        "holds", "broken" or "cannot tell", and why in a sentence. It holds where the whole interval is inside the
        margin, and is broken where the whole interval is beyond it.

    Raises
    ------
    Refused
        A margin below 0, or a word other than higher and lower.
    """
    if margin < 0 or better not in ("higher", "lower"):
        raise Refused(f"A guardrail needs a margin of 0 or more and which way is better, not {margin} and {better!r}.")
    if found.interval is None:
        return "cannot tell", found.sentence()
    low, high = found.interval if better == "higher" else tuple(-v for v in reversed(found.interval))
    word = "holds" if low > -margin else "broken" if high < -margin else "cannot tell"
    return word, f"{found.sentence()} The margin is {margin:g}, {better} is better: {word}."
