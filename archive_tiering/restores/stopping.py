"""Restores of a ledger that was put back: what no store was asked for yet is not asked for by itself."""

from dataclasses import replace

from archive_tiering.restores.advance import UNASKED
from catalog.model import Restore, RestoreStatus
from catalog.repository import CatalogWriter

_REASON = "The catalog was put back from a backup; ask again for what is still wanted."


def stop_unasked(tx: CatalogWriter) -> list[Restore]:
    """Cancel them: since the backup they may have been brought back, cancelled or not wanted any more.

    What was reserved for them is given back, and whoever waits is told.
    """
    stopped = [
        replace(restore, status=RestoreStatus.CANCELLED, error=_REASON)
        for restore in tx.restores.find(statuses=UNASKED)
    ]
    for restore in stopped:
        tx.restores.update(restore)
    return stopped
