"""Inventory reports: CSV and Parquet say the same, in key order; nothing is taken from a damaged one."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archive_tiering.s3.inventory_store import InventoryStore
from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.object_store import ObjectInfo
from catalog.model import RestoreState
from foundation.errors import FixityMismatch, ObjectMissing, ObjectUnreadable, StorageUnreachable
from tests.fakes.inventory_report import report_files

KEYS = ["films/a b+ü.mov", "films/a/1.mov", "films/z.mov", "films/.hidden", "films/folder/", "other/x.mov"]
AT = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)


def _rows(seed: int) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = [
        {
            "bucket": "masters", "key": key, "version_id": "v1", "is_latest": True, "is_delete_marker": False,
            "size": len(key), "last_modified_date": AT, "e_tag": "abc",
            "storage_class": "GLACIER" if key.endswith("z.mov") else "STANDARD",
        }
        for key in KEYS
    ]  # fmt: skip
    rows.append({**rows[0], "version_id": "v0", "is_latest": False, "size": 99})
    rows.append({**rows[0], "key": "films/gone.mov", "is_delete_marker": True, "size": None})
    random.Random(seed).shuffle(rows)
    return rows


def _report(root: Path, kind: str, seed: int, name: str = "2026-01-03T00-00Z") -> Path:
    rows = _rows(seed)
    for key, data in report_files(name, kind, (rows[::2], rows[1::2])).items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(data)
    return root / "inv" / name


def _store(root: Path, bucket: str = "masters") -> InventoryStore:
    live = LocalFolder(root)
    scratch = root.with_name("scratch")
    return InventoryStore(live, bucket, "films/", LocalFolder(root / "inv"), LocalFolder(root), scratch)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "reports"
    made.mkdir()
    return made


@pytest.mark.parametrize("kind", ["CSV", "Parquet"])
def test_a_report_may_tell_what_intelligent_tiering_archived(root: Path, kind: str) -> None:
    awake, asleep = RestoreState.NONE, RestoreState.NEEDED
    tiers = {
        "FREQUENT": awake, "INFREQUENT": awake, "ARCHIVE_INSTANT_ACCESS": awake, None: awake,
        "ARCHIVE_ACCESS": asleep, "DEEP_ARCHIVE_ACCESS": asleep,
    }  # fmt: skip
    told = {"storage_class": "INTELLIGENT_TIERING"}
    rows = [
        {**_rows(1)[0], **told, "key": f"films/{number}.mov", "intelligent_tiering_access_tier": tier,
         "is_latest": True, "is_delete_marker": False}
        for number, tier in enumerate(tiers)
    ]  # fmt: skip
    for key, data in report_files("2026-01-03T00-00Z", kind, (rows,)).items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(data)
    found = [item for item in _store(root).list() if isinstance(item, ObjectInfo)]
    assert [item.restore for item in found] == list(tiers.values())
    kept = [item.archive_tier for item in found if item.restore is asleep]
    assert kept == ["ARCHIVE_ACCESS", "DEEP_ARCHIVE_ACCESS"]
    assert [item.archive_tier for item in found if item.restore is awake] == [None] * 4


@pytest.mark.parametrize("kind", ["CSV", "Parquet"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_report_lists_current_objects_below_the_prefix_in_order(root: Path, kind: str, seed: int) -> None:
    _report(root, kind, seed)
    found = [item for item in _store(root).list() if isinstance(item, ObjectInfo)]
    assert [item.key for item in found] == ["a b+ü.mov", "a/1.mov", "z.mov"]
    assert [item.restore for item in found] == [RestoreState.NONE, RestoreState.NONE, RestoreState.NEEDED]
    assert {item.mtime_ns for item in found} == {int(AT.timestamp()) * 10**9}
    assert found[0].uri == "s3://masters/films/a b+ü.mov"
    assert (found[0].size, found[0].etag, found[0].version) == (len(KEYS[0]), "abc", "")
    assert list(root.with_name("scratch").iterdir()) == []


def test_the_newest_finished_report_counts(root: Path) -> None:
    _report(root, "CSV", 1, "2026-01-03T00-00Z")
    unfinished = _report(root, "CSV", 2, "2026-01-04T00-00Z")
    (unfinished / "manifest.checksum").unlink()
    (unfinished / "manifest.json").write_text("{")
    assert len(list(_store(root).list())) == 3


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("what", ["manifest.json", "data", "missing"])
def test_nothing_is_taken_from_a_damaged_report(root: Path, what: str, seed: int) -> None:
    folder = _report(root, "Parquet", seed)
    if what == "manifest.json":
        (folder / what).write_bytes((folder / what).read_bytes() + b" ")
    data = sorted((root / "inv" / "data").iterdir())[-1]
    if what == "data":
        broken = bytearray(data.read_bytes())
        broken[random.Random(seed).randrange(len(broken))] ^= 1
        data.write_bytes(broken)
    if what == "missing":
        data.unlink()
    with pytest.raises((FixityMismatch, ObjectMissing)):
        list(_store(root).list())


def test_a_report_of_another_bucket_or_none_at_all_is_an_error(root: Path) -> None:
    (root / "inv").mkdir()
    with pytest.raises(StorageUnreachable):
        list(_store(root).list())
    _report(root, "CSV", 1)
    with pytest.raises(ObjectUnreadable, match="not 'others'"):
        list(_store(root, "others").list())
