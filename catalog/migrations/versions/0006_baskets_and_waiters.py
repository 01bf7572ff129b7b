"""Baskets, waiters, approvals, budgets per user and project, and notices written with the state they tell of."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

ACTIVE = "status NOT IN ('expired', 'failed', 'cancelled')"


def _owned():
    return (
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.Column("collection", sa.String(length=30), server_default="col_default", nullable=False),
        sa.Column("project", sa.String(length=30), server_default="prj_default", nullable=False),
    )


def _time(name, nullable=True):
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade():
    _restores()
    _spending()
    _budgets()
    _waiters()
    _notices()
    _baskets()


def downgrade():
    tables = ("basket_items", "baskets", "couriers", "deliveries", "notices", "waiters", "approvals")
    for table in (*tables, "budget_caps", "budget_use"):
        op.drop_table(table)
    _restores_before()
    _spending_before()


def _restores():
    _rebuild("restores", ("uq_restores_active", "ix_restores_asset_id", "ix_restores_status"))
    op.create_table("restores", *_restore_columns(16), *_new_restore_columns(), *_owned(), *_restore_keys())
    # What is under way is looked at at once.
    _copy("restores", _RESTORE_FACTS + _OWNED, also=("due_at",), as_sql=(f"CASE WHEN {ACTIVE} THEN requested_at END",))
    _restore_indices()
    op.create_index("ix_restores_due_at", "restores", ["due_at"], unique=False)
    op.create_index("ix_restores_quote_id", "restores", ["quote_id"], unique=False)


def _restores_before():
    indices = ("uq_restores_active", "ix_restores_asset_id", "ix_restores_status", "ix_restores_due_at")
    _rebuild("restores", (*indices, "ix_restores_quote_id"))
    op.create_table("restores", *_restore_columns(12), *_owned(), *_restore_keys())
    _copy("restores", _RESTORE_FACTS + _OWNED)
    _restore_indices()


_OWNED = ("principal", "collection", "project")
_RESTORE_FACTS = (
    "row", "id", "quote_id", "asset_id", "instance_id", "uri", "version", "retrieval_tier", "days", "size",
    "cost", "currency", "status", "requested_at", "eta", "restored_at", "expires_at", "sha256", "verified",
    "error",
)
_SPENDING_FACTS = ("row", "month", "restore_id", "amount", "currency", "released_at", "created_at")


def _restore_columns(width):
    return (
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
        sa.Column("status", sa.String(length=width), nullable=False),
        _time("requested_at", nullable=False),
        _time("eta"),
        _time("restored_at"),
        _time("expires_at"),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("verified", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
    )


def _new_restore_columns():
    return (
        _time("deadline"),
        sa.Column("wanted_days", sa.Integer(), nullable=True),
        _time("keep_until"),
        sa.Column("wanted_tier", sa.String(length=40), nullable=True),
        _time("due_at"),
        _time("overdue_at"),
        sa.Column("asked", sa.Integer(), server_default="0", nullable=False),
    )


def _restore_keys():
    return sa.PrimaryKeyConstraint("row"), sa.UniqueConstraint("id", name="uq_restores_id")


def _restore_indices():
    op.create_index("ix_restores_asset_id", "restores", ["asset_id"], unique=False)
    op.create_index("ix_restores_status", "restores", ["status"], unique=False)
    op.create_index(
        "uq_restores_active", "restores", ["uri", "version"], unique=True, sqlite_where=sa.text(ACTIVE)
    )


def _spending():
    """One restore may have several entries: what brought it back, what kept it longer, what made it faster."""
    _rebuild("spending", ("ix_spending_month",))
    op.create_table(
        "spending",
        *_spending_columns(),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("actual", sa.String(length=40), nullable=True),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("key", name="uq_spending_key"),
    )
    _copy("spending", _SPENDING_FACTS + _OWNED, also=("key", "kind"), as_sql=("restore_id", "'restore'"))
    op.create_index("ix_spending_month", "spending", ["month"], unique=False)
    op.create_index("ix_spending_restore_id", "spending", ["restore_id"], unique=False)


def _spending_before():
    _rebuild("spending", ("ix_spending_month", "ix_spending_restore_id"))
    op.create_table(
        "spending",
        *_spending_columns(),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("restore_id", name="uq_spending_restore_id"),
    )
    _copy("spending", _SPENDING_FACTS + _OWNED, where="kind = 'restore'")
    op.create_index("ix_spending_month", "spending", ["month"], unique=False)


def _spending_columns():
    return (
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("restore_id", sa.String(length=30), nullable=False),
        sa.Column("amount", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        _time("released_at"),
        _time("created_at", nullable=False),
    )


def _rebuild(table, indices):
    """SQLite cannot change a column or drop a constraint: the table is made anew and filled from the old one."""
    for index in indices:
        op.drop_index(index, table)
    op.rename_table(table, f"{table}_before")


def _copy(table, columns, also=(), as_sql=(), where="1"):
    names, values = ", ".join((*columns, *also)), ", ".join((*columns, *as_sql))
    op.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}_before WHERE {where}")
    op.drop_table(f"{table}_before")


def _budgets():
    op.create_table(
        "budget_caps",
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=30), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("cap", sa.String(length=40), nullable=False),
        _time("set_at", nullable=False),
        sa.Column("principal", sa.String(length=30), server_default="prn_local", nullable=False),
        sa.PrimaryKeyConstraint("scope", "subject", "month"),
    )
    op.create_table(
        "budget_use",
        sa.Column("scope", sa.String(length=10), nullable=False),
        sa.Column("subject", sa.String(length=30), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("reserved", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "subject", "month"),
    )
    millionths = "CAST(ROUND(SUM(CAST(amount AS REAL)) * 1000000) AS INTEGER)"
    for scope, subject in (("month", "''"), ("user", "principal"), ("project", "project")):
        op.execute(
            "INSERT INTO budget_use (scope, subject, month, reserved) "
            f"SELECT '{scope}', {subject}, month, {millionths} FROM spending "
            f"WHERE released_at IS NULL GROUP BY {subject}, month"
        )
    op.create_table(
        "approvals",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("quote_id", sa.String(length=30), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("cost", sa.String(length=40), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("deadline"),
        _time("asked_at", nullable=False),
        sa.Column("decided_by", sa.String(length=30), nullable=True),
        _time("decided_at"),
        sa.Column("note", sa.Text(), nullable=True),
        *_owned(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("quote_id", name="uq_approvals_quote_id"),
    )
    op.create_index("ix_approvals_state", "approvals", ["state"], unique=False)


def _waiters():
    op.create_table(
        "waiters",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("restore_id", sa.String(length=30), nullable=False),
        sa.Column("quote_id", sa.String(length=30), nullable=False),
        sa.Column("days", sa.Integer(), nullable=False),
        _time("deadline"),
        _time("joined_at", nullable=False),
        _time("left_at"),
        *_owned(),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_waiters_id"),
    )
    op.create_index(
        "uq_waiters_there",
        "waiters",
        ["restore_id", "principal"],
        unique=True,
        sqlite_where=sa.text("left_at IS NULL"),
    )
    op.create_index("ix_waiters_quote_id", "waiters", ["quote_id"], unique=False)
    # Whoever asked for what is under way waits for it.
    op.execute(
        "INSERT INTO waiters (id, restore_id, quote_id, days, joined_at, principal, collection, project) "
        "SELECT 'wtr' || substr(id, 4), id, quote_id, days, requested_at, principal, collection, project "
        f"FROM restores WHERE {ACTIVE}"
    )


def _notices():
    op.create_table(
        "notices",
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("key", sa.String(length=160), nullable=False),
        sa.Column("event", sa.String(length=30), nullable=False),
        sa.Column("subject", sa.String(length=30), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        _time("at", nullable=False),
        *_owned(),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("id", name="uq_notices_id"),
        sa.UniqueConstraint("key", name="uq_notices_key"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_principal", "notices", ["principal", "seq"], unique=False)
    op.create_table(
        "couriers",
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "deliveries",
        sa.Column("channel", sa.String(length=80), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("due_at"),
        sa.Column("error", sa.Text(), nullable=True),
        _time("delivered_at"),
        sa.PrimaryKeyConstraint("channel", "seq"),
    )
    op.create_index(
        "ix_deliveries_due_at",
        "deliveries",
        ["channel", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 'waiting'"),
    )


def _baskets():
    op.create_table(
        "baskets",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        _time("created_at", nullable=False),
        *_owned(),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("principal", "folded", name="uq_baskets_principal_folded"),
    )
    op.create_table(
        "basket_items",
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("basket_id", sa.String(length=30), nullable=False),
        sa.Column("asset_id", sa.String(length=30), nullable=False),
        sa.Column("in_frame", sa.Integer(), nullable=True),
        sa.Column("out_frame", sa.Integer(), nullable=True),
        sa.Column("start", sa.BigInteger(), nullable=True),
        sa.Column("end", sa.BigInteger(), nullable=True),
        sa.Column("label", sa.Text(), nullable=False),
        _time("added_at", nullable=False),
        sa.ForeignKeyConstraint(["basket_id"], ["baskets.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["asset_id"], ["assets.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("row"),
        sa.UniqueConstraint("id", name="uq_basket_items_id"),
    )
    op.create_index("ix_basket_items_basket_id", "basket_items", ["basket_id"], unique=False)
    op.create_index("ix_basket_items_asset_id", "basket_items", ["asset_id"], unique=False)
