"""Tables of the job ledger, the change feed and the audit trail; money is in ``tables_money``."""

import sqlalchemy as sa

from catalog.tables import AnyText, UtcTime, metadata, owned

changes = sa.Table(
    "changes",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("asset_id", sa.String(30), nullable=False),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("space", sa.String(200)),
    sa.Column("at", UtcTime, nullable=False),
    sqlite_autoincrement=True,
)

runs = sa.Table(
    "runs",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("started_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("discovered", sa.Integer, nullable=False),
    sa.Column("unchanged", sa.Integer, nullable=False),
    sa.Column("cold", sa.Integer, nullable=False),
    *owned(),
)

ACTIVE_JOB = "state IN ('waiting', 'leased')"

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("turn", sa.Integer, nullable=False),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("key", AnyText, nullable=False),
    sa.Column("run_id", sa.String(30)),
    sa.Column("asset_id", sa.String(30)),
    sa.Column("state", sa.String(10), nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("payload", sa.JSON, nullable=False),
    sa.Column("lease_owner", sa.String(120)),
    sa.Column("lease_until", UtcTime),
    sa.Column("ready_at", UtcTime),
    sa.Column("progress", sa.Float, nullable=False),
    sa.Column("stage", sa.String(60)),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    *owned(),
    sa.Index("uq_jobs_key", "kind", "key", unique=True, sqlite_where=sa.text(ACTIVE_JOB)),
    sa.Index("ix_jobs_turn", "turn", sqlite_where=sa.text(ACTIVE_JOB)),
    sa.Index("ix_jobs_run_turn", "run_id", "turn", sqlite_where=sa.text(ACTIVE_JOB)),
    sa.Index("ix_jobs_run_id", "run_id", "kind", "state"),
)

dead_letters = sa.Table(
    "dead_letters",
    metadata,
    sa.Column("uri", AnyText, primary_key=True),
    sa.Column("stage", sa.String(60), nullable=False),
    sa.Column("code", sa.String(60), nullable=False),
    sa.Column("message", AnyText, nullable=False),
    sa.Column("remedy", AnyText, nullable=False),
    sa.Column("retryable", sa.Boolean, nullable=False),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("asset_id", sa.String(30)),
    sa.Column("run_id", sa.String(30)),
    sa.Column("job_id", sa.String(30)),
    *owned(),
    sa.Index("ix_dead_letters_run_id", "run_id"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.Integer, primary_key=True),
    sa.Column("at", UtcTime, nullable=False),
    sa.Column("action", sa.String(80), nullable=False),
    sa.Column("subject", AnyText, nullable=False),
    sa.Column("detail", AnyText, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    *owned(),
    sqlite_autoincrement=True,
)
