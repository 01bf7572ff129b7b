"""Tier plans in SQL, and the stream of copies that they are made from."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from catalog.filters import visible
from catalog.model import AssetKind, PlanItem, RenditionRole, RestoreState, RestoreStatus, TierPlan
from catalog.repository.tiering import SMALL, Placed
from catalog.rows import Row
from catalog.session import Session
from catalog.tables import assets, instances, objects, rights
from catalog.tables_facts import renditions, statements
from catalog.tables_money import ACTIVE_RESTORE, restores
from catalog.tables_tiering import ACTIVE_MOVE, leases, moves, tier_plan_items, tier_plans
from foundation.errors import PlanNotFound
from foundation.ids import AssetId, InstanceId, PlanId

_AT_ONCE = 5_000
_LABELS = ("label", "keyword")
_SHOWN_AS = {
    AssetKind.VIDEO: RenditionRole.PROXY,
    AssetKind.SOUND: RenditionRole.PROXY,
    AssetKind.STILL: RenditionRole.STILL,
}
_ITEM = (
    "INSERT INTO tier_plan_items (plan_row, ordinal, instance_row, identity, size, rule, refusal) "
    "VALUES (?, ?, ?, ?, ?, ?, ?)"
)


class SqlTierPlans:
    """Dry runs that were kept, and what they are made from."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def scan(self) -> Iterator[Placed]:
        """Every copy of every visible asset, streamed in the order of registration."""
        settled, used = self._settled(sa.true()), self._used(sa.true())
        options = {"yield_per": _AT_ONCE}
        found = self._session.connection.execute(_copies(), execution_options=options)
        rows: Iterator[Sequence[Any]] = iter(found)
        for row in rows:
            # By position: names take twice as long, a million times.
            written, moved = row[-1], settled.get(row[1], 0)
            yield Placed._make((*row, max(written, moved) if moved else written, used.get(row[2])))

    def placed(self, instance_id: InstanceId) -> Placed | None:
        """One copy, as :meth:`scan` would show it; None where it is gone or hidden."""
        row = self._session.first(_copies().where(instances.c.id == instance_id))
        if row is None:
            return None
        settled = self._settled(moves.c.instance_id == instance_id).get(instance_id, 0)
        used = self._used(sa.column("asset_id") == row.asset_id).get(row.asset_id)
        return Placed._make((*row, max(row.modified, settled), used))

    def moving(self) -> frozenset[InstanceId]:
        """Copies with an active move."""
        rows = self._session.rows(sa.select(moves.c.instance_id).where(sa.text(ACTIVE_MOVE)))
        return frozenset(InstanceId(row.instance_id) for row in rows)

    def labelled(self, labels: Iterable[str]) -> dict[str, frozenset[AssetId]]:
        """Assets by label, without regard to case."""
        return {label: self._with_label(label) for label in labels}

    def rights(self) -> dict[str, frozenset[AssetId]]:
        """Assets by ``active`` and ``expired``."""
        now = self._session.now
        begun = sa.or_(rights.c.valid_from.is_(None), rights.c.valid_from <= now)
        goes_on = sa.or_(rights.c.valid_until.is_(None), rights.c.valid_until > now)
        active = self._ids(sa.select(rights.c.asset_id).where(begun, goes_on))
        return {"active": active, "expired": self._ids(sa.select(rights.c.asset_id)) - active}

    def restoring(self) -> frozenset[AssetId]:
        """Assets with a restore under way or a restored copy in use."""
        # What moved back for good is verified and never expires: its restore is over for whoever moves it.
        stays = sa.and_(restores.c.status == RestoreStatus.VERIFIED, restores.c.expires_at.is_(None))
        return self._ids(sa.select(restores.c.asset_id).where(sa.text(ACTIVE_RESTORE), sa.not_(stays)))

    def put(self, plan: TierPlan) -> None:
        """Keep a plan, or replace what is known of it."""
        values = {
            "rules_sha256": plan.rules_sha256,
            "rules": [dict(rule) for rule in plan.rules],
            "summary": dict(plan.summary),
            "scanned": plan.scanned,
            "moving": plan.moving,
            "refused": plan.refused,
            "size": plan.size,
            "cost": plan.cost,
            "saving": plan.saving,
            "currency": plan.currency,
            "complete": plan.complete,
            "created_at": plan.created_at,
            "expires_at": plan.expires_at,
            "applied_at": plan.applied_at,
            "principal": plan.principal,
        }
        if not self._session.run(sa.update(tier_plans).where(tier_plans.c.id == plan.id).values(values)):
            self._session.run(sa.insert(tier_plans).values(id=plan.id, **values))

    def add_items(self, plan_id: PlanId, items: Sequence[tuple[int, int, str, int, int, str | None]]) -> None:
        """Append items: ordinal, row of the copy, identity, size, rule, refusal."""
        number = self._row_of(plan_id).row
        if items:
            self._session.connection.exec_driver_sql(_ITEM, [(number, *item) for item in items])

    def get(self, plan_id: PlanId) -> TierPlan:
        """By id; raises PlanNotFound."""
        return _plan(self._row_of(plan_id))

    def latest(self) -> TierPlan | None:
        """The newest complete plan."""
        query = sa.select(tier_plans).where(tier_plans.c.complete).order_by(tier_plans.c.row.desc())
        row = self._session.first(query.limit(1))
        return None if row is None else _plan(row)

    def items(
        self, plan_id: PlanId, *, refused: bool | None = None, after: int = -1, limit: int = 1000
    ) -> list[PlanItem]:
        """A page in order; copies that are gone are left out."""
        query = (
            sa.select(tier_plan_items, instances.c.id, instances.c.asset_id, instances.c.name)
            .join(instances, instances.c.row == tier_plan_items.c.instance_row)
            .where(tier_plan_items.c.plan_row == self._row_of(plan_id).row, tier_plan_items.c.ordinal > after)
            .order_by(tier_plan_items.c.ordinal)
            .limit(limit)
        )
        if refused is not None:
            stays = tier_plan_items.c.refusal.is_not(None)
            query = query.where(stays if refused else sa.not_(stays))
        return [_item(row) for row in self._session.rows(query)]

    def forget_before(self, when: datetime) -> int:
        """Drop plans that ran out before ``when`` and were never applied; returns how many."""
        gone = (tier_plans.c.expires_at < when, tier_plans.c.applied_at.is_(None))
        rows = [row.row for row in self._session.rows(sa.select(tier_plans.c.row).where(*gone))]
        for table, column in ((tier_plan_items, "plan_row"), (tier_plans, "row")):
            self._session.run(sa.delete(table).where(table.c[column].in_(rows)))
        return len(rows)

    def _row_of(self, plan_id: PlanId) -> Row:
        row = self._session.first(sa.select(tier_plans).where(tier_plans.c.id == plan_id))
        if row is None:
            raise PlanNotFound(f"There is no plan {plan_id}.")
        return row

    def _ids(self, query: sa.Select[tuple[str]]) -> frozenset[AssetId]:
        return frozenset(AssetId(row.asset_id) for row in self._session.rows(query.distinct()))

    def _with_label(self, label: str) -> frozenset[AssetId]:
        whole = (statements.c.in_frame.is_(None), statements.c.start.is_(None))
        said = (statements.c.field.in_(_LABELS), statements.c.superseded_by.is_(None), *whole)
        # SQLite folds ASCII only; other letters are folded here.
        rows = self._session.rows(sa.select(statements.c.asset_id, statements.c.value).where(*said))
        return frozenset(AssetId(r.asset_id) for r in rows if r.value.casefold() == label.casefold())

    def _settled(self, where: sa.ColumnElement[bool]) -> Mapping[str, int]:
        """When the last finished move of a copy ended."""
        ended = sa.func.max(moves.c.finished_at).label("at")
        query = sa.select(moves.c.instance_id, ended).where(moves.c.state == "done", where)
        return {row[0]: int(row.at.timestamp()) for row in self._session.rows(query.group_by("instance_id"))}

    def _used(self, where: sa.ColumnElement[bool]) -> Mapping[str, int]:
        """When an asset's master was last asked for or worked with."""
        found: dict[str, int] = defaultdict(int)
        for column, table in ((restores.c.requested_at, restores), (leases.c.created_at, leases)):
            query = sa.select(table.c.asset_id, sa.func.max(column).label("at")).where(where)
            query = query.group_by(table.c.asset_id)
            for row in self._session.rows(query):
                found[row.asset_id] = max(found[row.asset_id], int(row.at.timestamp()))
        return dict(found)


def _copies() -> sa.Select[tuple[object, ...]]:
    """Columns in the order of :class:`Placed`, without its last two."""
    size, restore, big = objects.c.size, objects.c.restore, objects.c.size >= SMALL
    role = sa.case(*[(assets.c.kind == kind, role) for kind, role in _SHOWN_AS.items()])
    shown = sa.and_(renditions.c.asset_id == assets.c.id, renditions.c.role == role)
    return (
        sa.select(
            instances.c.row,
            instances.c.id,
            instances.c.asset_id,
            instances.c.location_id,
            assets.c.project,
            instances.c.name,
            assets.c.kind,
            instances.c.storage_class,
            instances.c.identity,
            sa.func.sum(size),
            sa.func.sum(sa.func.max(size, SMALL)),
            sa.func.count(),
            sa.func.sum(sa.case((big, size), else_=0)),
            sa.func.sum(sa.case((big, 1), else_=0)),
            sa.func.max(restore == RestoreState.NEEDED),
            sa.func.max(restore.in_((RestoreState.IN_PROGRESS, RestoreState.RESTORED))),
            instances.c.available,
            sa.and_(assets.c.indexed_at.is_not(None), renditions.c.role.is_not(None)),
            (sa.func.max(objects.c.mtime_ns) // 1_000_000_000).label("modified"),
        )
        .join(assets, assets.c.id == instances.c.asset_id)
        .join(objects, objects.c.instance_id == instances.c.id)
        .outerjoin(renditions, shown)
        .where(visible())
        .group_by(instances.c.row)
        .order_by(instances.c.row)
    )


def _plan(row: Row) -> TierPlan:
    return TierPlan(
        id=row.id,
        rules_sha256=row.rules_sha256,
        rules=tuple(row.rules),
        summary=row.summary,
        scanned=row.scanned,
        moving=row.moving,
        refused=row.refused,
        size=row.size,
        cost=row.cost,
        saving=row.saving,
        currency=row.currency,
        created_at=row.created_at,
        expires_at=row.expires_at,
        principal=row.principal,
        complete=row.complete,
        applied_at=row.applied_at,
    )


def _item(row: Row) -> PlanItem:
    return PlanItem(
        ordinal=row.ordinal,
        asset_id=row.asset_id,
        instance_id=row.id,
        identity=row.identity,
        name=row.name,
        size=row.size,
        rule=row.rule,
        refusal=row.refusal,
    )
