"""removed names

What a removed record was called, so that its id is not given to something else. Of what was removed before, nothing is
known.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("changes", sa.Column("name", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("changes", "name")
