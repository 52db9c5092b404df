"""One writing transaction: rows are added and changed through it, and the log says which, and how they became."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, select

from warrantor.desk import audit, sums
from warrantor.desk.actor import Actor
from warrantor.desk.plain import plain, row_digest
from warrantor.desk.refusals import StaleError, UnknownError

UNTOLD = {"people": ("name", "password", "subject"), "units": ("mark",), "claims": ("invoice",),
          "vault_papers": ("content",)}  # the log keeps what nobody may ask to forget
UNLOGGED = ("vault", "keys", "counts", "sessions", "jobs", "settings")


@dataclass(slots=True)
class Writing:
    """What is being written, by whom.

    Attributes
    ----------
    connection : sqlalchemy.Connection
        The transaction.
    key : bytes
        Seals the log.
    at : datetime
        When.
    actor : Actor
        Who.
    kind, subject : str
        What is done, to what.
    body : dict
        What else the log is to say.
    rows : list
        Table, number, digest of the row as it became (empty: it is gone), the columns that changed with their values
        before and after, and of a unit that was only counted in its block until now, what it counted there.
    """

    connection: Connection
    key: bytes = field(repr=False)
    at: datetime
    actor: Actor
    kind: str
    subject: str = ""
    body: dict[str, Any] = field(default_factory=dict)
    rows: list[list[Any]] = field(default_factory=list)

    def add(self, table: Table, **values: Any) -> int:
        """Add a row; return its number, which is the next one."""
        if "number" in table.c and "number" not in values:
            last = self.connection.execute(select(func.max(table.c.number))).scalar()
            values["number"] = (last or 0) + 1
        self.connection.execute(table.insert(), values)
        number = int(values.get("number", 0))
        if table.name not in UNLOGGED:
            self._note(table, number, {})
        return number

    def change(self, table: Table, number: int, values: Mapping[str, Any], *, version: int | None = None) -> None:
        """Change a row, and raise its version.

        Parameters
        ----------
        table : Table
            Which.
        number : int
            Its row.
        values : mapping
            Columns and what they become.
        version : int, optional
            The version the change was made on.

        Raises
        ------
        UnknownError
            There is no such row.
        StaleError
            It has another version by now.
        """
        before = self.connection.execute(select(table).where(table.c.number == number)).one_or_none()
        if before is None:
            raise UnknownError("There is no {table} {number}.", table=table.name, number=number)
        self._fresh(table, before, version)
        changed = {k: v for k, v in values.items() if before._mapping[k] != v}  # noqa: SLF001  SQLAlchemy's public name
        if "version" in table.c:
            values = {**values, "version": before.version + 1}
        self.connection.execute(table.update().where(table.c.number == number).values(**values))
        if table.name not in UNLOGGED:
            told = {k: [plain(before._mapping[k]), plain(v)] for k, v in changed.items()  # noqa: SLF001
                    if k not in UNTOLD.get(table.name, ())}
            self._note(table, number, told)
            if table.name == "units" and before.version == sums.UNLOGGED:
                self.rows[-1].append(sums.of_row(self.key, dict(before._mapping)))  # noqa: SLF001

    def erase(self, table: Table, number: int) -> None:
        """Take a row away; the log says that it is gone, and not what was in it."""
        self.connection.execute(table.delete().where(table.c.number == number))
        self.rows.append([table.name, number, "", {}])

    def log(self) -> int:
        """Add the log's entry; return its number."""
        body = {**plain(self.body), "rows": self.rows}
        return audit.append(self.connection, self.key, self.at, self.actor, kind=self.kind, subject=self.subject,
                            body=body)

    def _fresh(self, table: Table, before: Row[Any], version: int | None) -> None:
        if version is not None and before.version != version:
            raise StaleError("{table} {number} is at version {now}, this was made on version {made_on}; read it again.",
                             table=table.name, number=before.number, now=before.version, made_on=version)

    def _note(self, table: Table, number: int, told: Mapping[str, Any]) -> None:
        after = self.connection.execute(select(table).where(table.c.number == number)).one()
        self.rows.append([table.name, number, row_digest(self.key, table.name, dict(after._mapping)), dict(told)])  # noqa: SLF001
