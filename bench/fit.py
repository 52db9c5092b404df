"""Weibull fits from raw rows: ours, the numpy floor and surpyval, in one run on the same data. Trust the ratios.

    python bench/fit.py [--rows 10000000] [--strata 2000] [--peer /path/to/python-with-surpyval]

Data are simulated: right-censored lives in whole days. The floor is what nobody can go below in numpy: bincount and
Newton's root in beta. Ours: the whole call from the raw arrays, with checks, log-likelihood, covariance and refusals.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from warrantor.life.fit import fit
from warrantor.life.reduce import tally_of_ages
from warrantor.tally import Floats

Days = NDArray[np.int32]
Strata = NDArray[np.int32]
Failed = NDArray[np.bool_]
T = TypeVar("T")

PEER = """
import sys, time
import numpy as np, surpyval
data = np.load(sys.argv[1])
age, failed, stratum = data["age"], data["failed"], data["stratum"]
begin = time.perf_counter()
if stratum.max() == 0:
    found = surpyval.Weibull.fit(x=age, c=1 - failed.astype(int)).params
else:
    order = np.argsort(stratum, kind="stable")
    cut = np.searchsorted(stratum[order], np.arange(stratum.max() + 2))
    some = int(sys.argv[2])  # strata are independent: fit some, scale up
    for s in range(some):
        rows = order[cut[s]:cut[s + 1]]
        found = surpyval.Weibull.fit(x=age[rows], c=1 - failed[rows].astype(int)).params
    print((time.perf_counter() - begin) * (stratum.max() + 1) / some)
    sys.exit()
print(time.perf_counter() - begin)
"""


def simulated(rows: int, strata: int) -> tuple[Days, Failed, Strata]:
    rng = np.random.default_rng(1)
    stratum = rng.permutation(np.repeat(np.arange(strata, dtype=np.int32), rows // strata))
    life = np.ceil((2000 + 2000 * stratum / strata) * rng.weibull(1.3, len(stratum)))
    watched = rng.integers(1, 731, len(stratum))
    return np.minimum(life, watched).astype(np.int32), life <= watched, stratum


def floor(age: Days, failed: Failed, stratum: Strata, strata: int) -> tuple[Floats, Floats]:
    """Bincount and Newton, no checks and no likelihood."""
    top = int(age.max()) + 1
    cell = age if strata == 1 else stratum.astype(np.int64) * top + age
    n = np.bincount(cell, minlength=top * strata).reshape(strata, top)[:, 1:].astype(float)
    d = np.bincount(cell[failed], minlength=top * strata).reshape(strata, top)[:, 1:].astype(float)
    x = np.log(np.arange(1, top))
    claims = d.sum(axis=1)
    mean, beta = d @ x / claims, np.ones(strata)
    for _ in range(50):
        y = n * np.exp(beta[:, None] * x)
        s0, s1, s2 = y.sum(axis=1), y @ x, y @ (x * x)
        gap = 1 / beta + mean - s1 / s0
        new = beta + gap / (1 / beta**2 + s2 / s0 - (s1 / s0) ** 2)
        if np.all(np.abs(new - beta) < 1e-10 * beta):
            break
        beta = new
    return new, (s0 / claims) ** (1 / new)


def timed(call: Callable[[], T], repeat: int = 3) -> tuple[float, T]:
    times = []
    for _ in range(repeat):
        begin = time.perf_counter()
        answer = call()
        times.append(time.perf_counter() - begin)
    return min(times), answer


def peer(python: str, age: Days, failed: Failed, stratum: Strata, some: int) -> tuple[float | None, str | None]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.npz"
        np.savez(path, age=age.astype(float), failed=failed, stratum=stratum)
        done = subprocess.run([python, "-c", PEER, str(path), str(some)], capture_output=True, text=True, check=False)
    if done.returncode:
        return None, done.stderr.strip().splitlines()[-1]
    return float(done.stdout.split()[-1]), None


def line(name: str, seconds: float, ours: float) -> None:
    print(f"  {name:<34}{seconds:10.3f} s   ours takes {ours / seconds:8.3f} of it")


def run(rows: int, strata: int, python: str) -> None:
    age, failed, stratum = simulated(rows, strata)
    print(f"{rows:,} rows, {strata:,} {'strata' if strata > 1 else 'stratum'}, {failed.sum():,} claims (simulated)")
    least, (beta, eta) = timed(lambda: floor(age, failed, stratum, strata))
    ours, found = timed(lambda: fit(tally_of_ages(age, failed, stratum if strata > 1 else None)))
    if not (np.allclose(found["beta"], beta, rtol=1e-8) and np.allclose(found["eta"], eta, rtol=1e-8)):
        raise SystemExit("the fits differ: no time is worth printing")
    print(f"  {'warrantor, raw rows to checked fit':<34}{ours:10.3f} s")
    line("numpy floor: bincount, Newton", least, ours)
    seconds, why = peer(python, age, failed, stratum, min(strata, 100))
    if seconds is None:
        print(f"  surpyval was not run: {why}")
    else:
        line("surpyval" + (" (100 strata, scaled up)" if strata > 100 else ""), seconds, ours)


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--rows", type=int, default=10_000_000)
    words.add_argument("--strata", type=int, default=2_000)
    words.add_argument("--peer", default=sys.executable, help="a python that has surpyval")
    asked = words.parse_args()
    run(asked.rows, 1, asked.peer)
    run(asked.rows, asked.strata, asked.peer)


if __name__ == "__main__":
    main()
