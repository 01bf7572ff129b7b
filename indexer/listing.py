"""A location's listing beside what the catalog knows of it: one pass over both, in the order of names."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from archive_tiering.archived import to_ask
from archive_tiering.stores.object_store import ObjectInfo, Unreadable
from catalog.repository import KnownInstance
from indexer.candidates import Candidate, grouped
from indexer.differences import Differences
from indexer.plan import Kind, merged, place

_REPORT_EVERY = 500


@dataclass(slots=True)
class Listing:
    """What a pass saw, besides the differences.

    Attributes:
        letters: Stages of the dead letters that were there when it began, by what they are about.
        objects: How many objects and complaints were listed, within the prefix or not.
        unchanged: How many candidates are as they were.
        standing: How many copies were there before, within the prefix.
        roots: What the URIs begin with that were listed, or would have been; none while nothing was listed.
        still_wrong: Those of the letters that are about something listed, and not over.
    """

    letters: Mapping[str, str]
    objects: int = 0
    unchanged: int = 0
    standing: int = 0
    roots: tuple[str, ...] = ()
    still_wrong: set[str] = field(default_factory=set)

    def over(self) -> list[str]:
        """What letters are about that is gone, or can be read again."""
        return [uri for uri in self.letters if uri.startswith(self.roots) and uri not in self.still_wrong]

    def see(self, item: ObjectInfo | Unreadable) -> None:
        """Take note of something listed."""
        self.objects += 1
        if not self.roots:
            self.roots = (_root(item.uri, item.key),)
        stage = self.letters.get(item.uri)
        if stage is not None and (stage != "discover" or isinstance(item, Unreadable)):
            self.still_wrong.add(item.uri)


@dataclass(frozen=True, slots=True)
class Pass:
    """One pass over a location.

    Attributes:
        has: Says whether a name is looked at; all that is listed within a prefix or scope.
        settled: Seconds since the epoch; what was written to later is left alone.
        recipe: Digest of the wanted stage versions.
        report: Called now and then with how many objects were listed.
        doubts: What is known and complete may have fallen asleep all the same: an event told of something.
    """

    has: Callable[[str], bool]
    settled: float
    recipe: str
    report: Callable[[int], None]
    doubts: bool = False

    def over(
        self,
        items: Iterable[ObjectInfo | Unreadable],
        known: Iterable[tuple[str, KnownInstance]],
        listing: Listing,
        found: Differences,
    ) -> None:
        """Note every difference.

        Args:
            items: The store's listing, in key order.
            known: Copies that are looked at by name, in the order of their names.
            listing: Told what was seen.
            found: Told what differs.

        Raises:
            StorageUnreachable: The location is not there, or went away meanwhile.
        """
        candidates = (each for each in grouped(self._infos(items, listing, found)) if self.has(each.name))
        for candidate, item in merged(candidates, known):
            if item is not None:
                listing.standing += item[1].available
            if candidate is None:
                assert item is not None  # noqa: S101 - one of both
                found.lack(*item)
            elif _newest(candidate) > self.settled:
                found.let_settle(candidate.name)
            else:
                self._note(candidate, None if item is None else item[1], listing, found)
        for candidate, copy in found.pairs():
            self._note(candidate, copy, listing, found)

    def _infos(
        self, items: Iterable[ObjectInfo | Unreadable], listing: Listing, found: Differences
    ) -> Iterator[ObjectInfo]:
        for item in items:
            listing.see(item)
            if listing.objects % _REPORT_EVERY == 0:
                self.report(listing.objects)
            if isinstance(item, ObjectInfo):
                yield item
            elif self.has(item.key):
                found.complain(item)

    def _note(
        self, candidate: Candidate, item: KnownInstance | None, listing: Listing, found: Differences
    ) -> None:
        kind = place(candidate, item, self.recipe)
        if item is not None and not item.available:
            found.bring_back(item.instance_id)
        if kind is Kind.UNCHANGED and self.doubts and to_ask(candidate.objects):
            kind = Kind.STATE
        if kind is Kind.UNCHANGED:
            listing.unchanged += 1
        else:
            found.add(kind, candidate, item)


def _newest(candidate: Candidate) -> float:
    return max(item.mtime_ns for item in candidate.objects) / 1e9


def _root(uri: str, key: str) -> str:
    """URIs keep the slashes of keys, whatever else they encode."""
    return uri.rsplit("/", key.count("/") + 1)[0] + "/"


def is_within(prefix: str | None, name: str) -> bool:
    """Say whether a path is the prefix or lies below it."""
    return not prefix or name == prefix or name.startswith(f"{prefix.rstrip('/')}/")
