"""What discovery does about a listing, given what the catalog knows of the location. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from archive_tiering.archived import to_ask
from catalog.model import Instance, StoredObject
from catalog.repository import KnownInstance
from indexer.candidates import Candidate


class Kind(StrEnum):
    """What is done about a listed candidate."""

    UNCHANGED = "unchanged"
    """Complete, at the wanted recipe, as it was: nothing."""
    NEW = "new"
    """Never seen, readable: registered once a walk finds that it is media."""
    NEW_COLD = "new cold"
    """Never seen, asleep: registered from the listing alone."""
    CHANGED = "changed"
    """A known copy with other objects, or in another storage class."""
    DUE = "due"
    """A known, unchanged copy whose walk is not complete at the wanted recipe."""
    THAW = "thaw"
    """A known copy asleep without a complete walk."""
    STATE = "state"
    """A known, complete copy that fell asleep, as is told, or may have."""
    MOVED = "moved"
    """A known copy at another path."""


def place(candidate: Candidate, item: KnownInstance | None, recipe: str) -> Kind:
    """Say what is done about a candidate.

    Args:
        candidate: What the listing shows.
        item: The known copy of its name.
        recipe: Digest of the wanted stage versions.
    """
    if item is None:
        return Kind.NEW_COLD if is_asleep(candidate.objects) else Kind.NEW
    if item.identity != candidate.identity or item.storage_class != candidate.essence.storage_class:
        return Kind.CHANGED
    if item.borrowed and not is_asleep(candidate.objects):
        return Kind.DUE
    if item.complete and item.recipe == recipe:
        return Kind.STATE if fell_asleep(candidate, item) else Kind.UNCHANGED
    return Kind.THAW if is_asleep(candidate.objects) and not item.complete else Kind.DUE


def is_asleep(objects: Sequence[StoredObject]) -> bool:
    """Say whether something of it must be restored before it can be read."""
    return any(item.restore.is_asleep for item in objects)


def fell_asleep(candidate: Candidate, item: KnownInstance) -> bool:
    """Say whether something of it was archived by its class that was awake; restores tell of all else."""
    return not item.asleep and is_asleep(to_ask(candidate.objects))


def merged(
    candidates: Iterable[Candidate], known: Iterable[tuple[str, KnownInstance]]
) -> Iterator[tuple[Candidate | None, tuple[str, KnownInstance] | None]]:
    """Yield what is listed beside what is known under the same name; both sides come sorted by name.

    Out of order, a name comes twice: listed, and known. Nothing is lost, nothing is read ahead.
    """
    left, right = iter(candidates), iter(known)
    candidate, item = next(left, None), next(right, None)
    while candidate is not None or item is not None:
        if item is None or (candidate is not None and candidate.name < item[0]):
            yield candidate, None
            candidate = next(left, None)
        elif candidate is None or item[0] < candidate.name:
            yield None, item
            item = next(right, None)
        else:
            yield candidate, item
            candidate, item = next(left, None), next(right, None)


def with_digests(candidate: Candidate, former: Instance) -> tuple[StoredObject, ...]:
    """The candidate's objects; those that did not change keep the digest of their former selves."""
    digests = {(o.etag, o.size, o.version): o.sha256 for o in former.objects if o.etag}
    return tuple(replace(o, sha256=digests.get((o.etag, o.size, o.version))) for o in candidate.objects)


def same_essence(objects: Sequence[StoredObject], former: Instance) -> bool:
    """Say whether only sidecars, names or classes differ: the first essence object is the same."""
    now, then = objects[0], former.essence
    return (now.etag, now.size, now.version) == (then.etag, then.size, then.version)
