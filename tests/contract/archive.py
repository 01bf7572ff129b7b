"""An archive in small for the restorer's suite: a place, a real catalog over it, and a restorer."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path

from archive_tiering.places import Places
from archive_tiering.prices.cost import (
    ClassPrices,
    CopyPrice,
    PriceTable,
    TableInfo,
    TierPrice,
    TransferPrice,
)
from archive_tiering.prices.terms import Terms
from archive_tiering.restores.restorer import Restorer
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore
from catalog.factory import open_catalog
from catalog.model import (
    Asset,
    AssetKind,
    Instance,
    InstanceKind,
    Location,
    LocationKind,
    ObjectRole,
    RestoreState,
    StoredObject,
)
from catalog.repository import Catalog
from foundation.home import Home
from foundation.ids import AssetId, InstanceId, LocationId, mint
from foundation.settings import TieringSettings
from tests.contract.places import Place
from tests.fakes.clock import FakeClock
from tests.fakes.migrated import with_catalog

LOCATION = LocationId("loc_masters")


@dataclass
class Archive:
    """Everything a restore touches."""

    place: Place
    terms: Terms
    catalog: Catalog
    settings: TieringSettings
    home: Path

    def restorer(self, store: ObjectStore | None = None) -> Restorer:
        """A restorer as a fresh process would have it."""
        places = Places(self.catalog, lambda _: store or self.place.store, lambda _: self.terms)
        return Restorer(self.catalog, places, self.settings, self.place.clock)

    def with_budget(self, budget: str) -> "Archive":
        return self.with_settings(budget_usd=Decimal(budget))

    def with_settings(self, **settings: object) -> "Archive":
        return replace(self, settings=self.settings.model_copy(update=settings))

    def add(self, key: str, data: bytes, *, sha256: str | None = None) -> AssetId:
        """Put an object and catalogue it as its listing shows it."""
        self.place.put(key, data)
        found = next(item for item in self.place.listing() if item.key == key)
        return catalogue(self.catalog, found, sha256)

    def state(self, asset_id: AssetId) -> RestoreState:
        with self.catalog.read() as view:
            return view.assets.instances(asset_id)[0].essence.restore

    def spent(self) -> Decimal:
        with self.catalog.read() as view:
            return view.restores.spent(f"{self.place.clock():%Y-%m}")

    def audited(self) -> list[str]:
        with self.catalog.read() as view:
            assert view.audit.verify() is None
            return [entry.action for entry in view.audit.tail(100)][::-1]


def catalogue(catalog: Catalog, found: ObjectInfo, sha256: str | None = None) -> AssetId:
    item = StoredObject(
        role=ObjectRole.ESSENCE,
        uri=found.uri,
        key=found.key,
        size=found.size,
        etag=found.etag,
        mtime_ns=found.mtime_ns,
        version=found.version,
        storage_class=found.storage_class,
        restore=found.restore,
        sha256=sha256,
    )
    asset_id = AssetId(mint("ast"))
    instance = Instance(InstanceId(mint("ins")), asset_id, LOCATION, found.key, InstanceKind.FILE, (item,))
    asset = Asset(asset_id, AssetKind.VIDEO, found.key, LOCATION, storage_class=found.storage_class)
    with catalog.write() as tx:
        tx.assets_writer.register(asset, instance)
    return asset_id


def prices(storage_class: str) -> PriceTable:
    """Prices at which a few kilobytes cost money, so that tests can count it."""
    requests = {"expedited": 5000, "standard": 2000, "bulk": 500}
    retrieval = {tier: TierPrice(per_1000=Decimal(price)) for tier, price in requests.items()}
    return PriceTable(
        table=TableInfo(name="test", date=date(2026, 1, 1), source="this file"),
        copy=CopyPrice(per_gb_month=Decimal("0.023")),
        transfer=TransferPrice(get_per_1000=Decimal("0.0004")),
        classes={storage_class: ClassPrices(retrieval=retrieval)},
    )


def open_empty(home: Path, clock: FakeClock) -> Catalog:
    """A catalog with nothing in it."""
    return open_catalog(with_catalog(Home(home)), clock=clock)


def make_archive(place: Place, terms: Terms, kind: LocationKind, home: Path) -> Archive:
    catalog = open_catalog(with_catalog(Home(home)), clock=place.clock)
    with catalog.write() as tx:
        tx.locations.add(Location(LOCATION, "masters", "x:/masters", kind))
    settings = TieringSettings(restore_days=2, budget_usd=Decimal("25.00"), poll_seconds=900)
    return Archive(place, terms, catalog, settings, home)
