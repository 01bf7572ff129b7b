"""Tables of keeps and their hot copies."""

import sqlalchemy as sa

from catalog.tables import AnyText, UtcTime, metadata, owned

keeps = sa.Table(
    "keeps",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("asset_id", sa.String(30)),
    sa.Column("project_id", sa.String(30)),
    sa.Column("location_id", sa.String(30), nullable=False),
    sa.Column("reason", AnyText, nullable=False),
    sa.Column("until", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("released_at", UtcTime),
    *owned(),
    sa.Index("ix_keeps_asset_id", "asset_id", sqlite_where=sa.text("released_at IS NULL")),
    sa.Index("ix_keeps_project_id", "project_id", sqlite_where=sa.text("released_at IS NULL")),
)

hot_copies = sa.Table(
    "hot_copies",
    metadata,
    sa.Column("instance_id", sa.String(30), primary_key=True),
    sa.Column("asset_id", sa.String(30), nullable=False),
    sa.Column("move_id", sa.String(30), nullable=False),
    sa.Column("origin_id", sa.String(30), nullable=False),
    sa.Column("origin_identity", sa.String(64), nullable=False),
    sa.Column("stays", AnyText),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.Index("ix_hot_copies_asset_id", "asset_id"),
)
