"""The import floors, the style and the types: the same commands a developer runs."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.mark.parametrize("command", [["lint-imports", "--no-cache"], ["ruff", "check", "--no-cache", "."], ["mypy"]],
                         ids=lambda c: c[0])
def test_the_tools_find_nothing(command):
    done = subprocess.run([BIN / command[0], *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]


def test_no_contract_ignores_an_import():
    assert "ignore_imports" not in (ROOT / "pyproject.toml").read_text()
