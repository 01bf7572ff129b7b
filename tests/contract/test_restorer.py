"""One suite for restores, whatever store they run on."""

import hashlib
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import cast

import pytest

from archive_tiering.prices.terms import Terms
from archive_tiering.stores.object_store import ObjectStore
from catalog.model import LocationKind, RestoreState, RestoreStatus
from foundation.errors import (
    AssetNotFound,
    BadRange,
    BudgetExceeded,
    NeedsRestore,
    QuoteExpired,
    RestoreNotFound,
    StateConflict,
    TierUnavailable,
)
from foundation.ids import AssetId, QuoteId, RestoreId
from tests.contract.archive import Archive, make_archive, prices
from tests.contract.places import s3_place, vault_place

DATA = b"essence" * 1000
SHA = hashlib.sha256(DATA).hexdigest()


@pytest.fixture(params=["vault", "s3 glacier versioned", "s3 deep archive"])
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Archive]:
    home = tmp_path / "home"
    if request.param == "vault":
        terms = Terms(prices("VAULT_COLD"), {"expedited": 60.0, "standard": 3600.0, "bulk": 7200.0})
        made = make_archive(vault_place(tmp_path / "masters"), terms, LocationKind.VAULT, home)
    else:
        name = "DEEP_ARCHIVE" if "deep" in request.param else "GLACIER"
        place = s3_place(request.getfixturevalue("glacier"), name, versioned="versioned" in request.param)
        made = make_archive(place, Terms(prices(name)), LocationKind.S3, home)
    yield made
    made.catalog.close()


def test_from_quote_to_expiry(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA, sha256=SHA)
    restorer = archive.restorer()
    quote = restorer.quote([asset])
    assert (quote.retrieval_tier, quote.days, quote.size, quote.objects) == ("standard", 2, len(DATA), 1)
    assert quote.eta_seconds == archive.terms.seconds(*_class_and_tier(archive))
    assert quote.cost == Decimal("2.01")
    assert archive.spent() == 0
    (restore,) = restorer.request(quote.id)
    assert restore.status is RestoreStatus.IN_PROGRESS
    assert archive.spent() == restore.cost == quote.cost
    assert archive.state(asset) is RestoreState.IN_PROGRESS
    assert restorer.poll() == []
    archive.place.wake()
    (restore,) = archive.restorer().poll()
    assert (restore.status, restore.verified, restore.sha256) == (RestoreStatus.VERIFIED, "sha256", SHA)
    assert archive.state(asset) is RestoreState.RESTORED
    assert restore.expires_at is not None
    assert restore.expires_at == archive.place.store.head("film.mov").restore_expiry
    assert archive.place.bytes_of("film.mov") == DATA
    archive.place.clock.moment = restore.expires_at + timedelta(seconds=1)
    (restore,) = restorer.poll()
    assert restore.status is RestoreStatus.EXPIRED
    assert archive.state(asset) is RestoreState.NEEDED
    assert archive.spent() == quote.cost or archive.place.clock().month != restore.requested_at.month
    assert archive.audited() == [
        "restore.quote",
        "restore.request",
        "restore.in progress",
        "restore.restored",
        "restore.verified",
        "restore.expired",
    ]


def _class_and_tier(archive: Archive) -> tuple[str, str]:
    return next(iter(archive.terms.prices.classes)), "standard"


def test_a_quote_names_every_tier_object_and_source_and_adds_up(archive: Archive) -> None:
    assets = [archive.add(f"{number}.mov", bytes(1000 * number)) for number in range(1, 4)]
    quote = archive.restorer().quote([*assets, assets[0]], retrieval_tier="bulk", days=5)
    lines = {
        kind: [line for line in quote.lines if line["kind"] == kind]
        for kind in ("charge", "tier", "object", "source")
    }
    assert sum(Decimal(str(line["cost"])) for line in lines["object"]) == quote.cost
    exact = sum(Decimal(str(line["amount"])) for line in lines["charge"])
    assert Decimal(0) <= quote.cost - exact < Decimal("0.01")
    offered = {line["retrieval_tier"]: Decimal(str(line["cost"])) for line in lines["tier"]}
    assert offered["bulk"] == quote.cost
    assert offered["bulk"] < offered["standard"]
    assert [line["size"] for line in lines["object"]] == [1000, 2000, 3000]
    assert lines["source"][0]["date"] == "2026-01-01"
    assert (quote.objects, quote.size, quote.days) == (3, 6000, 5)


def test_a_first_read_is_labelled_and_recorded(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    restorer.request(restorer.quote([asset]).id)
    archive.place.wake()
    (restore,) = restorer.poll()
    assert (restore.status, restore.verified, restore.sha256) == (RestoreStatus.VERIFIED, "first read", SHA)
    with archive.catalog.read() as view:
        assert view.assets.instances(asset)[0].essence.sha256 == SHA


def test_a_copy_is_read_by_one_process_however_long_that_takes(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    asset = archive.add("film.mov", DATA, sha256=SHA)
    clock, store = archive.place.clock, archive.place.store
    elapsed, reads = [0.0], []
    monkeypatch.setattr("archive_tiering.restores.advance.time.monotonic", lambda: elapsed[0])

    class Slow:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def read(self, *where: object) -> Iterator[bytes]:
            reads.append(where)
            for start in range(0, len(DATA), len(DATA) // 4):
                elapsed[0] += 50
                clock.advance(seconds=50)
                yield DATA[start : start + len(DATA) // 4]
                assert archive.restorer(store).poll() == []

    restorer = archive.restorer(cast("ObjectStore", Slow()))
    restorer.request(restorer.quote([asset]).id)
    archive.place.wake()
    (restore,) = restorer.poll()
    assert (restore.verified, len(reads)) == ("sha256", 1)


@pytest.mark.parametrize(
    ("told", "status", "verified"),
    [
        (b64encode(bytes.fromhex(SHA)).decode(), RestoreStatus.VERIFIED, "store checksum"),
        (None, RestoreStatus.VERIFIED, "store metadata"),
        (b64encode(bytes(32)).decode(), RestoreStatus.RESTORED, "mismatch"),
    ],
)
def test_where_reads_leave_the_network_the_stores_own_checksum_is_compared(
    archive: Archive, told: str | None, status: RestoreStatus, verified: str
) -> None:
    asset = archive.add("film.mov", DATA, sha256=SHA)
    store = archive.place.store

    class Dear:
        def __getattr__(self, name: str) -> object:
            return getattr(store, name)

        def checksum(self, key: str, version: str = "") -> str | None:
            return told

        def read(self, *where: object) -> Iterator[bytes]:
            pytest.fail(f"{where} was read")

    billed = replace(archive, terms=replace(archive.terms, egress=True))
    restorer = billed.restorer(cast("ObjectStore", Dear()))
    restorer.request(restorer.quote([asset]).id)
    archive.place.wake()
    (restore,) = restorer.poll()
    assert (restore.status, restore.verified) == (status, verified)


def test_bytes_that_differ_are_never_called_verified(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA, sha256="0" * 64)
    restorer = archive.restorer()
    restorer.request(restorer.quote([asset]).id)
    archive.place.wake()
    (restore,) = restorer.poll()
    assert (restore.status, restore.verified, restore.sha256) == (RestoreStatus.RESTORED, "mismatch", SHA)
    assert restore.error is not None
    assert archive.spent() == restore.cost
    assert restorer.poll() == []


def test_asking_twice_joins_and_costs_once(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    first, second = archive.restorer(), archive.restorer()
    quotes = [first.quote([asset]), second.quote([asset]), second.quote([asset], retrieval_tier="bulk")]
    (one,) = first.request(quotes[0].id)
    (two,) = second.request(quotes[1].id)
    (three,) = second.request(quotes[2].id)
    (again,) = first.request(quotes[0].id)
    assert {one.id, two.id, three.id, again.id} == {one.id}
    assert archive.spent() == quotes[0].cost
    later = first.quote([asset])
    assert (later.objects, later.cost) == (0, 0)
    assert [found.id for found in first.request(later.id)] == [one.id]


def test_what_is_awake_costs_nothing(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    restorer.request(restorer.quote([asset]).id)
    archive.place.wake()
    restorer.poll()
    quote = restorer.quote([asset])
    assert (quote.objects, quote.cost, quote.eta_seconds) == (0, 0, 0)


def test_a_budget_is_never_passed_and_nothing_is_half_begun(archive: Archive) -> None:
    assets = [archive.add(f"{number}.mov", DATA) for number in range(3)]
    tight = archive.with_budget("5.00")
    restorer = tight.restorer()
    with pytest.raises(BudgetExceeded):
        restorer.request(restorer.quote(assets).id)
    assert archive.spent() == 0
    assert [archive.place.store.head(f"{n}.mov").restore for n in range(3)] == [RestoreState.NEEDED] * 3
    restorer.request(restorer.quote(assets[:2]).id)
    with pytest.raises(BudgetExceeded):
        restorer.request(restorer.quote(assets[2:]).id)
    assert archive.spent() <= Decimal("5.00")


def test_a_request_has_its_own_limit(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    quote = restorer.quote([asset])
    with pytest.raises(BudgetExceeded):
        restorer.request(quote.id, budget=quote.cost - Decimal("0.01"))
    assert archive.spent() == 0
    assert restorer.request(quote.id, budget=quote.cost)


def test_old_quotes_and_changed_objects_are_refused(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    quote = restorer.quote([asset])
    archive.place.clock.advance(hours=2)
    with pytest.raises(QuoteExpired):
        restorer.request(quote.id)
    quote = restorer.quote([asset])
    with archive.catalog.write() as tx:
        instance = tx.assets.instances(asset)[0]
        changed = replace(instance.essence, etag="other")
        tx.assets_writer.replace_instance(replace(instance, objects=(changed,)))
    with pytest.raises(QuoteExpired):
        restorer.request(quote.id)
    assert archive.spent() == 0


def test_an_object_overwritten_since_fails_and_is_not_charged(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    quote = restorer.quote([asset])
    archive.place.put("film.mov", b"something else")
    (restore,) = restorer.request(quote.id)
    assert restore.status is RestoreStatus.FAILED
    assert archive.spent() == 0
    assert archive.place.store.head("film.mov").restore is RestoreState.NEEDED


def test_an_object_that_is_gone_fails_and_is_not_charged(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    quote = restorer.quote([asset])
    archive.place.remove("film.mov")
    (restore,) = restorer.request(quote.id)
    assert restore.status is RestoreStatus.FAILED
    assert archive.spent() == 0


def test_what_was_asked_cannot_be_called_back(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    (restore,) = restorer.request(restorer.quote([asset]).id)
    with pytest.raises(StateConflict):
        restorer.cancel(restore.id)
    assert archive.spent() == restore.cost


def test_a_copy_made_longer_by_others_is_kept_on_the_books(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    (restore,) = restorer.request(restorer.quote([asset]).id)
    archive.place.wake()
    (restore,) = restorer.poll()
    assert restore.expires_at is not None
    archive.place.store.request_restore("film.mov", retrieval_tier="standard", days=20)
    archive.place.clock.moment = restore.expires_at
    (longer,) = restorer.poll()
    assert longer.status is RestoreStatus.VERIFIED
    assert longer.expires_at is not None
    assert longer.expires_at > restore.expires_at


def test_a_copy_others_woke_is_used(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    archive.place.store.request_restore("film.mov", retrieval_tier="standard", days=30)
    archive.place.wake()
    restorer = archive.restorer()
    (restore,) = restorer.request(restorer.quote([asset]).id)
    assert restore.status is RestoreStatus.RESTORED
    restorer.poll()
    assert archive.state(asset) is RestoreState.RESTORED


def test_a_copy_that_came_and_went_unseen_has_expired(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    restorer.request(restorer.quote([asset]).id)
    archive.place.clock.advance(days=9)
    (restore,) = archive.restorer().poll()
    assert restore.status is RestoreStatus.EXPIRED
    with pytest.raises(NeedsRestore):
        archive.place.bytes_of("film.mov")


def test_after_expiry_it_can_be_restored_again(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()
    (first,) = restorer.request(restorer.quote([asset]).id)
    archive.place.wake()
    restorer.poll()
    archive.place.clock.advance(days=5)
    restorer.poll()
    (second,) = restorer.request(restorer.quote([asset]).id)
    assert second.id != first.id
    assert second.status is RestoreStatus.IN_PROGRESS


@pytest.mark.parametrize("days", [0, -1, 366])
def test_days_out_of_range_are_refused(archive: Archive, days: int) -> None:
    asset = archive.add("film.mov", DATA)
    with pytest.raises(BadRange):
        archive.restorer().quote([asset], days=days)


def test_what_does_not_exist_is_named(archive: Archive) -> None:
    restorer = archive.restorer()
    asset = archive.add("film.mov", DATA)
    with pytest.raises(AssetNotFound):
        restorer.quote([AssetId("ast_none")])
    with pytest.raises(RestoreNotFound):
        restorer.request(QuoteId("quo_none"))
    with pytest.raises(RestoreNotFound):
        restorer.cancel(RestoreId("rst_none"))
    with pytest.raises(TierUnavailable):
        restorer.quote([asset], retrieval_tier="yesterday")


def test_estimates_follow_the_object(archive: Archive) -> None:
    asset = archive.add("film.mov", DATA)
    restorer = archive.restorer()

    def estimate() -> tuple[RestoreState, int | None, Decimal | None]:
        with archive.catalog.read() as view:
            return restorer.estimate(view.assets.instances(asset)[0])

    quote = restorer.quote([asset])
    assert estimate() == (RestoreState.NEEDED, quote.eta_seconds, quote.cost)
    restorer.request(quote.id)
    assert estimate() == (RestoreState.IN_PROGRESS, None, Decimal(0))
    archive.place.wake()
    restorer.poll()
    assert estimate() == (RestoreState.RESTORED, 0, Decimal(0))
