"""Films the demo archive: camera moves over photographs, cuts, burnt-in titles, timecode, captions."""

import importlib.resources
import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont

from foundation.errors import ToolFailed
from scripts.demo.archive import CLIPS, PROJECT_CLIPS, Clip, Take, View

WIDTH, HEIGHT = 960, 540
TITLE_SECONDS = 1.6
VAULT_DELAYS = {"expedited": 1, "standard": 3, "bulk": 5}
VAULT_PRICES = {"expedited": "30", "standard": "10", "bulk": "0"}
_PHOTOGRAPHS = (("skimage", "data"), ("sklearn.datasets", "images"))


def make_archive(root: Path, progress: Callable[[str], None] | None = None) -> tuple[Path, Path]:
    """Make the clips that are not there yet.

    Args:
        root: Folder for ``shelf`` (hot) and ``vault`` (behaves as cold storage).
        progress: Told each clip's name when it is there.

    Returns:
        The folder of the shelf and that of the vault.

    Raises:
        ToolFailed: ffmpeg could not write a clip.
    """
    shelf, vault = root / "shelf", root / "vault"
    for folder in (shelf, vault):
        folder.mkdir(parents=True, exist_ok=True)
    _mark_vault(vault)
    for clip in CLIPS:
        _make(clip, root / clip.shelf / clip.name)
        if progress is not None:
            progress(clip.name)
    return shelf, vault


def make_project(root: Path) -> Path:
    """Make the clips of the finished production, unless they are there or have gone to the vault.

    Args:
        root: As for :func:`make_archive`.

    Returns:
        Their folder.

    Raises:
        ToolFailed: ffmpeg could not write a clip.
    """
    folder = root / "project"
    folder.mkdir(parents=True, exist_ok=True)
    for clip in PROJECT_CLIPS:
        if not any((root / "vault").rglob(clip.name)):
            _make(clip, folder / clip.name)
    return folder


def _make(clip: Clip, path: Path) -> None:
    if not path.exists():
        _write_captions(clip, path)
        _film(clip, path)


def photograph(name: str) -> Image.Image:
    """Open a photograph that comes with scikit-image or scikit-learn, as RGB."""
    for package, folder in _PHOTOGRAPHS:
        source = importlib.resources.files(package) / folder / name
        if source.is_file():
            with source.open("rb") as stream:
                return Image.open(stream).convert("RGB")
    raise FileNotFoundError(name)


def frames(clip: Clip) -> Iterator[Image.Image]:
    """Yield every frame of a clip in order, 960×540 RGB."""
    written = 0
    for take in clip.takes:
        picture = photograph(take.photograph)
        count = round(take.seconds * clip.rate)
        for number in range(count):
            frame = _seen(picture, take, number / max(1, count - 1))
            if written < TITLE_SECONDS * clip.rate:
                _burn(frame, clip.title)
            written += 1
            yield frame


def _seen(picture: Image.Image, take: Take, share: float) -> Image.Image:
    eased = share * share * (3 - 2 * share)
    view = View(
        take.start.x + (take.end.x - take.start.x) * eased,
        take.start.y + (take.end.y - take.start.y) * eased,
        take.start.zoom + (take.end.zoom - take.start.zoom) * eased,
    )
    return picture.resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR, box=_box(picture.size, view))


def _box(size: tuple[int, int], view: View) -> tuple[float, float, float, float]:
    width = min(size[0], size[1] * WIDTH / HEIGHT) / view.zoom
    height = width * HEIGHT / WIDTH
    left = min(max(view.x * size[0] - width / 2, 0.0), size[0] - width)
    top = min(max(view.y * size[1] - height / 2, 0.0), size[1] - height)
    return left, top, left + width, top + height


def _burn(frame: Image.Image, title: str) -> None:
    pen = ImageDraw.Draw(frame)
    font = ImageFont.load_default(size=30)
    pen.text((40, HEIGHT - 70), title, font=font, fill="white", stroke_width=3, stroke_fill="black")


def _film(clip: Clip, path: Path) -> None:
    aside = path.with_name(f".{path.name}.part{path.suffix}")
    seconds = sum(round(take.seconds * clip.rate) for take in clip.takes) / clip.rate
    command = _command(clip, float(seconds), aside)
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:  # noqa: S603
        assert process.stdin is not None and process.stderr is not None  # noqa: S101, PT018
        try:
            for frame in frames(clip):
                process.stdin.write(frame.tobytes())
            process.stdin.close()
        except BrokenPipeError:
            process.stdin = None
        message = process.stderr.read().decode(errors="replace")
    if process.returncode != 0:
        aside.unlink(missing_ok=True)
        raise ToolFailed(f"ffmpeg could not write {clip.name}: {message[-500:]}")
    aside.replace(path)


def _command(clip: Clip, seconds: float, path: Path) -> list[str]:
    picture = [
        "-f",
        "rawvideo",
        "-pix_fmt",
        "rgb24",
        "-s",
        f"{WIDTH}x{HEIGHT}",
        "-r",
        str(clip.rate),
        "-i",
        "-",
    ]
    sound = ["-f", "lavfi", "-t", f"{seconds:.3f}", "-i", "anoisesrc=color=brown:amplitude=0.02:seed=7"]
    timecode = ["-timecode", clip.timecode] if path.suffix == ".mov" else []
    encoded = [
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        str(clip.crf),
        "-pix_fmt",
        "yuv420p",
        "-threads",
        "2",
    ]
    return [
        imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *picture,
        *(sound if clip.lines else []), *encoded,
        *(["-c:a", "aac"] if clip.lines else []), *timecode, str(path),
    ]  # fmt: skip


def _write_captions(clip: Clip, path: Path) -> None:
    if clip.captions is None:
        return
    comma = "," if clip.captions == "srt" else "."
    blocks = [
        f"{number}\n{_stamp(line.start, comma)} --> {_stamp(line.end, comma)}\n{line.text}\n"
        for number, line in enumerate(clip.lines, start=1)
    ]
    head = "WEBVTT\n\n" if clip.captions == "vtt" else ""
    path.with_suffix(f".en.{clip.captions}").write_text(head + "\n".join(blocks), encoding="utf-8")


def _stamp(seconds: float, comma: str) -> str:
    whole, thousandths = divmod(round(seconds * 1000), 1000)
    return f"00:{whole // 60:02d}:{whole % 60:02d}{comma}{thousandths:03d}"


def _mark_vault(vault: Path) -> None:
    facts = {"storage_class": "VAULT_COLD", "retrieval": VAULT_DELAYS, "prices": VAULT_PRICES}
    (vault / ".vault.json").write_text(json.dumps(facts, indent=2), encoding="utf-8")
