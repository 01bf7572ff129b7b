"""The vector index at size: recall against exact search, and time while the follower ingests.

``python -m scripts.bench.search [--vectors FOLDER] [--films N] [--out FOLDER]``

FOLDER holds real CLIP vectors (see :mod:`scripts.bench.geometry`), whose geometry 50 shots and 100 passages
per film are drawn from; without it, the geometry is a stand-in. Writes ``search.json`` and ``search.md``.
"""

import argparse
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
import qdrant_edge as engine

from catalog.factory import open_catalog
from catalog.model import VectorFile
from catalog.query import AssetFilter, Span
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.graph_width import graph_width
from embeddings.index_factory import open_index
from embeddings.vector_index import VectorIndex
from foundation.home import Home
from foundation.settings import VectorSettings
from indexer.follower import Follower, open_follower
from scripts.bench.geometry import Geometry, real_geometry, synthetic_geometry
from scripts.bench.recall import recalls
from scripts.bench.report import Figure, save, table
from scripts.bench.search_archive import SHOTS, Film, SearchArchive, Spaces, arriving

PASSAGES = 100
SPACES = Spaces(
    EncoderSpec("visual", "bench-pictures", "0" * 64, 512), EncoderSpec("text", "bench-words", "1" * 64, 384)
)
_DEPTH = 10
T = TypeVar("T")
_INGEST_FILMS_PER_SECOND = 20
_INGEST_FILMS = 1500
_ARRIVAL_SECONDS = 60
_BURST_FILMS = 400


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; a missed target is reported, not a failure."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--vectors", type=Path, help="folder with real CLIP vectors; a stand-in otherwise")
    parser.add_argument("--films", type=int, default=2000, help="films of 50 shots and 100 passages each")
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--out", type=Path, default=Path("bench-results"))
    asked = parser.parse_args(arguments)
    geometry = real_geometry(asked.vectors) if asked.vectors else synthetic_geometry()
    with tempfile.TemporaryDirectory() as scratch:
        figures = measure(Home(Path(scratch)).create(), geometry, films=asked.films, queries=asked.queries)
    title = f"Vector search over {asked.films * SHOTS:,} shots and {asked.films * PASSAGES:,} passages"
    save("search", title, figures, asked.out)
    print(table(title, figures))
    return 0


def measure(home: Home, geometry: Geometry, *, films: int, queries: int) -> list[Figure]:
    """All figures, from an empty home."""
    words = geometry.squeezed(SPACES.text.dim)
    pictures = list(geometry.films(films, SHOTS, seed=1))
    with closing(open_catalog(home)) as catalog, closing(open_index(home, VectorSettings())) as index:
        archive = SearchArchive(home, catalog, SPACES)
        passages = words.films(films, PASSAGES, seed=2)
        archive.add(Film(n, *both) for n, both in enumerate(zip(pictures, passages, strict=True)))
        follower = open_follower(catalog, index, home)
        figures = [_built(follower)]
        asked = geometry.queries[:: max(1, len(geometry.queries) // queries)][:queries]
        figures += _recalls(index, archive, np.concatenate(pictures), asked)
        quiet = milliseconds(
            lambda query: index.search(SPACES.visual.space, query, AssetFilter(), _DEPTH), asked
        )
        burst = (
            Film(films + n, shots) for n, shots in enumerate(geometry.films(_BURST_FILMS, SHOTS, seed=4))
        )
        figures += _followed(follower, archive, burst)
        coming = geometry.films(_INGEST_FILMS, SHOTS, seed=5)
        waiting = [
            (film, archive.store(film)) for film in map(Film, range(films + _BURST_FILMS, 10**6), coming)
        ]
        with _ingesting(home, waiting, follower):
            busy = milliseconds(
                lambda query: index.search(SPACES.visual.space, query, AssetFilter(), _DEPTH), asked
            )
            narrow = AssetFilter(locations=tuple(archive.locations[:1]))
            filtered = milliseconds(
                lambda query: index.search(SPACES.visual.space, query, narrow, _DEPTH), asked
            )
    return figures + _latencies(bare_engine(home, "visual", asked, _DEPTH), quiet, busy, filtered)


def _built(follower: Follower) -> Figure:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    follower.rebuild()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    note = f"{time.perf_counter() - began:.0f} s of wall time, in a process of its own"
    return Figure("build a generation from stored vectors", spent, "CPU s", note=note)


def _recalls(index: VectorIndex, archive: SearchArchive, shots: Vectors, queries: Vectors) -> list[Figure]:
    films = np.arange(len(archive.films))
    cases = {
        "no filter": (AssetFilter(), films >= 0),
        "half the locations": (AssetFilter(locations=tuple(archive.locations[::2])), films % 10 % 2 == 0),
        "one location in ten": (AssetFilter(locations=tuple(archive.locations[:1])), films % 10 == 0),
        "cold classes (two in five)": (
            AssetFilter(storage_classes=("GLACIER", "DEEP_ARCHIVE")), films % 5 >= 3
        ),
        "one year in a hundred": (AssetFilter(years=Span(1950, 1950)), films % 100 == 26),
        "a list of every other film": (AssetFilter(assets=tuple(archive.films[::2])), films % 2 == 0),
    }  # fmt: skip
    return recalls(index, SPACES.visual.space, shots, archive.films, queries, cases)


def _followed(follower: Follower, archive: SearchArchive, films: Iterator[Film]) -> list[Figure]:
    archive.add(films)
    began = time.process_time()
    follower.run_once()
    rate = _BURST_FILMS * SHOTS / (time.process_time() - began)
    return [Figure("the follower applies", rate, "points per CPU s", "at least", 5000)]


@contextmanager
def _ingesting(home: Home, films: list[tuple[Film, list[VectorFile]]], follower: Follower) -> Iterator[None]:
    """Another process commits films at a steady rate; a thread of this one follows, as in the API process."""
    stop = threading.Event()
    following = threading.Thread(target=follower.run, args=(stop,))
    following.start()
    try:
        with arriving(home, SPACES, films, _INGEST_FILMS_PER_SECOND):
            _until_followed(follower)
            yield
    finally:
        stop.set()
        following.join()


def _until_followed(follower: Follower) -> None:
    first, deadline = follower.applied, time.monotonic() + _ARRIVAL_SECONDS
    while follower.applied == first:
        if time.monotonic() > deadline:
            raise RuntimeError("no film arrived")
        time.sleep(0.05)


def bare_engine(home: Home, kind: str, queries: Vectors, limit: int) -> list[float]:
    """Milliseconds of each query of a space through the engine's own interface; nobody may have it open."""
    folder = next(home.index.glob(f"{(home.index / 'current').read_text(encoding='utf-8')}/{kind}-*"))
    shard = engine.EdgeShard.load(str(folder))
    width = graph_width(shard.count(engine.CountRequest(exact=False)), limit)
    params = engine.SearchParams(hnsw_ef=width)

    def ask(query: Vectors) -> object:
        nearest = engine.Query.Nearest(query)  # type: ignore[arg-type]
        return shard.query(engine.QueryRequest(query=nearest, params=params, limit=limit, with_payload=True))

    times = milliseconds(ask, queries)
    shard.close()
    return times


def milliseconds(ask: Callable[[T], object], queries: Iterable[T], warm_up: int = 50) -> list[float]:
    """Milliseconds of each query, after some of them were asked to warm up."""
    asked = list(queries)
    for query in asked[:warm_up]:
        ask(query)
    times = []
    for query in asked:
        began = time.perf_counter()
        ask(query)
        times.append((time.perf_counter() - began) * 1000)
    return times


def _latencies(
    bare: list[float], quiet: list[float], busy: list[float], filtered: list[float]
) -> list[Figure]:
    rate = f"{_INGEST_FILMS_PER_SECOND * SHOTS:,} points arrive per second"
    return [
        Figure("bare engine, median", statistics.median(bare), "ms"),
        Figure("bare engine, p95", p95(bare), "ms"),
        Figure("index, quiet, median", statistics.median(quiet), "ms"),
        Figure("index, quiet, p95", p95(quiet), "ms"),
        Figure("index while following, median", statistics.median(busy), "ms", note=rate),
        Figure("index while following, p95", p95(busy), "ms", note=rate),
        Figure("index while following, one location in ten, p95", p95(filtered), "ms", note=rate),
    ]


def p95(times: list[float]) -> float:
    """The time that one query in twenty exceeds."""
    return float(np.percentile(times, 95))


if __name__ == "__main__":
    raise SystemExit(main())
