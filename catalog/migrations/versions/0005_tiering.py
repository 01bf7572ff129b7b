"""The state of projects; holds, leases, tier plans and moves."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ACTIVE_MOVE = "state NOT IN ('done', 'failed', 'cancelled')"


def _owned():
    return (
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
    )


def _time(name, *, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    op.add_column("projects", sa.Column("folded", sa.Text(), server_default="", nullable=False))
    op.add_column("projects", sa.Column("state", sa.String(length=10), server_default="active", nullable=False))
    op.add_column("projects", _time("state_at"))
    op.add_column(
        "projects", sa.Column("state_by", sa.String(length=30), server_default="prn_local", nullable=False)
    )
    op.execute("UPDATE projects SET folded = lower(name), state_at = created_at")
    op.create_index("uq_projects_folded", "projects", ["folded"], unique=True)
    op.create_index("ix_assets_project", "assets", ["project"])
    _holds_and_leases()
    _plans()
    _moves()


def downgrade():
    for table in ("moves", "tier_plan_items", "tier_plans", "leases", "holds"):
        op.drop_table(table)
    op.drop_index("ix_assets_project", "assets")
    op.drop_index("uq_projects_folded", "projects")
    for column in ("state_by", "state_at", "state", "folded"):
        op.drop_column("projects", column)


def _holds_and_leases():
    op.create_table(
        "holds",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30)),
        sa.Column("project_id", sa.String(length=30)),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("until"),
        _time("created_at", nullable=False),
        _time("released_at"),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_holds_id"),
    )
    for column in ("asset_id", "project_id"):
        op.create_index(
            f"ix_holds_{column}", "holds", [column], sqlite_where=sa.text("released_at IS NULL")
        )
    op.create_table(
        "leases",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        _time("until", nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("created_at", nullable=False),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_leases_id"),
        sa.UniqueConstraint("asset_id", "principal", name="uq_leases_asset_id_principal"),
    )


def _plans():
    op.create_table(
        "tier_plans",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("rules_sha256", sa.String(length=64), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("summary", sa.JSON(), nullable=False),
        sa.Column("scanned", sa.Integer(), nullable=False),
        sa.Column("moving", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cost", sa.String(length=40), nullable=False),
        sa.Column("saving", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        _time("created_at", nullable=False),
        _time("expires_at", nullable=False),
        _time("applied_at"),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_tier_plans_id"),
    )
    op.create_table(
        "tier_plan_items",
        sa.Column("plan_row", sa.Integer(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("instance_row", sa.Integer(), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rule", sa.Integer(), nullable=False),
        sa.Column("refusal", sa.String(length=40)),
        sa.PrimaryKeyConstraint("plan_row", "ordinal"),
        sqlite_with_rowid=False,
    )


def _moves():
    op.create_table(
        "moves",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("instance_id", sa.String(length=30), nullable=False),
        sa.Column("identity", sa.String(length=64), nullable=False),
        sa.Column("plan_id", sa.String(length=30)),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("rule_line", sa.Integer(), nullable=False),
        sa.Column("from_location", sa.String(length=30), nullable=False),
        sa.Column("from_class", sa.String(length=40), nullable=False),
        sa.Column("to_location", sa.String(length=30), nullable=False),
        sa.Column("to_class", sa.String(length=40), nullable=False),
        sa.Column("method", sa.String(length=10), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("objects", sa.JSON(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cost", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("manifest", sa.Text()),
        sa.Column("error", sa.Text()),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("owner", sa.String(length=120)),
        _time("lease_until"),
        _time("not_before"),
        _time("created_at", nullable=False),
        _time("updated_at", nullable=False),
        _time("finished_at"),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_moves_id"),
    )
    op.create_index(
        "uq_moves_active", "moves", ["instance_id"], unique=True, sqlite_where=sa.text(ACTIVE_MOVE)
    )
    op.create_index("ix_moves_asset_id", "moves", ["asset_id"])
    op.create_index("ix_moves_instance_id", "moves", ["instance_id"])
    op.create_index("ix_moves_plan_id", "moves", ["plan_id", "state"])
    op.create_index("ix_moves_state", "moves", ["state"])
    op.create_index("ix_moves_month", "moves", ["month"])
