"""views of the past that keep the order of indexes

Revision ID: 0030
Revises: 0029
"""

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Changes no table: every migration makes the views of PostgreSQL anew."""


def downgrade() -> None:
    """Changes no table."""
