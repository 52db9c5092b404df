"""Repeat claims and first claims by fault on published tables; the sources stand in the data folder's README."""

import csv

import numpy as np
import pytest

from warrantor import incidence, mean_cumulative, repeats_of_ages, tally_of_ages
from warrantor.life.fault_laws import fit_faults

pytestmark = pytest.mark.data


def rows_of(folder, name):
    with (folder / "published" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def reference(folder, dataset):
    return {r["quantity"]: float(r["value"]) for r in rows_of(folder, "reference_fits") if r["dataset"] == dataset}


def by_hand(system, age, event, number):
    """M and the Lawless-Nadeau variance at the last claim, system by system."""
    names = np.unique(system)
    end = np.array([age[(system == s) & ~event][0] for s in names])
    grid = np.unique(age[event])
    risk = np.array([(end >= b).sum() for b in grid])
    claims = np.array([[number[event & (system == s) & (age == b)].sum() for b in grid] for s in names])
    rate = claims.sum(axis=0) / risk
    spread = ((claims - rate) * (end[:, None] >= grid) / risk).sum(axis=1)
    return rate.sum(), (spread**2).sum()


def test_five_systems_end_at_the_published_mean_and_variance(data_folder):
    rows = rows_of(data_folder, "reliability_MCF_1")
    found = mean_cumulative(repeats_of_ages(*([int(r[n]) for r in rows] for n in ("system", "age", "event"))))
    stored = reference(data_folder, "reliability_MCF_1")
    assert found.mean[-1] == pytest.approx(stored["MCF_end"], rel=1e-7)
    assert found.age[-1] == stored["t_end"]
    assert found.plain_variance[-1] == pytest.approx(0.718148, abs=5e-7)


@pytest.mark.parametrize(("name", "system", "word", "units", "claims"), [
    ("smrd_cylinder", "engine", "Replacement", 120, 206), ("smrd_computerlab", "computer", "Repair", 10, 91)])
def test_machines_that_claim_again_against_the_sum_over_machines(data_folder, name, system, word, units, claims):
    """Nelson & Doganaksoy 1989, 1991: cylinder replacements of 120 engines, repairs of 10 computers."""
    rows = rows_of(data_folder, name)
    who, age = (np.array([int(r[n]) for r in rows]) for n in (system, "days"))
    event = np.array([r["event"] == word for r in rows])
    number = np.array([int(r.get("count", 1)) for r in rows]) * event
    times = np.where(event, number, 1)
    found = mean_cumulative(repeats_of_ages(*(np.repeat(c, times) for c in (who, age, event))))
    assert (found.units[0], found.total[0]) == (units, claims)
    mean, variance = by_hand(who, age, event, number)
    assert found.mean[-1] == pytest.approx(mean, rel=1e-12)
    assert found.variance[-1] == pytest.approx(variance, rel=1e-9)


@pytest.mark.parametrize(("name", "age", "modes"), [("smrd_deviceg", "kilocycles", ("Surge", "Wearout")),
                                                    ("smrd_shockabsorber", "miles", ("Mode1", "Mode2"))])
def test_two_modes_have_the_reference_laws_and_shares_that_add_to_one(data_folder, name, age, modes):
    rows = rows_of(data_folder, name)
    ages, mode = np.array([int(r[age]) for r in rows]), np.array([r["mode"] for r in rows])
    faults = {m: tally_of_ages(ages, mode == m) for m in modes}
    laws = fit_faults(faults)
    for k, m in enumerate(modes):
        stored = reference(data_folder, f"{name}:{m}")
        assert laws.fit["beta"][k] == pytest.approx(stored["beta"], rel=1e-6)
        assert laws.fit["eta"][k] == pytest.approx(stored["eta"], rel=1e-6)
        assert laws.fit.loglik[k] == pytest.approx(stored["loglik"], rel=1e-6)
    found = incidence(tally_of_ages(ages, np.isin(mode, modes)), faults)
    np.testing.assert_allclose(found.incidence.sum(axis=0) + found.survival, 1.0, rtol=0, atol=1e-12)
    fitted = laws.incidence(found.age[-1:])[:, 0, 0]
    assert np.abs(fitted - found.incidence[:, -1]).max() < 0.12
