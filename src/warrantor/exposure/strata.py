"""From columns of text to strata: sorted, so that no engine's row order shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

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
    columns: list[list[str]] = []
    for name in by:
        values, codes = _column([t.column(name) for t in tables])
        # renumbered at every column, so that many columns of many values never overflow
        present, code = _renumbered(code * max(len(values), 1) + codes)
        columns = _spread([*columns, values], present)
    strata = tuple(zip(*columns, strict=True)) if columns else ((),) * min(1, len(code))
    return strata, np.split(code, np.cumsum(sizes)[:-1])


def is_word(table: pa.Table, name: str, word: str) -> NDArray[np.bool_]:
    """Return where a text column holds a word."""
    import pyarrow.compute as pc

    same: NDArray[np.bool_] = pc.equal(table.column(name), word).to_numpy()
    return same.astype(bool)


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


def _renumbered(code: Ints) -> tuple[Ints, Ints]:
    """Return the codes that occur, sorted, and where each code stands among them."""
    size = int(code.max(initial=0)) + 1
    if size > 4 * len(code) + 1000:
        present, place = np.unique(code, return_inverse=True)
        return present, place
    present = np.flatnonzero(np.bincount(code, minlength=size))
    rank = np.zeros(size, np.int64)
    rank[present] = np.arange(len(present))
    return present, rank[code]


def _spread(columns: list[list[str]], present: Ints) -> list[list[str]]:
    """Write out the values of each column for the combinations present; the last column is still a list of levels."""
    *done, levels = columns
    size = max(len(levels), 1)
    outer, inner = present // size, present % size
    return [*([column[i] for i in outer] for column in done), [levels[i] for i in inner]]
