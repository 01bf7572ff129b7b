"""First schema: everything the catalog knows, full text over it, and the default principal, collection and project."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STEMMED = "tokenize='porter unicode61 remove_diacritics 2'"
EXACT = "tokenize='unicode61 remove_diacritics 2'"

VIEWS = (
    "CREATE VIEW exact_passages AS SELECT row, text || ' ' || tail AS text FROM passages",
    """CREATE VIEW current_statements AS SELECT row,
    CASE lower(value) WHEN 'true' THEN replace(field, '_', ' ') WHEN 'false' THEN '' ELSE value END AS value
    FROM statements WHERE superseded_by IS NULL""",
)

FULL_TEXT = (
    ("passage_stems", "text", "passages", STEMMED + ", prefix='3 4'"),
    ("passage_exact", "text", "exact_passages", EXACT),
    ("screen_stems", "text", "screen_texts", STEMMED + ", prefix='3 4'"),
    ("screen_exact", "text", "screen_texts", EXACT),
    ("statement_stems", "value", "current_statements", STEMMED + ", prefix='3 4'"),
    ("statement_exact", "value", "current_statements", EXACT),
    ("name_stems", "name, words, facts", "names", STEMMED + ", prefix='2 3 4'"),
    ("name_exact", "name, words, facts", "names", EXACT),
)

APPEND_ONLY = (
    "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
    "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END",
)

DEFAULTS = (
    "INSERT INTO principals (id, name, kind, created_at) VALUES ('prn_local', 'local', 'person', :now)",
    "INSERT INTO collections (id, name, created_at) VALUES ('col_default', 'default', :now)",
    "INSERT INTO projects (id, name, collection, created_at) VALUES ('prj_default', 'default', 'col_default', :now)",
)


def upgrade():
    _tables()
    if op.get_bind().dialect.name == "sqlite":
        _full_text()
        for trigger in APPEND_ONLY:
            op.execute(trigger)
    now = datetime.now(UTC).replace(tzinfo=None).isoformat(" ")
    for statement in DEFAULTS:
        op.execute(sa.text(statement).bindparams(now=now))


def downgrade():
    raise RuntimeError("There is nothing before the first schema.")


def _full_text():
    for view in VIEWS:
        op.execute(view)
    for name, columns, source, options in FULL_TEXT:
        op.execute(
            f"CREATE VIRTUAL TABLE {name} USING fts5({columns}, content='{source}', content_rowid='row', {options})"
        )
    op.execute("INSERT INTO name_stems (name_stems, rank) VALUES ('rank', 'bm25(2.0, 1.0, 0.5)')")


def _tables():
    op.create_table(
        "aliases",
        sa.Column("alias", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("alias"),
    )
    op.create_index("ix_aliases_asset_id", "aliases", ["asset_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("action", sa.String(length=80), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "changes",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("space", sa.String(length=200), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "collections",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=60), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("retryable", sa.Boolean(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=True),
        sa.Column("run_id", sa.String(length=30), nullable=True),
        sa.Column("job_id", sa.String(length=30), nullable=True),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("uri"),
    )
    op.create_index("ix_dead_letters_run_id", "dead_letters", ["run_id"], unique=False)
    op.create_table(
        "erasures",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("asset_id"),
    )
    op.create_table(
        "jobs",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("run_id", sa.String(length=30), nullable=True),
        sa.Column("asset_id", sa.String(length=30), nullable=True),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("lease_owner", sa.String(length=120), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("stage", sa.String(length=60), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_jobs_id"),
    )
    op.create_index("ix_jobs_run_id", "jobs", ["run_id", "kind", "state"], unique=False)
    op.create_index(
        "ix_jobs_run_turn",
        "jobs",
        ["run_id", "turn"],
        unique=False,
        sqlite_where=sa.text("state IN ('waiting', 'leased')"),
    )
    op.create_index(
        "ix_jobs_turn", "jobs", ["turn"], unique=False, sqlite_where=sa.text("state IN ('waiting', 'leased')")
    )
    op.create_index(
        "uq_jobs_key",
        "jobs",
        ["kind", "key"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'leased')"),
    )
    op.create_table(
        "locations",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "uq_locations_name", "locations", ["name"], unique=True, sqlite_where=sa.text("removed_at IS NULL")
    )
    op.create_index(
        "uq_locations_uri", "locations", ["uri"], unique=True, sqlite_where=sa.text("removed_at IS NULL")
    )
    op.create_table(
        "persons",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("folded", name="uq_persons_folded"),
    )
    op.create_table(
        "principals",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "quotes",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("asset_ids", sa.JSON(), nullable=False),
        sa.Column("retrieval_tier", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("objects", sa.Integer(), nullable=False),
        sa.Column("eta_seconds", sa.Integer(), nullable=False),
        sa.Column("cost", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("lines", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "restores",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("quote_id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("instance_id", sa.String(length=30), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("retrieval_tier", sa.String(length=40), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("eta", sa.DateTime(timezone=True), nullable=True),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("verified", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_restores_id"),
    )
    op.create_index("ix_restores_asset_id", "restores", ["asset_id"], unique=False)
    op.create_index("ix_restores_status", "restores", ["status"], unique=False)
    op.create_index(
        "uq_restores_active",
        "restores",
        ["uri", "version"],
        unique=True,
        sqlite_where=sa.text("status NOT IN ('expired', 'failed', 'cancelled')"),
    )
    op.create_table(
        "runs",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("discovered", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("cold", sa.Integer(), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_runs_id"),
    )
    op.create_table(
        "spending",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("restore_id", sa.String(length=30), nullable=False),
        sa.Column("amount", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("restore_id", name="uq_spending_restore_id"),
    )
    op.create_index("ix_spending_month", "spending", ["month"], unique=False)
    op.create_table(
        "assets",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("location_id", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("rate", sa.String(length=24), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=True),
        sa.Column("samples", sa.BigInteger(), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("rotation", sa.Integer(), nullable=False),
        sa.Column("field_order", sa.String(length=20), nullable=True),
        sa.Column("colour", sa.JSON(), nullable=False),
        sa.Column("codec", sa.String(length=40), nullable=True),
        sa.Column("container", sa.String(length=80), nullable=True),
        sa.Column("start_timecode", sa.String(length=20), nullable=True),
        sa.Column("drop_frame", sa.Boolean(), nullable=False),
        sa.Column("variable_rate", sa.Boolean(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("year_source", sa.String(length=40), nullable=True),
        sa.Column("has_speech", sa.Boolean(), nullable=True),
        sa.Column("black_and_white", sa.Boolean(), nullable=True),
        sa.Column("storage_class", sa.String(length=40), nullable=False),
        sa.Column("indexed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["locations.id"],
        ),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_assets_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_assets_hidden",
        "assets",
        ["state"],
        unique=False,
        sqlite_where=sa.text("state IN ('withdrawn', 'erased')"),
    )
    op.create_index("ix_assets_location_id", "assets", ["location_id"], unique=False)
    op.create_index("ix_assets_sha256", "assets", ["sha256"], unique=False)
    op.create_table(
        "cues",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("speaker", sa.Text(), nullable=True),
        sa.Column("track", sa.Integer(), nullable=True),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "ordinal"),
        sa.UniqueConstraint("id", name="uq_cues_id"),
    )
    op.create_table(
        "dates",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
    )
    op.create_index("ix_dates_asset_id", "dates", ["asset_id"], unique=False)
    op.create_table(
        "face_names",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("person_id", sa.String(length=30), nullable=False),
        sa.Column("in_frame", sa.Integer(), nullable=False),
        sa.Column("out_frame", sa.Integer(), nullable=False),
        sa.Column("box_left", sa.Float(), nullable=True),
        sa.Column("box_top", sa.Float(), nullable=True),
        sa.Column("box_width", sa.Float(), nullable=True),
        sa.Column("box_height", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["persons.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
    )
    op.create_index("ix_face_names_asset_id", "face_names", ["asset_id"], unique=False)
    op.create_index("ix_face_names_person_id", "face_names", ["person_id"], unique=False)
    op.create_table(
        "face_tracks",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("shot_id", sa.String(length=30), nullable=False),
        sa.Column("in_frame", sa.Integer(), nullable=False),
        sa.Column("out_frame", sa.Integer(), nullable=False),
        sa.Column("best_frame", sa.Integer(), nullable=False),
        sa.Column("box_left", sa.Float(), nullable=True),
        sa.Column("box_top", sa.Float(), nullable=True),
        sa.Column("box_width", sa.Float(), nullable=True),
        sa.Column("box_height", sa.Float(), nullable=True),
        sa.Column("quality", sa.Float(), nullable=False),
        sa.Column("person_id", sa.String(length=30), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "ordinal"),
        sa.UniqueConstraint("id", name="uq_face_tracks_id"),
    )
    op.create_index("ix_face_tracks_person_id", "face_tracks", ["person_id", "asset_id"], unique=False)
    op.create_table(
        "instances",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("location_id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("storage_class", sa.String(length=40), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["location_id"],
            ["locations.id"],
        ),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_instances_id"),
        sa.UniqueConstraint("location_id", "name", name="uq_instances_location_id_name"),
    )
    op.create_index("ix_instances_asset_id", "instances", ["asset_id"], unique=False)
    op.create_table(
        "keyframes",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("frame", sa.Integer(), nullable=False),
        sa.Column("shot_id", sa.String(length=30), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "frame"),
    )
    op.create_table(
        "names",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("asset_id", name="uq_names_asset_id"),
    )
    op.create_table(
        "passages",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("tail", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("cue_ids", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("asset_id", "ordinal", name="uq_passages_asset_id_ordinal"),
        sa.UniqueConstraint("id", name="uq_passages_id"),
    )
    op.create_table(
        "renditions",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("frames", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "role"),
    )
    op.create_table(
        "rights",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("territory", sa.Text(), nullable=False),
        sa.Column("media", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_frame", sa.Integer(), nullable=True),
        sa.Column("out_frame", sa.Integer(), nullable=True),
        sa.Column("source", sa.String(length=120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
    )
    op.create_index("ix_rights_asset_id", "rights", ["asset_id"], unique=False)
    op.create_table(
        "screen_texts",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("in_frame", sa.Integer(), nullable=False),
        sa.Column("out_frame", sa.Integer(), nullable=False),
        sa.Column("box_left", sa.Float(), nullable=True),
        sa.Column("box_top", sa.Float(), nullable=True),
        sa.Column("box_width", sa.Float(), nullable=True),
        sa.Column("box_height", sa.Float(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("asset_id", "ordinal", name="uq_screen_texts_asset_id_ordinal"),
    )
    op.create_table(
        "shots",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("in_frame", sa.Integer(), nullable=False),
        sa.Column("out_frame", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "ordinal"),
        sa.UniqueConstraint("id", name="uq_shots_id"),
    )
    op.create_table(
        "stage_runs",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("stage", sa.String(length=60), nullable=False),
        sa.Column("version", sa.String(length=200), nullable=False),
        sa.Column("input_digest", sa.String(length=128), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "stage"),
    )
    op.create_table(
        "statements",
        sa.Column("row", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("field", sa.String(length=80), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("human", sa.Boolean(), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("in_frame", sa.Integer(), nullable=True),
        sa.Column("out_frame", sa.Integer(), nullable=True),
        sa.Column("start", sa.BigInteger(), nullable=True),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("box_left", sa.Float(), nullable=True),
        sa.Column("box_top", sa.Float(), nullable=True),
        sa.Column("box_width", sa.Float(), nullable=True),
        sa.Column("box_height", sa.Float(), nullable=True),
        sa.Column("supersedes", sa.String(length=30), nullable=True),
        sa.Column("superseded_by", sa.String(length=30), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_statements_id"),
    )
    op.create_index("ix_statements_asset_id", "statements", ["asset_id", "field"], unique=False)
    op.create_table(
        "timelines",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("pts", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id"),
    )
    op.create_table(
        "tracks",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("stream", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("codec", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("role", sa.String(length=40), nullable=True),
        sa.Column("channels", sa.Integer(), nullable=True),
        sa.Column("sample_rate", sa.Integer(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "stream"),
    )
    op.create_table(
        "vector_files",
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("space", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("encoder", sa.String(length=200), nullable=False),
        sa.Column("revision", sa.String(length=128), nullable=False),
        sa.Column("dim", sa.Integer(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("asset_id", "space"),
    )
    op.create_index("ix_vector_files_space", "vector_files", ["space"], unique=False)
    op.create_table(
        "objects",
        sa.Column("instance_id", sa.String(length=30), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=12), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("etag", sa.Text(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("storage_class", sa.String(length=40), nullable=False),
        sa.Column("restore", sa.String(length=12), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("caption_kind", sa.String(length=12), nullable=True),
        sa.ForeignKeyConstraint(["instance_id"], ["instances.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("instance_id", "ordinal"),
    )
