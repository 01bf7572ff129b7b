"""What is deleted or damaged in a home is noticed by `rekindle check`, and comes back."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from foundation.settings import load
from tests import material
from tests.e2e.command import QUICK, Rekindle
from tests.e2e.soundness import assert_whole
from tests.e2e.stopping import make_footage

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small archive, indexed once; tests take copies of it."""
    folder = tmp_path_factory.mktemp("repair")
    make_footage(folder / "footage", 2)
    material.still(folder / "footage" / "still.png")
    Rekindle(folder / "home", QUICK).json("index", str(folder / "footage"))
    return folder


@pytest.fixture
def rekindle(original: Path, tmp_path: Path) -> Rekindle:
    shutil.copytree(original / "home", tmp_path / "home")
    return Rekindle(tmp_path / "home", QUICK)


NAMES = {"clip 0.mp4", "clip 1.mp4", "still.png"}


def one(rekindle: Rekindle, pattern: str) -> Path:
    return sorted(rekindle.home.glob(f"derived/*/*/{pattern}"))[0]


def gone(pattern: str) -> Callable[[Rekindle], object]:
    return lambda rekindle: one(rekindle, pattern).unlink()


def spoilt(pattern: str) -> Callable[[Rekindle], object]:
    def spoil(rekindle: Rekindle) -> None:
        path = one(rekindle, pattern)
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 0xFF
        path.write_bytes(data)

    return spoil


LOST: dict[str, Callable[[Rekindle], object]] = {
    "a proxy": gone("proxy.mp4"),
    "a damaged proxy": spoilt("proxy.mp4"),
    "a still": gone("still.jpg"),
    "a poster": gone("poster.jpg"),
    "a keyframe": gone("keyframes/*.jpg"),
    "a fingerprint": spoilt("fingerprint.parquet"),
    "pictures' vectors": spoilt("vectors/visual-*.parquet"),
    "sentences' vectors": gone("vectors/text-*.parquet"),
}


def test_everything_that_can_be_lost_is_made_again(rekindle: Rekindle) -> None:
    for lose in LOST.values():
        lose(rekindle)
    faults = rekindle.json("check", "--deep", exit_code=3)
    assert len(faults) >= len(LOST) - 1, faults  # the first proxy is gone, and spoilt is the next one
    assert all(fault["remedy"] for fault in faults)
    rekindle.json("check", "--deep", "--repair", exit_code=3)
    again = rekindle.json("index")
    assert (again["state"], again["failed"]) == ("finished", 0)
    assert again["done"] >= 1
    assert rekindle.json("check", "--deep") == []
    assert_whole(load(rekindle.home).layout, NAMES)
    assert rekindle.search("clip number 1")[0]["asset"]["name"] == "clip 1.mp4"


@pytest.mark.parametrize("folders", [("index",), ("packs",), ("scratch", "logs", "run")])
def test_folders_that_can_be_rebuilt_may_be_deleted(rekindle: Rekindle, folders: tuple[str, ...]) -> None:
    before = [(hit["asset"]["name"], hit["in_frame"]) for hit in rekindle.search('"clip number 1"')]
    for folder in folders:
        shutil.rmtree(rekindle.home / folder)
    rekindle.json("check", "--repair")
    after = [(hit["asset"]["name"], hit["in_frame"]) for hit in rekindle.search('"clip number 1"')]
    assert after == before
    assert rekindle.json("check", "--deep") == []


def test_a_damaged_vector_index_is_built_again(rekindle: Rekindle) -> None:
    for path in (rekindle.home / "index").rglob("*"):
        # Without its cursor a generation was never finished: the next owner begins again by itself.
        if path.suffix in {".mmap", ".json", ".dat"} and path.name != "cursor.json":
            path.write_bytes(b"\0" * 100)
    hits = rekindle.json("search", "clip number 1")
    assert hits["hits"][0]["asset"]["name"] == "clip 1.mp4"
    assert hits["signals"]["visual"].startswith("off: ")
    assert rekindle.json("check", exit_code=3)
    assert rekindle.json("check", "--repair") == []
    assert rekindle.json("search", "clip number 1")["signals"]["visual"] == "on"


def test_a_flipped_bit_of_the_catalog_is_named_and_flipped_back(rekindle: Rekindle) -> None:
    path = rekindle.home / "catalog.db"
    data = bytearray(path.read_bytes())
    place = data.index(b"clip 1.mp4")
    data[place] ^= 0x04
    path.write_bytes(data)
    faults = rekindle.json("check", exit_code=3)
    assert any(fault["what"] == "catalog" and "is flipped" in fault["wrong"] for fault in faults), faults
    assert path.read_bytes()[place] != ord("c"), "nothing is repaired unasked"
    mended = rekindle.run("check", "--repair")
    assert (mended.returncode, "Flipped back in the catalog" in mended.stderr) == (0, True), mended.stderr
    assert path.read_bytes()[place : place + 10] == b"clip 1.mp4"
    assert rekindle.json("check") == []


@pytest.mark.parametrize("damage", [b"not a database", b"SQLite format 3\0" + bytes(4000)])
def test_a_damaged_catalog_is_said_and_left_alone(rekindle: Rekindle, damage: bytes) -> None:
    for path in rekindle.home.glob("catalog.db*"):
        path.unlink()
    (rekindle.home / "catalog.db").write_bytes(damage)
    for command in (["status"], ["search", "a"], ["index"], ["check"], ["check", "--repair"]):
        done = rekindle.run(*command)
        assert done.returncode == 70, (command, done.stderr)
        assert "Traceback" not in done.stderr
        assert "catalog.db" in done.stderr
    assert (rekindle.home / "catalog.db").read_bytes() == damage
