"""Any frame as an Arrow table: Narwhals first, then the Arrow PyCapsule interface, else a clear refusal."""

from __future__ import annotations

from typing import Any

import pyarrow as pa


def as_arrow(frame: Any) -> pa.Table:
    """Return a frame as an Arrow table.

    Parameters
    ----------
    frame : frame
        pandas, polars (lazy too), pyarrow, DuckDB, or anything with `__arrow_c_stream__`.

    Returns
    -------
    pyarrow.Table

    Raises
    ------
    TypeError
        It is none of these; the message lists what is accepted.

    Examples
    --------
    >>> as_arrow(pa.table({"age": [1]})).num_rows
    1
    """
    if isinstance(frame, pa.Table):
        return frame
    import narwhals.stable.v2 as nw

    try:
        native = nw.from_native(frame)
    except TypeError:
        if hasattr(frame, "__arrow_c_stream__"):
            return pa.table(frame)
        raise TypeError(
            f"{type(frame).__name__} is no table: give a CSV or Parquet path, a pandas, polars, pyarrow or DuckDB "
            "frame, or an object with __arrow_c_stream__"
        ) from None
    eager = native.collect() if isinstance(native, nw.LazyFrame) else native
    table: pa.Table = eager.to_arrow()
    return table
