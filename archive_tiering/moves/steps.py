"""The steps of a move: each looks first, does one thing, and may be repeated after a crash.

``verifying → copying → verifying copy → switching → deleting source``. Steps touch stores, never the catalog.
"""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from archive_tiering.writers.master_writer import MasterWriter, Order, Source
from archive_tiering.writers.part_digests import Digester, Digests
from catalog.model import Move, MovedObject, StoredObject
from foundation.errors import FixityMismatch, NeedsRestore, ObjectChanged

READ = "its bytes were read (SHA-256)"
ON_RECORD = "SHA-256 on record, entity tag unchanged since"
UNREAD = "entity tag; reading it is billed"

Beat = Callable[[int], object]


@dataclass(frozen=True, slots=True)
class Ends:
    """Both ends of a move.

    Attributes:
        is_billed: Reading a class of the source costs per byte.
        recorded: Digests on record, by source key.
        reads_cold: What is cold was brought back, and is read like anything else.
        by_tag: The bucket moves it by itself, asleep or not.
        beat: Told how many bytes were just read; keeps the lease, and raises where the move was taken away.
    """

    source: ObjectStore
    cleaner: MasterWriter
    writer: MasterWriter
    is_billed: Callable[[str], bool]
    recorded: Callable[[str], str | None]
    beat: Beat
    reads_cold: bool = False
    by_tag: bool = False


def verify_source(move: Move, ends: Ends) -> Move:
    """Prove that the source is what the catalog says, and learn what its copy must digest to.

    Raises:
        ObjectChanged: It is not the object that was planned.
        FixityMismatch: Its bytes do not digest to what is on record.
        NeedsRestore: It sleeps, and nothing but the bucket itself could move it.
    """
    return replace(move, objects=tuple(_verified(item, ends) for item in move.objects))


def copy(move: Move, ends: Ends, mark: str) -> Move:
    """Make the copies of this attempt.

    Raises:
        FixityMismatch: The source gave other bytes than when it was verified.
    """
    for item in move.objects:
        order = order_of(move, replace(item, staged=mark))
        if ends.writer.reads_source:
            digester = Digester(None)
            ends.writer.stage(order, digester.through(_read(item, ends)))
            _demand(item, digester.result())
        else:
            ends.writer.stage(order, ())
            ends.beat(item.size)
    return marked(move, mark)


def is_untouched(move: Move, ends: Ends) -> bool:
    """Whether a change of class has not begun: every object lies where it did, in the class it had.

    Raises:
        StorageError: The store does not say.
    """
    return all(ends.source.head(item.key).storage_class == item.storage_class for item in move.objects)


def marked(move: Move, mark: str) -> Move:
    """The move with the copies of this attempt as the ones that count."""
    return replace(move, objects=tuple(replace(item, staged=mark) for item in move.objects))


def verify_copy(move: Move, ends: Ends) -> Move:
    """Prove every copy; raises what the writer's ``verify`` raises."""
    proven = []
    for item in move.objects:
        proof = ends.writer.verify(order_of(move, item))
        ends.beat(item.size)
        proven.append(replace(item, copy_sha256=proof.sha256, verified=proof.how))
    return replace(move, objects=tuple(proven))


def publish(move: Move, ends: Ends) -> dict[str, ObjectInfo]:
    """Give the copies their names, once the source is seen to be what was verified; by target key."""
    for item in move.objects:
        if ends.writer.returns:
            _still(item, ends)
    return {item.target_key: ends.writer.publish(order_of(move, item)) for item in move.objects}


def arrived(move: Move, lies: Mapping[str, ObjectInfo]) -> Move:
    """The move with its copies as they become the master, so that nothing else is taken for them later."""
    objects = (replace(item, copy_etag=lies[item.target_key].etag) for item in move.objects)
    return replace(move, objects=tuple(objects))


def delete_source(move: Move, ends: Ends) -> None:
    """Delete what was moved away, once more seeing that every copy lies where the catalog says."""
    for item in move.objects:
        order = order_of(move, item)
        ends.writer.publish(order)
        ends.cleaner.delete_verified(source_of(item), order)
        ends.writer.settle(order)


def settle(move: Move, ends: Ends) -> None:
    """See once more that every copy lies where the catalog says; the source stays."""
    for item in move.objects:
        order = order_of(move, item)
        ends.writer.publish(order)
        ends.writer.settle(order)


def give_up(move: Move, ends: Ends) -> None:
    """Take back what was staged or published; the source stays as it is.

    A ledger that was put back from a backup may not know that the move came to its end: what lies there is
    then the master.

    Raises:
        ObjectMissing, ObjectChanged: The source is not what was moved: its copy stays, as the only one.
    """
    for item in move.objects:
        ends.writer.discard(order_of(move, item), partial(_still, item, ends))


def moved_object(item: StoredObject, key: str, storage_class: str) -> MovedObject:
    """An object as it lies, and where it goes: under this key, in this class."""
    return MovedObject(
        key=item.key,
        uri=item.uri,
        size=item.size,
        etag=item.etag,
        version=item.version,
        storage_class=item.storage_class,
        target_key=key,
        target_class=storage_class,
        mtime_ns=item.mtime_ns,
    )


def order_of(move: Move, item: MovedObject) -> Order:
    """What the writer is to do with one object."""
    return Order(
        key=item.target_key,
        source=source_of(item),
        mark=item.staged or "",
        move=move.id,
        storage_class=item.target_class,
        mtime_ns=item.mtime_ns,
        sha256=item.sha256,
        expected_etag=item.expected_etag,
        expected_sha256=item.expected_sha256,
        copy_etag=item.copy_etag,
    )


def source_of(item: MovedObject) -> Source:
    """The object that is moved away."""
    return Source(item.uri, item.key, item.size, item.etag, item.version)


def _verified(item: MovedObject, ends: Ends) -> MovedObject:
    found = _still(item, ends)
    if found.restore.is_asleep and not ends.by_tag:
        raise NeedsRestore(f"{item.key!r} sleeps by now, and must be restored before it can be copied.")
    item = replace(item, version=found.version)
    ends.writer.check(source_of(item))
    ends.cleaner.check(source_of(item))
    part_size, known = ends.writer.part_size(item.size), ends.recorded(item.key)
    asleep = found.restore.is_asleep or (facts_or_plain(item.storage_class).is_cold and not ends.reads_cold)
    if ends.is_billed(item.storage_class) or asleep:
        return _unread(item, known, part_size)
    digester = Digester(part_size)
    for _ in digester.through(_read(item, ends)):
        pass
    digests = digester.result()
    if known is not None and digests.sha256 != known:
        raise FixityMismatch(f"{item.key!r} digests to {digests.sha256}, not to {known} as on record.")
    _still(item, ends)
    return replace(
        item,
        sha256=digests.sha256,
        source_verified=READ,
        expected_sha256=digests.s3_sha256,
        expected_etag=digests.s3_etag,
    )


def _unread(item: MovedObject, known: str | None, part_size: int | None) -> MovedObject:
    """What can be known of a copy without reading the source: where it is one piece, its SHA-256 and tag."""
    whole = part_size is None
    sha256 = base64.b64encode(bytes.fromhex(known)).decode("ascii") if known and whole else None
    return replace(
        item,
        sha256=known,
        source_verified=ON_RECORD if known else UNREAD,
        expected_sha256=sha256,
        expected_etag=item.etag if whole and "-" not in item.etag else None,
    )


def _still(item: MovedObject, ends: Ends) -> ObjectInfo:
    found = ends.source.head(item.key, item.version)
    if (found.size, found.etag) != (item.size, item.etag):
        raise ObjectChanged(f"{item.key!r} changed since it was planned.")
    return found


def _read(item: MovedObject, ends: Ends) -> Iterator[bytes]:
    return _beating(ends.source.read(item.key, 0, None, item.version), ends.beat)


def _beating(chunks: Iterable[bytes], beat: Beat) -> Iterator[bytes]:
    for chunk in chunks:
        beat(len(chunk))
        yield chunk


def _demand(item: MovedObject, found: Digests) -> None:
    """The source gave the bytes that were verified; none were read where the copy was there already."""
    was_read = found.size or not item.size
    if was_read and item.sha256 is not None and found.sha256 != item.sha256:
        raise FixityMismatch(f"{item.key!r} gave other bytes while it was copied: {found.sha256}.")
