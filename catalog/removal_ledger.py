"""Who was removed from the archive, told outside the catalog: what one put back from a backup has to learn.

One line of JSON for each thing that happens to an entry of the do-not-identify list: ids, and asset, range
and box of each appearance. It holds no name, no vector and no template. Lines are only ever added, each
before the transaction that it speaks of is committed.
"""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import astuple
from datetime import datetime
from pathlib import Path

from catalog.model import Box, FacePlace, ProhibitionReason, Removal
from foundation.errors import BadRange, NoSpace, ObjectUnreadable
from foundation.ids import AssetId, PrincipalId, ProhibitionId
from foundation.timecode import FrameRange


class RemovalLedger:
    """The file of one home. Whoever appends holds the catalog's writer lock.

    Args:
        path: Made when somebody is removed for the first time.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, removals: Sequence[Removal]) -> None:
        """Add lines, durably; all of them or none.

        Raises:
            NoSpace: The disk is full.
            ObjectUnreadable: The file may not be written.
        """
        if not removals:
            return
        try:
            self._append(text_of(removals).encode())
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise NoSpace(f"The disk that holds {self._path} is full; nobody was removed.") from error
            raise ObjectUnreadable(
                f"{self._path} cannot be written: {error.strerror}. Nobody was removed.",
                remedy="Let this user write to it: without it a recovery would bring back who was removed.",
            ) from error

    def _append(self, lines: bytes) -> None:
        is_new = not self._path.exists()
        descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "r+b") as file:
            end = _end_of_lines(file.read())
            try:
                file.seek(end)
                file.write(lines)
                file.truncate()
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    os.truncate(self._path, end)
                raise
        if is_new:
            _sync_folder(self._path.parent)


def text_of(removals: Iterable[Removal]) -> str:
    """Lines as they are kept."""
    return "".join(f"{json.dumps(_values(removal), separators=(',', ':'))}\n" for removal in removals)


def removals_in(paths: Iterable[Path]) -> tuple[list[Removal], int]:
    """All that some files tell, one removal for each entry, and how many different lines cannot be read.

    Args:
        paths: Files that may tell of the same entries; those that are not there tell nothing.

    Raises:
        ObjectUnreadable: A file cannot be read.
    """
    known: dict[ProhibitionId, Removal] = {}
    unread: set[bytes] = set()
    for line in (line for path in paths for line in _lines(path)):
        try:
            found = _removal(json.loads(line))
        except (ValueError, KeyError, TypeError, BadRange):
            unread.add(line)
        else:
            known[found.id] = known[found.id].joined(found) if found.id in known else found
    return list(known.values()), len(unread)


def _lines(path: Path) -> Iterator[bytes]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return
    except OSError as error:
        raise ObjectUnreadable(f"{path} cannot be read: {error.strerror}.") from error
    # What follows the last line was being written by a process that was killed: it was never acknowledged.
    yield from data[: _end_of_lines(data)].splitlines()


def _end_of_lines(data: bytes) -> int:
    return data.rfind(b"\n") + 1


def _values(removal: Removal) -> dict[str, object]:
    return {
        "entry": removal.id,
        "reason": removal.reason.value,
        "at": removal.at.isoformat(),
        "by": removal.principal,
        "subjects": removal.subjects,
        "places": [
            (place.asset_id, place.frames.in_frame, place.frames.out_frame, *astuple(place.box))
            for place in removal.places
        ],
        "allowed": removal.is_allowed,
    }


def _removal(values: dict[str, object]) -> Removal:
    """A line's removal; raises ValueError, KeyError, TypeError or BadRange where it is none."""
    subjects, places = values["subjects"], values["places"]
    if not isinstance(subjects, list) or not isinstance(places, list):
        raise TypeError("Subjects and places are lists.")
    return Removal(
        ProhibitionId(str(values["entry"])),
        ProhibitionReason(str(values["reason"])),
        datetime.fromisoformat(str(values["at"])),
        PrincipalId(str(values["by"])),
        tuple(str(subject) for subject in subjects),
        tuple(_place(*place) for place in places),
        bool(values["allowed"]),
    )


def _place(asset: str, first: int, last: int, *box: float) -> FacePlace:
    left, top, width, height = box
    return FacePlace(AssetId(str(asset)), FrameRange(first, last), Box(left, top, width, height))


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
