"""Fingerprints and links between assets; new footage, saved searches and unmet demand."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _owned():
    return (
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
    )


def upgrade():
    _links()
    _saved()
    # What is indexed already is no new footage.
    op.execute(
        "INSERT INTO arrivals (asset_id, version, at) "
        "SELECT id, version, indexed_at FROM assets WHERE indexed_at IS NOT NULL ORDER BY indexed_at, row"
    )


def downgrade():
    for table in ("demands", "saved_matches", "saved_searches", "arrivals", "links", "fingerprints"):
        op.drop_table(table)


def _links():
    op.create_table(
        "fingerprints",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("per_second", sa.Integer(), nullable=False),
        sa.Column("filled", sa.Float(), nullable=False),
        sa.Column("has_colour", sa.Boolean(), nullable=True),
        sa.Column("compared", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id"),
    )
    op.create_index(
        "ix_fingerprints_due",
        "fingerprints",
        ["asset_id"],
        unique=False,
        sqlite_where=sa.text("compared IS NULL"),
    )
    op.create_table(
        "links",
        sa.Column("first_id", sa.String(length=30), nullable=False),
        sa.Column("second_id", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("part_id", sa.String(length=30), nullable=True),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("ranges", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decision", sa.String(length=10), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        *_owned(),
        sa.ForeignKeyConstraint(["first_id"], ["assets.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["second_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("first_id", "second_id"),
    )
    op.create_index("ix_links_second_id", "links", ["second_id"], unique=False)


def _saved():
    op.create_table(
        "arrivals",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("asset_id", "version", name="uq_arrivals_asset_id_version"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "saved_searches",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("query", sa.JSON(), nullable=False),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("ran_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_owned(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("folded", name="uq_saved_searches_folded"),
    )
    op.create_table(
        "saved_matches",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("saved_id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("hit", sa.JSON(), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["saved_id"], ["saved_searches.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_saved_matches_saved_id", "saved_matches", ["saved_id", "seq"], unique=False)
    op.create_index("ix_saved_matches_asset_id", "saved_matches", ["asset_id"], unique=False)
    op.create_table(
        "demands",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("filters", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("asked", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("folded", "filters", name="uq_demands_folded_filters"),
    )
