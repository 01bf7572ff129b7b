"""Quotes over many cold objects: ``python -m scripts.bench.quotes [--objects 10000] [--out FOLDER]``.

Makes a catalog of that many assets with one object each, half in GLACIER and half in DEEP_ARCHIVE, puts them
into a basket, and measures a quote with every retrieval tier, and the transaction that agrees to it (money
reserved, restores and waiters written, everybody told; no store is asked). Writes ``quotes.json`` and
``quotes.md``.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from archive_tiering.places import Places
from archive_tiering.prices.budgets import caps_of
from archive_tiering.prices.cost import load_prices
from archive_tiering.prices.terms import Terms
from archive_tiering.restores.reservation import Agreement, begin_all
from archive_tiering.restores.restorer import Restorer
from catalog.factory import open_catalog
from catalog.model import (
    Asset,
    AssetKind,
    BasketItem,
    Instance,
    InstanceKind,
    Location,
    LocationKind,
    ObjectRole,
    Quote,
    RestoreState,
    StoredObject,
)
from catalog.repository import Catalog
from foundation.errors import StorageUnreachable
from foundation.home import Home
from foundation.ids import LOCAL_PRINCIPAL, AssetId, BasketItemId, InstanceId, LocationId, mint
from foundation.settings import TieringSettings
from scripts.bench.report import Figure, save

_TARGET_SECONDS = 2.0
CLASSES = ("GLACIER", "DEEP_ARCHIVE")
_PLACE = LocationId("loc_bench")
_SIZE = 8 << 30
Result = TypeVar("Result")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--objects", type=int, default=10_000, help="how many")
    parser.add_argument("--out", type=Path, default=Path(), help="folder of the report")
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        save("quotes", "Quotes of cold masters", quotes(Path(folder), asked.objects), asked.out)
    return 0


def quotes(folder: Path, objects: int) -> list[Figure]:
    """Figures of a basket: wall seconds, and CPU seconds of this process."""
    catalog = open_catalog(Home(folder))
    assets = _fill(catalog, objects)
    settings = TieringSettings(budget_usd=Decimal(10_000_000))
    desk = Restorer(catalog, _places(catalog), settings, lambda: datetime.now(UTC))
    deadline = datetime.now(UTC) + timedelta(hours=13)
    wall, cpu, quote = _timed(lambda: desk.quote(_basket(catalog), deadline=deadline, strict=False))
    agreed_wall, agreed_cpu, begun = _timed(lambda: _agree(catalog, settings, quote))
    catalog.close()
    assert quote.objects == begun == len(assets)  # noqa: S101 - a wrong figure must not be printed
    what, scaled = f"{objects:,} objects", _TARGET_SECONDS * objects / 10_000
    return [
        Figure(f"quote for {what}", wall, "s", "at most", scaled, "every tier, kept in the catalog"),
        Figure(f"quote for {what}, processor", cpu, "CPU s"),
        Figure(f"agreeing to it, {what}", agreed_wall, "s", note="one transaction, no store asked"),
        Figure(f"agreeing to it, {what}, processor", agreed_cpu, "CPU s"),
    ]


def _timed(work: Callable[[], Result]) -> tuple[float, float, Result]:
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def _agree(catalog: Catalog, settings: TieringSettings, quote: Quote) -> int:
    agreement = Agreement(quote, LOCAL_PRINCIPAL, datetime.now(UTC))
    places = _places(catalog)
    with catalog.write() as tx:
        caps = caps_of(tx, settings, agreement.principal, agreement.project, agreement.month)
        return len(begin_all(tx, agreement, caps, places.terms))


def _basket(catalog: Catalog) -> list[AssetId]:
    with catalog.read() as view:
        return [item.asset_id for item in view.baskets.items(view.baskets.get("bench", LOCAL_PRINCIPAL))]


def _places(catalog: Catalog) -> Places:
    def nowhere(_: Location) -> object:
        raise StorageUnreachable("A benchmark of quotes asks no store.")

    terms = Terms(load_prices(None))
    return Places(catalog, nowhere, lambda _: terms)  # type: ignore[arg-type]


def _fill(catalog: Catalog, objects: int) -> list[AssetId]:
    assets = []
    with catalog.write() as tx:
        tx.locations.add(Location(_PLACE, "bench", "s3://bench", LocationKind.S3))
        for number in range(objects):
            asset, instance = _film(number)
            tx.assets_writer.register(asset, instance)
            assets.append(asset.id)
        basket = tx.baskets.open("bench", LOCAL_PRINCIPAL)
        tx.baskets.put(basket, [BasketItem(BasketItemId(mint("bki")), asset_id) for asset_id in assets])
    return assets


def _film(number: int) -> tuple[Asset, Instance]:
    asset_id, name = AssetId(mint("ast")), f"films/{number:06d}.mxf"
    cold = CLASSES[number % len(CLASSES)]
    item = StoredObject(
        role=ObjectRole.ESSENCE,
        uri=f"s3://bench/{name}",
        key=name,
        size=_SIZE + number,
        etag=f"{number:032x}",
        storage_class=cold,
        restore=RestoreState.NEEDED,
    )
    instance = Instance(InstanceId(mint("ins")), asset_id, _PLACE, name, InstanceKind.FILE, (item,))
    return Asset(asset_id, AssetKind.VIDEO, name, _PLACE, storage_class=cold), instance


if __name__ == "__main__":
    raise SystemExit(main())
