"""From columns of text to strata: sorted, so that no engine's row order shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from warrantor.tally import Floats, Ints

if TYPE_CHECKING:
    import pyarrow as pa

Strata = tuple[tuple[str, ...], ...]


def strata_of(tables: Sequence[pa.Table], by: Sequence[str]) -> tuple[Strata, list[Ints]]:
    """Number the strata of several tables together.

    Parameters
    ----------
    tables : sequence of pyarrow.Table
        Each with the columns of `by`; a missing value is the empty text.
    by : sequence of str
        Stratum columns.

    Returns
    -------
    strata : tuple of tuple of str
        Sorted, those that occur.
    index : list of (R,) int
        For each table, the stratum of each row.
    """
    sizes = [len(t) for t in tables]
    code: Ints = np.zeros(sum(sizes), np.int64)
    columns = []
    for name in by:
        values, codes = _column([t.column(name) for t in tables])
        columns.append(values)
        code = code * max(len(values), 1) + codes
        # renumber at every column, so that many columns of many values never overflow
        present, code = np.unique(code, return_inverse=True)
        columns = [*_spread(columns, present)]
    strata = tuple(zip(*columns, strict=True)) if columns else ((),) * min(1, len(code))
    return strata, np.split(code, np.cumsum(sizes)[:-1])


def integers(table: pa.Table, name: str) -> Ints:
    """Return an integer column without missing values as int64."""
    values: Ints = table.column(name).to_numpy().astype(np.int64)
    return values


def numbers(table: pa.Table, name: str) -> Floats:
    """Return a column as float64, a missing value nan."""
    values: Floats = table.column(name).to_numpy().astype(np.float64)
    return values


def _column(chunks: Sequence[pa.ChunkedArray]) -> tuple[list[str], Ints]:
    import pyarrow as pa

    whole = pa.chunked_array([c for part in chunks for c in part.cast(pa.string()).chunks], pa.string())
    encoded = whole.fill_null("").combine_chunks().dictionary_encode()
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    words = np.array(encoded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(words, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return [str(words[i]) for i in order], rank[encoded.indices.to_numpy()]


def _spread(columns: list[list[str]], present: Ints) -> list[list[str]]:
    """Write out the values of each column for the combinations present; the last column is still a list of levels."""
    *done, levels = columns
    size = max(len(levels), 1)
    outer, inner = present // size, present % size
    return [*([column[i] for i in outer] for column in done), [levels[i] for i in inner]]
