"""Same person or not, and whose faces are grouped: a face pack on labelled pairs of photographs.

``python -m scripts.bench.faces --pairs FOLDER [--packs FOLDER]``

FOLDER holds ``master.csv`` (file_x, file_y, Decision Yes/No) and the photographs; the largest face of each
counts. Prints one JSON object: accuracy, false matches and misses at the pack's own threshold, the range of
thresholds that separates the pairs best, and how well the archive's own grouping puts the photographs of one
person together (over all labelled pairs), with all of them at once and one after the other.
"""

import argparse
import csv
import itertools
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from catalog.model import ClusterMean
from embeddings import factory
from embeddings.encoder import FaceEncoder, Vectors
from embeddings.packs import PackStore
from foundation.ids import ClusterId, FaceTrackId
from indexer.face_grouping import Grouper, NewFace

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
    labelled, faces = labels_of(folder), faces_of(encoder, folder)
    cosines, same, missing = cosines_of(labelled, faces)
    accuracies = [float(((cosines > step) == same).mean()) for step in STEPS]
    best = STEPS[np.array(accuracies) == max(accuracies)]
    said = cosines > encoder.same_person
    return {
        "pack": encoder.spec.space, "pairs": len(same), "photographs_without_face": missing,
        "threshold": encoder.same_person, "accuracy": round(float((said == same).mean()), 4),
        "false_matches": round(float(said[~same].mean()), 4), "misses": round(float((~said[same]).mean()), 4),
        "best_accuracy": round(max(accuracies), 4),
        "best_thresholds": [round(float(best.min()), 3), round(float(best.max()), 3)],
        "grouped_at_once_pairwise_f1": round(grouping_f1(encoder, labelled, faces, batch=len(faces)), 4),
        "grouped_one_by_one_pairwise_f1": round(grouping_f1(encoder, labelled, faces, batch=1), 4),
    }  # fmt: skip


Labelled = Sequence[tuple[str, str, bool]]
"""Names of two photographs, and whether they show one person."""
Faces = Mapping[str, Vectors | None]
"""Vector of the largest face of each photograph, None where there is none."""


def compare(encoder: FaceEncoder, folder: Path) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
    """Cosine and truth of every pair with two faces, and how many photographs have none."""
    return cosines_of(labels_of(folder), faces_of(encoder, folder))


def labels_of(folder: Path) -> Labelled:
    """The labelled pairs."""
    with (folder / "master.csv").open(encoding="utf-8", newline="") as file:
        return [(row["file_x"], row["file_y"], row["Decision"] == "Yes") for row in csv.DictReader(file)]


def faces_of(encoder: FaceEncoder, folder: Path) -> Faces:
    """The largest face of every labelled photograph, by name."""
    names = sorted({name for row in labels_of(folder) for name in row[:2]})
    found = {name: encoder.detect(_pixels(folder / name)) for name in names}
    return {name: detected[0].vector.ravel() if detected else None for name, detected in found.items()}


def cosines_of(labelled: Labelled, faces: Faces) -> tuple[NDArray[np.float32], NDArray[np.bool_], int]:
    """Cosine and truth of every pair with two faces, and how many photographs have none."""
    known = [
        (one, other, same)
        for a, b, same in labelled
        if (one := faces[a]) is not None and (other := faces[b]) is not None
    ]
    cosines = np.array([float(one @ other) for one, other, _ in known], dtype=np.float32)
    missing = sum(vector is None for vector in faces.values())
    return cosines, np.array([same for _, _, same in known]), missing


def grouping_f1(encoder: FaceEncoder, labelled: Labelled, faces: Faces, *, batch: int) -> float:
    """F1 of "in one cluster" against "one person" over the labelled pairs.

    Args:
        encoder: Whose threshold holds.
        labelled: The truth.
        faces: By photograph.
        batch: How many come in at a time, in order of name.
    """
    clusters = grouped(encoder, faces, batch)
    said = [a in clusters and clusters[a] == clusters.get(b) for a, b, _ in labelled]
    truth = [same for _, _, same in labelled]
    hits = sum(one and other for one, other in zip(said, truth, strict=True))
    return 2 * hits / (sum(said) + sum(truth))


def grouped(encoder: FaceEncoder, faces: Faces, batch: int) -> dict[str, ClusterId]:
    """The cluster of every photograph with a face."""
    ids = itertools.count()
    grouper = Grouper(encoder.spec.space, encoder.same_person, lambda: ClusterId(f"clu_{next(ids)}"))
    known: dict[ClusterId, ClusterMean] = {}
    clusters: dict[str, ClusterId] = {}
    new = [NewFace(FaceTrackId(name), vector) for name, vector in faces.items() if vector is not None]
    for start in range(0, len(new), batch):
        made = grouper.group(new[start : start + batch], list(known.values()))
        into = dict(made.absorbed)
        known |= {mean.id: mean for mean in (*made.added, *made.changed)}
        known = {name: mean for name, mean in known.items() if name not in into}
        clusters |= {str(track): cluster for track, cluster in made.joined.items()}
        clusters = {name: into.get(cluster, cluster) for name, cluster in clusters.items()}
    return clusters


def _pixels(path: Path) -> NDArray[np.uint8]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


if __name__ == "__main__":
    sys.exit(main())
