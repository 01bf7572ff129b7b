"""Two folders and a vault with masters in a real catalog, and the hands that turn a bit around."""

import hashlib
import os
from dataclasses import dataclass, replace
from pathlib import Path

from archive_tiering.factory import open_fixity, open_store
from archive_tiering.fixity.derived import PROXY, SHOTS, WALK
from archive_tiering.fixity.desk import FixityDesk
from archive_tiering.stores.object_store import ObjectInfo
from catalog.model import (
    Asset,
    AssetKind,
    CheckOutcome,
    Finding,
    FindingState,
    FixityItem,
    Instance,
    InstanceKind,
    Keyframe,
    Location,
    LocationKind,
    ObjectRole,
    Rendition,
    RenditionRole,
    RestoreState,
    Shot,
    StageRun,
    StoredObject,
)
from catalog.repository import Catalog
from foundation.ids import AssetId, FindingId, InstanceId, LocationId, ShotId, mint
from foundation.settings import FixitySettings, Settings
from foundation.timecode import FrameRange
from tests.fakes.clock import FakeClock

FILM = bytes(range(256)) * 8192
LONG_AGO = 1_700_000_000
EVERYTHING = 1 << 40


@dataclass
class Archive:
    """Two folders and a vault with masters, and a desk over them."""

    settings: Settings
    catalog: Catalog
    clock: FakeClock
    folder: Path

    def __post_init__(self) -> None:
        self.nas = self.location("nas")
        self.copy = self.location("copy")
        self.vault = self.location("cellar", LocationKind.VAULT)
        self.desk = self.open()

    def open(self, **fixity: object) -> FixityDesk:
        settings = self.settings.model_copy(update={"fixity": FixitySettings(**fixity)})
        return open_fixity(self.catalog, settings, clock=self.clock)

    def location(self, name: str, kind: LocationKind = LocationKind.FOLDER) -> Location:
        (self.folder / name).mkdir()
        prefix = {LocationKind.VAULT: "vault:", LocationKind.S3: "s3:/"}.get(kind, "")
        uri = f"{prefix}{self.folder / name}"
        place = Location(LocationId(mint("loc")), name, uri, kind)
        with self.catalog.write() as tx:
            tx.locations.add(place)
        return place

    def path(self, place: Location, key: str) -> Path:
        return self.folder / place.name / key

    def master(self, place: Location, key: str, data: bytes = FILM, *, of: Asset | None = None) -> Asset:
        """Lay a master down and catalogue it, with its digest."""
        path = self.path(place, key)
        path.write_bytes(data)
        os.utime(path, (LONG_AGO, LONG_AGO))
        found = open_store(place, self.settings, clock=self.clock).head(key)
        asset = of or Asset(AssetId(mint("ast")), AssetKind.VIDEO, key, place.id)
        item = stored(found, hashlib.sha256(data).hexdigest())
        instance = Instance(InstanceId(mint("ins")), asset.id, place.id, key, InstanceKind.FILE, (item,))
        with self.catalog.write() as tx:
            if of is None:
                tx.assets_writer.register(asset, instance)
            else:
                twin = replace(asset, id=AssetId(mint("ast")))
                tx.assets_writer.register(twin, replace(instance, asset_id=twin.id))
                tx.assets_writer.merge(twin.id, asset.id)
        return asset

    def derive(self, asset: Asset) -> Path:
        """A proxy and a keyframe, as indexing leaves them."""
        folder = self.settings.layout.asset(asset.id)
        for path, data in (("proxy.mp4", b"proxy" * 999), ("keyframes/f1.jpg", b"\xff\xd8still")):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
            os.utime(folder / path, (LONG_AGO, LONG_AGO))
        digest = hashlib.sha256(b"proxy" * 999).hexdigest()
        shot = Shot(ShotId(mint("sht")), asset.id, 0, FrameRange(0, 9))
        with self.catalog.write() as tx:
            proxy = Rendition(RenditionRole.PROXY, "proxy.mp4", 4995, digest, "video/mp4")
            tx.facts_writer.put_rendition(asset.id, proxy)
            keyframe = Keyframe(asset.id, shot.id, 1, "keyframes/f1.jpg")
            tx.facts_writer.replace_shots(asset.id, [shot], [keyframe])
            for stage in (WALK, PROXY, SHOTS):
                tx.facts_writer.finish_stage(StageRun(asset.id, stage, "1", "x"))
            tx.assets_writer.mark_indexed(asset.id)
        return folder

    def run(self, place: Location | str, desk: FixityDesk | None = None) -> dict[CheckOutcome, int]:
        """Check everything in a place once."""
        where = place if isinstance(place, str) else place.id
        return (desk or self.desk).step(where, EVERYTHING).outcomes

    def only(self) -> Finding:
        (finding,) = self.desk.findings()
        return finding

    def item(self, place: Location, key: str) -> FixityItem:
        with self.catalog.read() as view:
            found = view.fixity.item(place.id, f"file://{self.path(place, key)}")
        assert found is not None
        return found

    def audited(self) -> list[str]:
        with self.catalog.read() as view:
            assert view.audit.verify() is None
            return [entry.action for entry in view.audit.tail(20)][::-1]

    def object_in_s3(self, of: Asset, place: Location, *, storage_class: str = "STANDARD") -> StoredObject:
        """Catalogue a further copy that a bucket is said to hold; nothing is asked of it."""
        item = StoredObject(
            ObjectRole.ESSENCE, f"{place.uri}/{of.name}", of.name, len(FILM), "e", 0, "", storage_class,
            RestoreState.NEEDED if storage_class == "GLACIER" else RestoreState.NONE,
            hashlib.sha256(FILM).hexdigest(),
        )  # fmt: skip
        twin = replace(of, id=AssetId(mint("ast")))
        copy = Instance(InstanceId(mint("ins")), twin.id, place.id, of.name, InstanceKind.FILE, (item,))
        with self.catalog.write() as tx:
            tx.assets_writer.register(twin, copy)
            tx.assets_writer.merge(twin.id, of.id)
        return item

    def forget(self, asset: Asset, place: Location) -> None:
        """Have no copy of a master in a place any more."""
        with self.catalog.write() as tx:
            for copy in tx.assets.instances(asset.id):
                if copy.location_id == place.id:
                    tx.assets_writer.replace_instance(replace(copy, available=False))

    def found_wrong(self, of: Asset, place: Location, item: StoredObject) -> Finding:
        """Put on record that an object in ``place`` does not read as it should."""
        with self.catalog.write() as tx:
            tx.fixity.enrol(place.id)
            return tx.fixity.put_finding(
                Finding(
                    FindingId(mint("fnd")), place.id, item.uri, item.key, "Other bytes.", FindingState.FOUND,
                    self.clock(), of.id, expected=item.sha256,
                )
            )  # fmt: skip


def stored(found: ObjectInfo, sha256: str | None) -> StoredObject:
    return StoredObject(
        ObjectRole.ESSENCE,
        found.uri,
        found.key,
        found.size,
        found.etag,
        found.mtime_ns,
        found.version,
        found.storage_class,
        found.restore,
        sha256,
    )


def flip(path: Path, at: int = 1000) -> None:
    """Turn one bit around, as a disk does: without a trace in the file's times."""
    facts = path.stat()
    with path.open("r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 4]))
    os.utime(path, ns=(facts.st_atime_ns, facts.st_mtime_ns))
