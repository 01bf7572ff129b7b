import os
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.names import from_key, to_key
from archive_tiering.stores.object_store import ObjectInfo, Unreadable
from foundation.errors import ObjectMissing, ObjectUnreadable, StorageUnreachable


def reasons(root: Path) -> dict[str, str]:
    return {item.key: item.reason for item in LocalFolder(root).list() if isinstance(item, Unreadable)}


def keys(root: Path) -> list[str]:
    return [item.key for item in LocalFolder(root).list() if isinstance(item, ObjectInfo)]


ODD = [
    b"new\nline.mov",
    b"-rf.mov",
    b"100%.mov",
    b"\xff\xfe.mov",
    b"lone\\xff.mov",
    b"caf\xc3\xa9 'x' \"y\".mov",
]


@pytest.mark.parametrize("name", ODD)
def test_odd_names_are_text_and_read_back(tmp_path: Path, name: bytes) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)).write_bytes(b"bytes")
    store = LocalFolder(tmp_path)
    (found,) = list(store.list())
    assert isinstance(found, ObjectInfo)
    found.key.encode("utf-8")
    assert found.uri.isascii()
    assert "\n" not in found.uri
    assert b"".join(store.read(found.key)) == b"bytes"
    assert store.head(found.key) == found
    here = store.local_path(found.key)
    assert here is not None
    assert os.fsencode(here.name) == name


@given(st.binary(min_size=1, max_size=40).filter(lambda b: b"\0" not in b and b"/" not in b))
def test_keys_are_text_and_undone(name: bytes) -> None:
    key = to_key(os.fsdecode(name))
    key.encode("utf-8")
    assert os.fsencode(from_key(key)) == name


@given(st.lists(st.binary(min_size=1, max_size=6), max_size=30, unique=True))
def test_no_two_names_share_a_key(names: list[bytes]) -> None:
    assert len({to_key(os.fsdecode(name)) for name in names}) == len(names)


def test_loops_pipes_sockets_and_dead_links_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.mov").write_bytes(b"1")
    (tmp_path / "loop").symlink_to(".")
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "dead").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe.mov")
    with socket.socket(socket.AF_UNIX) as server:
        monkeypatch.chdir(tmp_path)
        server.bind("socket.mov")
    found = reasons(tmp_path)
    assert sorted(found) == ["dead", "loop", "pipe.mov", "self", "socket.mov"]
    assert "folder" in found["loop"]
    assert "named pipe" in found["pipe.mov"]
    assert "socket" in found["socket.mov"]
    assert keys(tmp_path) == ["film.mov"]


def test_links_to_files_are_followed_inside_only(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret.mov").write_bytes(b"secret")
    (root / "film.mov").write_bytes(b"film")
    (root / "same.mov").symlink_to("film.mov")
    (root / "out.mov").symlink_to("../secret.mov")
    assert keys(root) == ["film.mov", "same.mov"]
    assert list(reasons(root)) == ["out.mov"]
    store = LocalFolder(root)
    assert b"".join(store.read("same.mov")) == b"film"
    assert store.local_path("same.mov") == root / "film.mov"
    with pytest.raises(ObjectMissing):
        b"".join(store.read("out.mov"))


def test_a_pipe_is_never_opened_for_reading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mov")
    store = LocalFolder(tmp_path)
    for act in (store.head, store.local_path, lambda key: list(store.read(key))):
        with pytest.raises(ObjectUnreadable):
            act("pipe.mov")


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    if os.geteuid() != 0:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        os.seteuid(0)


def test_what_may_not_be_read_is_named(as_nobody: Path) -> None:
    (as_nobody / "locked").mkdir()
    (as_nobody / "locked" / "in.mov").write_bytes(b"1")
    (as_nobody / "film.mov").write_bytes(b"1")
    (as_nobody / "private.mov").write_bytes(b"1")
    (as_nobody / "private.mov").chmod(0)
    (as_nobody / "locked").chmod(0)
    if os.geteuid() == 0:
        os.seteuid(65534)
    try:
        assert keys(as_nobody) == ["film.mov"]
        assert sorted(reasons(as_nobody)) == ["locked", "private.mov"]
        with pytest.raises(ObjectUnreadable):
            list(LocalFolder(as_nobody).read("private.mov"))
    finally:
        os.seteuid(os.getuid())
        (as_nobody / "locked").chmod(0o755)


def test_a_root_that_is_not_there_is_unreachable_not_empty(tmp_path: Path) -> None:
    for root in (tmp_path / "unmounted", tmp_path / "file"):
        (tmp_path / "file").touch()
        store = LocalFolder(root)
        with pytest.raises(StorageUnreachable):
            list(store.list())
        with pytest.raises(StorageUnreachable):
            store.head("film.mov")


def test_a_root_that_goes_away_while_listed_is_unreachable(tmp_path: Path) -> None:
    root = tmp_path / "root"
    for name in ("a", "b"):
        (root / name).mkdir(parents=True)
        (root / name / "film.mov").touch()
    listing = LocalFolder(root).list()
    next(listing)
    root.rename(tmp_path / "gone")
    with pytest.raises(StorageUnreachable):
        list(listing)


def test_a_folder_that_vanishes_while_listed_is_skipped(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "film.mov").touch()
    listing = LocalFolder(tmp_path).list()
    next(listing)
    (tmp_path / "b" / "film.mov").unlink()
    (tmp_path / "b").rmdir()
    assert [item.key for item in listing] == ["c/film.mov"]


def test_very_deep_folders_are_listed(tmp_path: Path) -> None:
    folder = tmp_path
    for _ in range(200):
        folder = folder / "d"
        folder.mkdir()
    (folder / "film.mov").touch()
    assert keys(tmp_path) == ["d/" * 200 + "film.mov"]


@pytest.mark.slow
def test_a_hundred_thousand_files_are_listed_within_seconds(tmp_path: Path) -> None:
    for folder in range(100):
        first = tmp_path / f"{folder:03}" / "clip 0.mov"
        first.parent.mkdir()
        first.touch()
        for number in range(1, 1000):
            # Files of many names list like as many files, and take a third of the time to make.
            os.link(first, f"{first.parent}/clip {number}.mov")
    begun = time.process_time()
    assert sum(1 for _ in LocalFolder(tmp_path).list()) == 100_000
    assert time.process_time() - begun < 6.0
