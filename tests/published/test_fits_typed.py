"""Classic life data typed from their primary sources, and the numbers they must give.

The stored values are R 4.2.2 / survival 3.5-3 survreg fits (rel.tolerance 1e-12; the limited-failure row by
optim), eight
significant digits, or values of the method notes, section 4.2; tolerance 1e-6 relative, or the last stored digit where
that is coarser.
"""

import numpy as np
import pytest

from warrantor import Brackets, fit, life_table
from warrantor.life.reduce import tally_of_ages

INF = np.inf

# Bearing cages: Abernethy, Breneman, Medlin and Reinman (1983), AFWAL-TR-83-2079; hours, failed, units.
BEARING_FAILED = [230, 334, 423, 990, 1009, 1510]
BEARING_RUNNING = {
    50: 288,
    150: 148,
    250: 124,
    350: 111,
    450: 106,
    550: 99,
    650: 110,
    750: 114,
    850: 119,
    950: 127,
    1050: 123,
    1150: 93,
    1250: 47,
    1350: 41,
    1450: 27,
    1550: 11,
    1650: 6,
    1850: 1,
    2050: 2,
}
# Ball bearings: Lieblein and Zelen (1956); million revolutions.
BALL = [
    17.88,
    28.92,
    33.00,
    41.52,
    42.12,
    45.60,
    48.40,
    51.84,
    51.96,
    54.12,
    55.56,
    67.80,
    68.64,
    68.64,
    68.88,
    84.12,
    93.12,
    98.64,
    105.12,
    105.84,
    127.92,
    128.04,
    173.40,
]
# Integrated circuits: Meeker (1987); hours and failures, 4,128 running at 1,370 hours.
CIRCUITS = {
    0.1: 2,
    0.15: 1,
    0.6: 1,
    0.8: 2,
    1.2: 1,
    2.5: 1,
    3: 1,
    4: 2,
    6: 1,
    10: 2,
    12.5: 1,
    20: 2,
    43: 2,
    48: 2,
    54: 1,
    74: 1,
    84: 1,
    94: 1,
    168: 1,
    263: 1,
    593: 1,
}
# Cracked parts found at inspection: Nelson (1982), p. 415; months from, to, parts.
CRACKS = [
    (0, 6.12, 5),
    (6.12, 19.92, 16),
    (19.92, 29.64, 12),
    (29.64, 35.4, 18),
    (35.4, 39.72, 18),
    (39.72, 45.24, 2),
    (45.24, 52.32, 6),
    (52.32, 63.48, 17),
    (63.48, INF, 73),
]
# Diesel generator fans: Nelson (1982), p. 133; hours.
FANS_FAILED = [450, 1150, 1150, 1600, 2070, 2070, 2080, 3100, 3450, 4600, 6100, 8750]
FANS_RUNNING = [
    460,
    1560,
    1660,
    *[1850] * 5,
    *[2030] * 3,
    2200,
    *[3000] * 4,
    3200,
    3750,
    3750,
    *[4150] * 4,
    *[4300] * 4,
    *[4850] * 4,
    *[5000] * 3,
    *[6100] * 3,
    6300,
    6450,
    6450,
    6700,
    7450,
    7800,
    7800,
    8100,
    8100,
    8200,
    *[8500] * 3,
    8750,
    8750,
    9400,
    9900,
    *[10100] * 3,
    11500,
]
# Turbine wheels inspected once: Nelson (1982); hundreds of hours, cracked, not cracked.
WHEELS = [
    (4, 0, 39),
    (10, 4, 49),
    (14, 2, 31),
    (18, 7, 66),
    (22, 5, 25),
    (26, 9, 30),
    (30, 9, 33),
    (34, 6, 7),
    (38, 22, 12),
    (42, 21, 19),
    (46, 21, 15),
]
# Device-N, twelve monthly cohorts: Meeker and Escobar (1998), ch. 12; age in months, still working, failed by then.
DEVICE_N = [
    (1, 44534, 0),
    (2, 44513, 4),
    (3, 44396, 15),
    (4, 44203, 48),
    (5, 43998, 118),
    (6, 43766, 226),
    (7, 43458, 407),
    (8, 43094, 663),
    (9, 42647, 927),
    (10, 42092, 1276),
    (11, 41405, 1713),
    (12, 40606, 2189),
]
# Shock absorbers: O'Connor (1985); km, failed by either mode, running.
SHOCKS_FAILED = [6700, 9120, 12200, 13150, 14300, 17520, 20100, 20900, 22700, 26510, 27490]
SHOCKS_RUNNING = [
    6950,
    7820,
    8790,
    9660,
    9820,
    11310,
    11690,
    11850,
    11880,
    12140,
    12870,
    13330,
    13470,
    14040,
    17540,
    17890,
    18450,
    18960,
    18980,
    19410,
    20100,
    20150,
    20320,
    23490,
    27410,
    27890,
    28100,
]


def exact(failed, running, count_failed=None, count_running=None):
    count = np.concatenate(
        (
            np.ones(len(failed)) if count_failed is None else list(count_failed),
            np.ones(len(running)) if count_running is None else list(count_running),
        )
    )
    ages = np.concatenate((list(failed), list(running))).astype(float)
    return tally_of_ages(ages, np.arange(len(ages)) < len(failed), None, count)


def brackets(rows):
    lower, upper, count = (np.array(c, float) for c in zip(*rows, strict=True))
    return Brackets(
        by=(),
        strata=((),),
        stratum=np.zeros(len(rows), int),
        entry=np.zeros(len(rows)),
        lower=lower,
        upper=upper,
        count=count,
    )


def once(rows):
    """Inspected once: failed before the age, or not yet."""
    return brackets(
        [(0, age, failed) for age, failed, _ in rows if failed]
        + [(age, INF, running) for age, _, running in rows if running]
    )


BEARINGS = exact(BEARING_FAILED, BEARING_RUNNING, None, BEARING_RUNNING.values())
DATA = {
    "bearing cages": BEARINGS,
    "ball bearings": exact(BALL, []),
    "circuits": exact(CIRCUITS, [1370], CIRCUITS.values(), [4128]),
    "cracks": brackets(CRACKS),
    "fans": exact(FANS_FAILED, FANS_RUNNING),
    "wheels": once(WHEELS),
    "Device-N": once([(age, failed, running) for age, running, failed in DEVICE_N]),
    "shocks": exact(SHOCKS_FAILED, SHOCKS_RUNNING),
}
STORED = """
bearing cages, weibull, beta, 2.0353186
bearing cages, weibull, eta, 11792.178
bearing cages, weibull, mu, 9.3751917
bearing cages, weibull, sigma, .49132357
bearing cages, weibull, se_mu, .8351406
bearing cages, weibull, se_log_sigma, .32706177
bearing cages, weibull, loglik, -76.436896
bearing cages, weibull, B10, 3903.1267
bearing cages, weibull, units, 1703
bearing cages, weibull, claims, 6
ball bearings, weibull, beta, 2.101847
ball bearings, weibull, eta, 81.874559
ball bearings, weibull, loglik, -113.691959
ball bearings, lognormal, mu, 4.150383
ball bearings, lognormal, sigma, .521687
ball bearings, lognormal, loglik, -113.128554
ball bearings, gengamma, mu, 4.230065
ball bearings, gengamma, sigma, .509982
ball bearings, gengamma, lambda, .307643
ball bearings, gengamma, loglik, -112.969246
circuits, weibull, beta, .20016596
circuits, weibull, eta, 9.4757062e+13
circuits, weibull, mu, 32.182337
circuits, weibull, sigma, 4.9958544
circuits, weibull, se_mu, 4.8073582
circuits, weibull, se_log_sigma, .1887696
circuits, weibull, loglik, -303.03163
circuits, lfp-weibull, p, .0067444521
circuits, lfp-weibull, beta, .49597623
circuits, lfp-weibull, eta, 28.367209
circuits, lfp-weibull, mu, 3.345233
circuits, lfp-weibull, sigma, 2.016226
circuits, lfp-weibull, loglik, -293.03289
circuits, lfp-weibull, units, 4156
cracks, weibull, beta, 1.4853674
cracks, weibull, eta, 71.690406
cracks, weibull, se_mu, .074396136
cracks, weibull, se_log_sigma, .0986564
cracks, weibull, loglik, -309.66841
fans, weibull, beta, 1.0584458
fans, weibull, eta, 26296.845
fans, weibull, se_mu, .46588966
fans, weibull, se_log_sigma, .25343854
fans, weibull, loglik, -135.15272
wheels, weibull, beta, 2.1757799
wheels, weibull, eta, 46.77723
wheels, weibull, se_mu, .063936555
wheels, weibull, se_log_sigma, .12446977
wheels, weibull, loglik, -189.28719
wheels, lognormal, mu, 3.6999077
wheels, lognormal, sigma, .71988572
wheels, lognormal, se_mu, .070833503
wheels, lognormal, se_log_sigma, .12318462
wheels, lognormal, loglik, -190.73155
Device-N, lognormal, mu, 3.739349
Device-N, lognormal, sigma, .763887
Device-N, lognormal, loglik, -34620.559
Device-N, weibull, beta, 3.35054
Device-N, weibull, eta, 28.6181
Device-N, weibull, loglik, -34626.877
shocks, weibull, beta, 3.1604703
shocks, weibull, eta, 27718.718
shocks, weibull, se_mu, .10989048
shocks, weibull, se_log_sigma, .23123723
shocks, weibull, loglik, -123.99536
shocks, lognormal, mu, 10.144771
shocks, lognormal, sigma, .53006803
shocks, lognormal, se_mu, .14417517
shocks, lognormal, se_log_sigma, .2125818
shocks, lognormal, loglik, -124.60855
"""
CASES = [tuple(cell.strip() for cell in line.split(",")) for line in STORED.strip().splitlines()]


@pytest.fixture(scope="module")
def fits():
    return {(data, law): fit(DATA[data], law) for data, law in {case[:2] for case in CASES}}


def answers(fitted):
    one = {name: fitted[name][0] for name in fitted.names}
    se = {name: fitted.standard_error(name)[0] for name in fitted.names}
    one |= {"loglik": fitted.loglik[0], "units": fitted.units[0], "claims": fitted.claims[0]}
    one["B10"] = fitted.quantile(np.array([0.1]))[0, 0]
    if "beta" in one:
        return one | {
            "mu": np.log(one["eta"]),
            "sigma": 1 / one["beta"],
            "se_mu": se["eta"] / one["eta"],
            "se_log_sigma": se["beta"] / one["beta"],
        }
    return one | {"se_mu": se["mu"], "se_log_sigma": se["sigma"] / one["sigma"]}


@pytest.mark.parametrize(("data", "law", "quantity", "stored"), CASES, ids=" ".join)
def test_classic_data_give_the_stored_numbers(fits, data, law, quantity, stored):
    value, target = answers(fits[data, law])[quantity], float(stored)
    digits = stored.split("e")[0].strip("-").replace(".", "").lstrip("0")
    last = 10.0 ** (np.floor(np.log10(abs(target))) - len(digits) + 1)
    assert abs(value - target) <= max(1e-6 * abs(target), 0.501 * last)


def test_share_of_circuits_that_can_fail_has_the_stored_profile_interval(fits):
    """the method notes, section 4.2: 95 % profile interval of p (.0045497, .0095469)."""
    ends = fits["circuits", "lfp-weibull"].interval("p", level=0.95)[0]
    assert ends == pytest.approx([0.0045497, 0.0095469], abs=5.1e-8)


def test_limited_population_beats_the_plain_law_by_the_stored_ratio(fits):
    """the method notes, section 4.2: likelihood ratio 19.9975."""
    ratio = 2 * (fits["circuits", "lfp-weibull"].loglik[0] - fits["circuits", "weibull"].loglik[0])
    assert ratio == pytest.approx(19.9975, abs=5e-5)


def test_shock_absorbers_wald_interval_as_the_vignette_prints_it(fits):
    """Published by weibulltools (vignettes II and III): mu 10.0145-10.4452, sigma 0.2011-0.4978."""
    fitted = fits["shocks", "weibull"]
    eta, beta = (fitted.interval(name, "wald", level=0.95)[0] for name in ("eta", "beta"))
    assert np.round(np.log(eta), 4).tolist() == [10.0145, 10.4452]
    assert np.round(np.sort(1 / beta), 4).tolist() == [0.2011, 0.4978]


def test_bearing_cages_next_300_hours(fits):
    """the method notes, section 4.2: rho(50) = .000763, rho(1050) = .004849, sum over those running 5.058209."""
    fitted = fits["bearing cages", "weibull"]
    age = np.array(list(BEARING_RUNNING), float)
    risk = dict(zip(BEARING_RUNNING, 1 - fitted.survival(age + 300)[0] / fitted.survival(age)[0], strict=True))
    assert round(risk[50], 6) == 0.000763
    assert round(risk[1050], 6) == 0.004849
    assert sum(n * risk[a] for a, n in BEARING_RUNNING.items()) == pytest.approx(5.058209, rel=1e-6)


@pytest.mark.parametrize(
    ("hours", "survival"), [(2000, 0.94200388), (4000, 0.85230195), (6000, 0.82723424), (8000, 0.79541754)]
)
def test_generator_fans_kaplan_meier(hours, survival):
    assert life_table(DATA["fans"]).survival_at(hours)[0] == pytest.approx(survival, abs=6e-9)


def test_device_n_next_month_claims(fits):
    """Data README section 6: next-month claims 2697.62 (lognormal) and 2977.09 (Weibull)."""
    age, running = (np.array([row[i] for row in DEVICE_N], float) for i in (0, 1))
    for law, claims in (("lognormal", 2697.62), ("weibull", 2977.09)):
        fitted = fits["Device-N", law]
        risk = 1 - fitted.survival(age + 1)[0] / fitted.survival(age)[0]
        assert np.sum(running * risk) == pytest.approx(claims, abs=6e-3)
