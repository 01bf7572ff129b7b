"""Builds the next generation of the vector index in a child process, verifies it, and swaps it in."""

import json
import multiprocessing
import os
import random
import shutil
import threading
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np

from catalog.factory import open_catalog
from catalog.query import AssetFilter
from catalog.repository import Catalog
from embeddings.atomic_file import publish
from embeddings.generations import BuiltIndex, Generation, GenerationalIndex
from embeddings.vector_index import Point, VectorIndex, VectorSource
from foundation import logging
from foundation.errors import IndexUnavailable, RekindleError, StorageError
from foundation.home import Home
from foundation.ids import AssetId
from indexer.projection import Projected, Projector, visible_files
from indexer.vector_source import CatalogVectorSource

_REPORT = "built.json"
_CHANGES_AT_ONCE = 64
_ATTEMPTS = 100
_SAMPLES = 32
_SAME = 0.999
_FOUND_SHARE = 0.9
_REST_SECONDS = 600.0
_NICE = 10
log = logging.get(__name__)


@dataclass(slots=True)
class _Building:
    generation: Generation
    process: BaseProcess


@dataclass(slots=True)
class _Candidate:
    generation: Generation
    index: BuiltIndex
    seq: int
    unreadable: set[tuple[AssetId, str]]
    attempts: int = 0


class Renewal:
    """One new generation at a time; :meth:`tick` moves it on and never waits for the child.

    Args:
        catalog: The truth.
        index: Holds the live generation.
        source: Where points come from.
        home: What the child opens for itself.
    """

    def __init__(self, catalog: Catalog, index: GenerationalIndex, source: VectorSource, home: Home) -> None:
        self._catalog = catalog
        self._index = index
        self._source = source
        self._home = home
        self._projector = Projector(catalog, source)
        self._stage: _Building | _Candidate | None = None
        self._rest_until = 0.0

    @property
    def busy(self) -> bool:
        """Say whether a new generation is on its way."""
        return self._stage is not None

    def start(self) -> None:
        """Start building, due or not; what is being built already goes on."""
        if self._stage is None:
            generation = self._index.next_generation()
            context = multiprocessing.get_context("spawn")
            paths = (self._home.root, generation.folder)
            process = context.Process(target=build_generation, args=paths, name="index-build", daemon=True)
            process.start()
            self._stage = _Building(generation, process)
            log.info("generation-started", number=generation.number)

    def tick(self, *, raising: bool = False) -> bool:
        """Do what can be done now.

        Args:
            raising: Raise what went wrong, instead of logging it and resting for a while.

        Returns:
            True when the live generation was swapped.

        Raises:
            IndexUnavailable: The build failed, or the new generation is not what the catalog describes.
        """
        try:
            return self._advance()
        except RekindleError as error:
            self.stop()
            if raising:
                raise
            self._rest_until = time.monotonic() + _REST_SECONDS
            log.exception("generation-abandoned", code=error.code, message=error.message)
            return False

    def stop(self) -> None:
        """Give up what is being built; the live generation stays."""
        stage, self._stage = self._stage, None
        if isinstance(stage, _Building):
            stage.process.terminate()
            stage.process.join()
        if isinstance(stage, _Candidate):
            stage.index.close()
        if stage is not None:
            shutil.rmtree(stage.generation.folder, ignore_errors=True)

    def _advance(self) -> bool:
        stage = self._stage
        if stage is None:
            if time.monotonic() >= self._rest_until and self._index.due():
                self.start()
            return False
        if isinstance(stage, _Candidate):
            return self._try_swap(stage)
        if not stage.process.is_alive():
            self._stage = _collect(stage)
        return False

    def _try_swap(self, candidate: _Candidate) -> bool:
        self._catch_up(candidate)
        fault = self._fault(candidate)
        if fault is None:
            candidate.index.flush()
            candidate.generation.cursor.save(candidate.seq)
            self._index.swap(candidate.generation, candidate.index)
            self._stage = None
            return True
        candidate.attempts += 1
        if candidate.attempts >= _ATTEMPTS:
            raise IndexUnavailable(f"The new generation of the vector index is not complete: {fault}.")
        return False

    def _catch_up(self, candidate: _Candidate) -> None:
        while True:
            with self._catalog.read() as reader:
                changes = reader.changes.after(candidate.seq, _CHANGES_AT_ONCE)
            if not changes:
                return
            projected = self._projector.apply(candidate.index, changes)
            candidate.unreadable |= _lost(projected)
            candidate.seq = changes[-1].seq

    def _fault(self, candidate: _Candidate) -> str | None:
        counts = _counts(candidate.index)
        # The live generation may be what is wrong, and the catalog may have moved on: either one will do.
        if counts not in (_counts(self._index), self._expected(candidate)):
            return f"it holds {dict(counts)} points"
        return self._lost_samples(candidate)

    def _expected(self, candidate: _Candidate) -> Counter[str]:
        expected: Counter[str] = Counter()
        with self._catalog.read() as reader:
            for file in visible_files(reader):
                if (file.asset_id, file.space) not in candidate.unreadable:
                    expected[file.space] += file.rows
        return +expected

    def _lost_samples(self, candidate: _Candidate) -> str | None:
        samples = self._samples(candidate)
        missing = [space for space, point in samples if not _holds(candidate.index, space, point)]
        found = sum(_finds(candidate.index, space, point) for space, point in samples)
        if missing:
            return f"{len(missing)} of {len(samples)} sampled vectors are not in it"
        if found < _FOUND_SHARE * len(samples):
            return f"only {found} of {len(samples)} sampled vectors are found through the graph"
        return None

    def _samples(self, candidate: _Candidate) -> list[tuple[str, Point]]:
        with self._catalog.read() as reader:
            files = [f for f in visible_files(reader) if (f.asset_id, f.space) not in candidate.unreadable]
        chance = random.Random(candidate.generation.number)  # noqa: S311 - a sample, not a secret
        samples: list[tuple[str, Point]] = []
        for file in chance.sample(files, min(_SAMPLES, len(files))):
            try:
                points = list(self._source.points(file.asset_id, file.space))
            except StorageError:
                continue
            if points:
                samples.append((file.space, chance.choice(points)))
        return samples


def build_generation(root: Path, folder: Path) -> None:
    """Build a generation from stored vectors; the target of a child process that answers nobody.

    Args:
        root: The home.
        folder: The generation's folder.
    """
    os.nice(_NICE)
    _end_with_parent()
    home = Home(root)
    logging.configure(file=home.logs / "index-build.log")
    catalog = open_catalog(home)
    generation = Generation(folder)
    projector = Projector(catalog, CatalogVectorSource(catalog, home))
    with generation.building() as index:
        seq, projected = projector.everything(index)
        index.flush()
        index.optimise()
        index.flush()
    catalog.close()
    report = {"seq": seq, "unreadable": sorted(_lost(projected))}
    publish(folder / _REPORT, json.dumps(report).encode())


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _collect(building: _Building) -> _Candidate:
    building.process.join()
    if building.process.exitcode != 0:
        raise IndexUnavailable(
            f"The process that builds the vector index ended with {building.process.exitcode}."
        )
    report = json.loads((building.generation.folder / _REPORT).read_text(encoding="utf-8"))
    lost = {(AssetId(asset_id), str(space)) for asset_id, space in report["unreadable"]}
    return _Candidate(building.generation, building.generation.open(), int(report["seq"]), lost)


def _lost(projected: Projected) -> set[tuple[AssetId, str]]:
    return {(lost.asset_id, lost.space) for lost in projected.unreadable}


def _counts(index: VectorIndex) -> Counter[str]:
    return +Counter({row.space: row.points for row in index.stats()})


def _holds(index: VectorIndex, space: str, point: Point) -> bool:
    return _nearest_is_same(index, space, point, AssetFilter(assets=(point.payload.asset,)), exact=True)


def _finds(index: VectorIndex, space: str, point: Point) -> bool:
    return _nearest_is_same(index, space, point, AssetFilter(), exact=False)


def _nearest_is_same(
    index: VectorIndex, space: str, point: Point, where: AssetFilter, *, exact: bool
) -> bool:
    if not np.any(point.vector):
        return True
    found = index.search(space, point.vector, where, 1, exact=exact)
    return bool(found) and found[0].score >= _SAME
