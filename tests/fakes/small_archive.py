"""A small archive in a real catalog, with encoders, an index and a restore desk that tests see through."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np

from archive_tiering.factory import open_backfill, open_fixity, open_places, open_tiering
from archive_tiering.restores.approvals import ApprovalDesk, Decision
from archive_tiering.restores.changing import Wanted
from archive_tiering.restores.reservation import Request
from catalog import model as m
from catalog.factory import open_catalog
from catalog.repository import CatalogWriter
from embeddings.encoder import EncoderSpec, Picture, Vectors
from embeddings.packs import PackStore
from embeddings.vector_file import VectorRow, write_vectors
from embeddings.vector_index import Payload, Point
from foundation import ids
from foundation.errors import QuoteExpired, RestoreNotFound, StateConflict
from foundation.settings import Settings
from foundation.timecode import FrameRange, PtsTable
from search_api.bootstrap import Services, search_pool
from search_api.metrics import Metrics
from search_api.services.background import Backgrounds
from search_api.services.encoders import Encoders, Slot
from search_api.services.timelines import Timelines
from tests.fakes.exact_vector_index import ExactVectorIndex
from tests.fakes.migrated import with_catalog
from tests.fakes.told import Lines, put_screen_text, put_words

AXES = ("rabbit", "meadow", "harbour", "night", "country", "people", "talking", "boat")
VISUAL = EncoderSpec("visual", "toy", "a" * 64, len(AXES))
TEXT = EncoderSpec("text", "toy-text", "b" * 64, len(AXES))
RATE = Fraction(25)
NOW = datetime(2026, 11, 5, 12, tzinfo=UTC)


def direction(**weights: float) -> Vectors:
    """A unit vector by named axes."""
    vector = np.array([weights.get(axis, 0.0) for axis in AXES], np.float32) + 1e-4
    return vector / np.linalg.norm(vector)


class ToyEncoder:
    """Knows eight words; any other word is nothing to it."""

    def __init__(self, spec: EncoderSpec) -> None:
        self.spec = spec

    def encode_pictures(self, pictures: Sequence[Picture]) -> Vectors:
        """Red is a rabbit, green a meadow, blue a harbour."""
        colours = [picture.reshape(-1, 3).mean(axis=0) / 255 for picture in pictures]
        return np.stack([direction(rabbit=r, meadow=g, harbour=b) for r, g, b in colours])

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        return np.stack([direction(**dict.fromkeys(text.lower().split(), 1.0)) for text in texts])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        return self.encode_queries(texts)


class ToyDesk:
    """Quotes one dollar per master and remembers what was agreed to."""

    def __init__(self, approvals: ApprovalDesk) -> None:
        self.approvals = approvals
        self.quotes: dict[str, m.Quote] = {}
        self.started: dict[str, m.Restore] = {}

    def quote(
        self,
        asset_ids: Sequence[ids.AssetId],
        *,
        retrieval_tier: str | None = None,
        days: int | None = None,
        deadline: datetime | None = None,
        strict: bool = True,
        principal: ids.PrincipalId,
    ) -> m.Quote:
        quote = m.Quote(
            ids.QuoteId(ids.mint("quo")), tuple(asset_ids), retrieval_tier or "bulk", days or 3, 1000,
            len(asset_ids), 43_200, Decimal(len(asset_ids)), "USD", ({"kind": "charge"},),
            NOW, NOW + timedelta(hours=1),
        )  # fmt: skip
        self.quotes[quote.id] = quote
        return quote

    def agree(self, quote_id: ids.QuoteId, request: Request) -> list[m.Restore]:
        if quote_id not in self.quotes:
            raise QuoteExpired(f"There is no quote {quote_id}.")
        quote = self.quotes[quote_id]
        if quote_id not in self.started:
            self.started[quote_id] = m.Restore(
                id=ids.RestoreId(ids.mint("rst")),
                quote_id=quote_id,
                asset_id=quote.asset_ids[0],
                instance_id=ids.InstanceId("ins_x"),
                uri="vault:/x",
                version="",
                retrieval_tier=quote.retrieval_tier,
                days=quote.days,
                size=quote.size,
                cost=quote.cost,
                currency="USD",
                status=m.RestoreStatus.REQUESTED,
                requested_at=NOW,
            )
        return [self.started[quote_id]]

    def approve(self, approval_id: ids.ApprovalId, decision: Decision) -> tuple[m.Approval, list[m.Restore]]:
        return self.approvals.approve(approval_id, decision)

    def price_of_change(self, restore_id: ids.RestoreId, wanted: Wanted) -> Decimal:
        raise RestoreNotFound(f"There is no restore {restore_id}.")

    def change(self, restore_id: ids.RestoreId, wanted: Wanted, request: Request) -> m.Restore:
        raise RestoreNotFound(f"There is no restore {restore_id}.")

    def change_or_ask(
        self, restore_id: ids.RestoreId, wanted: Wanted, request: Request
    ) -> m.Restore | m.Approval:
        return self.change(restore_id, wanted, request)

    def cancel(self, restore_id: ids.RestoreId, *, principal: ids.PrincipalId) -> m.Restore:
        for key, restore in self.started.items():
            if restore.id == restore_id:
                if restore.status is m.RestoreStatus.CANCELLED:
                    raise StateConflict("It was cancelled before.")
                self.started[key] = replace(restore, status=m.RestoreStatus.CANCELLED)
                return self.started[key]
        raise RestoreNotFound(f"There is no restore {restore_id}.")

    def estimate(self, instance: m.Instance) -> tuple[m.RestoreState, int | None, Decimal | None]:
        if instance.essence.storage_class == "STANDARD":
            return m.RestoreState.NONE, None, None
        return m.RestoreState.NEEDED, 43_200, Decimal("0.0125")


class SmallArchive:
    """A film, a still, a sound and a cold film nobody has seen yet."""

    def __init__(self, folder: Path, settings: Settings | None = None) -> None:
        self.settings = settings or Settings(home=folder / "home")
        self.home = with_catalog(self.settings.layout)
        self.catalog = open_catalog(self.home)
        self.index = ExactVectorIndex(self.home.index)
        self.index.ensure_space(VISUAL)
        self.index.ensure_space(TEXT)
        terms = open_places(self.catalog, self.settings).terms
        self.desk = ToyDesk(ApprovalDesk(self.catalog, self.settings.tiering, terms))
        self.root = folder / "footage"
        self.root.mkdir()
        with self.catalog.write() as writer:
            self.footage = self._location(writer, "footage", str(self.root), m.LocationKind.FOLDER)
            self.vault = self._location(writer, "vault", f"vault:{folder / 'vault'}", m.LocationKind.VAULT)
            self.film = self._film(writer)
            self.still = self._still(writer)
            self.sound = self._sound(writer)
            self.cold = self._register(writer, "reels/night.mxf", m.AssetKind.VIDEO, self.vault, "VAULT_COLD")

    def services(self, *, has_index: bool = True) -> Services:
        """Services over this archive, with or without an index that can be opened."""
        packs = PackStore(self.home.packs)
        choice = packs.choice_file
        return Services(
            settings=self.settings,
            home=self.home,
            catalog=self.catalog,
            index=self.index if has_index else None,
            packs=packs,
            encoders=Encoders(
                Slot(lambda: ToyEncoder(VISUAL), choice), Slot(lambda: ToyEncoder(TEXT), choice)
            ),
            restorer=self.desk,
            tiering=open_tiering(self.catalog, self.settings),
            fixity=open_fixity(self.catalog, self.settings),
            backfill=open_backfill(self.catalog, self.settings),
            timelines=Timelines(),
            metrics=Metrics(),
            version="0.0.1",
            backgrounds=Backgrounds(packs.built),
            pool=search_pool(),
        )

    def store_vectors(self) -> None:
        """Vector files of all that the index holds, as indexing leaves them."""
        with self.catalog.write() as writer:
            for spec in (VISUAL, TEXT):
                points = list(self.index.spaces[spec.space].values())
                for asset_id in {point.payload.asset for point in points}:
                    of_asset = [point for point in points if point.payload.asset == asset_id]
                    writer.facts_writer.put_vectors(self._vector_file(asset_id, spec, of_asset))

    def _vector_file(self, asset_id: ids.AssetId, spec: EncoderSpec, points: Sequence[Point]) -> m.VectorFile:
        path = self.home.asset(asset_id) / "vectors" / f"{spec.kind}-{spec.name}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = [
            VectorRow(p.payload.ordinal, p.payload.position, p.payload.in_frame, p.payload.out_frame)
            for p in points
        ]
        digest = write_vectors(path, rows, np.stack([point.vector for point in points]))
        return m.VectorFile(
            asset_id, spec.space, spec.kind, spec.name, spec.revision, spec.dim, len(rows),
            f"vectors/{path.name}", digest,
        )  # fmt: skip

    def _location(self, writer: CatalogWriter, name: str, uri: str, kind: m.LocationKind) -> m.Location:
        location = m.Location(ids.LocationId(ids.mint("loc")), name, uri, kind)
        writer.locations.add(location)
        return location

    def _register(
        self,
        writer: CatalogWriter,
        name: str,
        kind: m.AssetKind,
        location: m.Location,
        storage_class: str = "STANDARD",
    ) -> m.Asset:
        asset = m.Asset(ids.AssetId(ids.mint("ast")), kind, name, location.id, storage_class=storage_class)
        essence = m.StoredObject(
            m.ObjectRole.ESSENCE, f"{location.uri}/{name}", name, 1000, storage_class=storage_class
        )
        instance_id = ids.InstanceId(ids.mint("ins"))
        instance = m.Instance(instance_id, asset.id, location.id, name, m.InstanceKind.FILE, (essence,))
        writer.assets_writer.register(asset, instance)
        return asset

    def add_video(self, name: str, shots: Sequence[tuple[int, int]], *vectors: Vectors) -> m.Asset:
        """One more film with a vector in the middle of each shot."""
        with self.catalog.write() as writer:
            asset = self._register(writer, name, m.AssetKind.VIDEO, self.footage)
            frames = shots[-1][1]
            pts = PtsTable.constant(RATE, frames)
            technical = m.Technical(rate=RATE, frames=frames, start_timecode="10:00:00:00")
            asset = replace(asset, technical=technical, duration_ms=int(pts.seconds * 1000))
            writer.assets_writer.describe(asset, pts, ())
            self._put_shots(writer, asset, shots)
            self._put_file(writer, asset, m.RenditionRole.PROXY, "proxy.mp4", "video/mp4", frames)
            writer.assets_writer.mark_indexed(asset.id)
        for ordinal, ((first, last), vector) in enumerate(zip(shots, vectors, strict=True)):
            self._point(asset, VISUAL, ordinal, vector, ((first + last) // 2, first, last))
        return asset

    def add_location(self, name: str) -> m.Location:
        """One more root."""
        with self.catalog.write() as writer:
            return self._location(writer, name, str(self.root.with_name(name)), m.LocationKind.FOLDER)

    def tell(self, asset: m.Asset, said: Lines = (), shown: Lines = ()) -> None:
        """Captions of an asset, by milliseconds, and text on its screen, by frames."""
        with self.catalog.write() as writer:
            put_words(writer, asset, said)
            put_screen_text(writer, asset, shown)

    def caption_the_cold_film(self, lines: Lines, meaning: Vectors) -> None:
        """Words from a sidecar of the film that sleeps."""
        with self.catalog.write() as writer:
            put_words(writer, self.cold, lines)
        self._point(self.cold, TEXT, 0, meaning, (lines[0][0] * 48, None, None))

    def name_a_face(self, name: str) -> m.Person:
        """Somebody, seen in the film's last shot."""
        with self.catalog.write() as writer:
            shot = writer.facts.shots(self.film.id)[-1]
            track = m.FaceTrack(
                ids.FaceTrackId(ids.mint("fac")), self.film.id, shot.id, 0, FrameRange(250, 350), 300,
                m.Box(0.4, 0.2, 0.2, 0.4), 0.9,
            )  # fmt: skip
            writer.facts_writer.replace_faces(self.film.id, [track])
            person = writer.people.add(name)
            writer.people.assign(self.film.id, [0], person.id)
        for points in self.index.spaces.values():
            for key, point in points.items():
                if point.payload.asset == self.film.id:
                    points[key] = replace(point, payload=replace(point.payload, persons=(person.id,)))
        return person

    def _film(self, writer: CatalogWriter) -> m.Asset:
        asset = self._register(writer, "films/meadow.mov", m.AssetKind.VIDEO, self.footage)
        pts = PtsTable.constant(RATE, 500)
        technical = m.Technical(rate=RATE, frames=500, width=1920, height=1080, start_timecode="10:00:00:00")
        asset = replace(asset, technical=technical, duration_ms=20_000, year=1987, year_source="recorded")
        writer.assets_writer.describe(asset, pts, ())
        self._put_shots(writer, asset, [(0, 100), (100, 250), (250, 500)])
        self._put_file(writer, asset, m.RenditionRole.PROXY, "proxy.mp4", "video/mp4", 500)
        self._put_file(writer, asset, m.RenditionRole.POSTER, "poster.jpg", "image/jpeg", None)
        lines = (
            (0, 3000, "Good morning everyone."),
            (4000, 6500, "Ask not what your"),
            (6500, 9000, "country can do."),
        )
        put_words(writer, asset, lines)
        writer.facts_writer.add_statement(
            m.Statement(
                ids.StatementId(ids.mint("stm")), asset.id, "subject", "lighthouse keeper", "person:prn_local"
            )
        )
        put_screen_text(writer, asset, [(260, 300, "PLATFORM NINE")])
        writer.assets_writer.mark_indexed(asset.id)
        looks = (direction(meadow=1), direction(rabbit=1, meadow=0.2), direction(people=1, talking=0.5))
        for ordinal, (vector, place) in enumerate(
            zip(looks, ((50, 0, 100), (180, 100, 250), (300, 250, 500)), strict=True)
        ):
            self._point(asset, VISUAL, ordinal, vector, place)
        self._point(asset, TEXT, 0, direction(country=1), (0, None, None))
        return asset

    def _still(self, writer: CatalogWriter) -> m.Asset:
        asset = self._register(writer, "stills/harbour.jpg", m.AssetKind.STILL, self.footage)
        asset = replace(asset, technical=m.Technical(width=800, height=600))
        writer.assets_writer.describe(asset, None, ())
        self._put_file(writer, asset, m.RenditionRole.STILL, "still.jpg", "image/jpeg", None)
        self._put_file(writer, asset, m.RenditionRole.POSTER, "poster.jpg", "image/jpeg", None)
        writer.assets_writer.mark_indexed(asset.id)
        self._point(asset, VISUAL, 0, direction(harbour=1, boat=1), (0, None, None))
        return asset

    def _sound(self, writer: CatalogWriter) -> m.Asset:
        asset = self._register(writer, "sound/address.wav", m.AssetKind.SOUND, self.footage)
        asset = replace(asset, duration_ms=12_000, technical=m.Technical(samples=576_000))
        writer.assets_writer.describe(asset, None, ())
        self._put_file(writer, asset, m.RenditionRole.PROXY, "proxy.m4a", "audio/mp4", None)
        put_words(
            writer, asset, ((1000, 4000, "my fellow citizens"), (4000, 8000, "the torch has been passed"))
        )
        writer.assets_writer.mark_indexed(asset.id)
        return asset

    def _put_shots(self, writer: CatalogWriter, asset: m.Asset, cuts: Sequence[tuple[int, int]]) -> None:
        shots = [
            m.Shot(ids.ShotId(ids.mint("sht")), asset.id, n, FrameRange(*cut)) for n, cut in enumerate(cuts)
        ]
        folder = self.home.asset(asset.id) / "keyframes"
        folder.mkdir(parents=True, exist_ok=True)
        keyframes = []
        for shot in shots:
            frame = (shot.frames.in_frame + shot.frames.out_frame) // 2
            (folder / f"f{frame:08d}.jpg").write_bytes(b"\xff\xd8" + str(frame).encode())
            keyframes.append(m.Keyframe(asset.id, shot.id, frame, f"keyframes/f{frame:08d}.jpg"))
        writer.facts_writer.replace_shots(asset.id, shots, keyframes)

    def _put_file(
        self,
        writer: CatalogWriter,
        asset: m.Asset,
        role: m.RenditionRole,
        path: str,
        media_type: str,
        frames: int | None,
    ) -> None:
        body = content_of(asset.id, role)
        file = self.home.asset(asset.id) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        digest = hashlib.sha256(body).hexdigest()
        writer.facts_writer.put_rendition(
            asset.id, m.Rendition(role, path, len(body), digest, media_type, frames=frames)
        )

    def _point(
        self,
        asset: m.Asset,
        spec: EncoderSpec,
        ordinal: int,
        vector: Vectors,
        place: tuple[int, int | None, int | None],
    ) -> None:
        position, in_frame, out_frame = place
        payload = Payload(
            asset.id, asset.collection, asset.location_id, asset.storage_class, asset.kind.value, asset.year,
            asset.duration_ms, ordinal=ordinal, position=position, in_frame=in_frame, out_frame=out_frame,
        )  # fmt: skip
        self.index.upsert(spec.space, [Point(ids.point_uuid(asset.id, spec.space, ordinal), vector, payload)])


def content_of(asset_id: str, role: m.RenditionRole) -> bytes:
    """Bytes of a rendition: 4,000 that differ by place, so that a wrong range is seen."""
    seed = hashlib.sha256(f"{asset_id}{role.value}".encode()).digest()
    return b"".join(hashlib.sha256(seed + bytes([n])).digest() for n in range(125))
