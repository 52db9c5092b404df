"""The pages that repeat what the code says are what the code says."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("page", ["command", "python"])
def test_the_page_is_what_the_code_says(page):
    docs = str(ROOT / "docs")
    script = f"import sys; sys.path.insert(0, {docs!r}); import pages; print(pages.{page}_page(), end='')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True,
                          env={"COLUMNS": "110", "PATH": ""})
    assert done.stdout == (ROOT / "docs" / f"{page}.md").read_text(), "run python docs/pages.py"
