"""causes of changes: what was edited is told apart from what followed

Revision ID: 0025
Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RECORDS = "articles incidents places people organizations quotes statements casualties source_documents".split()


def upgrade() -> None:
    op.add_column("changes", sa.Column("cause", sa.String(40), nullable=True))
    op.add_column("changes", sa.Column("because", sa.String(), nullable=True))
    for table in _RECORDS:
        for name in (table, f"past_{table}"):
            op.add_column(name, sa.Column("seed_checksum", _NUMBER, nullable=True))


def downgrade() -> None:
    for table in _RECORDS:
        for name in (f"past_{table}", table):
            op.drop_column(name, "seed_checksum")
    op.drop_column("changes", "because")
    op.drop_column("changes", "cause")
