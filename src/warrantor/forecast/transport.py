"""How wrong past products' forecasts were, carried to the next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from warrantor.tally import Floats, Ints

STATED_SD = 0.5
FEWEST = 4
TAU_SD, PHI_SD = 0.5, 2.0  # prior sds of ln tau around ln 0.5, and of ln phi above 0
COMMON = ((0.2, 0.8), (1.0, 0.2))  # prior sd of m around 0, and how likely: mostly little in common, sometimes much
_TAU2 = np.geomspace(0.005, 3.0, 40)
_PHI = np.concatenate(([1.0], np.geomspace(1.2, 20.0, 25)))
_REACH, _GRID, _NEGLIGIBLE = 6.0, 400, 1e-4


@dataclass(frozen=True, slots=True, eq=False)
class Transport:
    """Ln multiplier of a forecast E with own variance s^2 of ln E: N(m, u + tau^2 + phi s^2 + (phi - 1) / (E + 1/2)),
    mixed over what past windows leave open of (tau^2, phi).

    Attributes
    ----------
    weight : (G,)
        Posterior of each pair; sums to 1.
    mean, about : (G,)
        m and u, the mean error of past products and how well it is known, given the pair.
    tau2 : (G,)
        Variance of ln multipliers between products.
    phi : (G,)
        Variance of a count over its Poisson variance, at least 1.
    products : int
        J.
    prior : bool
        Fewer than four past products: a stated prior.
    """

    weight: Floats
    mean: Floats
    about: Floats
    tau2: Floats
    phi: Floats
    products: int
    prior: bool

    @property
    def expected(self) -> float:
        """Mean ln multiplier."""
        return float(self.weight @ self.mean)

    @property
    def sd(self) -> float:
        """Spread of ln multipliers between products."""
        return float(np.sqrt(self.weight @ self.tau2))

    @property
    def dispersion(self) -> float:
        """Posterior mean of phi."""
        return float(self.weight @ self.phi)

    def quantiles(self, count: int, spread: float = 0.0, foretold: float = np.inf) -> Floats:
        """(count,) ln multipliers at evenly spaced probabilities, in rising order.

        Parameters
        ----------
        count : int
        spread : float
            s^2, the forecast's own variance of ln E.
        foretold : float
            E, claims; inf: so many that their own noise is none.
        """
        from scipy.special import ndtr

        sd = np.sqrt(self.about + self.tau2 + self.phi * spread + (self.phi - 1.0) / (foretold + 0.5))
        at = np.linspace((self.mean - _REACH * sd).min(), (self.mean + _REACH * sd).max(), _GRID)
        cdf = ndtr((at[:, None] - self.mean) / sd) @ self.weight
        return np.asarray(np.interp((np.arange(count) + 0.5) / count, cdf, at))

    def bursts(self, foretold: float, rng: np.random.Generator, count: int) -> Floats:
        """(count,) ln factors by which a count strays beyond its Poisson noise: N(0, (phi - 1) / (E + 1/2))."""
        phi = rng.choice(self.phi, count, p=self.weight)
        return np.asarray(np.sqrt((phi - 1.0) / (foretold + 0.5)) * rng.standard_normal(count))


def multiplier(came: Floats, foretold: Floats, product: Ints, spread: Floats,
               ratio: float = 1.5) -> Transport:
    """Learn the multiplier from past windows; each product weighs alike however many windows it has.

    r = ln (O + 1/2) / (E + 1/2) ~ N(m, V), V = tau^2 + phi (s_E^2 + 1 / (E + 1/2)): what the forecast knew of its own
    error and the Poisson part, both phi times as large where claims come in bursts, are taken out before they are put
    in again. With w = 1 / windows of the product, A = sum w / V and M = sum w r / V / A, on a grid even in ln tau^2
    (0.005 to 3) and ln phi (1 to 20):

    log posterior(tau^2, phi, c) = -1/2 sum w (ln V + (r - M)^2 / V) - 1/2 ln A + ln N(M; 0, 1/A + c)
    + ln N(ln tau; ln 0.5, 0.5) + ln N(ln phi; 0, 2) + ln P(c), c = 0.2^2 with P = 0.8, 1 with P = 0.2: products mostly
    share little, sometimes a law that fits none of them. Then m ~ N(u A M, u), u = 1 / (A + 1/c).

    Parameters
    ----------
    came, foretold : (W,) count
        O and E of each past window.
    product : (W,) int
        Whose window it is.
    spread : (W,)
        s_E^2, variance of ln E from the parameters alone.
    ratio : float
        End over start of the window; the stated sd is one window's of 1.5 and grows as a random walk in log age.

    Returns
    -------
    Transport
        Mean 0, the stated sd and phi 1 with fewer than four products.

    Source
    ------
    Kalbfleisch, Lawless and Robinson (1991): extra-Poisson variation phi of claim counts. The rest is Bayes' rule for a
    normal mean; the priors are this project's, chosen on the tuned half of the drives (docs/drives.md).

    Examples
    --------
    >>> product = np.arange(8)
    >>> past = multiplier(np.full(8, 200.0), np.full(8, 100.0), product, np.zeros(8))
    >>> bool(0.2 < past.expected < np.log(2)), bool(past.quantiles(3, 0.0, 100.0)[2] > np.log(2))
    (True, True)
    """
    return _learnt(_rest(came, foretold, product, spread), np.ones((1, len(came)), bool), product, ratio)[0]


def each_left_out(came: Floats, foretold: Floats, product: Ints, spread: Floats,
                  ratio: float = 1.5) -> dict[int, Transport]:
    """Learn as `multiplier` does, once for every product of the windows without its own."""
    names = np.unique(product)
    kept = product != names[:, None]
    return dict(zip(names.tolist(), _learnt(_rest(came, foretold, product, spread), kept, product, ratio), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Rest:
    """(G, W) inverse variances and their logarithms, (W,) log ratios and shares."""

    r: Floats
    share: Floats
    inverse: Floats
    log: Floats


def _rest(came: Floats, foretold: Floats, product: Ints, spread: Floats) -> _Rest:
    _, index, windows = np.unique(product, return_inverse=True, return_counts=True)
    v = np.repeat(_TAU2, len(_PHI))[:, None] + np.tile(_PHI, len(_TAU2))[:, None] * (spread + 1.0 / (foretold + 0.5))
    return _Rest(np.log((came + 0.5) / (foretold + 0.5)), 1.0 / windows[index], 1.0 / v, np.log(v))


def _learnt(rest: _Rest, kept: NDArray[np.bool_], product: Ints, ratio: float) -> list[Transport]:
    """One transport for every row of `kept` (N, W)."""
    share = (kept * rest.share).T
    a = np.maximum(rest.inverse @ share, 1e-300)
    m = (rest.inverse * rest.r) @ share / a
    inside = rest.log @ share + (rest.inverse * rest.r**2) @ share - m**2 * a
    found = []
    for i, row in enumerate(kept):
        j = len(np.unique(product[row]))
        few = j < FEWEST
        found.append(_stated(STATED_SD**2 * float(np.log(ratio) / np.log(1.5)), j) if few
                     else _posterior(inside[:, i], m[:, i], a[:, i], j))
    return found


def _posterior(inside: Floats, m: Floats, a: Floats, products: int) -> Transport:
    """Weigh every (c, tau^2, phi); `inside`, M and A are (G,)."""
    tau2, phi = np.repeat(_TAU2, len(_PHI)), np.tile(_PHI, len(_TAU2))
    prior = (np.log(tau2 / STATED_SD**2) / 2 / TAU_SD) ** 2 + (np.log(phi) / PHI_SD) ** 2
    c, chance = (np.repeat(v, len(m)) for v in np.array(COMMON).T)
    m, a, tau2, phi = (np.tile(v, len(COMMON)) for v in (m, a, tau2, phi))
    wide = 1.0 / a + c**2
    told = -0.5 * (np.tile(inside + prior, len(COMMON)) + np.log(a) + np.log(wide) + m**2 / wide) + np.log(chance)
    weight, about = np.exp(told - told.max()), 1.0 / (a + c**-2.0)
    some = weight > _NEGLIGIBLE * weight.sum()
    return Transport(weight[some] / weight[some].sum(), (m * a * about)[some], about[some], tau2[some], phi[some],
                     products, prior=False)


def _stated(tau2: float, products: int) -> Transport:
    """The stated prior, for want of past products."""
    one = np.ones(1)
    return Transport(one, 0.0 * one, one * tau2 / max(products, 1), one * tau2, one, products, prior=True)
