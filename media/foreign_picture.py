"""A picture from outside that nobody keeps: decoded in a jailed child, handed on as small RGB."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from foundation.errors import EmptyFile, MediaError
from media.tool import MediaLimits, open_master, run_reader

SIDE = 640
"""Longest side that is handed on, in pixels: more than any encoder looks at."""

_REMEDY = "Give a JPEG, PNG, TIFF or WebP picture that a viewer opens."


def read_foreign_picture(data: bytes, scratch: Path, limits: MediaLimits) -> NDArray[np.uint8]:
    """Read a JPEG, PNG, TIFF or WebP of any origin as stills are read: upright, in sRGB, on white.

    Args:
        data: The file's bytes.
        scratch: Folder for the length of the call; made if need be, left as it was.
        limits: What the decoder child may use.

    Returns:
        uint8 RGB, height × width × 3, its longest side at most :data:`SIDE` pixels.

    Raises:
        EmptyFile: There are no bytes.
        NotMedia: It is no picture of these formats.
        TooLarge: It has more pixels than ``limits`` allow, or needs more memory.
        TruncatedMedia, CorruptMedia: It does not decode.
        ToolTimeout, ToolFailed: The child took too long, or crashed.
    """
    if not data:
        raise EmptyFile("The example picture has no bytes.", remedy=_REMEDY)
    scratch.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="example-", dir=scratch) as folder:
        given, rendered = Path(folder) / "example picture", Path(folder) / "rendered.jpg"
        given.write_bytes(data)
        _render(given, rendered, limits)
        from PIL import Image  # noqa: PLC0415 - an API process that is shown no picture needs no decoder

        with Image.open(rendered, formats=("JPEG",)) as image:
            return np.asarray(image.convert("RGB"))


def _render(given: Path, rendered: Path, limits: MediaLimits) -> None:
    request = {"what": "render", "outputs": [(str(rendered), SIDE)]}
    try:
        with open_master(given) as opened:
            run_reader("media.picture_file", request, opened, limits=limits, seconds=None)
    except MediaError as error:
        raise type(error)(error.message, remedy=_REMEDY) from error
