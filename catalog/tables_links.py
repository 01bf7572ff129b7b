"""Tables of shared pictures, new footage, saved searches and unmet demand."""

import sqlalchemy as sa

from catalog.tables import AnyText, UtcTime, asset_column, metadata, owned


def _end(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(30), sa.ForeignKey("assets.id", ondelete="CASCADE"), primary_key=True)


fingerprints = sa.Table(
    "fingerprints",
    metadata,
    asset_column(primary_key=True),
    sa.Column("version", sa.String(20), nullable=False),
    sa.Column("path", AnyText, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("per_second", sa.Integer, nullable=False),
    sa.Column("filled", sa.Float, nullable=False),
    sa.Column("has_colour", sa.Boolean),
    sa.Column("compared", sa.String(64)),
    sa.Index("ix_fingerprints_due", "asset_id", sqlite_where=sa.text("compared IS NULL")),
)
"""``compared`` is the digest that was compared with the rest; None while that is due."""

links = sa.Table(
    "links",
    metadata,
    _end("first_id"),
    _end("second_id"),
    sa.Column("kind", sa.String(12), nullable=False),
    sa.Column("part_id", sa.String(30)),
    sa.Column("score", sa.Float, nullable=False),
    sa.Column("ranges", sa.JSON, nullable=False),
    sa.Column("found_at", UtcTime, nullable=False),
    sa.Column("decision", sa.String(10)),
    sa.Column("decided_at", UtcTime),
    *owned(),
    sa.Index("ix_links_second_id", "second_id"),
)

arrivals = sa.Table(
    "arrivals",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    asset_column(),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.UniqueConstraint("asset_id", "version"),
    sqlite_autoincrement=True,
)

saved_searches = sa.Table(
    "saved_searches",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("folded", AnyText, nullable=False, unique=True),
    sa.Column("query", sa.JSON, nullable=False),
    sa.Column("seen", sa.Integer, nullable=False),
    sa.Column("ran_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
)

saved_matches = sa.Table(
    "saved_matches",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column(
        "saved_id",
        sa.String(30),
        sa.ForeignKey("saved_searches.id", ondelete="CASCADE"),
        nullable=False,
    ),
    asset_column(),
    sa.Column("hit", sa.JSON, nullable=False),
    sa.Column("found_at", UtcTime, nullable=False),
    sa.Index("ix_saved_matches_saved_id", "saved_id", "seq"),
    sa.Index("ix_saved_matches_asset_id", "asset_id"),
    sqlite_autoincrement=True,
)

demands = sa.Table(
    "demands",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("folded", AnyText, nullable=False),
    sa.Column("filters", AnyText, nullable=False),
    sa.Column("text", AnyText, nullable=False),
    sa.Column("asked", sa.Integer, nullable=False),
    sa.Column("first_at", UtcTime, nullable=False),
    sa.Column("last_at", UtcTime, nullable=False),
    *owned(),
    sa.UniqueConstraint("folded", "filters"),
)
