"""search

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "search_entries",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("type", _KEY, nullable=False),
        sa.Column("id", _KEY, nullable=False),
        sa.Column("terms", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_search_entries")),
    )
    op.create_index(op.f("ix_search_entries_type_id"), "search_entries", ["type", "id"], unique=True)
    if op.get_bind().dialect.name == "sqlite":
        # The terms are made in Python; FTS5 only splits them at spaces.
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5(terms, content='search_entries', content_rowid='number', "
            "tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")"
        )
    else:
        op.create_index("ix_search_entries_terms", "search_entries", ["terms"], postgresql_using="gin")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
    op.drop_table("search_entries")
