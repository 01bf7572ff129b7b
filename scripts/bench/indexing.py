"""What indexing costs: the whole walk against the proxy pass and a bare decode, and a run with nothing new.

``python -m scripts.bench.indexing [--media FOLDER] [--out FOLDER]``

FOLDER holds real clips, which are joined into a minute of 1080p25 H.264 with grain at 9 Mb/s; without it, the
material is generated. The visual pack has ViT-B/32's shape and random weights. Writes ``indexing.json`` and
``indexing.md``.
"""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage
from threading import Event

from archive_tiering.stores.object_store import ObjectInfo
from catalog.model import Asset, AssetKind, Instance, Location, LocationKind, StageRun
from foundation.ids import AssetId, InstanceId, LocationId, mint
from foundation.settings import IndexerSettings, Settings, SignalSettings
from indexer.backfill import Worker
from indexer.bootstrap import Services, build_services
from indexer.candidates import grouped
from indexer.payload import DISCOVER
from indexer.recipe import WALK
from media.probe import probe
from media.proxy import ProxyRecipe, make_proxy
from media.tool import MediaLimits, ffmpeg_program
from scripts.bench.report import Figure, save, table

SECONDS = 60
UNCHANGED = 1000
REPEATS = 5
_LIKE_ONE = (
    "scale=1920:1080:force_original_aspect_ratio=increase,crop=1920:1080,fps=25,setsar=1,format=yuv420p"
)


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of this process and its children while ``work`` runs."""
    before = _spent()
    work()
    return _spent() - before


def _spent() -> float:
    usages = [getrusage(who) for who in (RUSAGE_SELF, RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def make_material(target: Path, media: Path | None) -> Path:
    """A minute of 1080p25 H.264 with grain: cut from real clips where there are some."""
    clips = sorted(media.glob("*.mp4")) if media else []
    inputs = [argument for clip in clips for argument in ("-t", "8", "-i", str(clip))]
    if not clips:
        clips = [Path("mandelbrot"), Path("testsrc2")]
        inputs = [
            a for clip in clips for a in ("-f", "lavfi", "-t", "8", "-i", f"{clip}=size=1920x1080:rate=25")
        ]
    chains = [f"[{n}:v]{_LIKE_ONE}[v{n}]" for n in range(len(clips))]
    joined = "".join(f"[v{n}]" for n in range(len(clips)))
    graph = f"{';'.join(chains)};{joined}concat=n={len(clips)},loop=-1:1500:0,noise=alls=10:allf=t[v]"
    sound = ["-f", "lavfi", "-i", "anoisesrc=r=48000:c=pink:a=0.1"]
    output = ["-t", str(SECONDS), "-c:v", "libx264", "-preset", "veryfast", "-b:v", "9M", "-c:a", "aac"]
    maps = ["-filter_complex", graph, "-map", "[v]", "-map", f"{len(clips)}:a"]
    _ffmpeg(*inputs, *sound, *maps, *output, str(target))
    return target


def _ffmpeg(*arguments: str) -> None:
    argv = [ffmpeg_program(), "-nostdin", "-hide_banner", "-v", "error", "-y", *arguments]
    subprocess.run(argv, check=True, env={})  # noqa: S603 - an argument list, no shell


def make_pack(folder: Path) -> Path:
    """Packs with a quantised visual encoder of ViT-B/32's shape, made in processes of their own."""
    for arguments in (
        ["scripts.bench.random_vit", str(folder / "vit-b-32")],
        ["embeddings.export", "visual", str(folder / "vit-b-32"), "--packs", str(folder / "packs")],
    ):
        subprocess.run([sys.executable, "-m", *arguments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603
    return folder / "packs"


def cost_of_walk(folder: Path, material: Path, packs: Path) -> list[Figure]:
    """CPU seconds of bare decode, proxy pass and whole walk of one master."""
    limits = MediaLimits()
    decode = cpu_seconds(lambda: _ffmpeg("-i", str(material), "-map", "0:v", "-f", "null", "-"))
    info = probe(material, limits)
    proxy = cpu_seconds(lambda: make_proxy(material, info, folder / "alone", ProxyRecipe(), limits))
    archive = _Archive.make(folder, packs)
    # A first small film loads the models; an archive has more than one.
    _ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=25:duration=2", str(archive.root / "warm.mp4"))
    archive.index()
    os.link(material, archive.root / "master.mp4")
    whole = cpu_seconds(archive.index)
    archive.services.close()
    return [
        Figure("bare decode of the master", decode, "CPU s"),
        Figure("proxy pass alone", proxy, "CPU s"),
        Figure("whole indexing, no recognition", whole, "CPU s"),
        Figure("proxy pass over bare decode", proxy / decode, "×", "at most", 2.3),
        Figure("whole indexing over proxy pass", whole / proxy, "×", "at most", 1.25, "models were loaded"),
    ]


@dataclass(slots=True)
class _Archive:
    """A home with one folder, indexed in this process by a worker that keeps its models."""

    services: Services
    root: Path
    location: Location
    worker: Worker

    @classmethod
    def make(cls, folder: Path, packs: Path | None = None) -> "_Archive":
        signals = SignalSettings(speech=False, onscreen=False, faces=False, descriptors=True)
        settings = Settings(home=folder / "home", signals=signals, indexer=IndexerSettings(workers=1))
        services = build_services(settings)
        if packs is not None:
            shutil.rmtree(services.home.packs)
            shutil.copytree(packs, services.home.packs)
        root = folder / "footage"
        root.mkdir()
        location = Location(LocationId(mint("loc")), "footage", str(root), LocationKind.FOLDER)
        with services.catalog.write() as writer:
            writer.locations.add(location)
        return cls(services, root, location, Worker(services, Event()))

    def index(self) -> None:
        """Index the folder; fails the benchmark when anything fails."""
        with self.services.catalog.write() as writer:
            run = writer.runs.start()
            payload = {"location": self.location.id}
            writer.jobs.enqueue(DISCOVER, self.location.id, payload, run=run, asset=None)
        self.worker.work(until_done=True)
        with self.services.catalog.read() as reader:
            letters = reader.runs.dead_letters()
        if letters:
            raise RuntimeError(f"{letters[0].uri}: {letters[0].message}")


def cost_of_rerun(folder: Path) -> list[Figure]:
    """What ``rekindle index`` over unchanged stills takes, as a process of its own.

    A first run that is not counted leaves compiled modules behind, as an installed package has them.
    """
    archive = _Archive.make(folder)
    for n in range(UNCHANGED):
        (archive.root / f"{n * 2:06d}.jpg").write_bytes(b"x" * (n + 1))
    _pretend_indexed(archive)
    archive.services.close()
    home = folder / "home"
    (home / "rekindle.toml").write_text("[signals]\nspeech = false\nonscreen = false\n", encoding="utf-8")
    command = [sys.executable, "-m", "scripts.rekindle", "--home", str(home), "index", "footage", "--json"]
    rerun = partial(_rerun, ["/usr/bin/env", "-u", "PYTHONDONTWRITEBYTECODE", *command])
    rerun()
    walls, spent = [], []
    for _ in range(REPEATS):
        started = time.monotonic()
        spent.append(cpu_seconds(rerun))
        walls.append(time.monotonic() - started)
    what, note = f"re-run over {UNCHANGED:,} unchanged assets", f"median of {REPEATS}, the whole command"
    return [
        Figure(what, statistics.median(walls), "s", "at most", 2, note),
        Figure(f"{what}, processor", statistics.median(spent), "CPU s", note=note),
    ]


def _rerun(argv: Sequence[str]) -> None:
    done = subprocess.run(argv, check=True, capture_output=True)  # noqa: S603
    if json.loads(done.stdout)["unchanged"] != UNCHANGED:
        raise RuntimeError("The re-run found changes.")


def _pretend_indexed(archive: _Archive) -> None:
    """Write the folder down as indexed, so that a thousand walks need not be made first."""
    services = archive.services
    listed = services.open_store(archive.location).list()
    digest = services.recipe().digest
    with services.catalog.write() as writer:
        for candidate in grouped(item for item in listed if isinstance(item, ObjectInfo)):
            asset = Asset(
                AssetId(mint("ast")),
                AssetKind.STILL,
                candidate.name,
                archive.location.id,
                sha256=hashlib.sha256(candidate.name.encode()).hexdigest(),
            )
            copy = Instance(
                InstanceId(mint("ins")),
                asset.id,
                asset.location_id,
                asset.name,
                candidate.kind,
                candidate.objects,
            )
            writer.assets_writer.register(asset, copy)
            writer.assets_writer.mark_indexed(asset.id)
            writer.facts_writer.finish_stage(StageRun(asset.id, WALK, digest, ""))


def measure(folder: Path, media: Path | None) -> list[Figure]:
    """All figures."""
    for part in ("walk", "rerun"):
        (folder / part).mkdir()
    material = make_material(folder / "master.mp4", media)
    figures = cost_of_walk(folder / "walk", material, make_pack(folder))
    return [*figures, *cost_of_rerun(folder / "rerun")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--media", type=Path, help="folder with real clips")
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="folder for the results")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="rekindle-bench-") as folder:
        figures = measure(Path(folder), options.media)
    save("indexing", "Indexing", figures, options.out)
    print(table("Indexing", figures))


if __name__ == "__main__":
    main()
