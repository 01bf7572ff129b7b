"""Random histories of several people, approvers, a moving clock and processes that come and go.

Whatever happens: one active restore per object version, no budget passed, the ledger adds up and agrees with
what the store was asked, and everybody who waits is told how it ended.
"""

import contextlib
import tempfile
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from archive_tiering.prices.terms import Terms
from archive_tiering.restores.approvals import Decision
from archive_tiering.restores.changing import Wanted
from archive_tiering.restores.reservation import Request
from archive_tiering.restores.restorer import Restorer
from catalog.lifecycle import has_ended
from catalog.model import (
    ApprovalState,
    BudgetScope,
    EntryKind,
    LocationKind,
    Notice,
    NoticeEvent,
    Restore,
    RestoreStatus,
)
from foundation.errors import RekindleError, StorageUnreachable, Throttled
from foundation.ids import AssetId, PrincipalId
from tests.contract.archive import Archive, make_archive, prices
from tests.contract.places import vault_place

PEOPLE = [PrincipalId(f"prn_{name}") for name in ("ada", "bob", "eve")]
BOSS = PrincipalId("prn_boss")
TIERS = ("expedited", "standard", "bulk")
CAPS = {"budget_usd": Decimal(14), "user_budget_usd": Decimal(8), "approval_usd": Decimal(7)}
ENDS = {NoticeEvent.EXPIRED, NoticeEvent.FAILED, NoticeEvent.CANCELLED}


class Unsteady:
    """A store that fails when it is told to, before or after the work; counts what it took on."""

    def __init__(self, store: Any) -> None:
        self._store = store
        self.faults: list[str] = []
        self.accepted: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Callable[..., Any]:
        real = getattr(self._store, name)

        def call(*args: Any, **more: Any) -> Any:
            fault = self.faults.pop(0) if self.faults else ""
            if fault == "throttled":
                raise Throttled("Slow down.")
            asleep = name == "request_restore" and self._store.head(*args).restore == "needed"
            result = real(*args, **more)
            if asleep:
                self.accepted[args[0]] += 1
            if fault == "lost":
                raise StorageUnreachable("The reply was lost.")
            return result

        return call


class Restores(RuleBasedStateMachine):
    """What users, approvers, the keeper and time may do."""

    @initialize()
    def begin(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        root = Path(self.folder.name)
        terms = Terms(prices("VAULT_COLD"), {"expedited": 60.0, "standard": 3600.0, "bulk": 7200.0})
        made = make_archive(vault_place(root / "masters"), terms, LocationKind.VAULT, root / "home")
        self.archive: Archive = made.with_settings(approvers=(BOSS,), **CAPS)
        self.assets = [self.archive.add(f"{number}.mov", b"essence" * 10) for number in range(3)]
        self.store = Unsteady(self.archive.place.store)

    def desk(self) -> Restorer:
        """A new process each time."""
        return self.archive.restorer(self.store)  # type: ignore[arg-type]

    def attempt(self, what: Callable[[], object]) -> None:
        with contextlib.suppress(RekindleError):
            what()

    @rule(
        who=st.sampled_from(PEOPLE),
        chosen=st.sets(st.integers(0, 2), min_size=1),
        tier=st.sampled_from((None, *TIERS)),
        days=st.integers(1, 4),
        ask=st.booleans(),
    )
    def request(self, who: PrincipalId, chosen: set[int], tier: str | None, days: int, ask: bool) -> None:
        assets: list[AssetId] = [self.assets[number] for number in sorted(chosen)]
        quote = self.desk().quote(assets, retrieval_tier=tier, days=days, principal=who)
        deadline = self.archive.place.clock() + timedelta(hours=days)
        for _ in range(2):
            self.attempt(
                lambda: self.desk().agree(quote.id, Request(who, deadline=deadline, ask_approval=ask))
            )

    @rule(pick=st.integers(0, 9), who=st.sampled_from(PEOPLE))
    def cancel(self, pick: int, who: PrincipalId) -> None:
        self.on_one(pick, lambda restore_id: self.desk().cancel(restore_id, principal=who))

    @rule(pick=st.integers(0, 9), who=st.sampled_from(PEOPLE), days=st.integers(1, 9))
    def extend(self, pick: int, who: PrincipalId, days: int) -> None:
        self.on_one(pick, lambda restore_id: self.desk().change(restore_id, Wanted(days=days), Request(who)))

    @rule(pick=st.integers(0, 9), who=st.sampled_from(PEOPLE), tier=st.sampled_from(TIERS))
    def hurry(self, pick: int, who: PrincipalId, tier: str) -> None:
        wanted = Wanted(retrieval_tier=tier)
        self.on_one(pick, lambda restore_id: self.desk().change(restore_id, wanted, Request(who)))

    def on_one(self, pick: int, what: Callable[[Any], object]) -> None:
        with self.archive.catalog.read() as view:
            found = view.restores.find()
        if found:
            self.attempt(lambda: what(found[pick % len(found)].id))

    @rule(pick=st.integers(0, 9), yes=st.booleans(), more=st.booleans())
    def decide(self, pick: int, yes: bool, more: bool) -> None:
        with self.archive.catalog.read() as view:
            waiting = view.approvals.find(state=ApprovalState.OPEN)
        if not waiting:
            return
        approval = waiting[pick % len(waiting)]
        decision = Decision(BOSS, self.archive.place.clock(), raise_budgets=more)
        if yes:
            self.attempt(lambda: self.desk().approve(approval.id, decision))
        else:
            self.attempt(lambda: self.desk().approvals.decline(approval.id, decision))

    @rule(faults=st.lists(st.sampled_from(("", "throttled", "lost")), max_size=4))
    def trouble(self, faults: list[str]) -> None:
        self.store.faults = faults

    @rule(minutes=st.sampled_from((1, 5, 60, 60 * 5, 60 * 24, 60 * 30)))
    def time_passes(self, minutes: int) -> None:
        self.archive.place.clock.advance(minutes=minutes)

    @rule()
    def keeper(self) -> None:
        self.desk().poll()

    @precondition(lambda self: hasattr(self, "archive"))
    @invariant()
    def one_active_restore_per_object(self) -> None:
        with self.archive.catalog.read() as view:
            active = [r for r in view.restores.find() if not has_ended(r.status)]
        assert len({(r.uri, r.version) for r in active}) == len(active)

    @precondition(lambda self: hasattr(self, "archive"))
    @invariant()
    def no_budget_is_passed_and_the_ledger_adds_up(self) -> None:
        with self.archive.catalog.read() as view:
            entries = [e for r in view.restores.find() for e in view.spending.entries(r.id)]
            for month in {entry.month for entry in entries}:
                caps = {(c.cap.scope, c.cap.subject): c.cap.amount for c in view.spending.caps(month)}
                for scope, subject, reserved in view.spending.subjects(month):
                    usual = {BudgetScope.MONTH: CAPS["budget_usd"], BudgetScope.USER: CAPS["user_budget_usd"]}
                    cap = caps.get((scope, subject), usual.get(scope))
                    assert cap is None or reserved <= cap, (scope, subject, reserved, cap)
                counted = sum(
                    (e.amount if e.actual is None else e.actual)
                    for e in entries
                    if e.month == month and e.released_at is None
                )
                assert view.spending.reserved(BudgetScope.MONTH, "", month) == counted
                assert view.restores.spent(month) == counted

    @precondition(lambda self: hasattr(self, "archive"))
    @invariant()
    def nobody_is_charged_twice_for_bringing_back(self) -> None:
        with self.archive.catalog.read() as view:
            for restore in view.restores.find():
                paid = [e for e in view.spending.entries(restore.id) if e.kind is EntryKind.RESTORE]
                open_ = [e for e in paid if e.released_at is None]
                free = (RestoreStatus.NEEDS_APPROVAL, RestoreStatus.FAILED, RestoreStatus.CANCELLED)
                assert len(open_) == (0 if restore.status in free else 1), restore

    def teardown(self) -> None:
        if not hasattr(self, "archive"):
            return
        self.store.faults = []
        for _ in range(40):
            self.archive.place.clock.advance(hours=12)
            self.desk().poll()
        with self.archive.catalog.read() as view:
            found = view.restores.find()
            notices = view.notices.after(0, 100_000)
        self.everybody_knows_how_it_ended(found, notices)
        asked: Counter[str] = Counter()
        for restore in found:
            assert has_ended(restore.status) or restore.status is RestoreStatus.NEEDS_APPROVAL, restore
            asked[restore.uri.rsplit("/", 1)[-1]] += restore.asked
        assert all(count <= asked[key] for key, count in self.store.accepted.items())
        self.archive.catalog.close()
        self.folder.cleanup()

    def everybody_knows_how_it_ended(self, found: list[Restore], notices: list[Notice]) -> None:
        by_waiter: dict[object, list[NoticeEvent]] = {}
        for notice in notices:
            by_waiter.setdefault(notice.facts.get("waiter"), []).append(notice.event)
        waiting = {r.id for r in found if r.status is RestoreStatus.NEEDS_APPROVAL}
        for notice in notices:
            waiter = notice.facts.get("waiter")
            if waiter is not None and notice.subject not in waiting:
                assert ENDS & set(by_waiter[waiter]), (waiter, by_waiter[waiter])
        asked = Counter(dict.fromkeys((), 0))
        for restore in found:
            asked[restore.uri.rsplit("/", 1)[-1]] += restore.asked
        for key, count in self.store.accepted.items():
            assert count <= asked[key], (key, count, asked[key])
        self.archive.catalog.close()
        self.folder.cleanup()


TestRestores = pytest.mark.slow(Restores.TestCase)
TestRestores.settings = settings(
    max_examples=20,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
