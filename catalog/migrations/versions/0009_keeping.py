"""What is kept hot, and the copies that were made for it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def _owned():
    return (
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
    )


def _time(name, *, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    op.create_table(
        "keeps",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30)),
        sa.Column("project_id", sa.String(length=30)),
        sa.Column("location_id", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("until"),
        _time("created_at", nullable=False),
        _time("released_at"),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_keeps_id"),
    )
    for column in ("asset_id", "project_id"):
        op.create_index(
            f"ix_keeps_{column}", "keeps", [column], sqlite_where=sa.text("released_at IS NULL")
        )
    op.create_table(
        "hot_copies",
        sa.Column("instance_id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("move_id", sa.String(length=30), nullable=False),
        sa.Column("origin_id", sa.String(length=30), nullable=False),
        sa.Column("origin_identity", sa.String(length=64), nullable=False),
        sa.Column("stays", sa.Text()),
        _time("created_at", nullable=False),
        *_owned(),
        sa.PrimaryKeyConstraint("instance_id"),
    )
    op.create_index("ix_hot_copies_asset_id", "hot_copies", ["asset_id"])
    op.add_column("moves", sa.Column("keep_id", sa.String(length=30)))


def downgrade():
    op.drop_column("moves", "keep_id")
    op.drop_table("hot_copies")
    op.drop_table("keeps")
