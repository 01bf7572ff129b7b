"""Points for tests of vector indexes: vectors grouped by asset, payloads that every filter can split."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import EncoderSpec, Vectors
from embeddings.vector_index import Payload, Point
from foundation.ids import AssetId, point_uuid

SPEC = EncoderSpec(kind="visual", name="test/clip ViT", revision="0123456789abcdef", dim=32)
OTHER = EncoderSpec(kind="text", name="sentences", revision="fedcba9876543210", dim=16)
CLASSES = ("STANDARD", "STANDARD", "STANDARD", "GLACIER", "VAULT_COLD")


@dataclass(frozen=True)
class Material:
    """Points and their vectors as one array [n, dim], row for row."""

    points: list[Point]
    vectors: NDArray[np.float32]


def asset_name(number: int) -> AssetId:
    return AssetId(f"ast_{number:026d}")


def unit(vectors: Vectors) -> Vectors:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def payload_of(asset: int, ordinal: int) -> Payload:
    """Facts that differ from asset to asset; some are unknown for some."""
    return Payload(
        asset=asset_name(asset),
        collection=f"col_{asset % 2}",
        location=f"loc_{asset % 3}",
        storage_class=CLASSES[asset % 5],
        kind=("video", "still", "sound")[asset % 3],
        year=None if asset % 7 == 0 else 1950 + asset % 50,
        duration_ms=None if asset % 3 == 1 else asset * 1000,
        has_speech=(None, True, False)[asset % 3],
        persons=tuple(f"per_{n}" for n in range(4) if asset % (n + 2) == 0),
        ordinal=ordinal,
        position=ordinal * 25,
        in_frame=None if asset % 3 else ordinal * 25,
        out_frame=None if asset % 3 else ordinal * 25 + 25,
        black_and_white=(None, True, False)[(asset + ordinal) % 3],
    )


def material(assets: int, per_asset: int, spec: EncoderSpec = SPEC, seed: int = 1) -> Material:
    """Vectors lie around one centre per asset, as shots of one film do."""
    random = np.random.default_rng(seed)
    centres = unit(random.standard_normal((assets, spec.dim)))
    spread = random.standard_normal((assets, per_asset, spec.dim)) * 0.6 / np.sqrt(spec.dim)
    vectors = unit((centres[:, None] + spread).reshape(-1, spec.dim))
    points = [
        Point(
            point_uuid(asset_name(row // per_asset), spec.space, row % per_asset),
            vectors[row],
            payload_of(row // per_asset, row % per_asset),
        )
        for row in range(len(vectors))
    ]
    return Material(points, vectors)
