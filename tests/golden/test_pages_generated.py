"""The pages that repeat what the code says are what the code says."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_the_guarantee_pages_are_what_the_packs_say():
    docs = str(ROOT / "docs")
    script = (f"import sys, json; sys.path.insert(0, {docs!r}); import guarantee_pages; "
              "print(json.dumps(guarantee_pages.pages()))")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    home = ROOT / "docs" / "guarantees"
    said = {p.stem: p.read_text() for p in home.glob("*.md")}
    assert json.loads(done.stdout) == said, "run python docs/guarantee_pages.py"
    assert all("Not legal advice" in p.read_text() for p in home.glob("*.md"))


@pytest.mark.parametrize("page", ["command", "python"])
def test_the_page_is_what_the_code_says(page):
    docs = str(ROOT / "docs")
    script = f"import sys; sys.path.insert(0, {docs!r}); import pages; print(pages.{page}_page(), end='')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                          env={"COLUMNS": "110", "PATH": ""})
    assert done.stdout == (ROOT / "docs" / f"{page}.md").read_text(), "run python docs/pages.py"
