"""Assets and their copies, read from SQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from catalog.filters import conditions, visible
from catalog.model import ASLEEP, Asset, AssetState, AssetTimeline, Instance, InstanceKind, Track
from catalog.query import AssetFilter
from catalog.repository import KnownInstance
from catalog.rows import Row, asset_of, object_of, technical_of
from catalog.session import Session, one_of
from catalog.sql_presence import primary_order
from catalog.tables import aliases, assets, instances, objects
from catalog.tables_facts import stage_runs, timelines, tracks
from foundation.errors import AssetNotFound
from foundation.ids import AssetId, LocationId
from foundation.timecode import PtsTable

WALK = "walk"
"""Name of the stage run whose version is the recipe an asset was indexed with."""

_ASSETS = sa.select(assets).where(one_of(assets.c.id))
_COPIES = sa.select(instances).where(one_of(instances.c.asset_id))
_OBJECTS = (
    sa.select(objects).where(one_of(objects.c.instance_id)).order_by(objects.c.instance_id, objects.c.ordinal)
)
_TIMELINES = (
    sa.select(assets, timelines.c.pts)
    .outerjoin(timelines, timelines.c.asset_id == assets.c.id)
    .where(one_of(assets.c.id))
)
_KNOWN = (
    sa.select(
        instances.c.name,
        instances.c.id,
        instances.c.asset_id,
        instances.c.identity,
        instances.c.storage_class,
        instances.c.available,
        assets.c.indexed_at.is_not(None).label("complete"),
        sa.func.coalesce(stage_runs.c.version, "").label("recipe"),
        assets.c.sha256.is_(None).label("unread"),
        sa.select(1)
        .where(objects.c.instance_id == instances.c.id, objects.c.restore.in_(ASLEEP))
        .exists()
        .label("asleep"),
    )
    .join(assets, assets.c.id == instances.c.asset_id)
    .outerjoin(stage_runs, sa.and_(stage_runs.c.asset_id == assets.c.id, stage_runs.c.stage == WALK))
)


class SqlAssets:
    """Works and their copies."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def get(self, asset_id: AssetId) -> Asset:
        """By id, following aliases of merged assets; raises AssetNotFound."""
        found = self.many([asset_id]).get(asset_id)
        if found is None:
            raise AssetNotFound(f"There is no asset {asset_id}.")
        return found

    def many(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Asset]:
        """Those that exist, by the id that was asked for, following aliases."""
        asked = dict.fromkeys(asset_ids)
        found = {row.id: asset_of(row) for row in self._session.rows_of(_ASSETS, asked)}
        missing = [asset_id for asset_id in asked if asset_id not in found]
        return found | self._merged(missing) if missing else found

    def page(self, where: AssetFilter, *, after: AssetId | None, limit: int) -> list[Asset]:
        """A page of visible assets in id order."""
        query = sa.select(assets).where(visible(), *conditions(where))
        if after is not None:
            query = query.where(assets.c.id > after)
        return [asset_of(row) for row in self._session.rows(query.order_by(assets.c.id).limit(limit))]

    def withdrawn(self, *, after: AssetId | None, limit: int) -> list[Asset]:
        """A page of what a person hid, in id order."""
        query = sa.select(assets).where(assets.c.state == AssetState.WITHDRAWN)
        if after is not None:
            query = query.where(assets.c.id > after)
        return [asset_of(row) for row in self._session.rows(query.order_by(assets.c.id).limit(limit))]

    def select(self, where: AssetFilter) -> frozenset[AssetId]:
        """Ids of visible assets that pass."""
        query = sa.select(assets.c.id).where(visible(), *conditions(where))
        return frozenset(row.id for row in self._session.rows(query))

    def count(self, where: AssetFilter) -> int:
        """How many visible assets pass."""
        query = sa.select(sa.func.count()).select_from(assets).where(visible(), *conditions(where))
        return int(self._session.value(query))

    def instances(self, asset_id: AssetId) -> list[Instance]:
        """Copies of the essence, those that can be read now first."""
        rows = self._session.rows(sa.select(instances).where(instances.c.asset_id == self._current(asset_id)))
        parts = self._objects([row.id for row in rows])
        return [_instance(row, parts[row.id]) for row in sorted(rows, key=primary_order)]

    def copies(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, list[Instance]]:
        """Copies of many assets, those that can be read now first, by the id of the asset itself."""
        found: dict[AssetId, list[Row]] = defaultdict(list)
        for row in self._session.rows_of(_COPIES, asset_ids):
            found[row.asset_id].append(row)
        parts = self._objects([row.id for rows in found.values() for row in rows])
        return {
            asset_id: [_instance(row, parts[row.id]) for row in sorted(rows, key=primary_order)]
            for asset_id, rows in found.items()
        }

    def primary_instances(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, Instance]:
        """The primary copy of each asset, by the id of the asset itself."""
        primary: dict[AssetId, Row] = {}
        for row in self._session.rows_of(_COPIES, asset_ids):
            best = primary.get(row.asset_id)
            if best is None or primary_order(row) < primary_order(best):
                primary[row.asset_id] = row
        parts = self._objects([row.id for row in primary.values()])
        return {asset_id: _instance(row, parts[row.id]) for asset_id, row in primary.items()}

    def known_page(
        self, location_id: LocationId, *, first: str = "", after: str | None = None, limit: int
    ) -> list[tuple[str, KnownInstance]]:
        """A page of what is known in a location in the order of names."""
        query = _KNOWN.where(instances.c.location_id == location_id, instances.c.name >= first)
        if after is not None:
            query = query.where(instances.c.name > after)
        rows = self._session.rows(query.order_by(instances.c.name).limit(limit))
        return [(row.name, _known(row)) for row in rows]

    def by_sha256(self, sha256: str) -> Asset | None:
        """The oldest asset whose master has this digest."""
        query = sa.select(assets).where(assets.c.sha256 == sha256, assets.c.state != "erased")
        row = self._session.first(query.order_by(assets.c.row).limit(1))
        return None if row is None else asset_of(row)

    def timelines(self, asset_ids: Iterable[AssetId]) -> dict[AssetId, AssetTimeline]:
        """Pts tables and rates."""
        return {
            row.id: AssetTimeline(
                row.id, None if row.pts is None else PtsTable.from_bytes(row.pts), technical_of(row)
            )
            for row in self._session.rows_of(_TIMELINES, asset_ids)
        }

    def tracks(self, asset_id: AssetId) -> list[Track]:
        """Streams of the master."""
        query = sa.select(tracks).where(tracks.c.asset_id == asset_id).order_by(tracks.c.stream)
        return [_track(row) for row in self._session.rows(query)]

    def _merged(self, missing: Sequence[str]) -> dict[AssetId, Asset]:
        query = sa.select(aliases.c.alias, assets).join(assets, assets.c.id == aliases.c.asset_id)
        rows = self._session.rows_of(query.where(one_of(aliases.c.alias)), missing)
        return {row.alias: asset_of(row) for row in rows}

    def _current(self, asset_id: AssetId) -> AssetId:
        alias = sa.select(aliases.c.asset_id).where(aliases.c.alias == asset_id)
        return self._session.value(alias) or asset_id

    def _objects(self, instance_ids: Sequence[str]) -> dict[str, list[Row]]:
        parts: dict[str, list[Row]] = defaultdict(list)
        for row in self._session.rows_of(_OBJECTS, instance_ids):
            parts[row.instance_id].append(row)
        return parts


def _instance(row: Row, parts: Sequence[Row]) -> Instance:
    return Instance(
        id=row.id,
        asset_id=row.asset_id,
        location_id=row.location_id,
        name=row.name,
        kind=InstanceKind(row.kind),
        objects=tuple(object_of(part) for part in parts),
        available=row.available,
    )


def _known(row: Row) -> KnownInstance:
    return KnownInstance(
        instance_id=row.id,
        asset_id=row.asset_id,
        identity=row.identity,
        storage_class=row.storage_class,
        available=row.available,
        complete=row.complete,
        recipe=row.recipe,
        borrowed=row.complete and row.unread,
        asleep=row.asleep,
    )


def _track(row: Row) -> Track:
    return Track(
        index=row.stream,
        kind=row.kind,
        codec=row.codec,
        language=row.language,
        role=row.role,
        channels=row.channels,
        sample_rate=row.sample_rate,
        title=row.title,
    )
