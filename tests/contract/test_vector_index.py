"""What every vector index promises, whichever engine answers."""

import os
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from qdrant_client import QdrantClient

from catalog.model import AssetKind
from catalog.query import AssetFilter, Span
from embeddings.cursor import CursorFile
from embeddings.edge_index import EdgeIndex
from embeddings.edge_process import EdgeProcess
from embeddings.point_fields import conditions, to_stored
from embeddings.qdrant_index import QdrantIndex
from embeddings.vector_index import Point, SpaceStats, VectorIndex
from foundation.errors import IndexUnavailable
from foundation.ids import CollectionId, LocationId, PersonId, point_uuid
from tests.fakes.exact_vector_index import ExactVectorIndex
from tests.vector_points import OTHER, SPEC, Material, asset_name, material, payload_of, unit

ANYTHING = AssetFilter()
FILTERS = {
    "location": AssetFilter(locations=(LocationId("loc_1"),)),
    "two locations": AssetFilter(locations=(LocationId("loc_0"), LocationId("loc_2"))),
    "collection": AssetFilter(collections=(CollectionId("col_1"),)),
    "storage class": AssetFilter(storage_classes=("GLACIER", "VAULT_COLD")),
    "kind": AssetFilter(kinds=(AssetKind.STILL, AssetKind.SOUND)),
    "years": AssetFilter(years=Span(1960, 1962)),
    "from a year": AssetFilter(years=Span(1960, None)),
    "until a year": AssetFilter(years=Span(None, 1960)),
    "duration": AssetFilter(duration_ms=Span(10_000, 20_000)),
    "has speech": AssetFilter(has_speech=True),
    "has no speech": AssetFilter(has_speech=False),
    "black and white": AssetFilter(black_and_white=True),
    "colour": AssetFilter(black_and_white=False),
    "one person": AssetFilter(persons=(PersonId("per_0"),)),
    "all persons": AssetFilter(persons=(PersonId("per_0"), PersonId("per_1"))),
    "assets": AssetFilter(assets=(asset_name(3), asset_name(7))),
    "assets by the thousand": AssetFilter(assets=tuple(asset_name(n) for n in range(1, 9001, 2))),
    "several": AssetFilter(kinds=(AssetKind.VIDEO,), years=Span(1951, 1975), storage_classes=("STANDARD",)),
    "without some years": AssetFilter(without=(AssetFilter(years=Span(1960, 1970)),)),
    "without stills, nor cold films": AssetFilter(
        without=(
            AssetFilter(kinds=(AssetKind.STILL,)),
            AssetFilter(kinds=(AssetKind.VIDEO,), storage_classes=("GLACIER", "VAULT_COLD")),
        )
    ),
    "nothing passes": AssetFilter(assets=(asset_name(99_999),)),
}


def _edge(folder: Path) -> Iterator[VectorIndex]:
    index = EdgeIndex(folder / "index")
    yield index
    index.close()


def _edge_process(folder: Path) -> Iterator[VectorIndex]:
    index = EdgeProcess(folder / "index")
    yield index
    index.close()


def _local_qdrant(folder: Path) -> Iterator[VectorIndex]:
    index = QdrantIndex(QdrantClient(":memory:"), CursorFile(folder / "cursor.json"))
    yield index
    index.close()


def _server_qdrant(folder: Path) -> Iterator[VectorIndex]:
    address = os.environ.get("QDRANT_URL")
    if address is None:
        pytest.skip("no Qdrant server (set QDRANT_URL)")
    client = QdrantClient(url=address)
    for found in client.get_collections().collections:
        client.delete_collection(found.name)
    index = QdrantIndex(client, CursorFile(folder / "cursor.json"))
    yield index
    index.close()


def _exact(folder: Path) -> Iterator[VectorIndex]:
    yield ExactVectorIndex(folder)


MAKERS: dict[str, Callable[[Path], Iterator[VectorIndex]]] = {
    "edge": _edge, "edge process": _edge_process, "qdrant local": _local_qdrant,
    "qdrant server": _server_qdrant, "exact": _exact,
}  # fmt: skip


@pytest.fixture(params=MAKERS.values(), ids=MAKERS.keys())
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[VectorIndex]:
    yield from request.param(tmp_path)


@pytest.fixture(scope="module")
def points() -> Material:
    return material(40, 6)


@pytest.fixture
def filled(index: VectorIndex, points: Material) -> VectorIndex:
    index.ensure_space(SPEC)
    index.upsert(SPEC.space, points.points)
    return index


def _counts(index: VectorIndex) -> dict[str, int]:
    return {row.space: row.points for row in index.stats()}


def test_an_unknown_space_has_no_neighbours(index: VectorIndex) -> None:
    assert index.search("visual:nobody@0", np.ones(4, np.float32), ANYTHING, 5) == []


def test_an_unknown_space_takes_no_points(index: VectorIndex, points: Material) -> None:
    with pytest.raises(IndexUnavailable):
        index.upsert("visual:nobody@0", points.points[:1])


def test_a_space_can_be_ensured_again_and_again(filled: VectorIndex, points: Material) -> None:
    filled.ensure_space(SPEC)
    assert _counts(filled) == {SPEC.space: len(points.points)}


def test_a_vector_finds_itself_and_says_what_it_stands_for(filled: VectorIndex, points: Material) -> None:
    for point in points.points[::17]:
        best = filled.search(SPEC.space, point.vector, ANYTHING, 1)
        assert [match.place for match in best] == [point.payload.place]
        assert best[0].score == pytest.approx(1.0, abs=1e-5)


def test_scores_are_cosines_whatever_the_length_of_the_query(filled: VectorIndex, points: Material) -> None:
    query = points.vectors[3] + points.vectors[90]
    matches = filled.search(SPEC.space, query * 7, ANYTHING, 10, exact=True)
    cosines = np.sort(points.vectors @ unit(query))[::-1][:10]
    assert [match.score for match in matches] == pytest.approx(cosines.tolist(), abs=1e-5)


@pytest.mark.parametrize("exact", [False, True], ids=["approximate", "exact"])
@pytest.mark.parametrize("where", FILTERS.values(), ids=FILTERS.keys())
def test_a_filter_leaves_the_nearest_of_what_passes(
    filled: VectorIndex, points: Material, where: AssetFilter, exact: bool
) -> None:
    query = points.vectors[100]
    asked = conditions(where)
    rows = [
        row
        for row, point in enumerate(points.points)
        if all(item.holds(to_stored(point.payload)) for item in asked)
    ]
    best = sorted(rows, key=lambda row: -float(points.vectors[row] @ query))[:15]
    found = filled.search(SPEC.space, query, where, 15, exact=exact)
    assert [match.place for match in found] == [points.points[row].payload.place for row in best]


def test_the_filters_of_this_suite_split_the_points(points: Material) -> None:
    for name, where in FILTERS.items():
        passing = sum(all(c.holds(to_stored(p.payload)) for c in conditions(where)) for p in points.points)
        assert (passing == 0) == (name == "nothing passes"), name
        assert passing < len(points.points), name


def test_limits(filled: VectorIndex, points: Material) -> None:
    query = points.vectors[0]
    assert filled.search(SPEC.space, query, ANYTHING, 0) == []
    assert len(filled.search(SPEC.space, query, ANYTHING, 7)) == 7
    assert len(filled.search(SPEC.space, query, ANYTHING, 10_000)) == len(points.points)


def test_equal_scores_come_by_asset_and_ordinal_whatever_was_stored_first(index: VectorIndex) -> None:
    index.ensure_space(SPEC)
    vector = unit(np.ones(SPEC.dim, np.float32))
    places = [(asset, ordinal) for asset in range(5) for ordinal in range(8)]
    shuffled = np.random.default_rng(4).permutation(places).tolist()
    index.upsert(
        SPEC.space, [Point(str(uuid.UUID(int=n)), vector, payload_of(*at)) for n, at in enumerate(shuffled)]
    )
    found = index.search(SPEC.space, vector, ANYTHING, 12)
    assert [(match.place.asset, match.place.ordinal) for match in found] == [
        (asset_name(asset), ordinal) for asset, ordinal in places[:12]
    ]


def test_the_same_id_replaces(filled: VectorIndex, points: Material) -> None:
    old = points.points[10]
    filled.upsert(SPEC.space, [Point(old.id, points.vectors[200], payload_of(77, 0))])
    assert _counts(filled) == {SPEC.space: len(points.points)}
    found = filled.search(SPEC.space, points.vectors[200], ANYTHING, 2, exact=True)
    assert {match.place.asset for match in found} == {asset_name(77), points.points[200].payload.asset}


def test_replacing_an_asset_leaves_no_point_of_before(filled: VectorIndex, points: Material) -> None:
    kept = [point for point in points.points if point.payload.asset == asset_name(2)][:2]
    filled.replace(SPEC.space, {asset_name(2): kept, asset_name(3): []})
    assert _counts(filled) == {SPEC.space: len(points.points) - 4 - 6}
    found = filled.search(
        SPEC.space, points.vectors[0], AssetFilter(assets=(asset_name(2), asset_name(3))), 50
    )
    assert sorted(match.place.ordinal for match in found) == [0, 1]


def test_replacing_nothing_changes_nothing(filled: VectorIndex, points: Material) -> None:
    filled.replace(SPEC.space, {})
    assert _counts(filled) == {SPEC.space: len(points.points)}


def test_an_asset_is_deleted_from_one_space_or_all(filled: VectorIndex, points: Material) -> None:
    filled.ensure_space(OTHER)
    passages = material(3, 4, OTHER)
    filled.upsert(OTHER.space, passages.points)
    filled.delete_asset(asset_name(1), OTHER.space)
    assert _counts(filled) == {SPEC.space: len(points.points), OTHER.space: 8}
    filled.delete_asset(asset_name(2))
    filled.delete_asset(asset_name(2))
    assert _counts(filled) == {SPEC.space: len(points.points) - 6, OTHER.space: 4}


def test_spaces_never_mix(filled: VectorIndex) -> None:
    filled.ensure_space(OTHER)
    vector = material(1, 1, OTHER).vectors[0]
    assert filled.search(OTHER.space, vector, ANYTHING, 5) == []
    only = Point(point_uuid(asset_name(1), OTHER.space, 0), vector, payload_of(1, 0))
    filled.upsert(OTHER.space, [only])
    assert [match.place for match in filled.search(OTHER.space, vector, ANYTHING, 5)] == [only.payload.place]


def test_a_sample_holds_stored_vectors_and_stays_the_same(filled: VectorIndex, points: Material) -> None:
    drawn = filled.sample(SPEC.space, 50)
    assert drawn.shape == (50, SPEC.dim)
    assert np.abs((drawn @ points.vectors.T).max(axis=1) - 1).max() < 1e-5
    assert np.array_equal(drawn, filled.sample(SPEC.space, 50))
    assert len(filled.sample(SPEC.space, 9999)) == len(points.points)


def test_a_sample_does_not_come_from_a_few_assets(filled: VectorIndex, points: Material) -> None:
    nearest = (filled.sample(SPEC.space, 40) @ points.vectors.T).argmax(axis=1)
    assert len({points.points[row].payload.asset for row in nearest}) > 15


def test_a_sample_of_nothing_is_empty(filled: VectorIndex) -> None:
    assert len(filled.sample("visual:nobody@0", 5)) == 0
    assert len(filled.sample(SPEC.space, 0)) == 0


def test_statistics_name_every_space(filled: VectorIndex, points: Material) -> None:
    filled.ensure_space(OTHER)
    filled.flush()
    rows = filled.stats()
    assert [row.space for row in rows] == [OTHER.space, SPEC.space]
    assert all(isinstance(row, SpaceStats) and 0 <= row.indexed <= row.points for row in rows)
