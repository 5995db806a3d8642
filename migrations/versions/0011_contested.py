"""contested incidents are found by an index

Revision ID: 0011
Revises: 0010
"""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_incidents_contested_sort_date_id"), "incidents", ["contested", "sort_date", "id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_incidents_contested_sort_date_id"), "incidents")
