"""incidents are sorted by any total, so they have no column of their own for one

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_INDEX = "ix_incidents_sort_killed_id"


def upgrade() -> None:
    op.drop_index(_INDEX, "incidents")
    op.drop_column("incidents", "sort_killed")


def downgrade() -> None:
    op.add_column("incidents", sa.Column("sort_killed", sa.Integer(), nullable=False, server_default="-1"))
    op.execute(
        "UPDATE incidents SET sort_killed = (SELECT low FROM incident_totals "
        "WHERE incident_id = incidents.id AND outcome = 'killed') "
        "WHERE id IN (SELECT incident_id FROM incident_totals WHERE outcome = 'killed')"
    )
    op.create_index(_INDEX, "incidents", ["sort_killed", "id"])
