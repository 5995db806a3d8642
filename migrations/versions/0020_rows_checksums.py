"""checksums of rows

Each record says itself whether what is stored of it is what the code makes today; releases had a number for all.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RECORDS = (
    "articles",
    "casualties",
    "incidents",
    "organizations",
    "people",
    "places",
    "quotes",
    "source_documents",
    "statements",
)


def upgrade() -> None:
    for table in _RECORDS:
        op.add_column(table, sa.Column("rows_checksum", _NUMBER, server_default="0", nullable=False))
    op.drop_column("releases", "shape")


def downgrade() -> None:
    op.add_column("releases", sa.Column("shape", sa.Integer(), server_default="0", nullable=False))
    for table in _RECORDS:
        op.drop_column(table, "rows_checksum")
