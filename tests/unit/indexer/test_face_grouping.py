"""Faces as they come in: who joins whom, and what people decided is kept to."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import ClusterMean
from embeddings import factory
from embeddings.packs import PackStore
from foundation.ids import ClusterId, FaceTrackId, PersonId
from indexer.face_grouping import Grouper, Grouping, NewFace, mean_bytes, mean_of
from scripts.bench.faces import faces_of, grouping_f1, labels_of

ADA, BOB = PersonId("per_ada"), PersonId("per_bob")
WIDE = float(np.cos(np.radians(20)))
"""Two faces less than 20 degrees apart are one person."""


def at(degrees: float) -> np.ndarray:
    angle = np.radians(degrees)
    return np.array([np.cos(angle), np.sin(angle)], dtype=np.float32)


def new(degrees: float, person: PersonId | None = None, *rejected: PersonId) -> NewFace:
    return NewFace(FaceTrackId(f"{degrees:g}"), at(degrees), person, frozenset(rejected))


def known(
    name: str, *degrees: float, person: PersonId | None = None, fixed: bool | None = None
) -> ClusterMean:
    mean = np.mean([at(one) for one in degrees], axis=0)
    held = person is not None if fixed is None else fixed
    return ClusterMean(ClusterId(name), "face/a", mean_bytes(mean), len(degrees), person, held)


def group(faces: Sequence[NewFace], clusters: Sequence[ClusterMean] = ()) -> Grouping:
    names = (ClusterId(f"new{n}") for n in itertools.count(len(clusters)))
    return Grouper("face/a", WIDE, lambda: next(names)).group(faces, clusters)


def partition(grouping: Grouping) -> set[frozenset[str]]:
    clusters = set(grouping.joined.values())
    return {frozenset(t for t, c in grouping.joined.items() if c == cluster) for cluster in clusters}


@pytest.mark.parametrize(
    ("degrees", "groups"),
    [
        ((), []),
        ((10,), [{"10"}]),
        ((0, 90, 5, 95, 180), [{"0", "5"}, {"90", "95"}, {"180"}]),
        # Neighbours are 15 degrees apart: a chain of nearest members would join all four.
        ((0, 15, 30, 45), [{"0", "15"}, {"30", "45"}]),
    ],
    ids=["none", "one", "two people and a stranger", "no chains"],
)
def test_faces_join_those_they_are_like_on_average(degrees: Sequence[float], groups: list[set[str]]) -> None:
    made = group([new(one) for one in degrees])
    assert partition(made) == {frozenset(members) for members in groups}
    assert sorted(mean.size for mean in made.added) == sorted(len(members) for members in groups)


def test_new_faces_join_the_nearest_known_cluster_and_move_its_mean() -> None:
    made = group([new(12)], [known("far", 26, 28), known("near", 0, 4)])
    assert made.joined == {"12": "near"}
    (mean,) = made.changed
    assert (mean.id, mean.size, made.added) == ("near", 3, [])
    np.testing.assert_allclose(mean_of(mean.mean), np.mean([at(0), at(4), at(12)], axis=0), atol=1e-6)


def test_a_named_face_joins_only_its_person_and_comes_first() -> None:
    made = group([new(3), new(1, ADA)], [known("bobs", 0, person=BOB)])
    assert made.joined["1"] == "new1"
    assert [(mean.id, mean.person_id) for mean in made.added] == [("new1", ADA)]
    assert made.joined["3"] == "new1", "of two clusters it takes the nearer one"


def test_a_rejected_person_is_not_joined_again() -> None:
    made = group([new(1, None, ADA)], [known("adas", 0, person=ADA)])
    assert made.joined == {"1": "new1"}
    assert made.absorbed == []
    assert made.added[0].person_id is None


def test_clusters_that_turn_out_to_be_one_become_one() -> None:
    made = group([new(9), new(10), new(11)], [known("old", 0), known("young", 21)])
    assert made.absorbed == [("young", "old")]
    assert [(mean.id, mean.size) for mean in made.changed] == [("old", 5)]
    assert set(made.joined.values()) == {"old"}


def test_a_cluster_that_a_person_touched_is_never_absorbed() -> None:
    faces = [new(9), new(10), new(11)]
    made = group(faces, [known("plain", 0), known("named", 21, person=ADA)])
    assert made.absorbed == [("plain", "named")]
    assert group(faces, [known("one", 0, person=BOB), known("two", 21, person=ADA)]).absorbed == []
    assert group(faces, [known("one", 0, fixed=True), known("two", 21, fixed=True)]).absorbed == []


@pytest.mark.slow
def test_photographs_of_one_person_end_up_together(tmp_path: Path, testdata: Path) -> None:
    encoder = factory.open_face(PackStore(tmp_path / "packs"))
    folder = testdata / "faces" / "pairs"
    labelled, faces = labels_of(folder), faces_of(encoder, folder)
    worth = {batch: grouping_f1(encoder, labelled, faces, batch=batch) for batch in (1, 7, 99)}
    assert min(worth.values()) >= 0.97, worth


@given(seed=st.integers(0, 10_000), people=st.integers(1, 6), split=st.integers(0, 24))
def test_people_far_apart_are_told_apart_in_any_number_of_batches(seed: int, people: int, split: int) -> None:
    chance = np.random.default_rng(seed)
    degrees = chance.permutation(np.repeat(np.arange(people) * 50.0, 4) + chance.uniform(-6, 6, people * 4))
    faces = [new(float(one)) for one in degrees]
    first = group(faces[:split])
    second = group(faces[split:], first.added)
    clusters = first.joined | second.joined
    for one, other in itertools.combinations(faces, 2):
        same_person = float(one.vector @ other.vector) > np.cos(np.radians(25))
        assert (clusters[one.track] == clusters[other.track]) == same_person
    assert group(faces[:split]).added == first.added, "the same order gives the same clusters"
