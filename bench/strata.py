"""Ten thousand small strata under every law, in one run: seconds, how many were refused and why.

    python bench/strata.py [--strata 10000] [--laws weibull lognormal ...]

Data are simulated: each stratum has a Weibull of its own, watched at 60 whole ages, 5 to 500 claims. Some
strata are fitted alone and compared: fitting all at once must change nothing.
"""

import argparse
import collections
import time

import numpy as np

from warrantor.life.fit import fit
from warrantor.life.fitted import Fit
from warrantor.tally import Ints, Tally

SIX = ("exponential", "weibull", "lognormal", "loglogistic", "gengamma", "gompertz")
AGES = 60


def simulated(strata: int, seed: int = 1) -> Tally:
    """Binomial claims age by age from each stratum's own Weibull; the unclaimed stop being watched over the ages."""
    rng = np.random.default_rng(seed)
    beta, want = rng.uniform(0.7, 2.5, strata), np.exp(rng.uniform(np.log(5), np.log(500), strata))
    eta = AGES * np.exp(rng.uniform(0.0, 2.0, strata))
    edges = (np.arange(AGES + 1) / eta[:, None]) ** beta[:, None]
    failed = -np.expm1(-edges[:, 1:] + edges[:, :-1])
    alive = np.ceil(want / -np.expm1(-edges[:, -1]) * 1.6)
    entered, claimed, left = alive.copy(), np.empty((strata, AGES)), np.empty((strata, AGES))
    for a in range(AGES):
        claimed[:, a] = rng.binomial(alive.astype(int), failed[:, a])
        alive = alive - claimed[:, a]
        left[:, a] = alive if a == AGES - 1 else rng.binomial(alive.astype(int), 0.01)
        alive = alive - left[:, a]
    age, zero = np.tile(np.arange(AGES + 1.0), strata), np.zeros((strata, 1))
    first = np.where(age == 0, np.repeat(entered, AGES + 1), 0.0)
    return Tally.of(by=("stratum",), strata=tuple((str(s),) for s in range(strata)), unit="month", age=age,
                    stratum=np.repeat(np.arange(strata), AGES + 1), entered=first,
                    claimed=np.hstack((zero, claimed)).ravel(), open=np.hstack((zero, left)).ravel())


def alone(tally: Tally, law: str, whole: Fit, some: Ints) -> list[float]:
    """Largest difference of parameters between strata fitted alone and with the others: relative, in errors."""
    worst = [0.0, 0.0]
    for s in some:
        keep = np.zeros(len(tally.strata), bool)
        keep[s] = True
        one = fit(tally.only(keep), law)
        if (one.refused[0] is None) != (whole.refused[s] is None):
            raise SystemExit(f"{law}: stratum {s} is refused alone or together, not both")
        if one.refused[0] is None:
            gap = np.abs(one.parameters[0] - whole.parameters[s])
            sizes = np.abs(whole.parameters[s]), np.sqrt(np.diag(whole.covariance[s]))
            worst = [max(w, float((gap / size).max())) for w, size in zip(worst, sizes, strict=True)]
    return worst


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--strata", type=int, default=10_000)
    words.add_argument("--laws", nargs="*", default=[*SIX, "lfp-weibull"])
    asked = words.parse_args()
    tally = simulated(asked.strata)
    claims = tally.total("claimed")
    print(f"{asked.strata:,} strata (simulated), {len(tally):,} rows, {claims.min():.0f} to {claims.max():.0f} claims")
    some = np.random.default_rng(2).choice(asked.strata, 15, replace=False)
    spent = {}
    for law in asked.laws:
        begin, cpu = time.perf_counter(), time.process_time()
        found = fit(tally, law)
        spent[law], cpu = time.perf_counter() - begin, time.process_time() - cpu
        refused = collections.Counter(r for r in found.refused if r)
        apart, errors = alone(tally, law, found, some)
        print(f"  {law:<14}{spent[law]:8.2f} s  ({cpu:.2f} s of processor), {sum(refused.values()):,} refused; alone "
              f"and together differ by {apart:.0e}, {errors:.0e} of a standard error", flush=True)
        for reason, n in refused.most_common(4):
            print(f"      {n:6,}  {reason}")
    six = [spent[law] for law in SIX if law in spent]
    print(f"  {len(six)} of the six laws in {sum(six):.1f} s")


if __name__ == "__main__":
    main()
