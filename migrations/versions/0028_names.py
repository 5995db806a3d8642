"""all names of records, as type-ahead looks for them

Revision ID: 0028
Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_NAMED = ("places", "organizations", "people")


def upgrade() -> None:
    text = sa.String().with_variant(sa.String(collation="C"), "postgresql")
    for table in _NAMED:
        for one in (table, f"past_{table}"):
            op.add_column(one, sa.Column("names", text, nullable=True))


def downgrade() -> None:
    for table in _NAMED:
        for one in (table, f"past_{table}"):
            op.drop_column(one, "names")
