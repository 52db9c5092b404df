"""Who acts: a person with a role, as every write of the desk names one."""

from __future__ import annotations

from dataclasses import dataclass

ROLES = ("customer", "agent", "engineer", "finance", "owner", "admin", "auditor")
MACHINE = "machine"  # the role of a verb that somebody runs at the server itself


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, as far as the desk needs to know them for one act.

    Attributes
    ----------
    number : int or None
        Their account; None for a verb run at the server itself.
    role : str
        One of `ROLES`, or machine.
    centre : str
        The service centre they work in; empty: none.
    """

    number: int | None
    role: str
    centre: str = ""


THE_MACHINE = Actor(None, MACHINE)
