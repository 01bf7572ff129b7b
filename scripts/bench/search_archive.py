"""A home as large as the search benchmark wants it: vector files, catalog rows, nothing to play."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from multiprocessing.synchronize import Event
from pathlib import Path

from catalog.factory import open_catalog
from catalog.model import (
    Asset,
    AssetKind,
    Instance,
    InstanceKind,
    Location,
    LocationKind,
    ObjectRole,
    StoredObject,
    Technical,
    VectorFile,
)
from catalog.repository import Catalog, CatalogWriter
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.vector_file import VectorRow, write_vectors
from foundation.home import Home
from foundation.ids import AssetId, InstanceId, LocationId, mint

_FILMS_PER_WRITE = 100
_START_SECONDS = 60
SHOTS = 50
"""Shots of each film."""
SHOT_FRAMES = 100
PASSAGE_SAMPLES = 48_000 * 20
_CLASSES = ("STANDARD", "STANDARD", "STANDARD", "GLACIER", "DEEP_ARCHIVE")


@dataclass(frozen=True, slots=True)
class Film:
    """One film of the benchmark: its number decides location, class and year; vectors are [n, dim]."""

    number: int
    shots: Vectors
    passages: Vectors | None = None


@dataclass(frozen=True, slots=True)
class Spaces:
    """Where pictures and passages go."""

    visual: EncoderSpec
    text: EncoderSpec


class SearchArchive:
    """Puts films into a home.

    Args:
        home: An empty home, or one that holds such films already.
        catalog: Its catalog.
        spaces: The encoders that the vectors pretend to come from.
        locations: How many locations the films are dealt out to; at most ten.
    """

    def __init__(self, home: Home, catalog: Catalog, spaces: Spaces, locations: int = 10) -> None:
        self._home = home
        self._catalog = catalog
        self._spaces = spaces
        self.films: list[AssetId] = []
        with catalog.write() as writer:
            for number in range(len(writer.locations.all()), locations):
                root, name = f"/masters/{number}", f"reels {number}"
                writer.locations.add(Location(LocationId(mint("loc")), name, root, LocationKind.FOLDER))
            self.locations = [found.id for found in writer.locations.all()]

    def add(self, films: Iterator[Film]) -> None:
        """Write vector files and rows, many films to a transaction."""
        while batch := list(islice(films, _FILMS_PER_WRITE)):
            self.commit([(film, self.store(film)) for film in batch])

    def store(self, film: Film) -> list[VectorFile]:
        """Write the vector files of a film that is not in the catalog yet."""
        asset_id = AssetId(mint("ast"))
        files = [self._file(asset_id, self._spaces.visual, film.shots, _shot)]
        if film.passages is not None:
            files.append(self._file(asset_id, self._spaces.text, film.passages, _passage))
        return files

    def commit(self, films: Sequence[tuple[Film, list[VectorFile]]]) -> None:
        """Bring stored films into the catalog, in one transaction."""
        with self._catalog.write() as writer:
            for film, files in films:
                self._register(writer, film, files[0].asset_id)
                for file in files:
                    writer.facts_writer.put_vectors(file)
        self.films += [files[0].asset_id for _, files in films]

    def _register(self, writer: CatalogWriter, film: Film, asset_id: AssetId) -> None:
        number, place = film.number, film.number % len(self.locations)
        name, location_id = f"reel {number:06d}.mov", self.locations[place]
        essence = StoredObject(
            ObjectRole.ESSENCE,
            f"/masters/{place}/{name}",
            name,
            size=10**9,
            storage_class=_CLASSES[number % len(_CLASSES)],
        )
        copy = Instance(InstanceId(mint("ins")), asset_id, location_id, name, InstanceKind.FILE, (essence,))
        technical = Technical(rate=Fraction(25), frames=SHOT_FRAMES * len(film.shots), width=960, height=540)
        year = 1924 + number % 100
        asset = Asset(
            asset_id, AssetKind.VIDEO, name, location_id, year=year, duration_ms=200_000, technical=technical
        )
        writer.assets_writer.register(asset, copy)

    def _file(
        self, asset_id: AssetId, spec: EncoderSpec, vectors: Vectors, row: Callable[[int], VectorRow]
    ) -> VectorFile:
        relative = f"vectors/{spec.kind}-{spec.revision[:12]}.parquet"
        digest = write_vectors(
            self._home.asset(asset_id) / relative, [row(n) for n in range(len(vectors))], vectors
        )
        return VectorFile(
            asset_id,
            spec.space,
            spec.kind,
            spec.name,
            spec.revision,
            spec.dim,
            len(vectors),
            relative,
            digest,
        )


@contextmanager
def arriving(
    home: Home, spaces: Spaces, films: Sequence[tuple[Film, list[VectorFile]]], per_second: float
) -> Iterator[None]:
    """Have another process commit films at a steady rate, as a worker does; the block begins once it does.

    Raises:
        RuntimeError: All films had arrived before the block ended, or none came.
    """
    context = multiprocessing.get_context("spawn")
    began = context.Event()
    arrivals = context.Process(target=arrive, args=(home.root, spaces, films, per_second, began), daemon=True)
    arrivals.start()
    try:
        if not began.wait(_START_SECONDS):
            raise RuntimeError("no film arrived")
        yield
        if not arrivals.is_alive():
            raise RuntimeError("all films had arrived before the measurement ended")
    finally:
        arrivals.terminate()
        arrivals.join()


def arrive(
    root: Path,
    spaces: Spaces,
    films: Sequence[tuple[Film, list[VectorFile]]],
    per_second: float,
    began: Event,
) -> None:
    """Commit films one by one; ``began`` is set behind the first."""
    home = Home(root)
    with closing(open_catalog(home)) as catalog:
        archive = SearchArchive(home, catalog, spaces)
        for stored in films:
            archive.commit([stored])
            began.set()
            time.sleep(1 / per_second)


def _shot(number: int) -> VectorRow:
    start = number * SHOT_FRAMES
    return VectorRow(number, start + SHOT_FRAMES // 2, start, start + SHOT_FRAMES)


def _passage(number: int) -> VectorRow:
    return VectorRow(number, number * PASSAGE_SAMPLES)
