"""Which arm of a trial every unit is of: the rule of `terms.allocation`, put to the engine."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from warrantor.engine.source import literal, quoted
from warrantor.exposure.scope import Scope
from warrantor.terms.allocation import threshold

if TYPE_CHECKING:
    import pyarrow as pa

    from warrantor.engine import Engine
    from warrantor.terms.allocation import Allotment


def arms_of(scope: Scope, salt: str, share: Fraction) -> pa.Table:
    """Allot every unit of the records by its serial.

    Parameters
    ----------
    scope : Scope
        The records.
    salt : str
        Of the trial's plan.
    share : Fraction
        Of units that are to have the extended promise.

    Returns
    -------
    pyarrow.Table
        unit, serial and arm: 1 extended, 0 conventional; no order.

    Raises
    ------
    ValueError
        A share that allots nothing.
    """
    import pyarrow as pa

    scope.engine.add("allotment", pa.table({"salt": [salt], "digits": [threshold(share)]}))
    return scope.ask("arms")


def allot(engine: Engine, drawn: Allotment) -> pa.Table:
    """Allot the records of a table `units` that is no fleet yet: serial, arm and guarantee, in the order of the file.

    Parameters
    ----------
    engine : Engine
        Holds `units`: `row__`, `serial` and the key.
    drawn : Allotment
        Of the trial's plan.
    """
    key, serial = (f"nullif(trim({quoted(column)}), '')" for column in (drawn.key, "serial"))  # as loading reads them
    digits = f"substr(sha256_hex(concat({literal(drawn.salt)}, '|', {key})), 1, 13)"
    arm = f"CASE WHEN {digits} < {literal(threshold(drawn.share))} THEN 1 ELSE 0 END"
    promise = f"CASE WHEN arm = 1 THEN {literal(drawn.extended)} ELSE {literal(drawn.conventional)} END"
    return engine.sql(
        f"SELECT serial, arm, {promise} AS guarantee FROM (SELECT row__, {serial} AS serial, {arm} AS arm FROM units "
        f"WHERE {key} IS NOT NULL) AS told ORDER BY row__")
