"""The steps of one restore: each asks the store and returns the restore as it is afterwards.

Nothing here writes to the catalog, so every step may be repeated after a crash. A store is asked how things
are before it is asked for anything, which makes a lost reply harmless.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive_tiering.fixity.check import Beat, check_by_looking
from archive_tiering.prices.storage_class import EXPEDITED, STANDARD, copy_expiry, facts_or_plain
from archive_tiering.prices.terms import Terms
from archive_tiering.stores.digest import digest
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from catalog.model import CheckOutcome, Restore, RestoreState, RestoreStatus, StoredObject
from foundation.errors import ObjectChanged, ObjectMissing, StorageUnreachable, TierUnavailable

FIRST_READ = "first read"
BY_SHA256 = "sha256"
MISMATCH = "mismatch"
MOST_ASKS = 2
"""How often a store is asked to bring one object back for one reservation, if it drops the first request."""

_DOWNGRADED = "{} retrieval had no capacity; {} was asked for instead, at no higher price."
_NOT_FASTER = "{} retrieval had no capacity; it comes at the pace it had."
_CAME_AND_WENT = "The restored copy expired before it was seen."
_DROPPED = "The store no longer works on it and has no copy; nothing was charged here. Ask for a new quote."
_ASKED_AGAIN = "The store had dropped it; it was asked again."
_LATE = "It takes more than twice as long as this retrieval tier usually does."
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Target:
    """What a restore is about: the object as catalogued, where it lies, and what it should digest to."""

    item: StoredObject
    store: ObjectStore
    terms: Terms
    sha256: str | None

    def head(self) -> ObjectInfo:
        """Ask the store; raises ObjectChanged where it is no longer the object that was quoted."""
        found = self.store.head(self.item.key, self.item.version)
        if (found.size, found.etag) != (self.item.size, self.item.etag):
            raise ObjectChanged(f"{self.item.key!r} is no longer the object that was quoted.")
        return found


def ask(restore: Restore, target: Target, now: datetime) -> Restore:
    """Ask for the copy unless one is there or on its way."""
    found = target.head()
    if _long_enough(found, restore, now):
        return _arrived(restore, found, now)
    tier, notice, asked = restore.retrieval_tier, None, max(1, restore.asked)
    if found.restore is not RestoreState.IN_PROGRESS:
        try:
            tier, notice = _post(restore, target, found)
        except StorageUnreachable as error:
            # It may have been accepted: it stays "requesting", which nobody can cancel.
            return replace(restore, error=error.message)
        # It sleeps: whoever died while asking for the first time was not heard.
        asked = 1 if restore.eta is None else restore.asked + 1
    wait = 0.0
    if found.restore is not RestoreState.RESTORED:
        wait = target.terms.seconds(found.storage_class, tier, found.archive_tier)
    return replace(
        restore,
        status=RestoreStatus.IN_PROGRESS,
        retrieval_tier=tier,
        # What was found running was perhaps asked for at another pace: the faster one is asked for next.
        wanted_tier=restore.wanted_tier if asked == restore.asked else None,
        eta=now + timedelta(seconds=wait),
        asked=asked,
        error=notice,
    )


def look(restore: Restore, target: Target, now: datetime) -> Restore:
    """See whether the copy is there."""
    try:
        found = target.head()
    except (ObjectMissing, ObjectChanged) as error:
        return replace(restore, status=RestoreStatus.EXPIRED, error=error.message)
    if found.restore in (RestoreState.RESTORED, RestoreState.NONE):
        return _arrived(restore, found, now)
    late = _is_late(restore, now)
    if found.restore is RestoreState.IN_PROGRESS:
        return replace(restore, error=_LATE, overdue_at=restore.overdue_at or now) if late else restore
    if _may_have_gone(restore, found, now):
        return replace(restore, status=RestoreStatus.EXPIRED, error=_CAME_AND_WENT)
    if late and restore.asked < MOST_ASKS:
        overdue = restore.overdue_at or now
        return replace(restore, status=RestoreStatus.REQUESTED, error=_ASKED_AGAIN, overdue_at=overdue)
    return replace(restore, status=RestoreStatus.FAILED, error=_DROPPED)


def look_again(restore: Restore, target: Target) -> Restore:
    """See whether something that came back to stay still is there, because an event said something of it."""
    try:
        asleep = target.head().restore is RestoreState.NEEDED
    except (ObjectMissing, ObjectChanged) as error:
        return replace(restore, status=RestoreStatus.EXPIRED, error=error.message)
    return replace(restore, status=RestoreStatus.EXPIRED) if asleep else restore


def hurry(restore: Restore, target: Target, tier: str, now: datetime) -> Restore:
    """Ask for a faster retrieval tier while the restore runs, with the same days, as S3 demands."""
    found = target.head()
    if found.restore is not RestoreState.IN_PROGRESS:
        return replace(look(restore, target, now), wanted_tier=None)
    try:
        _request(restore, target, found, tier)
    except TierUnavailable:
        return replace(restore, wanted_tier=None, error=_NOT_FASTER.format(tier.capitalize()))
    eta = now + timedelta(seconds=target.terms.seconds(found.storage_class, tier, found.archive_tier))
    return replace(restore, retrieval_tier=tier, wanted_tier=None, eta=eta, error=None)


def extend(restore: Restore, target: Target, until: datetime, now: datetime) -> Restore:
    """Let a copy that is there stay until then at least."""
    found = target.head()
    if found.restore is not RestoreState.RESTORED:
        return replace(expire(restore, target, now), keep_until=None)
    if found.restore_expiry is not None and found.restore_expiry < until:
        target.store.request_restore(
            target.item.key,
            retrieval_tier=_calm(restore, target, found),
            days=days_until(until, now),
            version=found.version,
        )
        found = target.head()
    resting = RestoreStatus.RESTORED if restore.verified in (None, MISMATCH) else RestoreStatus.VERIFIED
    return replace(
        restore, status=resting, expires_at=found.restore_expiry, keep_until=None, error=_standing(restore)
    )


def verify(restore: Restore, target: Target, beat: Beat) -> Restore:
    """Read the copy whole and compare its digest with the one on record, if there is one.

    Where what is read leaves the provider's network, its store's own checksum is compared instead: the quote
    counts one read, which is that of whoever uses the copy. ``beat`` is told how many bytes were just read.
    """
    if target.terms.egress:
        return _trusted(restore, target)
    target.head()
    chunks = target.store.read(target.item.key, 0, None, target.item.version)
    sha256, size = digest(_beating(chunks, beat))
    if size != target.item.size:
        raise ObjectChanged(f"{target.item.key!r} gave {size} bytes where {target.item.size} were listed.")
    if target.sha256 is None:
        return replace(restore, status=RestoreStatus.VERIFIED, sha256=sha256, verified=FIRST_READ, error=None)
    if sha256 == target.sha256:
        return replace(restore, status=RestoreStatus.VERIFIED, sha256=sha256, verified=BY_SHA256, error=None)
    error = f"The restored bytes digest to {sha256}, not to {target.sha256} as on record. Keep every copy."
    return replace(restore, sha256=sha256, verified=MISMATCH, error=error)


def _trusted(restore: Restore, target: Target) -> Restore:
    """Take the store's word for a copy that is not read, labelled as such."""
    listed = replace(target.item, sha256=target.sha256)
    checked = check_by_looking(target.store, listed, "")
    if checked.how is None:
        raise ObjectChanged(f"{target.item.key!r} is no longer the object that was quoted.")
    if checked.outcome is CheckOutcome.UNPROVEN:
        error = f"{checked.note} Keep every copy."
        return replace(restore, verified=MISMATCH, error=error)
    return replace(restore, status=RestoreStatus.VERIFIED, verified=checked.how.value, error=None)


def _beating(chunks: Iterable[bytes], beat: Beat) -> Iterator[bytes]:
    for chunk in chunks:
        beat(len(chunk))
        yield chunk


def expire(restore: Restore, target: Target, now: datetime) -> Restore:
    """Note that the copy is gone, unless the store says that it stays longer."""
    try:
        found = target.head()
    except (ObjectMissing, ObjectChanged) as error:
        return replace(restore, status=RestoreStatus.EXPIRED, error=error.message)
    later = found.restore_expiry
    if found.restore is RestoreState.RESTORED and later is not None and later > now:
        resting = RestoreStatus.RESTORED if restore.verified in (None, MISMATCH) else RestoreStatus.VERIFIED
        return replace(restore, status=resting, expires_at=later)
    return replace(restore, status=RestoreStatus.EXPIRED)


def days_until(until: datetime, now: datetime) -> int:
    """Return the fewest days for which a copy asked for now stays until then."""
    days = max(1, math.ceil((until - now) / _DAY) - 1)
    return days if copy_expiry(now, days) >= until else days + 1


def _standing(restore: Restore) -> str | None:
    return restore.error if restore.verified == MISMATCH else None


def _calm(restore: Restore, target: Target, found: ObjectInfo) -> str:
    """Keeping a copy needs no speed: an expedited restore is kept through standard where that is on offer."""
    offered = target.terms.tiers(found.storage_class, found.archive_tier)
    return STANDARD if STANDARD in offered else restore.retrieval_tier


def _post(restore: Restore, target: Target, found: ObjectInfo) -> tuple[str, str | None]:
    """Ask; returns the retrieval tier that was accepted, and a notice where it is not the one asked for."""
    wanted = restore.wanted_tier or restore.retrieval_tier
    try:
        _request(restore, target, found, wanted)
    except TierUnavailable as refusal:
        slower = restore.retrieval_tier if restore.retrieval_tier != wanted else STANDARD
        busy = wanted == EXPEDITED and refusal.detail.get("temporary")
        if not (busy and _is_not_dearer(target.terms, found.storage_class, slower, wanted)):
            raise
    else:
        return wanted, None
    _request(restore, target, found, slower)
    return slower, _DOWNGRADED.format(wanted.capitalize(), slower)


def _request(restore: Restore, target: Target, found: ObjectInfo, tier: str) -> None:
    days = None if facts_or_plain(found.storage_class).moves_back else restore.days
    target.store.request_restore(target.item.key, retrieval_tier=tier, days=days, version=found.version)


def _is_not_dearer(terms: Terms, storage_class: str, slower: str, faster: str) -> bool:
    prices = terms.prices.of(storage_class).retrieval
    fast, usual = prices.get(faster), prices.get(slower)
    if fast is None or usual is None:
        return False
    return usual.per_gb <= fast.per_gb and usual.per_1000 <= fast.per_1000


def _long_enough(found: ObjectInfo, restore: Restore, now: datetime) -> bool:
    if found.restore is RestoreState.NONE:
        return True
    expiry = found.restore_expiry
    return found.restore is RestoreState.RESTORED and (
        expiry is None or expiry >= copy_expiry(now, restore.days)
    )


def _arrived(restore: Restore, found: ObjectInfo, now: datetime) -> Restore:
    """The copy is there; a longer hold that somebody asked for meanwhile is asked for next."""
    keep_until = None
    leaves = found.restore is not RestoreState.NONE
    if leaves and restore.wanted_days is not None and restore.wanted_days > restore.days:
        keep_until = copy_expiry(now, restore.wanted_days)
    return replace(
        restore,
        status=RestoreStatus.RESTORED,
        restored_at=now,
        expires_at=found.restore_expiry,
        wanted_days=None,
        wanted_tier=None,
        keep_until=keep_until,
        error=None if restore.error in (_LATE, _ASKED_AGAIN) else restore.error,
    )


def _may_have_gone(restore: Restore, found: ObjectInfo, now: datetime) -> bool:
    """A copy goes away after its days; what moves back leaves none."""
    expires = not facts_or_plain(found.storage_class).moves_back
    return expires and restore.eta is not None and now >= copy_expiry(restore.eta, restore.days)


def _is_late(restore: Restore, now: datetime) -> bool:
    if restore.eta is None:
        return False
    return now - restore.requested_at > 2 * max(restore.eta - restore.requested_at, timedelta(minutes=1))
