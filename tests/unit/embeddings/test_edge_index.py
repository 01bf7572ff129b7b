"""What is particular to the in-process engine: owners, damage, recall through the graph."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from catalog.query import AssetFilter, Span
from embeddings import edge_index
from embeddings.edge_index import EdgeIndex
from embeddings.exact import ExactIndex
from embeddings.point_fields import conditions, to_stored
from embeddings.vector_index import Point
from foundation.errors import AlreadyOwned, IndexUnavailable
from foundation.ids import point_uuid
from tests.vector_points import OTHER, SPEC, Material, asset_name, material, payload_of, unit

ANYTHING = AssetFilter()
OPEN = """
import sys, pathlib
from embeddings.edge_index import EdgeIndex
EdgeIndex(pathlib.Path(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def points() -> Material:
    return material(30, 4)


@pytest.fixture
def index(tmp_path: Path, points: Material) -> Iterator[EdgeIndex]:
    opened = EdgeIndex(tmp_path / "gen")
    opened.ensure_space(SPEC)
    opened.upsert(SPEC.space, points.points)
    yield opened
    opened.close()


def test_the_same_process_cannot_open_it_twice(index: EdgeIndex, tmp_path: Path) -> None:
    with pytest.raises(AlreadyOwned):
        EdgeIndex(tmp_path / "gen")


def test_another_process_cannot_open_it(index: EdgeIndex, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", OPEN, str(tmp_path / "gen")]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    assert "AlreadyOwned" in done.stderr


def test_it_opens_again_with_all_its_spaces(index: EdgeIndex, tmp_path: Path, points: Material) -> None:
    index.ensure_space(OTHER)
    index.close()
    again = EdgeIndex(tmp_path / "gen")
    assert {row.space: row.points for row in again.stats()} == {
        SPEC.space: len(points.points),
        OTHER.space: 0,
    }
    again.close()


def test_spaces_whose_names_look_alike_are_kept_apart(index: EdgeIndex, tmp_path: Path) -> None:
    folders = {
        edge_index._slug(name) for name in ("visual:a b@1", "visual:a-b@1", "visual:A b@1", "visual:ü@1")
    }
    assert len(folders) == 4
    assert all(name.isascii() and "/" not in name for name in folders)


def test_another_length_of_vectors_is_refused(index: EdgeIndex, points: Material) -> None:
    with pytest.raises(IndexUnavailable):
        index.upsert(SPEC.space, [Point(points.points[0].id, np.ones(5, np.float32), payload_of(0, 0))])
    with pytest.raises(IndexUnavailable):
        index.search(SPEC.space, np.ones(5, np.float32), ANYTHING, 3)


def test_vectors_that_are_not_finite_are_refused(index: EdgeIndex, points: Material) -> None:
    nan = np.full(SPEC.dim, np.nan, np.float32)
    with pytest.raises(ValueError, match="not finite"):
        index.upsert(SPEC.space, [Point(points.points[0].id, nan, payload_of(0, 0))])


def test_a_closed_index_says_so(index: EdgeIndex, points: Material) -> None:
    index.close()
    index.close()
    with pytest.raises(IndexUnavailable):
        index.search(SPEC.space, points.vectors[0], ANYTHING, 3)
    with pytest.raises(IndexUnavailable):
        index.upsert(SPEC.space, points.points)
    with pytest.raises(IndexUnavailable):
        index.stats()


@pytest.mark.parametrize("which", ["edge_config.json", "segments/*/segment.json", "segments/*/version.info"])
def test_damage_is_translated(index: EdgeIndex, tmp_path: Path, which: str) -> None:
    index.close()
    (damaged, *_) = tmp_path.glob(f"gen/*/{which}")
    damaged.write_bytes(b"\xff\x00")
    with pytest.raises(IndexUnavailable):
        EdgeIndex(tmp_path / "gen")


def test_a_panic_of_the_engine_is_translated(index: EdgeIndex, tmp_path: Path) -> None:
    index.close()
    for status in tmp_path.glob("gen/*/segments/*/vector_storage/*/status.dat"):
        status.write_bytes(status.read_bytes()[:7])
    with pytest.raises(IndexUnavailable):
        EdgeIndex(tmp_path / "gen").stats()


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"space": "x", "dim": null}'])
def test_an_unreadable_record_is_named(index: EdgeIndex, tmp_path: Path, content: bytes) -> None:
    index.close()
    (record,) = tmp_path.glob("gen/*/space.json")
    record.write_bytes(content)
    with pytest.raises(IndexUnavailable, match=r"space\.json"):
        EdgeIndex(tmp_path / "gen")


def test_a_space_that_was_half_made_is_made_again(index: EdgeIndex, tmp_path: Path) -> None:
    index.close()
    (tmp_path / "gen" / f"{edge_index._slug(OTHER.space)}.new").mkdir()
    again = EdgeIndex(tmp_path / "gen")
    again.ensure_space(OTHER)
    assert len(again.stats()) == 2
    again.close()


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[EdgeIndex, Material]]:
    """An optimised space large enough that filters meet the graph, not a full comparison."""
    points = material(1000, 12, seed=5)
    index = EdgeIndex(tmp_path_factory.mktemp("graph"))
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, points.points)
    index.optimise()
    yield index, points
    index.close()


GRAPH_FILTERS = {
    "none": ANYTHING,
    "half": AssetFilter(collections=("col_1",)),  # type: ignore[arg-type]
    "a third": AssetFilter(locations=("loc_1",)),  # type: ignore[arg-type]
    "a twentieth": AssetFilter(years=Span(1960, 1962)),
    "a thousandth": AssetFilter(assets=(asset_name(417),)),
    "without half": AssetFilter(without=(AssetFilter(collections=("col_1",)),)),  # type: ignore[arg-type]
    "three assets": AssetFilter(assets=(asset_name(3), asset_name(7), asset_name(500))),
    "half of all assets, listed": AssetFilter(assets=tuple(asset_name(n) for n in range(0, 1000, 2))),
}


@pytest.mark.slow
@pytest.mark.parametrize("through_graph", [False, True], ids=["few compared exactly", "graph only"])
@pytest.mark.parametrize("where", GRAPH_FILTERS.values(), ids=GRAPH_FILTERS.keys())
def test_recall_under_filters(
    graph: tuple[EdgeIndex, Material],
    where: AssetFilter,
    through_graph: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    index, points = graph
    assert index.stats()[0].indexed == len(points.points)
    if through_graph:
        monkeypatch.setattr(edge_index, "EXACT_CANDIDATES", 0)
    passing = np.array(
        [
            row
            for row, point in enumerate(points.points)
            if all(item.holds(to_stored(point.payload)) for item in conditions(where))
        ]
    )
    noise = np.random.default_rng(8).standard_normal((60, SPEC.dim)) * 0.3 / np.sqrt(SPEC.dim)
    queries = unit(points.vectors[::200] + noise)
    _, truth = ExactIndex(points.vectors).search(queries, 10, among=passing)
    hits = 0
    for query, rows in zip(queries, truth, strict=True):
        found = index.search(SPEC.space, query, where, 10)
        names = {point_uuid(m.place.asset, SPEC.space, m.place.ordinal) for m in found}
        hits += len(names & {points.points[row].id for row in rows})
    assert hits / truth.size >= 0.98
