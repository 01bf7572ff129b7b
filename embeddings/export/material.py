"""Real pictures and sentences to calibrate and check exported networks with."""

from collections.abc import Iterator, Sequence
from itertools import islice, product
from pathlib import Path

import numpy as np
import skimage
from PIL import Image, UnidentifiedImageError

from embeddings.encoder import Picture

PHOTOGRAPHS = (
    "astronaut.png", "brick.png", "camera.png", "chelsea.png", "coffee.png", "coins.png", "color.png",
    "grass.png", "gravel.png", "hubble_deep_field.jpg", "ihc.png", "moon.png", "motorcycle_left.png",
    "page.png", "retina.jpg", "rocket.jpg",
)  # fmt: skip
MOST_PICTURES = 160
PARTS = tuple(product((0.0, 0.5), (0.0, 0.5)))

SENTENCES = (
    "a man talking to camera outdoors", "two children play football on a wet street",
    "black and white film of a steam train leaving a station", "an aerial view of a harbour at sunset",
    "a close-up of hands kneading dough", "people dancing at a wedding", "a rabbit",
    "A dog runs through the snow .", "interview with an elderly woman in a library",
    "crowd cheering in a stadium at night", "empty corridor, fluorescent light",
    "a chef's knife slicing red onions; steam rises", "archive footage: May Day parade, Moscow, 1967",
    "the president signs a document at his desk", "waves breaking over rocks in a storm",
    "a nurse pushes a wheelchair", "a cartoon animal in a green meadow",
    "heavy traffic on a motorway in the rain",
    "someone's hands typing on an old typewriter", "fireworks", "a horse and rider jump a fence",
    "children in school uniform sing in a choir", "slow motion of a hummingbird at a flower",
    "an astronaut floats inside a space station", "protesters hold banners saying “peace now”",
    "a fisherman mends his nets — Brittany, 1950s", "ballet dancers rehearse in front of a mirror",
    "a courtroom sketch", "smoke rises from a factory chimney", "a baby laughs",
    "café terrace in Paris, summer",
    "a surgeon operates under bright lamps", "wolves crossing a frozen lake",
    "weather map of northern Europe",
)  # fmt: skip


def pictures(folder: Path | None) -> list[Picture]:
    """Photographs of every kind and their quarters, in an order that mixes them.

    Args:
        folder: A person's own pictures; those of scikit-image otherwise.
    """
    paths = sorted(folder.rglob("*.*")) if folder else _bundled()
    whole = list(islice(_read(paths), MOST_PICTURES))
    parts = [_quarter(picture, *place) for place in PARTS for picture in whole]
    return [*whole, *parts][:MOST_PICTURES]


def _bundled() -> Sequence[Path]:
    return [Path(skimage.__file__).parent / "data" / name for name in PHOTOGRAPHS]


def _read(paths: Sequence[Path]) -> Iterator[Picture]:
    for path in paths:
        try:
            with Image.open(path) as image:
                yield np.asarray(image.convert("RGB"))
        except (UnidentifiedImageError, OSError):
            continue


def _quarter(picture: Picture, top: float, left: float) -> Picture:
    height, width = picture.shape[:2]
    y, x = int(top * height), int(left * width)
    return np.ascontiguousarray(picture[y : y + (height + 1) // 2, x : x + (width + 1) // 2])
