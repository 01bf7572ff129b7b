"""What catalog tests are built of: every builder gives a valid noun, with what matters as arguments."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from catalog.model import (
    Asset,
    AssetKind,
    Box,
    ClusterMean,
    Cue,
    CueKind,
    DeadLetter,
    FaceTrack,
    Fingerprint,
    Instance,
    InstanceKind,
    Link,
    LinkKind,
    Location,
    LocationKind,
    ObjectRole,
    Restore,
    RestoreStatus,
    ScreenText,
    SharedRange,
    Shot,
    Statement,
    StoredObject,
    VectorFile,
)
from catalog.passages import build_passages
from catalog.repository import CatalogWriter
from foundation.ids import (
    AssetId,
    ClusterId,
    CueId,
    FaceTrackId,
    InstanceId,
    LocationId,
    QuoteId,
    RestoreId,
    RunId,
    ShotId,
    StatementId,
    mint,
)
from foundation.timecode import FrameRange, SampleRange

FACES = "face/a"
"""The space that clusters of faces are made in."""

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)


def location(name: str = "films", uri: str = "") -> Location:
    return Location(LocationId(mint("loc")), name, uri or f"/{name}", LocationKind.FOLDER)


def stored(
    name: str, *, role: ObjectRole = ObjectRole.ESSENCE, storage_class: str = "STANDARD"
) -> StoredObject:
    return StoredObject(role, f"/films/{name}", name, 1000, "etag", 7, storage_class=storage_class)


def instance(asset: Asset, name: str, *, storage_class: str = "STANDARD", available: bool = True) -> Instance:
    objects = (stored(name, storage_class=storage_class),)
    place = asset.location_id
    return Instance(InstanceId(mint("ins")), asset.id, place, name, InstanceKind.FILE, objects, available)


def register(
    writer: CatalogWriter,
    place: Location,
    name: str,
    *,
    kind: AssetKind = AssetKind.VIDEO,
    year: int | None = None,
    duration_ms: int | None = None,
    storage_class: str = "STANDARD",
) -> Asset:
    """An asset with one instance, registered."""
    asset = Asset(AssetId(mint("ast")), kind, name, place.id, year=year, duration_ms=duration_ms)
    writer.assets_writer.register(asset, instance(asset, name, storage_class=storage_class))
    return asset


def cues(
    asset: Asset, texts: Sequence[str], *, seconds: int = 4, kind: CueKind = CueKind.CAPTION
) -> list[Cue]:
    """Cues that follow one another without a pause."""
    length = seconds * 1000
    return [
        Cue(
            CueId(mint("cue")),
            asset.id,
            n,
            SampleRange.from_milliseconds(n * length, (n + 1) * length),
            text,
            kind,
        )
        for n, text in enumerate(texts)
    ]


def say(writer: CatalogWriter, asset: Asset, *texts: str, seconds: int = 4) -> None:
    """Caption an asset."""
    heard = cues(asset, texts, seconds=seconds)
    writer.facts_writer.replace_words(asset.id, heard, build_passages(heard))


def show(writer: CatalogWriter, asset: Asset, *texts: str) -> None:
    """Put text on an asset's screen."""
    lines = [
        ScreenText(asset.id, n, FrameRange(n * 10, n * 10 + 10), Box(0.1, 0.1, 0.5, 0.1), text, 0.9)
        for n, text in enumerate(texts)
    ]
    writer.facts_writer.replace_screen_text(asset.id, lines)


def statement(
    asset: Asset, value: str, *, field: str = "subject", source: str = "person:prn_local"
) -> Statement:
    return Statement(StatementId(mint("sta")), asset.id, field, value, source)


def face(asset: Asset, ordinal: int, *, at: int = 0, left: float = 0.1, quality: float = 0.5) -> FaceTrack:
    return FaceTrack(
        FaceTrackId(mint("fac")),
        asset.id,
        ShotId("sht_1"),
        ordinal,
        FrameRange(at, at + 20),
        at + 5,
        Box(left, 0.1, 0.2, 0.2),
        quality,
    )


def cluster(writer: CatalogWriter, *members: tuple[Asset, Sequence[int]]) -> ClusterId:
    """A new cluster of these face tracks."""
    made = ClusterId(mint("clu"))
    tracks = [
        track
        for asset, ordinals in members
        for track in writer.facts.faces(asset.id)
        if track.ordinal in ordinals
    ]
    writer.clusters.add(ClusterMean(made, FACES, b"\0" * 16, len(tracks)))
    writer.clusters.join(dict.fromkeys((track.id for track in tracks), made))
    return made


def shots(asset: Asset, *cuts: int) -> list[Shot]:
    """Shots between neighbouring cuts."""
    return [
        Shot(ShotId(mint("sht")), asset.id, n, FrameRange(cuts[n], cuts[n + 1])) for n in range(len(cuts) - 1)
    ]


def vectors(asset: Asset, space: str = "visual/a") -> VectorFile:
    return VectorFile(asset.id, space, "visual", "starter", "rev", 4, 2, "vectors/a.parquet", "0" * 64)


def letter(uri: str, run: RunId | None = None) -> DeadLetter:
    return DeadLetter(uri, "probe", "empty-file", "It is empty.", "Copy it again.", False, NOON, run_id=run)


def restore(asset: Asset, *, cost: str = "1.50", version: str = "v1") -> Restore:
    return Restore(
        id=RestoreId(mint("res")),
        quote_id=QuoteId(mint("quo")),
        asset_id=asset.id,
        instance_id=InstanceId("ins_1"),
        uri=f"s3://bucket/{asset.name}",
        version=version,
        retrieval_tier="standard",
        days=3,
        size=1000,
        cost=Decimal(cost),
        currency="USD",
        status=RestoreStatus.REQUESTED,
        requested_at=NOON,
    )


def fingerprint(asset: Asset, sha256: str = "a" * 64) -> Fingerprint:
    return Fingerprint(asset.id, "1", "fingerprint.parquet", sha256, 50, 5, 1.0, has_colour=True)


def link(
    one: Asset, other: Asset, *, kind: LinkKind = LinkKind.SAME, at: int = 0, score: float = 0.99
) -> Link:
    """Ten seconds that two assets share, ``at`` in the one with the greater id."""
    first, second = sorted((one.id, other.id))
    shared = SharedRange(FrameRange(0, 250), FrameRange(at, at + 250), score)
    return Link(first, second, kind, score, (shared,), part=first if kind is LinkKind.PART else None)
