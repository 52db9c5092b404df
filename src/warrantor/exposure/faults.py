"""Which faults are hard, where some are said to be soft."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from warrantor.finding import Refused

if TYPE_CHECKING:
    import pyarrow as pa

NO_CODE = ""
"""What stands for a claim without a fault code in a list of faults."""


def hard_of(ask: Callable[[str], pa.Table], soft: Sequence[str]) -> list[str]:
    """Return the faults that are not soft, claims without a code among them: a claim is of the one kind or the other.

    Parameters
    ----------
    ask : callable
        SQL text to the answer of an engine that holds the table `claims`: `fleet.sql`.
    soft : sequence of str
        Codes.

    Returns
    -------
    list of str
        Sorted; `NO_CODE` is a claim without a code.

    Raises
    ------
    Refused
        A soft fault of which there is no claim: its rush cannot be told apart.
    """
    rows = ask("SELECT DISTINCT coalesce(fault, '') AS fault FROM claims").to_pylist()
    seen = sorted(str(row["fault"]) for row in rows)
    lacking = [code for code in soft if code not in seen]
    if lacking:
        known = ", ".join(code for code in seen if code != NO_CODE) or "none with a code"
        raise Refused(f"No claim is of fault {', '.join(lacking)}, so its rush cannot be told apart. Faults claimed: "
                      f"{known}.")
    return [code for code in seen if code not in soft]


def named(faults: Sequence[str]) -> str:
    """Return the codes as one text.

    Examples
    --------
    >>> named(["E01", ""])
    'E01, no code'
    """
    return ", ".join(code if code != NO_CODE else "no code" for code in faults)
