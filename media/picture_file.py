"""Reads stills with Pillow, in a child process that :mod:`media.tool` jails. See :mod:`media.reader`."""

import io
import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageCms, ImageOps, UnidentifiedImageError

from foundation.errors import CorruptMedia, MediaError, NotMedia, TooLarge, TruncatedMedia

_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP")
_TEXTS = {
    "creation_time": ExifTags.Base.DateTime,
    "make": ExifTags.Base.Make,
    "model": ExifTags.Base.Model,
    "artist": ExifTags.Base.Artist,
    "description": ExifTags.Base.ImageDescription,
    "copyright": ExifTags.Base.Copyright,
}
_ORIGINAL_DATE = 0x9003
_JPEG_QUALITY = 90


def main(question: str) -> None:
    """Answer one question on stdout."""
    request = json.loads(question)
    try:
        answer = {"facts": _facts, "render": _render}[request["what"]](request)
    except MediaError as error:
        answer = {"error": type(error).__name__, "message": error.message, "remedy": error.remedy}
    print(json.dumps(answer))  # noqa: T201 - stdout is how a reader answers


@contextmanager
def _opened(request: dict[str, Any]) -> Iterator[Image.Image]:
    name = request["name"]
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # the limit below is ours and comes first
    try:
        with Image.open(request["url"].removeprefix("file:"), formats=_FORMATS) as image:
            _check_pixels(image, request)
            yield image
    except UnidentifiedImageError as error:
        raise NotMedia(f"{name!r} is not a picture that can be read.") from error
    except MemoryError as error:
        raise TooLarge(f"{name!r} needs more memory than one decoder may have.") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        leaf = TruncatedMedia if "truncated" in str(error) else CorruptMedia
        raise leaf(f"{name!r} does not decode: {error}.") from error


def _check_pixels(image: Image.Image, request: dict[str, Any]) -> None:
    pixels, most = image.width * image.height, request["max_pixels"]
    if pixels > most:
        raise TooLarge(
            f"{request['name']!r} has {pixels / 1e6:.0f} megapixels; the limit is {most / 1e6:.0f}."
        )


def _facts(request: dict[str, Any]) -> dict[str, Any]:
    with _opened(request) as image:
        width, height = image.size
        if image.getexif().get(ExifTags.Base.Orientation, 1) >= 5:
            width, height = height, width
        return {
            "format": (image.format or "").lower(),
            "width": width,
            "height": height,
            "mode": image.mode,
            "alpha": image.has_transparency_data,
            "tags": _tags(image),
        }


def _tags(image: Image.Image) -> dict[str, str]:
    exif = image.getexif()
    tags = {name: str(exif[tag]).strip("\0 ")[:2000] for name, tag in _TEXTS.items() if exif.get(tag)}
    original = exif.get_ifd(ExifTags.IFD.Exif).get(_ORIGINAL_DATE)
    return tags | ({"date_original": str(original)} if original else {})


def _render(request: dict[str, Any]) -> dict[str, Any]:
    """Write the picture upright, in sRGB, at most so large, once per (path, longest side) asked for."""
    sizes = []
    with _opened(request) as image:
        longest = max(side for _, side in request["outputs"])
        image.draft("RGB", (longest, longest))
        upright = ImageOps.exif_transpose(_srgb(image))
    for path, side in request["outputs"]:
        upright.thumbnail((side, side), Image.Resampling.LANCZOS)
        encoded = io.BytesIO()  # Pillow's own writer takes a short write on a full disk for success
        upright.save(encoded, "JPEG", quality=_JPEG_QUALITY, optimize=True)
        Path(path).write_bytes(encoded.getvalue())
        sizes.append(upright.size)
    return {"sizes": sizes}


def _srgb(image: Image.Image) -> Image.Image:
    profile, exif = image.info.get("icc_profile"), image.getexif()
    picture = _eight_bit(image)
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        picture = _converted(picture, profile)
    picture = picture.convert("RGB")
    picture.info["exif"] = exif.tobytes() if exif else b""
    return picture


def _eight_bit(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode == "F":
        return image.point(lambda value: value * 255).convert("L")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(ground, picture).convert("RGB")
    return image.convert("RGB") if image.mode not in ("RGB", "L", "CMYK") else image


def _converted(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        result = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture
    return picture if result is None else result
