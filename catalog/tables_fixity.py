"""Tables of fixity: whose turn it is, what was read, what was found."""

import sqlalchemy as sa

from catalog.tables import AnyText, UtcTime, metadata, owned

fixity_items = sa.Table(
    "fixity_items",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("place", sa.String(30), nullable=False),
    sa.Column("uri", AnyText, nullable=False),
    sa.Column("asset_id", sa.String(30)),
    sa.Column("instance_id", sa.String(30)),
    sa.Column("ordinal", sa.Integer),
    sa.Column("turn", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("digests", sa.JSON, nullable=False, server_default="{}"),
    sa.Column("outcome", sa.String(12)),
    sa.Column("how", sa.String(20)),
    sa.Column("note", AnyText),
    sa.Column("checked_at", UtcTime),
    sa.Column("read_at", UtcTime),
    sa.Column("owner", sa.String(30)),
    sa.Column("lease_until", UtcTime),
    sa.UniqueConstraint("place", "uri"),
    sa.Index("ix_fixity_items_turn", "place", "turn", "row"),
    sa.Index("ix_fixity_items_asset_id", "asset_id"),
    sa.Index("ix_fixity_items_owner", "owner", sqlite_where=sa.text("owner IS NOT NULL")),
)

fixity_use = sa.Table(
    "fixity_use",
    metadata,
    sa.Column("place", sa.String(30), primary_key=True),
    sa.Column("period", sa.String(10), primary_key=True),
    sa.Column("weight", sa.BigInteger, nullable=False),
    sa.Column("objects", sa.BigInteger, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("micros", sa.BigInteger, nullable=False),
)

OPEN_FINDING = "state IN ('found', 'confirmed')"

fixity_findings = sa.Table(
    "fixity_findings",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("place", sa.String(30), nullable=False),
    sa.Column("uri", AnyText, nullable=False),
    sa.Column("key", AnyText, nullable=False),
    sa.Column("wrong", AnyText, nullable=False),
    sa.Column("state", sa.String(12), nullable=False),
    sa.Column("asset_id", sa.String(30)),
    sa.Column("instance_id", sa.String(30)),
    sa.Column("expected", sa.String(64)),
    sa.Column("found", sa.String(64)),
    sa.Column("etag", AnyText, nullable=False),
    sa.Column("version", AnyText, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("stage", sa.String(60)),
    sa.Column("found_at", UtcTime, nullable=False),
    sa.Column("confirmed_at", UtcTime),
    sa.Column("updated_at", UtcTime),
    sa.Column("aside", AnyText),
    sa.Column("note", AnyText),
    *owned(),
    sa.Index(
        "uq_fixity_findings_open", "place", "uri", "key", unique=True, sqlite_where=sa.text(OPEN_FINDING)
    ),
    sa.Index("ix_fixity_findings_asset_id", "asset_id"),
)
