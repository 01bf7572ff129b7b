"""A location's listing, grouped: candidates, complaints, and what is left to settle."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from archive_tiering.object_store import ObjectInfo, ObjectStore, Unreadable
from indexer.candidates import Candidate, group

_REPORT_EVERY = 500
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Listing:
    """What a location holds.

    Attributes:
        candidates: Within the prefix, settled.
        unreadable: Within the prefix.
        settling: Names of candidates that were written to a moment ago.
        uris: Everything that was listed, candidates or not, within the prefix or not.
        root: What the URIs below the location begin with; None while nothing was listed.
    """

    candidates: list[Candidate]
    unreadable: list[Unreadable]
    settling: frozenset[str]
    uris: frozenset[str]
    root: str | None

    def hides(self, name: str) -> bool:
        """Say whether a known name may be there although no candidate has it."""
        return name in self.settling or any(
            name == item.key or name.startswith(f"{item.key}/") for item in self.unreadable
        )


def read(store: ObjectStore, prefix: str | None, settled: float, report: Callable[[int], None]) -> Listing:
    """List a location.

    Args:
        store: Of the location.
        prefix: Path within the location; None for all of it.
        settled: Seconds since the epoch; what was written to later is left alone.
        report: Called now and then with how many objects were listed.

    Raises:
        StorageUnreachable: The location is not there, or went away meanwhile.
    """
    infos: list[ObjectInfo] = []
    unreadable: list[Unreadable] = []
    for count, item in enumerate(store.list(), 1):
        if isinstance(item, ObjectInfo):
            infos.append(item)
        else:
            unreadable.append(item)
        if count % _REPORT_EVERY == 0:
            report(count)
    candidates = [c for c in group(infos) if is_within(prefix, c.name)]
    fresh = frozenset(c.name for c in candidates if _newest(c) > settled)
    return Listing(
        candidates=[c for c in candidates if c.name not in fresh],
        unreadable=[item for item in unreadable if is_within(prefix, item.key)],
        settling=fresh,
        uris=frozenset([*(item.uri for item in infos), *(item.uri for item in unreadable)]),
        root=next((_root(item.uri, item.key) for found in (infos, unreadable) for item in found), None),
    )


def _newest(candidate: Candidate) -> float:
    return max(item.mtime_ns for item in candidate.objects) / 1e9


def _root(uri: str, key: str) -> str:
    """URIs keep the slashes of keys, whatever else they encode."""
    return uri.rsplit("/", key.count("/") + 1)[0] + "/"


def is_within(prefix: str | None, name: str) -> bool:
    """Say whether a path is the prefix or lies below it."""
    return not prefix or name == prefix or name.startswith(f"{prefix.rstrip('/')}/")


def within(prefix: str | None, named: Mapping[str, _T]) -> dict[str, _T]:
    """The part of a mapping by name that lies within the prefix."""
    return {name: item for name, item in named.items() if is_within(prefix, name)}
