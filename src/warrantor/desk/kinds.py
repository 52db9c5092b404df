"""How the desk's columns are kept alike in every database: instants and amounts as text, marks as bytes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Integer, String, TypeDecorator

NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite keeps a row's own key only under this name


class Instant(TypeDecorator[datetime]):
    """An instant, kept as text in UTC that sorts as time does.

    Examples
    --------
    >>> Instant().process_bind_param(datetime(2026, 11, 23, 9, tzinfo=UTC), None)
    '2026-11-23T09:00:00.000000+00:00'
    """

    impl = String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect | None) -> str | None:  # noqa: ARG002
        """Return the text of an instant; one without a zone is refused.

        Raises
        ------
        ValueError
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone; an instant at the desk has one")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: Any, dialect: Dialect | None) -> datetime | None:  # noqa: ARG002
        """Return the instant of a text."""
        return None if value is None else datetime.fromisoformat(value)


class Amount(TypeDecorator[Decimal]):
    """An exact amount of money, kept as it is written.

    Examples
    --------
    >>> Amount().process_bind_param(Decimal("12.50"), None)
    '12.50'
    """

    impl = String(40)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect | None) -> str | None:  # noqa: ARG002
        """Return the text of an amount."""
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect | None) -> Decimal | None:  # noqa: ARG002
        """Return the amount of a text."""
        return None if value is None else Decimal(value)
