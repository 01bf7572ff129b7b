"""Generations of the vector index on this machine: the live one, the next one beside it, and the swap.

    index/owner.lock   held by the process that owns the index
    index/current      name of the live generation; replaced in one step
    index/rebuild      asks for a generation newer than the one it names
    index/gen-7/       spaces, and ``cursor.json``: how far it follows the change feed
    index/gen-8/       being built by a child process, which holds ``build.lock`` in it

A generation without a cursor was never finished. Whatever moment a process is killed at, ``current`` names a
whole generation or none, and the next owner removes the others.
"""

import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol, TypeAlias, TypeVar

from catalog.query import AssetFilter
from embeddings.atomic_file import publish, sync_folder
from embeddings.cursor import CursorFile
from embeddings.edge_index import EdgeIndex
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.file_lock import FileLock
from embeddings.vector_index import Point, SpaceStats, VectorIndex, VectorMatch
from foundation import logging
from foundation.errors import AlreadyOwned, IndexUnavailable
from foundation.ids import AssetId
from foundation.settings import VectorSettings

SMALLEST_REBUILD = 10_000
"""Spaces with fewer points than this out of the graph are searched whole quickly enough to be left alone."""

ORPHANS_END = 30.0
"""Seconds in which an engine whose owner was killed has ended what it was doing."""
_LOOK_AGAIN = 0.1

_ASKED = "rebuild"
"""File that asks for a generation newer than the one it names."""

_NAME = re.compile(r"gen-(\d+)\Z")


class BuiltIndex(VectorIndex, Protocol):
    """What a generation is when it is open."""

    def close(self) -> None:
        """Flush, and let another process open it."""


OpenBuilt: TypeAlias = Callable[[Path], BuiltIndex]
"""Opens a generation's folder; raises AlreadyOwned, IndexUnavailable, NoSpace."""
_Answer = TypeVar("_Answer")
log = logging.get(__name__)


class Generation:
    """One generation on disk.

    Args:
        folder: Its own.
        open_built: Opens it once it is built.
    """

    def __init__(self, folder: Path, open_built: OpenBuilt = EdgeIndex) -> None:
        self.folder = folder
        self._open_built = open_built
        self.cursor = CursorFile(folder / "cursor.json")

    @property
    def number(self) -> int:
        """Its place in the row of generations."""
        found = _NAME.match(self.folder.name)
        return int(found[1]) if found else 0

    @contextmanager
    def building(self) -> Iterator[EdgeIndex]:
        """Open it to be built by this process; nobody removes it meanwhile.

        Raises:
            AlreadyOwned: Another process builds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with closing(FileLock(self.folder / "build.lock")):
            index = EdgeIndex(self.folder)
            try:
                yield index
            finally:
                index.close()

    def open(self) -> BuiltIndex:
        """Open what was built; whoever owns the index waits for the engine of an owner that was killed.

        Raises:
            AlreadyOwned: It is open elsewhere.
            IndexUnavailable: It is damaged.
            NoSpace: The disk is nearly full.
        """
        deadline = time.monotonic() + ORPHANS_END
        while True:
            try:
                return self._open_built(self.folder)
            except AlreadyOwned:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(_LOOK_AGAIN)

    def abandoned(self) -> bool:
        """Say whether no process builds it."""
        lock = self.folder / "build.lock"
        if not lock.exists():
            return True
        with suppress(AlreadyOwned), closing(FileLock(lock)):
            return True
        return False


class GenerationalIndex:
    """The live generation behind the port, with what it takes to swap it for the next.

    Searches take no lock: one that meets the swap is answered by the new generation. Writes and the swap
    exclude each other.

    Args:
        folder: ``Home.index``; made when missing.
        settings: When a new generation is due.
        open_built: How generations are opened: in this process, or in one of their own.

    Raises:
        AlreadyOwned: Another process owns the index.
        IndexUnavailable: The live generation is damaged; :func:`start_over` heals that.
    """

    def __init__(self, folder: Path, settings: VectorSettings, open_built: OpenBuilt = EdgeIndex) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._open_built = open_built
        self._settings = settings
        self._writing = threading.RLock()
        self._lock = FileLock(folder / "owner.lock")
        try:
            self._generation = Generation(self._first().folder, open_built)
            self._live, self._left_out = _opened(self._generation)
        except BaseException:
            self._lock.close()
            raise

    @property
    def cursor(self) -> CursorFile:
        """How far the live generation follows the change feed."""
        return self._generation.cursor

    @property
    def number(self) -> int:
        """Number of the live generation."""
        return self._generation.number

    def ensure_space(self, spec: EncoderSpec) -> None:
        """Create the space and its payload indexes if missing."""
        with self._writing:
            self._live.ensure_space(spec)

    def upsert(self, space: str, points: Sequence[Point]) -> None:
        """Add or replace by id."""
        with self._writing:
            self._live.upsert(space, points)

    def replace(self, space: str, points: Mapping[AssetId, Sequence[Point]]) -> None:
        """Make these the only points of their assets in the space."""
        with self._writing:
            self._live.replace(space, points)

    def delete_asset(self, asset_id: AssetId, space: str | None = None) -> None:
        """Remove an asset's points from one space, or from all."""
        with self._writing:
            self._live.delete_asset(asset_id, space)

    def search(
        self, space: str, vector: Vectors, where: AssetFilter, limit: int, *, exact: bool = False
    ) -> list[VectorMatch]:
        """Best first; an unknown space gives none. ``exact`` compares with every point."""
        return self._ask(lambda live: live.search(space, vector, where, limit, exact=exact))

    def sample(self, space: str, most: int) -> Vectors:
        """[n, dim] unit vectors of at most so many points, chosen without regard to what they show."""
        return self._ask(lambda live: live.sample(space, most))

    def stats(self) -> list[SpaceStats]:
        """One row per space."""
        return self._ask(lambda live: live.stats())

    def flush(self) -> None:
        """Make all that was written durable."""
        with self._writing:
            self._live.flush()

    def close(self) -> None:
        """Give the index up to another process."""
        with self._writing:
            self._live.close()
            self._lock.close()

    def rebuild(self) -> None:
        """Ask for a new generation whether it is due or not; an owner to come remembers it too."""
        newest = _newest(self._folder)
        publish(self._folder / _ASKED, str(newest).encode())

    @property
    def owes_rebuild(self) -> bool:
        """Say whether a generation was asked for that is not live yet."""
        return (self._folder / _ASKED).exists()

    def due(self) -> bool:
        """Say whether a new generation should be built."""
        return self.owes_rebuild or any(self._is_due(row) for row in self.stats())

    def next_generation(self) -> Generation:
        """A generation that does not exist yet, to be built beside the live one."""
        newest = max(generation.number for generation in _generations(self._folder))
        return Generation(self._folder / f"gen-{1 + newest}", self._open_built)

    def swap(self, built: Generation, index: BuiltIndex) -> None:
        """Make a built and verified generation the live one, and remove the former.

        Args:
            built: The generation; its cursor must be saved.
            index: The same, opened; it belongs to this object afterwards.
        """
        with self._writing:
            # The engine may fail to answer; nothing has changed yet.
            left_out = _left_out(index)
            former, former_index = self._generation, self._live
            _point_to(self._folder, built)
            self._generation, self._live, self._left_out = built, index, left_out
            self._answer_asking(built)
            with suppress(IndexUnavailable):  # a damaged one may refuse; it goes all the same
                former_index.close()
            shutil.rmtree(former.folder, ignore_errors=True)
        log.info("generation-swapped", former=former.number, live=built.number)

    def _answer_asking(self, built: Generation) -> None:
        """A generation that was begun before it was asked for may hold what it should be rid of."""
        asked = self._folder / _ASKED
        with suppress(FileNotFoundError, ValueError):
            if built.number <= int(asked.read_text(encoding="utf-8")):
                return
        asked.unlink(missing_ok=True)

    def _ask(self, question: Callable[[BuiltIndex], _Answer]) -> _Answer:
        live = self._live
        try:
            return question(live)
        except IndexUnavailable:
            with self._writing:
                if live is self._live:
                    raise
                return question(self._live)

    def _first(self) -> Generation:
        named = _current(self._folder)
        if named is None or named.cursor.load() is None:
            named = Generation(self._folder / f"gen-{1 + _newest(self._folder)}")
            named.folder.mkdir()
            _point_to(self._folder, named)
        for other in _generations(self._folder):
            if other.number != named.number and other.abandoned():
                # The engine of an owner that was killed may still write there; the next owner removes it.
                shutil.rmtree(other.folder, ignore_errors=True)
        return named

    def _is_due(self, row: SpaceStats) -> bool:
        outside = row.points - row.indexed - self._left_out.get(row.space, 0)
        if outside < min(SMALLEST_REBUILD, self._settings.rebuild_points):
            return False
        enough = min(float(self._settings.rebuild_points), self._settings.rebuild_fraction * row.points)
        return outside >= enough


def _opened(generation: Generation) -> tuple[BuiltIndex, dict[str, int]]:
    index = generation.open()
    try:
        return index, _left_out(index)
    except BaseException:
        index.close()
        raise


def _left_out(index: BuiltIndex) -> dict[str, int]:
    """What the optimiser left out of the graph at birth, by space: it does not ask for another generation."""
    return {row.space: row.points - row.indexed for row in index.stats()}


def start_over(folder: Path) -> None:
    """Forget the live generation, however damaged; the next owner builds everything from stored vectors.

    Args:
        folder: ``Home.index``.

    Raises:
        AlreadyOwned: A process owns the index.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with closing(FileLock(folder / "owner.lock")):
        (folder / "current").unlink(missing_ok=True)
        sync_folder(folder)


def _generations(folder: Path) -> list[Generation]:
    return [Generation(path) for path in folder.iterdir() if path.is_dir() and _NAME.match(path.name)]


def _newest(folder: Path) -> int:
    return max((generation.number for generation in _generations(folder)), default=0)


def _current(folder: Path) -> Generation | None:
    try:
        name = (folder / "current").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        return None
    known = {generation.folder.name: generation for generation in _generations(folder)}
    return known.get(name)


def _point_to(folder: Path, generation: Generation) -> None:
    publish(folder / "current", generation.folder.name.encode())
