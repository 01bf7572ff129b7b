"""New generations: built by a child, verified, swapped in; the old one stays where anything is amiss."""

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.model import AssetState
from catalog.query import AssetFilter
from embeddings.generations import Generation, GenerationalIndex
from embeddings.vector_index import VectorMatch
from foundation.errors import IndexUnavailable
from foundation.settings import VectorSettings
from indexer import renewal
from indexer.follower import Follower, open_follower
from tests.vector_archive import Archive, open_archive, vectors_of
from tests.vector_points import OTHER, SPEC, asset_name

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm_workers")]

EAGER = VectorSettings(rebuild_points=40)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    opened = open_archive(tmp_path / "home")
    opened.add(range(12))
    opened.replace(3, vectors_of(3, 4, OTHER), OTHER)
    yield opened
    opened.catalog.close()


@pytest.fixture
def index(archive: Archive) -> Iterator[GenerationalIndex]:
    opened = GenerationalIndex(archive.home.index, VectorSettings())
    yield opened
    opened.close()


@pytest.fixture
def follower(archive: Archive, index: GenerationalIndex) -> Follower:
    return open_follower(archive.catalog, index, archive.home)


def _answers(index: GenerationalIndex) -> list[list[VectorMatch]]:
    queries = [(SPEC, vectors_of(n, 1)[0]) for n in range(15)] + [(OTHER, vectors_of(3, 1, OTHER)[0])]
    return [index.search(spec.space, query, AssetFilter(), 20, exact=True) for spec, query in queries]


def _counts(index: GenerationalIndex) -> dict[str, int]:
    return {row.space: row.points for row in index.stats()}


def fail_to_build(root: Path, folder: Path) -> None:
    os._exit(3)


def build_nothing(root: Path, folder: Path) -> None:
    with Generation(folder).building():
        pass
    (folder / "built.json").write_text('{"seq": 0, "unreadable": []}', encoding="utf-8")


def build_for_ever(root: Path, folder: Path) -> None:
    folder.mkdir()
    time.sleep(600)


def test_a_rebuilt_index_gives_the_same_exact_answers(follower: Follower, index: GenerationalIndex) -> None:
    follower.run_once()
    before = _answers(index)
    follower.rebuild()
    assert index.number == 2
    assert _answers(index) == before
    assert _counts(index) == {SPEC.space: 60, OTHER.space: 4}


def test_a_deleted_index_comes_back_from_stored_vectors(archive: Archive) -> None:
    answers = []
    for number in range(2):
        index = GenerationalIndex(archive.home.index, VectorSettings())
        assert index.stats() == [], number
        open_follower(archive.catalog, index, archive.home).run_once()
        answers.append(_answers(index))
        index.close()
        archive.home.index.rename(archive.home.root / f"lost index {number}")
    assert answers[0] == answers[1]
    assert len(answers[0][0]) == 20


def test_changes_after_the_build_began_are_caught_up(
    archive: Archive, follower: Follower, index: GenerationalIndex
) -> None:
    follower.run_once()
    builder = renewal.Renewal(archive.catalog, index, follower._projector._source, archive.home)
    builder.start()
    archive.add([20])
    archive.replace(2, vectors_of(2, 1))
    with archive.catalog.write() as writer:
        writer.assets_writer.set_state(asset_name(5), AssetState.WITHDRAWN)
    deadline = time.monotonic() + 60
    while not builder.tick(raising=True):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    assert (index.number, _counts(index)) == (2, {SPEC.space: 56, OTHER.space: 4})
    with archive.catalog.read() as reader:
        assert index.cursor.load() == reader.changes.last()


@pytest.mark.slow
def test_an_index_that_lost_points_is_healed(follower: Follower, index: GenerationalIndex) -> None:
    follower.run_once()
    whole = _answers(index)
    index.delete_asset(asset_name(4))
    index.delete_asset(asset_name(3), OTHER.space)
    follower.rebuild()
    assert _answers(index) == whole


def test_an_index_that_never_followed_is_built_by_the_child_alone(
    follower: Follower, index: GenerationalIndex
) -> None:
    follower.rebuild()
    assert (index.number, _counts(index)) == (2, {SPEC.space: 60, OTHER.space: 4})


@pytest.mark.slow
def test_what_cannot_be_read_is_left_out(
    archive: Archive, follower: Follower, index: GenerationalIndex
) -> None:
    follower.run_once()
    archive.path(7).unlink()
    follower.rebuild()
    assert (index.number, _counts(index)) == (2, {SPEC.space: 55, OTHER.space: 4})


@pytest.mark.slow
def test_an_incomplete_generation_is_never_swapped_in(
    archive: Archive, follower: Follower, index: GenerationalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.run_once()
    monkeypatch.setattr(renewal, "build_generation", build_nothing)
    monkeypatch.setattr(renewal, "_ATTEMPTS", 3)
    monkeypatch.setattr(renewal.Renewal, "_catch_up", lambda self, candidate: None)
    with pytest.raises(IndexUnavailable, match="not complete"):
        follower.rebuild()
    assert (index.number, _counts(index)) == (1, {SPEC.space: 60, OTHER.space: 4})
    assert [path.name for path in archive.home.index.glob("gen-*")] == ["gen-1"]


def test_a_build_that_fails_leaves_the_live_generation(
    archive: Archive, follower: Follower, index: GenerationalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.run_once()
    monkeypatch.setattr(renewal, "build_generation", fail_to_build)
    with pytest.raises(IndexUnavailable, match="ended with 3"):
        follower.rebuild()
    assert (index.number, _counts(index)) == (1, {SPEC.space: 60, OTHER.space: 4})


def test_after_a_failure_it_rests(
    archive: Archive,
    follower: Follower,
    index: GenerationalIndex,
    monkeypatch: pytest.MonkeyPatch,
    expected_errors: None,
) -> None:
    follower.run_once()
    monkeypatch.setattr(renewal, "build_generation", fail_to_build)
    builder = renewal.Renewal(archive.catalog, index, follower._projector._source, archive.home)
    index.rebuild()
    builder.tick()
    assert builder.busy
    deadline = time.monotonic() + 60
    while builder.busy:
        assert time.monotonic() < deadline
        assert not builder.tick()
        time.sleep(0.02)
    builder.tick()
    assert not builder.busy


def test_stopping_ends_the_child_and_removes_what_it_built(
    archive: Archive, follower: Follower, index: GenerationalIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    follower.run_once()
    monkeypatch.setattr(renewal, "build_generation", build_for_ever)
    builder = renewal.Renewal(archive.catalog, index, follower._projector._source, archive.home)
    builder.start()
    deadline = time.monotonic() + 60
    while not (archive.home.index / "gen-2").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    builder.stop()
    assert not builder.busy
    assert [path.name for path in archive.home.index.glob("gen-*")] == ["gen-1"]


@pytest.mark.slow
def test_a_generation_that_is_due_is_built_while_following(archive: Archive) -> None:
    index = GenerationalIndex(archive.home.index, EAGER)
    stop = threading.Event()
    thread = threading.Thread(target=open_follower(archive.catalog, index, archive.home).run, args=(stop,))
    thread.start()
    try:
        deadline, number = time.monotonic() + 90, 20
        while index.number < 2:
            archive.add([number])
            number += 1
            assert time.monotonic() < deadline
            time.sleep(0.05)
        while _counts(index) != {SPEC.space: 5 * (number - 8), OTHER.space: 4}:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(20)
        index.close()
    assert not thread.is_alive()
