"""Known items from captioned stills: every caption asks for its own picture.

``python -m scripts.evaluation.stills FOLDER [--each N] [--out FILE]``

FOLDER holds ``captions.csv`` (image, caption) and ``images/``; images are named as an archive of ``images/``
names them. Pictures of which a caption says much the same as the query are in ``also``: they answer it too.
Writes JSON lines for ``rekindle eval``.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from embeddings.encoder import TextEncoder
from embeddings.factory import open_text
from embeddings.packs import PackStore
from scripts.evaluation.captions import read_captions
from scripts.evaluation.known_items import KnownItem, Place

SAME = 0.4
"""Cosine of sentence vectors from which two captions say much the same. On Flickr8k's development set nine of
ten pairs of captions of one picture reach it, and one in fifty of two pictures."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the set and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder with captions.csv and images/")
    parser.add_argument("--each", type=int, default=1, help="captions of each picture that are asked")
    parser.add_argument("--out", type=Path, help="file to write; standard output without")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        items = known_items_of(asked.folder, open_text(PackStore(Path(scratch))), each=asked.each)
    text = "".join(item.model_dump_json(exclude_defaults=True) + "\n" for item in items)
    if asked.out is None:
        sys.stdout.write(text)
    else:
        asked.out.write_text(text, encoding="utf-8")
    return 0


def known_items_of(folder: Path, encoder: TextEncoder, *, each: int) -> list[KnownItem]:
    """The first ``each`` captions of every picture as queries.

    Args:
        folder: Holds ``captions.csv`` and ``images/``.
        encoder: Says which captions say much the same.
        each: Captions of each picture that are asked; all are compared.
    """
    paths, captions, answers = read_captions(folder)
    vectors = encoder.encode_texts(captions)
    chosen = [row for picture in range(len(paths)) for row in np.flatnonzero(answers == picture)[:each]]
    names = [path.name for path in paths]
    return [
        _item(captions[row], names, int(answers[row]), _alike(vectors @ vectors[row], answers, len(paths)))
        for row in chosen
    ]


def _alike(cosines: NDArray[np.float32], answers: NDArray[np.int64], pictures: int) -> NDArray[np.int64]:
    """Pictures with a caption that says much the same."""
    best = np.full(pictures, -1.0, np.float32)
    np.maximum.at(best, answers, cosines)
    return np.flatnonzero(best >= SAME)


def _item(caption: str, names: Sequence[str], own: int, alike: NDArray[np.int64]) -> KnownItem:
    also = tuple(Place(asset=names[picture]) for picture in alike if picture != own)
    return KnownItem(q=caption, kind="caption", relevant=(Place(asset=names[own]),), also=also)


if __name__ == "__main__":
    sys.exit(main())
