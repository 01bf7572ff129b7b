"""Captioned stills as they lie in a folder: ``captions.csv`` (image, caption) and ``images/``."""

import csv
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


def read_captions(folder: Path) -> tuple[list[Path], list[str], NDArray[np.int64]]:
    """Pictures in order of name, captions, and the index of each caption's picture."""
    with (folder / "captions.csv").open(encoding="utf-8", newline="") as file:
        rows = [(row["image"], row["caption"]) for row in csv.DictReader(file)]
    names = sorted({name for name, _ in rows})
    places = {name: place for place, name in enumerate(names)}
    answers = np.array([places[name] for name, _ in rows])
    return [folder / "images" / name for name in names], [caption for _, caption in rows], answers
