"""How right the descriptors are: precision and recall on hand-labelled shots.

``python -m scripts.bench.descriptors --testdata FOLDER [--labels FILE] [--page FILE]``

Clips go through the proxy and the look like any other; photographs are one-frame shots; some shots are made
from a photograph or a recording by a known camera move or pause, so that their label is certain. Prints one
line per descriptor and word, and writes the table to the page.
"""

import argparse
import json
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from embeddings import factory
from embeddings.encoder import FaceEncoder
from embeddings.packs import PackStore
from foundation.timecode import FrameRange, PtsTable
from media.descriptors import ALL, COLOUR, DEFAULT_ON, Description, Hearing, ShotDescriber
from media.look import look, small_picture
from media.probe import probe
from media.proxy import ProxyRecipe, make_proxy
from media.shots import ContentShotDetector, SmallPicture
from media.silence import Levels, levels, levels_of
from media.sound import SPEECH_RATE, speech_samples
from media.tool import MediaLimits

RATE = Fraction(25)
FRAMES = 50
TARGET = 0.8
TRUTH_ONLY = ("black_and_white", "silence")
"""Fields of which only ``true`` is counted: being right about ``false`` is no feat."""


@dataclass(frozen=True, slots=True)
class Judged:
    """One descriptor on one labelled shot."""

    field: str
    made: bool
    said: tuple[str, ...]
    must: tuple[tuple[str, ...], ...]
    may: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write the page; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--testdata", type=Path, required=True, help="folder with the shared test data")
    parser.add_argument("--labels", type=Path, default=Path("tests/eval/descriptor_labels.json"))
    parser.add_argument("--page", type=Path, default=Path("docs/reference/descriptors.md"))
    asked = parser.parse_args(arguments)
    items = json.loads(asked.labels.read_text(encoding="utf-8"))["items"]
    judged = list(judge(items, asked.testdata))
    rows = [row for field in sorted(ALL) for row in figures(field, [j for j in judged if j.field == field])]
    page = PAGE.format(rows="\n".join(f"| {' | '.join(map(str, row))} |" for row in rows))
    asked.page.write_text(page, encoding="utf-8")
    print(page)
    return 0


def judge(items: Sequence[Mapping[str, Any]], testdata: Path) -> Iterator[Judged]:
    """Describe every labelled shot and put the answer beside the label."""
    with tempfile.TemporaryDirectory() as scratch:
        faces = factory.open_face(PackStore(Path(scratch) / "packs"))
        clips: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        for item in items:
            if "clip" in item:
                clips[item["clip"]].append(item)
            else:
                yield from _beside(item, _describe_one(item, testdata, faces))
        for name, shots in clips.items():
            said = _describe_clip(testdata / name, shots, Path(scratch) / Path(name).name)
            for item, descriptions in zip(shots, said, strict=True):
                yield from _beside(item, descriptions)


def _beside(item: Mapping[str, Any], descriptions: Sequence[Description]) -> Iterator[Judged]:
    made = "made" in item
    for field, label in item["labels"].items():
        said = tuple(d.value for d in descriptions if d.field == field)
        if field == COLOUR:
            yield Judged(field, made, said, tuple(map(tuple, label["must"])), tuple(label["may"]))
        else:
            right = tuple(word for word in label if word != "none")
            yield Judged(field, made, said, () if "none" in label else (right,), right)


def _describe_clip(
    master: Path, shots: Sequence[Mapping[str, Any]], folder: Path
) -> tuple[tuple[Description, ...], ...]:
    info = probe(master, MediaLimits())
    made = make_proxy(master, info, folder, ProxyRecipe(), MediaLimits())
    rate = info.rate or RATE
    describer = ShotDescriber(rate, ALL)
    detector = ContentShotDetector(rate)
    look(
        made.proxy,
        folder,
        frames=made.frames,
        rate=rate,
        per_second=1.0,
        detector=detector,
        see=lambda _: None,
        thumbnails=made.thumbnails,
        glance=describer.glance,
    )
    hearing = Hearing(levels(made.audio), made.pts) if made.audio and made.pts else None
    ranges = [FrameRange(shot["in_frame"], shot["out_frame"]) for shot in shots]
    return describer.describe(ranges, hearing=hearing)


def _describe_one(item: Mapping[str, Any], testdata: Path, faces: FaceEncoder) -> Sequence[Description]:
    if "sound" in item:
        heard = _recorded(testdata / item["sound"], item["made"])
        pts = PtsTable.constant(RATE, FRAMES)
        return ShotDescriber(RATE, ALL).describe([FrameRange(0, FRAMES)], hearing=Hearing(heard, pts))[0]
    with Image.open(testdata / item["photograph"]) as image:
        picture = np.asarray(image.convert("RGB"), dtype=np.uint8)
    describer, share = ShotDescriber(RATE, ALL), {}
    if "shot_size" in item["labels"]:
        found = faces.detect(picture)
        share = {0: max((face.box.height for face in found), default=0.0)}
    pictures = _made(picture, item["made"]) if "made" in item else [small_picture(picture)]
    for frame, small in enumerate(pictures):
        describer.glance(frame, small)
    return describer.describe([FrameRange(0, len(pictures))], faces=share)[0]


def _made(picture: NDArray[np.uint8], made: Mapping[str, Any]) -> list[SmallPicture]:
    if made["what"] == "grey":
        grey = cv2.convertScaleAbs(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), alpha=made["gain"])
        return [small_picture(np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2RGB), dtype=np.uint8))]
    return [_noisy(_framed(picture, made, n / float(RATE)), made["seed"] + n) for n in range(FRAMES)]


def _framed(picture: NDArray[np.uint8], made: Mapping[str, Any], seconds: float) -> SmallPicture:
    """What a virtual camera that moves over the photograph sees at a moment: six tenths of it."""
    height, width = picture.shape[:2]
    way = made["speed"] * (seconds - 1.0)
    right = {"pan right": way, "pan left": -way}.get(made["what"], 0.0)
    down = {"tilt down": way, "tilt up": -way}.get(made["what"], 0.0)
    scale = {"zoom in": float(np.exp(-2 * way)), "zoom out": float(np.exp(2 * way))}.get(made["what"], 1.0)
    if made["what"] == "none":
        angle = np.array([1.0, 2.3]) * seconds * 4 + made["seed"]
        right, down = 0.04 * float(np.sin(angle[0])), 0.04 * float(np.sin(angle[1]))
    size = np.array([width, height]) * 0.6 * min(scale, 1.6)
    centre = np.array([width * (0.5 + 0.6 * right), height * (0.5 + 0.6 * down)])
    corner, step = centre - size / 2, size / np.array([256, 144])
    matrix = np.array([[step[0], 0, corner[0]], [0, step[1], corner[1]]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    seen = cv2.warpAffine(picture, matrix, (256, 144), flags=flags, borderMode=cv2.BORDER_REFLECT)
    return np.asarray(cv2.cvtColor(seen, cv2.COLOR_RGB2BGR), dtype=np.uint8)


def _noisy(picture: SmallPicture, seed: int) -> SmallPicture:
    noise = np.random.default_rng(seed).normal(0, 2.0, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def _recorded(path: Path, made: Mapping[str, Any]) -> Levels:
    """Two seconds of the loudest part of a recording, or of nothing but the room."""
    sound = np.concatenate(list(speech_samples(path))).astype(np.float32) / 32768
    length = int(2 * SPEECH_RATE)
    starts = range(0, max(1, len(sound) - length), SPEECH_RATE // 2)
    loudest = max(starts, key=lambda start: float(np.square(sound[start : start + length]).sum()))
    part = np.zeros(length, np.float32) if made["what"] == "pause" else sound[loudest : loudest + length]
    room = np.random.default_rng(1).normal(0, 10 ** (made["room_db"] / 20), len(part))
    mixed = np.clip(part * 10 ** (made["gain_db"] / 20) + room, -1, 1)
    return levels_of([(mixed * 32767).astype(np.int16)])


def figures(field: str, judged: Sequence[Judged]) -> Iterator[tuple[object, ...]]:
    """Rows of the table: all words together, the same without made shots, then each word."""
    yield _row(field, "all", judged, "on" if field in DEFAULT_ON else "off")
    found = [j for j in judged if not j.made]
    if len(found) < len(judged):
        yield _row(field, "all, without those made", found, "")
    if field not in TRUTH_ONLY:
        words = sorted({word for j in judged for word in (*j.said, *(w for group in j.must for w in group))})
        yield from (_row(field, word, judged, "") for word in words)


def _row(field: str, word: str, judged: Sequence[Judged], on: str) -> tuple[object, ...]:
    only = word if not word.startswith("all") else "true" if field in TRUTH_ONLY else None
    precision, recall, said, wanted = _rates(judged, only)
    return field, word, len(judged), said, _two(precision), wanted, _two(recall), on


def _rates(judged: Sequence[Judged], word: str | None) -> tuple[float | None, float | None, int, int]:
    counts: Counter[str] = Counter()
    for j in judged:
        right = {w for group in j.must for w in group} | set(j.may)
        said = [w for w in j.said if word in (None, w)]
        groups = [group for group in j.must if word is None or group == (word,)]
        counts.update(
            said=len(said),
            right=sum(w in right for w in said),
            wanted=len(groups),
            found=sum(any(w in group for w in j.said) for group in groups),
        )
    precision = counts["right"] / counts["said"] if counts["said"] else None
    recall = counts["found"] / counts["wanted"] if counts["wanted"] else None
    return precision, recall, counts["said"], counts["wanted"]


def _two(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


PAGE = """# How right the descriptors are

Measured by `python -m scripts.bench.descriptors` on the shots of `tests/eval/descriptor_labels.json`: shots
and photographs labelled by looking at them, and shots made so that the label is certain (a virtual camera
over a photograph, a photograph without its colour, a recording or its room alone). Made shots are easier
than filmed ones: the row without them says how much. The films were labelled once, with the first answers in
view, which flatters those figures; the photographs were labelled before.

*Precision*: of what is said, how much is right. *Recall*: of what should be said, how much is. A descriptor
below 0.80 in either is off unless asked for. Of black-and-white and silence only `true` is counted. Colour
labels are lenient: words that a second look would not call wrong count as right. A single word's recall
counts shots for which it is the only right word.

`REKINDLE_SIGNALS__DESCRIPTORS` says what is on: `true`, `false`, or names, where `default` stands for those
that are on by default. `default,shot_size,time_of_day` asks for all; the next `rekindle index` describes
every shot again, from what was derived and not from masters. Shot size goes by the height of faces, so it
needs `REKINDLE_SIGNALS__FACES=true` as well; `rekindle status` says where it waits for that. What
descriptors below 0.80 say is marked: its source ends in `+draft`, the API has `draft` beside it, a search
counts it by half and calls it *often wrong*.

| descriptor | word | labelled shots | said | precision | to be said | recall | by default |
| --- | --- | --- | --- | --- | --- | --- | --- |
{rows}
"""


if __name__ == "__main__":
    sys.exit(main())
