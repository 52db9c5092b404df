"""The law's truth and the simulated fleets' agree, though worked out apart; the demo's world stays as it was fixed."""

import hashlib
from dataclasses import replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from warrantor.world import load_world, simulate
from warrantor.world.truth import expected_per_thousand

FIXED = "0e4f284322bef1e1beb49f27fbbe1875bb9fa4e1d248fa17ba12daee8c64dc5b"


def test_the_demos_world_was_fixed_once_and_is_never_tuned():
    held = files("warrantor.world").joinpath("demo.toml").read_bytes().replace(b"\r\n", b"\n")
    assert hashlib.sha256(held).hexdigest() == FIXED


@pytest.mark.parametrize(("months", "by"), [(12, 12), (18, 12), (18, 18)])
def test_simulated_fleets_claim_as_the_law_says(months, by):
    spec = replace(load_world(), wander=0.0)
    expected = expected_per_thousand(spec, months, by, nodes=1)
    fleets = np.array([simulate(spec, seed).per_thousand(months, by) for seed in range(6)])
    noise = np.sqrt(expected / 1000.0 / (6 * 100_000)) * 1000.0
    assert np.all(np.abs(fleets.mean(axis=0) - expected) < 4.0 * noise)


def test_a_bend_that_every_product_takes_alike_on_average_raises_month_18_and_not_month_12():
    spec = load_world()
    plain, bent = (replace(spec, wander=w) for w in (0.0, 0.3))
    early = [expected_per_thousand(s, 18, 12, nodes=9) for s in (plain, bent)]
    late = [expected_per_thousand(s, 18, 18, nodes=9) for s in (plain, bent)]
    assert early[1] == pytest.approx(early[0], rel=1e-3)
    rise = (late[1] - early[1]) / (late[0] - early[0])
    assert np.all((rise > 1.02) & (rise < np.exp(0.3**2 / 2) + 0.01))


def test_no_rush_no_deferral():
    spec = load_world()
    patient = replace(spec, tables=spec.tables | {"soft": spec.tables["soft"] | {"share": 0.0}})
    under = [expected_per_thousand(patient, months, 12, nodes=1) for months in (12, 18)]
    assert under[0] == pytest.approx(under[1], rel=1e-9)
    assert np.all(expected_per_thousand(spec, 18, 12, nodes=1) < under[0])


def test_the_page_of_the_demo_holds_the_laws_truth():
    page = (Path(__file__).parents[2] / "docs" / "demo.md").read_text()
    spec = load_world()
    short, deferred, late = (expected_per_thousand(spec, *k) for k in ((12, 12), (18, 12), (18, 18)))
    for i, product in enumerate(spec.products):
        cells = (short[i], deferred[i], late[i], late[i] - short[i])
        assert f"| {product.name} | {' | '.join(f'{c:.1f}' for c in cells)} |" in page
