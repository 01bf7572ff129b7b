"""What is wrong with a file is said in a dead letter; the rest of the archive goes on."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from catalog.model import RenditionRole
from foundation.settings import IndexerSettings
from tests import material
from tests.indexing import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path, indexer=IndexerSettings(workers=1, attempts=2))
    yield made
    made.services.close()


def zero(root: Path) -> None:
    (root / "bad.mov").write_bytes(b"")


def text(root: Path) -> None:
    (root / "bad.mp4").write_text("Dear diary,\n" * 50)


def noise(root: Path) -> None:
    (root / "bad.mkv").write_bytes(bytes((i * 7919 + i // 251) % 256 for i in range(40_000)))


def truncated(root: Path) -> None:
    whole = material.clip(root / "bad.mp4", 4, output=("-movflags", "+faststart"))
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])


def without_index(root: Path) -> None:
    whole = material.clip(root / "bad.mp4", 4)
    data = whole.read_bytes()
    whole.write_bytes(data[: data.rindex(b"moov") - 4])


def playlist(root: Path) -> None:
    (root / "bad.m3u8").write_text("#EXTM3U\n#EXTINF:10,\n/etc/passwd\n#EXT-X-ENDLIST\n")


def playlist_in_disguise(root: Path) -> None:
    (root / "bad.mp4").write_text("ffconcat version 1.0\nfile /etc/passwd\n")


def fifo(root: Path) -> None:
    os.mkfifo(root / "bad.mp4")


def loop(root: Path) -> None:
    (root / "bad.mp4").symlink_to(root / "bad.mp4")


def leads_out(root: Path) -> None:
    (root / "bad.mp4").symlink_to("/etc/passwd")


def truncated_still(root: Path) -> None:
    whole = material.still(root / "bad.png", (400, 400))
    whole.write_bytes(whole.read_bytes()[:300])


BAD: list[tuple[Callable[[Path], None], set[str]]] = [
    (zero, {"empty-file"}),
    (text, {"not-media"}),
    (noise, {"not-media"}),
    (truncated, {"truncated-media"}),
    (without_index, {"truncated-media"}),
    (playlist, {"forbidden-reference"}),
    (playlist_in_disguise, {"forbidden-reference"}),
    (fifo, {"object-unreadable"}),
    (loop, {"object-unreadable"}),
    (leads_out, {"object-unreadable"}),
    (truncated_still, {"truncated-media", "corrupt-media"}),
]


@pytest.mark.parametrize(("make", "codes"), BAD, ids=lambda value: getattr(value, "__name__", ""))
def test_it_gets_a_reason_and_the_rest_goes_on(
    archive: Archive, make: Callable[[Path], None], codes: set[str]
) -> None:
    make(archive.root)
    material.still(archive.root / "good.png")
    run = archive.index()
    assert (run.state, run.failed, run.done) == ("finished", 1, 1)
    ((name, letter),) = archive.letters().items()
    assert name.startswith("bad.")
    assert letter.code in codes
    assert letter.message
    assert letter.remedy
    assert list(archive.assets()) == ["good.png"]
    assert list(archive.services.home.scratch.iterdir()) == []


def test_a_replaced_file_is_indexed_and_its_letter_is_gone(archive: Archive) -> None:
    zero(archive.root)
    archive.index()
    material.clip(archive.root / "bad.mov", 1)
    assert archive.index().failed == 0
    assert archive.letters() == {}
    assert list(archive.assets()) == ["bad.mov"]


def test_the_letter_of_a_deleted_file_is_gone(archive: Archive) -> None:
    zero(archive.root)
    fifo(archive.root)
    material.still(archive.root / "good.png")
    assert archive.index().failed == 2
    for bad in archive.root.glob("bad.*"):
        bad.unlink()
    archive.index()
    assert archive.letters() == {}


NAMES = [
    "a b.png",
    "new\nline.png",
    "quo'te\".png",
    "ünï-日本.png",
    "-leading.png",
    "100%25.png",
    "*?[x].png",
]


@pytest.mark.parametrize("name", NAMES)
def test_any_name_will_do(archive: Archive, name: str) -> None:
    material.still(archive.root / "x.png").rename(archive.root / name)
    assert archive.index().done == 1
    assert list(archive.assets()) == [name]
    assert archive.index().unchanged == 1


def test_a_file_that_vanishes_before_its_turn(archive: Archive, monkeypatch: pytest.MonkeyPatch) -> None:
    material.still(archive.root / "a.png")
    monkeypatch.setattr("indexer.walker.refreshed", _after(lambda: (archive.root / "a.png").unlink()))
    run = archive.index()
    assert (run.state, run.failed) == ("finished", 1)
    assert {letter.code for letter in archive.letters().values()} == {"object-missing"}
    assert archive.assets() == {}


def test_a_file_that_changes_while_it_is_read_is_tried_again(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    longer = material.clip(archive.root.parent / "longer.mp4", 2)
    grown: list[bool] = []

    def grow() -> None:
        if not grown:
            grown.append(True)
            shutil.copyfile(longer, clip)

    monkeypatch.setattr("indexer.proxy.expect_unchanged", _before("indexer.master", "expect_unchanged", grow))
    run = archive.index()
    assert (run.done, run.failed) == (1, 0)
    asset = archive.assets()["a.mp4"]
    assert asset.technical.frames == 50
    with archive.read() as reader:
        assert reader.facts.renditions(asset.id)[RenditionRole.PROXY].frames == 50


def test_a_file_that_never_rests_becomes_a_dead_letter(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = material.clip(archive.root / "a.mp4", 1)
    monkeypatch.setattr(
        "indexer.proxy.expect_unchanged",
        _before("indexer.master", "expect_unchanged", lambda: os.utime(clip)),
    )
    assert archive.index().failed == 1
    assert [letter.code for letter in archive.letters().values()] == ["object-changed"]


def _before(module: str, name: str, happens: Callable[[], None]) -> Callable[..., object]:
    from importlib import import_module

    real = getattr(import_module(module), name)

    def wrapped(*arguments: object) -> object:
        happens()
        return real(*arguments)

    return wrapped


def _after(happens: Callable[[], None]) -> Callable[..., object]:
    return _before("indexer.master", "refreshed", happens)


def test_bad_captions_do_not_cost_the_clip(archive: Archive) -> None:
    material.clip(archive.root / "a.mp4", 1)
    (archive.root / "a.en.vtt").write_text("this is no caption file")
    (archive.root / "a.json").write_text("{")
    material.sidecar(archive.root / "a.no.srt", [(0.1, 0.9, "God dag.")])
    run = archive.index()
    assert run.done == 1
    assert {name: letter.code for name, letter in archive.letters().items()} == {
        "a.en.vtt": "bad-captions",
        "a.json": "bad-sidecar",
    }
    with archive.read() as reader:
        assert [c.text for c in reader.facts.cues(archive.assets()["a.mp4"].id)] == ["God dag."]
    material.sidecar(archive.root / "a.en.vtt", [(0.1, 0.9, "Good day.")])
    (archive.root / "a.json").unlink()
    archive.index()
    assert archive.letters() == {}


@pytest.mark.usefixtures("expected_errors")
def test_what_a_library_lets_escape_is_one_dead_letter(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("boom")

    monkeypatch.setattr("indexer.proxy.make_still", broken)
    material.still(archive.root / "a.png")
    material.sound(archive.root / "b.wav", 1)
    run = archive.index()
    assert (run.state, run.done, run.failed) == ("finished", 1, 1)
    assert [letter.code for letter in archive.letters().values()] == ["internal"]


def test_a_full_disk_is_said_so_and_the_next_run_goes_on(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    material.still(archive.root / "a.png")
    with monkeypatch.context() as patch:
        patch.setattr("indexer.proxy.make_still", full)
        assert archive.index().failed == 1
    assert [letter.code for letter in archive.letters().values()] == ["no-space"]
    assert archive.index().done == 1
    assert archive.letters() == {}
