"""the past: superseded rows are kept, and releases can be read as they were

Revision ID: 0023
Revises: 0022
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import TSVECTOR

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_RECORDS = "articles incidents places people organizations quotes statements casualties source_documents".split()
_OWNED = (
    "parties place_parents organization_parents person_roles affiliations incident_places incident_actors "
    "incident_totals incident_relations incident_same_as place_same_as party_same_as harm_inclusions casualty_people "
    "casualty_documents quote_spans quote_incidents quote_places quote_documents statement_about statement_documents "
    "contradictions evidence search_entries"
).split()
_COPIED = [*_RECORDS, *_OWNED[:-1], "codebook"]


def upgrade() -> None:
    connection = op.get_bind()
    for table in _OWNED:
        op.add_column(table, sa.Column("changed_in", sa.Integer(), server_default="0", nullable=False))
    op.add_column("releases", sa.Column("is_kept", sa.Boolean(), server_default=sa.false(), nullable=False))
    # What is there now is the newest release, whole; of those before it only what is still valid.
    op.execute("UPDATE releases SET is_kept = true WHERE number = (SELECT max(number) FROM releases)")
    for table in _COPIED:
        _add_past(connection, table)
    _add_past_terms(connection)


def downgrade() -> None:
    op.drop_column("releases", "is_kept")
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE past_search_index")
    for table in _RECORDS:
        op.execute(f"DELETE FROM documents WHERE number IN (SELECT number FROM past_{table})")
    for table in ("search_entries", *_COPIED):
        op.drop_table(f"past_{table}")
    for table in _OWNED:
        op.drop_column(table, "changed_in")


def _add_past(connection: sa.Connection, table: str) -> None:
    """Creates an empty table with the columns and indexes of another, and the release that superseded its rows."""
    inspector, name = sa.inspect(connection), f"past_{table}"
    keys = list(inspector.get_pk_constraint(table)["constrained_columns"])
    if table not in _RECORDS:
        keys.append("superseded_in")
    since = sa.Column("superseded_in", sa.Integer(), autoincrement=False, nullable=False)
    if connection.dialect.name == "sqlite":
        columns = [
            sa.Column(one["name"], one["type"], nullable=one["nullable"]) for one in inspector.get_columns(table)
        ]
        op.create_table(name, *columns, since, sa.PrimaryKeyConstraint(*keys, name=op.f(f"pk_{name}")))
    else:
        op.execute(f"CREATE TABLE {name} (LIKE {table})")
        op.add_column(name, since)
        op.create_primary_key(op.f(f"pk_{name}"), name, keys)
    for index in inspector.get_indexes(table):
        if index["name"] not in ("ix_incidents_box", "ix_places_box") and not index.get("duplicates_constraint"):
            where: dict[str, Any] = {key: sa.text(value) for key, value in _where(index).items()}
            suffix = str(index["name"]).removeprefix(f"ix_{table}")
            op.create_index(f"ix_{name}{suffix}", name, [str(one) for one in index["column_names"]], **where)
    if table in _RECORDS:
        op.create_index(f"ix_{name}_id", name, ["id"])
        op.create_index(f"ix_{name}_superseded_in", name, ["superseded_in"])


def _where(index: Any) -> dict[str, str]:
    return {key: str(value) for key, value in index.get("dialect_options", {}).items() if key.endswith("_where")}


def _add_past_terms(connection: sa.Connection) -> None:
    op.create_table(
        "past_search_entries",
        sa.Column("key", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("changed_in", sa.Integer(), nullable=False),
        sa.Column("superseded_in", sa.Integer(), nullable=False),
        sa.Column("terms", sa.Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_past_search_entries")),
    )
    for column in ("number", "superseded_in"):
        op.create_index(f"ix_past_search_entries_{column}", "past_search_entries", [column])
    if connection.dialect.name == "sqlite":
        op.execute(
            "CREATE VIRTUAL TABLE past_search_index USING fts5(terms, content='past_search_entries', "
            "content_rowid='key', tokenize=\"unicode61 remove_diacritics 0 tokenchars '_'\")"
        )
    else:
        op.create_index("ix_past_search_entries_terms", "past_search_entries", ["terms"], postgresql_using="gin")
