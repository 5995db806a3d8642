"""documents as sources

Claims, quotes and statements may have come through documents, which are records of their own.

Revision ID: 0019
Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OWNERS = {"casualty": "casualties", "quote": "quotes", "statement": "statements"}

_TYPE_CODE = 9
"""What stands for documents in the numbers of search entries."""

_BATCH = 500


def upgrade() -> None:
    op.create_table(
        "source_documents",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_in", sa.Integer(), nullable=False),
        sa.Column("terms_checksum", _NUMBER, server_default="0", nullable=False),
        sa.Column("sort_name", _TEXT, nullable=False),
        sa.Column("id", _TEXT, nullable=False),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("author_id", _TEXT, nullable=True),
        _key("source_documents", "author_id", "parties.id"),
        sa.ForeignKeyConstraint(["changed_in"], ["releases.number"], name=op.f("fk_source_documents_changed_in")),
        sa.ForeignKeyConstraint(["number"], ["documents.number"], name=op.f("fk_source_documents_number")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_source_documents")),
        sa.UniqueConstraint("id", name=op.f("uq_source_documents_id")),
    )
    for columns in (("sort_name", "id"), ("changed_in", "id"), ("kind", "sort_name", "id"), ("author_id",)):
        op.create_index("_".join(("ix_source_documents", *columns)), "source_documents", list(columns))
    for owner, target in _OWNERS.items():
        table, own = f"{owner}_documents", f"{owner}_id"
        op.create_table(
            table,
            sa.Column(own, _TEXT, nullable=False),
            sa.Column("document_id", _TEXT, nullable=False),
            _key(table, own, f"{target}.id"),
            _key(table, "document_id", "source_documents.id"),
            sa.PrimaryKeyConstraint(own, "document_id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_document_id", table, ["document_id"])


def downgrade() -> None:
    for owner in reversed(_OWNERS):
        op.drop_table(f"{owner}_documents")
    connection = op.get_bind()
    numbers = connection.execute(sa.text("SELECT number FROM source_documents")).scalars().all()
    op.drop_table("source_documents")
    op.execute("DELETE FROM evidence WHERE record_type = 'document'")
    without = sa.text("DELETE FROM documents WHERE number IN :numbers").bindparams(
        sa.bindparam("numbers", expanding=True)
    )
    for start in range(0, len(numbers), _BATCH):
        connection.execute(without, {"numbers": numbers[start : start + _BATCH]})
    first = _TYPE_CODE << 56
    op.execute(f"DELETE FROM search_entries WHERE number BETWEEN {first} AND {first + (1 << 56) - 1}")
    if connection.dialect.name == "sqlite":
        op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")


def _key(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], [target], name=op.f(f"fk_{table}_{column}"), initially="DEFERRED", deferrable=True
    )
