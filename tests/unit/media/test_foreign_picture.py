"""Pictures from outside: read like stills, refused like stills, never kept."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from foundation.errors import EmptyFile, MediaError, NotMedia, TooLarge, TruncatedMedia
from media.foreign_picture import SIDE, read_foreign_picture
from media.tool import MediaLimits

LIMITS = MediaLimits(timeout_floor=20)


def encoded(picture: Image.Image, kind: str) -> bytes:
    sink = io.BytesIO()
    picture.save(sink, kind)
    return sink.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "WEBP"])
def test_formats_become_small_rgb_and_leave_nothing_behind(tmp_path: Path, kind: str) -> None:
    found = read_foreign_picture(encoded(Image.new("RGB", (1600, 800), "red"), kind), tmp_path, LIMITS)
    assert (found.shape, found.dtype) == ((SIDE // 2, SIDE, 3), np.uint8)
    assert found[10, 10].astype(int).tolist() == pytest.approx([254, 0, 0], abs=6)
    assert list(tmp_path.iterdir()) == []


def bomb() -> bytes:
    """A PNG of a few bytes that says it has 60,000 × 60,000 pixels."""
    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b"")]
    body = b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + body


HOSTILE: dict[str, tuple[bytes, type[MediaError]]] = {
    "nothing": (b"", EmptyFile),
    "a script": (b"#!/bin/sh\necho hello\n" * 40, NotMedia),
    "a drawing": (b"<svg xmlns='http://www.w3.org/2000/svg'/>" * 9, NotMedia),
    "a bomb": (bomb(), TooLarge),
    "half a picture": (encoded(Image.effect_noise((800, 800), 90), "JPEG")[:4000], TruncatedMedia),
    "another format": (b"GIF89a" + b"\0" * 100, NotMedia),
    "a head alone": (b"\x89PNG\r\n\x1a\n" + b"\xff" * 64, NotMedia),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_and_broken_bytes_are_refused(tmp_path: Path, name: str) -> None:
    data, leaf = HOSTILE[name]
    with pytest.raises(leaf) as refused:
        read_foreign_picture(data, tmp_path, LIMITS)
    assert "example" in refused.value.message
    assert refused.value.remedy.startswith("Give a")
    assert list(tmp_path.iterdir()) == []
