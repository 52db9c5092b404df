"""Each correction on one simulated fleet: taken away, the planted bias comes back. Many fleets: tests/calibration."""

import importlib.util
import json
from pathlib import Path

import numpy as np
import pytest

from warrantor.cli.app import run

ROOT = Path(__file__).parents[2]


def loaded():
    named = importlib.util.spec_from_file_location("bench_corrections", ROOT / "bench" / "corrections.py")
    module = importlib.util.module_from_spec(named)
    named.loader.exec_module(module)
    return module


corrections = loaded()


@pytest.mark.parametrize("name", list(corrections.CORRECTIONS))
def test_taken_away_the_bias_comes_back(name):
    one = corrections.CORRECTIONS[name]
    true, corrected, without = one.ask(40_000, 1)
    assert abs(corrected - true) < 0.7 * abs(without - true)
    back = (without - corrected) / true
    assert back / one.least > 0.6, f"{one.name}: {back:+.1%} without it, and {one.least:+.0%} was planted"


def test_the_verbs_shorten_the_windows_of_a_fleet_by_its_report_lag(capsys, tmp_path):
    with corrections.fleet_of(corrections.spec_of(60_000, lag=60.0), 2) as (fleet, _):
        assert run(["life", str(fleet.folder), "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        assert run(["report", str(fleet.folder), "--law", "weibull", "-o", str(tmp_path / "page.html")]) == 0
        raw = corrections.share_by(fleet.tally().over("guarantee", "origin"), 12.0)
    law = document["strata"][0]["laws"]["weibull"]
    shown = -1000.0 * np.expm1(-((12 * 30.4375 / law["eta"]) ** law["beta"]))
    assert shown == pytest.approx(50.0, rel=0.05)
    assert raw < 0.95 * shown
    assert any("Windows are shortened by the report lag" in line for line in document["how"])
    assert f"{law['beta']:.3g}" in (tmp_path / "page.html").read_text()


def test_the_page_tells_every_correction():
    page = (ROOT / "docs" / "corrections.md").read_text()
    assert "docs/corrections.md" in corrections.__doc__
    for one in corrections.CORRECTIONS.values():
        assert f"| {one.name} |" in page
