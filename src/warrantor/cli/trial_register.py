"""warrantor trial register: fix a plan before the first unit is shipped."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from warrantor.cli.out import Sheet, emit


def register(plan: Path, /, *, reason: str = "", json: bool = False) -> None:
    """Write a plan and its hash into the register beside it; a later change is an amendment with its reason.

    Parameters
    ----------
    plan
        The trial's plan, a TOML file.
    reason
        Why the plan is amended; refused without one where another plan is registered.
    json
        Print what was registered as JSON.
    """
    from warrantor.trial.plan import Trial
    from warrantor.trial.register import register as write

    trial = Trial.load(plan)
    found = write(plan, trial, reason=reason)
    salt = sha256(trial.salt.encode()).hexdigest()
    told = "was registered already" if found.again else ("registered" if found.number == 1 else "amendment registered")
    emit({"schema": "warrantor.register/1", "hash": found.hash, "salt_sha256": salt, "number": found.number,
          "path": str(found.path), "again": found.again, "reason": reason},
         Sheet(f"{trial.name}: {told}", ["number", "plan (SHA-256)", "salt (SHA-256)", "kept in"],
               [[found.number, found.hash, salt, str(found.path)]],
               ["Publish both hashes before the first unit is shipped: they bind the plan and who is in which arm."]),
         json=json)
