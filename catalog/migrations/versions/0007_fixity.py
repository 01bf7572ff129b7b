"""Checks of what bytes are, and findings."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OPEN = "state IN ('found', 'confirmed')"


def _owned():
    return (
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
    )


def _time(name, *, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    _items()
    op.create_table(
        "fixity_use",
        sa.Column("place", sa.String(length=30), nullable=False),
        sa.Column("period", sa.String(length=10), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("micros", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("place", "period"),
    )
    _findings()


def downgrade():
    for table in ("fixity_findings", "fixity_use", "fixity_items"):
        op.drop_table(table)


def _items():
    op.create_table(
        "fixity_items",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=30), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.String(length=30)),
        sa.Column("instance_id", sa.String(length=30)),
        sa.Column("ordinal", sa.Integer()),
        sa.Column("turn", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("digests", sa.JSON(), server_default="{}", nullable=False),
        sa.Column("outcome", sa.String(length=12)),
        sa.Column("how", sa.String(length=20)),
        sa.Column("note", sa.Text()),
        _time("checked_at"),
        _time("read_at"),
        sa.Column("owner", sa.String(length=30)),
        _time("lease_until"),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("place", "uri", name="uq_fixity_items_place_uri"),
    )
    op.create_index("ix_fixity_items_turn", "fixity_items", ["place", "turn", "row"])
    op.create_index("ix_fixity_items_asset_id", "fixity_items", ["asset_id"])
    op.create_index(
        "ix_fixity_items_owner", "fixity_items", ["owner"], sqlite_where=sa.text("owner IS NOT NULL")
    )


def _findings():
    op.create_table(
        "fixity_findings",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("place", sa.String(length=30), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("wrong", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("asset_id", sa.String(length=30)),
        sa.Column("instance_id", sa.String(length=30)),
        sa.Column("expected", sa.String(length=64)),
        sa.Column("found", sa.String(length=64)),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.String(length=60)),
        _time("found_at", nullable=False),
        _time("confirmed_at"),
        _time("updated_at"),
        sa.Column("aside", sa.Text()),
        sa.Column("note", sa.Text()),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_fixity_findings_id"),
    )
    op.create_index(
        "uq_fixity_findings_open",
        "fixity_findings",
        ["place", "uri", "key"],
        unique=True,
        sqlite_where=sa.text(OPEN),
    )
    op.create_index("ix_fixity_findings_asset_id", "fixity_findings", ["asset_id"])
