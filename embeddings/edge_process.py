"""An index on Qdrant Edge in a process of its own, which holds an interpreter of its own.

The engine keeps Python's interpreter to itself while it works: in the process that asks, nothing else would
go on meanwhile. Questions and answers go over one pair of sockets as pickles, which only the two processes
can reach; one question at a time, in the order they are asked.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from catalog.query import AssetFilter
from embeddings.edge_index import UPSERT_POINTS, EdgeIndex
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.vector_index import Place, Point, SpaceStats, VectorMatch
from foundation import logging
from foundation.errors import AlreadyOwned, IndexUnavailable, RekindleError
from foundation.ids import AssetId
from foundation.turns import Turns

_COMMAND = (sys.executable, "-P", "-m", __name__)
"""What a child runs, followed by the descriptor of its end of the line and the folder."""
_OPENED = "opened"
_PATIENCE = 10.0
"""Seconds in which a process that was told to close has ended; it only has to flush."""
_ORPHANS_END = 2.0
"""Seconds in which a child has ended whose parent was killed."""
_RETRY = 0.05
log = logging.get(__name__)


class EdgeProcess:
    """All spaces below one folder, held open by a child process; promises what :class:`EdgeIndex` does.

    A child that dies is replaced when it is next asked. What it had acknowledged is in its log.

    Args:
        folder: Holds one shard folder per space; made when missing.

    Raises:
        AlreadyOwned: Another process has a space open.
        IndexUnavailable: A space is damaged.
        NoSpace: The disk is nearly full.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._turns = Turns()
        self._closed = False
        self._child = _opened(folder)

    def ensure_space(self, spec: EncoderSpec) -> None:
        """Create the space and its payload indexes if missing."""
        self._ask("ensure_space", spec)

    def upsert(self, space: str, points: Sequence[Point]) -> None:
        """Add or replace by id; in small steps, between which others have their turn."""
        for start in range(0, len(points), UPSERT_POINTS):
            self._ask("upsert", space, points[start : start + UPSERT_POINTS])

    def replace(self, space: str, points: Mapping[AssetId, Sequence[Point]]) -> None:
        """Make these the only points of their assets; old ones stay until the new ones are in."""
        if not points:
            return
        self.upsert(space, list(chain.from_iterable(points.values())))
        kept = {point.id for several in points.values() for point in several}
        self._ask("keep_only", space, tuple(points), kept)

    def delete_asset(self, asset_id: AssetId, space: str | None = None) -> None:
        """Remove an asset's points from one space, or from all."""
        self._ask("delete_asset", asset_id, space)

    def search(
        self, space: str, vector: Vectors, where: AssetFilter, limit: int, *, exact: bool = False
    ) -> list[VectorMatch]:
        """Best first, equal scores by asset and ordinal; an unknown space gives none."""
        return [_unpacked(match) for match in self._ask("search", space, vector, where, limit, exact)]

    def sample(self, space: str, most: int) -> Vectors:
        """[n, dim] unit vectors of a fair choice of points."""
        sampled: Vectors = self._ask("sample", space, most)
        return sampled

    def stats(self) -> list[SpaceStats]:
        """One row per space, by name."""
        rows: list[SpaceStats] = self._ask("stats")
        return rows

    def flush(self) -> None:
        """Make all that was written durable."""
        self._ask("flush")

    def close(self) -> None:
        """Flush, and let another process open it."""
        with self._turns.take():
            if not self._closed:
                self._closed = True
                self._child.close()

    def _ask(self, question: str, *details: object) -> Any:
        """The answer; asked again of another child where one dies over it, because all of it can be repeated.

        Raises:
            IndexUnavailable: The engine failed twice, or was closed; or whatever else it says.
        """
        with self._turns.take():
            if self._closed:
                raise IndexUnavailable(f"The vector index in {self._folder} was closed.")
            try:
                return self._child.ask(question, *details)
            except _ChildLost as lost:
                log.warning("vector-engine-lost", question=question, exit=lost.status)
            self._child = _opened(self._folder)
            try:
                return self._child.ask(question, *details)
            except _ChildLost as lost:
                raise IndexUnavailable(
                    f"The vector engine in {self._folder} ended with {lost.status}, twice, over `{question}`."
                ) from lost


class _ChildLost(Exception):
    """The child is no more; ``status`` is what its process ended with."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


class _Child:
    """One child process and the line to it; opened when this returns."""

    def __init__(self, folder: Path) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter and this module
                [*_COMMAND, str(theirs.fileno()), str(folder)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        self._line = Connection(ours.detach())
        try:
            self._answer()
        except _ChildLost as lost:
            raise IndexUnavailable(
                f"The vector engine in {folder} ended with {lost.status} as it was opened."
            ) from lost
        except RekindleError:
            self._end()
            raise

    def ask(self, question: str, *details: object) -> Any:
        try:
            self._line.send((question, details))
        except OSError as error:
            raise _ChildLost(self._end()) from error
        return self._answer()

    def close(self) -> None:
        with contextlib.suppress(_ChildLost):
            self.ask("close")
        self._end()

    def _answer(self) -> Any:
        try:
            answer = self._line.recv()
        except (EOFError, OSError) as error:
            raise _ChildLost(self._end()) from error
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _end(self) -> int | None:
        self._line.close()
        try:
            return self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _opened(folder: Path) -> _Child:
    """A child that has the folder open; one whose parent was killed may be about to let go of it."""
    deadline = time.monotonic() + _ORPHANS_END
    while True:
        try:
            return _Child(folder)
        except AlreadyOwned:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_RETRY)


def serve(line: Connection, folder: Path) -> None:
    """Answer until asked to close; what the child process does.

    Raises:
        EOFError, ConnectionError: Nobody is left to ask. What was acknowledged is in the engine's log.
    """
    try:
        index = EdgeIndex(folder)
    except RekindleError as error:
        line.send(error)
        return
    line.send(_OPENED)
    while not index.is_closed:
        question, details = line.recv()
        line.send(_answer(index, question, details))


def _answer(index: EdgeIndex, question: str, details: tuple[Any, ...]) -> object:
    try:
        if question == "search":
            *asked, exact = details
            return [_packed(match) for match in index.search(*asked, exact=exact)]
        return getattr(index, question)(*details)
    except (RekindleError, ValueError, OSError) as error:
        return error


def _packed(match: VectorMatch) -> tuple[object, ...]:
    """A plain tuple, which is quickly pickled; :func:`_unpacked` is its inverse."""
    at = match.place
    return match.score, at.asset, at.ordinal, at.position, at.in_frame, at.out_frame


def _unpacked(packed: tuple[Any, ...]) -> VectorMatch:
    score, *place = packed
    return VectorMatch(score, Place(*place))


def main(arguments: Sequence[str]) -> None:
    """Serve one folder on an inherited socket."""
    # Ctrl-C and a service's end reach all of a group; this one ends when its parent has no more to write.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    descriptor, folder = arguments
    with contextlib.suppress(EOFError, ConnectionError):
        serve(Connection(int(descriptor)), Path(folder))
    # Nothing is left to be done, least of all to flush where the parent is gone: another owner may wait.
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
