"""Several people want the same master: one restore, one charge, everybody told."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.prices.storage_class import copy_expiry
from archive_tiering.prices.terms import Terms
from archive_tiering.restores.approvals import Decision
from archive_tiering.restores.changing import Wanted
from archive_tiering.restores.reservation import Request
from catalog.model import (
    ApprovalState,
    BudgetScope,
    Cap,
    EntryKind,
    Lease,
    LocationKind,
    NoticeEvent,
    Restore,
    RestoreStatus,
)
from foundation.errors import ApprovalNeeded, BudgetExceeded, NotAllowed, StateConflict, TierUnavailable
from foundation.ids import LeaseId, PrincipalId, ProjectId, mint
from tests.contract.archive import Archive, make_archive, prices
from tests.contract.places import s3_place, vault_place
from tests.fakes.glacier_moto import GlacierServer

DATA = b"essence" * 1000
ADA, BOB, EVE, BOSS = (PrincipalId(f"prn_{name}") for name in ("ada", "bob", "eve", "boss"))


@pytest.fixture(params=["vault", "s3"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    home = tmp_path / "home"
    if request.param == "vault":
        terms = Terms(prices("VAULT_COLD"), {"expedited": 60.0, "standard": 3600.0, "bulk": 7200.0})
        made = make_archive(vault_place(tmp_path / "masters"), terms, LocationKind.VAULT, home)
    else:
        place = s3_place(request.getfixturevalue("glacier"), "GLACIER")
        made = make_archive(place, Terms(prices("GLACIER")), LocationKind.S3, home)
    yield made.with_settings(approvers=(BOSS,))
    made.catalog.close()


def told(archive: Archive, who: PrincipalId) -> list[NoticeEvent]:
    with archive.catalog.read() as view:
        return [notice.event for notice in view.notices.after(0, 1000, principal=who)]


def now_is(archive: Archive, restore: Restore) -> Restore:
    with archive.catalog.read() as view:
        return view.restores.get(restore.id)


def entries(archive: Archive, restore: Restore) -> dict[EntryKind, Decimal]:
    with archive.catalog.read() as view:
        found = view.spending.entries(restore.id)
    return {entry.kind: entry.amount for entry in found if entry.released_at is None}


def test_who_joins_waits_with_a_hold_and_a_deadline_of_their_own(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk, noon = archive.restorer(), archive.place.clock()
    by_ada, by_bob = desk.quote([asset], principal=ADA), desk.quote([asset], days=5, principal=BOB)
    late, soon = noon + timedelta(days=9), noon + timedelta(days=3)
    (first,) = desk.agree(by_ada.id, Request(ADA, deadline=late))
    (joined,) = desk.agree(by_bob.id, Request(BOB, deadline=soon))
    assert joined.id == first.id
    assert (joined.wanted_days, now_is(archive, first).deadline) == (5, soon)
    with archive.catalog.read() as view:
        assert [(w.principal, w.days) for w in view.restores.waiters(first.id)] == [(ADA, 2), (BOB, 5)]
    paid = entries(archive, first)
    assert paid[EntryKind.RESTORE] == by_ada.cost
    assert paid[EntryKind.EXTENSION] <= by_bob.cost
    archive.place.wake()
    desk.poll()
    kept = now_is(archive, first)
    assert kept.restored_at is not None
    assert kept.expires_at == copy_expiry(kept.restored_at, 5)
    assert kept.keep_until is None
    for who in (ADA, BOB):
        assert told(archive, who).count(NoticeEvent.READY) == 1


def test_a_copy_that_ends_soon_is_announced_and_its_end_too(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.restorer()
    (restore,) = desk.agree(desk.quote([asset]).id, Request(ADA))
    archive.place.wake()
    desk.poll()
    expires = now_is(archive, restore).expires_at
    assert expires is not None
    archive.place.clock.moment = expires - timedelta(hours=24, minutes=1)
    assert desk.poll() == []
    archive.place.clock.advance(minutes=2)
    (warned,) = desk.poll()
    assert warned.status is RestoreStatus.EXPIRING
    assert desk.poll() == []
    archive.place.clock.moment = expires + timedelta(seconds=1)
    (gone,) = desk.poll()
    assert gone.status is RestoreStatus.EXPIRED
    assert told(archive, ADA) == [
        NoticeEvent.REQUESTED,
        NoticeEvent.READY,
        NoticeEvent.EXPIRING,
        NoticeEvent.EXPIRED,
    ]


def test_a_copy_is_kept_while_somebody_works_with_the_master(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.restorer()
    (restore,) = desk.agree(desk.quote([asset]).id, Request(ADA))
    archive.place.wake()
    desk.poll()
    expires = now_is(archive, restore).expires_at
    assert expires is not None
    with archive.catalog.write() as tx:
        tx.leases.take(Lease(LeaseId(mint("lea")), asset, expires + timedelta(days=2), EVE))
    archive.place.clock.moment = expires - timedelta(hours=23)
    desk.poll()
    kept = now_is(archive, restore)
    assert kept.status is RestoreStatus.VERIFIED
    assert kept.expires_at is not None
    assert kept.expires_at >= expires + timedelta(days=2)
    assert entries(archive, restore)[EntryKind.EXTENSION] > 0
    assert told(archive, ADA)[-1] is NoticeEvent.EXTENDED
    assert archive.place.store.head("film.mov").restore_expiry == kept.expires_at


def test_a_leased_copy_is_not_kept_over_budget(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    tight = archive.with_budget("2.05")
    desk = tight.restorer()
    (restore,) = desk.agree(desk.quote([asset]).id, Request(ADA))
    archive.place.wake()
    desk.poll()
    expires = now_is(archive, restore).expires_at
    assert expires is not None
    with archive.catalog.write() as tx:
        tx.leases.take(Lease(LeaseId(mint("lea")), asset, expires + timedelta(days=2), EVE))
    archive.place.clock.moment = expires - timedelta(hours=23)
    desk.poll()
    assert now_is(archive, restore).status is RestoreStatus.EXPIRING
    assert archive.spent() <= Decimal("2.05")


def test_extending_is_priced_first_and_paid_once(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.restorer()
    (restore,) = desk.agree(desk.quote([asset]).id, Request(ADA))
    archive.place.wake()
    desk.poll()
    before = archive.spent()
    cost = desk.price_of_change(restore.id, Wanted(days=10))
    assert cost > 0
    assert archive.spent() == before
    with pytest.raises(BudgetExceeded):
        desk.change(restore.id, Wanted(days=10), Request(ADA, budget=cost - Decimal("0.01")))
    kept = desk.change(restore.id, Wanted(days=10), Request(ADA, budget=cost))
    assert kept.expires_at == copy_expiry(archive.place.clock(), 10)
    assert archive.spent() == before + cost
    assert desk.price_of_change(restore.id, Wanted(days=10)) == 0
    desk.change(restore.id, Wanted(days=10), Request(ADA))
    assert archive.spent() == before + cost


def test_small_changes_together_need_an_approver_as_a_large_one_does(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    (restore,) = archive.restorer().agree(archive.restorer().quote([asset]).id, Request(ADA))
    archive.place.wake()
    archive.restorer().poll()
    step = archive.restorer().price_of_change(restore.id, Wanted(days=10))
    desk = archive.with_settings(approval_usd=archive.spent() + step).restorer()
    desk.change(restore.id, Wanted(days=10), Request(ADA))
    spent = archive.spent()
    with pytest.raises(ApprovalNeeded):
        desk.change(restore.id, Wanted(days=20), Request(ADA))
    assert archive.spent() == spent
    desk.change(restore.id, Wanted(days=10), Request(ADA))
    desk.change(restore.id, Wanted(days=20), Request(BOSS))
    assert archive.spent() > spent


def test_a_faster_tier_is_asked_for_with_the_same_days(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.restorer()
    (restore,) = desk.agree(desk.quote([asset], retrieval_tier="bulk").id, Request(ADA))
    with pytest.raises(TierUnavailable):
        desk.change(restore.id, Wanted(retrieval_tier="bulk"), Request(ADA))
    faster = desk.change(restore.id, Wanted(retrieval_tier="standard"), Request(BOB))
    assert (faster.retrieval_tier, faster.wanted_tier) == ("standard", None)
    archive.place.clock.moment = restore.requested_at + timedelta(
        seconds=archive.terms.seconds(_class(archive), "standard") + 1
    )
    desk.poll()
    assert now_is(archive, restore).status is RestoreStatus.VERIFIED
    assert set(entries(archive, restore)) == {EntryKind.RESTORE, EntryKind.UPGRADE}


def _class(archive: Archive) -> str:
    return next(iter(archive.terms.prices.classes))


def test_leaving_leaves_the_others_and_the_last_one_ends_it(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.restorer()
    (restore,) = desk.agree(desk.quote([asset]).id, Request(ADA))
    desk.agree(desk.quote([asset]).id, Request(BOB))
    with pytest.raises(NotAllowed):
        desk.cancel(restore.id, principal=EVE)
    assert desk.cancel(restore.id, principal=ADA).status is RestoreStatus.IN_PROGRESS
    with pytest.raises(StateConflict):
        desk.cancel(restore.id, principal=BOB)
    archive.place.wake()
    desk.poll()
    assert told(archive, ADA)[-1] is NoticeEvent.CANCELLED
    assert told(archive, BOB)[-1] is NoticeEvent.READY


def test_over_a_users_budget_nothing_is_reserved_until_an_approver_says_so(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.with_settings(user_budget_usd=Decimal(1)).restorer()
    quote = desk.quote([asset], principal=ADA)
    with pytest.raises(BudgetExceeded, match="user prn_ada"):
        desk.agree(quote.id, Request(ADA))
    (waits,) = desk.agree(quote.id, Request(ADA, ask_approval=True))
    assert waits.status is RestoreStatus.NEEDS_APPROVAL
    assert archive.spent() == 0
    assert desk.poll() == []
    with archive.catalog.read() as view:
        (approval,) = view.approvals.find(state=ApprovalState.OPEN)
    moment = archive.place.clock()
    with pytest.raises(BudgetExceeded):
        desk.approve(approval.id, Decision(BOSS, moment))
    decided, (begun,) = desk.approve(approval.id, Decision(BOSS, moment, raise_budgets=True))
    assert (decided.state, begun.status) == (ApprovalState.APPROVED, RestoreStatus.IN_PROGRESS)
    with archive.catalog.read() as view:
        (raised,) = [c for c in view.spending.caps(f"{moment:%Y-%m}") if c.cap.scope is BudgetScope.USER]
        reserved = view.spending.reserved(BudgetScope.USER, ADA, f"{moment:%Y-%m}")
    assert reserved == quote.cost == raised.cap.amount
    assert told(archive, ADA) == [NoticeEvent.NEEDS_APPROVAL, NoticeEvent.APPROVED, NoticeEvent.APPROVED]
    assert told(archive, BOSS) == [NoticeEvent.APPROVAL_ASKED]


def test_sums_above_the_threshold_need_an_approver_who_needs_none(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.with_settings(approval_usd=Decimal(1)).restorer()
    quote = desk.quote([asset])
    with pytest.raises(ApprovalNeeded):
        desk.agree(quote.id, Request(ADA))
    (begun,) = desk.agree(quote.id, Request(BOSS))
    assert begun.status is RestoreStatus.IN_PROGRESS


def test_what_waits_for_an_approver_is_begun_by_whoever_needs_none(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.with_settings(user_budget_usd=Decimal(3)).restorer()
    with archive.catalog.write() as tx:
        tx.spending.set_cap(Cap(BudgetScope.USER, ADA, Decimal(1)), "")
    (waits,) = desk.agree(desk.quote([asset]).id, Request(ADA, ask_approval=True))
    (begun,) = desk.agree(desk.quote([asset]).id, Request(BOB))
    assert begun.id == waits.id
    assert (begun.status, begun.principal) == (RestoreStatus.IN_PROGRESS, BOB)
    with archive.catalog.read() as view:
        (approval,) = view.approvals.find()
    spent = archive.spent()
    desk.approve(approval.id, Decision(BOSS, archive.place.clock()))
    assert archive.spent() == spent
    archive.place.wake()
    desk.poll()
    for who in (ADA, BOB):
        assert told(archive, who)[-1] is NoticeEvent.READY


def test_a_declined_request_leaves_those_of_others(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk = archive.with_budget("1").restorer()
    for who in (ADA, BOB):
        (waits,) = desk.agree(desk.quote([asset], principal=who).id, Request(who, ask_approval=True))
    with archive.catalog.read() as view:
        by = {approval.principal: approval.id for approval in view.approvals.find()}
    with pytest.raises(NotAllowed):
        desk.approvals.decline(by[ADA], Decision(ADA, archive.place.clock()))
    desk.approvals.decline(by[ADA], Decision(BOSS, archive.place.clock(), "no"))
    assert now_is(archive, waits).status is RestoreStatus.NEEDS_APPROVAL
    desk.approvals.decline(by[BOB], Decision(BOSS, archive.place.clock(), "no"))
    assert now_is(archive, waits).status is RestoreStatus.CANCELLED
    assert told(archive, ADA)[-2:] == [NoticeEvent.DECLINED, NoticeEvent.CANCELLED]
    assert told(archive, BOB)[-2:] == [NoticeEvent.DECLINED, NoticeEvent.CANCELLED]
    assert archive.spent() == 0


def test_what_was_given_up_is_not_begun_by_a_later_approval(archive: Archive) -> None:
    assets = [archive.add(f"{number}.mov", DATA) for number in range(2)]
    desk = archive.with_budget("1").restorer()
    first, second = desk.agree(desk.quote(assets).id, Request(ADA, ask_approval=True))
    desk.cancel(first.id, principal=ADA)
    with archive.catalog.read() as view:
        (approval,) = view.approvals.find()
    desk.approve(approval.id, Decision(BOSS, archive.place.clock(), raise_budgets=True))
    assert now_is(archive, first).status is RestoreStatus.CANCELLED
    assert now_is(archive, second).status is RestoreStatus.IN_PROGRESS


def test_a_deadline_picks_the_cheapest_tier_that_is_in_time(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    desk, noon = archive.restorer(), archive.place.clock()
    seconds = {
        tier: archive.terms.seconds(_class(archive), tier) for tier in ("expedited", "standard", "bulk")
    }
    for tier, span in seconds.items():
        quote = desk.quote([asset], deadline=noon + timedelta(seconds=span))
        assert quote.retrieval_tier == tier
    hopeless = desk.quote([asset], deadline=noon + timedelta(seconds=1))
    assert hopeless.retrieval_tier == "expedited"
    (line,) = [line for line in hopeless.lines if line["kind"] == "deadline"]
    assert line["in_time"] is False


def test_a_lenient_quote_says_what_cannot_come_back(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    with archive.catalog.write() as tx:
        (copy,) = tx.assets.instances(asset)
        tx.assets_writer.set_available([copy.id], available=False)
    quote = archive.restorer().quote([asset], strict=False)
    (line,) = [line for line in quote.lines if line["kind"] == "impossible"]
    assert line["code"] == "object-missing"


def test_what_came_to_less_is_given_back_on_arrival(archive: Archive) -> None:
    first, second = archive.add("1.mov", DATA), archive.add("2.mov", DATA)
    desk = archive.restorer()
    archive.place.store.request_restore("2.mov", retrieval_tier="standard", days=30)
    archive.place.wake()
    quote = desk.quote([first, second], retrieval_tier="expedited")
    restores = desk.agree(quote.id, Request(ADA))
    assert [restore.status for restore in restores] == [RestoreStatus.IN_PROGRESS, RestoreStatus.RESTORED]
    month = f"{archive.place.clock():%Y-%m}"
    with archive.catalog.read() as view:
        (asked,), (found,) = (view.spending.entries(restore.id) for restore in restores)
        reserved = view.spending.reserved(BudgetScope.USER, ADA, month)
    assert asked.actual is None
    assert (found.actual, reserved) == (Decimal(0), asked.amount)
    assert archive.spent() == asked.amount
    archive.place.wake()
    desk.poll()
    with archive.catalog.read() as view:
        (settled,) = view.spending.entries(restores[0].id)
    assert settled.actual is not None
    assert 0 < settled.actual <= settled.amount


@pytest.mark.slow
def test_two_hundred_requests_at_once_are_one_restore(glacier: GlacierServer, tmp_path: Path) -> None:
    place = s3_place(glacier, "GLACIER")
    archive = make_archive(place, Terms(prices("GLACIER")), LocationKind.S3, tmp_path / "home")
    asset = archive.add("film.mov", DATA)
    desk = archive.restorer()
    quote = desk.quote([asset])
    people = [PrincipalId(f"prn_{number}") for number in range(200)]
    failures: list[BaseException] = []

    def ask(who: PrincipalId) -> None:
        try:
            archive.restorer().agree(quote.id, Request(who, ProjectId("prj_default")))
        except BaseException as error:  # noqa: BLE001 - shown below
            failures.append(error)

    threads = [threading.Thread(target=ask, args=(who,)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert glacier.restores_posted() == [202]
    with archive.catalog.read() as view:
        (restore,) = view.restores.find()
        assert {w.principal for w in view.restores.waiters(restore.id)} == set(people)
        assert [entry.kind for entry in view.spending.entries(restore.id)] == [EntryKind.RESTORE]
        assert restore.asked == 1
    archive.place.wake()
    desk.poll()
    with archive.catalog.read() as view:
        ready = [n.principal for n in view.notices.after(0, 10_000) if n.event is NoticeEvent.READY]
    assert sorted(ready) == sorted(people)
    archive.catalog.close()
