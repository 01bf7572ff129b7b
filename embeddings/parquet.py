"""What vector files are made of: rows and vectors as the bytes of a Parquet table, and back."""

import io
from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from embeddings.encoder import Vectors

Row = tuple[int, int, int | None, int | None, bool | None]
"""Ordinal, position, first and last frame (half-open), black and white."""

_COLUMNS = ("ordinal", "position", "in_frame", "out_frame", "black_and_white")
_TYPES = (pa.int64(), pa.int64(), pa.int64(), pa.int64(), pa.bool_())


def packed(rows: Sequence[Row], halves: NDArray[np.float16]) -> bytes:
    """A table of rows and their vectors, [n, dim]."""
    values = list(zip(*rows, strict=True)) or [()] * len(_COLUMNS)
    columns = {name: pa.array(of, kind) for name, of, kind in zip(_COLUMNS, values, _TYPES, strict=True)}
    flat = pa.array(halves.reshape(-1), type=pa.float16())
    table = pa.table({**columns, "vector": pa.FixedSizeListArray.from_arrays(flat, halves.shape[1])})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="NONE", use_dictionary=False)
    return sink.getvalue()


def unpacked(content: bytes) -> tuple[list[Row], Vectors]:
    """Rows, and vectors as float32 [n, dim].

    Raises:
        ValueError: It is no such table.
    """
    try:
        table = pq.read_table(pa.BufferReader(content))
        rows = [table.column(name).to_pylist() for name in _COLUMNS]
        return list(zip(*rows, strict=True)), _vectors(table)
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(str(error)) from error


def _vectors(table: pa.Table) -> Vectors:
    column = table.column("vector")
    dim = column.type.list_size
    flat: NDArray[np.float16] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.astype(np.float32).reshape(len(column), dim)
