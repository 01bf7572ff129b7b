"""Preparing pictures: the same pixels as open_clip's own transforms."""

from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
from PIL import Image

from embeddings.pictures import Preprocessing, fit, prepare

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def _noise(height: int, width: int, seed: int = 3) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


SHAPES = ((540, 960), (960, 540), (224, 224), (225, 224), (97, 31), (8, 640), (1, 1))
SIZES = ((224, 224), (96, 160))


def _cases() -> Iterator[tuple[tuple[int, int], str, str, tuple[int, int]]]:
    ways = product(SHAPES, ("shortest", "longest", "squash"), ("bilinear", "bicubic"), SIZES)
    for shape, resize, interpolation, size in ways:
        # The original fails where padding would leave a side of no pixels, and ignores the filter when it
        # fills an input that is not square.
        vanishes = resize == "longest" and min(shape) * max(size) < max(shape)
        ignored = resize == "shortest" and size[0] != size[1] and interpolation == "bilinear"
        if not vanishes and not ignored:
            yield shape, resize, interpolation, size


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "resize", "interpolation", "size"), list(_cases()))
def test_pixels_equal_those_of_the_original_transform(shape, resize, interpolation, size) -> None:
    from embeddings.export.torch_stack import image_transform

    picture = _noise(*shape)
    how = Preprocessing(*size, MEAN, STD, interpolation, resize)
    transform = image_transform(
        size, False, mean=MEAN, std=STD, resize_mode=resize, interpolation=interpolation
    )
    level = 1 / (255 * min(STD))
    difference = np.abs(prepare([picture], how)[0] - transform(Image.fromarray(picture)).numpy())
    assert difference.max() <= level * 2.01, "rounding twice may move a value by two of 255 levels"
    assert difference.mean() <= level * 0.2


def test_a_very_wide_strip_does_not_grow() -> None:
    strip = np.full((3, 10_000, 3), 200, dtype=np.uint8)
    assert fit(strip, Preprocessing(224, 224, MEAN, STD)).min() == 200


def test_padding_takes_the_fill() -> None:
    how = Preprocessing(10, 10, (0.5,) * 3, (0.5,) * 3, "bilinear", "longest", fill=7)
    padded = fit(np.full((10, 20, 3), 255, dtype=np.uint8), how)
    assert padded[0, 0].tolist() == [7, 7, 7]
    assert padded[5, 5].tolist() == [255, 255, 255]


def test_values_are_normalised_per_channel() -> None:
    how = Preprocessing(2, 2, (0.0, 0.5, 1.0), (1.0, 0.5, 0.25), "bilinear", "squash")
    planes = prepare([np.full((5, 5, 3), 255, dtype=np.uint8)], how)
    assert planes.shape == (1, 3, 2, 2)
    assert planes.dtype == np.float32
    np.testing.assert_allclose(planes[0, :, 0, 0], [1, 1, 0], atol=1e-6)
