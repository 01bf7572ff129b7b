"""Fixity in buckets: what the store says, what is billed, and what is read of which version."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import pytest

from archive_tiering.fixity.keeper import FixityKeeper
from archive_tiering.fixity.plan import FixityPlan, Wish
from archive_tiering.places import Places
from archive_tiering.prices.cost import ClassPrices, PriceTable, TableInfo, TransferPrice
from archive_tiering.prices.terms import Terms
from catalog.model import CheckHow, CheckOutcome, FixityItem, LocationKind, RestoreState
from foundation.home import Home
from foundation.settings import FixitySettings, Settings, TieringSettings
from tests.contract.archive import LOCATION, Archive, make_archive
from tests.contract.places import s3_place
from tests.fakes.glacier_moto import raw_client

if TYPE_CHECKING:
    from tests.fakes.glacier_moto import GlacierServer

DATA = b"essence" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()
EVERYTHING = 1 << 40


def terms(*, egress: bool = False) -> Terms:
    """A dollar for whatever a test reads: requests at 1,000 for 1,000 dollars, bytes for nothing."""
    prices = PriceTable(
        table=TableInfo(name="test", date=date(2026, 1, 1), source="this file"),
        transfer=TransferPrice(get_per_1000=Decimal(1000)),
        classes={
            name: ClassPrices() for name in ("STANDARD", "STANDARD_IA", "INTELLIGENT_TIERING", "GLACIER")
        },
    )
    return Terms(prices, egress=egress)


def archive_in(glacier: "GlacierServer", storage_class: str, home: Path, *, egress: bool = False) -> Archive:
    place = s3_place(glacier, storage_class, versioned=True)
    return make_archive(place, terms(egress=egress), LocationKind.S3, home)


def keeper(archive: Archive, *, fixity: str = "0", month: str = "25") -> FixityKeeper:
    settings = Settings(
        home=archive.home,
        fixity=FixitySettings(budget_usd=Decimal(fixity)),
        tiering=TieringSettings(budget_usd=Decimal(month)),
    )
    places = Places(archive.catalog, lambda _: archive.place.store, lambda _: archive.terms)
    plan = FixityPlan(places, settings, lambda: 0)
    home = Home(archive.home)
    return FixityKeeper(archive.catalog, places, plan, home, archive.place.clock, bytes_per_second=1e12)


def run(archive: Archive, *, fixity: str = "0", month: str = "25") -> dict[CheckOutcome, int]:
    by = keeper(archive, fixity=fixity, month=month)
    return by.step(Wish(LOCATION, EVERYTHING), Event()).outcomes


def items(archive: Archive) -> list[FixityItem]:
    with archive.catalog.read() as view:
        return view.fixity.due(LOCATION, 99)


def test_what_is_free_is_read(glacier: "GlacierServer", tmp_path: Path) -> None:
    archive = archive_in(glacier, "STANDARD", tmp_path)
    archive.add("a.mov", DATA, sha256=SHA256)
    archive.add("b.mov", DATA, sha256="0" * 64)
    assert run(archive) == {CheckOutcome.GOOD: 1, CheckOutcome.WRONG: 1}
    assert archive.spent() == 0
    archive.catalog.close()


def test_a_refused_read_tells_that_a_master_was_archived(glacier: "GlacierServer", tmp_path: Path) -> None:
    archive = archive_in(glacier, "INTELLIGENT_TIERING", tmp_path)
    asset = archive.add("a.mov", DATA * 20, sha256=hashlib.sha256(DATA * 20).hexdigest())
    bucket, _, key = archive.place.listing()[0].uri.removeprefix("s3://").partition("/")
    glacier.archive(bucket, key)
    assert run(archive) == {CheckOutcome.GOOD: 1}
    assert [item.how for item in items(archive)] == [CheckHow.STORE_METADATA]
    assert archive.state(asset) is RestoreState.NEEDED
    archive.catalog.close()


@pytest.mark.parametrize(("storage_class", "egress"), [("STANDARD_IA", False), ("STANDARD", True)])
def test_billed_reads_wait_for_a_budget_and_are_in_the_ledger(
    glacier: "GlacierServer", tmp_path: Path, storage_class: str, egress: bool
) -> None:
    archive = archive_in(glacier, storage_class, tmp_path, egress=egress)
    for name in ("a.mov", "b.mov", "c.mov"):
        archive.add(name, DATA, sha256=SHA256)
    assert run(archive) == {CheckOutcome.GOOD: 3}
    assert {item.how for item in items(archive)} == {CheckHow.STORE_METADATA}
    assert archive.spent() == 0
    assert run(archive, fixity="2") == {CheckOutcome.GOOD: 2}
    assert archive.spent() == 2
    assert run(archive, fixity="2") == {}
    assert archive.spent() == 2
    assert run(archive, fixity="9", month="2") == {}
    assert sorted(item.how or "" for item in items(archive)) == ["full read", "full read", "store metadata"]
    archive.catalog.close()


def test_a_second_read_is_paid_for_too(glacier: "GlacierServer", tmp_path: Path) -> None:
    archive = archive_in(glacier, "STANDARD_IA", tmp_path)
    archive.add("a.mov", DATA, sha256="0" * 64)
    assert run(archive, fixity="1") == {CheckOutcome.WRONG: 1}
    with archive.catalog.read() as view:
        (finding,) = view.fixity.findings()
    assert (finding.state, archive.spent()) == ("found", 1)
    archive.place.clock.advance(days=31)
    assert run(archive, fixity="2") == {CheckOutcome.WRONG: 1}
    with archive.catalog.read() as view:
        (finding,) = view.fixity.findings()
    assert (finding.state, archive.spent()) == ("confirmed", 2)
    archive.catalog.close()


def test_what_sleeps_is_never_woken(glacier: "GlacierServer", tmp_path: Path) -> None:
    archive = archive_in(glacier, "GLACIER", tmp_path)
    archive.add("a.mov", DATA, sha256=SHA256)
    assert run(archive, fixity="9") == {CheckOutcome.GOOD: 1}
    (item,) = items(archive)
    assert (item.how, item.read_at) == (CheckHow.STORE_METADATA, None)
    assert archive.place.store.head("a.mov").restore == "needed"
    archive.catalog.close()


@pytest.mark.parametrize(
    ("told", "outcome", "how"),
    [
        (SHA256, CheckOutcome.GOOD, CheckHow.STORE_CHECKSUM),
        ("0" * 64, CheckOutcome.UNPROVEN, CheckHow.STORE_CHECKSUM),
    ],
)
def test_the_stores_own_checksum_is_compared_and_named_as_such(
    glacier: "GlacierServer", tmp_path: Path, told: str, outcome: CheckOutcome, how: CheckHow
) -> None:
    archive = archive_in(glacier, "GLACIER", tmp_path)
    sent = replace(archive.place, put=with_checksum(glacier, archive))
    replace(archive, place=sent).add("a.mov", DATA, sha256=told)
    assert run(archive) == {outcome: 1}
    assert items(archive)[0].how is how
    archive.catalog.close()


def with_checksum(glacier: "GlacierServer", archive: Archive) -> Callable[[str, bytes], object]:
    """Put as a client does that sends a checksum along, which the store keeps."""
    archive.place.put("probe", b"")
    bucket, _, prefix = archive.place.listing()[0].uri.removeprefix("s3://").partition("/")
    archive.place.remove("probe")
    client, folder = raw_client(glacier.url), prefix.removesuffix("probe")

    def put(key: str, data: bytes) -> object:
        return client.put_object(
            Bucket=bucket,
            Key=f"{folder}{key}",
            Body=data,
            StorageClass="GLACIER",
            ChecksumAlgorithm="SHA256",
        )

    return put
