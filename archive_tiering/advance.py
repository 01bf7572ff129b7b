"""Moves a restore on by one step, and keeps ledger and catalog in step with what the store said."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from types import MappingProxyType

from archive_tiering.places import Places
from archive_tiering.restore_steps import FIRST_READ, Target, ask, expire, look, verify
from catalog.model import Instance, Restore, RestoreState, RestoreStatus, StoredObject
from catalog.repository import Catalog, CatalogReader, CatalogWriter
from foundation.errors import NeedsRestore, NotFound, ObjectChanged, ObjectMissing, RekindleError
from foundation.ids import RestoreId
from foundation.logging import get

ACTIVE = (
    RestoreStatus.REQUESTED,
    RestoreStatus.REQUESTING,
    RestoreStatus.IN_PROGRESS,
    RestoreStatus.RESTORED,
    RestoreStatus.VERIFIED,
)
"""Statuses of restores that something may still happen to."""

_STATE: Mapping[RestoreStatus, RestoreState] = MappingProxyType(
    {
        RestoreStatus.IN_PROGRESS: RestoreState.IN_PROGRESS,
        RestoreStatus.RESTORED: RestoreState.RESTORED,
        RestoreStatus.VERIFIED: RestoreState.RESTORED,
        RestoreStatus.EXPIRED: RestoreState.NEEDED,
        RestoreStatus.FAILED: RestoreState.NEEDED,
    }
)
_ABANDONED = timedelta(minutes=1)
_SHORTEST = timedelta(seconds=0.25)
_NEVER = timedelta(days=36500)


class Advancer:
    """Takes restores through their steps.

    Args:
        catalog: The ledger.
        places: Stores and terms of locations.
        longest: Longest pause between looks at a running restore.
    """

    def __init__(self, catalog: Catalog, places: Places, longest: timedelta) -> None:
        self._catalog = catalog
        self._places = places
        self._longest = longest
        self._not_before: dict[RestoreId, datetime] = {}

    def due(self, restore: Restore, now: datetime) -> datetime:
        """Return when the restore's next step is to be taken."""
        if restore.status is RestoreStatus.REQUESTING:
            return max(restore.requested_at + _ABANDONED, self._not_before.get(restore.id, now))
        resting = restore.status is RestoreStatus.VERIFIED or restore.verified is not None
        if resting:
            return max(restore.expires_at or now + _NEVER, self._not_before.get(restore.id, now))
        return self._not_before.get(restore.id, now)

    def settle(self, restore: Restore, now: datetime) -> Restore:
        """Take every step that is due now; returns the restore as it is afterwards."""
        while self.due(restore, now) <= now:
            after = self.advance(restore, now)
            if after.status is restore.status or after.status not in ACTIVE:
                return after
            restore = after
        return restore

    def advance(self, restore: Restore, now: datetime) -> Restore:
        """Take one step; what goes wrong is written into the restore, never raised.

        Raises:
            CatalogBusy: The ledger could not be written.
        """
        if restore.status in (RestoreStatus.REQUESTED, RestoreStatus.REQUESTING):
            claimed = self._claim(restore)
            if claimed is None:
                return self._reread(restore)
            restore = claimed
        try:
            after = self._step(restore, self._target(restore), now)
        except RekindleError as error:
            after = self._failed(restore, error)
        self._not_before[restore.id] = now + self._pause(after, now)
        return self._record(restore, after)

    def _step(self, restore: Restore, target: Target, now: datetime) -> Restore:
        if restore.status is RestoreStatus.REQUESTING:
            return ask(restore, target, now)
        if restore.status is RestoreStatus.IN_PROGRESS:
            return look(restore, target, now)
        if restore.expires_at is not None and now >= restore.expires_at:
            return expire(restore, target, now)
        return verify(restore, target) if restore.verified is None else restore

    def _failed(self, restore: Restore, error: RekindleError) -> Restore:
        get(__name__).warning(
            "restore_step_failed", restore=restore.id, code=error.code, reason=error.message
        )
        asking = restore.status is RestoreStatus.REQUESTING
        if error.retryable and not isinstance(error, ObjectChanged):
            status = RestoreStatus.REQUESTED if asking else restore.status
            return replace(restore, status=status, error=error.message)
        if asking:
            return replace(restore, status=RestoreStatus.FAILED, error=error.message)
        if isinstance(error, NeedsRestore | ObjectMissing | NotFound):
            return replace(restore, status=RestoreStatus.EXPIRED, error=error.message)
        return replace(restore, error=error.message)

    def _pause(self, restore: Restore, now: datetime) -> timedelta:
        """An eighth of the way to (or past) the expected moment: seldom at first, often when it is near."""
        if restore.status is RestoreStatus.RESTORED and restore.error is None:
            return timedelta()
        expected = restore.eta or restore.requested_at
        return min(max(abs(expected - now) / 8, _SHORTEST), self._longest)

    def _claim(self, restore: Restore) -> Restore | None:
        """Take a restore that waits to be asked for; None where another process has it."""
        with self._catalog.write() as tx:
            current = tx.restores.get(restore.id)
            if current.status is not restore.status:
                return None
            claimed = replace(current, status=RestoreStatus.REQUESTING)
            tx.restores.update(claimed)
        return claimed

    def _record(self, before: Restore, after: Restore) -> Restore:
        """Write a step down unless another process was faster."""
        if after == before:
            return before
        with self._catalog.write() as tx:
            current = tx.restores.get(before.id)
            if current.status is not before.status:
                return current
            tx.restores.update(after)
            if after.status is not before.status:
                facts = {"uri": after.uri, "from": before.status, "error": after.error}
                tx.audit.append(after.principal, f"restore.{after.status}", after.id, facts)
            _note(tx, after)
        return after

    def _reread(self, restore: Restore) -> Restore:
        with self._catalog.read() as view:
            return view.restores.get(restore.id)

    def _target(self, restore: Restore) -> Target:
        with self._catalog.read() as view:
            instance, item = _find(view, restore)
            on_record = item.sha256 or _asset_digest(view, instance, item)
        location = instance.location_id
        return Target(item, self._places.store(location), self._places.terms(location), on_record)


def _find(view: CatalogReader, restore: Restore) -> tuple[Instance, StoredObject]:
    for instance in view.assets.instances(restore.asset_id):
        for item in instance.objects:
            if item.uri == restore.uri:
                return instance, item
    raise ObjectMissing(f"{restore.uri} is no longer in the catalog.")


def _asset_digest(view: CatalogReader, instance: Instance, item: StoredObject) -> str | None:
    """The asset's digest, where this object is all of the essence."""
    parts = [each for each in instance.objects if each.role is instance.essence.role]
    return view.assets.get(instance.asset_id).sha256 if parts == [item] else None


def _note(tx: CatalogWriter, restore: Restore) -> None:
    """Let the catalog's object say what the restore knows: its state, and its digest after a first read."""
    state = _STATE.get(restore.status)
    if state is None:
        return
    try:
        instance, item = _find(tx, restore)
    except (ObjectMissing, NotFound):
        return
    digest = restore.sha256 if restore.verified == FIRST_READ else item.sha256
    noted = replace(item, restore=state, sha256=digest)
    if noted != item:
        others = tuple(noted if each is item else each for each in instance.objects)
        tx.assets_writer.replace_instance(replace(instance, objects=others))
