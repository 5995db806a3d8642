"""what is counted beside an article is found without reading the records

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_casualties_incident_id"), "casualties")
    op.create_index(op.f("ix_casualties_incident_id_id"), "casualties", ["incident_id", "id"])
    rows = sa.text("latitude IS NULL")
    op.create_index("ix_incidents_without_latitude_id", "incidents", ["id"], sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    op.drop_index("ix_incidents_without_latitude_id", "incidents")
    op.drop_index(op.f("ix_casualties_incident_id_id"), "casualties")
    op.create_index(op.f("ix_casualties_incident_id"), "casualties", ["incident_id"])
