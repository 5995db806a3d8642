"""vocabularies

The same constraints in other words: for each row that is written SQLite builds a table of the list after an IN, which
takes longer than the row.

Revision ID: 0004
Revises: 0003
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_LIST = re.compile(r"""("?\w+"?) IN \(('\w+'(?:, '\w+')*)\)""")


def upgrade() -> None:
    """As SQLite's page on ALTER TABLE has it for constraints, which change nothing that is stored."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    tables = connection.execute(sa.text("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")).all()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for name, sql in tables:
        if (changed := _LIST.sub(_compared, sql)) != sql:
            rewrite = sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name")
            connection.execute(rewrite, {"sql": changed, "name": name})
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def downgrade() -> None:
    """Nothing to take back: both ways of writing it refuse the same rows."""


def _compared(found: re.Match[str]) -> str:
    return " OR ".join(f"{found[1]} = {value}" for value in found[2].split(", "))
