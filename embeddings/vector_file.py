"""Vector files: one asset's vectors in one space, as half-precision Parquet in the derived store.

They are what every vector index is built from; an index can be deleted, they cannot.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import numpy as np
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


_values = attrgetter("ordinal", "position", "in_frame", "out_frame", "black_and_white")


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
    # A library of some size, which a process that meets no vector does without; likewise below.
    from embeddings.parquet import packed  # noqa: PLC0415

    content = packed([_values(row) for row in rows], halves)
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
    from embeddings.parquet import unpacked  # noqa: PLC0415

    try:
        rows, vectors = unpacked(content)
    except ValueError as error:
        raise FixityMismatch(f"{path} is not a vector file: {error}", remedy=_REMEDY) from error
    return [VectorRow(*row) for row in rows], vectors


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ObjectMissing(f"{path} is gone.", remedy=_REMEDY) from error
    except OSError as error:
        raise ObjectUnreadable(f"{path} cannot be read: {error.strerror}.") from error
