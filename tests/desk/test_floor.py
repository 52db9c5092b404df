"""A claim is answered when the laboratory is down: the desk loads none of it."""

import json
import subprocess
import sys

LABORATORY = {"numpy", "scipy", "pyarrow", "duckdb", "pandas", "pyspark", "altair", "fastapi"}
WORK = """
import json, sys, tempfile, pathlib
from warrantor import desk
from warrantor.desk import audit, backup, claims, entitle, export, people, proposals, queue, registration, sessions
from warrantor.desk.actor import THE_MACHINE
home = pathlib.Path(tempfile.mkdtemp())
(home / "units.csv").write_text("serial,product,sold_on\\nA,phone,2026-01-02\\n")
with desk.open(home / "desk.sqlite", key=b"k" * 32) as store:
    registration.import_units(store, THE_MACHINE, home / "units.csv")
    ana = people.add(store, THE_MACHINE, "ana", "agent", centre="north").actor
    claims.open_claim(store, ana, claims.Opening("A"))
    entitle.coverage(store, "A")
    export.export(store, home / "out")
    backup.backup(store, home / "kept")
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""


def test_the_desk_works_without_the_laboratory():
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", WORK], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout))
    assert "sqlalchemy" in loaded
    assert not loaded & LABORATORY
