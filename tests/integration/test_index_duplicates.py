"""Near-duplicates through the whole walk: real media, the real catalog, no slow model."""

from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

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


@pytest.mark.slow
def test_a_picture_that_stands_still_is_told_by_its_noise(archive: Archive) -> None:
    takes = [archive.root / f"take {number}.mp4" for number in (1, 2)]
    for number, path in enumerate(takes):
        noise = f"smptebars=size=640x360:rate=25,noise=alls=14:allf=t:all_seed={number + 1}"
        material.ffmpeg("-f", "lavfi", "-t", "8", "-i", noise, "-c:v", "libx264", "-crf", "18", str(path))
    cut = ("-vf", "scale=480:270", "-c:v", "libx264", "-crf", "20")
    transformed(archive, takes[0], "cut.mp4", *cut, before=("-ss", "2.2", "-t", "4"))
    archive.index()
    found = links(archive)
    assert set(found) == {frozenset(("take 1.mp4", "cut.mp4"))}
    (link,) = found.values()
    mine, theirs = link.seen_from(archive.assets()["cut.mp4"].id)[0]
    assert link.kind is LinkKind.PART
    assert abs(theirs.in_frame - mine.in_frame - 55) <= 5


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["lost", "older"])
def test_what_was_compared_before_is_found_without_the_index_of_pictures(
    archive: Archive, damage: str
) -> None:
    master = material.clip(archive.root / "a.mp4", 5, pictures=MOVING)
    archive.index()
    files = archive.services.home.pictures / "films"
    assert list(files.iterdir())
    if damage == "lost":
        rmtree(files)
    else:
        for path in files.glob("*.json"):
            path.write_text('{"keys": [["ast_gone", "0"]], "owners": [0]}', encoding="utf-8")
    transformed(archive, master, "b.mp4", "-c:v", "libx264", "-crf", "35")
    archive.index()
    assert len(links(archive)) == 1


def _fingerprint(archive: Archive, asset: Asset) -> Path:
    return archive.services.home.asset(asset.id) / "fingerprint.parquet"
