"""Vector files: one asset's vectors in one space, as half-precision Parquet in the derived store.

They are what every vector index is built from; an index can be deleted, they cannot.
"""

import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from embeddings.atomic_file import publish
from embeddings.encoder import EncoderSpec, Vectors
from foundation.errors import FixityMismatch, ObjectMissing, ObjectUnreadable

_REMEDY = "Run `rekindle index` on the asset again; the vectors are computed anew from its proxy."


@dataclass(frozen=True, slots=True)
class VectorRow:
    """What one vector stands for.

    Attributes:
        ordinal: Place within the file's subject (sample, passage, face track); unique within the file.
        position: Frame of a picture vector, first 48 kHz sample of a passage vector.
        in_frame, out_frame: The shot or face track, half-open; None for sound and stills.
        black_and_white: Of the shot, where known.
    """

    ordinal: int
    position: int
    in_frame: int | None = None
    out_frame: int | None = None
    black_and_white: bool | None = None


def file_name(spec: EncoderSpec) -> str:
    """Name of the file that holds an asset's vectors of one encoder."""
    return f"{spec.kind}-{spec.name}-{spec.revision[:12]}.parquet"


def write_vectors(
    path: Path, rows: Sequence[VectorRow], vectors: NDArray[np.float16] | NDArray[np.float32]
) -> str:
    """Write a vector file; a reader sees the former one or the whole new one.

    Args:
        path: Where it belongs.
        rows: One per vector.
        vectors: [n, dim], finite; stored as float16.

    Returns:
        SHA-256 of the file in hexadecimal.

    Raises:
        ValueError: Rows and vectors do not fit each other, or a vector is not finite.
        NoSpace: The disk is full.
    """
    halves = np.asarray(vectors, dtype=np.float16)
    if halves.ndim != 2 or len(halves) != len(rows):
        raise ValueError(f"{len(rows)} rows do not describe vectors of shape {halves.shape}")
    if not np.isfinite(halves).all():
        raise ValueError("a vector holds a value that is not finite")
    if len({row.ordinal for row in rows}) != len(rows):
        raise ValueError("two rows have the same ordinal")
    sink = io.BytesIO()
    pq.write_table(_table(rows, halves), sink, compression="NONE", use_dictionary=False)
    content = sink.getvalue()
    publish(path, content)
    return hashlib.sha256(content).hexdigest()


def read_vectors(path: Path, sha256: str | None = None) -> tuple[list[VectorRow], Vectors]:
    """Read a vector file.

    Args:
        path: The file.
        sha256: Digest on record; None reads without comparing.

    Returns:
        Rows, and vectors as float32 [n, dim].

    Raises:
        ObjectMissing: There is no such file.
        ObjectUnreadable: It may not be read.
        FixityMismatch: It has another digest, or is no vector file.
    """
    content = _bytes(path)
    if sha256 is not None and hashlib.sha256(content).hexdigest() != sha256:
        raise FixityMismatch(f"{path} does not have the digest on record.", remedy=_REMEDY)
    try:
        table = pq.read_table(pa.BufferReader(content))
        return _rows(table), _vectors(table)
    except (pa.ArrowException, KeyError, ValueError) as error:
        raise FixityMismatch(f"{path} is not a vector file: {error}", remedy=_REMEDY) from error


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ObjectMissing(f"{path} is gone.", remedy=_REMEDY) from error
    except OSError as error:
        raise ObjectUnreadable(f"{path} cannot be read: {error.strerror}.") from error


def _table(rows: Sequence[VectorRow], halves: NDArray[np.float16]) -> pa.Table:
    flat = pa.array(halves.reshape(-1), type=pa.float16())
    return pa.table(
        {
            "ordinal": pa.array([row.ordinal for row in rows], pa.int64()),
            "position": pa.array([row.position for row in rows], pa.int64()),
            "in_frame": pa.array([row.in_frame for row in rows], pa.int64()),
            "out_frame": pa.array([row.out_frame for row in rows], pa.int64()),
            "black_and_white": pa.array([row.black_and_white for row in rows], pa.bool_()),
            "vector": pa.FixedSizeListArray.from_arrays(flat, halves.shape[1]),
        }
    )


def _rows(table: pa.Table) -> list[VectorRow]:
    names = ("ordinal", "position", "in_frame", "out_frame", "black_and_white")
    columns = [table.column(name).to_pylist() for name in names]
    return [VectorRow(*values) for values in zip(*columns, strict=True)]


def _vectors(table: pa.Table) -> Vectors:
    column = table.column("vector")
    dim = column.type.list_size
    flat: NDArray[np.float16] = column.combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return flat.astype(np.float32).reshape(len(column), dim)
