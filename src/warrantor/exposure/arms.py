"""Which arm of a trial every unit is of: the rule of `terms.allocation`, put to the engine."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from warrantor.exposure.scope import Scope
from warrantor.terms.allocation import threshold

if TYPE_CHECKING:
    import pyarrow as pa


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
