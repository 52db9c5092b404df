"""Which products to compare one with: alike in what they are, near in what they cost and how they fail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from warrantor.finding import Refused
from warrantor.tally import Floats

SCHEMA = "warrantor.matched/1"
TARGET = 0.1
Fact = str | float
Facts = Mapping[str, Mapping[str, Fact]]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Matched:
    """Products chosen to compare one with, and how far they are from it.

    Attributes
    ----------
    product : str
    donors : tuple of str
        Nearest first.
    alike : tuple of str
        Facts that are the same.
    before, after : mapping of str to float
        Standardised difference of each numeric fact from all alike products, and from those chosen: (the product's -
        mean) / standard deviation over the alike products.
    how : tuple of str
    """

    product: str
    donors: tuple[str, ...]
    alike: tuple[str, ...]
    before: Mapping[str, float]
    after: Mapping[str, float]
    how: tuple[str, ...]

    @property
    def balanced(self) -> bool:
        """Whether every standardised difference is below 0.1."""
        return all(abs(v) < TARGET for v in self.after.values())

    def to_dict(self) -> dict[str, Any]:
        """Return plain values with the schema's name."""
        return {"schema": SCHEMA, "product": self.product, "donors": list(self.donors), "alike": list(self.alike),
                "before": dict(self.before), "after": dict(self.after), "balanced": self.balanced,
                "how": list(self.how)}

    def to_arrow(self) -> Any:
        """Return one row a fact."""
        import pyarrow as pa

        return pa.table({"fact": list(self.after), "before": [self.before[n] for n in self.after],
                         "after": list(self.after.values())})

    def __repr__(self) -> str:
        far = ", ".join(f"{n} {v:+.2f}" for n, v in self.after.items())
        return "\n".join([f"<Matched {self.product}: {', '.join(self.donors)}; standardised differences {far}>",
                          *self.how])


def matched(facts: Facts, product: str, *, alike: Sequence[str], near: Sequence[str], donors: int) -> Matched:
    """Choose the products nearest to one, and say how near they are.

    Of the products alike in every named fact, those with the smallest sum of squared standardised differences. The
    outcome has no part in it.

    Parameters
    ----------
    facts : mapping
        By product, its facts by name: category, market, launch quarter, price, predicted 12-month hazard.
    product : str
    alike : sequence of str
        Facts that must be the same.
    near : sequence of str
        Numeric facts.
    donors : int
        How many to choose; fewer where fewer are alike.

    Returns
    -------
    Matched

    Raises
    ------
    Refused
        An unknown product, a fact that is missing or no number, fewer than two alike products.

    Source: the method notes, 2.3, matching: standardised differences below 0.1 are aimed at.

    Examples
    --------
    >>> facts = {n: {"kind": "phone", "price": p} for n, p in (("A", 100.0), ("B", 110.0), ("C", 95.0), ("D", 500.0))}
    >>> matched(facts, "A", alike=["kind"], near=["price"], donors=2).donors
    ('C', 'B')
    """
    if product not in facts:
        raise Refused(f"Nothing is known of {product}; there is {', '.join(facts)}.")
    for name in facts:
        if lacking := [n for n in (*alike, *near) if n not in facts[name]]:
            raise Refused(f"{', '.join(lacking)} of {name} is not known: fill it in, or leave the product out.")
    same = [n for n in facts if n != product and all(facts[n][a] == facts[product][a] for a in alike)]
    if len(same) < 2:
        raise Refused(f"Only {len(same)} products are alike {product} in {', '.join(alike)}: ask less of them.")
    table = _numbers(facts, (product, *same), near)
    spread = table[1:].std(axis=0, ddof=1)
    scale = np.where(spread > 0, spread, 1.0)
    order = np.argsort((((table[1:] - table[0]) / scale) ** 2).sum(axis=1), kind="stable")[:donors]
    chosen = table[1:][order]
    before, after = (dict(zip(near, ((table[0] - part.mean(axis=0)) / scale).tolist(), strict=True))
                     for part in (table[1:], chosen))
    return Matched(product=product, donors=tuple(same[i] for i in order), alike=tuple(alike), before=before,
                   after=after, how=_said(after, len(same)))


def _numbers(facts: Facts, names: tuple[str, ...], near: Sequence[str]) -> Floats:
    rows = []
    for name in names:
        for fact in near:
            if isinstance(facts[name][fact], str) or not np.isfinite(float(facts[name][fact])):
                raise Refused(f"{fact} of {name} is {facts[name][fact]!r}: a fact that products are near in is a "
                              "number.")
        rows.append([float(facts[name][fact]) for fact in near])
    return np.array(rows, np.float64).reshape(len(names), len(near))


def _said(after: Mapping[str, float], alike: int) -> tuple[str, ...]:
    far = [f"{n} ({v:+.2f})" for n, v in after.items() if abs(v) >= TARGET]
    checked = (f"Not balanced: {', '.join(far)}; standardised differences below {TARGET} are aimed at." if far else
               f"Checked, fine: every standardised difference is below {TARGET}.")
    return (f"Chosen of {alike} products that are alike, without a look at the outcome.", checked)
