"""redactions: what was taken out of past releases

Revision ID: 0026
Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.add_column("changes", sa.Column("redacted", sa.String(), nullable=True))
    op.add_column("releases", sa.Column("redacted_in", sa.Integer(), server_default="0", nullable=False))
    op.add_column("releases", sa.Column("is_erased", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.create_table(
        "redacted_versions",
        sa.Column("type", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("written_in", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("superseded_in", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("redacted_in", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("type", "id", "written_in", name=op.f("pk_redacted_versions")),
    )
    op.create_index("ix_redacted_versions_superseded_in", "redacted_versions", ["superseded_in"])


def downgrade() -> None:
    op.drop_table("redacted_versions")
    op.drop_column("releases", "is_erased")
    op.drop_column("releases", "redacted_in")
    op.drop_column("changes", "redacted")
