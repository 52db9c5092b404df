"""The laws by name."""

from __future__ import annotations

from types import MappingProxyType

from warrantor.life.gengamma import GeneralisedGamma
from warrantor.life.gompertz import Gompertz
from warrantor.life.law import Law, Parameter, location, positive
from warrantor.life.limited import Limited
from warrantor.life.scale import Exponential, LocationScale, direct
from warrantor.life.shapes import EXTREME, LOGISTIC, NORMAL

MU, SIGMA = location(0, 1), positive("sigma", 1, sign=-1.0)
BETA, ETA = positive("beta", 1), positive("eta", 0, 1, power=1.0)
GROWTH = Parameter("shape", (1,), lambda v, scale: v / scale, lambda v, scale: 1.0 / scale + 0.0 * v)
PLACE, STRETCH = 700.0, 12.0

EXPONENTIAL = Exponential("exponential", (positive("rate", 0, power=-1.0),), (PLACE,))
WEIBULL = LocationScale("weibull", (BETA, ETA), (PLACE, STRETCH), EXTREME)
LOGNORMAL = LocationScale("lognormal", (MU, SIGMA), (PLACE, STRETCH), NORMAL)
LOGLOGISTIC = LocationScale("loglogistic", (MU, SIGMA), (PLACE, STRETCH), LOGISTIC)
GENGAMMA = GeneralisedGamma("gengamma", (MU, SIGMA, direct("lambda", 2)), (PLACE, STRETCH, 12.0))
GOMPERTZ = Gompertz("gompertz", (GROWTH, positive("rate", 0, power=-1.0)), (PLACE, PLACE))

_PLAIN: tuple[Law, ...] = (EXPONENTIAL, WEIBULL, LOGNORMAL, LOGLOGISTIC, GENGAMMA, GOMPERTZ)
LAWS = MappingProxyType({law.name: law for law in (*_PLAIN, *(Limited.over(law) for law in _PLAIN[:4]))})
"""Every law by name: parameters, hazard, survival, density, quantile; `lfp-` lets only a share p of the units
ever fail.

Examples
--------
>>> ", ".join(LAWS)
'exponential, weibull, lognormal, loglogistic, gengamma, gompertz, lfp-exponential, lfp-weibull, lfp-lognormal,
lfp-loglogistic'
"""
