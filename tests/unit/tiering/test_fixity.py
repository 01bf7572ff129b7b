import errno
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive_tiering.stores.digest import digest, stage
from archive_tiering.stores.local import LocalFolder
from archive_tiering.stores.object_store import ObjectInfo
from archive_tiering.vault.store import FolderVault, load_terms
from foundation.errors import NoSpace, ObjectChanged, ObjectUnreadable
from tests.fakes.clock import FakeClock


@pytest.fixture
def awake(tmp_path: Path) -> FolderVault:
    root = tmp_path / "vault"
    root.mkdir()
    (root / "film.mov").write_bytes(bytes(4 << 20))
    clock = FakeClock()
    store = FolderVault(root, tmp_path / "ledger", load_terms(root), clock)
    store.request_restore("film.mov", retrieval_tier="standard", days=1)
    clock.advance(minutes=1)
    return store


def only(store: LocalFolder | FolderVault) -> ObjectInfo:
    (found,) = list(store.list())
    assert isinstance(found, ObjectInfo)
    return found


def test_digest_streams() -> None:
    assert digest([b"a", b"", b"bc"]) == (hashlib.sha256(b"abc").hexdigest(), 3)


def test_folders_are_read_in_place(tmp_path: Path) -> None:
    (tmp_path / "film.mov").write_bytes(b"film")
    staged = stage(LocalFolder(tmp_path), only(LocalFolder(tmp_path)), tmp_path / "scratch")
    assert staged.path == tmp_path / "film.mov"
    staged.discard()
    assert staged.path.exists()
    assert not (tmp_path / "scratch").exists()


@pytest.mark.parametrize("grown", [b"filmfilm", b"FILM"])
def test_a_file_that_changes_while_it_is_read_is_refused(
    tmp_path: Path, grown: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "film.mov").write_bytes(b"film")
    store = LocalFolder(tmp_path)
    listed = only(store)
    real = hashlib.file_digest

    def meddle(file: object, name: str) -> object:
        (tmp_path / "film.mov").write_bytes(grown)
        return real(file, name)  # type: ignore[arg-type]

    monkeypatch.setattr(hashlib, "file_digest", meddle)
    with pytest.raises(ObjectChanged):
        stage(store, listed, tmp_path / "scratch")


def test_copies_keep_the_extension_or_take_the_given_name(awake: FolderVault, tmp_path: Path) -> None:
    assert stage(awake, only(awake), tmp_path / "s").path.suffix == ".mov"
    assert stage(awake, only(awake), tmp_path / "s", name="frame.0001.dpx").path.name == "frame.0001.dpx"


def failing(after: int, error: Exception) -> Iterator[bytes]:
    yield bytes(after)
    raise error


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (OSError(errno.ENOSPC, "full"), NoSpace),
        (OSError(errno.EDQUOT, "quota"), NoSpace),
        (OSError(errno.EIO, "broken"), ObjectUnreadable),
        (KeyboardInterrupt(), KeyboardInterrupt),
    ],
)
def test_nothing_is_left_behind(
    awake: FolderVault,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    raised: type[BaseException],
) -> None:
    monkeypatch.setattr(awake, "read", lambda *_: failing(1000, error))
    with pytest.raises(raised):
        stage(awake, only(awake), tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_read_that_ends_early_is_refused(
    awake: FolderVault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awake, "read", lambda *_: iter([b"short"]))
    with pytest.raises(ObjectChanged, match="5 bytes"):
        stage(awake, only(awake), tmp_path / "scratch")
    assert list((tmp_path / "scratch").iterdir()) == []
