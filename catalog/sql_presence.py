"""What an asset shows of its copies: name, location, storage class, whether it can be had."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from catalog.model import AssetState, ChangeKind
from catalog.query import COLD_CLASSES
from catalog.rows import Row
from catalog.session import Session, chunks
from catalog.sql_names import index_names
from catalog.tables import assets, instances
from foundation.ids import AssetId

_SHOWN = (assets.c.id, assets.c.name, assets.c.location_id, assets.c.storage_class, assets.c.state)
_COPY = (
    instances.c.row,
    instances.c.asset_id,
    instances.c.name,
    instances.c.location_id,
    instances.c.storage_class,
    instances.c.available,
)


def primary_order(row: Row) -> tuple[bool, bool, int]:
    """Sorts copies: those that can be read now first, then the oldest."""
    return not row.available, row.storage_class in COLD_CLASSES, row.row


def refresh_assets(session: Session, asset_ids: Iterable[AssetId]) -> None:
    """Bring assets in line with their copies and tell the change feed which ones changed."""
    for ids in chunks(asset_ids):
        copies: dict[str, list[Row]] = defaultdict(list)
        for row in session.rows(sa.select(*_COPY).where(instances.c.asset_id.in_(ids))):
            copies[row.asset_id].append(row)
        for asset in session.rows(sa.select(*_SHOWN).where(assets.c.id.in_(ids))):
            _refresh(session, asset, copies[asset.id])


def _refresh(session: Session, asset: Row, copies: Sequence[Row]) -> None:
    state = _state(AssetState(asset.state), available=any(copy.available for copy in copies))
    values: dict[str, object] = {"state": state}
    if copies:
        primary = min(copies, key=primary_order)
        values |= {name: getattr(primary, name) for name in ("name", "location_id", "storage_class")}
    changed = {key: value for key, value in values.items() if getattr(asset, key) != value}
    if not changed:
        return
    session.run(sa.update(assets).where(assets.c.id == asset.id).values(changed))
    if "name" in changed:
        index_names(session, asset.id)
    session.tell(asset.id, ChangeKind.PAYLOAD)


def _state(state: AssetState, *, available: bool) -> AssetState:
    if state in (AssetState.WITHDRAWN, AssetState.ERASED):
        return state
    return AssetState.PRESENT if available else AssetState.UNAVAILABLE
