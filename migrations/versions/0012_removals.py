"""removals

Feeds look for what was removed last, which is little beside all that was added.

Revision ID: 0012
Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_REMOVED = sa.text("op = 'DEL'")


def upgrade() -> None:
    op.create_index(
        "ix_changes_removed", "changes", ["type", "release", "id"], sqlite_where=_REMOVED, postgresql_where=_REMOVED
    )


def downgrade() -> None:
    op.drop_index("ix_changes_removed", "changes")
