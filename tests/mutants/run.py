"""The mutation test of the promise: every small change to `terms/` must make a test fail.

    python tests/mutants/run.py            # or: make mutants

mutmut changes one operator, constant or call at a time in a copy of the project and runs the tests that reach it.
Mutants that survive are listed with their change; those named in equivalent.toml cannot be told from the original by
any answer, each with its reason. Exit code 1 where fewer than 90 % are killed or more than 3 % are called equivalent.
"""

from __future__ import annotations

import ast
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = ("tests/unit/test_terms_*.py", "tests/published/test_entitlement_cases.py", "tests/laws/test_terms_*.py",
         "tests/golden/test_promise_answers.py")
KEPT = ("tests/golden/promise.txt",)
LEAST_KILLED, MOST_EQUIVALENT = 0.90, 0.03
SETTINGS = """
[tool.mutmut]
source_paths = ["src/"]
only_mutate = ["src/warrantor/terms/*.py"]
pytest_add_cli_args_test_selection = ["tests"]
pytest_add_cli_args = ["-q", "-p", "no:cacheprovider"]
[tool.pytest.ini_options]
addopts = ["--import-mode=importlib"]
"""
QUICK = """
from hypothesis import Phase, settings
settings.register_profile("quick", max_examples=25, derandomize=True, deadline=None, database=None,
                          phases=[Phase.explicit, Phase.generate])
settings.load_profile("quick")
"""
Change = tuple[str, str, str]  # function, what a line was, what it became


def copied(home: Path) -> None:
    """Lay out what mutmut needs, and nothing that slows it down."""
    shutil.copytree(ROOT / "src", home / "src", ignore=shutil.ignore_patterns("__pycache__"))
    for pattern in (*TESTS, *KEPT):
        for file in ROOT.glob(pattern):
            to = home / file.relative_to(ROOT)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, to)
    (home / "pyproject.toml").write_text(SETTINGS)
    (home / "tests" / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text() + QUICK)


def mutmut(home: Path, *words: str) -> str:
    """Run mutmut in the copy; return what it printed."""
    data = Path(os.environ.get("WARRANTOR_DATA", ROOT.parent / "shared" / "data")).resolve()
    done = subprocess.run([str(Path(sys.executable).with_name("mutmut")), *words], cwd=home, check=False, text=True,
                          capture_output=True, env=os.environ | {"WARRANTOR_DATA": str(data)})
    if done.returncode and words[0] == "run":
        raise SystemExit(f"mutmut did not run:\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
    return done.stdout


def change_of(home: Path, mutant: str) -> Change:
    """Return what a mutant changed: mutmut leaves the original and every mutant of a function side by side."""
    _, _, module, name = mutant.split(".", 3)
    bodies = functions(home / "mutants" / "src" / "warrantor" / "terms" / f"{module}.py")
    original = re.sub(r"__mutmut_\d+$", "__mutmut_orig", name)
    lines = list(difflib.ndiff(bodies[original], bodies[name]))
    was, now = ([x[2:].strip() for x in lines if x.startswith(mark)] for mark in "-+")
    function = re.sub(r"__mutmut_\d+$", "", name).removeprefix("x_").removeprefix("xǁ").replace("ǁ", ".")
    return f"{module}.{function}", " ".join(was), " ".join(now)


@cache
def functions(path: Path) -> dict[str, list[str]]:
    """Return the lines of every function of a module, its name left out of them."""
    text = path.read_text()
    lines = text.splitlines()
    return {node.name: [x.replace(node.name, "it") for x in lines[node.lineno - 1:node.end_lineno]]
            for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}


def told(counts: Counter[tuple[str, str]], survivors: list[Change], equivalent: int) -> float:
    """Print the table and what survived; return the share killed of those that can be."""
    modules = sorted({module for module, _ in counts})
    print(f"{'module':<12}{'mutants':>9}{'killed':>9}{'survived':>10}")
    for module in modules:
        all_of = sum(n for (m, _), n in counts.items() if m == module)
        killed = sum(n for (m, how), n in counts.items() if m == module and how in ("killed", "timeout"))
        print(f"{module:<12}{all_of:>9,}{killed:>9,}{all_of - killed:>10,}")
    every = sum(counts.values())
    killed = sum(n for (_, how), n in counts.items() if how in ("killed", "timeout"))
    for function, was, now in survivors:
        print(f"\n{function}\n  - {was}\n  + {now}")
    share = killed / every
    print(f"\n{every:,} mutants, {killed:,} killed ({share:.1%}); {equivalent} named equivalent "
          f"({equivalent / every:.1%}), {len(survivors)} survive unexplained")
    return share


def main() -> int:
    """Run the mutation test."""
    named = {(e["function"], e["was"], e["now"])
             for e in tomllib.loads(Path(__file__).with_name("equivalent.toml").read_text()).get("equivalent", [])}
    with tempfile.TemporaryDirectory(prefix="warrantor-mutants-") as folder:
        home = Path(folder)
        copied(home)
        mutmut(home, "run")
        listed = mutmut(home, "results", "--all", "true").splitlines()
        rows = [line.strip().split(": ") for line in listed if ": " in line]
        counts = Counter((name.split(".")[2], how) for name, how in rows)
        left = [change_of(home, name) for name, how in rows if how not in ("killed", "timeout")]
    survivors = [change for change in left if change not in named]
    equivalent = len(left) - len(survivors)
    share = told(counts, survivors, equivalent)
    return 0 if share >= LEAST_KILLED and equivalent <= MOST_EQUIVALENT * sum(counts.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
