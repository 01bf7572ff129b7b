"""The follower: the index shows what the catalog says, whenever and however often it is told."""

import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from catalog.model import AssetState, Box, FaceTrack, Shot, Statement
from catalog.query import AssetFilter
from embeddings.vector_index import Payload, Point
from foundation.errors import IndexUnavailable
from foundation.ids import AssetId, FaceTrackId, ShotId, StatementId
from foundation.timecode import FrameRange
from indexer.follower import Follower, open_follower
from indexer.projection import Unreadable
from indexer.vector_source import CatalogVectorSource
from tests.fakes.exact_vector_index import ExactVectorIndex
from tests.vector_archive import Archive, open_archive, vectors_of
from tests.vector_points import OTHER, SPEC, asset_name


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(tmp_path / "home")
    yield opened
    opened.catalog.close()


@pytest.fixture
def index(tmp_path: Path) -> ExactVectorIndex:
    return ExactVectorIndex(tmp_path)


@pytest.fixture
def follower(archive: Archive, index: ExactVectorIndex) -> Follower:
    return open_follower(archive.catalog, index, archive.home)


def _held(index: ExactVectorIndex) -> dict[tuple[str, str], list[Payload]]:
    held: dict[tuple[str, str], list[Payload]] = {}
    for space, points in index.spaces.items():
        for point in points.values():
            held.setdefault((space, point.payload.asset), []).append(point.payload)
    return {key: sorted(found, key=lambda p: p.ordinal) for key, found in held.items()}


def _truth(archive: Archive, folder: Path) -> dict[tuple[str, str], list[Payload]]:
    fresh = ExactVectorIndex(folder)
    open_follower(archive.catalog, fresh, archive.home).run_once()
    return _held(fresh)


def test_an_empty_archive_gives_an_empty_index_and_a_cursor(
    follower: Follower, index: ExactVectorIndex
) -> None:
    assert follower.run_once() == 0
    assert index.cursor.load() == 0
    assert index.stats() == []


def test_without_a_cursor_everything_is_projected(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add(range(12))
    archive.replace(3, vectors_of(3, 2, OTHER), OTHER)
    follower.run_once()
    assert {row.space: row.points for row in index.stats()} == {SPEC.space: 60, OTHER.space: 2}
    with archive.catalog.read() as reader:
        assert index.cursor.load() == reader.changes.last()


def test_searches_go_before_every_step_unless_many_changes_wait(
    archive: Archive, index: ExactVectorIndex
) -> None:
    asked: list[int] = []
    follower = open_follower(
        archive.catalog,
        index,
        archive.home,
        give_way=lambda: asked.append(sum(row.points for row in index.stats())),
    )
    follower.run_once()
    archive.add(range(3))
    follower.run_once()
    assert asked == [0] * 4, "once before each file is read, and before the index is written to"
    asked.clear()
    archive.add(range(3, 80))
    follower.run_once()
    assert len(asked) < 77


def test_with_a_cursor_only_changes_are_projected(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add(range(3))
    follower.run_once()
    index.spaces[SPEC.space].clear()
    archive.add([7])
    assert follower.run_once() == 1
    assert set(_held(index)) == {(SPEC.space, asset_name(7))}


def test_points_carry_the_stored_vectors_and_the_facts_of_the_asset(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([4])
    follower.run_once()
    best = index.search(SPEC.space, vectors_of(4, 5)[2], AssetFilter(), 1)[0]
    assert best.score == pytest.approx(1, abs=1e-3)
    payloads = {point.payload.place: point.payload for point in index.spaces[SPEC.space].values()}
    assert payloads[best.place] == Payload(
        asset=asset_name(4),
        collection="col_default",
        location="loc_01",
        storage_class="STANDARD",
        kind="video",
        year=1954,
        duration_ms=1000,
        ordinal=2,
        position=50,
        in_frame=50,
        out_frame=75,
    )


def test_fewer_vectors_leave_no_surplus(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([1, 2])
    follower.run_once()
    archive.replace(1, vectors_of(1, 2))
    follower.run_once()
    assert sorted(len(found) for found in _held(index).values()) == [2, 5]


def test_facts_that_change_reach_every_point(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([1])
    follower.run_once()
    with archive.catalog.write() as writer:
        writer.assets_writer.set_has_speech(asset_name(1), has_speech=True)
    follower.run_once()
    assert {payload.has_speech for found in _held(index).values() for payload in found} == {True}


def test_persons_are_those_named_anywhere_in_the_asset(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([1])
    shot = Shot(ShotId("sht_1"), asset_name(1), 0, FrameRange(0, 100))
    track = FaceTrack(
        FaceTrackId("fac_1"), asset_name(1), shot.id, 0, FrameRange(0, 50), 10, Box(0.1, 0.1, 0.2, 0.2), 1.0
    )
    with archive.catalog.write() as writer:
        writer.facts_writer.replace_shots(asset_name(1), [shot], [])
        writer.facts_writer.replace_faces(
            asset_name(1), [track, replace(track, id=FaceTrackId("fac_2"), ordinal=1)]
        )
        ada = writer.people.add("Ada")
    follower.run_once()
    with archive.catalog.write() as writer:
        writer.people.assign(asset_name(1), [1], ada.id)
    follower.run_once()
    assert {payload.persons for found in _held(index).values() for payload in found} == {(ada.id,)}


def test_black_and_white_is_said_of_the_shots_it_was_stated_of(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([1])
    with archive.catalog.write() as writer:
        stated = [
            Statement(
                StatementId(f"sta_{n}"), asset_name(1), "black_and_white", value, "stage:look@1",
                frames=FrameRange(n, n + 50),
            )
            for n, value in ((0, "true"), (50, "false"))
        ]  # fmt: skip
        writer.facts_writer.replace_statements(asset_name(1), "stage:look@1", stated)
    follower.run_once()
    (found,) = _held(index).values()
    assert [payload.black_and_white for payload in found] == [True, True, False, False, None]


def test_withdrawn_assets_go_and_come_back(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([1, 2])
    follower.run_once()
    with archive.catalog.write() as writer:
        writer.assets_writer.set_state(asset_name(1), AssetState.WITHDRAWN)
    follower.run_once()
    assert set(_held(index)) == {(SPEC.space, asset_name(2))}
    with archive.catalog.write() as writer:
        writer.assets_writer.set_state(asset_name(1), AssetState.PRESENT)
    follower.run_once()
    assert set(_held(index)) == {(SPEC.space, asset_name(1)), (SPEC.space, asset_name(2))}


def test_a_year_that_a_person_says_reaches_the_points(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([1])
    follower.run_once()
    before = _held(index)
    said = Statement(StatementId("stm_1"), asset_name(1), "recorded", "1931", "person:prn_local")
    with archive.catalog.write() as writer:
        writer.facts_writer.add_statement(said)
    follower.run_once()
    assert {payload.year for found in _held(index).values() for payload in found} == {1931}
    with archive.catalog.write() as writer:
        writer.facts_writer.take_back(asset_name(1), said.id)
    follower.run_once()
    assert _held(index) == before


def test_a_merged_asset_leaves_no_points(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([1, 2])
    follower.run_once()
    with archive.catalog.write() as writer:
        writer.assets_writer.merge(asset_name(2), asset_name(1))
    follower.run_once()
    assert set(_held(index)) == {(SPEC.space, asset_name(1))}


def test_replayed_changes_change_nothing(
    archive: Archive, follower: Follower, index: ExactVectorIndex, tmp_path: Path
) -> None:
    archive.add(range(5))
    follower.run_once()
    archive.replace(2, vectors_of(99, 3))
    with archive.catalog.write() as writer:
        writer.assets_writer.set_state(asset_name(4), AssetState.WITHDRAWN)
    follower.run_once()
    before = _held(index)
    for seq in range(8):
        index.cursor.save(seq)
        open_follower(archive.catalog, index, archive.home).run_once()
        assert _held(index) == before == _truth(archive, tmp_path / f"fresh {seq}")


def test_the_cursor_is_saved_after_the_flush(archive: Archive, index: ExactVectorIndex) -> None:
    archive.add([1])
    at_flush: list[int | None] = []
    index.flush = lambda: at_flush.append(index.cursor.load())  # type: ignore[method-assign]
    follower = open_follower(archive.catalog, index, archive.home)
    follower.run_once()
    archive.add([2])
    follower.run_once()
    assert at_flush[0] is None
    assert at_flush[-1] is not None
    assert at_flush[-1] < (index.cursor.load() or 0)


def test_a_failed_flush_saves_no_cursor(archive: Archive, index: ExactVectorIndex) -> None:
    def fail() -> None:
        raise IndexUnavailable("the disk is on fire")

    archive.add([1])
    index.flush = fail  # type: ignore[method-assign]
    with pytest.raises(IndexUnavailable):
        open_follower(archive.catalog, index, archive.home).run_once()
    assert index.cursor.load() is None


@pytest.mark.parametrize("damage", ["missing", "corrupt", "truncated"])
def test_a_damaged_file_is_reported_and_the_rest_goes_on(
    archive: Archive, index: ExactVectorIndex, damage: str
) -> None:
    heard: list[Unreadable] = []
    follower = open_follower(archive.catalog, index, archive.home, heard.append)
    archive.add(range(4))
    path = archive.path(1)
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(
            content[: len(content) // 2] if damage == "truncated" else content[:-9] + b"123456789"
        )
    follower.run_once()
    expected = "object-missing" if damage == "missing" else "fixity-mismatch"
    assert [(u.asset_id, u.space, u.error.code) for u in heard] == [(asset_name(1), SPEC.space, expected)]
    assert {asset for _, asset in _held(index)} == {asset_name(n) for n in (0, 2, 3)}
    assert index.cursor.load() is not None


def test_a_file_damaged_later_leaves_the_points_of_before(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add([1])
    follower.run_once()
    archive.path(1).unlink()
    with archive.catalog.write() as writer:
        writer.assets_writer.set_has_speech(asset_name(1), has_speech=True)
    follower.run_once()
    assert len(_held(index)[SPEC.space, asset_name(1)]) == 5


def test_it_follows_in_a_thread_until_it_is_stopped(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()
    try:
        for number in range(6):
            archive.add([number])
            _wait_until(lambda number=number: (SPEC.space, asset_name(number)) in _held(index))
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    with archive.catalog.read() as reader:
        assert index.cursor.load() == reader.changes.last()


def test_a_failure_is_tried_again(archive: Archive, index: ExactVectorIndex, expected_errors: None) -> None:
    failures = iter([IndexUnavailable("not now"), IndexUnavailable("nor now")])
    working = index.replace

    def unreliable(space: str, points: dict[AssetId, list[Point]]) -> None:
        for failure in failures:
            raise failure
        working(space, points)

    index.replace = unreliable  # type: ignore[method-assign,assignment]
    archive.add([1])
    stop = threading.Event()
    follower = open_follower(archive.catalog, index, archive.home)
    thread = threading.Thread(target=follower.run, args=(stop,))
    thread.start()
    try:
        _wait_until(lambda: len(_held(index)) == 1)
    finally:
        stop.set()
        thread.join(10)


def test_on_a_server_rebuilding_writes_everything_again(
    archive: Archive, follower: Follower, index: ExactVectorIndex
) -> None:
    archive.add(range(3))
    follower.run_once()
    index.spaces[SPEC.space].clear()
    follower.rebuild()
    assert len(_held(index)) == 3


def test_the_source_knows_no_other_space_and_no_hidden_asset(archive: Archive) -> None:
    archive.add([1])
    source = CatalogVectorSource(archive.catalog, archive.home)
    assert len(list(source.points(asset_name(1), SPEC.space))) == 5
    assert list(source.points(asset_name(1), OTHER.space)) == []
    assert list(source.points(asset_name(2), SPEC.space)) == []
    with archive.catalog.write() as writer:
        writer.assets_writer.set_state(asset_name(1), AssetState.WITHDRAWN)
    assert list(source.points(asset_name(1), SPEC.space)) == []


def test_stored_vectors_are_halves_of_what_was_given(archive: Archive) -> None:
    archive.add([1])
    points = list(CatalogVectorSource(archive.catalog, archive.home).points(asset_name(1), SPEC.space))
    halves = vectors_of(1, 5).astype(np.float16).astype(np.float32)
    np.testing.assert_array_equal(np.stack([point.vector for point in points]), halves)


def _wait_until(condition: object, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline
        time.sleep(0.02)
