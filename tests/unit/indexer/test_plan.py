"""What discovery decides, as a table over what is listed and what is known."""

from dataclasses import replace

import pytest
from hypothesis import given, seed
from hypothesis import strategies as st

from catalog.lifecycle import identity_of
from catalog.model import Instance, InstanceKind, RestoreState
from catalog.repository import KnownInstance
from foundation.ids import AssetId, InstanceId, LocationId
from indexer.candidates import Candidate, group
from indexer.plan import Kind, merged, place, same_essence, with_digests
from tests.unit.indexer.test_candidates import info

RECIPE = "r2"


def candidate(
    key: str = "x.mov", *sidecars: str, etag: str = "t1", restore: RestoreState = RestoreState.NONE
) -> Candidate:
    return group([info(key, etag=etag, restore=restore), *(info(s) for s in sidecars)])[0]


def known(
    like: Candidate, *, complete: bool = True, available: bool = True, recipe: str = RECIPE
) -> KnownInstance:
    return KnownInstance(
        InstanceId("ins"),
        AssetId("ast"),
        like.identity,
        like.essence.storage_class,
        available,
        complete,
        recipe,
    )


def instance(like: Candidate) -> Instance:
    return Instance(
        InstanceId("ins"), AssetId("ast"), LocationId("loc"), like.name, InstanceKind.FILE, like.objects
    )


def tiered(restore: RestoreState, size: int = 1 << 20) -> Candidate:
    """A candidate of a class that archives by itself what is large enough."""
    made = candidate(restore=restore)
    item = replace(made.essence, storage_class="INTELLIGENT_TIERING", size=size)
    return replace(made, objects=(item,))


asleep = RestoreState.NEEDED
awake = RestoreState.NONE


@pytest.mark.parametrize(
    ("listed", "item", "expected"),
    [
        (candidate(), None, Kind.NEW),
        (candidate(restore=asleep), None, Kind.NEW_COLD),
        (candidate(restore=RestoreState.IN_PROGRESS), None, Kind.NEW_COLD),
        (candidate(restore=RestoreState.RESTORED), None, Kind.NEW),
        (candidate(), known(candidate()), Kind.UNCHANGED),
        (candidate(), known(candidate(), recipe="r1"), Kind.DUE),
        (candidate(), known(candidate(), complete=False), Kind.DUE),
        (candidate(), known(candidate(), available=False), Kind.UNCHANGED),
        (candidate(), replace(known(candidate()), borrowed=True), Kind.DUE),
        (candidate(restore=asleep), replace(known(candidate()), borrowed=True), Kind.UNCHANGED),
        (candidate(etag="t2"), known(candidate()), Kind.CHANGED),
        (candidate("x.mov", "x.srt"), known(candidate()), Kind.CHANGED),
        (candidate(), replace(known(candidate()), storage_class="DEEP_ARCHIVE"), Kind.CHANGED),
        (candidate(restore=asleep), known(candidate(), complete=False), Kind.THAW),
        (candidate(restore=asleep), known(candidate()), Kind.UNCHANGED),
        (candidate(restore=asleep), known(candidate(), recipe="r1"), Kind.DUE),
        (tiered(asleep), known(tiered(awake)), Kind.STATE),
        (tiered(asleep), replace(known(tiered(awake)), asleep=True), Kind.UNCHANGED),
        (tiered(awake), replace(known(tiered(awake)), asleep=True), Kind.UNCHANGED),
        (tiered(asleep, 1 << 10), known(tiered(awake, 1 << 10)), Kind.UNCHANGED),
        (tiered(asleep), known(tiered(awake), complete=False), Kind.THAW),
    ],
)
def test_what_is_done_about_a_candidate(
    listed: Candidate, item: KnownInstance | None, expected: Kind
) -> None:
    assert place(listed, item, RECIPE) is expected


@seed(4)
@given(st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("abcdefgh")))
def test_both_sides_meet_by_name(listed: set[str], there: set[str]) -> None:
    item = known(candidate())
    met = list(
        merged(
            (candidate(f"{name}.mov") for name in sorted(listed)),
            ((f"{name}.mov", item) for name in sorted(there)),
        )
    )
    assert {c.name[0] for c, k in met if c and k} == listed & there
    assert {c.name[0] for c, k in met if c and not k} == listed - there
    assert {k[0][0] for c, k in met if k and not c} == there - listed
    assert len(met) == len(listed | there)


def test_what_did_not_change_keeps_its_digest() -> None:
    former = candidate("x.mov", "x.srt")
    digested = tuple(replace(o, sha256=f"sha of {o.key}") for o in former.objects)
    kept = with_digests(candidate("x.mov", "x.en.srt"), replace(instance(former), objects=digested))
    assert [o.sha256 for o in kept] == ["sha of x.mov", None]
    assert with_digests(candidate(etag="t2"), replace(instance(former), objects=digested))[0].sha256 is None


def test_only_the_essence_decides_whether_it_was_overwritten() -> None:
    assert same_essence(candidate("x.mov", "x.srt").objects, instance(candidate()))
    assert not same_essence(candidate(etag="t2").objects, instance(candidate()))


def test_identity_is_the_catalogs() -> None:
    assert candidate("x.mov", "x.srt").identity == identity_of(reversed(candidate("x.mov", "x.srt").objects))
