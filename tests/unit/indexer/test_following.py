"""Faces followed within shots, and lines of text joined over keyframes."""

import numpy as np
import pytest

from catalog.model import Box
from embeddings.encoder import DetectedFace, ReadText
from foundation.timecode import FrameRange
from indexer.face_tracks import SeenFace, follow, intersection_over_union
from indexer.onscreen import Line, joined, represented

ANN = np.array([1.0, 0.0, 0.0], dtype=np.float32)
BEN = np.array([0.0, 1.0, 0.0], dtype=np.float32)
ANN_ASIDE = np.array([0.6, 0.0, 0.8], dtype=np.float32)


def face(
    frame: int, vector: np.ndarray, left: float = 0.4, size: float = 0.2, score: float = 0.9
) -> SeenFace:
    return SeenFace(frame, DetectedFace(Box(left, 0.3, size, size), score, vector, 100.0))


def found(seen: list[SeenFace], *shots: tuple[int, int]) -> list[tuple[int, tuple[int, int], int]]:
    tracks = follow(seen, [FrameRange(*shot) for shot in shots], 0.9)
    return [(t.shot, (t.frames.in_frame, t.frames.out_frame), t.best_frame) for t in tracks]


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([], []),
        ([face(5, ANN)], [(0, (5, 6), 5)]),
        ([face(5, ANN), face(30, ANN)], [(0, (5, 31), 5)]),
        ([face(5, ANN), face(30, ANN, size=0.3)], [(0, (5, 31), 30)]),
        ([face(5, ANN), face(30, ANN, left=0.0)], [(0, (5, 31), 5)]),
        ([face(5, ANN), face(30, ANN_ASIDE)], [(0, (5, 31), 5)]),
        ([face(5, ANN), face(30, ANN_ASIDE, left=0.0)], [(0, (5, 6), 5), (0, (30, 31), 30)]),
        ([face(5, ANN), face(30, BEN)], [(0, (5, 6), 5), (0, (30, 31), 30)]),
        ([face(5, ANN), face(5, ANN, left=0.1)], [(0, (5, 6), 5), (0, (5, 6), 5)]),
        (
            [face(5, ANN), face(5, BEN, 0.0), face(9, BEN, 0.0), face(9, ANN)],
            [(0, (5, 10), 5), (0, (5, 10), 5)],
        ),
    ],
)
def test_follow(seen: list[SeenFace], expected: list[tuple[int, tuple[int, int], int]]) -> None:
    assert found(seen, (0, 50)) == expected


def test_a_track_never_crosses_a_cut() -> None:
    assert found([face(40, ANN), face(60, ANN)], (0, 50), (50, 99)) == [(0, (40, 41), 40), (1, (60, 61), 60)]


@pytest.mark.parametrize(
    ("other", "shared"),
    [
        (Box(0, 0, 1, 1), 1.0),
        (Box(0, 0, 0.5, 1), 0.5),
        (Box(0.5, 0, 1, 1), 1 / 3),
        (Box(2, 0, 1, 1), 0.0),
        (Box(1, 0, 1, 1), 0.0),
    ],
)
def test_overlap(other: Box, shared: float) -> None:
    assert intersection_over_union(Box(0, 0, 1, 1), other) == pytest.approx(shared)


def line(start: int, end: int, text: str, *, top: float = 0.8, confidence: float = 0.9) -> Line:
    return Line(FrameRange(start, end), ReadText(Box(0.1, top, 0.5, 0.1), text, confidence))


def shown(*lines: Line) -> list[tuple[str, int, int]]:
    return [(item.text.text, item.frames.in_frame, item.frames.out_frame) for item in joined(lines)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line(0, 10, "OSLO"), line(10, 20, "OSLO")], [("OSLO", 0, 20)]),
        ([line(0, 10, "OSLO 1987"), line(10, 20, "0SLO 1987", confidence=0.7)], [("OSLO 1987", 0, 20)]),
        ([line(0, 10, "0SLO 1987", confidence=0.7), line(10, 20, "OSLO 1987")], [("OSLO 1987", 0, 20)]),
        ([line(0, 10, "OSLO"), line(10, 20, "BERGEN")], [("OSLO", 0, 10), ("BERGEN", 10, 20)]),
        ([line(0, 10, "OSLO"), line(20, 30, "OSLO")], [("OSLO", 0, 10), ("OSLO", 20, 30)]),
        ([line(0, 10, "A", top=0.9), line(0, 10, "B", top=0.1)], [("B", 0, 10), ("A", 0, 10)]),
        ([line(0, 10, "OSLO", top=0.1), line(10, 20, "OSLO")], [("OSLO", 0, 10), ("OSLO", 10, 20)]),
    ],
)
def test_joined(lines: list[Line], expected: list[tuple[str, int, int]]) -> None:
    assert shown(*lines) == expected


def test_keyframes_share_their_shot_between_them() -> None:
    long, short = FrameRange(0, 100), FrameRange(100, 120)
    assert represented([(10, long), (70, long), (110, short)]) == [
        FrameRange(0, 40),
        FrameRange(40, 100),
        short,
    ]
