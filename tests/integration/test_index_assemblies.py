"""Camera cards and numbered sequences: several files, one asset."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from catalog.model import InstanceKind, RenditionRole
from foundation.settings import MediaSettings
from tests import material
from tests.frames import tell_time
from tests.indexing import Archive


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    made = Archive.open(tmp_path)
    yield made
    made.services.close()


def test_a_p2_clip_with_its_sound(archive: Archive) -> None:
    card = archive.root / "CARD" / "CONTENTS"
    mpeg2 = ("-c:v", "mpeg2video", "-b:v", "4M", "-pix_fmt", "yuv420p")
    material.clip(card / "VIDEO" / "0001AB.MXF", 2, audio=False, codec=mpeg2, timecode="01:00:00:00")
    for channel in range(2):
        material.made(
            card / "AUDIO" / f"0001AB0{channel}.MXF",
            *("-f", "lavfi", "-i", f"sine=frequency={440 * (channel + 1)}:sample_rate=48000", "-t", "2"),
            *("-c:a", "pcm_s16le", "-f", "mxf_opatom"),
        )
    (card / "CLIP").mkdir()
    (card / "CLIP" / "0001AB.XML").write_text("<P2Main/>")
    run = archive.index()
    assert (run.discovered, run.done, run.failed) == (1, 1, 0), archive.letters()
    asset = archive.assets()["CARD/CONTENTS/VIDEO/0001AB.MXF"]
    assert (asset.technical.frames, asset.technical.start_timecode) == (50, "01:00:00:00")
    with archive.read() as reader:
        (copy,) = reader.assets.instances(asset.id)
        assert copy.kind is InstanceKind.CARD
        assert RenditionRole.AUDIO in reader.facts.renditions(asset.id)
        assert [t.kind for t in reader.assets.tracks(asset.id)].count("audio") == 2
    assert archive.index().unchanged == 1


@pytest.mark.parametrize("suffix", ["dpx", "exr", "png", "jpg", "tif"])
def test_numbered_pictures_are_one_film(archive: Archive, suffix: str) -> None:
    folder = archive.root / "scan of reel 7"
    folder.mkdir()
    source = "testsrc2=rate=24:size=160x90:duration=1"
    depth = ("-pix_fmt", "gbrpf32le") if suffix == "exr" else ()
    material.ffmpeg(
        "-f", "lavfi", "-i", source, *depth, "-start_number", "86400", f"{folder}/f_%07d.{suffix}"
    )
    run = archive.index()
    assert (run.discovered, run.done, run.failed) == (1, 1, 0), archive.letters()
    asset = archive.assets()[f"scan of reel 7/f_0086400.{suffix}"]
    assert (asset.technical.frames, asset.duration_ms) == (24, 1000)
    with archive.read() as reader:
        assert reader.facts.renditions(asset.id)[RenditionRole.PROXY].frames == 24
        poster = archive.services.home.asset(asset.id) / "poster.jpg"
    assert np.asarray(Image.open(poster)).std() > 20
    assert list(archive.services.home.scratch.iterdir()) == []


def test_a_dpx_sequence_has_the_timeline_that_its_headers_tell(archive: Archive) -> None:
    _frames(archive, "f_%07d.dpx", "25")
    for frame in archive.root.glob("*.dpx"):
        tell_time(frame, television=25, film=24, timecode=0x10000012)
    assert archive.index().done == 1, archive.letters()
    asset = archive.assets()["f_0000001.dpx"]
    facts = asset.technical
    assert (facts.frames, facts.rate, asset.duration_ms) == (25, Fraction(25), 1000)
    assert (facts.start_timecode, facts.drop_frame) == ("10:00:00:12", False)
    with archive.read() as reader:
        pts = reader.assets.timelines([asset.id])[asset.id].pts
    assert pts is not None
    assert pts.start_of(24) == Fraction(24, 25)


def test_an_open_exr_sequence_runs_at_the_rate_of_its_header(archive: Archive) -> None:
    _frames(archive, "f_%07d.exr", "30000/1001", "-pix_fmt", "gbrpf32le")
    assert archive.index().done == 1, archive.letters()
    facts = archive.assets()["f_0000001.exr"].technical
    assert (facts.frames, facts.rate) == (30, Fraction(30000, 1001))


def test_pictures_that_do_not_say_run_at_the_rate_that_is_set(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path, media=MediaSettings(sequence_rate=Fraction(30000, 1001)))
    _frames(archive, "f_%07d.png", "30")
    assert archive.index().done == 1, archive.letters()
    asset = archive.assets()["f_0000001.png"]
    archive.services.close()
    assert (asset.technical.rate, asset.duration_ms) == (Fraction(30000, 1001), 1001)
    assert asset.technical.start_timecode is None


def test_what_is_timed_keeps_its_time_when_it_comes_twice_or_is_made_anew(tmp_path: Path) -> None:
    archive = Archive.open(tmp_path)
    _frames(archive, "f_%07d.png", "24")
    assert archive.index().done == 1, archive.letters()
    archive.services.close()
    faster = Archive.open(tmp_path, media=MediaSettings(sequence_rate=Fraction(25)))
    copied = faster.root / "copy"
    copied.mkdir()
    for frame in list(faster.root.glob("*.png")):
        (copied / frame.name).write_bytes(frame.read_bytes())
    assert faster.index().failed == 0, faster.letters()
    (asset,) = faster.assets().values()
    assert (asset.technical.rate, asset.duration_ms) == (Fraction(24), 1000)
    with faster.services.catalog.write() as writer:
        assert len(writer.assets.instances(asset.id)) == 2
        writer.assets_writer.reopen(asset.id, {"walk", "proxy"}, needs_master=True)
    faster.index()
    (again,) = faster.assets().values()
    assert (again.technical.rate, again.duration_ms) == (Fraction(24), 1000)
    assert again.indexed_at is not None
    faster.services.close()


def _frames(archive: Archive, pattern: str, rate: str, *depth: str) -> None:
    """A second of numbered pictures."""
    source = f"testsrc2=rate={rate}:size=160x90:duration=1"
    material.ffmpeg("-f", "lavfi", "-i", source, *depth, f"{archive.root}/{pattern}")
