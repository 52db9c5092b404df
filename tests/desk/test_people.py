"""Accounts: first passwords, one's own password, the last admin, names at an issuer, and signing out everywhere."""

import pytest

from warrantor.desk import audit, people, sessions
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.plain import digest, row_digest
from warrantor.desk.refusals import ConflictError, InputsError, NotAllowedError, StaleError

FIRST, OWN = "given by an admin", "chosen by oneself"
ISSUER = "https://who.example"


@pytest.fixture
def root(store):
    return people.add(store, THE_MACHINE, "root", "admin", password="a long password")


def signed_in(store, person):
    token = sessions.begin(store, person)
    return lambda: sessions.of(store, token, idle=sessions.RARELY, longest=sessions.RARELY)


def test_a_password_of_an_admin_is_a_first_one_and_one_of_the_machine_is_not(store, root):
    assert not root.first
    ana = people.add(store, root.actor, "ana", "owner", password=FIRST)
    assert ana.first
    assert people.sign_in(store, "ana", FIRST).first
    assert signed_in(store, ana)().first
    own = people.change_password(store, ana.actor, FIRST, OWN)
    assert (own.first, people.sign_in(store, "ana", FIRST)) == (False, None)
    assert not people.sign_in(store, "ana", OWN).first
    again = people.change(store, root.actor, ana.number, version=own.version, password=FIRST)
    assert again.first
    seeded = people.change(store, THE_MACHINE, ana.number, version=again.version, password=OWN)
    assert not seeded.first
    assert not people.add(store, root.actor, "cai", "owner", issuer=ISSUER, subject="7").first
    assert audit.verify(store).intact


def test_an_account_that_was_sealed_before_there_were_first_passwords_still_holds():
    row = {"number": 1, "name": "ana", "role": "owner", "version": 1}
    assert row_digest(b"k", "people", {**row, "first": None}) == digest(b"k", row)
    assert row_digest(b"k", "people", {**row, "first": True}) != digest(b"k", row)


def test_other_changes_leave_a_first_password_one(store, root):
    ana = people.add(store, root.actor, "ana", "owner", password=FIRST)
    moved = people.change(store, root.actor, ana.number, version=1, role="finance")
    shut = people.change(store, root.actor, ana.number, version=moved.version, active=False)
    back = people.change(store, root.actor, ana.number, version=shut.version, active=True)
    assert (moved.first, shut.first, back.first, back.role, back.active) == (True, True, True, "finance", True)
    assert people.sign_in(store, "ana", FIRST) == back


def test_ones_own_password_needs_the_old_one_and_ends_every_session(store, root):
    ana = people.add(store, THE_MACHINE, "ana", "owner", password=FIRST)
    here = signed_in(store, ana)
    for old, new, name in (("wrong", OWN, "old"), (FIRST, FIRST, "password"), (FIRST, "short", "password"),
                           (FIRST, "x" * 1025, "password")):
        with pytest.raises(InputsError) as refused:
            people.change_password(store, ana.actor, old, new)
        assert refused.value.name == name
    assert here() is not None
    people.change_password(store, ana.actor, FIRST, "x" * 1024)
    assert here() is None
    assert people.sign_in(store, "ana", "x" * 1024) is not None
    with pytest.raises(NotAllowedError):
        people.change(store, ana.actor, ana.number, version=2, password=OWN)
    with pytest.raises(NotAllowedError, match="asks for the old one"):
        people.change(store, root.actor, root.number, version=1, password=OWN)


def test_who_has_no_password_here_cannot_change_it(store, root):
    ana = people.add(store, root.actor, "ana", "owner", issuer=ISSUER, subject="7")
    assert not ana.local
    for actor in (ana.actor, THE_MACHINE):
        with pytest.raises(ConflictError):
            people.change_password(store, actor, "", OWN)


@pytest.mark.parametrize("how", [{"active": False}, {"role": "owner"}, None])
def test_the_last_admin_who_can_sign_in_stays(store, root, how):
    for name, more in (("shut", {"password": OWN}), ("no way in", {})):
        other = people.add(store, THE_MACHINE, name, "admin", **more)
        if name == "shut":
            people.change(store, root.actor, other.number, version=1, active=False)

    def loses(version):
        if how is None:
            return people.forget(store, root.actor, root.number, version=version)
        return people.change(store, root.actor, root.number, version=version, **how)

    with pytest.raises(ConflictError, match="last administrator"):
        loses(1)
    assert people.person(store, root.number) == root
    people.change(store, root.actor, root.number, version=1, role="admin", centre="north")
    people.add(store, THE_MACHINE, "second", "admin", password=OWN)
    assert (loses(2).role, people.person(store, root.number).active) != ("admin", True)
    assert audit.verify(store).intact


def test_two_accounts_do_not_share_a_name_at_an_issuer(store, root):
    people.add(store, root.actor, "ana", "owner", issuer=ISSUER, subject="7")
    with pytest.raises(ConflictError, match="at the issuer"):
        people.add(store, root.actor, "ben", "owner", issuer=ISSUER, subject="7")
    people.add(store, root.actor, "cai", "owner", issuer="https://another.example", subject="7")


def test_a_person_is_signed_out_everywhere(store, root, staff):
    ana, other = (people.add(store, THE_MACHINE, name, "owner") for name in ("anna", "otto"))
    first, second, theirs = signed_in(store, ana), signed_in(store, ana), signed_in(store, other)
    with pytest.raises(NotAllowedError):
        people.sign_out(store, other.actor, ana.number)
    assert first()
    people.sign_out(store, ana.actor, ana.number)
    assert (first(), second()) == (None, None)
    assert theirs()
    people.sign_out(store, root.actor, other.number)
    assert theirs() is None
    assert audit.page(store, size=1)[0]["kind"] == "sign out"
    assert audit.verify(store).intact


def test_who_was_forgotten_is_nobody_for_good(store, root):
    ana = people.add(store, root.actor, "ana", "owner", password=FIRST)
    with pytest.raises(StaleError):
        people.forget(store, root.actor, ana.number, version=7)
    gone = people.forget(store, root.actor, ana.number, version=1)
    assert (gone.first, gone.local) == (False, False)
    with pytest.raises(ConflictError, match="was forgotten"):
        people.change(store, root.actor, ana.number, version=gone.version, active=True)
