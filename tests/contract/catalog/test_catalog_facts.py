"""Facts of assets: what every catalog must do."""

import dataclasses

import pytest

from catalog.model import (
    Box,
    ChangeKind,
    Keyframe,
    Location,
    Rendition,
    RenditionRole,
    ScreenText,
    StageRun,
)
from catalog.query import AssetFilter
from catalog.repository import Catalog, TextQuery
from foundation.errors import AssetNotFound, NameTaken, PersonNotFound, StateConflict
from foundation.ids import AssetId, PersonId, StatementId, mint
from foundation.timecode import FrameRange, SampleRange
from tests.contract.catalog.examples import (
    NOON,
    cues,
    face,
    register,
    say,
    shots,
    statement,
    vectors,
)
from tests.fakes.clock import FakeClock


def test_shots_and_keyframes_are_replaced_whole(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        writer.facts_writer.replace_shots(asset.id, shots(asset, 0, 5, 9, 30), [])
        found = shots(asset, 0, 12, 30)
        frames = [
            Keyframe(asset.id, found[1].id, 20, "keyframes/20.jpg"),
            Keyframe(asset.id, found[0].id, 3, "k"),
        ]
        writer.facts_writer.replace_shots(asset.id, found, frames)
    with catalog.read() as view:
        assert view.facts.shots(asset.id) == found
        assert view.facts.keyframes(asset.id) == frames[::-1]


def test_cues_and_passages_are_read_back_in_order(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset, other = register(writer, films, "a.mp4"), register(writer, films, "b.mp4")
        heard = cues(asset, [f"sentence number {n}." for n in range(12)])
        heard[3] = dataclasses.replace(heard[3], speaker="Ada", language="en", confidence=0.5, track=1)
        say(writer, other, "something else")
        say(writer, asset, *[cue.text for cue in heard])
        passages = writer.facts.passages(asset.id)
        writer.facts_writer.replace_words(asset.id, heard[::-1], passages)
    with catalog.read() as view:
        assert view.facts.cues(asset.id) == heard
        assert view.facts.passages(asset.id) == passages
        assert len(passages) > 1
        keys = [(asset.id, 1), (asset.id, 99), (other.id, 0)]
        at = view.facts.passages_at(keys)
        assert at == {keys[0]: passages[1], keys[2]: view.facts.passages(other.id)[0]}
        assert view.facts.cues_of(keys[1:]) == {keys[2]: tuple(view.facts.cues(other.id))}
        assert view.facts.cues_of([]) == view.facts.passages_at([]) == {}


def test_text_on_screen_is_read_back(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        lines = [
            ScreenText(asset.id, n, FrameRange(n, n + 5), Box(0, 0.5, 0.25, 0.125), f"line {n}", 0.5)
            for n in range(3)
        ]
        writer.facts_writer.replace_screen_text(asset.id, lines)
    with catalog.read() as view:
        assert view.facts.screen_text(asset.id) == lines


def test_renditions_are_one_per_role(catalog: Catalog, films: Location) -> None:
    proxy = Rendition(RenditionRole.PROXY, "proxy.mp4", 10, "a" * 64, "video/mp4", 960, 540, 250)
    with catalog.write() as writer:
        asset, bare = register(writer, films, "a.mp4"), register(writer, films, "b.mp4")
        writer.facts_writer.put_rendition(asset.id, dataclasses.replace(proxy, size=9))
        writer.facts_writer.put_rendition(asset.id, proxy)
    with catalog.read() as view:
        assert view.facts.renditions(asset.id) == {RenditionRole.PROXY: proxy}
        assert view.facts.playable([asset.id, bare.id]) == {asset.id: proxy}


def test_a_still_is_looked_at_where_a_film_is_played(catalog: Catalog, films: Location) -> None:
    still = Rendition(RenditionRole.STILL, "still.jpg", 10, "a" * 64, "image/jpeg", 960, 540)
    poster = Rendition(RenditionRole.POSTER, "poster.jpg", 10, "b" * 64, "image/jpeg")
    with catalog.write() as writer:
        photo, cold = register(writer, films, "a.jpg"), register(writer, films, "b.jpg")
        writer.facts_writer.put_rendition(photo.id, still)
        writer.facts_writer.put_rendition(photo.id, poster)
        writer.facts_writer.put_rendition(cold.id, poster)
    with catalog.read() as view:
        assert view.facts.playable([photo.id, cold.id]) == {photo.id: still}


def test_vectors_and_stage_runs_are_replaced_by_key(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        for version in ("1", "2"):
            writer.facts_writer.put_vectors(dataclasses.replace(vectors(asset), revision=version))
            writer.facts_writer.finish_stage(StageRun(asset.id, "look", version, "digest", NOON))
    with catalog.read() as view:
        assert [file.revision for file in view.facts.vector_files()] == ["2"]
        assert view.facts.vector_files(asset.id) == view.facts.vector_files()
        assert view.facts.stage_runs(asset.id) == {"look": StageRun(asset.id, "look", "2", "digest", NOON)}
        told = [(change.kind, change.space) for change in view.changes.after(0, 9)]
    assert told == [(ChangeKind.VECTORS, vectors(asset).space)]


def test_vectors_of_one_space_are_dropped_alone_and_once(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        for space in ("visual:a", "visual:b"):
            writer.facts_writer.put_vectors(vectors(asset, space))
    with catalog.read() as view:
        before = view.changes.last()
    for _ in range(2):
        with catalog.write() as writer:
            writer.facts_writer.drop_vectors(asset.id, "visual:a")
    with catalog.read() as view:
        assert [file.space for file in view.facts.vector_files()] == ["visual:b"]
        told = [(change.kind, change.space) for change in view.changes.after(before, 9)]
    assert told == [(ChangeKind.VECTORS, "visual:a")]


def test_a_stage_time_is_the_catalogs_unless_given(
    catalog: Catalog, films: Location, clock: FakeClock
) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        writer.facts_writer.finish_stage(StageRun(asset.id, "look", "1", "digest"))
    with catalog.read() as view:
        assert view.facts.stage_runs(asset.id)["look"].finished_at == clock()
        assert view.now == clock()


def test_machine_statements_are_replaced_by_source_and_human_ones_stay(
    catalog: Catalog, films: Location
) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        human = dataclasses.replace(
            statement(asset, "the harbour"),
            frames=FrameRange(3, 9),
            sound=SampleRange(5, 6),
            box=Box(0.1, 0.2, 0.3, 0.4),
            language="en",
            confidence=0.9,
            created_at=NOON,
        )
        writer.facts_writer.add_statement(human)
        for source, values in (("stage:look@1", "ab"), ("stage:hear@1", "c"), ("stage:look@1", "d")):
            found = [statement(asset, value, source=source) for value in values]
            writer.facts_writer.replace_statements(asset.id, source, found)
    with catalog.read() as view:
        assert [item.value for item in view.facts.statements(asset.id)] == ["the harbour", "c", "d"]
        assert view.facts.statements(asset.id)[0] == human
        match = view.words.descriptions(TextQuery(("harbours",)), AssetFilter(), 5)[0]
        assert (match.frames, match.sound, match.source) == (human.frames, human.sound, human.source)


def test_a_correction_outlives_the_statement_it_corrects(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        machine = statement(asset, "a dog", source="stage:look@1")
        writer.facts_writer.replace_statements(asset.id, "stage:look@1", [machine])
        human = dataclasses.replace(statement(asset, "a wolf"), supersedes=machine.id)
        writer.facts_writer.add_statement(human)
    again = dataclasses.replace(machine, id=StatementId(mint("sta")))
    with catalog.write() as writer:
        writer.facts_writer.replace_statements(asset.id, "stage:look@1", [again])
        assert [item.value for item in writer.facts.statements(asset.id)] == ["a wolf"]
        assert writer.words.descriptions(TextQuery(("dog",)), AssetFilter(), 5) == []
        with pytest.raises(StateConflict):
            writer.facts_writer.replace_statements(asset.id, "person:prn_local", [])


def test_black_and_white_follows_the_statements(catalog: Catalog, films: Location) -> None:
    source = "stage:describe@1"
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
    for values, expected in ((("false",), False), (("false", "true"), True), ((), None)):
        with catalog.write() as writer:
            found = [statement(asset, value, field="black_and_white", source=source) for value in values]
            writer.facts_writer.replace_statements(asset.id, source, found)
        with catalog.read() as view:
            chosen = {
                flag: bool(view.assets.select(AssetFilter(black_and_white=flag))) for flag in (True, False)
            }
            assert chosen == {True: expected is True, False: expected is False}
            hits = view.words.descriptions(TextQuery(("black", "white")), AssetFilter(), 5)
            assert bool(hits) == (expected is True)


def test_facts_of_an_unknown_asset_are_refused(catalog: Catalog) -> None:
    nobody = AssetId("ast_none")
    with catalog.write() as writer:
        with pytest.raises(AssetNotFound):
            writer.facts_writer.replace_words(nobody, [], [])
        with pytest.raises(AssetNotFound):
            writer.facts_writer.replace_statements(nobody, "stage:look@1", [])


def test_people_are_found_by_id_and_by_name(catalog: Catalog) -> None:
    with catalog.write() as writer:
        ada = writer.people.add("  Ada   Lovelace ")
        with pytest.raises(NameTaken):
            writer.people.add("ada lovelace")
        writer.people.add("Émile")
    with catalog.read() as view:
        assert ada.name == "Ada Lovelace"
        assert view.people.get(ada.id) == view.people.get("ADA LOVELACE") == ada
        assert view.people.get("émile").name == "Émile"
        assert [person.name for person in view.people.all()] == ["Ada Lovelace", "Émile"]
        with pytest.raises(PersonNotFound):
            view.people.get("nobody")


def test_naming_faces_counts_filters_and_tells_the_feed(catalog: Catalog, films: Location) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        tracks = [face(asset, 0, quality=0.2), face(asset, 1, left=0.6, quality=0.9)]
        writer.facts_writer.replace_faces(asset.id, tracks)
        ada = writer.people.add("Ada")
    with catalog.write() as writer:
        writer.people.assign(asset.id, [0, 1], ada.id)
        assert writer.people.get("Ada").faces == 2
        best_first = [track.ordinal for track in writer.people.tracks(ada.id, AssetFilter(), 5)]
        assert best_first == [1, 0]
        writer.people.assign(asset.id, [1], None)
        assert [t.ordinal for t in writer.people.tracks(None, AssetFilter(), 5)] == [1]
        with pytest.raises(PersonNotFound):
            writer.people.assign(asset.id, [1], PersonId("per_none"))
    with catalog.write() as writer:
        writer.people.remove(ada.id)
        with pytest.raises(PersonNotFound):
            writer.people.remove(ada.id)
    with catalog.read() as view:
        assert [track.person_id for track in view.facts.faces(asset.id)] == [None, None]
        kinds = [change.kind for change in view.changes.after(0, 9)]
    assert kinds == [ChangeKind.PAYLOAD] * 2


@pytest.mark.parametrize(
    ("at", "left", "kept"),
    [(0, 0.1, True), (15, 0.12, True), (19, 0.1, True), (20, 0.1, False), (0, 0.25, False), (0, 0.6, False)],
)
def test_a_name_stays_where_range_and_box_overlap(
    catalog: Catalog, films: Location, at: int, left: float, kept: bool
) -> None:
    with catalog.write() as writer:
        asset = register(writer, films, "a.mp4")
        writer.facts_writer.replace_faces(asset.id, [face(asset, 0)])
        ada = writer.people.add("Ada")
        writer.people.assign(asset.id, [0], ada.id)
        writer.facts_writer.replace_faces(asset.id, [])
        writer.facts_writer.replace_faces(asset.id, [face(asset, 7, at=at, left=left)])
        assert writer.facts.faces(asset.id)[0].person_id == (ada.id if kept else None)
