"""An index on Qdrant Edge in a process of its own, which holds an interpreter of its own.

The engine keeps Python's interpreter to itself while it works: in the process that asks, nothing else would
go on meanwhile. Questions and answers go over one pair of sockets as pickles, which only the two processes
can reach; one question at a time, in the order they are asked.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from itertools import chain
from multiprocessing.connection import Connection
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any

from catalog.query import AssetFilter
from embeddings.edge_index import UPSERT_POINTS, EdgeIndex
from embeddings.encoder import EncoderSpec, Vectors
from embeddings.read_ahead import read_ahead
from embeddings.vector_index import Place, Point, SpaceStats, VectorMatch
from foundation import logging
from foundation.errors import IndexUnavailable, RekindleError
from foundation.ids import AssetId
from foundation.turns import Turns

_ROOT = Path(__file__).resolve().parents[1]
_COMMAND = (sys.executable, "-P", "-c", "import sys; sys.path.insert(0, sys.argv[1]); from embeddings"
            ".edge_process import main; main(sys.argv[2:])", str(_ROOT))  # fmt: skip
"""What a child runs, followed by the descriptor of its end of the line and the folder."""
_OPENED = "opened"
_PATIENCE = 10.0
"""Seconds in which a process that was told to close, and has, ends."""
_REST = 2.0
"""Seconds after which an engine that could not be started again is tried once more."""
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
        self._failure: IndexUnavailable | None = None
        self._failed_at = 0.0
        self._child = _Child(folder)

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
            IndexUnavailable: The engine failed twice, cannot be started again, or was closed.
            NoSpace, ValueError: As :class:`EdgeIndex` says.
        """
        with self._turns.take():
            if self._closed:
                raise IndexUnavailable(f"The vector index in {self._folder} was closed.")
            try:
                return self._child.ask(question, *details)
            except _ChildLost as lost:
                self._start_again(question, lost)
            try:
                return self._child.ask(question, *details)
            except _ChildLost as lost:
                raise IndexUnavailable(
                    f"The vector engine in {self._folder} ended with {lost.status}, twice, over `{question}`."
                ) from lost

    def _start_again(self, question: str, lost: "_ChildLost") -> None:
        """Start another child, at most one in :data:`_REST` seconds where that fails."""
        if self._failure is not None and time.monotonic() < self._failed_at + _REST:
            raise IndexUnavailable(self._failure.message, remedy=self._failure.remedy) from lost
        log.warning("vector-engine-lost", question=question, exit=lost.status)
        try:
            self._child, self._failure = _Child(self._folder), None
        except RekindleError as error:
            sentence = f"The vector engine in {self._folder} cannot be started again: {error.message}"
            self._failure, self._failed_at = IndexUnavailable(sentence, remedy=error.remedy), time.monotonic()
            raise self._failure from error


class _ChildLost(Exception):
    """The child is no more; ``status`` is what its process ended with."""

    def __init__(self, status: int | None) -> None:
        super().__init__(status)
        self.status = status


class _Child:
    """One child process and the line to it; opened when this returns.

    Raises:
        AlreadyOwned, NoSpace: As :class:`EdgeIndex` says.
        IndexUnavailable: Likewise, or no process could be started.
    """

    def __init__(self, folder: Path) -> None:
        ours, theirs = _line(folder)
        with theirs:
            try:
                self._process = subprocess.Popen(  # noqa: S603 - this interpreter and this module
                    [*_COMMAND, str(theirs.fileno()), str(folder)],
                    pass_fds=(theirs.fileno(),),
                    stdin=subprocess.DEVNULL,
                    # Ctrl-C is for the parent, which has this one end when it has no more to write.
                    start_new_session=True,
                )
            except OSError as error:
                ours.close()
                raise _not_started(folder, error) from error
        self._line = Connection(ours.detach())
        try:
            self._answer()
        except _ChildLost as lost:
            raise IndexUnavailable(
                f"The vector engine in {folder} ended with {lost.status} as it was opened."
            ) from lost
        except Exception:
            self._end()
            raise

    def ask(self, question: str, *details: object) -> Any:
        message = ForkingPickler.dumps((question, details))
        try:
            self._line.send_bytes(message)
        except OSError as error:
            raise _ChildLost(self._end()) from error
        except BaseException:
            self._break()
            raise
        return self._answer()

    def close(self) -> None:
        try:
            self.ask("close")
        except _ChildLost:
            return
        finally:
            self._end()

    def _answer(self) -> Any:
        try:
            answer = self._line.recv()
        except (EOFError, OSError) as error:
            raise _ChildLost(self._end()) from error
        except BaseException:
            self._break()
            raise
        if not isinstance(answer, Exception):
            return answer
        try:
            raise answer
        finally:
            # Or the traceback would hold the frame that holds it, until garbage is looked for.
            del answer

    def _break(self) -> None:
        """Who is interrupted would leave an answer for the next question: that one gets another child."""
        self._process.kill()
        self._end()

    def _end(self) -> int | None:
        self._line.close()
        try:
            return self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


def _line(folder: Path) -> tuple[socket.socket, socket.socket]:
    try:
        return socket.socketpair()
    except OSError as error:
        raise _not_started(folder, error) from error


def _not_started(folder: Path, error: OSError) -> IndexUnavailable:
    return IndexUnavailable(f"No process could be started for the vector engine in {folder}: {error}.")


def serve(line: Connection, folder: Path) -> None:
    """Answer until asked to close; what the child process does.

    Raises:
        EOFError, OSError: Nobody is left to ask. What was acknowledged is in the engine's log.
    """
    try:
        index = EdgeIndex(folder)
    except (RekindleError, ValueError, OSError) as error:
        line.send(error)
        return
    line.send(_OPENED)
    threading.Thread(target=read_ahead, args=(folder,), daemon=True).start()
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
    except Exception as error:  # noqa: BLE001 - whoever asked must hear of it; a child that ends says nothing
        return IndexUnavailable(f"The vector engine failed over `{question}`: {error!r}.")


def _packed(match: VectorMatch) -> tuple[object, ...]:
    """A plain tuple, which is quickly pickled; :func:`_unpacked` is its inverse."""
    at = match.place
    return match.score, at.asset, at.ordinal, at.position, at.in_frame, at.out_frame


def _unpacked(packed: tuple[Any, ...]) -> VectorMatch:
    score, *place = packed
    return VectorMatch(score, Place(*place))


def main(arguments: Sequence[str]) -> None:
    """Serve one folder on an inherited socket."""
    # A service's end may reach all of a group; this one ends when its parent has no more to write.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    descriptor, folder = arguments
    status = 1
    try:
        serve(Connection(int(descriptor)), Path(folder))
        status = 0
    except (EOFError, OSError):
        status = 0
    except Exception:  # noqa: BLE001 - what follows ends the interpreter before it would say so
        traceback.print_exc()
    finally:
        # Nothing is left to be done, least of all to flush where the parent is gone: another owner may wait.
        os._exit(status)
