"""Near-duplicates through the whole walk: real media, the real catalog, no slow model."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.model import Asset, Link, LinkDecision, LinkKind
from tests import material
from tests.indexing import Archive

MOVING = ("mandelbrot", "testsrc2")


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path)
    yield made
    made.services.close()


def links(archive: Archive) -> dict[frozenset[str], Link]:
    """Links by the names of their ends."""
    names = {asset.id: name for name, asset in archive.assets().items()}
    with archive.read() as reader:
        found = reader.links.page(after=None, limit=100)
    return {frozenset((names[link.first], names[link.second])): link for link in found}


def transformed(
    archive: Archive, source: Path, name: str, *arguments: str, before: tuple[str, ...] = ()
) -> None:
    material.ffmpeg(*before, "-i", str(source), "-an", *arguments, str(archive.root / name))


@pytest.mark.slow
def test_copies_and_cut_downs_are_linked_and_look_alikes_are_not(archive: Archive) -> None:
    master = material.clip(archive.root / "master.mp4", 8, cuts=(4,), pictures=MOVING, size="640x360")
    small = ("-vf", "scale=320:180,hue=s=0", "-r", "20", "-c:v", "libx264", "-crf", "30")
    transformed(archive, master, "v4_FINAL_USE_THIS.mp4", *small)
    transformed(archive, master, "letterbox.mov", "-vf", "pad=640:480:0:60", "-c:v", "mpeg4", "-q:v", "9")
    transformed(archive, master, "cut.mp4", "-c:v", "libx264", before=("-ss", "2.3", "-t", "4"))
    for card in ("card one.mp4", "card two.mp4"):
        material.clip(
            archive.root / card, 4, pictures=("smptehdbars",), output=("-metadata", f"title={card}")
        )
    run = archive.index()
    assert (run.state, run.done, run.total, run.failed) == ("finished", 6, 6, 0)
    found = links(archive)
    whole = ("master.mp4", "v4_FINAL_USE_THIS.mp4", "letterbox.mov")
    pairs = {frozenset((a, b)) for a in whole for b in whole if a != b}
    assert {ends for ends, link in found.items() if link.kind is LinkKind.SAME} == pairs
    parts = {ends: link for ends, link in found.items() if link.kind is LinkKind.PART}
    assert set(parts) == {frozenset(("cut.mp4", name)) for name in whole}
    assert len(found) == 6
    cut = archive.assets()["cut.mp4"]
    within = parts[frozenset(("cut.mp4", "master.mp4"))]
    assert within.part == cut.id
    mine, theirs = within.seen_from(cut.id)[0]
    assert abs(theirs.in_frame - mine.in_frame - 57) <= 5
    assert len(mine) > 85


@pytest.mark.slow
def test_only_what_is_new_is_compared_and_decisions_stay(archive: Archive) -> None:
    master = material.clip(archive.root / "a.mp4", 6, pictures=MOVING)
    transformed(archive, master, "b.mp4", "-c:v", "libx264", "-crf", "35")
    archive.index()
    assets = archive.assets()
    with archive.services.catalog.write() as writer:
        assert writer.links.due(9) == []
        writer.links.decide(assets["a.mp4"].id, assets["b.mp4"].id, LinkDecision.REJECTED)
    transformed(archive, master, "c.mp4", "-vf", "scale=160:90", "-c:v", "libx264")
    archive.index()
    assert set(links(archive)) == {frozenset(("a.mp4", "c.mp4")), frozenset(("b.mp4", "c.mp4"))}


def test_stills_are_linked_by_look_alone(archive: Archive) -> None:
    picture = material.still(archive.root / "one.png")
    material.ffmpeg("-i", str(picture), "-vf", "scale=iw/2:-1", "-q:v", "8", str(archive.root / "two.jpg"))
    material.ffmpeg("-i", str(picture), "-vf", "hflip", str(archive.root / "other.png"))
    archive.index()
    assert set(links(archive)) == {frozenset(("one.png", "two.jpg"))}


@pytest.mark.slow
def test_a_lost_fingerprint_stops_nothing_and_is_made_again(archive: Archive) -> None:
    master = material.clip(archive.root / "a.mp4", 5, pictures=MOVING)
    transformed(archive, master, "b.mp4", "-c:v", "libx264", "-crf", "35")
    archive.index()
    assert len(links(archive)) == 1
    with archive.services.catalog.write() as writer:
        writer.links.compare_again()
    _fingerprint(archive, archive.assets()["a.mp4"]).unlink()
    assert archive.index().state == "finished"
    assert links(archive) == {}
    assert archive.index().state == "finished"
    assert len(links(archive)) == 1


def _fingerprint(archive: Archive, asset: Asset) -> Path:
    return archive.services.home.asset(asset.id) / "fingerprint.parquet"
