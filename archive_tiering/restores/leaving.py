"""Giving up: one who waits may go at any time; the restore ends with the last one, if no store was asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from archive_tiering.restores.advance import UNASKED
from catalog.lifecycle import has_ended
from catalog.model import Cap, Entry, EntryKind, Restore, RestoreStatus, Waiter
from catalog.repository import CatalogWriter
from foundation.errors import BudgetExceeded, NotAllowed, StateConflict
from foundation.ids import PrincipalId

CapsOf = Callable[[CatalogWriter, PrincipalId, Waiter], Sequence[Cap]]


def leave(
    tx: CatalogWriter, restore: Restore, principal: PrincipalId, now: datetime, caps_of: CapsOf
) -> tuple[Restore, Waiter | None]:
    """Take a principal out of those who wait for a restore.

    Whoever pays and goes before a store was asked takes the money along: the next one in line pays, as they
    agreed to a quote of their own.

    Returns:
        The restore as it is then, and the heir whose budget does not suffice, who has to ask an approver.

    Raises:
        StateConflict: It has ended, or the store was asked and nobody else waits.
        NotAllowed: Somebody else's restore.
    """
    if has_ended(restore.status):
        raise StateConflict(f"The restore is {restore.status} already.")
    there = tx.restores.waiters(restore.id)
    mine = [waiter for waiter in there if waiter.principal == principal]
    others = [waiter for waiter in there if waiter.principal != principal]
    if not mine and restore.principal != principal:
        raise NotAllowed(f"{principal} does not wait for this restore.")
    if others:
        for waiter in mine:
            tx.restores.leave(waiter.id)
        return _hand_over(tx, restore, others, now, caps_of) if _pays(restore, principal) else (restore, None)
    if restore.status not in (*UNASKED, RestoreStatus.NEEDS_APPROVAL):
        raise StateConflict(
            f"The restore is {restore.status}: the store was asked and cannot be called back.",
            remedy="Nothing to do: the restored copy goes away by itself when it expires.",
        )
    cancelled = replace(restore, status=RestoreStatus.CANCELLED)
    tx.restores.update(cancelled)
    return cancelled, None


def _pays(restore: Restore, principal: PrincipalId) -> bool:
    return restore.principal == principal and restore.status in (*UNASKED, RestoreStatus.NEEDS_APPROVAL)


def _hand_over(
    tx: CatalogWriter, restore: Restore, others: Sequence[Waiter], now: datetime, caps_of: CapsOf
) -> tuple[Restore, Waiter | None]:
    heir = others[0]
    theirs = replace(restore, principal=heir.principal, project=heir.project, quote_id=heir.quote_id)
    if restore.status is RestoreStatus.NEEDS_APPROVAL:
        tx.restores.update(theirs)
        return theirs, None
    for entry in tx.spending.entries(restore.id):
        if entry.kind is EntryKind.RESTORE:
            tx.spending.release(entry.key)
    try:
        tx.spending.charge(_entry(theirs, heir, now), caps_of(tx, heir.principal, heir))
    except BudgetExceeded:
        waits = replace(theirs, status=RestoreStatus.NEEDS_APPROVAL, due_at=None)
        tx.restores.update(waits)
        return waits, heir
    tx.restores.update(theirs)
    return theirs, None


def _entry(restore: Restore, heir: Waiter, now: datetime) -> Entry:
    return Entry(
        key=f"{restore.id}/{heir.id}",
        restore_id=restore.id,
        kind=EntryKind.RESTORE,
        amount=restore.cost,
        currency=restore.currency,
        month=f"{now:%Y-%m}",
        principal=heir.principal,
        project=heir.project,
    )
