"""Settings → what the API works with. The one place in search_api that knows every factory."""

import os
import threading
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version

from archive_tiering.backfill.forecast import Backfill
from archive_tiering.factory import open_backfill, open_fixity, open_parts, open_restorer, open_tiering
from archive_tiering.fixity.desk import FixityDesk
from archive_tiering.parts.reader import PartReader
from catalog.factory import open_catalog
from catalog.model import LocationKind
from catalog.repository import Catalog
from embeddings.cursor import FollowedIndex
from embeddings.encoder import Picture, TextEncoder, VisualEncoder
from embeddings.factory import chosen_pack, open_text, open_visual
from embeddings.index_factory import open_index
from embeddings.packs import PackStore
from foundation import logging
from foundation.errors import IndexUnavailable, ModelError, NoSpace
from foundation.home import Home
from foundation.precedence import Precedence
from foundation.settings import Settings
from media.foreign_picture import read_foreign_picture
from media.tool import MediaLimits
from search_api.metrics import Metrics
from search_api.schemas import SearchReply, SearchRequest
from search_api.services.background import Backgrounds
from search_api.services.demand import DemandLog
from search_api.services.encoders import Encoders, RememberingText, Shelf, Slot
from search_api.services.examples import Examples
from search_api.services.pack_desk import PackDesk
from search_api.services.ports import RestoreDesk, TierDesk
from search_api.services.search import Search
from search_api.services.standing import Standing, attend
from search_api.services.timelines import Timelines

EXAMPLE_SECONDS = 20.0
"""Longest that decoding an example picture may take; somebody waits for it."""


def search_pool() -> Executor:
    """Threads that encode words and wait for the vector engine, of many searches at once."""
    return ThreadPoolExecutor(max(8, 4 * (os.cpu_count() or 1)), thread_name_prefix="near")


@dataclass(frozen=True, slots=True)
class Services:
    """Everything the routes work with, made once per API process.

    Attributes:
        index: None while it cannot be opened; searches then say so.
        pool: Where neighbours are asked for ahead; None where the engine would hold up looking up words.
        precedence: Searches that somebody waits for go first.
    """

    settings: Settings
    home: Home
    catalog: Catalog
    index: FollowedIndex | None
    packs: PackStore
    encoders: Encoders
    restorer: RestoreDesk
    tiering: TierDesk
    fixity: FixityDesk
    backfill: Backfill
    timelines: Timelines
    metrics: Metrics
    version: str
    backgrounds: Backgrounds
    pool: Executor | None = None
    demand: DemandLog = field(default_factory=DemandLog)
    precedence: Precedence = field(default_factory=Precedence)

    @property
    def search(self) -> Search:
        """The search over these services."""
        return self._search(self.encoders)

    def answer(self, request: SearchRequest) -> SearchReply:
        """Answer a search, with the packs it names in place of those in use."""
        encoders = self.encoders
        if request.visual_pack or request.text_pack:
            encoders = encoders.with_packs(request.visual_pack, request.text_pack)
        with self.precedence.first():
            return self._search(encoders).run(request)

    @property
    def pack_desk(self) -> PackDesk:
        """Trials of packs, and who serves."""
        return PackDesk(self.catalog, self.home, self.packs, self.index, self.encoders)

    def _search(self, encoders: Encoders) -> Search:
        return Search(
            self.catalog,
            self.index,
            encoders,
            self.restorer,
            self.settings.signals,
            self.timelines,
            Examples(encoders, self.home, self.timelines, self._read_picture),
            self.pool,
            self.backgrounds,
            self.metrics.observe_signal,
        )

    @property
    def parts(self) -> PartReader:
        """Parts of masters."""
        return open_parts(self.catalog, self.settings)

    @property
    def standing(self) -> Standing:
        """Saved searches over these services."""
        return Standing(self.catalog, self.index, self.search)

    def attend(self, stop: threading.Event) -> None:
        """Ask standing queries and write unmet demand until ``stop`` is set."""
        attend(self.standing.step, self.demand, self.catalog, self.settings.demand, stop)

    def _read_picture(self, data: bytes) -> Picture:
        limits = MediaLimits.from_settings(self.settings.media)
        return read_foreign_picture(data, self.home.scratch, replace(limits, timeout_floor=EXAMPLE_SECONDS))

    def close(self) -> None:
        """Make the index durable and give it up; release the catalog."""
        if self.pool is not None:
            self.pool.shutdown()
        if self.index is not None:
            self.index.flush()
            self.index.close()
        self.catalog.close()


def build_services(settings: Settings, *, stays: bool = False) -> Services:
    """Open the home; no model is loaded and no location is read.

    Args:
        settings: Which home.
        stays: Many will be answered: the vector engine gets a process of its own.

    Raises:
        CatalogBusy, CatalogCorrupt: The catalog cannot be opened.
        AlreadyOwned: Another process owns the vector index.
    """
    home = settings.layout.create()
    catalog = open_catalog(home)
    if stays:
        _tell_unmatched(catalog, settings)
    packs, metrics = PackStore(home.packs), Metrics()
    return Services(
        settings=settings,
        home=home,
        catalog=catalog,
        index=_index(home, settings, stays=stays),
        packs=packs,
        encoders=encoders_of(packs),
        restorer=open_restorer(catalog, settings),
        tiering=open_tiering(catalog, settings),
        fixity=open_fixity(catalog, settings, observe=metrics.observe_fixity),
        backfill=open_backfill(catalog, settings),
        timelines=Timelines(),
        metrics=metrics,
        version=_version(),
        backgrounds=Backgrounds(packs.built),
        pool=search_pool() if stays else None,
    )


def _tell_unmatched(catalog: Catalog, settings: Settings) -> None:
    """A bucket whose name is misspelt in the settings would be sought in another store."""
    with catalog.read() as view:
        names = [each.name for each in view.locations.all() if each.kind is LocationKind.S3]
    for name in settings.s3.unmatched(names):
        logging.get(__name__).warning("s3_settings_of_no_bucket", location=name)


def _version() -> str:
    try:
        return version("rekindle")
    except PackageNotFoundError:
        return "0+source"


def encoders_of(packs: PackStore) -> Encoders:
    """Query encoders that follow the choice of packs; both share one sentence model where they can."""
    choice = packs.choice_file
    texts: Shelf[TextEncoder] = Shelf(
        lambda name: chosen_pack(packs, "text", name).spec,
        lambda name: RememberingText(open_text(packs, name=name)),
    )
    text: Slot[TextEncoder] = Slot(texts.get, choice)

    def shared() -> TextEncoder | None:
        try:
            return text.get()
        except ModelError:
            return None

    visuals: Shelf[VisualEncoder] = Shelf(
        lambda name: chosen_pack(packs, "visual", name).spec,
        lambda name: open_visual(packs, text=shared(), name=name),
    )
    return Encoders(Slot(visuals.get, choice), text, visuals.get, texts.get)


def _index(home: Home, settings: Settings, *, stays: bool) -> FollowedIndex | None:
    try:
        return open_index(home, settings.vectors, apart=stays)
    except (IndexUnavailable, NoSpace) as error:
        logging.get(__name__).warning("index_unavailable", reason=error.message)
        return None
