"""What one walk has in its hands: the asset, its copy, its folder, and the master once it is needed."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from archive_tiering.stores.object_store import ObjectStore
from catalog.model import Asset, Instance, Rendition, RenditionRole, StageRun
from catalog.repository import CatalogWriter
from foundation.errors import AlreadyOwned
from indexer.bootstrap import Services
from indexer.derived import clear, sweep_aside
from indexer.face_finder import FaceFinder
from indexer.lease import Lease
from indexer.master import Master, digest_of, stage_master
from indexer.models import Models
from indexer.purse import pay_for
from indexer.recipe import Recipe
from media.frame_clock import FrameClock, clock_of
from media.probe import MediaInfo, probe
from media.tool import MediaLimits

PROBE = "probe"
"""The stage that says what the master is."""

Commit = Callable[[CatalogWriter], None]
"""Writes one stage's facts; runs inside the transaction that also records the stage as done."""


@dataclass(slots=True)
class Work:
    """The walk of one asset under way.

    ``asset``, ``done`` and ``renditions`` follow the catalog as stages commit. The master is staged when a
    stage asks for it, never before; an asset whose due stages need only derived files never touches it.
    ``borrowed`` says that the master sleeps and a proxy that others made stands for it.
    ``registered`` tells a known copy from one that nobody has looked into yet.
    """

    services: Services
    models: Models
    limits: MediaLimits
    lease: Lease
    recipe: Recipe
    store: ObjectStore
    instance: Instance
    asset: Asset
    registered: bool
    done: dict[str, StageRun] = field(default_factory=dict)
    renditions: dict[RenditionRole, Rendition] = field(default_factory=dict)
    borrowed: bool = False
    _master: Master | None = None
    _info: MediaInfo | None = None
    _finder: FaceFinder | None = None

    @property
    def folder(self) -> Path:
        """Where everything derived from the asset is kept."""
        return self.services.home.asset(self.asset.id)

    @property
    def scratch(self) -> Path:
        """A folder of this job alone, emptied when it ends."""
        return self.services.home.scratch / self.lease.job.id

    @property
    def is_probed(self) -> bool:
        """These very bytes were probed before, at the wanted version."""
        done, sha256 = self.done.get(PROBE), self.asset.sha256
        if done is None or (done.version, done.input_digest) != (self.recipe.versions[PROBE], sha256):
            return False
        return digest_of(self.instance.objects) == sha256

    def _clock(self, head: bytes) -> FrameClock:
        """The time of numbered pictures: as on record, for what is made anew has to fit what was not."""
        known = self.asset.technical
        if self.is_probed and known.rate is not None:
            return FrameClock(known.rate, known.start_timecode)
        return clock_of(head, self.services.settings.media.sequence_rate)

    def master(self) -> Master:
        """The master, readable and digested; read once per walk."""
        if self._master is None:
            pay_for(self.services, self.lease.job.run_id, self.instance)
            self.lease.report("identify", 0.0)
            self._master = stage_master(self.store, self.instance, self.scratch, self.limits, self._clock)
        return self._master

    def info(self) -> MediaInfo:
        """What the master holds."""
        if self._info is None:
            path = self.master().path
            self.lease.report("probe", 0.0)
            self._info = probe(path, self.limits)
        return self._info

    def face_finder(self) -> FaceFinder:
        """What finds faces, the same for all stages that ask.

        Raises:
            ModelError: There is no face pack that loads.
        """
        if self._finder is None:
            self._finder = FaceFinder(self.models.face())
        return self._finder

    def borrow(self, proxy: Master, info: MediaInfo) -> None:
        """Let a proxy that others made stand for the master, which sleeps; its bytes lie at other offsets."""
        self._master, self._info, self.borrowed = proxy, replace(info, sync_frames=()), True

    def refresh(self) -> None:
        """Read again what the catalog knows of the asset."""
        with self.services.catalog.read() as reader:
            self.asset = reader.assets.get(self.asset.id)
            self.done = reader.facts.stage_runs(self.asset.id)
            self.renditions = reader.facts.renditions(self.asset.id)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other workers away from the asset: two copies of it may be walked at the same time.

        Raises:
            AlreadyOwned: Another worker has it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        with alone_with(self.folder, self.asset.name):
            sweep_aside(self.folder)
            self.refresh()
            yield

    def close(self) -> None:
        """Empty the scratch folder."""
        clear(self.scratch)


@contextmanager
def alone_with(folder: Path, name: str) -> Iterator[None]:
    """Keep other workers away from an asset's folder, which exists.

    Raises:
        AlreadyOwned: Another worker has it.
    """
    with (folder / ".walk.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyOwned(f"{name!r} is being worked on from another copy.") from error
        yield
