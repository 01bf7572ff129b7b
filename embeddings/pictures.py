"""Pictures to network input: the one path that every visual pack takes.

The same pixels as the transforms of open_clip (torchvision on PIL images), in Pillow and numpy alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embeddings.encoder import Picture

FILTERS = {"bilinear": Image.Resampling.BILINEAR, "bicubic": Image.Resampling.BICUBIC}

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """How a pack wants its pictures.

    Attributes:
        height: Of the network's input, in pixels.
        width: Likewise.
        mean: Per channel, of values in 0..1.
        std: Likewise.
        interpolation: Pillow's antialiased filter.
        resize: ``shortest`` fills the input and crops the middle, ``longest`` fits inside and pads,
            ``squash`` ignores the aspect ratio.
        fill: Grey value of the padding, 0..255.
    """

    height: int
    width: int
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    interpolation: Literal["bilinear", "bicubic"] = "bicubic"
    resize: Literal["shortest", "longest", "squash"] = "shortest"
    fill: int = 0


def prepare(pictures: Sequence[Picture], how: Preprocessing) -> NDArray[np.float32]:
    """Float32 [n, 3, height, width] of uint8 RGB pictures of any size."""
    pixels = np.stack([fit(picture, how) for picture in pictures])
    scale = (1 / (255 * np.asarray(how.std))).astype(np.float32)
    shift = (np.asarray(how.mean) / np.asarray(how.std)).astype(np.float32)
    planes: NDArray[np.float32] = pixels.astype(np.float32) * scale - shift
    return np.ascontiguousarray(planes.transpose(0, 3, 1, 2))


def fit(picture: Picture, how: Preprocessing) -> Picture:
    """Uint8 [height, width, 3] of one picture."""
    image = Image.fromarray(picture, "RGB")
    if how.resize == "squash":
        return _resized(image, how, how.width, how.height)
    if how.resize == "longest":
        return _padded(image, how)
    return _resized(image, how, how.width, how.height, _middle(image, how))


def _resized(
    image: Image.Image, how: Preprocessing, width: int, height: int, box: Box | None = None
) -> Picture:
    return np.asarray(image.resize((width, height), FILTERS[how.interpolation], box=box))


def _middle(image: Image.Image, how: Preprocessing) -> Box:
    """The part of the source that shows after filling and cropping.

    Resizing only that part gives the pixels of resizing everything, for half the work on a wide frame, and
    a strip of 10,000 × 3 does not grow to 100 megapixels on the way.
    """
    width, height = _filling_size(image, how)
    left, top = round((width - how.width) / 2), round((height - how.height) / 2)
    across, down = image.width / width, image.height / height
    return left * across, top * down, (left + how.width) * across, (top + how.height) * down


def _filling_size(image: Image.Image, how: Preprocessing) -> tuple[int, int]:
    if how.width == how.height:
        short, long = sorted(image.size)
        other = int(how.width * long / short)
        return (how.width, other) if image.width <= image.height else (other, how.width)
    ratio = min(image.height / how.height, image.width / how.width)
    return max(round(image.width / ratio), how.width), max(round(image.height / ratio), how.height)


def _padded(image: Image.Image, how: Preprocessing) -> Picture:
    ratio = max(image.height / how.height, image.width / how.width)
    width, height = max(round(image.width / ratio), 1), max(round(image.height / ratio), 1)
    canvas = np.full((how.height, how.width, 3), how.fill, dtype=np.uint8)
    top, left = (how.height - height) // 2, (how.width - width) // 2
    canvas[top : top + height, left : left + width] = _resized(image, how, width, height)
    return canvas
