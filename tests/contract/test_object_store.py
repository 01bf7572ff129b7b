"""One suite for every object store."""

import hashlib
import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from archive_tiering.prices.storage_class import facts_of
from archive_tiering.stores.digest import stage
from catalog.model import RestoreState
from foundation.errors import NeedsRestore, ObjectChanged, ObjectMissing, TierUnavailable
from tests.contract.places import Place, folder_place, inventory_place, real_s3_place, s3_place, vault_place

KEYS = ["a-b/1.mov", "a/b.mov", "a/é ü.mov", "b & c/50%.mov", "clip.mov", "clip/a.mov", 'z\'s "q" +.mov']


COLD = ["vault", "s3 glacier", "s3 deep archive"]
REAL = os.environ.get("REKINDLE_TEST_S3", "")
"""``s3://bucket/prefix`` that the suite may fill and empty; without it nothing real is touched."""
WARM = ["folder", "s3", *(["real s3"] if REAL else [])]


def make(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    match request.param:
        case "folder":
            return folder_place(tmp_path / "masters")
        case "vault":
            return vault_place(tmp_path / "masters")
        case "real s3":
            return real_s3_place(REAL)
        case "s3":
            return s3_place(request.getfixturevalue("glacier"), "STANDARD")
        case "s3 glacier":
            return s3_place(request.getfixturevalue("glacier"), "GLACIER", versioned=True)
        case "s3 inventory":
            return inventory_place(request.getfixturevalue("glacier"), tmp_path / "scratch")
    return s3_place(request.getfixturevalue("glacier"), "DEEP_ARCHIVE")


listed = pytest.fixture(params=[*WARM, *COLD, "s3 inventory"])(make)
place = pytest.fixture(params=[*WARM, *COLD])(make)
cold = pytest.fixture(params=COLD)(make)
warm = pytest.fixture(params=WARM)(make)


def test_lists_everything_in_key_order(listed: Place) -> None:
    for key in reversed(KEYS):
        listed.put(key, key.encode())
    found = listed.listing()
    assert [item.key for item in found] == sorted(KEYS)
    assert [item.size for item in found] == [len(item.key.encode()) for item in found]
    assert len({item.uri for item in found}) == len(KEYS)


@pytest.mark.parametrize(
    ("prefix", "found"),
    [
        ("a/x.", ["a/x.mov", "a/x.srt"]),
        ("a/", ["a/x.mov", "a/x.srt", "a/xy/z.mov"]),
        ("a/x", ["a/x.mov", "a/x.srt", "a/xy/z.mov"]),
        ("a/xy/z.mov", ["a/xy/z.mov"]),
        ("nothing/", []),
    ],
)
def test_lists_what_begins_with_a_prefix(listed: Place, prefix: str, found: list[str]) -> None:
    for key in ("a/x.mov", "a/x.srt", "a/xy/z.mov", "b/x.mov"):
        listed.put(key, b"data")
    assert [item.key for item in listed.store.list(prefix)] == found


def test_an_empty_place_lists_nothing(listed: Place) -> None:
    assert listed.listing() == []


def test_litter_and_hidden_names_are_left_out(listed: Place) -> None:
    for key in (".DS_Store", "card/._C001.mov", "Thumbs.db", ".git/x.mov", "a/.vault.json"):
        listed.put(key, b"x")
    listed.put("card/C001.mov", b"x")
    assert [item.key for item in listed.listing()] == ["card/C001.mov"]


def test_head_says_what_the_listing_said(listed: Place) -> None:
    listed.put("a/b.mov", b"12345")
    (item,) = listed.listing()
    found = listed.store.head("a/b.mov")
    assert replace(found, version=item.version) == item
    assert facts_of(found.storage_class).is_cold is listed.cold
    assert found.restore is (RestoreState.NEEDED if listed.cold else RestoreState.NONE)


@pytest.mark.parametrize("key", ["nothing.mov", "a", "a/b.mov/c", "../outside.mov", ""])
def test_what_is_not_there_is_missing(place: Place, key: str) -> None:
    place.put("a/b.mov", b"1")
    with pytest.raises(ObjectMissing) if key != "a" else pytest.raises(Exception, match="a"):
        place.store.head(key)


@pytest.mark.parametrize("key", KEYS)
def test_reads_what_was_put(place: Place, key: str) -> None:
    data = bytes(range(256)) * 9000
    place.put(key, data)
    place.readable(key)
    assert place.bytes_of(key) == data


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, None, b"0123456789"),
        (0, 4, b"0123"),
        (3, 7, b"3456"),
        (7, None, b"789"),
        (8, 100, b"89"),
        (4, 4, b""),
        (10, None, b""),
        (50, 60, b""),
    ],
)
def test_reads_half_open_ranges(place: Place, start: int, end: int | None, expected: bytes) -> None:
    place.put("c.mov", b"0123456789")
    place.readable("c.mov")
    assert place.bytes_of("c.mov", start, end) == expected


def test_an_empty_object_reads_as_nothing(place: Place) -> None:
    place.put("empty.mov", b"")
    place.readable("empty.mov")
    assert place.bytes_of("empty.mov") == b""
    assert place.store.head("empty.mov").size == 0


def test_reading_what_vanished_says_so(place: Place) -> None:
    place.put("c.mov", b"1")
    place.readable("c.mov")
    place.remove("c.mov")
    with pytest.raises(ObjectMissing):
        place.bytes_of("c.mov")


def test_overwriting_changes_the_etag(place: Place) -> None:
    place.put("c.mov", b"1")
    before = place.store.head("c.mov").etag
    place.put("c.mov", b"2")
    assert place.store.head("c.mov").etag != before


def test_staging_digests_and_proves_nothing_changed(place: Place, tmp_path: Path) -> None:
    data = b"essence" * 100_000
    place.put("a/c.mov", data)
    listed = place.listing()[0]
    place.readable("a/c.mov")
    staged = stage(place.store, listed, tmp_path / "scratch")
    assert (staged.sha256, staged.size) == (hashlib.sha256(data).hexdigest(), len(data))
    assert staged.path.read_bytes() == data
    staged.discard()
    staged.discard()
    assert staged.path.exists() is not staged.temporary


def test_staging_something_else_than_listed_is_refused(place: Place, tmp_path: Path) -> None:
    place.put("c.mov", b"1")
    listed = place.listing()[0]
    place.put("c.mov", b"22")
    place.readable("c.mov")
    with pytest.raises(ObjectChanged):
        stage(place.store, listed, tmp_path / "scratch")
    assert not list((tmp_path / "scratch").glob("*"))


def test_a_warm_object_cannot_be_restored(warm: Place) -> None:
    warm.put("c.mov", b"1")
    with pytest.raises(TierUnavailable):
        warm.store.request_restore("c.mov", retrieval_tier="standard", days=1)


def test_a_sleeping_object_cannot_be_read(cold: Place, tmp_path: Path) -> None:
    cold.put("c.mov", b"1")
    with pytest.raises(NeedsRestore):
        cold.bytes_of("c.mov")
    with pytest.raises(NeedsRestore):
        cold.bytes_of("c.mov", 0, 1)
    with pytest.raises(NeedsRestore):
        stage(cold.store, cold.listing()[0], tmp_path / "scratch")


def test_a_restore_runs_ends_and_expires_at_midnight(cold: Place) -> None:
    cold.put("c.mov", b"1")
    cold.store.request_restore("c.mov", retrieval_tier="standard", days=2)
    assert cold.store.head("c.mov").restore is RestoreState.IN_PROGRESS
    assert cold.listing()[0].restore is RestoreState.IN_PROGRESS
    with pytest.raises(NeedsRestore):
        cold.bytes_of("c.mov")
    cold.wake()
    awake = cold.store.head("c.mov")
    assert awake.restore is RestoreState.RESTORED
    assert cold.listing()[0].restore is RestoreState.RESTORED
    assert awake.restore_expiry is not None
    assert awake.restore_expiry.time().isoformat() == "00:00:00"
    assert timedelta(days=1) < awake.restore_expiry - cold.clock() <= timedelta(days=3)
    cold.clock.moment = awake.restore_expiry + timedelta(seconds=1)
    assert cold.store.head("c.mov").restore is RestoreState.NEEDED
    with pytest.raises(NeedsRestore):
        cold.bytes_of("c.mov")


def test_asking_again_is_no_error_and_keeps_longer_once_awake(cold: Place) -> None:
    cold.put("c.mov", b"1")
    for _ in range(3):
        cold.store.request_restore("c.mov", retrieval_tier="standard", days=1)
    cold.wake()
    first = cold.store.head("c.mov").restore_expiry
    cold.store.request_restore("c.mov", retrieval_tier="standard", days=5)
    second = cold.store.head("c.mov").restore_expiry
    assert first is not None
    assert second is not None
    assert second - first == timedelta(days=4)
    assert cold.bytes_of("c.mov") == b"1"


def test_an_unknown_retrieval_tier_is_refused(cold: Place) -> None:
    cold.put("c.mov", b"1")
    with pytest.raises(TierUnavailable):
        cold.store.request_restore("c.mov", retrieval_tier="yesterday", days=1)
    assert cold.store.head("c.mov").restore is RestoreState.NEEDED


def test_a_copy_for_no_days_is_refused(cold: Place) -> None:
    cold.put("c.mov", b"1")
    with pytest.raises(Exception, match="day"):
        cold.store.request_restore("c.mov", retrieval_tier="standard", days=0)
    assert cold.store.head("c.mov").restore is RestoreState.NEEDED


def test_restoring_nothing_is_missing(cold: Place) -> None:
    with pytest.raises(ObjectMissing):
        cold.store.request_restore("nothing.mov", retrieval_tier="standard", days=1)


def test_a_new_object_under_an_awake_key_sleeps(cold: Place) -> None:
    cold.put("c.mov", b"1")
    cold.readable("c.mov")
    cold.put("c.mov", b"22")
    assert cold.store.head("c.mov").restore is RestoreState.NEEDED
