"""digests of releases before an id was redacted

Revision ID: 0029
Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "earlier_digests",
        sa.Column("release", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("redacted_in", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["releases.number"], name=op.f("fk_earlier_digests_release")),
        sa.PrimaryKeyConstraint("release", "redacted_in", name=op.f("pk_earlier_digests")),
    )


def downgrade() -> None:
    op.drop_table("earlier_digests")
