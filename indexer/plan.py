"""What discovery does about a listing, given what the catalog knows of the location. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from catalog.model import Instance, RestoreState, StoredObject
from catalog.repository import KnownInstance
from indexer.candidates import Candidate

_ASLEEP = (RestoreState.NEEDED, RestoreState.IN_PROGRESS)


@dataclass(slots=True)
class Plan:
    """Every listed candidate and every known copy in exactly one place.

    Attributes:
        unchanged: Complete, at the wanted recipe, as they were.
        back: Known copies that were gone; they may be due for a walk besides.
        new: Never seen, readable: registered once a walk finds that they are media.
        new_cold: Never seen, asleep: registered from the listing alone.
        changed: Known copies with other objects, or in another storage class.
        due: Known, unchanged copies whose walk is not complete at the wanted recipe.
        thaw: Known copies asleep without a complete walk.
        missing: Known copies that the listing does not show, by name.
    """

    unchanged: list[KnownInstance] = field(default_factory=list)
    back: list[KnownInstance] = field(default_factory=list)
    new: list[Candidate] = field(default_factory=list)
    new_cold: list[Candidate] = field(default_factory=list)
    changed: list[tuple[KnownInstance, Candidate]] = field(default_factory=list)
    due: list[tuple[KnownInstance, Candidate]] = field(default_factory=list)
    thaw: list[tuple[KnownInstance, Candidate]] = field(default_factory=list)
    missing: dict[str, KnownInstance] = field(default_factory=dict)

    @property
    def listed(self) -> int:
        """How many candidates the listing showed."""
        return sum(
            len(part) for part in (self.unchanged, self.new, self.new_cold, self.changed, self.due, self.thaw)
        )


def plan(candidates: Iterable[Candidate], known: Mapping[str, KnownInstance], recipe: str) -> Plan:
    """Compare a listing with the catalog.

    Args:
        candidates: What the listing shows.
        known: Copies in the listed part of the location, by name.
        recipe: Digest of the wanted stage versions.
    """
    made, seen = Plan(), set()
    for candidate in candidates:
        seen.add(candidate.name)
        _place(made, candidate, known.get(candidate.name), recipe)
    made.missing = {name: item for name, item in known.items() if name not in seen and item.available}
    return made


def _place(made: Plan, candidate: Candidate, item: KnownInstance | None, recipe: str) -> None:
    if item is None:
        (made.new_cold if is_asleep(candidate.objects) else made.new).append(candidate)
        return
    if not item.available:
        made.back.append(item)
    if item.identity != candidate.identity or item.storage_class != candidate.essence.storage_class:
        made.changed.append((item, candidate))
    elif item.borrowed and not is_asleep(candidate.objects):
        made.due.append((item, candidate))
    elif item.complete and item.recipe == recipe:
        made.unchanged.append(item)
    elif is_asleep(candidate.objects) and not item.complete:
        made.thaw.append((item, candidate))
    else:
        made.due.append((item, candidate))


def is_asleep(objects: Sequence[StoredObject]) -> bool:
    """Say whether something of it must be restored before it can be read."""
    return any(item.restore in _ASLEEP for item in objects)


def find_moves(gone: Iterable[Instance], new: Iterable[Candidate]) -> list[tuple[Instance, Candidate]]:
    """Copies that were renamed within their location: the same entity tag and size at another path.

    For folders the tag holds the inode and the time of the last write, which a rename keeps.
    """
    by_tag: dict[tuple[str, int], Candidate] = {}
    for candidate in new:
        if candidate.essence.etag:
            by_tag.setdefault((candidate.essence.etag, candidate.essence.size), candidate)
    moves = []
    for instance in gone:
        tag = (instance.essence.etag, instance.essence.size)
        if tag in by_tag:
            moves.append((instance, by_tag.pop(tag)))
    return moves


def with_digests(candidate: Candidate, former: Instance) -> tuple[StoredObject, ...]:
    """The candidate's objects; those that did not change keep the digest of their former selves."""
    digests = {(o.etag, o.size, o.version): o.sha256 for o in former.objects if o.etag}
    return tuple(replace(o, sha256=digests.get((o.etag, o.size, o.version))) for o in candidate.objects)


def same_essence(objects: Sequence[StoredObject], former: Instance) -> bool:
    """Say whether only sidecars, names or classes differ: the first essence object is the same."""
    now, then = objects[0], former.essence
    return (now.etag, now.size, now.version) == (then.etag, then.size, then.version)
