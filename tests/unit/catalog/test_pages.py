"""Pages of the catalog are compared with what was written: damage is named, and nothing else is."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from catalog.page_watch import PageWatch
from foundation.home import Home
from tests.unit.catalog import pages
from tests.unit.catalog.pages import add, checked, flip, make, opened, page_of, unknown


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make(Home(tmp_path_factory.mktemp("made")))


@pytest.fixture
def home(made: Home, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(made.root, tmp_path / "home")))


def test_all_pages_of_a_new_home_are_known(home: Home) -> None:
    assert unknown(home) == 0
    assert checked(home) == []


@pytest.mark.parametrize(
    ("table", "kind", "byte"),
    [
        ("cues", "leaf", 4000),
        ("cues", "leaf", 2500),
        ("cues", "overflow", 100),
        ("cues", "overflow", 4090),
        ("objects", "leaf", 4050),
    ],
)
def test_a_bit_of_a_value_that_no_index_holds(home: Home, table: str, kind: str, byte: int) -> None:
    page = page_of(home.catalog, table, kind)
    flip(home.catalog, page, byte, 4)
    assert pages.passes_sqlites_own_check(home.catalog)
    flipped = f"bit 2 of byte {byte} is flipped"
    assert checked(home) == [f"catalog.db: page {page} (table {table}) is not as it was written: {flipped}."]


def test_a_single_bit_is_put_back(home: Home) -> None:
    before = home.catalog.read_bytes()
    page, other = (page_of(home.catalog, "cues", kind) for kind in ("overflow", "leaf"))
    flip(home.catalog, page, 100, 4)
    flip(home.catalog, other, 2500, 3)
    with opened(home) as catalog:
        with catalog.read() as view:
            view.people.all()
        (said,) = catalog.mend()
        assert said == f"page {page}, bit 2 of byte 100"
        assert catalog.check() == [f"catalog.db: page {other} (table cues) is not as it was written."]
        with catalog.write() as writer:
            writer.people.add("Ada")
    assert (
        home.catalog.read_bytes()[(page - 1) * pages.PAGE :][:4096]
        == before[(page - 1) * pages.PAGE :][:4096]
    )


def test_nothing_is_put_back_where_nothing_is_wrong(home: Home) -> None:
    with opened(home) as catalog:
        assert catalog.mend() == []
        assert catalog.check() == []


def test_more_than_one_bit(home: Home) -> None:
    page = page_of(home.catalog, "cues", "overflow")
    flip(home.catalog, page, 100, 0xFF)
    flip(home.catalog, page, 900, 0xFF)
    assert checked(home) == [f"catalog.db: page {page} (table cues) is not as it was written."]


def test_damage_stays_a_finding_while_the_catalog_is_used(home: Home) -> None:
    page = page_of(home.catalog, "cues", "overflow")
    flip(home.catalog, page, 100)
    for number in range(3):
        add(home, f"later{number}.mov")
        (said,) = checked(home)
        assert f"page {page} (table cues)" in said


def test_a_file_that_was_written_to_bears_another_time_and_is_found_all_the_same(home: Home) -> None:
    checked(home)
    page = page_of(home.catalog, "cues", "overflow")
    with home.catalog.open("r+b") as file:
        file.seek((page - 1) * pages.PAGE + 77)
        was = file.read(1)[0]
        file.seek((page - 1) * pages.PAGE + 77)
        file.write(bytes([was ^ 1]))
    add(home, "later.mov")
    assert f"page {page} (table cues)" in checked(home)[0]


def test_a_page_that_is_damaged_under_an_open_catalog(home: Home) -> None:
    page = page_of(home.catalog, "cues", "overflow")
    with opened(home) as catalog:
        with catalog.write() as writer:
            writer.people.add("Ada")
        flip(home.catalog, page, 100)
        assert f"page {page} (table cues)" in catalog.check()[0]


def remove(path: Path) -> None:
    path.unlink()


def spoil(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096 + 80] ^= 1
    content[20] ^= 1
    path.write_bytes(content)


def empty(path: Path) -> None:
    path.write_bytes(b"")


@pytest.mark.parametrize("lose", [remove, spoil, empty])
def test_digests_that_are_lost_are_learnt_again(home: Home, lose: Callable[[Path], None]) -> None:
    lose(home.root / "catalog.pages")
    assert checked(home) == []
    assert unknown(home) == 0
    page = page_of(home.catalog, "cues", "overflow")
    flip(home.catalog, page, 100)
    assert f"page {page} (table cues)" in checked(home)[0]


def test_a_damaged_block_of_digests_accuses_no_page(home: Home) -> None:
    path = home.root / "catalog.pages"
    content = bytearray(path.read_bytes())
    content[4096 + 80] ^= 1
    path.write_bytes(content)
    assert unknown(home) > 0
    assert checked(home) == []
    assert unknown(home) == 0


def test_digests_are_not_learnt_from_a_file_that_sqlite_finds_damaged(home: Home) -> None:
    (home.root / "catalog.pages").unlink()
    flip(home.catalog, page_of(home.catalog, "assets", "leaf"), 3, 8)
    assert checked(home) != []
    assert unknown(home) > 0


def test_another_program_that_reads_changes_nothing(home: Home) -> None:
    with closing(sqlite3.connect(home.catalog)) as raw:
        raw.execute("SELECT count(*) FROM assets").fetchall()
    page = page_of(home.catalog, "cues", "overflow")
    flip(home.catalog, page, 100, 0xFF)
    assert f"page {page} (table cues)" in checked(home)[0]


RENAME = "UPDATE assets SET name = 'someone else was here'"


@pytest.mark.parametrize(
    ("statement", "reads_before", "writes_after"),
    [
        (RENAME, False, False),
        (RENAME, False, True),
        (RENAME, True, False),
        (RENAME, True, True),
        ("CREATE TABLE elsewhere (name TEXT)", False, True),
        ("VACUUM", False, True),
    ],
)
def test_another_program_that_writes_is_believed(
    home: Home, statement: str, *, reads_before: bool, writes_after: bool
) -> None:
    for wanted in ["SELECT 1 FROM assets"] * reads_before + [statement]:
        with closing(sqlite3.connect(home.catalog, isolation_level=None)) as raw:
            raw.execute(wanted).fetchall()
    if writes_after:
        add(home, "later.mov")
    assert checked(home) == []
    page = page_of(home.catalog, "cues", "overflow")
    flip(home.catalog, page, 100, 0xFF)
    assert f"page {page} (table cues)" in checked(home)[0]


def test_another_program_that_writes_while_the_catalog_is_open(home: Home) -> None:
    with opened(home) as catalog:
        for number in range(4):
            with closing(sqlite3.connect(home.catalog, isolation_level=None)) as raw:
                raw.execute(f"UPDATE assets SET name = 'number {number}'")
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
                raw.execute(f"UPDATE locations SET name = 'number {number}'")
                raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            with catalog.write() as writer:
                writer.people.add(f"Ada {number}")
            assert catalog.check() == []


def copied(home: Home, backup: Path) -> None:
    shutil.copyfile(home.catalog, backup)


def vacuumed(home: Home, backup: Path) -> None:
    with closing(sqlite3.connect(home.catalog)) as raw:
        raw.execute("VACUUM INTO ?", (str(backup),))


def backed_up(home: Home, backup: Path) -> None:
    with closing(sqlite3.connect(home.catalog)) as raw, closing(sqlite3.connect(backup)) as other:
        raw.backup(other)


@pytest.mark.parametrize("save", [copied, vacuumed, backed_up])
@pytest.mark.parametrize("is_older", [False, True])
def test_a_backup_that_was_put_back_is_no_damage(
    home: Home, tmp_path: Path, save: Callable[[Home, Path], None], *, is_older: bool
) -> None:
    backup = tmp_path / "backup.db"
    save(home, backup)
    if is_older:
        add(home, "later.mov")
    shutil.copyfile(backup, home.catalog)
    assert checked(home) == []
    page = page_of(home.catalog, "cues", "overflow")
    flip(home.catalog, page, 100, 0xFF)
    assert f"page {page} (table cues)" in checked(home)[0]


def test_a_backup_is_no_damage_when_it_is_written_to_before_the_check(home: Home, tmp_path: Path) -> None:
    backup = tmp_path / "backup.db"
    copied(home, backup)
    add(home, "later.mov")
    shutil.copyfile(backup, home.catalog)
    add(home, "other.mov")
    assert checked(home) == []


def test_a_home_that_was_moved_to_another_disk_is_compared_with_what_was_written(
    home: Home, tmp_path: Path
) -> None:
    moved = Home(Path(shutil.copytree(home.root, tmp_path / "elsewhere")))
    page = page_of(moved.catalog, "cues", "overflow")
    flip(moved.catalog, page, 100, 0xFF)
    assert f"page {page} (table cues)" in checked(moved)[0]


def test_a_rewritten_catalog_is_known(home: Home) -> None:
    with opened(home) as catalog:
        catalog.compact()
        assert catalog.check() == []
    assert unknown(home) == 0


def test_a_reader_of_an_old_snapshot_raises_no_alarm(home: Home) -> None:
    with opened(home) as catalog, opened(home) as other:
        with catalog.write() as writer:
            writer.people.add("Ada")
        with other.read() as view:
            for number in range(3):
                with catalog.write() as writer:
                    writer.people.add(f"Ada {number}")
                assert catalog.check() == []
            assert len(view.people.all()) == 1
        assert catalog.check() == []
    assert unknown(home) == 0


def test_a_disk_without_room_for_digests_keeps_nobody_from_writing(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        add(home, "later.mov")
    assert checked(home) == []
    add(home, "and another.mov")
    assert checked(home) == []


def test_closing_leaves_the_log_empty_and_in_place(home: Home) -> None:
    add(home, "later.mov")
    watch = PageWatch(home.catalog)
    seen = watch.table.seen()
    assert seen is not None
    assert watch.log.state() == seen.log
    assert seen.log.is_empty
    assert not seen.is_foreign
