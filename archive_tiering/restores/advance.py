"""Moves a restore on by one step, and keeps ledger and catalog in step with what the store said."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from types import MappingProxyType

from archive_tiering.fixity.check import Beat
from archive_tiering.places import Places
from archive_tiering.prices.storage_class import facts_or_plain
from archive_tiering.restores.balance import balance
from archive_tiering.restores.steps import (
    FIRST_READ,
    Target,
    ask,
    expire,
    extend,
    hurry,
    look,
    look_again,
    verify,
)
from catalog.lifecycle import has_ended
from catalog.model import Instance, Restore, RestoreState, RestoreStatus, StoredObject
from catalog.repository import Catalog, CatalogReader, CatalogWriter
from foundation.errors import NeedsRestore, NotFound, ObjectChanged, ObjectMissing, RekindleError
from foundation.logging import get

ACTIVE = tuple(status for status in RestoreStatus if not has_ended(status))
"""Statuses of restores that something may still happen to."""

AWAKE = (RestoreStatus.RESTORED, RestoreStatus.VERIFIED, RestoreStatus.EXPIRING)
"""Statuses of restores whose copy can be read."""

UNASKED = (RestoreStatus.REQUESTED, RestoreStatus.APPROVED)
"""Money is reserved, and no store was asked."""

_STATE: Mapping[RestoreStatus, RestoreState] = MappingProxyType(
    {
        RestoreStatus.IN_PROGRESS: RestoreState.IN_PROGRESS,
        RestoreStatus.RESTORED: RestoreState.RESTORED,
        RestoreStatus.VERIFIED: RestoreState.RESTORED,
        RestoreStatus.EXPIRING: RestoreState.RESTORED,
        RestoreStatus.EXPIRED: RestoreState.NEEDED,
        RestoreStatus.FAILED: RestoreState.NEEDED,
    }
)
Keep = Callable[[CatalogWriter, Restore, datetime, datetime], Restore]
_ABANDONED = timedelta(minutes=1)
_SHORTEST = timedelta(seconds=0.25)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often stores are looked at.

    Attributes:
        longest: Longest pause between looks at a running restore.
        warning: How long before a copy goes away whoever waits is warned.
    """

    longest: timedelta
    warning: timedelta


class Advancer:
    """Takes restores through their steps.

    Args:
        catalog: The ledger.
        places: Stores and terms of locations.
        pace: How often stores are looked at.
        keep: Reserves what it costs to keep a copy until a moment, and writes the wish down.
    """

    def __init__(self, catalog: Catalog, places: Places, pace: Pace, keep: Keep) -> None:
        self._catalog = catalog
        self._places = places
        self._pace = pace
        self._keep = keep

    def settle(self, restore: Restore, now: datetime) -> Restore:
        """Take every step that is due now; returns the restore as it is afterwards."""
        while restore.due_at is not None and restore.due_at <= now:
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
        if restore.status is RestoreStatus.NEEDS_APPROVAL:
            return restore
        if self._ends_soon(restore, now) and restore.status in AWAKE and restore.keep_until is None:
            restore = self._keep_leased(restore, now)
        if _asks_for_something(restore) or _is_to_be_read(restore, now):
            claimed = self._claim(restore, now)
            if claimed is None:
                return self._reread(restore)
            restore = claimed
        target = None
        try:
            target = self._target(restore)
            after = self._step(restore, target, now)
        except RekindleError as error:
            after = self._failed(restore, error)
        return self._record(restore, replace(after, due_at=self._due(after, now)), target)

    def _step(self, restore: Restore, target: Target, now: datetime) -> Restore:
        if restore.status is RestoreStatus.REQUESTING:
            return ask(restore, target, now)
        if restore.status is RestoreStatus.IN_PROGRESS:
            if restore.wanted_tier is not None:
                return hurry(restore, target, restore.wanted_tier, now)
            return look(restore, target, now)
        if restore.keep_until is not None:
            return extend(restore, target, restore.keep_until, now)
        if restore.expires_at is not None and now >= restore.expires_at:
            return expire(restore, target, now)
        if restore.verified is None:
            return verify(restore, target, self._lease(restore, now))
        if restore.expires_at is None:
            return look_again(restore, target)
        return replace(restore, status=RestoreStatus.EXPIRING) if self._ends_soon(restore, now) else restore

    def _ends_soon(self, restore: Restore, now: datetime) -> bool:
        return restore.expires_at is not None and now >= restore.expires_at - self._pace.warning

    def _keep_leased(self, restore: Restore, now: datetime) -> Restore:
        """Keep the copy while somebody works with the master, as far as the budget of whoever paid goes."""
        with self._catalog.write(restore.principal) as tx:
            current = tx.restores.get(restore.id)
            lease = next(iter(tx.leases.active(restore.asset_id)), None)
            if current != restore or lease is None:
                return current
            try:
                return self._keep(tx, current, lease.until, now)
            except RekindleError as error:
                reason = {"restore": restore.id, "code": error.code, "reason": error.message}
                get(__name__).warning("leased_copy_not_kept", **reason)
                return current

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

    def _due(self, restore: Restore, now: datetime) -> datetime | None:
        """When the step after this one is to be taken."""
        if has_ended(restore.status):
            return None
        if restore.status is RestoreStatus.REQUESTING:
            return now + _ABANDONED
        if restore.status in AWAKE and restore.keep_until is None and restore.verified is not None:
            return self._rest(restore, now)
        at_once = restore.status is RestoreStatus.RESTORED and restore.error is None
        return now if at_once else now + self._pause(restore, now)

    def _rest(self, restore: Restore, now: datetime) -> datetime | None:
        """A verified copy is left alone until whoever waits must be warned, then until it goes away."""
        if restore.expires_at is None:
            return None
        if restore.status is RestoreStatus.EXPIRING:
            return max(restore.expires_at, now + _SHORTEST)
        return max(restore.expires_at - self._pace.warning, now)

    def _pause(self, restore: Restore, now: datetime) -> timedelta:
        """An eighth of the way to (or past) the expected moment: seldom at first, often when it is near."""
        expected = restore.eta or restore.requested_at
        return min(max(abs(expected - now) / 8, _SHORTEST), self._pace.longest)

    def _claim(self, restore: Restore, now: datetime) -> Restore | None:
        """Take a restore whose store is to be asked for something; None where another process has it."""
        with self._catalog.write() as tx:
            current = tx.restores.get(restore.id)
            if (current.status, current.due_at) != (restore.status, restore.due_at):
                return None
            asking = current.status in (*UNASKED, RestoreStatus.REQUESTING)
            status = RestoreStatus.REQUESTING if asking else current.status
            # Who died while asking may have been heard: it counts as asked, and is paid for.
            asked = max(current.asked, int(current.status is RestoreStatus.REQUESTING))
            claimed = replace(current, status=status, due_at=now + _ABANDONED, asked=asked)
            tx.restores.update(claimed)
        return claimed

    def _lease(self, restore: Restore, now: datetime) -> Beat:
        """Keep the claim while a copy is read, so that no other process reads it as well."""
        began = last = time.monotonic()
        held = restore.due_at

        def beat(size: int) -> None:
            del size
            nonlocal last, held
            if time.monotonic() - last < _ABANDONED.total_seconds() / 3:
                return
            last = time.monotonic()
            until = now + timedelta(seconds=last - began) + _ABANDONED
            with self._catalog.write() as tx:
                current = tx.restores.get(restore.id)
                if (current.status, current.due_at) == (restore.status, held):
                    tx.restores.update(replace(current, due_at=until))
                    held = until

        return beat

    def _record(self, before: Restore, after: Restore, target: Target | None) -> Restore:
        """Write a step down unless another process was faster; what others wished meanwhile stays."""
        if after == before:
            return before
        with self._catalog.write() as tx:
            current = tx.restores.get(before.id)
            if current.status is not before.status:
                return current
            after = _merged(current, before, after)
            tx.restores.update(after)
            if after.status is not before.status:
                facts = {"uri": after.uri, "from": before.status, "error": after.error}
                tx.audit.append(after.principal, f"restore.{after.status}", after.id, facts)
            if target is not None:
                balance(tx, before, after, target)
            _note(tx, after)
        return after

    def _reread(self, restore: Restore) -> Restore:
        with self._catalog.read() as view:
            return view.restores.get(restore.id)

    def _target(self, restore: Restore) -> Target:
        with self._catalog.read() as view:
            instance, item = find_object(view, restore)
            on_record = item.sha256 or _asset_digest(view, instance, item)
        location = instance.location_id
        return Target(item, self._places.store(location), self._places.terms(location), on_record)


def find_object(view: CatalogReader, restore: Restore) -> tuple[Instance, StoredObject]:
    """Return the catalogued object of a restore, and the copy that it is part of.

    Raises:
        ObjectMissing: It is no longer in the catalog.
    """
    for instance in view.assets.instances(restore.asset_id):
        for item in instance.objects:
            if item.uri == restore.uri:
                return instance, item
    raise ObjectMissing(f"{restore.uri} is no longer in the catalog.")


def _asks_for_something(restore: Restore) -> bool:
    asking = restore.status in (*UNASKED, RestoreStatus.REQUESTING)
    return asking or restore.wanted_tier is not None or restore.keep_until is not None


def _is_to_be_read(restore: Restore, now: datetime) -> bool:
    gone = restore.expires_at is not None and now >= restore.expires_at
    return restore.status in AWAKE and restore.verified is None and not gone


def _merged(current: Restore, before: Restore, after: Restore) -> Restore:
    """The restore as it is on record, with what the step changed; wishes that came meanwhile stay."""
    changed = {
        each.name: getattr(after, each.name)
        for each in fields(Restore)
        if getattr(after, each.name) != getattr(before, each.name)
    }
    merged = replace(current, **changed)
    has_new_wish = (current.wanted_tier, current.keep_until) != (before.wanted_tier, before.keep_until)
    if not has_new_wish:
        return merged
    return replace(
        merged, wanted_tier=current.wanted_tier, keep_until=current.keep_until, due_at=current.due_at
    )


def _asset_digest(view: CatalogReader, instance: Instance, item: StoredObject) -> str | None:
    """The asset's digest, where this object is all of the essence."""
    parts = [each for each in instance.objects if each.role is instance.essence.role]
    return view.assets.get(instance.asset_id).sha256 if parts == [item] else None


def _note(tx: CatalogWriter, restore: Restore) -> None:
    """Let the catalog's object say what the restore knows: its state, and its digest after a first read."""
    told = _STATE.get(restore.status)
    if told is None:
        return
    try:
        instance, item = find_object(tx, restore)
    except (ObjectMissing, NotFound):
        return
    # What moved back is awake like anything that never slept: there is no copy that will expire.
    moved = told is RestoreState.RESTORED and facts_or_plain(item.storage_class).moves_back
    state = RestoreState.NONE if moved else told
    digest = restore.sha256 if restore.verified == FIRST_READ else item.sha256
    tier = item.archive_tier if state.is_asleep else None
    noted = replace(item, restore=state, sha256=digest, archive_tier=tier)
    if noted != item:
        others = tuple(noted if each is item else each for each in instance.objects)
        tx.assets_writer.replace_instance(replace(instance, objects=others))
