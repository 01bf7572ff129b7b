"""Proof that vectors were made names their encoder, so that those of several encoders stay done side by side."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

STAGES = ("visual", "meaning")


def upgrade():
    # The version of these stages ends with the encoder's revision, 64 hexadecimal digits.
    for stage in STAGES:
        op.execute(
            f"UPDATE stage_runs SET stage = '{stage}@' || substr(version, -64, 12) "
            f"WHERE stage = '{stage}' AND length(version) > 64"
        )


def downgrade():
    for stage in STAGES:
        op.execute(f"DELETE FROM stage_runs WHERE stage LIKE '{stage}@%'")
