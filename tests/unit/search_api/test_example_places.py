"""Which stored vectors a moment stands for."""

from dataclasses import replace
from fractions import Fraction

import pytest
from pydantic import ValidationError

from catalog.model import Asset, AssetKind, AssetTimeline, CueKind, Passage, Technical
from embeddings.vector_file import VectorRow
from foundation.errors import BadExample
from foundation.ids import AssetId, LocationId, PassageId
from foundation.timecode import FrameRange, PtsTable, SampleRange
from search_api.schemas_examples import Example
from search_api.services.example_places import Place, passages_at, place_of, rows_at

ID = AssetId("ast_01K9X2V7QJ8M4T6W0N3B5C7D9F")
FILM = Asset(ID, AssetKind.VIDEO, "a.mov", LocationId("loc"), duration_ms=20_000)
PTS = PtsTable.constant(Fraction(25), 500)
TIMELINE = AssetTimeline(ID, PTS, Technical(rate=Fraction(25), frames=500))
ROWS = [VectorRow(0, 50, 0, 100), VectorRow(1, 120, 100, 250), VectorRow(2, 200, 100, 250)]


@pytest.mark.parametrize(
    ("moment", "frames", "seconds"),
    [
        ({}, None, None),
        ({"start": 2}, (50, 51), (2.0, 2.0)),
        ({"start": 2, "end": 4}, (50, 100), (2.0, 4.0)),
        ({"end": 1}, (0, 25), (0.0, 1.0)),
        ({"in_frame": 100}, (100, 101), (4.0, 4.04)),
        ({"in_frame": 100, "out_frame": 9999}, (100, 9999), (4.0, 20.0)),
        ({"out_frame": 25}, (0, 25), (0.0, 1.0)),
    ],
)
def test_a_moment_of_a_film_has_frames_and_sound(
    moment: dict[str, float], frames: tuple[int, int] | None, seconds: tuple[float, float] | None
) -> None:
    place = place_of(Example(asset=ID, **moment), FILM, TIMELINE)
    assert place.frames == (None if frames is None else FrameRange(*frames))
    if seconds is None:
        assert place.sound is None
    else:
        assert place.sound is not None
        found = (float(place.sound.start_seconds), float(place.sound.end_seconds))
        assert found == pytest.approx(seconds, abs=1e-4)


@pytest.mark.parametrize(
    ("kind", "moment"),
    [
        (AssetKind.STILL, {"start": 1}),
        (AssetKind.SOUND, {"in_frame": 3}),
        (AssetKind.VIDEO, {"in_frame": 500}),
        (AssetKind.VIDEO, {"start": 21}),
        (AssetKind.SOUND, {"start": 21}),
    ],
)
def test_moments_that_are_not_there(kind: AssetKind, moment: dict[str, float]) -> None:
    timeline = TIMELINE if kind is AssetKind.VIDEO else None
    with pytest.raises(BadExample):
        place_of(Example(asset=ID, **moment), replace(FILM, kind=kind), timeline)


def test_a_sound_has_seconds_only() -> None:
    sound = replace(FILM, kind=AssetKind.SOUND)
    assert place_of(Example(asset=ID, start=1, end=2), sound, None) == Place(
        None, SampleRange(48_000, 96_000)
    )


@pytest.mark.parametrize(
    "moment",
    [
        {},
        {"asset": ID, "picture": "aGk="},
        {"picture": "aGk=", "start": 1},
        {"asset": ID, "start": 1, "in_frame": 3},
        {"asset": ID, "start": 2, "end": 2},
        {"asset": ID, "in_frame": 3, "out_frame": 3},
        {"picture": "not base64"},
    ],
)
def test_examples_that_name_no_one_thing_are_refused(moment: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Example.model_validate(moment)


@pytest.mark.parametrize(
    ("frames", "numbers"),
    [
        (None, [0, 1, 2]),
        (FrameRange(100, 250), [1, 2]),
        (FrameRange(195, 205), [2]),
        (FrameRange(150, 155), [1]),
        (FrameRange(99, 100), [0]),
        (FrameRange(400, 410), [2]),
    ],
)
def test_rows_within_the_range_else_the_nearest_of_its_shot(
    frames: FrameRange | None, numbers: list[int]
) -> None:
    assert rows_at(ROWS, frames) == numbers


def test_a_still_has_its_one_row() -> None:
    assert rows_at([VectorRow(0, 0)], None) == [0]
    assert rows_at([], FrameRange(0, 1)) == []


def test_passages_heard_during_the_moment() -> None:
    passages = [
        Passage(PassageId(f"p{n}"), ID, n, SampleRange(n * 100, n * 100 + 150), "", CueKind.CAPTION)
        for n in range(3)
    ]
    assert passages_at(passages, SampleRange(110, 120)) == {0, 1}
    assert passages_at(passages, None) == {0, 1, 2}
    assert passages_at(passages, SampleRange(900, 901)) == frozenset()
