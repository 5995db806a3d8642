"""corrections: what was wrong in a record, beside the change that put it right

Revision ID: 0024
Revises: 0023
"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_CORRECTED = sa.text("correction IS NOT NULL")


def upgrade() -> None:
    text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    op.add_column("changes", sa.Column("corrected", text, nullable=True))
    op.add_column("changes", sa.Column("correction", sa.String(), nullable=True))
    op.create_index(
        op.f("ix_changes_release_type_id"),
        "changes",
        ["release", "type", "id"],
        sqlite_where=_CORRECTED,
        postgresql_where=_CORRECTED,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_changes_release_type_id"), "changes")
    op.drop_column("changes", "correction")
    op.drop_column("changes", "corrected")
