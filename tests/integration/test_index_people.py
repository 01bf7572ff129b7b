"""Who is seen, from footage to names: whole index runs over stills with a detector for coloured squares."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from catalog.model import FaceTrack, ProhibitionReason
from catalog.query import AssetFilter
from embeddings import factory
from embeddings.generations import GenerationalIndex
from embeddings.packs import PackStore
from embeddings.vector_file import read_vectors, write_vectors
from foundation.errors import StateConflict
from foundation.ids import PersonId
from foundation.settings import SignalSettings, VectorSettings
from indexer.follower import open_follower
from search_api.services import people
from tests.indexing import QUICK, Archive
from tests.toy_faces import ToyFaceEncoder, portrait, vector_of

FACES = SignalSettings(**(QUICK.model_dump() | {"faces": True}))


@pytest.fixture
def encoder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ToyFaceEncoder:
    pack = PackStore(tmp_path / "packs").active("face")
    assert pack is not None
    toy = ToyFaceEncoder(pack.spec, float(pack.options["same_person"]))
    monkeypatch.setattr(factory, "open_face", lambda *_: toy)
    return toy


@pytest.fixture
def archive(tmp_path: Path, encoder: ToyFaceEncoder) -> Iterator[Archive]:
    """Two photographs of Ada and Bob, and one of Cleo."""
    made = Archive.open(tmp_path, signals=FACES)
    portrait(made.root / "1.png", "ada", "bob")
    portrait(made.root / "2.png", "bob", "ada", shade=9)
    portrait(made.root / "3.png", "cleo")
    made.index()
    yield made
    made.services.close()


def faces(archive: Archive, name: str) -> list[FaceTrack]:
    with archive.read() as reader:
        return reader.facts.faces(archive.assets()[name].id)


def named(archive: Archive, name: str) -> list[str | None]:
    """Names of the people in an asset, from left to right."""
    with archive.read() as reader:
        return [
            None if track.person_id is None else reader.people.get(track.person_id).name
            for track in sorted(faces(archive, name), key=lambda track: track.box.left)
        ]


def name(archive: Archive, asset: str, place: int, who: str) -> PersonId:
    """Name the cluster of the face that stands at a place, counted from the left."""
    track = sorted(faces(archive, asset), key=lambda track: track.box.left)[place]
    assert track.cluster_id is not None
    with archive.services.catalog.write() as writer:
        person = people.person_called(writer, who)
        writer.clusters.name(track.cluster_id, person.id)
    return person.id


def detect_again(archive: Archive) -> None:
    """Walk everything again, faces included."""
    with archive.services.catalog.write() as writer:
        for asset in writer.assets.page(AssetFilter(), after=None, limit=99):
            writer.assets_writer.reopen(asset.id, {"faces", "walk"}, needs_master=False)
    archive.index()


def test_an_index_run_ends_with_everybody_in_a_cluster(archive: Archive) -> None:
    with archive.read() as reader:
        found = reader.clusters.page(named=None, limit=9)
        assert sorted((cluster.faces, cluster.assets) for cluster in found) == [(1, 1), (2, 2), (2, 2)]
        assert not reader.clusters.due()
        before = {cluster.id for cluster in found}
    portrait(archive.root / "4.png", "cleo", shade=5)
    archive.index()
    with archive.read() as reader:
        again = reader.clusters.page(named=None, limit=9)
    assert {cluster.id for cluster in again} == before
    assert [cluster.faces for cluster in again] == [2, 2, 2]


def test_a_late_name_reaches_what_was_and_what_comes_without_detecting_again(archive: Archive) -> None:
    name(archive, "1.png", 0, "Ada")
    assert named(archive, "2.png") == [None, "Ada"]
    portrait(archive.root / "4.png", "cleo", "ada", shade=4)
    run = archive.index()
    assert named(archive, "4.png") == [None, "Ada"]
    assert run.unchanged == 3


def test_decisions_outlive_detection_with_boxes_a_little_apart(
    archive: Archive, encoder: ToyFaceEncoder
) -> None:
    ada = name(archive, "1.png", 0, "Ada")
    bob = name(archive, "1.png", 1, "Bob")
    with archive.services.catalog.write() as writer:
        wrong = next(t for t in writer.facts.faces(archive.assets()["2.png"].id) if t.person_id == bob)
        writer.people.reject(wrong.asset_id, [wrong.ordinal], bob)
        writer.people.assign(faces(archive, "3.png")[0].asset_id, [0], ada)
    expected = {"1.png": ["Ada", "Bob"], "2.png": [None, "Ada"], "3.png": ["Ada"]}
    for shift in (0.03, -0.03):
        encoder.shift = shift
        detect_again(archive)
        assert {asset: named(archive, asset) for asset in expected} == expected
    with archive.read() as reader:
        assert not reader.clusters.due()
        assert reader.people.get("Ada").faces == 3


def test_reclustering_keeps_those_who_are_like_the_confirmed(archive: Archive) -> None:
    ada = name(archive, "1.png", 0, "Ada")
    with archive.services.catalog.write() as writer:
        with pytest.raises(StateConflict):
            people.recluster(writer, ada)
        cleo = faces(archive, "3.png")[0]
        (cluster,) = (c for c in writer.clusters.page(named=True, limit=9))
        assert cleo.cluster_id is not None
        writer.clusters.merge(cleo.cluster_id, cluster.id)
        assert writer.people.get("Ada").faces == 3, "somebody merged too much"
        first = next(t for t in writer.facts.faces(archive.assets()["1.png"].id) if t.person_id == ada)
        writer.people.assign(first.asset_id, [first.ordinal], ada)
        run = people.recluster(writer, ada)
    archive.finish(run)
    assert [named(archive, asset) for asset in ("1.png", "2.png", "3.png")] == [
        ["Ada", None],
        [None, "Ada"],
        [None],
    ]


@pytest.mark.parametrize("reason", list(ProhibitionReason))
def test_who_is_removed_stays_away(
    archive: Archive, encoder: ToyFaceEncoder, reason: ProhibitionReason
) -> None:
    ada = name(archive, "1.png", 0, "Ada Lovelace")
    name(archive, "1.png", 1, "Bob")
    with archive.services.catalog.write() as writer:
        entry, run = people.prohibit(writer, "ada lovelace", reason)
    assert (named(archive, "1.png"), named(archive, "2.png")) == (["Bob"], ["Bob"]), "at once"
    assert archive.finish(run).failed == 0
    encoder.shift = 0.02
    detect_again(archive)
    portrait(archive.root / "4.png", "ada", "bob", shade=3)
    archive.index()
    in_new_footage = {ProhibitionReason.SUPPRESSED: ["Bob"], ProhibitionReason.ERASED: [None, "Bob"]}
    assert named(archive, "4.png") == in_new_footage[reason]
    assert (named(archive, "1.png"), named(archive, "2.png")) == (["Bob"], ["Bob"])
    with archive.services.catalog.write() as writer:
        assert writer.prohibitions.get(entry.id).purged_at is not None
        assert ada not in [person.id for person in writer.people.all()]
        people.allow(writer, entry.id)
    archive.index()
    assert named(archive, "1.png") == [None, "Bob"]


def test_a_template_also_removes_faces_that_nobody_named(archive: Archive) -> None:
    with archive.services.catalog.write() as writer:
        cleo = faces(archive, "3.png")[0]
        assert cleo.cluster_id is not None
        people.prohibit(writer, cleo.cluster_id, ProhibitionReason.SUPPRESSED)
    portrait(archive.root / "4.png", "cleo", shade=6)
    archive.index()
    assert faces(archive, "3.png") == faces(archive, "4.png") == []


def test_a_removal_that_was_cut_short_is_finished_by_the_next_run(archive: Archive) -> None:
    name(archive, "1.png", 0, "Ada")
    with archive.services.catalog.write() as writer:
        entry, run = people.prohibit(writer, "Ada", ProhibitionReason.ERASED)
        writer.jobs.cancel_run(run)
    one = archive.assets()["1.png"]
    with archive.read() as reader:
        (file,) = (file for file in reader.facts.vector_files(one.id) if file.kind == "face")
    path = archive.services.home.asset(one.id) / file.path
    rows, vectors = read_vectors(path)
    write_vectors(path, rows[1:], vectors[1:])  # a process was killed before it could say so in the catalog
    run_after = archive.index()
    assert (run_after.failed, archive.letters()) == (0, {})
    with archive.read() as reader:
        assert reader.prohibitions.get(entry.id).purged_at is not None
        for asset in archive.assets().values():
            (file,) = (file for file in reader.facts.vector_files(asset.id) if file.kind == "face")
            kept, _ = read_vectors(archive.services.home.asset(asset.id) / file.path, file.sha256)
            assert [row.ordinal for row in kept] == [face.ordinal for face in reader.facts.faces(asset.id)]


def test_a_lost_vector_file_is_no_obstacle_to_removal(archive: Archive) -> None:
    name(archive, "1.png", 0, "Ada")
    one = archive.assets()["1.png"]
    with archive.read() as reader:
        (file,) = (file for file in reader.facts.vector_files(one.id) if file.kind == "face")
    (archive.services.home.asset(one.id) / file.path).unlink()
    with archive.services.catalog.write() as writer:
        _, run = people.prohibit(writer, "Ada", ProhibitionReason.ERASED)
    assert archive.finish(run).failed == 0
    detect_again(archive)
    name(archive, "1.png", 0, "Bob")
    assert named(archive, "2.png") == ["Bob"]


def test_somebody_removed_during_their_detection_is_not_taken_down(
    archive: Archive, encoder: ToyFaceEncoder
) -> None:
    name(archive, "1.png", 0, "Ada")

    def remove_ada() -> None:
        encoder.on_compare = lambda: None
        with archive.services.catalog.write() as writer:
            people.prohibit(writer, "Ada", ProhibitionReason.SUPPRESSED)

    portrait(archive.root / "4.png", "ada", shade=4)
    encoder.on_compare = remove_ada
    archive.index()
    assert encoder.on_compare is not remove_ada
    assert faces(archive, "4.png") == []


@pytest.mark.slow
def test_nothing_of_an_erased_person_is_left_in_the_home(archive: Archive) -> None:
    home, catalog = archive.services.home, archive.services.catalog
    index = GenerationalIndex(home.index, VectorSettings())
    follower = open_follower(catalog, index, home)
    name(archive, "1.png", 0, "Zaphodine Beeblebrox")
    name(archive, "1.png", 1, "Bob")
    follower.run_once()
    traces, kept = [b"Zaphodine", *_traces(archive, index, "ada")], _traces(archive, index, "bob")
    assert all(_holding(archive, trace) for trace in traces + kept)
    with catalog.write() as writer:
        _, run = people.prohibit(writer, "Zaphodine Beeblebrox", ProhibitionReason.ERASED)
    archive.finish(run)
    follower.run_once()
    assert index.owes_rebuild
    follower.rebuild()
    assert not index.owes_rebuild
    index.close()
    assert {trace: _holding(archive, trace) for trace in traces} == {trace: [] for trace in traces}
    assert all(_holding(archive, trace) for trace in kept)


def _traces(archive: Archive, index: GenerationalIndex, who: str) -> list[bytes]:
    """Somebody's face as its bytes lie in the home: in vector files, in the index, as a cluster's mean."""
    with archive.read() as reader:
        files = [file for file in reader.facts.vector_files() if file.kind == "face"]
    read = [read_vectors(archive.services.home.asset(file.asset_id) / file.path)[1] for file in files]
    halves = [vector.astype("<f2") for vector in np.concatenate(read)]
    singles = [vector.astype("<f4") for vector in (*index.sample(files[0].space, 99), *_means(archive))]
    face = vector_of(who)
    theirs = [one for one in (*halves, *singles) if float(one.astype(np.float32) @ face) > 0.9]
    assert len(theirs) == 5, "two photographs in a file and in the index, and one cluster"
    return [one[:16].tobytes() for one in theirs]


def _means(archive: Archive) -> list[np.ndarray]:
    with archive.read() as reader:
        spaces = {file.space for file in reader.facts.vector_files() if file.kind == "face"}
        return [np.frombuffer(mean.mean, "<f4") for space in spaces for mean in reader.clusters.means(space)]


def _holding(archive: Archive, trace: bytes) -> list[str]:
    """Files of the home that hold some bytes."""
    root = archive.services.home.root
    return [
        path.relative_to(root).as_posix()
        for path in sorted(root.rglob("*"))
        if path.is_file() and trace in path.read_bytes()
    ]
