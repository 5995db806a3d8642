"""releases say which service they were copied from

Revision ID: 0027
Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("releases", sa.Column("origin", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("releases", "origin")
