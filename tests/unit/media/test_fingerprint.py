"""Fingerprints: what they keep of a picture, and of one that stands still."""

import cv2
import numpy as np
import pytest

from media.fingerprint import GRAIN, LENGTH, Fingerprinter, Printed

CHANCE = np.random.default_rng(4)
SCENE = cv2.GaussianBlur(CHANCE.uniform(0, 255, (144, 256, 3)).astype(np.float32), (0, 0), 9)
SCENE = cv2.normalize(SCENE, None, 30, 220, cv2.NORM_MINMAX)


def printed(pictures: list[np.ndarray]) -> Printed:
    """Fingerprint of pictures, each taken."""
    printer = Fingerprinter(range(len(pictures)))
    for frame, picture in enumerate(pictures):
        printer.glance(frame, np.clip(np.round(picture), 0, 255).astype(np.uint8))
    return printer.close()


def noise(seed: int, amount: float = 2.0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=SCENE.shape) * amount


def likeness(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.einsum("ij,ij->i", one, other) / norms


def test_a_picture_that_does_not_change_has_no_grain() -> None:
    found = printed([SCENE] * 60)
    assert found.grain.shape == (60, GRAIN)
    assert found.vectors.shape == (60, LENGTH)
    assert not found.grain.any()


def test_noise_is_grain_in_every_row_but_the_first_across_blocks() -> None:
    found = printed([SCENE + noise(row) for row in range(120)])
    sizes = np.sqrt((found.grain**2).mean(axis=1))
    assert sizes[0] == 0
    assert sizes[1:].min() > 0.03
    assert sizes.max() < 1


@pytest.mark.parametrize(
    "change",
    [
        lambda picture: 0.8 * picture + 20,
        lambda picture: cv2.copyMakeBorder(picture, 36, 36, 0, 0, cv2.BORDER_CONSTANT),
        lambda picture: np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2),
    ],
    ids=["graded", "letterboxed", "black-and-white"],
)
def test_grain_survives_what_copies_go_through(change: object) -> None:
    assert callable(change)
    pictures = [SCENE + noise(row) for row in range(20)]
    found = printed([change(picture) for picture in pictures])
    assert likeness(found.grain[1:], printed(pictures).grain[1:]).mean() > 0.3
    other = printed([SCENE + noise(100 + row) for row in range(20)])
    assert abs(likeness(found.grain[1:], other.grain[1:]).mean()) < 0.1


def test_nothing_leaves_an_empty_fingerprint() -> None:
    found = Fingerprinter([]).close()
    assert found.vectors.shape == (0, LENGTH)
    assert found.grain.shape == (0, GRAIN)
