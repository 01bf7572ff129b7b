"""Keeps and their hot copies in SQL."""

import dataclasses
from datetime import timedelta

import sqlalchemy as sa

from catalog.filters import visible
from catalog.model import ASLEEP, AssetState, HotCopy, Keep, KeepCount
from catalog.rows import Row
from catalog.session import Session
from catalog.sql_presence import refresh_assets
from catalog.tables import assets, instances, objects
from catalog.tables_keeping import hot_copies, keeps
from catalog.tables_tiering import ACTIVE_MOVE, leases, moves
from foundation.errors import KeepNotFound
from foundation.ids import AssetId, InstanceId, KeepId

_COVERS = sa.or_(keeps.c.asset_id == assets.c.id, keeps.c.project_id == assets.c.project)


class SqlKeeps:
    """What is kept hot, and the copies that were made for it."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, keep: Keep) -> None:
        """Keep an asset, or a project's assets, hot."""
        values = dataclasses.asdict(keep) | {"created_at": keep.created_at or self._session.now}
        self._session.run(sa.insert(keeps).values(values))

    def get(self, keep_id: KeepId) -> Keep:
        """By id; raises KeepNotFound."""
        row = self._session.first(sa.select(keeps).where(keeps.c.id == keep_id))
        if row is None:
            raise KeepNotFound(f"There is no keep {keep_id}.")
        return _keep(row)

    def release(self, keep_id: KeepId) -> Keep:
        """End one; raises KeepNotFound. Ending it again changes nothing."""
        ending = sa.update(keeps).where(keeps.c.id == keep_id, keeps.c.released_at.is_(None))
        self._session.run(ending.values(released_at=self._session.now))
        return self.get(keep_id)

    def active(self, asset_id: AssetId | None = None) -> list[Keep]:
        """Those in force now, oldest first; of one asset: its own and its project's."""
        query = sa.select(keeps).where(self._in_force()).order_by(keeps.c.row)
        if asset_id is not None:
            query = query.join(assets, _COVERS).where(assets.c.id == asset_id)
        return [_keep(row) for row in self._session.rows(query)]

    def kept(self, asset_id: AssetId | None = None) -> frozenset[InstanceId]:
        """Copies that a keep in force wants where they are, whoever made them."""
        query = (
            sa.select(instances.c.id)
            .join(assets, assets.c.id == instances.c.asset_id)
            .join(keeps, sa.and_(_COVERS, keeps.c.location_id == instances.c.location_id))
            .where(self._in_force())
        )
        if asset_id is not None:
            query = query.where(assets.c.id == asset_id)
        return frozenset(InstanceId(row.id) for row in self._session.rows(query.distinct()))

    def lacking(self, keep: Keep, *, pause: timedelta, limit: int) -> list[AssetId]:
        """Visible assets without a copy in the keep's location that could be made now; see the port."""
        lately = moves.c.finished_at > self._session.now - pause
        given_up = sa.and_(moves.c.keep_id == keep.id, moves.c.state.in_(("failed", "cancelled")), lately)
        busy = sa.or_(sa.text(f"moves.{ACTIVE_MOVE}"), given_up)
        waits = sa.exists().where(moves.c.asset_id == assets.c.id, busy)
        query = sa.select(assets.c.id).where(*self._uncopied(keep), self._awake(), ~waits)
        return [AssetId(row.id) for row in self._session.rows(query.order_by(assets.c.row).limit(limit))]

    def count(self, keep: Keep) -> KeepCount:
        """How far a keep is."""
        hot = sa.exists().where(
            instances.c.asset_id == assets.c.id,
            instances.c.location_id == keep.location_id,
            instances.c.available,
        )
        active = sa.select(sa.func.count()).select_from(moves)
        copying = active.where(moves.c.keep_id == keep.id, sa.text(ACTIVE_MOVE))
        return KeepCount(
            assets=self._number(visible(), _covered(keep)),
            hot=self._number(visible(), _covered(keep), hot),
            copying=int(self._session.value(copying) or 0),
            asleep=self._number(*self._uncopied(keep), ~self._awake()),
        )

    def made(self, copy: HotCopy) -> None:
        """Take note of a copy that was made, or of why it stays."""
        values = dataclasses.asdict(copy)
        mine = hot_copies.c.instance_id == copy.instance_id
        if not self._session.run(sa.update(hot_copies).where(mine).values(values)):
            self._session.run(sa.insert(hot_copies).values(**values, created_at=self._session.now))

    def unkept(self, limit: int) -> list[HotCopy]:
        """Made copies that nothing keeps; see the port."""
        copy = hot_copies.c.instance_id
        kept = sa.exists().where(
            instances.c.id == copy,
            assets.c.id == instances.c.asset_id,
            keeps.c.location_id == instances.c.location_id,
            _COVERS,
            self._in_force(),
        )
        leased = sa.exists().where(
            leases.c.asset_id == hot_copies.c.asset_id, leases.c.until > self._session.now
        )
        # Nothing of a withdrawn asset is deleted: it has to come back whole.
        withdrawn = sa.exists().where(
            assets.c.id == hot_copies.c.asset_id, assets.c.state == AssetState.WITHDRAWN
        )
        moving = sa.exists().where(moves.c.instance_id == copy, sa.text(f"moves.{ACTIVE_MOVE}"))
        query = sa.select(hot_copies).where(~kept, ~leased, ~moving, ~withdrawn)
        rows = self._session.rows(query.order_by(hot_copies.c.stays.is_not(None), copy).limit(limit))
        return [_hot_copy(row) for row in rows]

    def forget(self, instance_id: InstanceId) -> None:
        """The copy is gone: its row goes, and its instance."""
        row = self._session.first(sa.select(hot_copies).where(hot_copies.c.instance_id == instance_id))
        self._session.run(sa.delete(hot_copies).where(hot_copies.c.instance_id == instance_id))
        self._session.run(sa.delete(instances).where(instances.c.id == instance_id))
        if row is not None:
            refresh_assets(self._session, [AssetId(row.asset_id)])

    def _in_force(self) -> sa.ColumnElement[bool]:
        open_end = sa.or_(keeps.c.until.is_(None), keeps.c.until > self._session.now)
        return sa.and_(keeps.c.released_at.is_(None), open_end)

    def _uncopied(self, keep: Keep) -> tuple[sa.ColumnElement[bool], ...]:
        here = (instances.c.asset_id == assets.c.id, instances.c.location_id == keep.location_id)
        return visible(), _covered(keep), ~sa.exists().where(*here)

    def _awake(self) -> sa.ColumnElement[bool]:
        asleep = sa.exists().where(objects.c.instance_id == instances.c.id, objects.c.restore.in_(ASLEEP))
        return sa.exists().where(instances.c.asset_id == assets.c.id, instances.c.available, ~asleep)

    def _number(self, *where: sa.ColumnElement[bool]) -> int:
        query = sa.select(sa.func.count()).select_from(assets).where(*where)
        return int(self._session.value(query) or 0)


def _covered(keep: Keep) -> sa.ColumnElement[bool]:
    if keep.asset_id is not None:
        return assets.c.id == keep.asset_id
    return assets.c.project == keep.project_id


def _keep(row: Row) -> Keep:
    return Keep(**{field.name: getattr(row, field.name) for field in dataclasses.fields(Keep)})


def _hot_copy(row: Row) -> HotCopy:
    return HotCopy(**{field.name: getattr(row, field.name) for field in dataclasses.fields(HotCopy)})
