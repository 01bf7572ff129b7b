"""Bringing masters back: quote, reserve the money, ask the store, watch, verify, expire.

One restore is one object version. It walks
``requested → requesting → in progress → restored → verified → expired`` (or ``failed``, ``cancelled``).
Money is reserved in the transaction that adds it; the store is asked before and after, never during a
transaction; every step may be repeated, by this process or another one, after a crash at any point.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.advance import ACTIVE, Advancer
from archive_tiering.clock import Clock
from archive_tiering.estimate import estimate
from archive_tiering.places import Places
from archive_tiering.quotes import Sleeper, Wish, choose_copy, make_quote, sleeping
from archive_tiering.reservation import begin_all, check_acceptable
from catalog.model import Instance, Quote, Restore, RestoreState, RestoreStatus
from catalog.repository import Catalog
from foundation.errors import (
    BadRange,
    BadSettings,
    CatalogBusy,
    LocationNotFound,
    StateConflict,
    StorageError,
)
from foundation.ids import LOCAL_PRINCIPAL, AssetId, PrincipalId, QuoteId, RestoreId
from foundation.logging import get
from foundation.settings import TieringSettings

_KEEPER_PAUSE = 1.0
"""Seconds after which the keeper looks for restores that other processes began."""


class Restorer:
    """Quotes, restores and what becomes of them. Safe to use from several processes at once.

    Args:
        catalog: The ledger.
        places: Stores and terms of locations.
        settings: Budget, days, and how long quotes hold.
        clock: The time.
    """

    def __init__(self, catalog: Catalog, places: Places, settings: TieringSettings, clock: Clock) -> None:
        self._catalog = catalog
        self._places = places
        self._settings = settings
        self._clock = clock
        self._advancer = Advancer(catalog, places, timedelta(seconds=settings.poll_seconds))

    def quote(
        self,
        asset_ids: Sequence[AssetId],
        *,
        retrieval_tier: str | None = None,
        days: int | None = None,
        principal: PrincipalId = LOCAL_PRINCIPAL,
    ) -> Quote:
        """Say what it costs and how long it takes to bring assets back; nothing is asked of any store.

        What is awake or on its way is left out. The quote is kept, and holds for ``quote_minutes``.

        Args:
            asset_ids: The assets.
            retrieval_tier: ``expedited``, ``standard`` or ``bulk``; None takes standard where all offer it.
            days: How many days the copies are kept; None takes the setting.
            principal: Who asks.

        Raises:
            AssetNotFound: There is no such asset.
            ObjectMissing: No copy of an asset is in a location now.
            TierUnavailable: Not every object's storage class offers the tier.
            BadRange: Fewer than one day, or more than 365.
            BadSettings: The price table lacks a class or tier.
        """
        kept = self._settings.restore_days if days is None else days
        if not 1 <= kept <= 365:
            raise BadRange("A copy is kept for 1 to 365 days.", remedy="Give a number of days in that range.")
        self._places.forget()
        with self._catalog.read() as view:
            assets = [view.assets.get(asset_id) for asset_id in dict.fromkeys(asset_ids)]
            copies = [choose_copy(asset, view.assets.instances(asset.id)) for asset in assets]
        sleepers = [
            Sleeper(copy, item, self._places.terms(copy.location_id))
            for copy in copies
            for item in sleeping(copy)
        ]
        valid = timedelta(minutes=self._settings.quote_minutes)
        made = make_quote(assets, sleepers, Wish(retrieval_tier, kept, self._clock(), valid))
        with self._catalog.write() as tx:
            tx.restores.put_quote(made)
            facts = {"cost": str(made.cost), "objects": made.objects, "retrieval_tier": made.retrieval_tier}
            tx.audit.append(principal, "restore.quote", made.id, facts)
        return made

    def request(
        self, quote_id: QuoteId, *, budget: Decimal | None = None, principal: PrincipalId = LOCAL_PRINCIPAL
    ) -> list[Restore]:
        """Accept a quote: reserve its cost in this month's budget, then ask the stores.

        An object version that is already being brought back is joined, not charged again. Where a store does
        not answer, the restore stays ``requested`` and :meth:`poll` asks again.

        Args:
            quote_id: The quote.
            budget: Most this request may cost, besides the month's budget.
            principal: Who asks.

        Returns:
            The restores of the quote's objects, joined ones too, as they are after asking.

        Raises:
            RestoreNotFound: There is no such quote.
            QuoteExpired: It is too old, or an object changed since.
            BudgetExceeded: Nothing was reserved and nothing asked.
        """
        now = self._clock()
        with self._catalog.write() as tx:
            quote = tx.restores.quote(quote_id)
            check_acceptable(quote, budget, now)
            begun = begin_all(tx, quote, self._settings.budget_usd, principal, now)
            facts = {"cost": str(quote.cost), "restores": [restore.id for restore in begun]}
            tx.audit.append(principal, "restore.request", quote.id, facts)
        return [self._advancer.advance(r, now) if r.status is RestoreStatus.REQUESTED else r for r in begun]

    def cancel(self, restore_id: RestoreId, *, principal: PrincipalId = LOCAL_PRINCIPAL) -> Restore:
        """Give up a restore that no store was asked for yet; its reservation is given back.

        Raises:
            RestoreNotFound: There is no such restore.
            StateConflict: The store was asked: it cannot be called back, and the money is spent.
        """
        with self._catalog.write() as tx:
            restore = tx.restores.get(restore_id)
            if restore.status is not RestoreStatus.REQUESTED:
                raise StateConflict(
                    f"The restore is {restore.status}: the store was asked and cannot be called back.",
                    remedy="Nothing to do: the restored copy goes away by itself when it expires.",
                )
            cancelled = replace(restore, status=RestoreStatus.CANCELLED)
            tx.restores.update(cancelled)
            tx.audit.append(principal, "restore.cancel", restore.id, {"cost": str(restore.cost)})
        return cancelled

    def estimate(self, instance: Instance) -> tuple[RestoreState, int | None, Decimal | None]:
        """Say for a search hit whether a copy can be read, in how many seconds, at what cost.

        Cheap and offline: standard retrieval for the usual days, by the price table. Seconds and cost are
        None where reading is free and at once, or where nothing is known of the class.
        """
        try:
            terms = self._places.terms(instance.location_id)
        except (LocationNotFound, BadSettings):
            return estimate(instance, None, 1, self._clock())
        return estimate(instance, terms, self._settings.restore_days, self._clock())

    def poll(self, now: datetime | None = None) -> list[Restore]:
        """Do what is due: ask again, look, verify, expire. Returns the restores that changed.

        Looks are spaced by how far off the expected moment is. Verification reads whole objects, so this may
        take long.
        """
        moment = now or self._clock()
        changed = []
        for restore in self._active():
            after = self._advancer.settle(restore, moment)
            if after != restore:
                changed.append(after)
        return changed

    def due(self, now: datetime | None = None) -> float | None:
        """Return the seconds until :meth:`poll` has something to do; None while nothing is being restored."""
        moment = now or self._clock()
        waits = [(self._advancer.due(restore, moment) - moment).total_seconds() for restore in self._active()]
        return max(0.0, min(waits)) if waits else None

    def keep(self, stop: threading.Event) -> None:
        """Poll until ``stop`` is set, in the one process that looks after restores."""
        pause = 0.0
        while not stop.wait(pause):
            try:
                self.poll()
                wait = self.due()
            except (CatalogBusy, StorageError) as error:
                get(__name__).warning("restore_poll_failed", code=error.code, reason=error.message)
                wait = None
            pause = _KEEPER_PAUSE if wait is None else min(max(wait, 0.1), _KEEPER_PAUSE)

    def _active(self) -> list[Restore]:
        with self._catalog.read() as view:
            return view.restores.find(statuses=ACTIVE)[::-1]
