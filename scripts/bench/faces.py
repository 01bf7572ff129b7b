"""Same person or not: a face pack on labelled pairs of photographs.

``python -m scripts.bench.faces --pairs FOLDER [--packs FOLDER]``

FOLDER holds ``master.csv`` (file_x, file_y, Decision Yes/No) and the photographs; the largest face of each
counts. Prints one JSON object: accuracy, false matches and misses at the pack's own threshold, and the range
of thresholds that separates the pairs best.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embeddings import factory
from embeddings.encoder import FaceEncoder
from embeddings.packs import PackStore

STEPS = np.arange(0.0, 1.0, 0.005)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--pairs", type=Path, required=True, help="folder with master.csv and photographs")
    parser.add_argument("--packs", type=Path, help="installed packs; only the built-in ones otherwise")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        print(json.dumps(measure(factory.open_face(PackStore(asked.packs or Path(scratch))), asked.pairs)))
    return 0


def measure(encoder: FaceEncoder, folder: Path) -> dict[str, object]:
    """Figures of one encoder."""
    cosines, same, missing = compare(encoder, folder)
    accuracies = [float(((cosines > step) == same).mean()) for step in STEPS]
    best = STEPS[np.array(accuracies) == max(accuracies)]
    said = cosines > encoder.same_person
    return {
        "pack": encoder.spec.space, "pairs": len(same), "photographs_without_face": missing,
        "threshold": encoder.same_person, "accuracy": round(float((said == same).mean()), 4),
        "false_matches": round(float(said[~same].mean()), 4), "misses": round(float((~said[same]).mean()), 4),
        "best_accuracy": round(max(accuracies), 4),
        "best_thresholds": [round(float(best.min()), 3), round(float(best.max()), 3)],
    }  # fmt: skip


def compare(encoder: FaceEncoder, folder: Path) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
    """Cosine and truth of every pair with two faces, and how many photographs have none."""
    with (folder / "master.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["file_x"], row["file_y"], row["Decision"] == "Yes") for row in csv.DictReader(file)]
    names = sorted({name for row in rows for name in row[:2]})
    faces = {name: encoder.detect(_pixels(folder / name)) for name in names}
    known = [row for row in rows if faces[row[0]] and faces[row[1]]]
    cosines = [float(faces[a][0].vector @ faces[b][0].vector) for a, b, _ in known]
    missing = sum(not found for found in faces.values())
    return np.array(cosines, dtype=np.float32), np.array([row[2] for row in known]), missing


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


if __name__ == "__main__":
    sys.exit(main())
