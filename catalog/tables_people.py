"""Tables of people: persons, face tracks, their clusters, decisions, and whom not to identify."""

import sqlalchemy as sa

from catalog.tables import AnyText, UtcTime, asset_column, metadata, owned
from catalog.tables_facts import box_columns

persons = sa.Table(
    "persons",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("name", AnyText, nullable=False),
    sa.Column("folded", AnyText, nullable=False, unique=True),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("merged_into", sa.String(30)),
    *owned(),
)

face_tracks = sa.Table(
    "face_tracks",
    metadata,
    asset_column(primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("shot_id", sa.String(30), nullable=False),
    sa.Column("in_frame", sa.Integer, nullable=False),
    sa.Column("out_frame", sa.Integer, nullable=False),
    sa.Column("best_frame", sa.Integer, nullable=False),
    *box_columns(),
    sa.Column("quality", sa.Float, nullable=False),
    sa.Column("person_id", sa.String(30)),
    sa.Column("cluster_id", sa.String(30)),
    sa.Index("ix_face_tracks_person_id", "person_id", "asset_id"),
    sa.Index("ix_face_tracks_cluster_id", "cluster_id"),
)

face_clusters = sa.Table(
    "face_clusters",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("space", sa.String(200), nullable=False),
    sa.Column("mean", sa.LargeBinary, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("stale", sa.Boolean, nullable=False),
    sa.Column("person_id", sa.String(30), sa.ForeignKey("persons.id", ondelete="SET NULL")),
    sa.Column("merged_into", sa.String(30)),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.Index("ix_face_clusters_space", "space"),
    sa.Index("ix_face_clusters_person_id", "person_id"),
    sa.Index("ix_face_clusters_merged_into", "merged_into"),
)

face_names = sa.Table(
    "face_names",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    asset_column(),
    sa.Column(
        "person_id",
        sa.String(30),
        sa.ForeignKey("persons.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    sa.Column("in_frame", sa.Integer, nullable=False),
    sa.Column("out_frame", sa.Integer, nullable=False),
    *box_columns(),
    sa.Column("shown", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("via", sa.String(30)),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.Index("ix_face_names_asset_id", "asset_id"),
)

people_merges = sa.Table(
    "people_merges",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("gone", sa.String(30), nullable=False),
    sa.Column("kept", sa.String(30), nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("undone_at", UtcTime),
    *owned(),
)

prohibitions = sa.Table(
    "prohibitions",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("reason", sa.String(12), nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("purged_at", UtcTime),
    *owned(),
)

_prohibition = ("prohibition_id", sa.String(30))

prohibited_places = sa.Table(
    "prohibited_places",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column(*_prohibition, sa.ForeignKey("prohibitions.id", ondelete="CASCADE"), nullable=False),
    asset_column(),
    sa.Column("in_frame", sa.Integer, nullable=False),
    sa.Column("out_frame", sa.Integer, nullable=False),
    *box_columns(),
    sa.Index("ix_prohibited_places_prohibition_id", "prohibition_id"),
    sa.Index("ix_prohibited_places_asset_id", "asset_id"),
)

prohibited_templates = sa.Table(
    "prohibited_templates",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column(*_prohibition, sa.ForeignKey("prohibitions.id", ondelete="CASCADE"), nullable=False),
    sa.Column("space", sa.String(200), nullable=False),
    sa.Column("mean", sa.LargeBinary, nullable=False),
    sa.Index("ix_prohibited_templates_prohibition_id", "prohibition_id"),
    sa.Index("ix_prohibited_templates_space", "space"),
)
