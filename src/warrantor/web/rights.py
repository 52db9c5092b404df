"""Who may do what at the counter, as a table: a right, the roles that have it, and how far it reaches."""

from __future__ import annotations

from typing import Literal

Scope = Literal["all", "centre", "own"]
VISITOR = "visitor"
ROLES = ("customer", "agent", "engineer", "finance", "owner", "admin", "auditor")


def _all(*roles: str) -> dict[str, Scope]:
    return dict.fromkeys(roles, "all")


RIGHTS: dict[str, dict[str, Scope]] = {
    "open": _all(VISITOR, *ROLES),
    "sign_in": _all(VISITOR, *ROLES),
    "signed_in": _all(*ROLES),
    "coverage.ask": _all("agent", "engineer", "finance", "owner", "auditor"),
    "units.read": _all("agent", "auditor"),
    "units.import": _all("admin"),
    "claims.read": {"customer": "own", "agent": "centre", **_all("engineer", "finance", "owner", "auditor")},
    "claims.open": {"customer": "own", "agent": "centre"},
    "claims.act": {"customer": "own", "agent": "centre", **_all("engineer", "finance", "owner")},
    "papers.add": {"customer": "own", "agent": "centre"},
    "costs.write": {"agent": "centre", "finance": "all"},
    "proposals.read": {"agent": "centre", **_all("engineer", "finance", "owner", "auditor")},
    "proposals.ask": {"agent": "centre", **_all("engineer", "finance")},
    "proposals.answer": _all("engineer", "finance", "owner"),
    "guarantees.read": _all("agent", "engineer", "finance", "owner", "admin", "auditor"),
    "laboratory.read": _all("engineer", "finance", "owner", "auditor"),
    "jobs.read": _all("engineer", "finance", "owner", "admin", "auditor"),
    "jobs.start": _all("engineer", "finance", "owner"),
    "jobs.cancel": {"engineer": "own", "finance": "own", "owner": "own", "admin": "all"},
    "audit.read": _all("auditor"),
    "people.read": _all("admin", "auditor"),
    "people.write": _all("admin"),
}
# What a session may do that was begun with a first password, one that an admin set and knows too: end, or change it.
FIRST = ("sign_in", "signed_in")


def reach(right: str, role: str) -> Scope | None:
    """Return how far a right of a role reaches; None where the role has it not.

    Examples
    --------
    >>> reach("claims.read", "agent"), reach("audit.read", "admin")
    ('centre', None)
    """
    return RIGHTS[right].get(role)
