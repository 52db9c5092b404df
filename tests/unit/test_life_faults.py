"""First claims by fault: shares that add to one, variances summed by hand, published laws of two modes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad

from warrantor import LAWS, Refused, Tally, life_table, tally_of_ages
from warrantor.life.fault_laws import fit_faults
from warrantor.life.faults import incidence

# Meeker & Escobar 1998, ch. 15: 30 devices, kilocycles to failure by surge or wearout; the rest suspended at 300.
SURGE = [13, 23, 30, 65, 10, 173, 106, 2, 261, 88, 247, 28, 143, 23, 80]
WEAROUT = [275, 147, 181, 212, 293, 245, 266]
DEVICE_AGE = np.array([*SURGE, *WEAROUT, *[300] * 8])
DEVICE_FAULT = np.array(["Surge"] * 15 + ["Wearout"] * 7 + [""] * 8)


def tallies(age, fault, names, stratum=None):
    return {f: tally_of_ages(age, fault == f, stratum) for f in names}


def devices():
    return tallies(DEVICE_AGE, DEVICE_FAULT, ("Surge", "Wearout"))


def simulated(seed, units, strata=1, top=15):
    rng = np.random.default_rng(seed)
    return (rng.integers(0, top, units), np.array(["a", "b", "c", ""])[rng.integers(0, 4, units)],
            rng.integers(0, strata, units))


def by_hand(age, fault, which):
    """F, its variance at every age with a claim or an exit, each sum written out."""
    keep = age > 0
    age, fault = age[keep], fault[keep]
    grid = np.unique(age)
    n = np.array([(age >= b).sum() for b in grid], float)
    d = np.array([((age == b) & (fault != "")).sum() for b in grid], float)
    dk = np.array([((age == b) & (fault == which)).sum() for b in grid], float)
    before = np.concatenate(([1.0], np.cumprod(1 - d / n)[:-1]))
    share = np.cumsum(before * dk / n)
    spread = []
    for i in range(len(grid)):
        total = 0.0
        for b in range(i + 1):
            gap = share[i] - share[b]
            total += gap**2 * d[b] / (n[b] * (n[b] - d[b])) if d[b] < n[b] else 0.0
            total += before[b] ** 2 * dk[b] * (n[b] - dk[b]) / n[b] ** 3 - 2 * gap * before[b] * dk[b] / n[b] ** 2
        spread.append(total)
    return grid, share, np.array(spread)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), units=st.integers(1, 40), strata=st.integers(1, 3))
def test_shares_and_survival_add_to_one_and_variances_are_the_written_sum(seed, units, strata):
    age, fault, home = simulated(seed, units, strata)
    home[0] = strata - 1
    found = incidence(tally_of_ages(age, fault != "", home), tallies(age, fault, "abc", home))
    assert found.faults == ("a", "b", "c")
    np.testing.assert_allclose(found.incidence.sum(axis=0) + found.survival, 1.0, rtol=0, atol=1e-12)
    assert np.array_equal(found.claimed.sum(axis=0), np.bincount(home, fault != "", strata))
    assert np.array_equal(found.dead_on_arrival.sum(axis=0), np.bincount(home, (fault != "") & (age == 0), strata))
    for s in range(strata):
        mine = home == s
        for name in "abc":
            grid, share, spread = by_hand(age[mine], fault[mine], name)
            column = found.of(name, s)
            assert column["age"].tolist() == grid.tolist()
            np.testing.assert_allclose(column["incidence"], share, atol=1e-12)
            np.testing.assert_allclose(column["variance"], spread, atol=1e-12)


def test_one_fault_alone_has_the_variance_of_the_life_table():
    age, fault, _ = simulated(4, 200)
    whole = tally_of_ages(age, fault != "")
    found, life = incidence(whole, {"any": whole}), life_table(whole)
    alive = life.survival > 0
    np.testing.assert_allclose(found.incidence[0], 1 - life.survival, atol=1e-12)
    np.testing.assert_allclose(found.variance[0][alive], life.survival_variance[alive], rtol=1e-9)
    assert (found.lower[0] < found.incidence[0]).sum() > 5
    assert (found.upper[0] > found.incidence[0]).sum() > 5


def test_first_claims_of_no_named_fault_stand_apart():
    age, fault, _ = simulated(8, 60)
    found = incidence(tally_of_ages(age, fault != ""), tallies(age, fault, "a"))
    all_of_them = incidence(tally_of_ages(age, fault != ""), tallies(age, fault, "abc"))
    assert found.faults == ("a", "(other)")
    np.testing.assert_allclose(found.incidence[0], all_of_them.incidence[0], rtol=1e-12)
    np.testing.assert_allclose(found.incidence[1], all_of_them.incidence[1:].sum(axis=0), rtol=1e-12)
    with pytest.raises(Refused, match="is taken"):
        incidence(tally_of_ages(age, fault != ""), {"(other)": tallies(age, fault, "a")["a"]})


def test_a_first_day_of_two_faults_is_counted_once():
    whole = tally_of_ages([3, 5, 9], [1, 1, 0])
    found = incidence(whole, {"a": tally_of_ages([3, 5, 9], [1, 1, 0]), "b": tally_of_ages([3, 5, 9], [0, 1, 0])})
    assert found.claims.tolist() == [[1.0, 0.5, 0.0], [0.0, 0.5, 0.0]]
    np.testing.assert_allclose(found.incidence.sum(axis=0) + found.survival, 1.0)
    assert any("1 first days with claims of several faults" in s for s in found.how)


def test_values_at_an_age_and_past_the_last():
    found = incidence(tally_of_ages(DEVICE_AGE, DEVICE_FAULT != ""), devices())
    assert found.at(1).ravel().tolist() == [0.0, 0.0]
    assert found.at(300)[:, 0].tolist() == found.incidence[:, -1].tolist()
    assert np.isnan(found.at(301)).all()
    assert found.at(300)[:, 0].tolist() == pytest.approx([0.5, 7 / 30])  # nobody left before 300
    assert found.variance[:, -1].tolist() == pytest.approx([0.25 / 30, 7 * 23 / 30**3])  # p (1 - p) / n
    with pytest.raises(Refused, match="no column"):
        found.at(3, "share")
    with pytest.raises(Refused, match="no fault 'x'"):
        found.of("x")


def test_what_cannot_be_compared_is_refused_and_an_empty_stratum_told():
    whole = tally_of_ages([3, 5], [1, 0])
    with pytest.raises(Refused, match="at least one fault"):
        incidence(whole, {})
    with pytest.raises(Refused, match="not of the units"):
        incidence(whole, {"a": tally_of_ages([3, 5, 6], [1, 0, 0])})
    with pytest.raises(Refused, match="first claims that the whole has not"):
        incidence(whole, {"a": tally_of_ages([3, 5], [1, 1])})
    with pytest.raises(Refused, match="no level"):
        incidence(whole, {"a": whole}, level=0)
    quiet = tally_of_ages([0, 5], [1, 1], [0, 1])
    assert "No unit was under watch" in incidence(quiet, {"a": quiet}).refused[0]
    with pytest.raises(Refused, match="at least one fault"):
        fit_faults({})
    with pytest.raises(Refused, match="different questions"):
        fit_faults({"a": whole, "b": quiet})
    with pytest.raises(Refused, match="called fault already"):
        fit_faults({"a": Tally.of(by=("fault",), strata=(("x",),), stratum=np.zeros(1, int), age=np.zeros(1))})


def test_the_laws_of_two_modes_are_the_published_ones():
    """Meeker & Escobar 1998, ch. 15: mu 6.11, sigma 1.49 for surge, 5.83 and 0.23 for wearout; digits by our fit."""
    laws = fit_faults(devices(), level=0.95)
    assert laws.fit.strata == (("Surge",), ("Wearout",))
    np.testing.assert_allclose(np.log(laws.fit["eta"]), [6.108067, 5.830075], atol=1e-6)
    np.testing.assert_allclose(1 / laws.fit["beta"], [1.490329, 0.230559], atol=1e-6)


def test_fitted_shares_are_the_integral_and_add_to_one():
    laws = fit_faults(devices())
    (b1, b2), (e1, e2) = laws.fit["beta"], laws.fit["eta"]
    ages = np.array([0.0, 1e-3, 5.0, 120.0, 300.0, 900.0, 5000.0])
    share, alive = laws.incidence(ages), laws.survival(ages)
    assert share.shape == (2, 1, 7)
    np.testing.assert_allclose(share.sum(axis=0) + alive, 1.0, rtol=0, atol=1e-10)
    for i, a in enumerate(ages):
        for k, (b, e) in enumerate(((b1, e1), (b2, e2))):
            def rate(x, b=b, e=e):  # in ln age, where the hazard has no corner
                t = np.exp(x)
                return b * (t / e) ** b * np.exp(-((t / e1) ** b1) - (t / e2) ** b2)
            exact = quad(rate, -60, np.log(a), limit=400, epsabs=1e-13)[0] if a else 0.0
            np.testing.assert_allclose(share[k, 0, i], exact, atol=1e-10)


@pytest.mark.parametrize("law", [n for n in LAWS if not n.startswith(("lfp", "gen"))])
def test_every_law_adds_to_one(law):
    laws = fit_faults(devices(), law)
    assert laws.fit.refused == (None, None)
    ages = np.array([0.0, 2.0, 50.0, 300.0, 2000.0])
    np.testing.assert_allclose(laws.incidence(ages).sum(axis=0) + laws.survival(ages), 1.0, rtol=0, atol=1e-8)


def test_faults_alike_share_by_their_rates_and_a_silent_fault_has_none():
    age = np.arange(1, 41)
    fault = np.where(age % 4 == 0, "b", "a")
    laws = fit_faults({"a": tally_of_ages(age, fault == "a"), "b": tally_of_ages(age, fault == "b"),
                       "c": tally_of_ages(age, fault == "c")}, "exponential")
    share, gone = laws.incidence([7.0, 90.0])[:, 0], 1 - laws.survival([7.0, 90.0])[0]
    assert np.isfinite(gone).all()
    np.testing.assert_allclose(share, [0.75 * gone, 0.25 * gone, 0 * gone], atol=1e-12)


def test_a_fault_with_too_few_claims_for_its_law_leaves_its_stratum_unknown():
    age, fault = np.array([3, 5, 8, 9, 9]), np.array(["a", "a", "b", "", ""])
    laws = fit_faults(tallies(age, fault, "ab"), "weibull")
    assert laws.fit.refused[0] is None
    assert laws.fit.refused[1] is not None
    assert np.isnan(laws.incidence([5.0])).all()
    assert laws.to_dict()["schema"] == "warrantor.fault_laws/1"
