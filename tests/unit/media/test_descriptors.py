"""What a shot is like."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest

from foundation.timecode import FrameRange, PtsTable, SampleRange
from media.colours import NAMES, daylight, is_black_and_white, palette
from media.descriptors import ALL, DEFAULT_ON, Description, Hearing, ShotDescriber
from media.look import look, small_picture
from media.movement import Motion, motion_between, movement_of
from media.shots import ContentShotDetector
from media.silence import is_silent, levels, silences
from tests import material

PAL = Fraction(25)
CHANCE = np.random.default_rng(3)
TEXTURE = cv2.GaussianBlur(CHANCE.integers(0, 255, (400, 600, 3), dtype=np.uint8), (0, 0), 3)
TEXTURE = cv2.normalize(TEXTURE, None, 0, 255, cv2.NORM_MINMAX)


def plain(blue: int, green: int, red: int) -> np.ndarray:
    return np.full((36, 64, 3), (blue, green, red), np.uint8)


@pytest.mark.parametrize(
    ("bgr", "word"),
    [
        ((0, 0, 0), "black"),
        ((128, 128, 128), "grey"),
        ((250, 250, 250), "white"),
        ((20, 20, 200), "red"),
        ((10, 130, 240), "orange"),
        ((20, 50, 100), "brown"),
        ((20, 230, 240), "yellow"),
        ((40, 160, 40), "green"),
        ((220, 210, 20), "cyan"),
        ((220, 60, 20), "blue"),
        ((190, 40, 120), "purple"),
        ((200, 80, 240), "pink"),
        ((180, 170, 250), "pink"),
    ],
)
def test_colour_words(bgr: tuple[int, int, int], word: str) -> None:
    shares = palette(plain(*bgr))
    assert NAMES[int(shares.argmax())] == word
    assert shares.sum() == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("bgr", "answer"),
    [
        ((128, 128, 128), True),
        ((20, 20, 200), False),
        ((120, 128, 136), True),
        ((90, 128, 166), False),
        ((5, 5, 5), None),
    ],
)
def test_black_and_white(bgr: tuple[int, int, int], answer: bool | None) -> None:
    assert is_black_and_white(plain(*bgr)) is answer


def test_a_small_spot_of_colour_is_colour() -> None:
    picture = plain(128, 128, 128)
    picture[:12, :8] = (0, 0, 255)
    assert is_black_and_white(picture) is False


def test_daylight() -> None:
    sky, lamps = plain(60, 80, 60), plain(10, 8, 8)
    sky[:14] = (250, 210, 180)
    lamps[10:14, 30:36] = 255
    assert daylight(sky) == "day"
    assert daylight(lamps) == "night"
    assert daylight(plain(90, 90, 90)) is None


def seen(right: float, down: float, growth: float, seconds: float) -> np.ndarray:
    """What a virtual camera sees of the texture after some seconds at these speeds."""
    size = np.array([256.0, 144.0]) * np.exp(-growth * seconds)
    centre = np.array([300.0, 200.0]) - np.array([right * 256, down * 144]) * seconds
    corner, step = centre - size / 2, size / np.array([256, 144])
    matrix = np.array([[step[0], 0, corner[0]], [0, step[1], corner[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(TEXTURE, matrix, (256, 144), flags=flags))


@pytest.mark.parametrize(
    ("right", "down", "growth"),
    [(0, 0, 0), (0.1, 0, 0), (-0.2, 0, 0), (0, 0.15, 0), (0, 0, 0.2), (0.05, -0.1, 0.1)],
)
def test_motion_is_measured(right: float, down: float, growth: float) -> None:
    before, after = (cv2.cvtColor(seen(right, down, growth, t), cv2.COLOR_BGR2GRAY) for t in (0.0, 0.2))
    motion = motion_between((0, before), (5, after), 0.2)
    assert motion is not None
    assert (motion.right, motion.down, motion.growth) == pytest.approx((right, down, growth), abs=0.01)


def test_motion_of_nothing_is_none() -> None:
    flat = np.zeros((144, 256), np.uint8)
    assert motion_between((0, flat), (5, flat), 0.2) is None
    assert movement_of([]) is None


@pytest.mark.parametrize(
    ("speeds", "word"),
    [
        ([(0.0, 0.0, 0.0)] * 8, "static"),
        ([(-0.1, 0.0, 0.0)] * 8, "pan right"),
        ([(0.1, 0.01, 0.0)] * 8, "pan left"),
        ([(0.0, 0.1, 0.0)] * 8, "tilt up"),
        ([(0.0, -0.1, 0.0)] * 8, "tilt down"),
        ([(0.0, 0.0, 0.2)] * 8, "zoom in"),
        ([(0.0, 0.0, -0.2)] * 8, "zoom out"),
        ([(0.1, 0.0, 0.0), (-0.1, 0.0, 0.0)] * 4, None),
        ([(0.1, 0.1, 0.0)] * 8, None),
        ([(0.02, 0.0, 0.0)] * 8, None),
    ],
)
def test_movement_words(speeds: list[tuple[float, float, float]], word: str | None) -> None:
    motions = [Motion(5 * n, 5 * n - 5, *speed) for n, speed in enumerate(speeds, 1)]
    assert movement_of(motions) == word


def test_silence_is_found_where_it_is(tmp_path: Path) -> None:
    beeps = "aevalsrc='0.2*sin(3000*t)*(lt(t,1)+gte(t,2.5))+0.0005*random(0)':s=48000"
    found = levels(material.sound(tmp_path / "a.flac", 4, source=beeps))
    (only,) = silences(found)
    assert only.start / 48_000 == pytest.approx(1.0, abs=0.06)
    assert only.end / 48_000 == pytest.approx(2.5, abs=0.06)
    assert is_silent(found, SampleRange(57_600, 110_000)) is True
    assert is_silent(found, SampleRange(0, 110_000)) is False
    assert is_silent(found, SampleRange(480_000, 528_000)) is None


def test_digital_silence_is_the_quietest(tmp_path: Path) -> None:
    found = levels(material.sound(tmp_path / "a.flac", 1, source="anullsrc=r=48000:cl=mono"))
    assert list(found) == [-120.0] * 20


def test_shots_are_described_apart(tmp_path: Path) -> None:
    """A grey shot that stands still, then a coloured one that pans; the cut between them moves nothing."""
    describer = ShotDescriber(PAL, ALL)
    for frame in range(100):
        picture = seen(0, 0, 0, 0) if frame < 50 else seen(-0.15, 0, 0, (frame - 50) / 25)
        grey = np.repeat(picture.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
        describer.glance(frame, grey if frame < 50 else picture)
    shots = [FrameRange(0, 50), FrameRange(50, 100)]
    quiet = np.array([-70.0] * 40 + [-20.0] * 40, np.float32)
    hearing = Hearing(quiet, PtsTable.constant(PAL, 100))
    still, pan = describer.describe(shots, faces={0: 0.3, 25: 0.3, 60: 0.0}, hearing=hearing)
    assert {(d.field, d.value) for d in still} >= {
        ("black_and_white", "true"),
        ("camera_movement", "static"),
        ("silence", "true"),
        ("shot_size", "close-up"),
    }
    assert {(d.field, d.value) for d in pan} >= {
        ("black_and_white", "false"),
        ("camera_movement", "pan right"),
        ("silence", "false"),
    }
    assert all(0 <= d.confidence <= 1 for d in (*still, *pan))
    assert "shot_size" not in {d.field for d in pan}


def test_only_what_is_on_is_said(tmp_path: Path) -> None:
    describer = ShotDescriber(PAL, frozenset({"black_and_white"}))
    clip = material.clip(tmp_path / "a.mp4", 1, filters="hue=s=0")
    look(
        clip,
        tmp_path,
        frames=25,
        rate=PAL,
        per_second=1.0,
        detector=ContentShotDetector(PAL),
        see=lambda _: None,
        glance=describer.glance,
    )
    assert describer.describe([FrameRange(0, 25)]) == ((Description("black_and_white", "true", 1.0),),)
    assert DEFAULT_ON <= ALL


def test_a_still_is_a_shot_of_one_frame() -> None:
    describer = ShotDescriber(PAL)
    red = np.full((480, 640, 3), (200, 20, 20), np.uint8)
    describer.glance(0, small_picture(red))
    ((*said,),) = describer.describe([FrameRange(0, 1)])
    assert {(d.field, d.value) for d in said} == {("black_and_white", "false"), ("colour", "red")}


def test_what_is_on_was_measured_and_good_enough() -> None:
    page = Path(__file__).resolve().parents[3] / "docs" / "reference" / "descriptors.md"
    rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in page.read_text().splitlines()
        if "| all |" in line
    ]
    measured = {row[0]: (int(row[2]), float(row[4]), float(row[6])) for row in rows}
    assert measured.keys() == ALL
    assert all(labelled >= 50 for labelled, _, _ in measured.values())
    good = {field for field, (_, precision, recall) in measured.items() if min(precision, recall) >= 0.8}
    assert good == DEFAULT_ON
