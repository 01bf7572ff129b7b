"""Settings → what a worker works with. Light on purpose: neither models nor decoders are imported here."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from archive_tiering.factory import open_store, open_tolls
from archive_tiering.quotes.tolls import TollGate
from archive_tiering.stores.object_store import ObjectStore
from catalog.factory import open_catalog
from catalog.model import Location
from catalog.repository import Catalog
from embeddings.packs import PackStore
from foundation.home import Home
from foundation.settings import Settings
from indexer.recipe import Recipe, recipe_of

if TYPE_CHECKING:
    from indexer.models import Models


@dataclass(frozen=True, slots=True)
class Services:
    """What every job needs, made once per process.

    Attributes:
        packs: The home's model packs; nothing is loaded.
        open_store: Opens the object store of a location.
        tolls: Charges reads that are billed.
        models: The process's encoders, the same ones to whoever asks; nothing is loaded before.
    """

    settings: Settings
    home: Home
    catalog: Catalog
    packs: PackStore
    open_store: Callable[[Location], ObjectStore]
    tolls: TollGate
    models: Callable[[], "Models"]

    def recipe(self) -> Recipe:
        """The stages that are wanted now; packs may change while a worker runs."""
        return recipe_of(self.settings, self.packs)

    def close(self) -> None:
        """Release the catalog."""
        self.catalog.close()


def build_services(settings: Settings) -> Services:
    """Open the home; no model is loaded and no location is read."""
    home = settings.layout.create()
    packs = PackStore(home.packs)

    @cache
    def models() -> "Models":
        # Runs over an archive that has nothing new never get here.
        from embeddings.compute import Compute  # noqa: PLC0415
        from indexer.models import Models  # noqa: PLC0415

        return Models(packs, Compute(threads=1 if worker_count(settings) > 1 else 0))

    catalog = open_catalog(home)
    return Services(
        settings=settings,
        home=home,
        catalog=catalog,
        packs=packs,
        open_store=lambda location: open_store(location, settings),
        tolls=open_tolls(catalog, settings),
        models=models,
    )


def worker_count(settings: Settings) -> int:
    """Worker processes: as set, else one per two cores."""
    return settings.indexer.workers or max(1, (os.cpu_count() or 2) // 2)
