"""In which archive tier of Intelligent-Tiering an object sleeps."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade():
    op.add_column("objects", sa.Column("archive_tier", sa.String(length=20)))


def downgrade():
    op.drop_column("objects", "archive_tier")
