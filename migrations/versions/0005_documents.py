"""documents

Documents are kept apart from what records are found by.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = ("articles", "places", "people", "organizations", "incidents", "casualties", "quotes", "statements")
_TYPES = ("article", "place", "person", "organization", "incident", "casualty", "quote", "statement")
_REFERS = "CONSTRAINT fk_{}_number REFERENCES documents (number)"


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.create_table(
        "documents",
        sa.Column("number", number, autoincrement=False, nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_documents")),
    )
    is_sqlite = _at_once()
    for table in _TABLES:
        if is_sqlite:
            op.execute(f"ALTER TABLE {table} ADD COLUMN number INTEGER {_REFERS.format(table)}")
        else:
            op.add_column(table, sa.Column("number", number, nullable=True))
        op.execute(
            f"UPDATE {table} SET number = new.number FROM (SELECT id, row_number() OVER (ORDER BY id) +"
            f" (SELECT coalesce(max(number), 0) FROM documents) AS number FROM {table}) AS new WHERE new.id = {table}.id"
        )
        op.execute(f"INSERT INTO documents (number, document) SELECT number, document FROM {table} ORDER BY number")
        op.drop_column(table, "document")
        if is_sqlite:
            _rewrite(table, "number INTEGER CONSTRAINT", "number INTEGER NOT NULL CONSTRAINT")
        else:
            op.alter_column(table, "number", nullable=False)
            op.create_foreign_key(f"fk_{table}_number", table, "documents", ["number"], ["number"])
        op.create_index(f"ix_{table}_number", table, ["number"], unique=True)
    _point_at_documents(number, is_sqlite)


def downgrade() -> None:
    is_sqlite = _at_once()
    op.drop_column("search_entries", "document_number")
    for table in _TABLES:
        op.drop_index(f"ix_{table}_number", table)
        op.add_column(table, sa.Column("document", sa.String(), nullable=True))
        op.execute(
            f"UPDATE {table} SET document = (SELECT document FROM documents WHERE documents.number = {table}.number)"
        )
        if is_sqlite:
            _rewrite(table, f"number INTEGER NOT NULL {_REFERS.format(table)}", "number INTEGER")
            _rewrite(table, "document VARCHAR", "document VARCHAR NOT NULL")
        else:
            op.alter_column(table, "document", nullable=False)
        op.drop_column(table, "number")
    op.drop_table("documents")


def _point_at_documents(number: sa.types.TypeEngine[int], is_sqlite: bool) -> None:
    """What is found by its words leads to its document."""
    op.add_column("search_entries", sa.Column("document_number", number, nullable=True))
    for table, kind in zip(_TABLES, _TYPES, strict=True):
        op.execute(
            f"UPDATE search_entries SET document_number = {table}.number FROM {table}"
            f" WHERE search_entries.type = '{kind}' AND search_entries.id = {table}.id"
        )
    if is_sqlite:
        _rewrite("search_entries", "document_number INTEGER", "document_number INTEGER NOT NULL")
    else:
        op.alter_column("search_entries", "document_number", nullable=False)


def _at_once() -> bool:
    """Whether this is SQLite. PostgreSQL is told to check keys at once: it alters no table of which some are waiting to
    be checked."""
    if op.get_bind().dialect.name == "sqlite":
        return True
    op.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return False


def _rewrite(table: str, old: str, new: str) -> None:
    """As SQLite's page on ALTER TABLE has it for constraints, which change nothing that is stored."""
    connection = op.get_bind()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    rewrite = sa.text("UPDATE sqlite_schema SET sql = replace(sql, :old, :new) WHERE type = 'table' AND name = :name")
    connection.execute(rewrite, {"old": old, "new": new, "name": table})
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
