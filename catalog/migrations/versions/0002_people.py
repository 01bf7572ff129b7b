"""Clusters of faces, decisions that reject, merges that can be undone, and whom not to identify."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _owned():
    return (
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
    )


def upgrade():
    op.add_column("persons", sa.Column("merged_into", sa.String(length=30)))
    op.add_column("face_tracks", sa.Column("cluster_id", sa.String(length=30)))
    op.create_index("ix_face_tracks_cluster_id", "face_tracks", ["cluster_id"])
    op.add_column("face_names", sa.Column("shown", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("face_names", sa.Column("via", sa.String(length=30)))
    op.create_table(
        "face_clusters",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("space", sa.String(length=200), nullable=False),
        sa.Column("mean", sa.LargeBinary(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("stale", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.String(length=30), nullable=True),
        sa.Column("merged_into", sa.String(length=30), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_owned(),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_face_clusters_space", "face_clusters", ["space"])
    op.create_index("ix_face_clusters_person_id", "face_clusters", ["person_id"])
    op.create_index("ix_face_clusters_merged_into", "face_clusters", ["merged_into"])
    op.create_table(
        "people_merges",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("gone", sa.String(length=30), nullable=False),
        sa.Column("kept", sa.String(length=30), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_people_merges_id"),
    )
    _prohibitions()


def _prohibitions():
    op.create_table(
        "prohibitions",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
        *_owned(),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "prohibited_places",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("prohibition_id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("in_frame", sa.Integer(), nullable=False),
        sa.Column("out_frame", sa.Integer(), nullable=False),
        *(sa.Column(f"box_{side}", sa.Float()) for side in ("left", "top", "width", "height")),
        sa.ForeignKeyConstraint(["prohibition_id"], ["prohibitions.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
    )
    op.create_index("ix_prohibited_places_prohibition_id", "prohibited_places", ["prohibition_id"])
    op.create_index("ix_prohibited_places_asset_id", "prohibited_places", ["asset_id"])
    op.create_table(
        "prohibited_templates",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("prohibition_id", sa.String(length=30), nullable=False),
        sa.Column("space", sa.String(length=200), nullable=False),
        sa.Column("mean", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["prohibition_id"], ["prohibitions.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
    )
    op.create_index("ix_prohibited_templates_prohibition_id", "prohibited_templates", ["prohibition_id"])
    op.create_index("ix_prohibited_templates_space", "prohibited_templates", ["space"])
