"""What discovery decides, as a table over what is listed and what is known."""

from dataclasses import replace

import pytest

from catalog.lifecycle import identity_of
from catalog.model import Instance, InstanceKind, RestoreState
from catalog.repository import KnownInstance
from foundation.ids import AssetId, InstanceId, LocationId
from indexer.candidates import Candidate, group
from indexer.plan import Plan, find_moves, plan, same_essence, with_digests
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


def parts(made: Plan) -> set[str]:
    names = ("unchanged", "back", "new", "new_cold", "changed", "due", "thaw", "missing")
    return {name for name in names if getattr(made, name)}


asleep = RestoreState.NEEDED


@pytest.mark.parametrize(
    ("listed", "item", "expected"),
    [
        (candidate(), None, {"new"}),
        (candidate(restore=asleep), None, {"new_cold"}),
        (candidate(restore=RestoreState.IN_PROGRESS), None, {"new_cold"}),
        (candidate(restore=RestoreState.RESTORED), None, {"new"}),
        (candidate(), known(candidate()), {"unchanged"}),
        (candidate(), known(candidate(), recipe="r1"), {"due"}),
        (candidate(), known(candidate(), complete=False), {"due"}),
        (candidate(), known(candidate(), available=False), {"unchanged", "back"}),
        (candidate(), known(candidate(), available=False, complete=False), {"due", "back"}),
        (candidate(etag="t2"), known(candidate()), {"changed"}),
        (candidate("x.mov", "x.srt"), known(candidate()), {"changed"}),
        (candidate(restore=asleep), known(candidate(), complete=False), {"thaw"}),
        (candidate(restore=asleep), known(candidate()), {"unchanged"}),
        (candidate(restore=asleep), known(candidate(), recipe="r1"), {"due"}),
        (None, known(candidate()), {"missing"}),
        (None, known(candidate(), available=False), set()),
    ],
)
def test_plan(listed: Candidate | None, item: KnownInstance | None, expected: set[str]) -> None:
    made = plan([listed] if listed else [], {"x.mov": item} if item else {}, RECIPE)
    assert parts(made) == expected
    assert made.listed == (listed is not None)


def test_another_storage_class_is_a_change() -> None:
    item = replace(known(candidate()), storage_class="DEEP_ARCHIVE")
    assert parts(plan([candidate()], {"x.mov": item}, RECIPE)) == {"changed"}


def test_a_rename_is_found_by_tag_and_size_once() -> None:
    old, new, twin = (
        candidate("a.mov", etag="7"),
        candidate("b/c.mov", etag="7"),
        candidate("d.mov", etag="7"),
    )
    assert find_moves([instance(old)], [new, twin]) == [(instance(old), new)]
    assert find_moves([instance(old)], [candidate("b.mov", etag="8")]) == []
    assert find_moves([], [new]) == []


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
