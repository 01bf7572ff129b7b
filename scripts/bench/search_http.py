"""Search as a client sees it: over HTTP, every signal on, while the follower ingests.

``python -m scripts.bench.search_http [--vectors FOLDER] [--films N] [--passages N] [--home FOLDER]``

Uses the built-in packs. The vectors of the archive have real geometry in their spaces, not their meaning:
times and recall are right, hits are not. Writes ``search_http.json`` and ``search_http.md``, or what
``--name`` says.
"""

import argparse
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from catalog.factory import open_catalog
from catalog.model import VectorFile
from catalog.query import AssetFilter, Span
from embeddings import edge_process
from embeddings.factory import open_text, open_visual
from embeddings.index_factory import open_index
from embeddings.packs import PackStore
from embeddings.read_ahead import read_ahead
from foundation.home import Home
from foundation.ids import AssetId
from foundation.settings import ApiSettings, Settings
from scripts.bench.geometry import Geometry, real_geometry, synthetic_geometry
from scripts.bench.questions import CLIENTS, Vocabulary, failures_at_once, questions, server_times
from scripts.bench.recall import recalls
from scripts.bench.report import Figure, save, table
from scripts.bench.search import bare_engine, milliseconds, p95
from scripts.bench.search_archive import SHOTS, Film, SearchArchive, Spaces, arriving
from scripts.bench.search_home import Size, build, spaces_of
from scripts.owner import own

_ENGINE_DEPTH = 60
_MOST = 2.5
"""How many times the bare work a search may take; its square for those that ask the engine several times."""
_SMALL = 200_000
_FILMS_PER_SECOND = 5
_ARRIVALS = 4000
_READY_SECONDS = 120


Stored = tuple[Film, list[VectorFile]]
"""A film that is not in the catalog yet, and its vectors on disk."""


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
    parser.add_argument("--films", type=int, default=2000, help=f"films of {SHOTS} shots each")
    parser.add_argument("--passages", type=int, default=100, help="passages of each film")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--home", type=Path, help="keep the archive, or use one that was kept")
    parser.add_argument("--name", default="search_http", help="of the files that are written")
    parser.add_argument("--out", type=Path, default=Path("bench-results"))
    asked = parser.parse_args(arguments)
    geometry = real_geometry(asked.vectors) if asked.vectors else synthetic_geometry()
    size = Size(asked.films, asked.passages)
    with tempfile.TemporaryDirectory() as scratch:
        settings = Settings(home=asked.home or Path(scratch), api=ApiSettings(port=0))
        figures = measure(settings, geometry, size, queries=asked.queries)
    title = f"Search over HTTP: {size.title}"
    save(asked.name, title, figures, asked.out)
    print(table(title, figures))
    return 0


def measure(settings: Settings, geometry: Geometry, size: Size, *, queries: int) -> list[Figure]:
    """All figures, from an empty home or one that was built before."""
    vocabulary = Vocabulary()
    films = build(settings, geometry, size, vocabulary)
    home = settings.layout
    packs = PackStore(home.packs)
    spaces = spaces_of(packs)
    # What arrived while a kept home was measured before lies behind these.
    recalls = _recalls(settings, geometry, spaces, films[: size.films], queries)
    waiting = _arrivals(settings, geometry.squeezed(spaces.visual.dim), spaces, len(films))
    # What is measured finds the index in memory and nothing left to be written, as on a server at work.
    read_ahead(home.index)
    os.sync()
    floor = _floor(home, packs, [vocabulary.question(4) for _ in range(queries)])
    with _serving(settings) as served:
        server_times(served.address, questions(vocabulary, films, 1)["plain"])
        quiet = server_times(served.address, questions(vocabulary, films, queries)["plain"])
        with arriving(home, spaces, waiting, _FILMS_PER_SECOND):
            asked = questions(vocabulary, films, queries)
            busy = {kind: server_times(served.address, some) for kind, some in asked.items()}
            failed = failures_at_once(served.address, questions(vocabulary, films, queries)["plain"])
        memory = _anonymous_megabytes(served.pid)
    return [
        *_times(floor, quiet, busy),
        *recalls,
        Figure(f"failures with {CLIENTS} clients at once", failed, "", "at most", 0),
        *_figures(served, memory, is_small=size.films * size.passages <= _SMALL),
    ]


def _arrivals(
    settings: Settings, pictures: Geometry, spaces: Spaces, known: int
) -> list[tuple[Film, list[VectorFile]]]:
    """Films that lie ready to be committed."""
    with closing(open_catalog(settings.layout)) as catalog:
        archive = SearchArchive(settings.layout, catalog, spaces)
        coming = zip(count(known), pictures.films(_ARRIVALS, SHOTS, 3), strict=False)
        return [(film, archive.store(film)) for film in (Film(n, shots) for n, shots in coming)]


def _recalls(
    settings: Settings, geometry: Geometry, spaces: Spaces, films: Sequence[AssetId], queries: int
) -> list[Figure]:
    pictures = geometry.squeezed(spaces.visual.dim)
    shots = np.concatenate(list(pictures.films(len(films), SHOTS, 1)))
    numbers = np.arange(len(films))
    cases = {
        "no filter": (AssetFilter(), numbers >= 0),
        "one year in a hundred": (AssetFilter(years=Span(1950, 1950)), numbers % 100 == 26),
    }
    asked = pictures.queries[:: max(1, len(pictures.queries) // queries)][:queries]
    with closing(open_index(settings.layout, settings.vectors)) as index:
        return recalls(index, spaces.visual.space, shots, films, asked, cases)


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
    """Of the API process and the vector engine beside it; not of a generation that is being built."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
    anonymous = next(line for line in lines if line.startswith("Anonymous:"))
    return int(anonymous.split()[1]) / 1024 + sum(map(_anonymous_megabytes, _engines(pid)))


def _engines(pid: int) -> list[int]:
    children = [
        int(child)
        for thread in Path(f"/proc/{pid}/task").iterdir()
        for child in (thread / "children").read_text(encoding="utf-8").split()
    ]
    return [child for child in children if edge_process.__name__.encode() in _command(child)]


def _command(pid: int) -> bytes:
    return Path(f"/proc/{pid}/cmdline").read_bytes()


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


def _figures(served: Served, memory: float, *, is_small: bool) -> Iterator[Figure]:
    most = 500 if is_small else 1500
    yield Figure("anonymous memory of the API process and its engine", memory, "MB", "at most", most)
    note = "imports of this process included"
    yield Figure("ready after", served.ready_seconds, "s", "at most", 3 if is_small else None, note)


if __name__ == "__main__":
    raise SystemExit(main())
