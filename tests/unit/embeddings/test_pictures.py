"""Preparing pictures: the same pixels as open_clip's own transforms."""

import numpy as np
import pytest
from PIL import Image

from embeddings.pictures import Preprocessing, fit, prepare

MEAN, STD = (0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711)


def _noise(height: int, width: int, seed: int = 3) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 256, (9, 16, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC))


@pytest.mark.parametrize(
    "shape", [(540, 960), (960, 540), (224, 224), (225, 224), (97, 31), (8, 640), (1, 1)]
)
@pytest.mark.parametrize("resize", ["shortest", "longest", "squash"])
@pytest.mark.parametrize("interpolation", ["bilinear", "bicubic"])
@pytest.mark.parametrize("size", [(224, 224), (96, 160)])
def test_pixels_equal_those_of_the_original_transform(
    open_clip_transform, shape, resize, interpolation, size
) -> None:
    if resize == "longest" and min(shape) * max(size) < max(shape):
        pytest.skip("the original fails where the short side rounds to nothing")
    if resize == "shortest" and size[0] != size[1] and interpolation == "bilinear":
        pytest.skip("the original ignores the filter for inputs that are not square")
    picture = _noise(*shape)
    how = Preprocessing(*size, MEAN, STD, interpolation, resize)
    theirs = open_clip_transform(
        size, False, mean=MEAN, std=STD, resize_mode=resize, interpolation=interpolation
    )(Image.fromarray(picture))
    level = 1 / (255 * min(STD))
    difference = np.abs(prepare([picture], how)[0] - theirs.numpy())
    assert difference.max() <= level * 2.01, "rounding twice may move a value by two of 255 levels"
    assert difference.mean() <= level * 0.2


@pytest.fixture(scope="module")
def open_clip_transform():
    export = pytest.importorskip("embeddings.export.torch_stack")
    return export.image_transform


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
