"""Locations, assets and their copies: what every catalog must do."""

import dataclasses
from fractions import Fraction

import pytest

from catalog.lifecycle import identity_of
from catalog.model import (
    Asset,
    AssetKind,
    AssetState,
    ChangeKind,
    Location,
    ObjectRole,
    StageRun,
    Technical,
    Track,
)
from catalog.query import AssetFilter
from catalog.repository import Catalog, TextQuery
from foundation.errors import AssetNotFound, LocationNotFound, NameTaken, StateConflict
from foundation.ids import AssetId, LocationId, mint
from foundation.timecode import PtsTable
from tests.contract.catalog.examples import (
    face,
    instance,
    location,
    register,
    say,
    shots,
    show,
    statement,
    stored,
    vectors,
)


def changes(store: Catalog) -> list[tuple[AssetId, ChangeKind, str | None]]:
    with store.read() as view:
        return [(change.asset_id, change.kind, change.space) for change in view.changes.after(0, 1000)]


def test_locations_are_listed_by_name_and_found(catalog: Catalog) -> None:
    with catalog.write() as writer:
        for name in ("tape", "archive"):
            writer.locations.add(location(name))
    with catalog.read() as view:
        assert [place.name for place in view.locations.all()] == ["archive", "tape"]
        found = view.locations.get("tape")
        assert view.locations.by_id(found.id) == found
        assert found.created_at is not None


@pytest.mark.parametrize("twin", [location("films", "/other"), location("other", "/films")])
def test_a_name_and_a_root_are_taken_once(catalog: Catalog, films: Location, twin: Location) -> None:
    with pytest.raises(NameTaken), catalog.write() as writer:
        writer.locations.add(twin)


def test_an_unknown_location_is_said_so(catalog: Catalog) -> None:
    with catalog.write() as writer:
        for missing in (writer.locations.get, writer.locations.remove):
            with pytest.raises(LocationNotFound):
                missing("nowhere")
        with pytest.raises(LocationNotFound):
            writer.locations.by_id(LocationId("loc_none"))


def test_removing_a_location_makes_its_assets_unavailable(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        say(writer, asset, "hello there")
        writer.locations.remove("films")
    with catalog.read() as view:
        assert view.locations.all() == []
        assert view.assets.get(asset.id).state == AssetState.UNAVAILABLE
        assert len(view.words.speech(TextQuery(("hello",)), AssetFilter(), 5)) == 1


def test_a_root_that_comes_back_finds_its_copies_again(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        writer.locations.remove("films")
    again = location("movies", films.uri)
    with catalog.write() as writer:
        writer.locations.add(again)
    with catalog.read() as view:
        known = dict(view.assets.known_page(again.id, limit=100_000))["a.mp4"]
        assert (known.asset_id, known.available) == (asset.id, False)
        assert view.assets.get(asset.id).location_id == again.id
    assert changes(catalog)[-1] == (asset.id, ChangeKind.PAYLOAD, None)


def test_what_is_registered_is_read_back(catalog: Catalog, films: Location) -> None:
    asset = Asset(AssetId(mint("ast")), AssetKind.VIDEO, "a b/ü.mp4", films.id)
    copy = dataclasses.replace(
        instance(asset, asset.name),
        objects=(stored(asset.name), stored("a b/ü.srt", role=ObjectRole.CAPTIONS)),
    )
    with catalog.write() as writer:
        writer.assets_writer.register(asset, copy)
    with catalog.read() as view:
        found = view.assets.get(asset.id)
        assert dataclasses.replace(found, created_at=None) == asset
        assert view.assets.instances(asset.id) == [copy]
        assert view.assets.primary_instances([asset.id]) == {asset.id: copy}
        known = dict(view.assets.known_page(films.id, limit=100_000))["a b/ü.mp4"]
    assert known.identity == identity_of(copy.objects)
    assert (known.complete, known.recipe, known.storage_class) == (False, "", "STANDARD")


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_what_is_known_comes_in_pages_by_name(catalog: Catalog, films: Location, limit: int) -> None:
    names = ["a", "a-b/x.mov", "a/x.mov", "a/y.mov", "b\ue000.mov", "b\U0001f3ac.mov"]
    with catalog.write() as writer:
        for name in reversed(names):
            register(writer, films, name)
    found: list[str] = []
    with catalog.read() as view:
        while page := view.assets.known_page(films.id, after=found[-1] if found else None, limit=limit):
            found += [name for name, _ in page]
        assert [n for n, _ in view.assets.known_page(films.id, first="a/", limit=2)] == names[2:4]
    assert found == names


def test_a_name_with_undecodable_bytes_keeps_every_byte(catalog: Catalog, films: Location) -> None:
    name = b"caf\xe9 \xff\x80.mp4".decode("utf-8", "surrogateescape")
    with catalog.write() as writer:
        asset = register(writer, films, name)
    with catalog.read() as view:
        assert view.assets.get(asset.id).name == name
        assert list(dict(view.assets.known_page(films.id, limit=100_000))) == [name]
        assert view.words.names(TextQuery(("mp4",)), AssetFilter(), 5)[0].text == name


def test_a_place_is_registered_once(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        register(writer, films, "a.mp4")
    with pytest.raises(StateConflict), catalog.write() as writer:
        register(writer, films, "a.mp4")
    with catalog.read() as view:
        assert view.assets.count(AssetFilter()) == 1


def test_describing_stores_technical_facts_pts_tracks_and_year(catalog: Catalog, films: Location) -> None:
    pts = PtsTable(Fraction(1, 90_000), (0, 3003, 6006, 9300), 12_303, first_pts=-3003)
    technical = Technical(
        rate=Fraction(30_000, 1001),
        frames=4,
        width=1920,
        height=1080,
        rotation=90,
        colour={"primaries": "bt709"},
        codec="h264",
        drop_frame=True,
        variable_rate=True,
    )
    tracks = [
        Track(0, "video", "h264"),
        Track(1, "audio", "aac", language="en", channels=2, sample_rate=48_000),
    ]
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        described = dataclasses.replace(
            asset, technical=technical, duration_ms=137, year=1987, year_source="recorded", sha256="f" * 64
        )
        writer.assets_writer.describe(described, pts, tracks)
    with catalog.read() as view:
        assert dataclasses.replace(view.assets.get(asset.id), created_at=None) == described
        timeline = view.assets.timelines([asset.id])[asset.id]
        assert (timeline.pts, timeline.technical) == (pts, technical)
        assert view.assets.tracks(asset.id) == tracks
        assert view.assets.by_sha256("f" * 64) == view.assets.get(asset.id)
        assert view.assets.by_sha256("0" * 64) is None
    assert changes(catalog) == [(asset.id, ChangeKind.PAYLOAD, None)]


def test_indexing_is_complete_until_the_bytes_are_overwritten(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        writer.facts_writer.finish_stage(StageRun(asset.id, "walk", "recipe-7", "digest"))
        writer.assets_writer.mark_indexed(asset.id)
    with catalog.read() as view:
        known = dict(view.assets.known_page(films.id, limit=100_000))["a.mp4"]
    assert (known.complete, known.recipe) == (True, "recipe-7")
    with catalog.write() as writer:
        writer.assets_writer.new_version(asset.id)
    with catalog.read() as view:
        known = dict(view.assets.known_page(films.id, limit=100_000))["a.mp4"]
        assert view.assets.get(asset.id).version == 2
    assert (known.complete, known.recipe) == (False, "")


def test_a_new_version_keeps_what_people_said_only(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        say(writer, asset, "machine words")
        show(writer, asset, "title")
        writer.facts_writer.replace_shots(asset.id, shots(asset, 0, 10, 20), [])
        writer.facts_writer.replace_faces(asset.id, [face(asset, 0)])
        writer.facts_writer.put_vectors(vectors(asset))
        writer.facts_writer.replace_statements(
            asset.id, "stage:look@1", [statement(asset, "a dog", source="stage:look@1")]
        )
        human = statement(asset, "a wolf")
        writer.facts_writer.add_statement(human)
        ada = writer.people.add("Ada")
        writer.people.assign(asset.id, [0], ada.id)
        writer.assets_writer.new_version(asset.id)
    with catalog.read() as view:
        facts = view.facts
        for read in (
            facts.shots,
            facts.cues,
            facts.passages,
            facts.screen_text,
            facts.faces,
            facts.vector_files,
        ):
            assert read(asset.id) == []
        assert [item.id for item in facts.statements(asset.id)] == [human.id]
        assert view.words.speech(TextQuery(("machine",)), AssetFilter(), 5) == []
        assert view.words.onscreen(TextQuery(("title",)), AssetFilter(), 5) == []
        assert [m.text for m in view.words.descriptions(TextQuery(("dog", "wolf")), AssetFilter(), 5)] == [
            "a wolf"
        ]
    assert changes(catalog)[-1] == (asset.id, ChangeKind.DELETE, None)
    with catalog.write() as writer:
        writer.facts_writer.replace_faces(
            asset.id, [face(asset, 0, at=3, left=0.11), face(asset, 1, left=0.6)]
        )
        assert [track.person_id for track in writer.facts.faces(asset.id)] == [ada.id, None]


def test_availability_follows_the_copies(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        copy = writer.assets.instances(asset.id)[0]
        writer.assets_writer.set_available([copy.id], available=False)
        assert writer.assets.get(asset.id).state == AssetState.UNAVAILABLE
    with catalog.write() as writer:
        writer.assets_writer.set_available([copy.id], available=True)
        assert writer.assets.get(asset.id).state == AssetState.PRESENT
    assert changes(catalog) == [(asset.id, ChangeKind.PAYLOAD, None)] * 2


def test_a_moved_copy_renames_its_asset_and_keeps_its_id(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "old.mp4")
        copy = writer.assets.instances(asset.id)[0]
        moved = dataclasses.replace(
            copy, name="new.mp4", objects=(stored("new.mp4", storage_class="GLACIER"),)
        )
        writer.assets_writer.replace_instance(moved)
    with catalog.read() as view:
        found = view.assets.get(asset.id)
        assert (found.name, found.storage_class) == ("new.mp4", "GLACIER")
        assert list(dict(view.assets.known_page(films.id, limit=100_000))) == ["new.mp4"]
        assert view.words.names(TextQuery(("old",)), AssetFilter(), 5) == []
        assert len(view.words.names(TextQuery(("new",)), AssetFilter(), 5)) == 1
    assert changes(catalog) == [(asset.id, ChangeKind.PAYLOAD, None)]


def test_merging_equal_bytes_leaves_one_asset_and_an_alias(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        cold = register(writer, films, "cold.mp4", storage_class="DEEP_ARCHIVE")
        hot = register(writer, films, "hot.mp4")
        older = register(writer, films, "older.mp4")
        say(writer, hot, "duplicate words")
        for asset, value in ((cold, "kept"), (hot, "moved one"), (hot, "moved two")):
            writer.facts_writer.add_statement(statement(asset, value))
        writer.assets_writer.merge(older.id, hot.id)
        writer.assets_writer.merge(hot.id, cold.id)
    with catalog.read() as view:
        for alias in (older.id, hot.id, cold.id):
            found = view.assets.get(alias)
            assert (found.id, found.name, found.storage_class) == (cold.id, "hot.mp4", "STANDARD")
        names = [copy.name for copy in view.assets.instances(hot.id)]
        assert names == ["hot.mp4", "older.mp4", "cold.mp4"]
        assert sorted(item.value for item in view.facts.statements(cold.id)) == [
            "kept",
            "moved one",
            "moved two",
        ]
        assert len(view.words.descriptions(TextQuery(("moved",)), AssetFilter(), 5)) == 2
        assert view.words.speech(TextQuery(("duplicate",)), AssetFilter(), 5) == []
        assert view.assets.count(AssetFilter()) == 1
    told = changes(catalog)
    assert (older.id, ChangeKind.DELETE, None) in told
    assert told[-2:] == [(hot.id, ChangeKind.DELETE, None), (cold.id, ChangeKind.PAYLOAD, None)]


def test_an_asset_is_not_merged_into_itself(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        with pytest.raises(StateConflict):
            writer.assets_writer.merge(asset.id, asset.id)
        with pytest.raises(AssetNotFound):
            writer.assets_writer.merge(asset.id, AssetId("ast_none"))


def test_withdrawn_is_hidden_everywhere_and_comes_back_whole(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "secret.mp4")
        say(writer, asset, "hidden words")
        writer.facts_writer.put_vectors(vectors(asset))
    with catalog.write() as writer:
        writer.assets_writer.set_state(asset.id, AssetState.WITHDRAWN)
    with catalog.read() as view:
        assert view.assets.select(AssetFilter()) == frozenset()
        assert view.assets.page(AssetFilter(), after=None, limit=5) == []
        assert view.words.speech(TextQuery(("hidden",)), AssetFilter(), 5) == []
        assert view.words.names(TextQuery(("secret",)), AssetFilter(), 5) == []
        assert view.assets.get(asset.id).state == AssetState.WITHDRAWN
    with catalog.write() as writer:
        writer.assets_writer.set_state(asset.id, AssetState.PRESENT)
    with catalog.read() as view:
        assert len(view.words.speech(TextQuery(("hidden",)), AssetFilter(), 5)) == 1
    space = vectors(asset).space
    assert changes(catalog) == [
        (asset.id, ChangeKind.VECTORS, space),
        (asset.id, ChangeKind.DELETE, None),
        (asset.id, ChangeKind.VECTORS, space),
    ]


def test_erased_is_gone_for_good(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "erased.mp4")
        say(writer, asset, "private words")
        writer.facts_writer.add_statement(statement(asset, "a private remark"))
        writer.facts_writer.put_vectors(vectors(asset))
        writer.assets_writer.set_state(asset.id, AssetState.ERASED)
    with catalog.read() as view:
        found = view.assets.get(asset.id)
        assert (found.state, found.name) == (AssetState.ERASED, "")
        assert dict(view.assets.known_page(films.id, limit=100_000)) == {}
        assert view.facts.statements(asset.id) == []
        assert view.facts.vector_files() == []
        for search in (view.words.speech, view.words.names, view.words.descriptions):
            assert search(TextQuery(("private", "erased")), AssetFilter(), 5) == []
    assert changes(catalog)[-1] == (asset.id, ChangeKind.DELETE, None)
    with pytest.raises(StateConflict), catalog.write() as writer:
        writer.assets_writer.set_state(asset.id, AssetState.PRESENT)


def test_speech_is_told_to_the_feed_when_it_changes(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
    for heard in (True, True, False):
        with catalog.write() as writer:
            writer.assets_writer.set_has_speech(asset.id, has_speech=heard)
    assert changes(catalog) == [(asset.id, ChangeKind.PAYLOAD, None)] * 2
    with catalog.read() as view:
        assert view.assets.get(asset.id).has_speech is False
