"""Tables of holds, leases, tier plans and moves."""

import sqlalchemy as sa

from catalog.tables import AnyText, Money, UtcTime, metadata, owned

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("asset_id", sa.String(30)),
    sa.Column("project_id", sa.String(30)),
    sa.Column("reason", AnyText, nullable=False),
    sa.Column("until", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("released_at", UtcTime),
    *owned(),
    sa.Index("ix_holds_asset_id", "asset_id", sqlite_where=sa.text("released_at IS NULL")),
    sa.Index("ix_holds_project_id", "project_id", sqlite_where=sa.text("released_at IS NULL")),
)

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("asset_id", sa.String(30), nullable=False),
    sa.Column("until", UtcTime, nullable=False),
    sa.Column("reason", AnyText, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    *owned(),
    sa.UniqueConstraint("asset_id", "principal"),
)

tier_plans = sa.Table(
    "tier_plans",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("rules_sha256", sa.String(64), nullable=False),
    sa.Column("rules", sa.JSON, nullable=False),
    sa.Column("summary", sa.JSON, nullable=False),
    sa.Column("scanned", sa.Integer, nullable=False),
    sa.Column("moving", sa.Integer, nullable=False),
    sa.Column("refused", sa.Integer, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("cost", Money, nullable=False),
    sa.Column("saving", Money, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("complete", sa.Boolean, nullable=False),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("expires_at", UtcTime, nullable=False),
    sa.Column("applied_at", UtcTime),
    *owned(),
)

tier_plan_items = sa.Table(
    "tier_plan_items",
    metadata,
    sa.Column("plan_row", sa.Integer, primary_key=True),
    sa.Column("ordinal", sa.Integer, primary_key=True),
    sa.Column("instance_row", sa.Integer, nullable=False),
    sa.Column("identity", sa.String(64), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("rule", sa.Integer, nullable=False),
    sa.Column("refusal", sa.String(40)),
    sqlite_with_rowid=False,
)

ACTIVE_MOVE = "state NOT IN ('done', 'failed', 'cancelled')"

moves = sa.Table(
    "moves",
    metadata,
    sa.Column("row", sa.Integer, primary_key=True),
    sa.Column("id", sa.String(30), nullable=False, unique=True),
    sa.Column("asset_id", sa.String(30), nullable=False),
    sa.Column("instance_id", sa.String(30), nullable=False),
    sa.Column("identity", sa.String(64), nullable=False),
    sa.Column("plan_id", sa.String(30)),
    sa.Column("rule", AnyText, nullable=False),
    sa.Column("rule_line", sa.Integer, nullable=False),
    sa.Column("from_location", sa.String(30), nullable=False),
    sa.Column("from_class", sa.String(40), nullable=False),
    sa.Column("to_location", sa.String(30), nullable=False),
    sa.Column("to_class", sa.String(40), nullable=False),
    sa.Column("method", sa.String(10), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("objects", sa.JSON, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("month", sa.String(7), nullable=False),
    sa.Column("cost", Money, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("manifest", AnyText),
    sa.Column("error", AnyText),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("owner", sa.String(120)),
    sa.Column("lease_until", UtcTime),
    sa.Column("not_before", UtcTime),
    sa.Column("created_at", UtcTime, nullable=False),
    sa.Column("updated_at", UtcTime, nullable=False),
    sa.Column("finished_at", UtcTime),
    sa.Column("keep_id", sa.String(30)),
    *owned(),
    sa.Index("uq_moves_active", "instance_id", unique=True, sqlite_where=sa.text(ACTIVE_MOVE)),
    sa.Index("ix_moves_asset_id", "asset_id"),
    sa.Index("ix_moves_instance_id", "instance_id"),
    sa.Index("ix_moves_plan_id", "plan_id", "state"),
    sa.Index("ix_moves_state", "state"),
    sa.Index("ix_moves_month", "month"),
)
