"""Do 90 % intervals of the bootstrap cover, where the law holds and where it is the wrong one? All simulated.

    python bench/coverage.py             # 1,000 replicates a row; some minutes
    python bench/coverage.py --write     # and write the tables of docs/coverage.md
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from warrantor.forecast.at_risk import alive, came
from warrantor.forecast.bootstrap import predict
from warrantor.forecast.extend import extend
from warrantor.forecast.past import Past
from warrantor.forecast.predicted import Predicted
from warrantor.forecast.running import Running
from warrantor.tally import Floats, Ints, Tally

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coverage.md"
START, END = "<!-- written by bench/coverage.py: begin -->", "<!-- written by bench/coverage.py: end -->"
REPLICATES, BY_EXTEND, DRAWS, PAST_DRAWS, AT_ONCE = 1000, 100, 500, 100, 50
FREEZE = np.arange(7.0, 13.0)  # ages of six equal cohorts when the forecast is made
SETTINGS = ((600, 0.03, 1.2), (2000, 0.03, 1.2), (6000, 0.03, 1.2), (2000, 0.03, 0.7), (2000, 0.02, 2.0))
UNITS, PAST, LIFE = 4000, 6, 42.0
LOW, HIGH = 0.84, 0.95


def tally_of(replicate: Ints, entered: int, age: Floats, failed: Floats) -> Tally:
    """A stratum a replicate, ages in months."""
    s = int(replicate.max()) + 1
    zero = np.zeros(s)
    return Tally.of(by=("replicate",), strata=tuple((str(i),) for i in range(s)), unit="month",
                    stratum=np.concatenate((np.arange(s), replicate)), age=np.concatenate((zero, age)),
                    entered=np.concatenate((zero + entered, np.zeros(len(age)))),
                    claimed=np.concatenate((zero, failed)), open=np.concatenate((zero, 1.0 - failed)))


def staggered(setting: tuple[int, float, float], replicates: int, rng: np.random.Generator) -> tuple[Tally, Floats]:
    """Weibull lives of units aged 7 to 12 months at the freeze, and how many claim at ages 12 to 18."""
    units, share, beta = setting
    eta = 12.0 / (-np.log1p(-share)) ** (1.0 / beta)
    age = np.tile(FREEZE[np.arange(units) % len(FREEZE)], replicates)
    replicate = np.repeat(np.arange(replicates), units)
    life = eta * rng.weibull(beta, len(age))
    later = np.bincount(replicate, (life > 12.0) & (life <= 18.0), replicates).astype(float)
    return tally_of(replicate, units, np.minimum(life, age), (life <= age).astype(float)), later


@dataclass(frozen=True)
class Row:
    """One method in one world."""

    world: str
    method: str
    held: Floats
    width: Floats

    @classmethod
    def of(cls, world: str, method: str, bounds: Ints, came: Floats) -> Row:
        """`bounds` (N, 2)."""
        return cls(world, method, ((bounds[:, 0] <= came) & (came <= bounds[:, 1])).astype(float),
                   (bounds[:, 1] - bounds[:, 0]).astype(float))

    @property
    def covers(self) -> float:
        """Share of intervals that hold what came."""
        return float(self.held.mean())

    def cells(self) -> list[str]:
        """World, method, coverage, its standard error, mean width, how many."""
        error = np.sqrt(self.covers * (1 - self.covers) / len(self.held))
        return [self.world, self.method, f"{self.covers:.3f}", f"{error:.3f}", f"{self.width.mean():.1f}",
                f"{len(self.held):,}"]


def joined(parts: list[list[Row]]) -> list[Row]:
    """Put the batches of each row together."""
    return [Row(rows[0].world, rows[0].method, np.concatenate([r.held for r in rows]),
                np.concatenate([r.width for r in rows])) for rows in zip(*parts, strict=True)]


def batches(total: int, seed: int, label: str, size: int = AT_ONCE) -> Iterator[tuple[int, np.random.Generator]]:
    """How many replicates in each batch, and its own random numbers."""
    for i in track(range(0, total, size), label, console=Console(stderr=True)):
        yield min(size, total - i), np.random.default_rng([seed, i])


def where_the_law_holds(setting: tuple[int, float, float], seed: int, total: int = REPLICATES) -> list[Row]:
    """Plug-in, direct and pivotal intervals of a Weibull, the truth being one."""
    world = f"{setting[0]:,} units, F(12) = {setting[1]:g}, beta = {setting[2]:g}"
    parts = []
    for n, rng in batches(total, seed, world):
        seen, later = staggered(setting, n, rng)
        asked = {m: predict(seen, Running.of(seen), start=12.0, end=18.0, method=m, draws=DRAWS, seed=seed)
                 for m in ("direct", "gpq")}
        plug = plug_in(asked["direct"])
        parts.append([Row.of(world, "plug-in", plug, later),
                      *(Row.of(world, f"fractional weights, {m}", bounds_of(p), later) for m, p in asked.items())])
    return joined(parts)


def plug_in(p: Predicted) -> Ints:
    """(S, 2) interval of the fitted law taken as known: Poisson about its mean."""
    from scipy.stats import poisson

    return np.stack([poisson.ppf(q, np.maximum(p.plug_in[:, 0], 1e-9)) for q in (0.05, 0.95)], axis=1).astype(int)


def bounds_of(p: Predicted) -> Ints:
    """(S, 2); a refused stratum holds nothing."""
    gone = np.array([r is not None for r in p.refused])
    return np.where(gone[:, None], [[1, 0]], np.stack((p.lower, p.upper), axis=1))


def lives(kind: str, products: int, rng: np.random.Generator) -> Floats:
    """(P, UNITS) lives in months; every parameter varies from product to product (lognormal, sd 0.2)."""
    vary = np.exp(0.2 * rng.standard_normal((3, products, 1)))
    size = (products, UNITS)
    if kind == "plain Weibull":
        plain: Floats = (12.0 / 0.03 ** (1 / 1.2)) * vary[0] * rng.weibull(np.broadcast_to(1.2 * vary[1], size))
        return plain
    if kind == "limited population":
        failing = rng.random(size) < 0.035 * vary[2]
        return np.where(failing, 7.0 * vary[0] * rng.weibull(np.broadcast_to(1.3 * vary[1], size)), np.inf)
    early = np.where(rng.random(size) < 0.03 * vary[2], 6.0 * rng.weibull(0.8, size), np.inf)
    both: Floats = np.minimum(early, 14.0 + 60.0 * vary[0] * rng.weibull(np.broadcast_to(2.0 * vary[1], size)))
    return both


WRONG = ("limited population", "infant and late wear-out")


def frozen(life: Floats) -> tuple[Tally, Floats]:
    """Cut lives (P, UNITS) at month 12, ages in whole days; how many claim in months 13 to 18."""
    day = np.ceil(life * 30.0) / 30.0
    later = ((day > 12.0) & (day <= 18.0)).sum(axis=1).astype(float)
    replicate = np.repeat(np.arange(len(life)), life.shape[1])
    return tally_of(replicate, life.shape[1], np.minimum(day, 12.0).ravel(), (day <= 12.0).astype(float).ravel()), later


def where_it_does_not(kind: str, past: str, seed: int, total: int = REPLICATES) -> list[Row]:
    """A Weibull, another law true, times the error it made on six past products of kind `past`."""
    world, parts = f"{kind}; past {past}", []
    for n, rng in batches(total, seed, world, 25):
        own, later = frozen(lives(kind, n, rng))
        before, before_later = frozen(lives(past, n * PAST, rng))
        law = predict(own, Running.of(own), start=12.0, end=18.0, draws=DRAWS, seed=seed)
        learnt = predict(before, Running.of(before), start=12.0, end=18.0, draws=PAST_DRAWS, seed=seed)
        carried = np.concatenate([bounds_of(only(law, i).times(
            only(learnt, slice(i * PAST, (i + 1) * PAST)).learned(before_later[i * PAST:(i + 1) * PAST]), seed))
            for i in range(n)])
        parts.append([Row.of(world, "fractional weights, direct", bounds_of(law), later),
                      Row.of(world, "the same x past error", carried, later)])
    return joined(parts)


def only(p: Predicted, at: int | slice) -> Predicted:
    """Some strata of an answer."""
    from dataclasses import replace

    k = slice(at, at + 1) if isinstance(at, int) else at
    names = ("strata", "claims", "at_risk", "expected", "lower", "upper", "weights", "plug_in", "bounds", "spread",
             "lost", "refused", "why", "counts")
    return replace(p, **{n: getattr(p, n)[k] for n in names})


def by_extend(kind: str, past: str, seed: int, total: int = BY_EXTEND) -> list[Row]:
    """`extend` with the same six past products as history."""
    world, parts = f"{kind}; past {past}", []
    for n, rng in batches(total, seed, f"{world}, extend", 10):
        own = watched(lives(kind, n, rng))
        for i in range(n):
            history = Past.of(watched(lives(past, PAST, rng)), 12.0, 18.0)
            one = own.only(np.arange(n) == i)
            ahead = extend(one, alive(one, 12.0), start=12.0, end=18.0, history=history, fan=False)
            parts.append([Row.of(world, "`extend` with history", np.stack((ahead.lower, ahead.upper), axis=1),
                                 came(one, 12.0, 18.0))])
    return joined(parts)


def watched(life: Floats) -> Tally:
    """Lives (P, UNITS) watched for 42 months, ages in whole days."""
    day = np.ceil(np.minimum(life, LIFE) * 30.0) / 30.0
    replicate = np.repeat(np.arange(len(life)), life.shape[1])
    return tally_of(replicate, life.shape[1], day.ravel(), (life <= LIFE).astype(float).ravel())


def gate(row: Row, gated: Callable[[Row], tuple[float, float]]) -> str:
    """Say whether a row keeps its bounds."""
    low, high = gated(row)
    if low <= 0.0:
        return "reported"
    return "inside" if low <= row.covers <= high else f"MISSED ({low:g}-{high:g})"


def taught_alike(row: Row) -> bool:
    """Whether a row's past products are of its own kind, and were used."""
    kind, past = row.world.split("; past ")
    return kind == past and row.method != "fractional weights, direct"


def table(rows: list[Row], gated: Callable[[Row], tuple[float, float]]) -> str:
    head = ["world", "method", "covers", "se", "mean width", "replicates", "gate"]
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join([*r.cells(), gate(r, gated)]) + " |" for r in rows)])


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--write", action="store_true")
    words.add_argument("--replicates", type=int, default=REPLICATES)
    asked, began = words.parse_args(), time.perf_counter()
    total, few = asked.replicates, min(asked.replicates, BY_EXTEND)
    held = [r for i, s in enumerate(SETTINGS) for r in where_the_law_holds(s, i, total)]
    pasts = [(kind, past) for kind in WRONG for past in (kind, "plain Weibull")] + [("plain Weibull", "plain Weibull")]
    wrong = [r for i, (kind, past) in enumerate(pasts)
             for r in (*where_it_does_not(kind, past, 10 + i, total), *by_extend(kind, past, 20 + i, few))]
    text = "\n\n".join((
        "**The law holds: Weibull fitted to Weibull lives, frozen at ages 7 to 12 months**",
        table(held, lambda r: (0.0, 1.0) if r.method == "plug-in" else (LOW, HIGH)),
        f"**The law is the wrong one: {UNITS:,} units, 12 months seen, six past products, parameters varying (0.2)**",
        table(wrong, lambda r: (0.85, 1.0) if taught_alike(r) else (0.0, 1.0))))
    print(f"{text}\n\n{time.perf_counter() - began:.0f} s")
    if asked.write:
        old = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(old[:old.index(START)] + f"{START}\n\n{text}\n\n" + old[old.index(END):], encoding="utf-8")
    if "MISSED" in text:
        sys.exit(1)


if __name__ == "__main__":
    main()
