"""How wrong past products' forecasts were, carried to the next one."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from warrantor.tally import Floats, Ints

STATED_SD = 0.5
FEWEST = 4


@dataclass(frozen=True, slots=True, eq=False)
class Transport:
    """Ln multiplier ~ mean + t_df x sd sqrt(1 + 1/J).

    Attributes
    ----------
    mean, sd : float
    df : float
        J - 1; inf where the prior is stated.
    products : int
        J.
    prior : bool
        Fewer than four past products: a stated prior sd.
    """

    mean: float
    sd: float
    df: float
    products: int
    prior: bool

    def quantiles(self, count: int, spread: float = 0.0) -> Floats:
        """(count,) ln multipliers at evenly spaced probabilities, in rising order; `spread` is the forecast's own
        variance of ln E.
        """
        from scipy.special import ndtri, stdtrit

        p = (np.arange(count) + 0.5) / count
        t = ndtri(p) if np.isinf(self.df) else stdtrit(self.df, p)
        return np.asarray(self.mean + np.sqrt(self.sd**2 * (1.0 + 1.0 / max(self.products, 1)) + spread) * t)


def multiplier(came: Floats, foretold: Floats, product: Ints, spread: Floats,
               ratio: float = 1.5) -> Transport:
    """Learn the multiplier from past windows; each product weighs alike however many windows it has.

    r = ln (O + 1/2) / (E + 1/2); Var r = tau^2 + s_E^2 + 1 / (E + 1/2): what the forecast knew of its own error, and
    the Poisson part, are taken out before they are put in again.

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
        Mean 0 and the stated sd with fewer than four products.
    """
    names, index, windows = np.unique(product, return_inverse=True, return_counts=True)
    j = len(names)
    if j < FEWEST:
        return Transport(0.0, STATED_SD * float(np.sqrt(np.log(ratio) / np.log(1.5))), np.inf, j, prior=True)
    r, noise = np.log((came + 0.5) / (foretold + 0.5)), spread + 1.0 / (foretold + 0.5)
    tau2, mean = 0.5, 0.0
    for _ in range(50):
        w = 1.0 / windows[index] / (tau2 + noise)
        w = w / w.sum()
        mean = float(w @ r)
        tau2 = max(0.01, float(w @ ((r - mean) ** 2 - noise)) * j / (j - 1.0))
    return Transport(mean, float(np.sqrt(tau2)), j - 1.0, j, prior=False)
