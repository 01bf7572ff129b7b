"""Two S3 stores in one home: each location is reached, priced and charged by its own settings."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from archive_tiering.factory import open_places, open_restorer
from archive_tiering.prices.moving import Way
from catalog.model import Location, LocationKind, MoveState
from foundation.errors import StorageUnreachable
from foundation.ids import AssetId, LocationId, mint
from foundation.s3_settings import S3PlaceSettings, S3Settings
from foundation.settings import IndexerSettings, Settings
from indexer.bootstrap import build_services
from tests import material
from tests.contract.removal import SOURCE
from tests.contract.removals import removal
from tests.fakes.clock import FakeClock
from tests.fakes.migrated import with_catalog
from tests.indexing import QUICK, Archive

if TYPE_CHECKING:
    from tests.fakes.glacier_moto import GlacierServer
    from tests.fakes.other_store import OtherStore

PRICES = """\
[table]
name = "the other store"
date = 2026-11-01
source = "this file"
[transfer]
out_per_gb = 0.01
[classes.STANDARD]
per_gb_month = 0.007
[classes.GLACIER]
retrieval.expedited = { per_gb = 9, per_1000 = 9000 }
retrieval.standard = { per_gb = 1, per_1000 = 5000 }
retrieval.bulk = { per_gb = 1, per_1000 = 1000 }
"""


class Home:
    """A home with a bucket in each of two stores, called ``near`` and ``far``."""

    def __init__(self, folder: Path, near: "GlacierServer", far: "OtherStore") -> None:
        from tests.fakes.glacier_moto import Faults, raw_client

        near.clock, near.faults = FakeClock(), Faults()
        near.calls.clear()
        far.calls.clear()
        self.folder = folder
        (folder / "prices.toml").write_text(PRICES)
        own = S3PlaceSettings(
            endpoint_url=far.url, region="eu-west-1", price_table=folder / "prices.toml", count_egress=True
        )
        self.settings = Settings(
            home=folder / "home",
            signals=QUICK,
            indexer=IndexerSettings(workers=1),
            s3=S3Settings(endpoint_url=near.url, region="us-east-1", locations={"far": own}),
        )
        with_catalog(self.settings.layout)
        self.services = build_services(self.settings)
        self.clients = {"near": raw_client(near.url), "far": raw_client(far.url)}
        self.buckets = {name: f"{name}-{uuid4().hex[:12]}" for name in self.clients}
        for name, client in self.clients.items():
            client.create_bucket(Bucket=self.buckets[name])
            uri = f"s3://{self.buckets[name]}/films"
            with self.services.catalog.write() as tx:
                tx.locations.add(Location(LocationId(mint("loc")), name, uri, LocationKind.S3))

    def at(self, name: str) -> Archive:
        with self.services.catalog.read() as view:
            return Archive(self.services, self.folder, view.locations.get(name))

    def put(self, name: str, key: str, storage_class: str = "STANDARD") -> None:
        still = material.still(self.folder / f"{name}-{key}")
        self.clients[name].put_object(
            Bucket=self.buckets[name],
            Key=f"films/{name}-{key}",
            Body=still.read_bytes(),
            StorageClass=storage_class,
        )

    def asset(self, name: str) -> AssetId:
        return self.at("near").assets()[name].id


@pytest.fixture
def home(glacier: "GlacierServer", elsewhere: "OtherStore", tmp_path: Path) -> Iterator[Home]:
    made = Home(tmp_path, glacier, elsewhere)
    yield made
    made.services.close()


def test_each_is_listed_in_its_own_store_and_one_asks_before_it_reads(
    home: Home, glacier: "GlacierServer", elsewhere: "OtherStore"
) -> None:
    home.put("near", "a.png")
    home.put("far", "a.png")
    near = home.at("near").index()
    assert (near.done, near.failed) == (1, 0)
    far = home.at("far").index()
    assert (far.discovered, far.total, far.failed) == (1, 0, 0)
    read = home.at("far").index(budget="1")
    assert (read.done, read.failed) == (1, 0)
    assert not [call for call in glacier.calls if home.buckets["far"] in call.path]
    assert not [call for call in elsewhere.calls if home.buckets["near"] in call.path]


def test_a_quote_is_by_the_stores_own_prices(home: Home) -> None:
    for name in ("near", "far"):
        home.put(name, "a.png", "GLACIER")
        home.at(name).index()
    restorer = open_restorer(home.services.catalog, home.settings)
    near = restorer.quote([home.asset("near-a.png")], retrieval_tier="standard")
    far = restorer.quote([home.asset("far-a.png")], retrieval_tier="standard")
    assert near.cost < Decimal(1) <= Decimal(5) <= far.cost
    charged = [{line.get("what") for line in quote.lines} for quote in (near, far)]
    assert ["egress of one read" in each for each in charged] == [False, True]


def test_egress_counts_where_there_is_any(home: Home) -> None:
    places = open_places(home.services.catalog, home.settings)
    near, far = home.at("near").location, home.at("far").location
    assert (places.terms(near.id).egress, places.terms(far.id).egress) == (False, True)
    assert not places.are_one_store(near, far)
    assert places.are_one_store(near, near)


def test_regions_are_one_store_and_accounts_are_not() -> None:
    regions = {"b": S3PlaceSettings(region="eu-west-1"), "c": S3PlaceSettings(profile="other")}
    s3 = S3Settings(region="us-east-1", locations=regions)
    assert s3.endpoint("a").store == s3.endpoint("b").store != s3.endpoint("c").store


def test_a_profile_has_its_own_credentials(
    glacier: "GlacierServer", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = f"archive-{uuid4().hex[:8]}"
    (tmp_path / "credentials").write_text(
        f"[{profile}]\naws_access_key_id = OTHERKEY\naws_secret_access_key = secret\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    from archive_tiering.s3.store import s3_client

    at = S3Settings(endpoint_url=glacier.url, region="us-east-1")
    known = s3_client(at.model_copy(update={"profile": profile}))
    assert known._request_signer._credentials.access_key == "OTHERKEY"  # type: ignore[attr-defined]
    # Clients are kept for the length of a process, whatever the environment said when they were made.
    assert s3_client(at)._request_signer._credentials.access_key != "OTHERKEY"  # type: ignore[attr-defined]
    with pytest.raises(StorageUnreachable, match="nobody"):
        s3_client(at.model_copy(update={"profile": "nobody"}))


def test_nothing_is_copied_by_a_store_that_has_not_got_it(
    glacier: "GlacierServer", elsewhere: "OtherStore", tmp_path: Path
) -> None:
    archive = removal("s3 to s3 elsewhere", tmp_path, glacier, elsewhere)
    elsewhere.calls.clear()
    archive.wrap(archive.add("a.mov", bytes(1 << 18)))
    plan, _ = archive.begin()
    (move,) = archive.run()
    assert (move.state, move.method) == (MoveState.DONE, Way.ACROSS)
    (route,) = plan.summary["routes"]  # type: ignore[misc]
    assert {"reading objects", "writing objects"} <= {line["what"] for line in route["charges"]}
    assert [call.status for call in elsewhere.calls if call.method == "PUT"] == [200]
    archive.catalog.close()


@pytest.mark.usefixtures("expected_errors")
def test_a_move_within_a_store_ends_where_settings_part_its_places(
    glacier: "GlacierServer", elsewhere: "OtherStore", tmp_path: Path
) -> None:
    archive = removal("s3 to s3", tmp_path, glacier)
    archive.wrap(archive.add("a.mov", bytes(1 << 18)))
    archive.begin()
    parted = archive.settings.s3.model_copy(
        update={"locations": {"target": S3PlaceSettings(endpoint_url=elsewhere.url)}}
    )
    archive.settings = archive.settings.model_copy(update={"s3": parted})
    elsewhere.calls.clear()
    (move,) = archive.run()
    assert (move.state, move.method) == (MoveState.FAILED, Way.STORE_COPY)
    assert "not in one store any more" in (move.error or "")
    assert not [call for call in elsewhere.calls if call.method == "PUT"]
    assert list(archive.listing(SOURCE)) == ["a.mov"]
    archive.catalog.close()
