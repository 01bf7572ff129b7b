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
    columns = {name: _column(of, kind) for name, of, kind in zip(_COLUMNS, values, _TYPES, strict=True)}
    flat = pa.Array.from_buffers(
        pa.float16(), halves.size, [None, pa.py_buffer(np.ascontiguousarray(halves))]
    )
    table = pa.table({**columns, "vector": pa.FixedSizeListArray.from_arrays(flat, halves.shape[1])})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="NONE", use_dictionary=False)
    return sink.getvalue()


def _column(values: Sequence[int | bool | None], kind: pa.DataType) -> pa.Array:
    """As ``pa.array`` makes it, which first imports all of pandas to see whether that made the values."""
    given = np.array([value is not None for value in values], dtype=bool)
    numbers = np.array([value or 0 for value in values], dtype=np.int64)
    data = np.packbits(numbers.astype(bool), bitorder="little") if kind == pa.bool_() else numbers
    missing = np.packbits(given, bitorder="little")
    return pa.Array.from_buffers(kind, len(values), [pa.py_buffer(missing), pa.py_buffer(data)])


def unpacked(content: bytes) -> tuple[list[Row], Vectors]:
    """Rows, and vectors as float32 [n, dim].

    Raises:
        ValueError: It is no such table.
    """
    try:
        table = pq.ParquetFile(pa.BufferReader(content)).read()
        rows = [table.column(name).to_pylist() for name in _COLUMNS]
        return list(zip(*rows, strict=True)), _vectors(table)
    except (pa.ArrowException, KeyError) as error:
        raise ValueError(str(error)) from error


def _vectors(table: pa.Table) -> Vectors:
    column = table.column("vector")
    dim = column.type.list_size
    flat = column.combine_chunks().flatten()
    # Its own way to numpy imports pandas, too.
    halves = np.frombuffer(flat.buffers()[1] or b"", np.float16)[flat.offset : flat.offset + len(flat)]
    return halves.astype(np.float32).reshape(len(column), dim)
