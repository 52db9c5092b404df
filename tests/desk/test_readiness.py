"""A desk is ready where it can be read, takes writes, and is of this program's revision; nobody waits to learn it."""

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError
from tests.desk.conftest import KEY

from warrantor import desk
from warrantor.desk import audit
from warrantor.desk.migrations import HEAD
from warrantor.desk.readiness import ready
from warrantor.finding import Refused


def test_it_names_its_revision_and_leaves_no_trace(store):
    turns = audit.size_of(store)
    assert ready(store) == HEAD
    assert audit.size_of(store) == turns


def test_it_is_ready_while_somebody_writes(store):
    with store.turn():
        assert ready(store) == HEAD


def test_another_revision_is_not_ready(store):
    with store.turn() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = 'desk_99'"))
    with pytest.raises(Refused, match="desk_99"):
        ready(store)


def test_a_database_that_takes_no_writes_is_not_ready(fresh, request):
    where = fresh()
    if where.startswith("postgres"):
        engine, _ = request.getfixturevalue("postgres")
        with engine.connect() as connection:
            connection.execute(sa.text(f"ALTER DATABASE {sa.make_url(where).database} SET "
                                       "default_transaction_read_only = on"))
        with desk.open(where, key=KEY) as store, pytest.raises(SQLAlchemyError, match="read-only"):
            ready(store)
        return
    with desk.open(where, key=KEY) as store:
        store.engine.dispose()
        store.engine = sa.create_engine(f"sqlite:///file:{where}?mode=ro&uri=true")
        with pytest.raises(SQLAlchemyError, match="readonly"):
            ready(store)
