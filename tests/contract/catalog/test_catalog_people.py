"""Who is seen: what every catalog must do with clusters of faces, decisions, merges and prohibitions."""

from collections.abc import Sequence

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.model import Asset, ChangeKind, FaceTrack, Location, Person, ProhibitionReason
from catalog.query import AssetFilter
from catalog.repository import Catalog, CatalogReader, CatalogWriter
from foundation.errors import (
    ClusterNotFound,
    MergeNotFound,
    PersonNotFound,
    ProhibitionNotFound,
    StateConflict,
)
from foundation.ids import ClusterId, MergeId, PersonId, ProhibitionId
from tests.contract.catalog.examples import FACES, cluster, face, register, vectors

PLACES = (0.05, 0.35, 0.65)
"""Left edges at which three faces stand beside each other."""


def faces(asset: Asset, *, first: int = 0, at: int = 0, shift: float = 0.0) -> list[FaceTrack]:
    return [
        face(asset, first + n, at=at, left=left + shift, quality=0.9 - n / 10)
        for n, left in enumerate(PLACES)
    ]


def film(writer: CatalogWriter, place: Location, name: str) -> Asset:
    """An asset with three faces in it."""
    asset = register(writer, place, name)
    writer.facts_writer.replace_faces(asset.id, faces(asset))
    writer.facts_writer.put_vectors(vectors(asset, FACES))
    return asset


def shown(view: CatalogReader, asset: Asset) -> list[PersonId | None]:
    return [track.person_id for track in view.facts.faces(asset.id)]


def loose(view: CatalogReader) -> list[tuple[int, PersonId | None]]:
    """Ordinals of faces in no cluster, and whom somebody says they show."""
    found = view.clusters.loose(FACES, after=None, limit=99)
    for n, item in enumerate(found):
        key = (item.track.asset_id, item.track.ordinal)
        assert view.clusters.loose(FACES, after=key, limit=1) == found[n + 1 : n + 2]
    return [(item.track.ordinal, item.person_id) for item in found]


def test_a_late_name_reaches_past_and_future_appearances(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        one, two = film(writer, films, "1.mp4"), film(writer, films, "2.mp4")
        made = cluster(writer, (one, [0, 2]))
        ada = writer.people.add("Ada")
    with catalog.write() as writer:
        writer.clusters.name(made, ada.id)
        assert shown(writer, one) == [ada.id, None, ada.id]
        late = writer.facts.faces(two.id)[1]
        writer.clusters.join({late.id: made})
        assert shown(writer, two) == [None, ada.id, None]
    with catalog.read() as view:
        (found,) = view.clusters.page(named=True, limit=5)
        assert (found.id, found.faces, found.assets, found.person_id) == (made, 3, 2, ada.id)
        assert found.best.ordinal == 0
        assert view.clusters.page(named=False, limit=5) == []
        assert view.assets.select(AssetFilter(persons=(ada.id,))) == {one.id, two.id}
        told = [(c.asset_id, c.kind) for c in view.changes.after(0, 99) if c.kind == ChangeKind.PAYLOAD]
    assert told == [(one.id, ChangeKind.PAYLOAD), (two.id, ChangeKind.PAYLOAD)]
    with catalog.write() as writer:
        writer.clusters.name(made, None)
        assert shown(writer, one) == shown(writer, two) == [None, None, None]


def test_naming_one_face_names_its_cluster(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        one, two = film(writer, films, "1.mp4"), film(writer, films, "2.mp4")
        cluster(writer, (one, [0]), (two, [0, 1]))
        ada = writer.people.add("Ada")
        writer.people.assign(one.id, [0], ada.id)
        assert shown(writer, two) == [ada.id, ada.id, None]
        assert [track.asset_id for track in writer.people.confirmed(ada.id)] == [one.id]


def test_a_cluster_keeps_its_name_through_detection(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        made = cluster(writer, (asset, [0, 1]))
        ada = writer.people.add("Ada")
        writer.clusters.name(made, ada.id)
        writer.facts_writer.replace_faces(asset.id, faces(asset, first=4, at=9, shift=0.02))
        assert shown(writer, asset) == [ada.id, ada.id, None]
        assert loose(writer) == [(4, ada.id), (5, ada.id), (6, None)]
        assert [mean.id for mean in writer.clusters.means(FACES)] == [made]
        stranger = writer.facts.faces(asset.id)[2]
        writer.people.reject(asset.id, [stranger.ordinal], ada.id)
        other = cluster(writer, (asset, [stranger.ordinal]))
        rejected = {mean.id: mean.rejected for mean in writer.clusters.means(FACES)}
        assert rejected == {made: frozenset(), other: frozenset({ada.id})}


def test_not_this_person_sticks(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        made = cluster(writer, (asset, [0, 1]))
        ada = writer.people.add("Ada")
        writer.clusters.name(made, ada.id)
        writer.people.reject(asset.id, [1], ada.id)
        assert shown(writer, asset) == [ada.id, None, None]
        writer.facts_writer.replace_faces(asset.id, faces(asset, at=5, shift=-0.03))
        assert shown(writer, asset) == [ada.id, None, None]
        again = writer.facts.faces(asset.id)[1]
        writer.clusters.join({again.id: made})
        assert shown(writer, asset) == [ada.id, None, None]
        assert loose(writer) == [(0, ada.id), (2, None)]
        writer.clusters.name(made, ada.id)
        assert shown(writer, asset) == [ada.id, None, None]
        with pytest.raises(PersonNotFound):
            writer.people.reject(asset.id, [1], PersonId("per_none"))


def test_the_last_word_about_a_face_counts(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        ada, bob = writer.people.add("Ada"), writer.people.add("Bob")
        writer.people.reject(asset.id, [0], ada.id)
        writer.people.assign(asset.id, [0], ada.id)
        assert shown(writer, asset)[0] == ada.id
        writer.people.assign(asset.id, [0], bob.id)
        assert shown(writer, asset)[0] == bob.id
        writer.people.reject(asset.id, [0], bob.id)
        assert shown(writer, asset)[0] is None


def test_a_face_said_to_be_somebody_else_leaves_the_cluster(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        made = cluster(writer, (asset, [0, 1, 2]))
        ada, bob = writer.people.add("Ada"), writer.people.add("Bob")
        writer.clusters.name(made, ada.id)
        writer.people.assign(asset.id, [1], bob.id)
        assert shown(writer, asset) == [ada.id, bob.id, ada.id]
        assert loose(writer) == [(1, bob.id)]
        assert [track.ordinal for track in writer.clusters.stale(FACES)[made]] == [0, 2]
        assert [track.ordinal for track in writer.clusters.tracks(made, 9)] == [0, 2]


def test_merged_people_are_one_and_can_be_parted(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        ada, byron = writer.people.add("Ada"), writer.people.add("Byron")
        writer.people.assign(asset.id, [0], ada.id)
        writer.people.assign(asset.id, [1], byron.id)
    with catalog.write() as writer:
        merge = writer.people.merge(byron.id, ada.id)
        assert shown(writer, asset) == [ada.id, ada.id, None]
        assert writer.people.get("byron") == Person(ada.id, "Ada", 2)
        assert [person.name for person in writer.people.all()] == ["Ada"]
        assert writer.people.names() == [Person(ada.id, "Ada", also=("Byron",))]
        with pytest.raises(StateConflict):
            writer.people.merge(byron.id, ada.id)
    with catalog.write() as writer:
        undone = writer.people.unmerge(merge.id)
        assert shown(writer, asset) == [ada.id, byron.id, None]
        assert [(item.gone, item.undone_at) for item in writer.people.merges()] == [
            (byron.id, undone.undone_at)
        ]
        with pytest.raises(StateConflict):
            writer.people.unmerge(merge.id)
        with pytest.raises(MergeNotFound):
            writer.people.unmerge(MergeId("mrg_none"))


def test_a_rejection_holds_for_all_who_count_as_the_person(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        ada, byron = writer.people.add("Ada"), writer.people.add("Byron")
        made = cluster(writer, (asset, [0, 1]))
        writer.clusters.name(made, byron.id)
        merge = writer.people.merge(byron.id, ada.id)
        writer.people.reject(asset.id, [0], ada.id)
        assert shown(writer, asset) == [None, ada.id, None]
        writer.people.unmerge(merge.id)
        assert shown(writer, asset) == [None, byron.id, None]


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pairs=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=8),
    order=st.randoms(use_true_random=False),
)
def test_merges_undone_in_any_order_leave_everybody_themselves(
    catalog: Catalog, films: Location, pairs: Sequence[tuple[int, int]], order: st.DrawFn
) -> None:
    with catalog.write() as writer:
        for person in writer.people.all():
            writer.people.remove(person.id)
        films_of = {a.name: a for a in writer.assets.page(AssetFilter(), after=None, limit=9)}
        both = [films_of.get(name) or film(writer, films, name) for name in ("1.mp4", "2.mp4")]
        people = [writer.people.add(f"person {n}") for n in range(6)]
        for n, person in enumerate(people):
            writer.people.assign(both[n // 3].id, [n % 3], person.id)
        merges = []
        for gone, kept in pairs:
            roots = [writer.people.get(people[n].id).id for n in (gone, kept)]
            if roots[0] != roots[1]:
                merges.append(writer.people.merge(roots[0], roots[1]))
        order.shuffle(merges)  # type: ignore[attr-defined]
        for merge in merges:
            writer.people.unmerge(merge.id)
        assert shown(writer, both[0]) + shown(writer, both[1]) == [person.id for person in people]
        assert writer.people.all() == [Person(person.id, person.name, 1) for person in people]


def test_merged_clusters_are_one_and_can_be_parted(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        first, second = cluster(writer, (asset, [0])), cluster(writer, (asset, [1, 2]))
        ada = writer.people.add("Ada")
        writer.clusters.name(second, ada.id)
        merge = writer.people.unmerge(writer.clusters.merge(first, second).id)
        merge = writer.clusters.merge(second, first)
        assert (merge.gone, merge.kept) == (first, second), "the named one stays"
        assert shown(writer, asset) == [ada.id] * 3
        assert writer.clusters.get(first).faces == 3
        assert all(mean.fixed and mean.person_id == ada.id for mean in writer.clusters.means(FACES))
        writer.people.unmerge(merge.id)
        assert shown(writer, asset) == [None, ada.id, ada.id]
        bob = writer.people.add("Bob")
        writer.clusters.name(first, bob.id)
        with pytest.raises(StateConflict):
            writer.clusters.merge(first, second)
        with pytest.raises(ClusterNotFound):
            writer.clusters.merge(first, ClusterId("clu_none"))


def test_forgetting_somebody_keeps_the_cluster_without_a_name(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        made = cluster(writer, (asset, [0, 1]))
        ada, byron = writer.people.add("Ada"), writer.people.add("Byron")
        writer.clusters.name(made, byron.id)
        writer.people.merge(byron.id, ada.id)
        writer.people.remove(ada.id)
        assert shown(writer, asset) == [None] * 3
        assert writer.clusters.get(made).person_id is None
        assert writer.people.merges() == []
        assert writer.people.add("Byron").name == "Byron"


def test_an_empty_cluster_without_a_name_goes(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        made = cluster(writer, (asset, [0, 1]))
        writer.facts_writer.replace_faces(asset.id, [])
        assert writer.clusters.means(FACES) == []
        with pytest.raises(ClusterNotFound):
            writer.clusters.get(made)


def test_a_track_that_is_gone_makes_its_cluster_stale(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        before = writer.facts.faces(asset.id)
        made = cluster(writer, (asset, [0]))
        writer.facts_writer.replace_faces(asset.id, faces(asset))
        made = cluster(writer, (asset, [1]))
        assert writer.clusters.stale(FACES) == {}
        writer.clusters.join({before[2].id: made})
        assert list(writer.clusters.stale(FACES)) == [made]


def test_absorbing_moves_members_for_good(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        first, second = cluster(writer, (asset, [0])), cluster(writer, (asset, [1, 2]))
        ada = writer.people.add("Ada")
        writer.clusters.name(first, ada.id)
        writer.clusters.absorb(second, first)
        assert shown(writer, asset) == [ada.id] * 3
        assert [mean.id for mean in writer.clusters.means(FACES)] == [first]


def test_dissolving_keeps_what_was_confirmed(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        made = cluster(writer, (asset, [0, 1, 2]))
        ada = writer.people.add("Ada")
        writer.clusters.name(made, ada.id)
        writer.people.assign(asset.id, [2], ada.id)
        assert [track.ordinal for track in writer.clusters.dissolve(ada.id)] == [0, 1, 2]
        assert shown(writer, asset) == [None, None, ada.id]
        assert writer.clusters.means(FACES) == []


def test_a_prohibition_removes_faces_and_remembers_where(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = film(writer, films, "a.mp4")
        made = cluster(writer, (asset, [0, 1]))
        ada = writer.people.add("Ada")
        writer.clusters.name(made, ada.id)
    with catalog.write() as writer:
        tracks = writer.prohibitions.tracks_of(ada.id)
        assert [track.ordinal for track in tracks] == [0, 1]
        entry = writer.prohibitions.add(
            ProhibitionReason.SUPPRESSED, tracks, subjects=[ada.id], templates=True
        )
        writer.clusters.dissolve(ada.id)
        writer.people.remove(ada.id)
        assert (entry.places, entry.templates, entry.purged_at) == (2, (FACES,), None)
        assert [track.ordinal for track in writer.facts.faces(asset.id)] == [2]
        assert writer.clusters.means(FACES) == []
        assert [mean for _, mean in writer.prohibitions.templates(FACES)] == [b"\0" * 16]
        places = writer.prohibitions.places(asset.id)
        moved = faces(asset, at=7, shift=0.03)
        assert [any(p.holds(t.frames, t.box) for p in places) for t in moved] == [True, True, False]
    with catalog.write() as writer:
        assert writer.prohibitions.unpurged() == [entry.id]
        writer.prohibitions.set_purged(entry.id)
        assert writer.prohibitions.unpurged() == []
        assert writer.prohibitions.get(entry.id).purged_at == writer.now
    with catalog.write() as writer:
        assert ChangeKind.PURGE in [change.kind for change in writer.changes.after(0, 99)]
        assert writer.prohibitions.all() == [writer.prohibitions.get(entry.id)]
        assert writer.prohibitions.allow(entry.id) == [asset.id]
        assert writer.prohibitions.places(asset.id) == writer.prohibitions.templates(FACES) == []
        with pytest.raises(ProhibitionNotFound):
            writer.prohibitions.allow(ProhibitionId(entry.id))


def test_an_erased_face_leaves_no_template(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset, copy = film(writer, films, "a.mp4"), register(writer, films, "b.mp4")
        tracks = writer.facts.faces(asset.id)[:1]
        entry = writer.prohibitions.add(ProhibitionReason.ERASED, tracks, subjects=(), templates=False)
        assert entry.templates == ()
        writer.prohibitions.extend(entry.id, writer.facts.faces(asset.id)[:1])
        assert len(writer.prohibitions.places(asset.id)) == 2
        writer.assets_writer.merge(asset.id, copy.id)
        assert len(writer.prohibitions.places(copy.id)) == 2, "they go where the asset goes"
