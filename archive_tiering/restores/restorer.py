"""Bringing masters back: quote, reserve the money, ask the store, watch, verify, expire.

One restore is one object version. It walks
``requested → requesting → in progress → restored → verified → expiring → expired``, with ``needs approval →
approved`` before that where an approver decides (or ``failed``, ``cancelled``). Money is reserved in the
transaction that adds it; the store is asked before and after, never during a transaction; every step may be
repeated, by this process or another one, after a crash at any point. Whoever asks for what is under way
already joins it.
"""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from archive_tiering.clock import Clock
from archive_tiering.places import Places
from archive_tiering.prices.budgets import caps_of
from archive_tiering.quotes.estimate import estimate
from archive_tiering.quotes.lookout import Lookout
from archive_tiering.quotes.quote import make_quote
from archive_tiering.quotes.survey import Survey, survey
from archive_tiering.quotes.tiers import Wish
from archive_tiering.restores.advance import UNASKED, Advancer, Pace
from archive_tiering.restores.approvals import ApprovalDesk, Decision
from archive_tiering.restores.asked_changes import change_quote, open_changes, told
from archive_tiering.restores.changing import Payer, Wanted, change, priced
from archive_tiering.restores.leaving import CapsOf, leave
from archive_tiering.restores.reservation import Agreement, Request, begin_all, check_acceptable
from catalog.model import Approval, ApprovalState, Cap, Instance, Quote, Restore, RestoreState, Waiter
from catalog.repository import Catalog, CatalogWriter
from foundation.errors import (
    ApprovalNeeded,
    BadRange,
    BadSettings,
    BudgetExceeded,
    CatalogBusy,
    LocationNotFound,
    RekindleError,
    StorageError,
)
from foundation.ids import (
    LOCAL_PRINCIPAL,
    ApprovalId,
    AssetId,
    PrincipalId,
    QuoteId,
    RestoreId,
)
from foundation.logging import get
from foundation.settings import TieringSettings

AT_ONCE = 50
"""Most objects that a request asks stores for while somebody waits; the keeper asks for the rest."""

_KEEPER_PAUSE = 1.0
"""Seconds after which the keeper looks for restores that other processes began."""

_BATCH = 500


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
        warning = timedelta(hours=settings.warn_hours)
        pace = Pace(timedelta(seconds=settings.poll_seconds), warning)
        self._lookout = Lookout(catalog, places)
        self._advancer = Advancer(catalog, places, pace, self._keep_until)
        self.approvals = ApprovalDesk(catalog, settings, places.terms)

    def quote(
        self,
        asset_ids: Sequence[AssetId],
        *,
        retrieval_tier: str | None = None,
        days: int | None = None,
        deadline: datetime | None = None,
        strict: bool = True,
        principal: PrincipalId = LOCAL_PRINCIPAL,
    ) -> Quote:
        """Say what it costs and how long it takes to bring assets back.

        Nothing is asked of any store, but about masters that their class archives by itself: whether these
        sleep nobody else knows.
        What is awake costs nothing; what is on its way costs only what a longer hold or a faster tier adds.
        The quote is kept, and holds for ``quote_minutes``.

        Args:
            asset_ids: The assets.
            retrieval_tier: ``expedited``, ``standard`` or ``bulk``; None takes the cheapest that meets the
                deadline, and standard, where all offer it, without one.
            days: How many days the copies are kept; None takes the setting.
            deadline: When the masters are needed.
            strict: Raise what keeps a master from coming back; else the quote lists it.
            principal: Who asks.

        Raises:
            AssetNotFound: There is no such asset.
            ObjectMissing: No copy of an asset is in a location now.
            TierUnavailable: Not every object's storage class offers the tier.
            BadRange: Fewer than one day, or more than 365.
            BadSettings: The price table lacks a class or tier.
            StorageError: A store that alone knows whether a master sleeps does not say, and no other copy can
                be taken instead.
        """
        kept = self._settings.restore_days if days is None else days
        if not 1 <= kept <= 365:
            raise BadRange("A copy is kept for 1 to 365 days.", remedy="Give a number of days in that range.")
        self._places.forget()
        found = self._survey(asset_ids, strict=strict)
        valid = timedelta(minutes=self._settings.quote_minutes)
        made = make_quote(found, Wish(retrieval_tier, kept, self._clock(), valid, deadline))
        with self._catalog.write(principal) as tx:
            tx.restores.put_quote(made)
            facts = {"cost": str(made.cost), "objects": made.objects, "retrieval_tier": made.retrieval_tier}
            tx.audit.append(principal, "restore.quote", made.id, facts)
        return made

    def _survey(self, asset_ids: Sequence[AssetId], *, strict: bool) -> Survey:
        silent = self._lookout.look(asset_ids)
        with self._catalog.read() as view:
            return survey(view, self._places, asset_ids, strict=strict, silent=silent)

    def request(
        self,
        quote_id: QuoteId,
        *,
        budget: Decimal | None = None,
        principal: PrincipalId = LOCAL_PRINCIPAL,
    ) -> list[Restore]:
        """Accept a quote in somebody's name; see :meth:`agree`."""
        return self.agree(quote_id, Request(principal, budget=budget))

    def agree(self, quote_id: QuoteId, request: Request) -> list[Restore]:
        """Accept a quote: reserve its cost in this month's budgets, then ask the stores.

        An object version that is already being brought back is joined, not charged again. Where a store does
        not answer, or many are asked for, the restore stays ``requested`` and :meth:`poll` asks.

        Returns:
            The restores of the quote's objects, joined ones too, as they are after asking.

        Raises:
            RestoreNotFound: There is no such quote.
            QuoteExpired: It is too old, or an object changed since.
            BudgetExceeded: Nothing was reserved and nothing asked.
            ApprovalNeeded: Likewise; the sum needs an approver.
            StateConflict: An approver declined it.
        """
        now = self._clock()
        try:
            begun = self._begin(quote_id, request, now)
        except (BudgetExceeded, ApprovalNeeded) as refusal:
            if not request.ask_approval:
                raise
            return self._ask_approver(quote_id, request, now, refusal.message)
        return self._ask_stores(begun, now)

    def approve(self, approval_id: ApprovalId, decision: Decision) -> tuple[Approval, list[Restore]]:
        """Approve a request, then ask the stores; see :meth:`ApprovalDesk.approve`."""
        approval, begun = self.approvals.approve(approval_id, decision)
        with self._catalog.read() as view:
            is_change = view.restores.quote(approval.quote_id).change is not None
        if is_change:
            return approval, [self._advancer.settle(restore, decision.now) for restore in begun]
        return approval, self._ask_stores(begun, decision.now)

    def cancel(self, restore_id: RestoreId, *, principal: PrincipalId = LOCAL_PRINCIPAL) -> Restore:
        """Wait no longer for a restore; the last one who does so before a store was asked ends it.

        Raises:
            RestoreNotFound: There is no such restore.
            StateConflict: The store was asked: it cannot be called back, and the money is spent.
            NotAllowed: This principal does not wait for it.
        """
        now = self._clock()
        with self._catalog.write(principal) as tx:
            restore = tx.restores.get(restore_id)
            own = [w.quote_id for w in tx.restores.waiters(restore_id) if w.principal == principal]
            left, heir = leave(tx, restore, principal, now, self._heirs_caps(now))
            if heir is not None:
                quote = tx.restores.quote(heir.quote_id)
                agreement = Agreement(quote, heir.principal, now, heir.project, heir.deadline)
                self.approvals.ask(tx, agreement, "Whoever paid gave up, and the budget does not suffice.")
            for quote_id in own:
                _withdraw(tx, quote_id, now)
            for asked in open_changes(tx, restore_id):
                if asked.principal == principal:
                    tx.approvals.update(replace(asked, state=ApprovalState.WITHDRAWN, decided_at=now))
            tx.audit.append(principal, "restore.cancel", restore.id, {"status": left.status.value})
        return left

    def price_of_change(self, restore_id: RestoreId, wanted: Wanted) -> Decimal:
        """Say what keeping a copy longer or making a restore faster costs; see :func:`changing.priced`."""
        with self._catalog.read() as view:
            restore = view.restores.get(restore_id)
            return priced(view, restore, wanted, self._places.terms, self._clock())

    def change(self, restore_id: RestoreId, wanted: Wanted, request: Request) -> Restore:
        """Keep a copy longer, or make a restore faster, in somebody's name and from their budgets.

        Raises:
            RestoreNotFound: There is no such restore.
            StateConflict: It is in a state that does not allow it.
            TierUnavailable: The class does not offer the tier, or it is not faster.
            BudgetExceeded: It costs more than was allowed, or than a budget leaves; nothing changed.
            ApprovalNeeded: With it the restore costs more than needs no approver; nothing changed.
        """
        now = self._clock()
        with self._catalog.write(request.principal) as tx:
            restore = tx.restores.get(restore_id)
            cost = priced(tx, restore, wanted, self._places.terms, now)
            self.approvals.check_change(tx, restore, cost, request.principal)
            changed = self._change(tx, restore, wanted, request, now)
            facts = {"days": wanted.days, "retrieval_tier": wanted.retrieval_tier}
            tx.audit.append(request.principal, "restore.change", restore_id, facts)
        return self._advancer.settle(changed, now)

    def change_or_ask(self, restore_id: RestoreId, wanted: Wanted, request: Request) -> Restore | Approval:
        """Change a restore; where a budget does not suffice or the sum needs an approver, ask one.

        Returns:
            The restore as it is after the change, or the request that waits for an approver.

        Raises:
            RestoreNotFound, StateConflict, TierUnavailable: See :meth:`change`.
            BudgetExceeded: It costs more than was allowed.
        """
        try:
            return self.change(restore_id, wanted, request)
        except (BudgetExceeded, ApprovalNeeded) as refusal:
            return self._ask_for_change(restore_id, wanted, request, refusal)

    def _ask_for_change(
        self, restore_id: RestoreId, wanted: Wanted, request: Request, refusal: RekindleError
    ) -> Approval:
        now, valid = self._clock(), timedelta(minutes=self._settings.quote_minutes)
        with self._catalog.write(request.principal) as tx:
            restore = tx.restores.get(restore_id)
            cost = priced(tx, restore, wanted, self._places.terms, now)
            if request.budget is not None and cost > request.budget:
                raise refusal
            quote = change_quote(restore, wanted, cost, now, valid)
            agreement = Agreement(quote, request.principal, now, request.project)
            reason = f"{told(restore, wanted)}. {refusal.message}"
            return self.approvals.ask_for_change(tx, agreement, reason)

    def _change(
        self, tx: CatalogWriter, restore: Restore, wanted: Wanted, request: Request, now: datetime
    ) -> Restore:
        caps = caps_of(tx, self._settings, request.principal, request.project, f"{now:%Y-%m}")
        payer = Payer(request.principal, request.project, caps, request.budget)
        return change(tx, restore, wanted, self._places.terms, payer, now)

    def _keep_until(self, tx: CatalogWriter, restore: Restore, until: datetime, now: datetime) -> Restore:
        """For a lease, in the name of whoever paid for the restore."""
        request = Request(restore.principal, restore.project)
        return self._change(tx, restore, Wanted(until=until), request, now)

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
        while due := self._due(moment):
            for restore in due:
                after = self._advancer.settle(restore, moment)
                if replace(after, due_at=None) != replace(restore, due_at=None):
                    changed.append(after)
            if len(due) < _BATCH:
                break
        return changed

    def due(self, now: datetime | None = None) -> float | None:
        """Return the seconds until :meth:`poll` has something to do; None while nothing is being restored."""
        moment = now or self._clock()
        with self._catalog.read() as view:
            at = view.restores.next_due()
        return None if at is None else max(0.0, (at - moment).total_seconds())

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

    def _begin(self, quote_id: QuoteId, request: Request, now: datetime) -> list[Restore]:
        with self._catalog.write(request.principal) as tx:
            quote = tx.restores.quote(quote_id)
            check_acceptable(quote, request.budget, now)
            self.approvals.check_sum(tx, quote, request.principal)
            agreement = Agreement(quote, request.principal, now, request.project, request.deadline)
            caps = caps_of(tx, self._settings, agreement.principal, agreement.project, agreement.month)
            begun = begin_all(tx, agreement, caps, self._places.terms)
            facts = {"cost": str(quote.cost), "restores": [restore.id for restore in begun]}
            tx.audit.append(request.principal, "restore.request", quote.id, facts)
        return begun

    def _ask_approver(self, quote_id: QuoteId, request: Request, now: datetime, reason: str) -> list[Restore]:
        with self._catalog.write(request.principal) as tx:
            quote = tx.restores.quote(quote_id)
            check_acceptable(quote, request.budget, now)
            agreement = Agreement(quote, request.principal, now, request.project, request.deadline)
            return self.approvals.ask(tx, agreement, reason)

    def _ask_stores(self, begun: Sequence[Restore], now: datetime) -> list[Restore]:
        asked = 0
        after = []
        for restore in begun:
            if restore.status in UNASKED and asked < AT_ONCE:
                asked += 1
                restore = self._advancer.advance(restore, now)
            after.append(restore)
        return after

    def _heirs_caps(self, now: datetime) -> CapsOf:
        def caps(tx: CatalogWriter, principal: PrincipalId, waiter: Waiter) -> Sequence[Cap]:
            return caps_of(tx, self._settings, principal, waiter.project, f"{now:%Y-%m}")

        return caps

    def _due(self, now: datetime) -> list[Restore]:
        with self._catalog.read() as view:
            return view.restores.due(now, _BATCH)


def _withdraw(tx: CatalogWriter, quote_id: QuoteId, now: datetime) -> None:
    """Close a request for approval of which nothing is left."""
    approval = tx.approvals.of_quote(quote_id)
    if approval is not None and approval.state is ApprovalState.OPEN and not tx.restores.waited_for(quote_id):
        tx.approvals.update(replace(approval, state=ApprovalState.WITHDRAWN, decided_at=now))
