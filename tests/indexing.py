"""An archive under test: a home, a folder of masters, and runs of the index over it in this process."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from catalog.model import Asset, DeadLetter, IndexRun, Location, LocationKind
from catalog.query import AssetFilter
from catalog.repository import CatalogReader
from foundation.ids import LocationId, RunId, mint
from foundation.settings import IndexerSettings, MediaSettings, Settings, SignalSettings, TieringSettings
from indexer.backfill import Worker
from indexer.bootstrap import Services, build_services
from tests.fakes.migrated import with_catalog

QUICK = SignalSettings(faces=False, onscreen=False, speech=False, descriptors=False)
"""Signals that load no slow model."""


@dataclass
class Archive:
    """One home with one location."""

    services: Services
    root: Path
    location: Location

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        signals: SignalSettings = QUICK,
        indexer: IndexerSettings = IndexerSettings(workers=1),  # noqa: B008 - frozen
        kind: LocationKind = LocationKind.FOLDER,
        tiering: TieringSettings = TieringSettings(),  # noqa: B008 - frozen
        media: MediaSettings = MediaSettings(),  # noqa: B008 - frozen
    ) -> "Archive":
        """Make (or open again) a home and its location under ``folder``."""
        home = folder / "home"
        settings = Settings(home=home, signals=signals, indexer=indexer, tiering=tiering, media=media)
        with_catalog(settings.layout)
        services = build_services(settings)
        root = folder / "footage"
        root.mkdir(exist_ok=True)
        with services.catalog.write() as writer:
            there = writer.locations.all()
            if not there:
                uri = f"vault:{root}" if kind is LocationKind.VAULT else str(root)
                writer.locations.add(Location(LocationId(mint("loc")), "footage", uri, kind))
            location = writer.locations.get("footage")
        return cls(services, root, location)

    def order(
        self,
        *,
        prefix: str | None = None,
        cold: bool = False,
        budget: str | None = None,
        survey: bool = False,
    ) -> RunId:
        """Start a run and enqueue its discovery, as the API does."""
        payload = {
            "location": self.location.id,
            "prefix": prefix,
            "cold": cold,
            "budget_usd": budget,
            "survey": survey,
        }
        with self.services.catalog.write() as writer:
            run = writer.runs.start()
            writer.jobs.enqueue("discover", self.location.id, payload, run=run, asset=None)
        return run

    def index(
        self,
        *,
        prefix: str | None = None,
        cold: bool = False,
        budget: str | None = None,
        survey: bool = False,
    ) -> IndexRun:
        """Index and return the finished run."""
        return self.finish(self.order(prefix=prefix, cold=cold, budget=budget, survey=survey))

    def finish(self, run: RunId) -> IndexRun:
        """Work until a run is done."""
        Worker(self.services, Event(), run).work(until_done=True)
        with self.read() as reader:
            return reader.runs.get(run)

    def read(self) -> AbstractContextManager[CatalogReader]:
        """A view of the catalog."""
        return self.services.catalog.read()

    def assets(self) -> dict[str, Asset]:
        """Visible assets by name."""
        with self.read() as reader:
            return {a.name: a for a in reader.assets.page(AssetFilter(), after=None, limit=10_000)}

    def letters(self) -> dict[str, DeadLetter]:
        """Dead letters by the last part of their URI."""
        with self.read() as reader:
            return {letter.uri.rpartition("/")[2]: letter for letter in reader.runs.dead_letters()}
