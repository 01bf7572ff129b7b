"""Vectors into the derived store: the file first, whole, then the row that names it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.model import VectorFile
from embeddings.encoder import EncoderSpec
from embeddings.vector_file import VectorRow, file_name, write_vectors
from indexer.work import Commit, Work


@dataclass(frozen=True, slots=True)
class Encoded:
    """Vectors of one asset in one space, [n, dim], with what each stands for."""

    spec: EncoderSpec
    rows: Sequence[VectorRow]
    vectors: NDArray[np.floating]


def put_vectors(work: Work, encoded: Encoded) -> Commit:
    """Write the file of an asset's vectors and return what names it in the catalog."""
    spec = encoded.spec
    path = work.folder / "vectors" / file_name(spec)
    path.parent.mkdir(parents=True, exist_ok=True)
    sha256 = write_vectors(path, encoded.rows, encoded.vectors)
    file = VectorFile(
        asset_id=work.asset.id,
        space=spec.space,
        kind=spec.kind,
        encoder=spec.name,
        revision=spec.revision,
        dim=spec.dim,
        rows=len(encoded.rows),
        path=path.relative_to(work.folder).as_posix(),
        sha256=sha256,
    )
    return lambda writer: writer.facts_writer.put_vectors(file)
