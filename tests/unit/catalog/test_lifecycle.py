"""Legal state changes, and what an instance's identity depends on."""

import dataclasses
from itertools import pairwise, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.lifecycle import check_asset, check_restore, has_ended, identity_of
from catalog.model import AssetState, ObjectRole, RestoreStatus, StoredObject
from foundation.errors import StateConflict

OBJECTS = (
    StoredObject(ObjectRole.ESSENCE, "/a/film.mxf", "film.mxf", 10, "etag", 5, "v1"),
    StoredObject(ObjectRole.CAPTIONS, "/a/film.srt", "film.srt", 3),
    StoredObject(ObjectRole.SIDECAR, "/a/film.json", "film.json", 4),
)


@pytest.mark.parametrize("new", [state for state in AssetState if state != AssetState.ERASED])
def test_what_is_erased_stays_erased(new: AssetState) -> None:
    with pytest.raises(StateConflict):
        check_asset(AssetState.ERASED, new)
    check_asset(new, AssetState.ERASED)
    check_asset(new, new)


@given(st.lists(st.sampled_from(RestoreStatus), min_size=2, max_size=8))
def test_no_walk_leaves_an_ended_restore(walk: list[RestoreStatus]) -> None:
    status = RestoreStatus.REQUESTED
    for new in walk:
        try:
            check_restore(status, new)
        except StateConflict:
            continue
        assert status == new or not has_ended(status)
        status = new


def test_the_usual_way_of_a_restore() -> None:
    way = [
        RestoreStatus.REQUESTED,
        RestoreStatus.REQUESTING,
        RestoreStatus.IN_PROGRESS,
        RestoreStatus.RESTORED,
        RestoreStatus.VERIFIED,
        RestoreStatus.EXPIRED,
    ]
    for old, new in pairwise(way):
        check_restore(old, new)


def test_identity_does_not_depend_on_order() -> None:
    assert len({identity_of(order) for order in permutations(OBJECTS)}) == 1


@pytest.mark.parametrize(
    "change", [{"size": 11}, {"etag": "x"}, {"mtime_ns": 6}, {"version": "v2"}, {"uri": "/b"}]
)
@pytest.mark.parametrize("which", range(3))
def test_identity_changes_with_every_object(change: dict[str, object], which: int) -> None:
    changed = list(OBJECTS)
    changed[which] = dataclasses.replace(changed[which], **change)  # type: ignore[arg-type]
    assert identity_of(changed) != identity_of(OBJECTS)


def test_a_new_storage_class_or_digest_is_the_same_thing() -> None:
    moved = dataclasses.replace(OBJECTS[0], storage_class="GLACIER", sha256="a" * 64)
    assert identity_of((moved, *OBJECTS[1:])) == identity_of(OBJECTS)


def test_undecodable_names_have_an_identity() -> None:
    assert identity_of([dataclasses.replace(OBJECTS[0], uri="/a/\udcff")]) != identity_of(OBJECTS[:1])
