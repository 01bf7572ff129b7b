"""People over the API: what each route does to the catalog, and the trail it leaves."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from catalog import model as m
from embeddings.encoder import EncoderSpec
from foundation import errors as e
from foundation import ids
from foundation.timecode import FrameRange
from search_api.client import Client
from tests.fakes.app_client import client_of
from tests.fakes.small_archive import SmallArchive

FACES = EncoderSpec("face", "toy-faces", "c" * 64, 4)
PLACES = (0.1, 0.4, 0.7)


@pytest.fixture
def client(http: TestClient) -> Client:
    return client_of(http)


@pytest.fixture
def clusters(archive: SmallArchive) -> list[str]:
    """Three faces in the film: two are alike, the third stands alone."""
    made = [ids.ClusterId(ids.mint("clu")) for _ in range(2)]
    with archive.catalog.write() as writer:
        shot = writer.facts.shots(archive.film.id)[-1]
        tracks = [
            m.FaceTrack(
                ids.FaceTrackId(ids.mint("fac")), archive.film.id, shot.id, n, FrameRange(250, 350), 300,
                m.Box(left, 0.2, 0.2, 0.4), 0.9 - n / 10,
            )
            for n, left in enumerate(PLACES)
        ]  # fmt: skip
        writer.facts_writer.replace_faces(archive.film.id, tracks)
        for cluster, members in zip(made, (tracks[:2], tracks[2:]), strict=True):
            writer.clusters.add(m.ClusterMean(cluster, FACES.space, b"\0" * 16, len(members)))
            writer.clusters.join({track.id: cluster for track in members})
    return list(made)


@pytest.fixture
def trail(archive: SmallArchive) -> Iterator[list[str]]:
    """Actions that the test leaves in the audit, oldest first, once it is over."""
    actions: list[str] = []
    yield actions
    with archive.catalog.read() as reader:
        assert [entry.action for entry in reversed(reader.audit.tail(99))] == actions
        assert reader.audit.verify() is None
        assert not any("Ada" in str(entry.detail) for entry in reader.audit.tail(99)), (
            "no name outlives erasure"
        )


def who(client: Client, archive: SmallArchive) -> list[str | None]:
    """Names in the film, by face."""
    names = {person.id: person.name for person in client.people.all()}
    return [None if face.person is None else names[face.person] for face in client.faces(archive.film.id)]


def test_a_cluster_is_named_and_found(
    client: Client, archive: SmallArchive, clusters: list[str], trail: list[str]
) -> None:
    first, second = client.people.clusters()
    assert [(one.id, one.faces, one.assets, one.person) for one in (first, second)] == [
        (clusters[0], 2, 1, None),
        (clusters[1], 1, 1, None),
    ]
    assert (first.best.ordinal, first.best.start, first.best.cluster) == (0, 10.0, clusters[0])
    named = client.people.name_cluster(clusters[0], " Ada  Lovelace")
    assert named.person is not None
    assert (named.person.name, named.person.faces) == ("Ada Lovelace", 2)
    assert who(client, archive) == ["Ada Lovelace", "Ada Lovelace", None]
    assert [one.id for one in client.people.clusters(named=True)] == [clusters[0]]
    assert [one.id for one in client.people.clusters(named=False)] == [clusters[1]]
    assert [face.ordinal for face in client.people.faces("ada lovelace")] == [0, 1]
    assert [face.ordinal for face in client.people.cluster_faces(clusters[1])] == [2]
    assert client.people.unname_cluster(clusters[0]).person is None
    with pytest.raises(e.ClusterNotFound):
        client.people.name_cluster("clu_none", "Ada")
    with pytest.raises(e.PersonNotFound):
        client.people.name_cluster(clusters[0], ids.mint("per"))
    with pytest.raises(e.InputError):
        client.people.name_cluster(clusters[0], "  ")
    trail += ["person.add", "cluster.name", "cluster.unname"]


def test_a_search_for_somebody_follows_their_names(
    client: Client, http: TestClient, clusters: list[str]
) -> None:
    client.people.name_cluster(clusters[0], "Ada Lovelace")
    client.people.name_cluster(clusters[1], "Countess")
    client.people.merge("Countess", "Ada Lovelace")
    for name in ("Ada Lovelace", "countess"):
        reply = http.get("/v1/search", params={"q": "people", "person": name, "signals": "face"}).json()
        assert [match["why"] for match in reply["hits"][0]["matched"]] == ["shows Ada Lovelace"]
    reply = http.get("/v1/search", params={"q": "the countess", "signals": "face"}).json()
    assert [match["why"] for match in reply["hits"][0]["matched"]] == ["shows Ada Lovelace"]


def test_faces_are_confirmed_and_rejected(
    client: Client, archive: SmallArchive, clusters: list[str], trail: list[str]
) -> None:
    client.people.name_cluster(clusters[0], "Ada")
    assert client.people.reject("Ada", archive.film.id, [1]).faces == 1
    assert client.people.confirm("Ada", archive.film.id, [2]).faces == 2
    assert who(client, archive) == ["Ada", None, "Ada"]
    run = client.people.recluster("Ada")
    assert (run.state, run.total) == ("discovering", 1)
    assert who(client, archive) == [None, None, "Ada"], "until the job has put them back"
    with pytest.raises(e.AssetNotFound):
        client.people.reject("Ada", "ast_none", [0])
    with pytest.raises(e.PersonNotFound):
        client.people.recluster("Nobody")
    client.people.add("Bob")
    with pytest.raises(e.StateConflict):
        client.people.recluster("Bob")
    trail += ["person.add", "cluster.name", "person.reject_faces", "person.name_faces", "person.recluster"]
    trail += ["person.add"]


def test_merges_are_undone_through_the_log(
    client: Client, archive: SmallArchive, clusters: list[str], trail: list[str]
) -> None:
    client.people.name_cluster(clusters[0], "Ada")
    client.people.name_cluster(clusters[1], "Countess")
    persons = client.people.merge("countess", "ada")
    assert who(client, archive) == ["Ada", "Ada", "Ada"]
    assert client.people.get("Countess").name == "Ada"
    groups = client.people.merge(clusters[1], clusters[0])
    assert [merge.id for merge in client.people.merges()] == [groups.id, persons.id]
    client.people.unmerge(groups.id)
    assert client.people.unmerge(persons.id).undone_at is not None
    assert who(client, archive) == ["Ada", "Ada", "Countess"]
    with pytest.raises(e.StateConflict):
        client.people.unmerge(persons.id)
    with pytest.raises(e.MergeNotFound):
        client.people.unmerge("mrg_none")
    with pytest.raises(e.StateConflict):
        client.people.merge("ada", "ada")
    trail += ["person.add", "cluster.name"] * 2 + ["people.merge"] * 2 + ["people.unmerge"] * 2


@pytest.mark.parametrize(("reason", "recognises"), [("suppressed", True), ("erased", False)])
def test_somebody_is_removed_and_allowed_again(
    client: Client,
    archive: SmallArchive,
    clusters: list[str],
    trail: list[str],
    reason: str,
    recognises: bool,
) -> None:
    client.people.name_cluster(clusters[0], "Ada")
    removal = client.people.prohibit("ada", reason)
    entry = removal.prohibition
    assert (entry.reason, entry.places, entry.recognises, entry.purged_at) == (reason, 2, recognises, None)
    assert removal.run.total == 1
    assert who(client, archive) == [None]
    assert client.people.all() == []
    assert [one.id for one in client.people.clusters()] == [clusters[1]]
    assert client.people.prohibitions().prohibitions == [entry]
    with pytest.raises(e.PersonNotFound):
        client.people.prohibit("ada", reason)
    client.people.allow(entry.id)
    assert client.people.prohibitions().prohibitions == []
    with pytest.raises(e.ProhibitionNotFound):
        client.people.allow(entry.id)
    trail += ["person.add", "cluster.name", "people.prohibit", "people.allow"]


def test_a_face_that_was_never_compared_cannot_be_recognised(client: Client, archive: SmallArchive) -> None:
    archive.name_a_face("Ada")
    with pytest.raises(e.StateConflict):
        client.people.prohibit("Ada", "suppressed")
    assert client.people.prohibit("Ada", "erased").prohibition.places == 1


def test_faces_are_grouped_on_demand(client: Client, archive: SmallArchive) -> None:
    assert client.people.cluster_now().total == 1
    with archive.catalog.read() as reader:
        assert reader.jobs.unfinished(None, ["cluster"]) == 1
