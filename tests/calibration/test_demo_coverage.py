"""Of 50 simulated worlds, how many truths lie inside the demo's 90 % interval: the promise of `make calibrate`."""

import importlib.util
from pathlib import Path

import pytest

from warrantor.world import load_world

BENCH = Path(__file__).parents[2] / "bench" / "calibrate.py"


@pytest.fixture(scope="module")
def calibrate():
    named = importlib.util.spec_from_file_location("bench_calibrate", BENCH)
    module = importlib.util.module_from_spec(named)
    named.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_the_truth_lies_inside_in_40_to_49_of_50_seeds(calibrate):
    inside = calibrate.counted(load_world(), 50)
    assert set(inside) == {"Alder", "Birch"}
    for name, cell in inside.items():
        assert all(40 <= cell[part] <= 49 for part in calibrate.PARTS), (name, cell)


def test_the_page_says_what_was_counted_and_what_it_does_not_show(calibrate):
    cell = {"at_start": 45, "at_end": 44, "extra": 47}
    text = calibrate.page({0.3: {"Alder": cell}, 0.6: {"Alder": cell | {"extra": 31}}}, 50)
    assert "| 0.3 | Alder | 45 | 44 | 47 |" in text
    assert "| 0.6 | Alder | 45 | 44 | 31 |" in text
    assert "a guess that months 1-12 cannot correct" in text
