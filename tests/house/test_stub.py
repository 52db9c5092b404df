"""What a type checker sees of `import warrantor` is what there is: every name, from its home."""

import ast
import importlib
from pathlib import Path

import warrantor

STUB = Path(warrantor.__file__).with_suffix(".pyi")


def test_the_stub_names_what_there_is():
    seen, given = {}, {}
    for line in ast.parse(STUB.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.ImportFrom):
            for one in line.names:
                seen[one.asname or one.name] = getattr(importlib.import_module(line.module), one.name)
                given |= {one.asname: seen[one.asname]} if one.asname else {}
        elif isinstance(line, ast.Assign):
            given[line.targets[0].id] = seen[line.value.id]
        elif isinstance(line, ast.AnnAssign):
            given[line.target.id] = warrantor.__version__
    assert sorted(given) == warrantor.__all__
    rooms = {"forecast", "report"}  # packages that answer when called: the stub names what they call
    assert all(getattr(warrantor, name) is given[name] for name in set(given) - rooms)
    assert all(callable(getattr(warrantor, name)) and callable(given[name]) for name in rooms)
