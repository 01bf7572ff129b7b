"""An archive in small for the suites of moves: two locations, masters with proxies, rules, movers."""

import hashlib
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from archive_tiering.desk import TieringDesk
from archive_tiering.factory import open_places, open_store, open_tiering, open_writer
from archive_tiering.moves.applier import Applied
from archive_tiering.moves.guard import MoveGuard
from archive_tiering.moves.mover import Mover, OpenWriter
from archive_tiering.prices.moving import Way
from archive_tiering.stores.object_store import ObjectInfo, ObjectStore, Unreadable
from archive_tiering.writers.master_writer import MasterWriter
from catalog.factory import open_catalog
from catalog.model import (
    Asset,
    AssetKind,
    Instance,
    InstanceKind,
    Location,
    LocationKind,
    Move,
    ObjectRole,
    ProjectState,
    Rendition,
    RenditionRole,
    StoredObject,
    TierPlan,
    VectorFile,
)
from catalog.repository import Catalog
from foundation.home import Home
from foundation.ids import AssetId, InstanceId, LocationId, mint
from foundation.settings import Settings
from tests.fakes.clock import FakeClock

SOURCE, TARGET = LocationId("loc_source"), LocationId("loc_target")
RULES = """\
version: 1
rules:
  - name: wrapped
    when: {project: {state: wrapped}}
    to: TO
    pays_back_within: 1000 years
"""
SPACE = "visual/toy"


@dataclass
class Removal:
    """Everything a move touches.

    ``put`` writes an object into the source as anybody would; ``read`` gives the bytes at a target key,
    asleep or not, and None where there are none. ``rule`` does what the bucket's own lifecycle rule does.
    """

    home: Path
    settings: Settings
    clock: FakeClock
    put: Callable[[str, bytes], object]
    read: Callable[[str], bytes | None]
    read_source: Callable[[str], bytes | None]
    to: str
    rule: Callable[[], object] | None = None
    catalog: Catalog = field(init=False)

    def __post_init__(self) -> None:
        home = Home(self.home).create()
        home.catalog.write_bytes(_migrated())
        self.catalog = open_catalog(home, clock=self.clock)
        self.rules(RULES.replace("TO", self.to))

    def rules(self, text: str) -> None:
        self.settings.rules_file.write_text(text)

    def locate(self, location: LocationId, name: str, uri: str, kind: LocationKind) -> None:
        with self.catalog.write() as tx:
            tx.locations.add(Location(location, name, uri, kind))

    def desk(self) -> TieringDesk:
        """A fresh process's."""
        return open_tiering(self.catalog, self.settings, clock=self.clock)

    def mover(
        self,
        wrap: Callable[[MasterWriter], MasterWriter] = lambda writer: writer,
        catalog: Catalog | None = None,
        *,
        lease_seconds: float = 120.0,
        writers: OpenWriter | None = None,
    ) -> Mover:
        """A mover whose writers are wrapped, for what may go wrong, or others."""
        mine = catalog or self.catalog

        def own(location: Location, way: Way) -> MasterWriter:
            return open_writer(location, way, self.settings, clock=self.clock)

        opened = writers or own
        return Mover(
            mine,
            open_places(mine, self.settings, clock=self.clock),
            lambda location, way: wrap(opened(location, way)),
            MoveGuard(Home(self.home), self.settings.rules_file),
            Home(self.home),
            self.clock,
            lease_seconds=lease_seconds,
        )

    def store(self, location: LocationId) -> ObjectStore:
        with self.catalog.read() as view:
            return open_store(view.locations.by_id(location), self.settings, clock=self.clock)

    def listing(self, location: LocationId) -> dict[str, ObjectInfo]:
        found = list(self.store(location).list())
        assert not [item for item in found if isinstance(item, Unreadable)]
        return {item.key: item for item in found if isinstance(item, ObjectInfo)}

    def add(self, key: str, data: bytes, *beside: tuple[str, bytes], sha256: str | None = None) -> AssetId:
        """Put a master (and what lies beside it), catalogue it as listed, and index it."""
        for name, content in ((key, data), *beside):
            self.put(name, content)
        listing = self.listing(SOURCE)
        objects = [_stored(listing[key], ObjectRole.ESSENCE, sha256)]
        objects += [_stored(listing[name], ObjectRole.SIDECAR, None) for name, _ in beside]
        asset = Asset(AssetId(mint("ast")), AssetKind.VIDEO, key, SOURCE)
        copy = Instance(InstanceId(mint("ins")), asset.id, SOURCE, key, InstanceKind.FILE, tuple(objects))
        folder = Home(self.home).asset(asset.id)
        (folder / "vectors").mkdir(parents=True)
        proxy, vectors = f"proxy of {key}".encode(), f"vectors of {key}".encode()
        (folder / "proxy.mp4").write_bytes(proxy)
        (folder / "vectors" / "toy.parquet").write_bytes(vectors)
        with self.catalog.write() as tx:
            tx.assets_writer.register(asset, copy)
            shown = Rendition(RenditionRole.PROXY, "proxy.mp4", len(proxy), _sha256(proxy), "video/mp4")
            tx.facts_writer.put_rendition(asset.id, shown)
            file = VectorFile(
                asset.id, SPACE, "visual", "toy", "1", 4, 1, "vectors/toy.parquet", _sha256(vectors)
            )
            tx.facts_writer.put_vectors(file)
            tx.assets_writer.mark_indexed(asset.id)
        return asset.id

    def wrap(self, *assets: AssetId) -> None:
        with self.catalog.write() as tx:
            project = next((p for p in tx.projects.all() if p.name == "North"), None)
            project = project or tx.projects.create("North")
            tx.projects.assign(project.id, assets)
            tx.projects.set_state(project.id, ProjectState.WRAPPED)

    def unwrap(self) -> None:
        with self.catalog.write() as tx:
            tx.projects.set_state(tx.projects.get("North").id, ProjectState.ACTIVE)

    def begin(self) -> tuple[TierPlan, Applied]:
        """Plan and apply; nothing is moved yet."""
        desk = self.desk()
        plan = desk.plan()
        return plan, desk.apply(plan.id)

    def run(self, desk: TieringDesk | None = None) -> list[Move]:
        """Work off what is due, and once more after the bucket's own rule; all moves, oldest first."""
        mover = (desk or self.desk()).mover
        mover.run(threading.Event())
        if self.rule is not None:
            self.rule()
            self.clock.advance(hours=1)
            mover.run(threading.Event())
        return self.moves()

    def moves(self) -> list[Move]:
        with self.catalog.read() as view:
            return view.moves.find()[::-1]

    def copy_of(self, asset: AssetId) -> Instance:
        with self.catalog.read() as view:
            (copy,) = view.assets.instances(asset)
            return copy

    def audited(self) -> list[str]:
        with self.catalog.read() as view:
            assert view.audit.verify() is None
            return [entry.action for entry in view.audit.tail(1000)][::-1]


@cache
def _migrated() -> bytes:
    """An empty catalog: migrating takes longer than most tests."""
    with tempfile.TemporaryDirectory() as folder:
        open_catalog(Home(Path(folder))).close()
        return Home(Path(folder)).catalog.read_bytes()


def _stored(info: ObjectInfo, role: ObjectRole, sha256: str | None) -> StoredObject:
    return StoredObject(
        role=role,
        uri=info.uri,
        key=info.key,
        size=info.size,
        etag=info.etag,
        mtime_ns=info.mtime_ns,
        version=info.version,
        storage_class=info.storage_class,
        restore=info.restore,
        sha256=sha256,
    )


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
