"""Baskets in SQL."""

from collections.abc import Sequence

import sqlalchemy as sa

from catalog.filters import visible
from catalog.model import Basket, BasketItem
from catalog.rows import Row, frame_values, frames_of, sound_of, sound_values
from catalog.session import Session, chunks
from catalog.tables import assets
from catalog.tables_baskets import basket_items, baskets
from foundation.errors import BasketNotFound
from foundation.ids import BasketId, BasketItemId, PrincipalId, mint


class SqlBaskets:
    """Baskets of one principal each; a name is free to everybody else."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def open(self, name: str, principal: PrincipalId) -> Basket:
        """By name without regard to case; made where there is none."""
        found = self._find(name, principal)
        if found is not None:
            return found
        values = {"id": BasketId(mint("bsk")), "name": " ".join(name.split()), "folded": _folded(name)}
        who = {"created_at": self._session.now, "principal": principal}
        self._session.run(sa.insert(baskets).values(**values, **who))
        return self.get(name, principal)

    def get(self, name: str, principal: PrincipalId) -> Basket:
        """By name or id; raises BasketNotFound."""
        found = self._find(name, principal)
        if found is None:
            raise BasketNotFound(f"You have no basket {name!r}.")
        return found

    def all(self, principal: PrincipalId) -> list[Basket]:
        """By name."""
        query = _counted().where(baskets.c.principal == principal).order_by(baskets.c.folded)
        return [_basket(row) for row in self._session.rows(query)]

    def items(self, basket: Basket) -> list[BasketItem]:
        """In the order of putting in; what is of hidden assets is left out, and back when they are."""
        query = sa.select(basket_items).join(assets, assets.c.id == basket_items.c.asset_id)
        query = query.where(basket_items.c.basket_id == basket.id, visible())
        return [_item(row) for row in self._session.rows(query.order_by(basket_items.c.row))]

    def put(self, basket: Basket, items: Sequence[BasketItem]) -> int:
        """Put in what is not there yet, by asset and range; returns how many were."""
        seen = {_place(item) for item in self.items(basket)}
        rows = []
        for item in items:
            if _place(item) not in seen:
                seen.add(_place(item))
                rows.append({"basket_id": basket.id, "added_at": self._session.now, **_values(item)})
        self._session.run(sa.insert(basket_items), rows)
        return len(rows)

    def take(self, basket: Basket, items: Sequence[BasketItemId]) -> int:
        """Take out; returns how many were there."""
        mine = basket_items.c.basket_id == basket.id
        gone = (sa.delete(basket_items).where(mine, basket_items.c.id.in_(ids)) for ids in chunks(items))
        return sum(self._session.run(statement) for statement in gone)

    def remove(self, basket: Basket) -> None:
        """Forget the basket with all that is in it."""
        self._session.run(sa.delete(baskets).where(baskets.c.id == basket.id))

    def _find(self, name: str, principal: PrincipalId) -> Basket | None:
        named = sa.or_(baskets.c.id == name, baskets.c.folded == _folded(name))
        row = self._session.first(_counted().where(baskets.c.principal == principal, named))
        return None if row is None else _basket(row)


def _counted() -> sa.Select[tuple[object, ...]]:
    number = (
        sa.select(sa.func.count())
        .select_from(basket_items)
        .join(assets, assets.c.id == basket_items.c.asset_id)
        .where(basket_items.c.basket_id == baskets.c.id, visible())
        .scalar_subquery()
    )
    return sa.select(baskets, number.label("items"))


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def _place(item: BasketItem) -> tuple[object, ...]:
    return item.asset_id, item.frames, item.sound


def _values(item: BasketItem) -> dict[str, object]:
    place = {**frame_values(item.frames), **sound_values(item.sound)}
    return {"id": item.id, "asset_id": item.asset_id, "label": item.label, **place}


def _basket(row: Row) -> Basket:
    return Basket(row.id, row.name, row.principal, row.created_at, row.project, row.items)


def _item(row: Row) -> BasketItem:
    return BasketItem(row.id, row.asset_id, frames_of(row), sound_of(row), row.label, row.added_at)
