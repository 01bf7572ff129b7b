"""Search as a client sees it: over HTTP, every signal on, while the follower ingests.

``python -m scripts.bench.search_http [--vectors FOLDER] [--films N] [--out FOLDER]``

Uses the built-in packs. The vectors of the archive have real geometry in their spaces, not their meaning:
times are right, hits are not. Writes ``search_http.json`` and ``search_http.md``.
"""

import argparse
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

from catalog.factory import open_catalog
from catalog.model import Cue, CueKind, Passage, Shot
from catalog.repository import Catalog
from embeddings.encoder import EncoderSpec
from embeddings.factory import open_text, open_visual, spec_of
from embeddings.index_factory import open_index
from embeddings.packs import PackStore
from foundation.home import Home
from foundation.ids import AssetId, CueId, PassageId, ShotId, mint
from foundation.settings import ApiSettings, Settings
from foundation.timecode import FrameRange, SampleRange
from indexer.follower import open_follower
from scripts.bench.geometry import Geometry, real_geometry, synthetic_geometry
from scripts.bench.questions import CLIENTS, Vocabulary, failures_at_once, questions, server_times
from scripts.bench.report import Figure, save, table
from scripts.bench.search import PASSAGES, SHOTS, bare_engine, milliseconds, p95
from scripts.bench.search_archive import PASSAGE_SAMPLES, SHOT_FRAMES, Film, SearchArchive, Spaces, arriving
from scripts.owner import own

_ENGINE_DEPTH = 60
_MOST = 2.5
"""How many times the bare work a search may take; its square for those that ask the engine several times."""
_SMALL = 200_000
_FILMS_PER_SECOND = 5
_ARRIVALS = 2000
_READY_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Served:
    """A server under measurement."""

    address: str
    pid: int
    ready_seconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; a missed target is reported, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--vectors", type=Path, help="folder with real CLIP vectors; a stand-in otherwise")
    parser.add_argument("--films", type=int, default=2000, help="films of 50 shots and 100 passages each")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path("bench-results"))
    asked = parser.parse_args(arguments)
    geometry = real_geometry(asked.vectors) if asked.vectors else synthetic_geometry()
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(home=Path(scratch), api=ApiSettings(port=0))
        figures = measure(settings, geometry, films=asked.films, queries=asked.queries)
    title = f"Search over HTTP: {asked.films * SHOTS:,} shots, {asked.films * PASSAGES:,} passages"
    save("search_http", title, figures, asked.out)
    print(table(title, figures))
    return 0


def measure(settings: Settings, geometry: Geometry, *, films: int, queries: int) -> list[Figure]:
    """All figures, from an empty home."""
    home = settings.layout.create()
    packs = PackStore(home.packs)
    spaces = Spaces(_spec(packs, "visual"), _spec(packs, "text"))
    pictures, words = geometry.squeezed(spaces.visual.dim), geometry.squeezed(spaces.text.dim, seed=1)
    vocabulary = Vocabulary()
    with closing(open_catalog(home)) as catalog:
        archive = SearchArchive(home, catalog, spaces)
        both = zip(pictures.films(films, SHOTS, 1), words.films(films, PASSAGES, 2), strict=True)
        archive.add(Film(n, *vectors) for n, vectors in enumerate(both))
        _tell(catalog, archive.films, vocabulary)
        _build(catalog, settings)
        coming = zip(count(films), pictures.films(_ARRIVALS, SHOTS, 3), strict=False)
        waiting = [(film, archive.store(film)) for film in (Film(n, shots) for n, shots in coming)]
    with _serving(settings) as served:
        server_times(served.address, questions(vocabulary, archive.films, 1)["plain"])
        quiet = server_times(served.address, questions(vocabulary, archive.films, queries)["plain"])
        with arriving(home, spaces, waiting, _FILMS_PER_SECOND):
            asked = questions(vocabulary, archive.films, queries)
            busy = {kind: server_times(served.address, some) for kind, some in asked.items()}
            failed = failures_at_once(served.address, questions(vocabulary, archive.films, queries)["plain"])
        memory = _anonymous_megabytes(served.pid)
    floor = _floor(home, packs, [vocabulary.question(4) for _ in range(queries)])
    passages = films * PASSAGES
    return [
        *_times(floor, quiet, busy),
        Figure(f"failures with {CLIENTS} clients at once", failed, "", "at most", 0),
        *_figures(served, memory, 500 if passages <= _SMALL else 1500),
    ]


def _spec(packs: PackStore, kind: str) -> EncoderSpec:
    spec = spec_of(packs, "visual" if kind == "visual" else "text")
    if spec is None:
        raise RuntimeError(f"no {kind} pack is active")
    return spec


def _tell(catalog: Catalog, films: Sequence[AssetId], vocabulary: Vocabulary) -> None:
    for start in range(0, len(films), 50):
        with catalog.write() as writer:
            for asset_id in films[start : start + 50]:
                writer.facts_writer.replace_shots(asset_id, _shots(asset_id), [])
                writer.facts_writer.replace_words(asset_id, *_words(asset_id, vocabulary))


def _shots(asset_id: AssetId) -> list[Shot]:
    return [
        Shot(ShotId(mint("sht")), asset_id, n, FrameRange(n * SHOT_FRAMES, (n + 1) * SHOT_FRAMES))
        for n in range(SHOTS)
    ]


def _words(asset_id: AssetId, vocabulary: Vocabulary) -> tuple[list[Cue], list[Passage]]:
    cues, passages = [], []
    for n in range(PASSAGES):
        sound = SampleRange(n * PASSAGE_SAMPLES, (n + 1) * PASSAGE_SAMPLES)
        text, cue_id = vocabulary.sentence(18), CueId(mint("cue"))
        cues.append(Cue(cue_id, asset_id, n, sound, text, CueKind.CAPTION))
        passage_id = PassageId(mint("psg"))
        passages.append(Passage(passage_id, asset_id, n, sound, text, CueKind.CAPTION, cue_ids=(cue_id,)))
    return cues, passages


def _build(catalog: Catalog, settings: Settings) -> None:
    with closing(open_index(settings.layout, settings.vectors)) as index:
        open_follower(catalog, index, settings.layout).rebuild()


@contextmanager
def _serving(settings: Settings) -> Iterator[Served]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(settings, theirs), daemon=False)
    began = time.perf_counter()
    process.start()
    if not ours.poll(_READY_SECONDS):
        raise RuntimeError("the API did not start")
    address = f"http://127.0.0.1:{ours.recv()}"
    try:
        yield Served(address, process.pid or 0, time.perf_counter() - began)
    finally:
        ours.send("stop")
        process.join()


def serve(settings: Settings, line: Connection) -> None:
    """Serve until told to stop; the target of the server's process."""
    with own(settings, tcp=True) as owned:
        line.send(owned.port)
        line.recv()


def _floor(home: Home, packs: PackStore, queries: Sequence[str]) -> list[float]:
    """Per query: both encodings and a bare query of both spaces, with nothing else going on."""
    text = open_text(packs)
    visual = open_visual(packs, text=text)
    visual.encode_queries(["warm"])
    encoding = milliseconds(
        lambda query: (visual.encode_queries([query]), text.encode_texts([query])), queries
    )
    seen = bare_engine(home, "visual", visual.encode_queries(queries), _ENGINE_DEPTH)
    heard = bare_engine(home, "text", text.encode_texts(queries), _ENGINE_DEPTH)
    return [sum(parts) for parts in zip(encoding, seen, heard, strict=True)]


def _anonymous_megabytes(pid: int) -> float:
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    line = next(line for line in rollup.splitlines() if line.startswith("Anonymous:"))
    return int(line.split()[1]) / 1024


def _times(floor: list[float], quiet: list[float], busy: Mapping[str, list[float]]) -> Iterator[Figure]:
    rate = f"{_FILMS_PER_SECOND * SHOTS:,} points arrive per second"
    yield Figure("text encoding + bare engine query, median", statistics.median(floor), "ms")
    yield Figure("text encoding + bare engine query, p95", p95(floor), "ms")
    yield Figure("plain, on the server, quiet, median", statistics.median(quiet), "ms")
    yield Figure("plain, on the server, quiet, p95", p95(quiet), "ms")
    for kind, times in busy.items():
        most = _MOST if kind in ("plain", "filtered") else _MOST * _MOST
        yield Figure(f"{kind}, while following, median", statistics.median(times), "ms", note=rate)
        yield Figure(f"{kind}, while following, p95", p95(times), "ms")
        share = p95(times) / p95(floor)
        yield Figure(f"{kind}, p95 in units of the bare p95", share, "×", "at most", most)


def _figures(served: Served, memory: float, most: float) -> list[Figure]:
    return [
        Figure("anonymous memory of the API process", memory, "MB", "at most", most),
        Figure("ready after", served.ready_seconds, "s", "at most", 3, "imports of this process included"),
    ]


if __name__ == "__main__":
    raise SystemExit(main())
