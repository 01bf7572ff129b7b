"""Text to picture on real stills: recall of visual packs, and of the original weights behind them.

``python -m scripts.bench.retrieval --eval FOLDER [--packs FOLDER] [--original SOURCE]``

FOLDER holds ``captions.csv`` (image, caption) and ``images/``. Every caption is one query, its picture the
only right answer; similarity is exact. Measures the starter encoder, the active pack of ``--packs``, and a
pack freshly exported from ``--original`` beside those weights themselves in torch. Prints one JSON object.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embeddings import factory
from embeddings.encoder import Vectors
from embeddings.packs import PackStore
from scripts.evaluation.captions import read_captions

DEPTHS = (1, 5, 10)

Figures = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--eval", type=Path, required=True, help="folder with captions.csv and images/")
    parser.add_argument("--packs", type=Path, help="installed packs; the active visual one is measured")
    parser.add_argument("--original", help="open_clip weights to export and to compare with")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(asked.eval, asked.packs, asked.original, Path(scratch)), indent=1))
    return 0


def measure(folder: Path, packs: Path | None, original: str | None, scratch: Path) -> dict[str, object]:
    """Figures of everything asked for, by the pack's space."""
    paths, captions, answers = read_captions(folder)
    figures: dict[str, object] = {"pictures": len(paths), "captions": len(captions)}
    stores = [scratch / "fresh", *([packs] if packs else [])]
    if original:
        # torch is needed for these figures only.
        from scripts.bench.original import encode_all, export_into  # noqa: PLC0415

        figures[f"torch {original}"] = recall(*encode_all(original, paths, captions), answers)
        stores.append(export_into(scratch / "exported", original))
    for store in stores:
        space, found = _measure_pack(PackStore(store), paths, captions, answers)
        figures[space] = found
    return figures


def _measure_pack(
    store: PackStore, paths: Sequence[Path], captions: Sequence[str], answers: NDArray[np.int64]
) -> tuple[str, Figures]:
    encoder = factory.open_visual(store)
    pictures = np.concatenate([encoder.encode_pictures([_pixels(path)]) for path in paths])
    return encoder.spec.space, recall(encoder.encode_queries(captions), pictures, answers)


def recall(queries: Vectors, pictures: Vectors, answers: NDArray[np.int64]) -> Figures:
    """R@k and median rank of the right picture, counting ties against it."""
    scores = queries @ pictures.T
    right = scores[np.arange(len(answers)), answers]
    ranks = (scores >= right[:, None]).sum(axis=1)
    figures = {f"R@{depth}": round(float((ranks <= depth).mean()), 4) for depth in DEPTHS}
    return {**figures, "median_rank": float(np.median(ranks))}


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


if __name__ == "__main__":
    sys.exit(main())
