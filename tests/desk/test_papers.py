"""Receipts and photographs of a claim: who may hand them in and see them, what the log knows, what is forgotten."""

import pytest
import sqlalchemy as sa

from warrantor.desk import audit, claims, papers, tables, vault
from warrantor.desk.claims import Opening
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError, UnknownError

RECEIPT, PICTURE = b"%PDF-1.7 of Mrs. Example", b"\xff\xd8\xff a cracked screen"
PICTURES = {"image/jpeg": PICTURE, "image/png": b"\x89PNG\r\n\x1a\n...", "image/webp": b"RIFF\x10\0\0\0WEBPVP8 ",
            "image/heic": b"\0\0\0\x18ftypheic", "application/pdf": RECEIPT}


@pytest.fixture
def opened(store, staff, sell):
    sell("U1")
    return claims.open_claim(store, staff["zoe"], Opening("U1", symptom="dead", bought="2026-01"))


def test_what_is_handed_in_is_what_is_read(store, staff, opened):
    made = papers.add(store, opened.number, staff["zoe"], "receipt", RECEIPT)
    assert (made.media, made.size, made.name) == ("application/pdf", len(RECEIPT), "claim-1-receipt-1.pdf")
    assert papers.content(store, opened.number, made.number, staff["ana"]) == (made, RECEIPT)
    assert papers.of_claim(store, opened.number, staff["ana"]) == (made,)
    assert audit.verify(store).intact


def test_each_sees_what_is_theirs_to_see(store, staff, opened):
    for kind, content, by in (("receipt", RECEIPT, "zoe"), ("photograph", PICTURE, "ana")):
        papers.add(store, opened.number, staff[by], kind, content)
    seen = {name: [p.kind for p in papers.of_claim(store, opened.number, staff[name])]
            for name in ("zoe", "ana", "eva", "fin", "own", "aud")}
    assert seen == {"zoe": ["receipt"], "eva": ["photograph"],
                    **{name: ["receipt", "photograph"] for name in ("ana", "fin", "own", "aud")}}
    for name, number in (("zoe", 2), ("eva", 1), ("yan", 1), ("adm", 2)):
        with pytest.raises(UnknownError):
            papers.content(store, opened.number, number, staff[name])
    claims.act(store, opened.number, "check", staff["ana"], version=1)
    with pytest.raises(UnknownError):
        papers.content(store, opened.number, 1, staff["cai"])


def test_what_a_file_is_is_read_from_its_bytes(store, staff, opened):
    for media, content in PICTURES.items():
        assert papers.add(store, opened.number, staff["ana"], "other", content).media == media
    for content in (b"", b"<svg onload=...>", b"GIF89a", b"<html>", b"MZ\x90"):
        with pytest.raises(InputsError, match="JPEG"):
            papers.add(store, opened.number, staff["ana"], "other", content)
    with pytest.raises(InputsError, match="more than 5 MB"):
        papers.add(store, opened.number, staff["ana"], "other", PICTURE + bytes(papers.MOST))


def test_not_by_everybody_not_twice_not_too_many_not_at_the_end(store, staff, opened, do):
    for name in ("eva", "fin", "own", "adm", "aud"):
        with pytest.raises(NotAllowedError):
            papers.add(store, opened.number, staff[name], "receipt", RECEIPT)
    with pytest.raises(UnknownError):
        papers.add(store, opened.number, staff["yan"], "receipt", RECEIPT)
    with pytest.raises(InputsError, match="receipt, photograph"):
        papers.add(store, opened.number, staff["ana"], "selfie", PICTURE)
    for n in range(papers.MANY):
        papers.add(store, opened.number, staff["ana"], "photograph", PICTURE + bytes([n]))
    with pytest.raises(ConflictError, match="already"):
        papers.add(store, opened.number, staff["ana"], "photograph", PICTURE + bytes([0]))
    with pytest.raises(ConflictError, match="20 papers"):
        papers.add(store, opened.number, staff["ana"], "photograph", PICTURE)
    do(opened, "cancel")
    with pytest.raises(ConflictError, match="cancelled"):
        papers.add(store, opened.number, staff["ana"], "photograph", PICTURE)


def test_an_erased_unit_leaves_no_paper_and_the_log_still_holds(store, staff, opened):
    papers.add(store, opened.number, staff["zoe"], "receipt", RECEIPT)
    vault.erase(store, opened.unit, staff["adm"])
    with store.reading() as connection:
        assert connection.execute(sa.select(tables.papers.c.content)).scalars().all() == [None]
        assert RECEIPT.hex() not in str(connection.execute(sa.select(tables.audit.c.body)).scalars().all())
    with pytest.raises(UnknownError, match="erased"):
        papers.content(store, opened.number, 1, staff["ana"])
    assert audit.verify(store).intact


def test_a_paper_put_in_the_place_of_another_is_seen(store, staff, opened):
    papers.add(store, opened.number, staff["zoe"], "receipt", RECEIPT)
    with store.turn() as connection:
        connection.execute(tables.papers.update().values(content=b"%PDF-1.7 forged"))
    with pytest.raises(ConflictError, match="not what was handed in"):
        papers.content(store, opened.number, 1, staff["ana"])
    assert "vault_papers" in audit.verify(store).wrong[0]
