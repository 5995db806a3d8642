"""verified releases

How much of a release was compared with the articles' texts when it was loaded. Of those before, nothing is known.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("releases", sa.Column("verified", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("releases", "verified")
