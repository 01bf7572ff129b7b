"""A change of a restore that passes a sum or a budget: asked for, decided on, carried out at that price."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from archive_tiering.prices.storage_class import copy_expiry
from archive_tiering.prices.terms import Terms
from archive_tiering.restores.approvals import Decision
from archive_tiering.restores.changing import Wanted
from archive_tiering.restores.reservation import Request
from archive_tiering.restores.restorer import Restorer
from catalog.model import (
    Approval,
    ApprovalState,
    EntryKind,
    LocationKind,
    NoticeEvent,
    Restore,
    RestoreStatus,
)
from foundation.errors import ApprovalNeeded, BudgetExceeded, NotAllowed, QuoteExpired, StateConflict
from tests.contract.archive import Archive, make_archive, prices
from tests.contract.places import s3_place, vault_place
from tests.contract.test_waiters import ADA, BOB, BOSS, DATA, entries, now_is, told

LONGER = Wanted(days=10)
ASK = Request(ADA, ask_approval=True)


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


def restored(archive: Archive, tier: str = "standard", *, there: bool = True) -> Restore:
    """A master that Ada brought back, or has on its way."""
    desk, asset = archive.restorer(), archive.add("film.mov", DATA)
    (begun,) = desk.agree(desk.quote([asset], retrieval_tier=tier).id, Request(ADA))
    if there:
        archive.place.wake()
        desk.poll()
    return now_is(archive, begun)


def strict(archive: Archive) -> Restorer:
    """What was charged until now needs no approver, and nothing more."""
    return archive.with_settings(approval_usd=archive.spent()).restorer()


def asked(desk: Restorer, restore: Restore, wanted: Wanted = LONGER, request: Request = ASK) -> Approval:
    made = desk.change_or_ask(restore.id, wanted, request)
    assert isinstance(made, Approval)
    return made


def state(archive: Archive, approval: Approval) -> ApprovalState:
    with archive.catalog.read() as view:
        return view.approvals.get(approval.id).state


def says(archive: Archive, note: str | None = None, *, raise_budgets: bool = False) -> Decision:
    return Decision(BOSS, archive.place.clock(), note, raise_budgets=raise_budgets)


def test_nothing_changes_until_an_approver_says_yes(archive: Archive) -> None:
    restore = restored(archive)
    desk, spent = strict(archive), archive.spent()
    cost = desk.price_of_change(restore.id, LONGER)
    with pytest.raises(ApprovalNeeded):
        desk.change(restore.id, LONGER, Request(ADA))
    approval = asked(desk, restore)
    assert (approval.state, approval.principal, approval.cost) == (ApprovalState.OPEN, ADA, cost)
    assert restore.uri in approval.reason
    assert "kept for 10 days" in approval.reason
    assert (archive.spent(), now_is(archive, restore)) == (spent, restore)
    assert told(archive, BOSS) == [NoticeEvent.APPROVAL_ASKED]
    assert told(archive, ADA)[-1] is NoticeEvent.NEEDS_APPROVAL
    with pytest.raises(NotAllowed):
        desk.approve(approval.id, Decision(ADA, archive.place.clock()))
    decided, (changed,) = desk.approve(approval.id, says(archive, "fine"))
    assert (decided.state, decided.decided_by) == (ApprovalState.APPROVED, BOSS)
    assert changed.expires_at == copy_expiry(archive.place.clock(), 10), "the store was asked"
    assert archive.spent() == spent + cost
    assert entries(archive, restore)[EntryKind.EXTENSION] == cost
    assert told(archive, ADA)[-2:] == [NoticeEvent.APPROVED, NoticeEvent.EXTENDED]
    trail = [entry for entry in archive.audited() if "approval" in entry or "change" in entry]
    assert trail == ["restore.approval.ask", "restore.change", "restore.approval.approve"]
    with pytest.raises(StateConflict):
        desk.approve(approval.id, says(archive))


def test_the_money_is_that_of_whoever_asked(archive: Archive) -> None:
    restore = restored(archive)
    approval = asked(strict(archive), restore, request=Request(BOB, ask_approval=True))
    strict(archive).approve(approval.id, says(archive))
    with archive.catalog.read() as view:
        payers = {entry.kind: entry.principal for entry in view.spending.entries(restore.id)}
    assert payers == {EntryKind.RESTORE: ADA, EntryKind.EXTENSION: BOB}


def test_a_faster_tier_is_asked_of_the_store_once_it_was_approved(archive: Archive) -> None:
    restore = restored(archive, "bulk", there=False)
    wanted = Wanted(retrieval_tier="standard")
    approval = asked(strict(archive), restore, wanted)
    assert "brought back standard" in approval.reason
    _, (changed,) = strict(archive).approve(approval.id, says(archive))
    assert (changed.retrieval_tier, changed.wanted_tier) == ("standard", None)


def test_over_a_budget_the_approver_may_raise_it(archive: Archive) -> None:
    restore = restored(archive)
    desk = archive.with_settings(user_budget_usd=archive.spent()).restorer()
    with pytest.raises(BudgetExceeded):
        desk.change(restore.id, LONGER, Request(ADA))
    approval, spent = asked(desk, restore), archive.spent()
    with pytest.raises(BudgetExceeded):
        desk.approve(approval.id, says(archive))
    assert (archive.spent(), state(archive, approval)) == (spent, ApprovalState.OPEN)
    desk.approve(approval.id, says(archive, raise_budgets=True))
    assert archive.spent() == spent + approval.cost


def test_who_names_a_limit_is_refused_above_it_and_nobody_is_asked(archive: Archive) -> None:
    restore = restored(archive)
    limited = Request(ADA, budget=Decimal("0.001"), ask_approval=True)
    with pytest.raises(ApprovalNeeded):
        strict(archive).change_or_ask(restore.id, LONGER, limited)
    with archive.catalog.read() as view:
        assert view.approvals.find() == []


def test_what_needs_no_approver_is_done_at_once(archive: Archive) -> None:
    restore = restored(archive)
    assert isinstance(archive.restorer().change_or_ask(restore.id, LONGER, ASK), Restore)
    assert isinstance(strict(archive).change_or_ask(restore.id, Wanted(days=20), Request(BOSS)), Restore)


def test_asking_again_asks_once_and_another_wish_is_another_request(archive: Archive) -> None:
    restore, desk = restored(archive), strict(archive)
    first = asked(desk, restore)
    assert asked(desk, restore) == first
    others = [asked(desk, restore, Wanted(days=20)), asked(desk, restore, LONGER, Request(BOB))]
    assert len({first.id, *(other.id for other in others)}) == 3
    assert told(archive, BOSS) == [NoticeEvent.APPROVAL_ASKED] * 3


def test_a_declined_change_leaves_the_restore_as_it_is(archive: Archive) -> None:
    restore, desk = restored(archive), strict(archive)
    approval, spent = asked(desk, restore), archive.spent()
    desk.approvals.decline(approval.id, says(archive, "use the proxy"))
    assert (now_is(archive, restore), archive.spent()) == (restore, spent)
    assert told(archive, ADA)[-1] is NoticeEvent.DECLINED
    assert asked(desk, restore).id != approval.id, "it may be asked for again"


def test_a_price_that_rose_is_not_agreed_to(archive: Archive) -> None:
    restore = restored(archive, there=False)
    approval, spent = asked(strict(archive), restore), archive.spent()
    dearer = archive.terms.prices.copied.model_copy(update={"per_gb_month": Decimal(10**6)})
    archive.terms = Terms(archive.terms.prices.model_copy(update={"copied": dearer}), archive.terms.delays)
    with pytest.raises(QuoteExpired, match="by now"):
        strict(archive).approve(approval.id, says(archive))
    assert (archive.spent(), state(archive, approval)) == (spent, ApprovalState.OPEN)


def test_days_count_from_when_they_were_asked_for(archive: Archive) -> None:
    restore, desk = restored(archive), strict(archive)
    approval, until = asked(desk, restore), copy_expiry(archive.place.clock(), 10)
    archive.place.clock.advance(hours=30)
    _, (changed,) = desk.approve(approval.id, says(archive))
    assert changed.expires_at == until


def test_a_hold_that_was_asked_for_on_the_way_counts_from_the_arrival(archive: Archive) -> None:
    restore = restored(archive, there=False)
    approval = asked(strict(archive), restore)
    archive.place.wake()
    archive.restorer().poll()
    arrived = now_is(archive, restore).restored_at
    assert arrived is not None
    archive.place.clock.advance(hours=20)
    _, (changed,) = strict(archive).approve(approval.id, says(archive))
    assert changed.expires_at == copy_expiry(arrived, 10)


def test_what_has_ended_cannot_change_any_more(archive: Archive) -> None:
    restore, desk = restored(archive), strict(archive)
    approval, spent = asked(desk, restore), archive.spent()
    archive.place.clock.advance(hours=24 * 6)
    desk.poll()
    assert now_is(archive, restore).status is RestoreStatus.EXPIRED
    with pytest.raises(StateConflict):
        desk.approve(approval.id, says(archive))
    assert archive.spent() == spent


def test_a_request_that_is_too_old_is_not_approved(archive: Archive) -> None:
    restore, desk = restored(archive, there=False), strict(archive)
    approval = asked(desk, restore)
    archive.place.clock.advance(hours=24 * (archive.settings.approval_days + 1))
    with pytest.raises(QuoteExpired, match="older"):
        desk.approve(approval.id, says(archive))


def test_who_waits_no_longer_takes_the_wish_along(archive: Archive) -> None:
    restore = restored(archive, there=False)
    archive.restorer().agree(archive.restorer().quote([restore.asset_id]).id, Request(BOB))
    desk = strict(archive)
    mine, theirs = asked(desk, restore), asked(desk, restore, LONGER, Request(BOB))
    desk.cancel(restore.id, principal=ADA)
    assert (state(archive, mine), state(archive, theirs)) == (ApprovalState.WITHDRAWN, ApprovalState.OPEN)


def test_its_quote_is_none_that_can_be_agreed_to(archive: Archive) -> None:
    restore, desk = restored(archive), strict(archive)
    approval = asked(desk, restore)
    with pytest.raises(QuoteExpired):
        desk.agree(approval.quote_id, Request(BOSS))
