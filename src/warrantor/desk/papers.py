"""Papers of a claim: receipts and photographs, kept in the vault; the log holds their digests alone."""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, func, select

from warrantor.desk import tables
from warrantor.desk.actor import Actor
from warrantor.desk.claim import Claim
from warrantor.desk.claim import of as claim_of
from warrantor.desk.counts import moved
from warrantor.desk.doubts import line_of
from warrantor.desk.plain import plain
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError, UnknownError
from warrantor.terms import Door, intake_decision

if TYPE_CHECKING:
    from warrantor.desk.store import Store
    from warrantor.desk.writing import Writing

KINDS = ("receipt", "photograph", "other")
BY = ("customer", "agent")
MOST = 5_000_000  # bytes of one
MANY = 20  # of one claim
# What a file is, is read from its first bytes: a name and what the sender says of it can be anything.
_BEGINS = (("image/jpeg", 0, b"\xff\xd8\xff"), ("image/png", 0, b"\x89PNG\r\n\x1a\n"), ("image/webp", 8, b"WEBP"),
           ("image/heic", 4, b"ftypheic"), ("application/pdf", 0, b"%PDF-"))
SUFFIXES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/heic": "heic",
            "application/pdf": "pdf"}


@dataclass(frozen=True, slots=True)
class Paper:
    """What is known of a paper without reading it.

    Attributes
    ----------
    number, claim : int
        The paper and its claim.
    kind : str
        One of `KINDS`.
    media : str
        What its bytes are.
    size : int
        How many.
    digest : str
        HMAC-SHA256 of them, with the desk's key.
    person : int
        Who handed it in.
    at : datetime
        When.
    """

    number: int
    claim: int
    kind: str
    media: str
    size: int
    digest: str
    person: int
    at: datetime

    @property
    def name(self) -> str:
        """What a file of it is called."""
        return f"claim-{self.claim}-{self.kind}-{self.number}.{SUFFIXES[self.media]}"

    def to_dict(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        told = {name: plain(getattr(self, name)) for name in ("claim", "kind", "media", "size", "digest", "person",
                                                              "at")}
        return {"schema": "warrantor.paper/1", "paper": self.number, **told}


_TABLE = tables.papers
_KNOWN = select(*(c for c in _TABLE.c if c.name != "content"))


def add(store: Store, number: int, actor: Actor, kind: str, content: bytes) -> Paper:
    """Put a paper to an open claim; when this returns it is on disk.

    Parameters
    ----------
    store : Store
        The desk.
    number : int
        The claim.
    actor : Actor
        Its customer, or an agent of its centre.
    kind : str
        One of `KINDS`.
    content : bytes
        A JPEG, PNG, WebP or HEIC picture, or a PDF; five megabytes at most.

    Raises
    ------
    NotAllowedError, UnknownError, InputsError
    ConflictError
        The claim has ended, has as many as it may, or has this one already.
    """
    if actor.role not in BY or actor.number is None:
        raise NotAllowedError("The role {role!r} may not hand papers in; {roles} may.", role=actor.role, roles=BY)
    with store.writing(actor, "paper", f"claim {number}") as writing:
        claim = claim_of(writing.connection, number, actor)
        if kind not in KINDS:
            raise InputsError("kind", "{value!r} is none of {known}", value=kind, known=KINDS)
        media = media_of(content)
        if not claim.is_open:
            raise ConflictError("Claim {number} is {state}; nothing can be handed in for it any more.", number=number,
                                state=claim.state)
        digest = hmac.digest(store.key, content, "sha256").hex()
        _room(writing.connection, number, digest)
        _shown_elsewhere(writing, claim, kind, digest)
        made = writing.add(_TABLE, claim=number, kind=kind, media=media, size=len(content), digest=digest,
                           content=content, person=actor.number, at=writing.at)
        return _paper(writing.connection.execute(_KNOWN.where(_TABLE.c.number == made)).one())


def media_of(content: bytes) -> str:
    """Return what the bytes of a paper are.

    Raises
    ------
    InputsError
        None of what may be handed in, or too much of it.

    Examples
    --------
    >>> media_of(b"%PDF-1.7 ...")
    'application/pdf'
    """
    if len(content) > MOST:
        raise InputsError("file", "it has more than {most} MB, which is the most; send a smaller picture",
                          most=MOST // 1_000_000)
    found = next((media for media, at, begins in _BEGINS if content[at:at + len(begins)] == begins), None)
    if found is None:
        raise InputsError("file", "send a JPEG, PNG, WebP or HEIC picture, or a PDF")
    return found


def of_claim(store: Store, number: int, actor: Actor) -> tuple[Paper, ...]:
    """Return the papers of a claim that this person may see, the first one first.

    Raises
    ------
    UnknownError
        There is no such claim for this person.
    """
    with store.reading() as connection:
        claim_of(connection, number, actor)
        found = connection.execute(_KNOWN.where(_TABLE.c.claim == number).order_by(_TABLE.c.number))
        return tuple(p for p in map(_paper, found) if sees(actor, p))


def content(store: Store, number: int, paper: int, actor: Actor) -> tuple[Paper, bytes]:
    """Return a paper of a claim and its bytes.

    Raises
    ------
    UnknownError
        There is no such claim, or no such paper of it, for this person.
    ConflictError
        The bytes are not those that were handed in.
    """
    asked = select(_TABLE).where(_TABLE.c.claim == number, _TABLE.c.number == paper)
    with store.reading() as connection:
        claim_of(connection, number, actor)
        row = connection.execute(asked).one_or_none()
    if row is None or not sees(actor, found := _paper(row)):
        raise UnknownError("There is no paper {paper} of claim {number} here.", paper=paper, number=number)
    if row.content is None:
        raise UnknownError("Paper {paper} was erased.", paper=paper)
    if not hmac.compare_digest(found.digest, hmac.digest(store.key, row.content, "sha256").hex()):
        raise ConflictError("Paper {paper} is not what was handed in: tell an auditor.", paper=paper)
    return found, bytes(row.content)


def sees(actor: Actor, paper: Paper) -> bool:
    """Whether somebody who sees the claim may see a paper: a customer their own, an engineer photographs, not names.

    Examples
    --------
    >>> receipt = Paper(1, 1, "receipt", "application/pdf", 9, "", 7, datetime(2026, 11, 30))
    >>> [sees(Actor(7, role), receipt) for role in ("customer", "engineer", "agent")]
    [True, False, True]
    """
    if actor.role == "customer":
        return paper.person == actor.number
    return actor.role != "engineer" or paper.kind == "photograph"


def shown(connection: Connection, number: int, kind: str, but: int | None = None) -> tuple[int, ...]:
    """Return which papers of a kind a claim has, those of one person left out."""
    asked = select(_TABLE.c.number).where(_TABLE.c.claim == number, _TABLE.c.kind == kind).order_by(_TABLE.c.number)
    return tuple(connection.execute(asked if but is None else asked.where(_TABLE.c.person != but)).scalars())


def _shown_elsewhere(writing: Writing, claim: Claim, kind: str, digest: str) -> None:
    """Hold a claim whose receipt was handed in for another unit: a person looks."""
    hold, table = intake_decision(Door(invoice_reused=True)), tables.claims
    if kind != "receipt" or claim.held or hold in claim.cleared:
        return
    asked = select(table.c.unit).join(_TABLE, _TABLE.c.claim == table.c.number).where(
        _TABLE.c.digest == digest, table.c.unit != claim.unit)
    if set(writing.connection.execute(asked).scalars()) - line_of(writing.connection, claim.unit):
        writing.change(table, claim.number, {"held": hold, "changed_at": writing.at})
        moved(writing, (claim.centre, claim.bucket, False), (claim.centre, claim.bucket, True))


def _room(connection: Connection, number: int, digest: str) -> None:
    asked = select(func.count(), func.count().filter(_TABLE.c.digest == digest)).where(_TABLE.c.claim == number)
    count, same = connection.execute(asked).one()
    if same:
        raise ConflictError("This paper was handed in for this claim already.")
    if count >= MANY:
        raise ConflictError("The claim has {most} papers, which is the most.", most=MANY)


def _paper(row: Row[Any]) -> Paper:
    return Paper(row.number, row.claim, row.kind, row.media, row.size, row.digest, row.person, row.at)
