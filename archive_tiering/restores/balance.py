"""Keeps the ledger in step with a restore: what came to less, or was not done, is given back."""

from decimal import Decimal

from archive_tiering.prices.cost import Load, charges, total
from archive_tiering.restores.steps import Target
from catalog.model import Entry, EntryKind, Restore, RestoreStatus
from catalog.repository import CatalogWriter

_DAY = Decimal(86_400)


def balance(tx: CatalogWriter, before: Restore, after: Restore, target: Target) -> None:
    """Settle and release entries after a step, in the transaction that records it.

    Failed and cancelled restores give everything back by themselves.
    """
    arrived = after.restored_at is not None and before.restored_at is None
    dropped = before.wanted_tier is not None and after.wanted_tier is None
    kept = before.keep_until is not None and after.keep_until is None
    if not (arrived or dropped or kept):
        return
    open_entries = [e for e in tx.spending.entries(after.id) if e.released_at is None and e.actual is None]
    for entry in open_entries:
        if entry.kind is EntryKind.RESTORE and arrived:
            tx.spending.settle(entry.key, actual_cost(after, target))
        elif entry.kind is EntryKind.UPGRADE and dropped:
            _close(tx, entry, is_done=after.retrieval_tier == before.wanted_tier)
        elif entry.kind is EntryKind.EXTENSION and kept:
            _close(tx, entry, is_done=after.status is not RestoreStatus.EXPIRED)


def actual_cost(restore: Restore, target: Target) -> Decimal:
    """What bringing it back came to, by the tier that was used and the time for which the copy is kept.

    Nothing where the copy was there before the store was asked. Bills are not read back: it is the price
    table's figure, rounded up to the cent.
    """
    if restore.asked == 0 or restore.restored_at is None:
        return Decimal(0)
    # What moved back has no copy that expires.
    held = Decimal(((restore.expires_at or restore.restored_at) - restore.restored_at).total_seconds()) / _DAY
    load = Load(target.item.storage_class, 1, restore.size, max(held, Decimal(0)), target.terms.egress)
    return total(charges(target.terms.prices, load, restore.retrieval_tier))


def _close(tx: CatalogWriter, entry: Entry, *, is_done: bool) -> None:
    if is_done:
        tx.spending.settle(entry.key, entry.amount)
    else:
        tx.spending.release(entry.key)
