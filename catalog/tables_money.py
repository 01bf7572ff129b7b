"""Tables of quotes, restores, those who wait for them, what they may cost, and who is told."""

import sqlalchemy as sa

from catalog.tables import AnyText, Money, UtcTime, metadata, owned

quotes = sa.Table(
    "quotes",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("asset_ids", sa.JSON, nullable=False),
    sa.Column("retrieval_tier", sa.String(40), nullable=False),
    sa.Column("days", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("objects", sa.Integer, nullable=False),
    sa.Column("eta_seconds", sa.Integer, nullable=False),
    sa.Column("cost", Money, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("lines", sa.JSON, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    *owned(),
)

ACTIVE_RESTORE = "status NOT IN ('expired', 'failed', 'cancelled')"

restores = sa.Table(
    "restores",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("quote_id", sa.String(30), nullable=False),
    sa.Column("asset_id", sa.String(30), nullable=False),
    sa.Column("instance_id", sa.String(30), nullable=False),
    sa.Column("uri", AnyText, nullable=False),
    sa.Column("version", AnyText, nullable=False),
    sa.Column("retrieval_tier", sa.String(40), nullable=False),
    sa.Column("days", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("cost", Money, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("requested_at", UtcTime, nullable=False),
    sa.Column("eta", UtcTime),
    sa.Column("restored_at", UtcTime),
    sa.Column("expires_at", UtcTime),
    sa.Column("sha256", sa.String(64)),
    sa.Column("verified", AnyText),
    sa.Column("error", AnyText),
    sa.Column("deadline", UtcTime),
    sa.Column("wanted_days", sa.Integer),
    sa.Column("keep_until", UtcTime),
    sa.Column("wanted_tier", sa.String(40)),
    sa.Column("due_at", UtcTime),
    sa.Column("overdue_at", UtcTime),
    sa.Column("asked", sa.Integer, nullable=False, server_default="0"),
    *owned(),
    sa.Index("uq_restores_active", "uri", "version", unique=True, sqlite_where=sa.text(ACTIVE_RESTORE)),
    sa.Index("ix_restores_asset_id", "asset_id"),
    sa.Index("ix_restores_status", "status"),
    sa.Index("ix_restores_due_at", "due_at"),
    sa.Index("ix_restores_quote_id", "quote_id"),
)

spending = sa.Table(
    "spending",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("restore_id", sa.String(30), nullable=False),
    sa.Column("amount", Money, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("released_at", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("key", sa.String(120), nullable=False, unique=True),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("actual", Money),
    *owned(),
    sa.Index("ix_spending_month", "month"),
    sa.Index("ix_spending_restore_id", "restore_id"),
)

budget_caps = sa.Table(
    "budget_caps",
    metadata,
    sa.Column("scope", sa.String(10), primary_key=True),
    sa.Column("subject", sa.String(30), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("cap", Money, nullable=False),
    sa.Column("set_at", UtcTime, nullable=False),
    sa.Column("principal", sa.String(30), nullable=False, server_default="prn_local"),
)
"""What people set; ``month`` is empty where it holds for every month."""

budget_use = sa.Table(
    "budget_use",
    metadata,
    sa.Column("scope", sa.String(10), primary_key=True),
    sa.Column("subject", sa.String(30), primary_key=True),
    sa.Column("month", sa.String(7), primary_key=True),
    sa.Column("reserved", sa.BigInteger, nullable=False),
)
"""Reserved and spent in millionths, so that one UPDATE can compare and add."""

approvals = sa.Table(
    "approvals",
    metadata,
    sa.Column("id", sa.String(30), primary_key=True),
    sa.Column("quote_id", sa.String(30), nullable=False, unique=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("cost", Money, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("reason", AnyText, nullable=False),
    sa.Column("deadline", UtcTime),
    sa.Column("asked_at", UtcTime, nullable=False),
    sa.Column("decided_by", sa.String(30)),
    sa.Column("decided_at", UtcTime),
    sa.Column("note", AnyText),
    *owned(),
    sa.Index("ix_approvals_state", "state"),
)

waiters = sa.Table(
    "waiters",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("restore_id", sa.String(30), nullable=False),
    sa.Column("quote_id", sa.String(30), nullable=False),
    sa.Column("days", sa.Integer, nullable=False),
    sa.Column("deadline", UtcTime),
    sa.Column("joined_at", UtcTime, nullable=False),
    sa.Column("left_at", UtcTime),
    *owned(),
    sa.Index("ix_waiters_quote_id", "quote_id"),
    sa.Index(
        "uq_waiters_there", "restore_id", "principal", unique=True, sqlite_where=sa.text("left_at IS NULL")
    ),
)
