"""How the cost of comparing grows with the archive: synthetic fingerprints, all of them due at once.

Films of twelve seconds, three shots each; every tenth is a poor copy of an earlier one. The whole comparison
of a backfill is timed, in CPU seconds of the process that does it, for archives of several sizes.
"""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.model import (
    Asset,
    AssetKind,
    Fingerprint,
    Instance,
    InstanceKind,
    Location,
    LocationKind,
    ObjectRole,
    StoredObject,
)
from embeddings.encoder import Vectors
from embeddings.vector_file import VectorRow, write_vectors
from foundation.ids import AssetId, InstanceId, LocationId, mint
from foundation.settings import IndexerSettings, Settings, SignalSettings
from indexer.backfill import Worker
from indexer.bootstrap import Services, build_services
from indexer.fingerprints import PATH
from indexer.payload import DUPLICATES
from media.fingerprint import GRAIN, LENGTH, PER_SECOND
from scripts.bench.report import Figure

COPIED = 10
"""Every so manieth film is a copy."""

_SHOTS, _SHOT_ROWS = 3, 4 * PER_SECOND
_WANDER, _MOTION, _NOISE, _GRAIN = 8, 0.08, 0.01, 0.15
_AT_ONCE = 500


def growth(folder: Path, sizes: Sequence[int]) -> Iterator[Figure]:
    """Cost for each asset in archives of these sizes, smallest first."""
    costs = []
    for size in sizes:
        seconds, links = compared(folder / str(size), size)
        costs.append(seconds / size)
        note = f"{links:,} links of {size // COPIED:,} copies"
        yield Figure(f"comparing {size:,} new films, for each", 1000 * costs[-1], "CPU ms", note=note)
    if len(costs) > 1:
        ratio = f"the same, {sizes[-1]:,} over {sizes[0]:,} films"
        yield Figure(ratio, costs[-1] / costs[0], "×", "at most", 1.5)


def compared(folder: Path, size: int) -> tuple[float, int]:
    """CPU seconds that comparing an archive of this size takes, and how many links it finds."""
    signals = SignalSettings(speech=False, onscreen=False, faces=False, descriptors=False)
    settings = Settings(home=folder, signals=signals, indexer=IndexerSettings(workers=1))
    services = build_services(settings)
    _fill(services, size)
    with services.catalog.write() as writer:
        run = writer.runs.start()
        writer.jobs.enqueue(DUPLICATES, DUPLICATES, {}, run=run, asset=None)
    began = time.process_time()
    Worker(services, Event(), run).work(until_done=True)
    seconds = time.process_time() - began
    with services.catalog.read() as reader:
        links = len(reader.links.page(after=None, limit=size))
    services.close()
    return seconds, links


def _fill(services: Services, size: int) -> None:
    location = Location(LocationId(mint("loc")), "footage", "/masters", LocationKind.FOLDER)
    with services.catalog.write() as writer:
        writer.locations.add(location)
    for start in range(0, size, _AT_ONCE):
        films = [(_asset(location, number), number) for number in range(start, min(size, start + _AT_ONCE))]
        prints = [_written(services, asset.id, _footage(number)) for asset, number in films]
        with services.catalog.write() as writer:
            for (asset, _), fingerprint in zip(films, prints, strict=True):
                writer.assets_writer.register(asset, _copy(asset))
                writer.links.put_fingerprint(fingerprint)


def _asset(location: Location, number: int) -> Asset:
    return Asset(AssetId(mint("ast")), AssetKind.VIDEO, f"{number:06}.mov", location.id)


def _copy(asset: Asset) -> Instance:
    essence = StoredObject(ObjectRole.ESSENCE, f"/masters/{asset.name}", asset.name, size=1)
    return Instance(
        InstanceId(mint("ins")), asset.id, asset.location_id, asset.name, InstanceKind.FILE, (essence,)
    )


def _written(services: Services, asset_id: AssetId, vectors: Vectors) -> Fingerprint:
    rows = [VectorRow(row, 5 * row) for row in range(len(vectors))]
    digest = write_vectors(services.home.asset(asset_id) / PATH, rows, vectors)
    return Fingerprint(asset_id, "2", PATH, digest, len(rows), PER_SECOND, 1.0, has_colour=True)


def _footage(number: int) -> Vectors:
    """Look and grain of a film; the last of every ten is the first of them through a poor encoder."""
    is_copy = number % COPIED == COPIED - 1
    random = np.random.default_rng(number)
    source = np.random.default_rng(number - COPIED + 1) if is_copy else random
    look = np.concatenate([_shot(source) for _ in range(_SHOTS)])
    if is_copy:
        look = _unit(look + random.normal(size=look.shape) * _NOISE)
    return np.hstack([look, random.normal(size=(len(look), GRAIN)) * _GRAIN]).astype(np.float32)


def _shot(random: np.random.Generator) -> Vectors:
    """One picture that something moves through."""
    steps = np.cumsum(random.normal(size=(_SHOT_ROWS + _WANDER, LENGTH)), axis=0)
    wander = (steps[_WANDER:] - steps[:-_WANDER]) / np.sqrt(_WANDER)
    return _unit(_unit(random.normal(size=(1, LENGTH))) + _MOTION * wander)


def _unit(vectors: NDArray[np.floating[Any]]) -> Vectors:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)
