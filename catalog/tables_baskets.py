"""Tables of baskets, notices and their deliveries."""

import sqlalchemy as sa

from catalog.tables import AnyText, UtcTime, asset_column, metadata, owned

baskets = sa.Table(
    "baskets",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("folded", AnyText, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.UniqueConstraint("principal", "folded"),
)

basket_items = sa.Table(
    "basket_items",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("basket_id", sa.String(30), sa.ForeignKey("baskets.id", ondelete="CASCADE"), nullable=False),
    asset_column(),
    sa.Column("in_frame", sa.Integer),
    sa.Column("out_frame", sa.Integer),
    sa.Column("start", sa.BigInteger),
    sa.Column("end", sa.BigInteger),
    sa.Column("label", AnyText, nullable=False),
    sa.Column("added_at", UtcTime, nullable=False),
    sa.Index("ix_basket_items_basket_id", "basket_id"),
    sa.Index("ix_basket_items_asset_id", "asset_id"),
)

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("key", sa.String(160), nullable=False, unique=True),
    sa.Column("event", sa.String(30), nullable=False),
    sa.Column("subject", sa.String(30), nullable=False),
    sa.Column("facts", sa.JSON, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    *owned(),
    sa.Index("ix_notices_principal", "principal", "seq"),
    sqlite_autoincrement=True,
)
"""``key`` lets the same thing be told once: what happened, to which restore, to whom."""

couriers = sa.Table(
    "couriers",
    metadata,
    sa.Column("channel", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, nullable=False),
)
"""Up to which notice a channel has its deliveries."""

deliveries = sa.Table(
    "deliveries",
    metadata,
    sa.Column("channel", sa.String(80), primary_key=True),
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("due_at", UtcTime),
    sa.Column("error", AnyText),
    sa.Column("delivered_at", UtcTime),
    sa.Index("ix_deliveries_due_at", "channel", "due_at", sqlite_where=sa.text("state = 'waiting'")),
)
