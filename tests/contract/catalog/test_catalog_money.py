"""Quotes, restores, spending and the audit: what every catalog must do."""

import dataclasses
from datetime import timedelta
from decimal import Decimal

import pytest

from catalog.model import AssetKind, BudgetScope, Cap, Entry, EntryKind, Quote, RestoreStatus
from catalog.repository import Catalog
from foundation.errors import BudgetExceeded, RestoreNotFound, StateConflict
from foundation.ids import LOCAL_PRINCIPAL, AssetId, PrincipalId, QuoteId, RestoreId, mint
from tests.contract.catalog.examples import NOON, Asset, restore
from tests.contract.catalog.examples import location as a_location
from tests.fakes.clock import FakeClock

MONTH = "2026-03"
BUDGET = Decimal(5)
CAPS = (Cap(BudgetScope.MONTH, "", BUDGET),)
FILM = Asset(AssetId("ast_film"), AssetKind.VIDEO, "film.mxf", a_location().id)


def test_a_quote_is_kept_to_the_last_digit(catalog: Catalog) -> None:
    lines = ({"what": "retrieval", "usd": "0.0000001"},)
    cost = Decimal("0.1234567890123456789")
    quote = Quote(
        QuoteId(mint("quo")),
        (FILM.id,),
        "bulk",
        3,
        10**15,
        2,
        43_200,
        cost,
        "USD",
        lines,
        NOON,
        NOON + timedelta(1),
    )
    with catalog.write() as writer:
        writer.restores.put_quote(quote)
    with catalog.read() as view:
        assert view.restores.quote(quote.id) == quote
        with pytest.raises(RestoreNotFound):
            view.restores.quote(QuoteId("quo_none"))


def test_money_is_reserved_until_the_budget_is_spent(catalog: Catalog) -> None:
    with catalog.write() as writer:
        for version in ("v1", "v2", "v3"):
            writer.restores.begin([restore(FILM, version=version)], CAPS, MONTH)
        assert writer.restores.spent(MONTH) == Decimal("4.50")
    with pytest.raises(BudgetExceeded), catalog.write() as writer:
        writer.restores.begin([restore(FILM, version="v4")], CAPS, MONTH)
    with catalog.write() as writer:
        writer.restores.begin([restore(FILM, version="v4", cost="0.50")], CAPS, MONTH)
        assert (writer.restores.spent(MONTH), writer.restores.spent("2026-04")) == (BUDGET, 0)
        assert len(writer.restores.find()) == 4


def test_an_object_version_is_restored_once_at_a_time(catalog: Catalog) -> None:
    first = restore(FILM)
    with catalog.write() as writer:
        assert writer.restores.begin([first], CAPS, MONTH) == [first]
        assert writer.restores.begin([restore(FILM)], CAPS, MONTH) == [first]
        assert writer.restores.spent(MONTH) == first.cost
        for status in (RestoreStatus.IN_PROGRESS, RestoreStatus.RESTORED, RestoreStatus.EXPIRED):
            writer.restores.update(dataclasses.replace(first, status=status))
        second = restore(FILM)
        assert writer.restores.begin([second], CAPS, MONTH) == [second]
        assert [found.id for found in writer.restores.find(asset=FILM.id)] == [second.id, first.id]
        expired = writer.restores.find(statuses=[RestoreStatus.EXPIRED])
        assert [found.id for found in expired] == [first.id]


@pytest.mark.parametrize("ending", [RestoreStatus.FAILED, RestoreStatus.CANCELLED])
def test_what_failed_gives_its_money_back(catalog: Catalog, ending: RestoreStatus) -> None:
    begun = restore(FILM)
    with catalog.write() as writer:
        writer.restores.begin([begun], CAPS, MONTH)
        writer.restores.update(dataclasses.replace(begun, status=ending, error="refused"))
        assert writer.restores.spent(MONTH) == 0
        assert writer.restores.get(begun.id).error == "refused"
        with pytest.raises(StateConflict):
            writer.restores.update(begun)


def test_a_restore_is_read_back_with_all_it_learnt(catalog: Catalog) -> None:
    begun = dataclasses.replace(restore(FILM), principal=PrincipalId("prn_ada"))
    learnt = dataclasses.replace(
        begun,
        status=RestoreStatus.IN_PROGRESS,
        eta=NOON + timedelta(hours=5),
        restored_at=NOON,
        expires_at=NOON + timedelta(days=3),
        sha256="a" * 64,
        verified="sha256",
    )
    with catalog.write() as writer:
        writer.restores.begin([begun], CAPS, MONTH)
        writer.restores.update(learnt)
    with catalog.read() as view:
        assert view.restores.get(begun.id) == learnt
        with pytest.raises(RestoreNotFound):
            view.restores.get(RestoreId("res_none"))


def test_the_audit_is_a_chain_newest_first(catalog: Catalog, clock: FakeClock) -> None:
    with catalog.write() as writer:
        assert writer.audit.verify() is None
        for number in range(5):
            writer.audit.append(
                LOCAL_PRINCIPAL, "restore.request", f"res_{number}", {"cost": "1.50", "ü": number}
            )
            clock.advance(seconds=1)
    with catalog.read() as view:
        tail = view.audit.tail(2)
        assert view.audit.verify() is None
    assert [entry.seq for entry in tail] == [5, 4]
    assert (tail[0].subject, tail[0].detail) == ("res_4", {"cost": "1.50", "ü": 4})
    assert len({entry.digest for entry in tail}) == 2


def test_what_was_asked_and_charged_since_a_moment(catalog: Catalog, clock: FakeClock) -> None:
    early, late = restore(FILM, version="v1"), restore(FILM, version="v2", cost="0.50")
    with catalog.write() as writer:
        writer.restores.begin([early], CAPS, MONTH)
    clock.advance(hours=1)
    began = clock()
    late = dataclasses.replace(late, requested_at=began)
    with catalog.write() as writer:
        writer.restores.begin([late], CAPS, MONTH)
        assert writer.spending.charged_since([FILM.id], NOON - timedelta(days=1)) == Decimal("2.00")
        assert writer.spending.charged_since([FILM.id], began) == Decimal("0.50")
        assert writer.spending.charged_since([AssetId("ast_other")], began) == 0
        assert [r.id for r in writer.restores.asked_since([FILM.id], began)] == [late.id]
        writer.spending.settle(late.id, Decimal("0.20"))
        assert writer.spending.charged_since([FILM.id], began) == Decimal("0.20")
        writer.restores.update(dataclasses.replace(late, status=RestoreStatus.FAILED))
        assert writer.spending.charged_since([FILM.id], began) == 0
        assert [r.status for r in writer.restores.asked_since([FILM.id], began)] == [RestoreStatus.FAILED]


def test_what_a_run_read_adds_up_to_the_millionth_and_no_key_is_charged_twice(catalog: Catalog) -> None:
    run, other = RestoreId("run_a"), RestoreId("run_b")
    amounts = [Decimal(number) / 1_000_000 for number in (1, 100_001, 333_333, 29_000_000, 0)] * 40

    def entry(key: str, amount: Decimal, owner: RestoreId = run) -> Entry:
        return Entry(key, owner, EntryKind.READ, amount, "USD", "2026-03", LOCAL_PRINCIPAL)

    with catalog.write() as tx:
        assert tx.spending.charged_to(run) == 0
        for number, amount in enumerate(amounts):
            assert tx.spending.charge(entry(f"read/{number}", amount), [])
        assert not tx.spending.charge(entry("read/3", Decimal(7)), [])
        tx.spending.charge(entry("else", Decimal(5), other), [])
    with catalog.read() as view:
        assert view.spending.charged_to(run) == sum(amounts)
        assert (view.spending.is_charged("read/3"), view.spending.is_charged("read/200")) == (True, False)
