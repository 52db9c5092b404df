"""The block that `warrantor demo` prints, word for word: the README's first screen, and its page says the same."""

import json
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from warrantor.report.words import look

ROOT = Path(__file__).parents[2]
GOLDEN = Path(__file__).with_name("demo.txt")


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    command = [Path(sys.executable).with_name("warrantor"), "demo"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return folder / "demo", done.stdout


def test_the_block_is_word_for_word_what_it_was(ran):
    assert ran[1] == GOLDEN.read_text()


def test_the_block_fits_a_screen(ran):
    lines = ran[1].splitlines()
    assert len(lines) <= 25
    assert max(map(len, lines)) <= 100
    assert "SIMULATED" in ran[1]


def test_the_readme_opens_with_it_before_line_25():
    readme = (ROOT / "README.md").read_text()
    assert GOLDEN.read_text().strip() in readme
    assert readme[: readme.index("REAL: Device-N")].count("\n") < 25


def test_the_page_of_the_demo_says_what_its_json_says(ran):
    page = (ran[0] / "report.html").read_text()
    assert len(page.encode()) < 1_000_000
    carried = re.search(r'href="data:application/json;base64,([^"]+)"', page)
    marked = re.findall(r'data-path="([^"]+)"[^>]*?(?:data-value|value)="([^"]*)"', page)
    assert len(marked) > 100
    import base64

    document = json.loads(base64.b64decode(carried[1]))
    for path, raw in marked:
        assert json.loads(unescape(raw)) == look(document, path), path


def test_the_python_on_the_page_asks_the_same_fleet_the_same(ran, monkeypatch):
    page = (ran[0] / "report.html").read_text()
    code = unescape(re.search(r"<pre[^>]*>\s*(?:<code[^>]*>)?(import warrantor.*?)<", page, re.DOTALL)[1])
    monkeypatch.chdir(ran[0].parent)
    found = {}
    exec(code, found)  # noqa: S102  the page's own words
    assert (ran[0].parent / "again.html").exists()
    mean = found["longer"].extra[found["longer"].strata.index(("Alder", "conventional@1")), 0]
    assert f"{mean:.1f} [" in ran[1]


def test_a_truth_outside_its_interval_would_be_marked():
    from warrantor.cli.demo import MISSED, block

    interval = {"mean": 2.0, "lower": 1.0, "upper": 3.0}
    mixed = {"expected": 1.0, "lower": 0.0, "upper": 2.0}
    drift = {"mixed": mixed, "laws": {n: {"expected": 1.0} for n in ("lognormal", "weibull")}}
    product = {"promise": 12, "truth": {"at_start": 2.0, "at_end": 9.0, "extra": 2.0},
               "cost": None, **dict.fromkeys(("at_start", "at_end", "extra"), interval)}
    simulated = {"units": 1, "claims": 1, "as_of": "2020-01-01", "products": {"Alder": product}}
    text = block({"real": {"near": drift, "far": drift}, "simulated": simulated, "report": "x"})
    assert f"(9.0){MISSED}" in text
    assert f"(2.0){MISSED}" not in text
    assert "outside the 90 % interval" in text
