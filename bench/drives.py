"""Guarantee extension on real units: hide everything after g months, forecast the next g / 2, open the window, score.

    python bench/drives.py                # baselines first, then ours; leave one product out
    python bench/drives.py --makers       # leave out a whole maker as well
    python bench/drives.py --write        # all of it, and write the tables of docs/drives.md
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from warrantor.forecast.at_risk import AtRisk, alive, came, cut
from warrantor.forecast.curves import expected
from warrantor.forecast.mix import Asked
from warrantor.forecast.past import Lesson, Past
from warrantor.forecast.score import coverage_band, covered, interval_score, product_mean
from warrantor.life.fit import fit
from warrantor.life.laws import LAWS
from warrantor.tally import DAYS_PER_MONTH, Tally

ROOT = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("WARRANTOR_DATA", ROOT.parent / "shared" / "data"))
FOUR = (6, 12, 18, 24)
TWELVE = (6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 28, 32)
RATIO, CLAIMS_SEEN, UNITS_LEFT, DRAWS, SEED = 1.5, 10, 50, 40_000, 20
Z90 = 1.6448536269514722
MAKERS = (("HGST", "Hitachi"), ("Hitachi", "Hitachi"), ("Seagate", "Seagate"), ("ST", "Seagate"), ("WDC", "WDC"),
          ("TOSHIBA", "Toshiba"), ("SAMSUNG", "Samsung"))
START, END = "<!-- written by bench/drives.py: begin -->", "<!-- written by bench/drives.py: end -->"


def maker(product: str) -> str:
    return next((name for prefix, name in MAKERS if product.startswith(prefix)), product)


def tuned(product: str) -> bool:
    """Whether a product is of the half on which constants may be tuned."""
    return int(hashlib.sha256(product.encode()).hexdigest()[0], 16) % 2 == 0


def read(path: Path) -> Tally:
    """Lifetimes of all products, age 0 dropped."""
    with path.open(newline="", encoding="utf-8") as file:
        read_rows = list(csv.DictReader(file))
    rows = [(r["product"], float(r["age_days"]), r["failed"] == "1", float(r["units"])) for r in read_rows]
    rows = [r for r in rows if r[1] > 0]
    place: dict[str, int] = {}
    stratum = np.array([place.setdefault(r[0], len(place)) for r in rows])
    age, failed, units = (np.array([r[i] for r in rows], float) for i in (1, 2, 3))
    return Tally.of(by=("product",), strata=tuple((p,) for p in place), stratum=np.concatenate((stratum, stratum)),
                    age=np.concatenate((age, np.zeros(len(age)))),
                    claimed=np.concatenate((units * failed, np.zeros(len(age)))),
                    open=np.concatenate((units * (1 - failed), np.zeros(len(age)))),
                    entered=np.concatenate((np.zeros(len(age)), units)))


@dataclass(frozen=True)
class Case:
    """One product, one window: what was seen, what a plug-in Weibull says, what came."""

    product: str
    months: int
    s: int
    plug_in: float
    variance: float
    came: float


@dataclass(frozen=True)
class Opened:
    """All products at one window."""

    months: int
    cases: list[Case]
    seen: Tally
    risk: AtRisk
    past: Past
    asked: Asked


def opened(tally: Tally, g: int) -> Opened:
    at, end = g * DAYS_PER_MONTH, RATIO * g * DAYS_PER_MONTH
    seen, risk = cut(tally, at), alive(tally, at).within(at, end)
    enough = (seen.total("claimed") >= CLAIMS_SEEN) & (risk.total() >= UNITS_LEFT)
    law = fit(seen, "weibull")
    params = law.parameters[risk.stratum]
    weibull = LAWS["weibull"]
    rise = weibull.cumulative_hazard(risk.until, params) - weibull.cumulative_hazard(np.full(len(params), at), params)
    mean = expected(risk, rise)
    p = -np.expm1(-rise)
    variance = np.bincount(risk.stratum, risk.units * p * (1 - p), len(mean))
    o = came(tally, at, end)
    cases = [Case(tally.strata[s][0], g, int(s), mean[s], variance[s], o[s]) for s in np.flatnonzero(enough)]
    past = Past.of(tally, float(g), RATIO * g)
    return Opened(g, cases, seen, risk, past, Asked.of(seen, risk, (float(g), RATIO * g), Lesson()))


def plug_in(case: Case) -> tuple[float, float]:
    half = Z90 * case.variance**0.5
    return max(0.0, np.floor(case.plug_in - half)), np.ceil(case.plug_in + half)


def multiplied(case: Case, others: list[Case], rng: np.random.Generator) -> tuple[float, float]:
    """Ln multiplier ~ rbar + t s sqrt(1 + 1/J) over the others' ln (O + .5) / (E + .5), Poisson on top."""
    r = np.array([np.log((o.came + 0.5) / (o.plug_in + 0.5)) for o in others])
    spread = r.std(ddof=1) * np.sqrt(1 + 1 / len(r)) * rng.standard_t(len(r) - 1, DRAWS)
    n = rng.poisson(np.minimum(case.plug_in * np.exp(r.mean() + spread), 1e9))
    low, high = np.quantile(n, [0.05, 0.95], method="inverted_cdf")
    return float(low), float(high)


def ours(case: Case, window: Opened, apart: Callable[[str, str], bool]) -> tuple[float, float]:
    """`extend` with the products that `apart` allows as history."""
    names = [s[0] for s in window.seen.strata]
    predictive = replace(window.asked, lesson=left_out(window.past, [not apart(n, case.product) for n in names])
                         ).mixed(case.s).upto(window.asked.end)
    return predictive.quantile(0.05), predictive.quantile(0.95)


def left_out(past: Past, out: list[bool]) -> Lesson:
    """The lesson without some products; no product's part in it hangs on another's."""
    gone = np.array(out)
    return past.only(~gone).lesson()


def alone(case: Case, window: Opened) -> tuple[float, float]:
    predictive = window.asked.mixed(case.s).upto(window.asked.end)
    return predictive.quantile(0.05), predictive.quantile(0.95)


Answer = tuple[Case, float, float]


def answers(windows: list[Opened], apart: Callable[[str, str], bool]) -> dict[str, list[Answer]]:
    """Every method on every case; `apart` says whether one product may be another's history."""
    rng = np.random.default_rng(SEED)
    every = [c for w in windows for c in w.cases]
    found: dict[str, list[Answer]] = {n: [] for n in METHODS}
    for w in windows:
        for c in w.cases:
            same = [o for o in w.cases if apart(o.product, c.product)]
            pooled = [o for o in every if apart(o.product, c.product)]
            for name, (low, high) in zip(METHODS, (plug_in(c), multiplied(c, same, rng), multiplied(c, pooled, rng),
                                                   alone(c, w), ours(c, w, apart)), strict=True):
                found[name].append((c, low, high))
    return found


METHODS = ("plug-in Weibull", "multiplier", "multiplier pooled over windows", "ours, no history", "ours")


def table(found: dict[str, list[Answer]], keep: Callable[[Case], bool] = lambda _: True) -> list[list[str]]:
    rows, base = [], 1.0
    for name, given in found.items():
        kept = [(c, lo, hi) for c, lo, hi in given if keep(c)]
        lo, hi, x = (np.array(v, float) for v in zip(*[(lo, hi, c.came) for c, lo, hi in kept], strict=True))
        score, cover = interval_score(lo, hi, x), covered(lo, hi, x)
        mean = product_mean(score, [c.product for c, _, _ in kept])
        base = mean if name == "multiplier" else base
        low, high = coverage_band(len(kept))
        ratio = f"{mean / base:.3f}" if name not in METHODS[:1] else ""
        band = f"{int(cover.sum())} ({low}-{high})"
        rows.append([name, f"{cover.mean():.3f}", band, f"{score.sum():.1f}", f"{mean:.3f}", ratio])
    return rows


HEAD = ["method", "covers", "covered (band)", "score", "product mean", "/ multiplier"]


def markdown(title: str, rows: list[list[str]]) -> str:
    lines = [f"**{title}**", "", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    return "\n".join([*lines, *("| " + " | ".join(r) + " |" for r in rows), ""])


def checked(rows: list[list[str]]) -> None:
    """The two baselines as first measured must come out, to 2 %, before anything of ours is believed."""
    for row, (cover, total, mean) in zip(rows, ((0.40, 283.0, 6.50), (0.875, 166.0, 4.35)), strict=False):
        got = float(row[1]), float(row[3]), float(row[4])
        near = all(abs(g / w - 1) <= 0.02 for g, w in zip(got, (cover, total, mean), strict=True))
        print(f"{'reproduced' if near else 'NOT REPRODUCED'}: {row[0]} covers {got[0]:.3f} ({cover}), "
              f"score {got[1]:.1f} ({total}), product mean {got[2]:.3f} ({mean})")
        if not near:
            sys.exit(1)


def of_half(half: bool) -> Callable[[Case], bool]:
    return lambda c: tuned(c.product) is half


def counted(cases: list[Case]) -> str:
    return f"{len(cases)} cases of {len({c.product for c in cases})} products"


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for flag in ("--four", "--makers", "--write"):
        words.add_argument(flag, action="store_true")
    asked = words.parse_args()
    path = DATA / "drives.csv"
    if not path.exists():
        sys.exit(f"{path} is not there: name its folder in WARRANTOR_DATA (docs/drives.md says how to get it).")
    began, tally = time.perf_counter(), read(path)
    four = [opened(tally, g) for g in FOUR]
    apart = answers(four, lambda one, other: one != other)
    checked(table(apart))
    cases4 = [c for w in four for c in w.cases]
    parts = [("4 windows, each product left out: " + counted(cases4), table(apart))]
    twelve = [] if asked.four else [opened(tally, g) for g in TWELVE]
    if twelve:
        every = answers(twelve, lambda one, other: one != other)
        cases12 = [c for w in twelve for c in w.cases]
        parts.append(("12 windows (6 to 32 months): " + counted(cases12), table(every)))
        for half, name in ((True, "the half that constants were tuned on"), (False, "the other half, looked at once")):
            chosen = of_half(half)
            parts.append((f"4 windows, {name}: " + counted([c for c in cases4 if chosen(c)]), table(apart, chosen)))
            parts.append((f"12 windows, {name}: " + counted([c for c in cases12 if chosen(c)]), table(every, chosen)))
    if asked.makers or asked.write:
        whole = lambda one, other: maker(one) != maker(other)  # noqa: E731
        parts.append(("4 windows, the whole maker left out", table(answers(four, whole))))
        if twelve:
            parts.append(("12 windows, the whole maker left out", table(answers(twelve, whole))))
    text = "\n".join(markdown(title, rows) for title, rows in parts)
    print(f"\n{text}\n{time.perf_counter() - began:.0f} s")
    if asked.write:
        page = ROOT / "docs" / "drives.md"
        old = page.read_text(encoding="utf-8")
        page.write_text(old[:old.index(START)] + f"{START}\n\n{text}\n" + old[old.index(END):], encoding="utf-8")


if __name__ == "__main__":
    main()
