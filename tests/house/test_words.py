"""Every verb and public name is in the docs, the map is true, and nothing names a host or a machine."""

import inspect
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

import warrantor
from warrantor.cli.verbs import VERBS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").rglob("*.md"))]
DOCS = "\n".join(p.read_text() for p in PAGES)


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_is_documented_and_helps(verb, capsys):
    from warrantor.cli.app import run

    assert f"warrantor {verb}" in DOCS
    assert run([verb, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


@pytest.mark.parametrize("name", [n for n in warrantor.__all__ if n != "__version__"])
def test_every_public_name_exists_and_is_documented(name):
    thing = getattr(warrantor, name)
    assert isinstance(thing, Mapping) or inspect.getdoc(thing)
    assert name in DOCS, f"{name} is public and in no page of the docs"


def test_the_map_names_every_room_and_no_other():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    tree = text.split("```")[1]
    said = set(re.findall(r"^  ([a-z_]+(?:/|\.py))", tree, re.MULTILINE))
    src = ROOT / "src" / "warrantor"
    real = {f"{p.name}/" for p in src.iterdir() if (p / "__init__.py").exists()}
    real |= {p.name for p in src.glob("*.py") if p.name != "__init__.py"}
    assert said == real


def test_no_line_names_a_registry_or_a_place_outside():
    words = ["py" + "pi.org", "python" + "hosted", "/wo" + "rk/", "bash" + "_jobs", "deb.deb" + "ian", "npm" + "js"]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.suffix in {".svg", ".png"} or not path.exists():
            continue
        text = path.read_text(errors="replace")
        assert not [w for w in words if w in text], f"{name} names a host or a path of one machine"
