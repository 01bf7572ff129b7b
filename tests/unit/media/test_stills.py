"""Still pictures: facts, upright, in sRGB, web-sized."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from media.probe import probe
from media.stills import StillResult, make_still
from media.tool import MediaLimits
from tests import material

LIMITS = MediaLimits()
ORIENTATION, DATE = 0x0112, 0x0132


def walk(path: Path) -> StillResult:
    return make_still(path, probe(path, LIMITS), path.parent / "derived", LIMITS)


@pytest.mark.parametrize("suffix", ["jpg", "png", "tiff", "webp"])
def test_formats(tmp_path: Path, suffix: str) -> None:
    path = material.still(tmp_path / f"a.{suffix}", (2400, 1200), colour="red")
    info, result = probe(path, LIMITS), walk(path)
    assert (info.kind, info.width, info.height, info.duration_ms) == ("still", 2400, 1200, 0)
    assert (result.width, result.height) == (1920, 960)
    proxy, poster = Image.open(result.proxy), Image.open(result.poster)
    assert (proxy.format, proxy.size, poster.size) == ("JPEG", (1920, 960), (640, 320))
    assert list(np.asarray(proxy)[5, 5].astype(int)) == pytest.approx([254, 0, 0], abs=6)
    assert sorted(file.name for file in result.proxy.parent.iterdir()) == ["poster.jpg", "still.jpg"]


def test_the_name_does_not_matter(tmp_path: Path) -> None:
    path = material.still(tmp_path / "a.png").rename(tmp_path / "a.mp4")
    assert probe(path, LIMITS).kind == "still"


def test_a_turned_photograph_stands_upright_and_keeps_its_date(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[DATE] = 6, "1987:06:05 10:11:12"
    picture = Image.new("RGB", (300, 200), "black")
    picture.paste("white", (0, 0, 150, 200))
    picture.save(tmp_path / "a.jpg", exif=exif)
    info, result = probe(tmp_path / "a.jpg", LIMITS), walk(tmp_path / "a.jpg")
    assert (info.width, info.height) == (200, 300)
    assert info.tags["creation_time"] == "1987:06:05 10:11:12"
    upright = np.asarray(Image.open(result.proxy).convert("L"))
    assert upright.shape == (300, 200)
    assert upright[20].mean() > 250
    assert upright[280].mean() < 5


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("RGBA", (0, 255, 0, 0), (255, 255, 255)),
        ("RGBA", (0, 0, 255, 255), (0, 0, 255)),
        ("LA", (0, 128), (127, 127, 127)),
        ("L", 100, (100, 100, 100)),
        ("1", 1, (255, 255, 255)),
        ("P", 0, (0, 0, 0)),
        ("I;16", 0x8000, (128, 128, 128)),
        ("F", 0.5, (127, 127, 127)),
        ("CMYK", (0, 255, 255, 0), (255, 0, 0)),
    ],
)
def test_modes(tmp_path: Path, mode: str, colour: tuple[int, ...], expected: tuple[int, ...]) -> None:
    suffix = "tiff" if mode in ("F", "CMYK") else "png"
    path = tmp_path / f"a.{suffix}"
    Image.new(mode, (64, 48), colour).save(path)
    assert np.asarray(Image.open(walk(path).proxy))[20, 20] == pytest.approx(expected, abs=4)


def test_colours_come_out_in_srgb(tmp_path: Path) -> None:
    grey = Image.new("RGB", (64, 48), (128, 128, 128))
    grey.save(
        tmp_path / "plain.png", icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    )
    grey.save(tmp_path / "noise.png", icc_profile=b"not a profile")
    for name in ("plain.png", "noise.png"):
        assert np.asarray(Image.open(walk(tmp_path / name).proxy))[20, 20] == pytest.approx([128] * 3, abs=3)
