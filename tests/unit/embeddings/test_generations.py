"""Generations: one owner, a swap that is whole at any moment, and when a new one is due."""

import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from catalog.query import AssetFilter
from embeddings import generations
from embeddings.generations import Generation, GenerationalIndex, start_over
from embeddings.vector_index import SpaceStats
from foundation.errors import AlreadyOwned, IndexUnavailable, NoSpace
from foundation.settings import VectorSettings
from tests.vector_points import OTHER, SPEC, Material, material

SETTINGS = VectorSettings()


@pytest.fixture(scope="module")
def points() -> Material:
    return material(20, 5)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[GenerationalIndex]:
    opened = GenerationalIndex(tmp_path, SETTINGS)
    yield opened
    opened.close()


def _fill(index: GenerationalIndex, points: Material, seq: int = 5) -> None:
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, points.points)
    index.flush()
    index.cursor.save(seq)


def _build(index: GenerationalIndex, points: Material, seq: int = 9) -> Generation:
    built = index.next_generation()
    with built.building() as edge:
        edge.ensure_space(SPEC)
        edge.upsert(SPEC.space, points.points)
    built.cursor.save(seq)
    return built


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.is_dir())


def test_what_was_written_is_there_again(tmp_path: Path, points: Material) -> None:
    index = GenerationalIndex(tmp_path, SETTINGS)
    _fill(index, points)
    before = index.search(SPEC.space, points.vectors[7], AssetFilter(), 10, exact=True)
    index.close()
    again = GenerationalIndex(tmp_path, SETTINGS)
    assert again.search(SPEC.space, points.vectors[7], AssetFilter(), 10, exact=True) == before
    assert (again.number, again.cursor.load()) == (1, 5)
    again.close()


def test_a_second_owner_is_refused_even_of_an_empty_index(index: GenerationalIndex, tmp_path: Path) -> None:
    with pytest.raises(AlreadyOwned):
        GenerationalIndex(tmp_path, SETTINGS)
    with pytest.raises(AlreadyOwned):
        start_over(tmp_path)


def test_a_generation_without_a_cursor_is_begun_again(tmp_path: Path, points: Material) -> None:
    index = GenerationalIndex(tmp_path, SETTINGS)
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, points.points)
    index.close()
    again = GenerationalIndex(tmp_path, SETTINGS)
    assert again.stats() == []
    assert _names(tmp_path) == ["gen-2"]
    again.close()


@pytest.mark.parametrize("content", [b"", b"gen-77", b"../elsewhere", b"\xff\xfe", b"gen-1/../../x"])
def test_a_pointer_to_nowhere_starts_afresh(tmp_path: Path, points: Material, content: bytes) -> None:
    index = GenerationalIndex(tmp_path, SETTINGS)
    _fill(index, points)
    index.close()
    (tmp_path / "current").write_bytes(content)
    again = GenerationalIndex(tmp_path, SETTINGS)
    assert (again.stats(), again.cursor.load()) == ([], None)
    again.close()


def test_the_swap_shows_the_new_points_and_removes_the_old_folder(
    index: GenerationalIndex, tmp_path: Path, points: Material
) -> None:
    _fill(index, points)
    fewer = Material(points.points[:30], points.vectors[:30])
    index.rebuild()
    assert index.due()
    built = _build(index, fewer)
    index.swap(built, generations.EdgeIndex(built.folder))
    assert index.stats() == [SpaceStats(SPEC.space, 30, 0)]
    assert (index.number, index.cursor.load()) == (2, 9)
    assert _names(tmp_path) == ["gen-2"]
    assert not index.due()
    index.upsert(SPEC.space, points.points)
    assert index.stats()[0].points == len(points.points)


def test_a_rebuild_that_was_asked_for_is_remembered_until_a_later_generation_is_live(
    tmp_path: Path, points: Material
) -> None:
    first = GenerationalIndex(tmp_path, SETTINGS)
    _fill(first, points)
    begun_before = _build(first, points)
    first.rebuild()
    first.swap(begun_before, generations.EdgeIndex(begun_before.folder))
    assert first.owes_rebuild, "what it was built from may hold what must go"
    first.close()
    second = GenerationalIndex(tmp_path, SETTINGS)
    assert second.due()
    begun_after = _build(second, points)
    second.swap(begun_after, generations.EdgeIndex(begun_after.folder))
    assert not second.owes_rebuild
    second.close()


def test_a_swap_that_cannot_be_written_leaves_the_live_generation(
    index: GenerationalIndex, points: Material, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise NoSpace("full")

    _fill(index, points)
    built = _build(index, Material(points.points[:30], points.vectors[:30]))
    monkeypatch.setattr(generations, "publish", full)
    edge = generations.EdgeIndex(built.folder)
    with pytest.raises(NoSpace):
        index.swap(built, edge)
    edge.close()
    assert index.number == 1
    assert index.stats()[0].points == len(points.points)


@pytest.mark.slow
def test_searches_go_on_through_swaps(index: GenerationalIndex, points: Material) -> None:
    _fill(index, points)
    expected = index.search(SPEC.space, points.vectors[0], AssetFilter(), 5, exact=True)
    stop, wrong, asked = threading.Event(), [], [0]

    def ask() -> None:
        while not stop.is_set():
            try:
                found = index.search(SPEC.space, points.vectors[0], AssetFilter(), 5, exact=True)
            except IndexUnavailable as error:
                wrong.append(error)
            else:
                wrong.extend([found] if found != expected else [])
            asked[0] += 1
            time.sleep(0.001)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        built = _build(index, points)
        index.swap(built, generations.EdgeIndex(built.folder))
    stop.set()
    for thread in threads:
        thread.join()
    assert not wrong
    assert asked[0] > 20


@pytest.mark.slow
def test_writes_and_searches_from_many_threads(index: GenerationalIndex, points: Material) -> None:
    _fill(index, points)
    jobs = [
        lambda: index.upsert(SPEC.space, points.points[:50]),
        lambda: index.replace(SPEC.space, {points.points[90].payload.asset: points.points[90:95]}),
        lambda: index.search(SPEC.space, points.vectors[3], AssetFilter(), 20),
        lambda: index.search(SPEC.space, points.vectors[9], AssetFilter(has_speech=True), 20),
        index.stats,
        index.flush,
    ]
    with ThreadPoolExecutor(len(jobs)) as pool:
        for done in [pool.submit(job) for job in jobs for _ in range(40)]:
            done.result()
    assert index.stats()[0].points == len(points.points)


def test_what_is_left_of_other_generations_is_removed_but_not_under_a_builder(
    tmp_path: Path, points: Material
) -> None:
    index = GenerationalIndex(tmp_path, SETTINGS)
    _fill(index, points)
    _build(index, points)
    under_way = Generation(tmp_path / "gen-7")
    with under_way.building():
        index.close()
        again = GenerationalIndex(tmp_path, SETTINGS)
        assert _names(tmp_path) == ["gen-1", "gen-7"]
        assert again.next_generation().number == 8
        again.close()
        with pytest.raises(AlreadyOwned), under_way.building():
            pass
    GenerationalIndex(tmp_path, SETTINGS).close()
    assert _names(tmp_path) == ["gen-1"]


def test_damage_is_named_and_starting_over_heals_it(tmp_path: Path, points: Material) -> None:
    index = GenerationalIndex(tmp_path, SETTINGS)
    _fill(index, points)
    index.close()
    for segment in tmp_path.glob("gen-1/*/segments/*/segment.json"):
        segment.write_bytes(b"{")
    with pytest.raises(IndexUnavailable, match="gen-1") as caught:
        GenerationalIndex(tmp_path, SETTINGS)
    assert "check --repair" in caught.value.remedy
    start_over(tmp_path)
    healed = GenerationalIndex(tmp_path, SETTINGS)
    assert (healed.stats(), healed.cursor.load()) == ([], None)
    assert _names(tmp_path) == ["gen-2"]
    healed.close()


def test_starting_over_without_an_index_is_harmless(tmp_path: Path) -> None:
    start_over(tmp_path / "index")
    GenerationalIndex(tmp_path / "index", SETTINGS).close()


@pytest.mark.parametrize(
    ("points_total", "indexed", "due"),
    [
        (0, 0, False),
        (9_999, 0, False),
        (10_000, 0, True),
        (100_000, 90_001, False),
        (100_000, 90_000, True),
        (1_000_000, 950_001, False),
        (1_000_000, 950_000, True),
    ],
)
def test_when_a_new_generation_is_due(
    index: GenerationalIndex, monkeypatch: pytest.MonkeyPatch, points_total: int, indexed: int, due: bool
) -> None:
    rows = [SpaceStats(OTHER.space, 5, 0), SpaceStats(SPEC.space, points_total, indexed)]
    monkeypatch.setattr(GenerationalIndex, "stats", lambda self: rows)
    assert index.due() is due


def test_a_missing_folder_is_made_and_a_deleted_one_made_again(tmp_path: Path, points: Material) -> None:
    folder = tmp_path / "home" / "index"
    index = GenerationalIndex(folder, SETTINGS)
    _fill(index, points)
    index.close()
    shutil.rmtree(folder)
    again = GenerationalIndex(folder, SETTINGS)
    assert again.stats() == []
    again.close()
