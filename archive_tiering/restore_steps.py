"""The steps of one restore: each asks the store and returns the restore as it is afterwards.

Nothing here writes to the catalog, so every step may be repeated after a crash. A store is asked how things
are before it is asked for anything, which makes a lost reply harmless.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from archive_tiering.fixity import digest
from archive_tiering.object_store import ObjectInfo, ObjectStore
from archive_tiering.storage_class import EXPEDITED, STANDARD, copy_expiry, facts_or_plain
from archive_tiering.terms import Terms
from catalog.model import Restore, RestoreState, RestoreStatus, StoredObject
from foundation.errors import ObjectChanged, ObjectMissing, StorageUnreachable, TierUnavailable

FIRST_READ = "first read"
BY_SHA256 = "sha256"
MISMATCH = "mismatch"
_DOWNGRADED = "Expedited retrieval had no capacity; standard was asked for instead, at no higher price."
_CAME_AND_WENT = "The restored copy expired before it was seen."
_DROPPED = "The store no longer works on it and has no copy; nothing was charged here. Ask for a new quote."
_LATE = "It takes more than twice as long as this retrieval tier usually does."


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
    tier, notice = restore.retrieval_tier, None
    if found.restore is not RestoreState.IN_PROGRESS:
        try:
            tier, notice = _post(restore, target, found)
        except StorageUnreachable as error:
            # It may have been accepted: it stays "requesting", which nobody can cancel.
            return replace(restore, error=error.message)
    wait = 0.0
    if found.restore is not RestoreState.RESTORED:
        wait = target.terms.seconds(found.storage_class, tier)
    eta = now + timedelta(seconds=wait)
    return replace(restore, status=RestoreStatus.IN_PROGRESS, retrieval_tier=tier, eta=eta, error=notice)


def look(restore: Restore, target: Target, now: datetime) -> Restore:
    """See whether the copy is there."""
    try:
        found = target.head()
    except (ObjectMissing, ObjectChanged) as error:
        return replace(restore, status=RestoreStatus.EXPIRED, error=error.message)
    if found.restore in (RestoreState.RESTORED, RestoreState.NONE):
        return _arrived(restore, found, now)
    if found.restore is RestoreState.IN_PROGRESS:
        return replace(restore, error=_LATE) if _is_late(restore, now) else restore
    if restore.eta is not None and now >= copy_expiry(restore.eta, restore.days):
        return replace(restore, status=RestoreStatus.EXPIRED, error=_CAME_AND_WENT)
    return replace(restore, status=RestoreStatus.FAILED, error=_DROPPED)


def verify(restore: Restore, target: Target) -> Restore:
    """Read the copy whole and compare its digest with the one on record, if there is one."""
    target.head()
    sha256, size = digest(target.store.read(target.item.key, 0, None, target.item.version))
    if size != target.item.size:
        raise ObjectChanged(f"{target.item.key!r} gave {size} bytes where {target.item.size} were listed.")
    if target.sha256 is None:
        return replace(restore, status=RestoreStatus.VERIFIED, sha256=sha256, verified=FIRST_READ, error=None)
    if sha256 == target.sha256:
        return replace(restore, status=RestoreStatus.VERIFIED, sha256=sha256, verified=BY_SHA256, error=None)
    error = f"The restored bytes digest to {sha256}, not to {target.sha256} as on record. Keep every copy."
    return replace(restore, sha256=sha256, verified=MISMATCH, error=error)


def expire(restore: Restore, target: Target, now: datetime) -> Restore:
    """Note that the copy is gone, unless the store says that it stays longer."""
    try:
        found = target.head()
    except (ObjectMissing, ObjectChanged) as error:
        return replace(restore, status=RestoreStatus.EXPIRED, error=error.message)
    later = found.restore_expiry
    if found.restore is RestoreState.RESTORED and later is not None and later > now:
        return replace(restore, expires_at=later)
    return replace(restore, status=RestoreStatus.EXPIRED)


def _post(restore: Restore, target: Target, found: ObjectInfo) -> tuple[str, str | None]:
    """Ask; returns the retrieval tier that was accepted, and a notice where it is not the one asked for."""
    asked = restore.retrieval_tier
    try:
        _request(restore, target, found, asked)
    except TierUnavailable as refusal:
        busy = asked == EXPEDITED and refusal.detail.get("temporary")
        if not (busy and _standard_is_not_dearer(target.terms, found.storage_class)):
            raise
    else:
        return asked, None
    _request(restore, target, found, STANDARD)
    return STANDARD, _DOWNGRADED


def _request(restore: Restore, target: Target, found: ObjectInfo, tier: str) -> None:
    days = None if facts_or_plain(found.storage_class).moves_back else restore.days
    target.store.request_restore(target.item.key, retrieval_tier=tier, days=days, version=found.version)


def _standard_is_not_dearer(terms: Terms, storage_class: str) -> bool:
    prices = terms.prices.of(storage_class).retrieval
    fast, usual = prices.get(EXPEDITED), prices.get(STANDARD)
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
    return replace(
        restore,
        status=RestoreStatus.RESTORED,
        restored_at=now,
        expires_at=found.restore_expiry,
        error=None if restore.error == _LATE else restore.error,
    )


def _is_late(restore: Restore, now: datetime) -> bool:
    if restore.eta is None:
        return False
    return now - restore.requested_at > 2 * max(restore.eta - restore.requested_at, timedelta(minutes=1))
