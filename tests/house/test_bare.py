"""What a bare start loads: nothing of others for the package, nothing heavy for the command's help."""

import json
import subprocess
import sys

import warrantor


def loaded_by(statement, *words):
    # -I -S with the package's own folder only: site-packages must not be needed at all
    home = str(next(iter(warrantor.__path__)).rsplit("/", 1)[0])
    lines = [
        "import json, sys",
        f"sys.path.insert(0, {home!r}); sys.argv = ['warrantor', *{list(words)!r}]",
        f"try:\n    {statement}\nexcept SystemExit: pass",
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})), file=sys.stderr)",
    ]
    done = subprocess.run([sys.executable, "-I", "-S", "-c", "\n".join(lines)],
                          capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1])), done.stdout


def test_import_loads_no_third_party_module():
    modules, _ = loaded_by("import warrantor; warrantor.__version__; warrantor.Refused")
    assert "warrantor" in modules
    assert not modules & {"numpy", "scipy", "pyarrow", "duckdb", "cyclopts", "altair", "pandas", "rich", "narwhals"}


def test_help_needs_no_third_party_module():
    modules, text = loaded_by("from warrantor.cli import main; main()", "--help")
    assert "Usage: warrantor VERB" in text
    assert not modules & {"numpy", "cyclopts", "rich", "pyarrow"}


def test_terms_answer_without_the_laboratory():
    modules, _ = loaded_by("import warrantor.terms")
    assert not modules & {"numpy", "scipy", "duckdb", "pyarrow"}
