"""What moves cost counts against the budgets that restores keep to."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_MILLIONTHS = "CAST(ROUND(SUM(CAST(amount AS REAL)) * 1000000) AS INTEGER)"
_ACCOUNTS = (("month", "''"), ("user", "principal"), ("project", "project"))


def upgrade():
    op.execute(
        "INSERT INTO spending (month, restore_id, amount, currency, created_at, key, kind, principal, "
        "collection, project) SELECT month, id, cost, currency, created_at, id, 'move', principal, collection, "
        "project FROM moves WHERE state NOT IN ('failed', 'cancelled') AND CAST(cost AS REAL) > 0"
    )
    _count("+")


def downgrade():
    _count("-")
    op.execute("DELETE FROM spending WHERE kind = 'move'")


def _count(sign):
    for scope, subject in _ACCOUNTS:
        op.execute(
            "INSERT INTO budget_use (scope, subject, month, reserved) "
            f"SELECT '{scope}', {subject}, month, {sign}{_MILLIONTHS} FROM spending "
            f"WHERE kind = 'move' AND released_at IS NULL GROUP BY {subject}, month "
            "ON CONFLICT (scope, subject, month) DO UPDATE SET reserved = reserved + excluded.reserved"
        )
