"""the codebook is data: it has a row, and the loader checks values instead of the database

Revision ID: 0018
Revises: 0017
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_VOCABULARIES = (
    "changeop placekind basis organizationkind anonymity lifestatus personrole incidentkind granularity placerole "
    "certainty actorrole casualtyoutcome casualtygroup casualtybasis evidencefield quotekind stance topic"
).split()
_CHECK = re.compile(rf"""\s*CONSTRAINT "?ck_\w+_(?:{"|".join(_VOCABULARIES)})"? CHECK \((?:[^()']|'[^']*')*\),?""")


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite":
        _without_checks_on_sqlite(connection)
    else:
        _without_checks(connection)
    op.create_table(
        "codebook",
        sa.Column("id", sa.String().with_variant(sa.String(collation="C"), "postgresql"), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("changed_in", sa.Integer(), nullable=False),
        sa.Column("document", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["changed_in"], ["releases.number"], name=op.f("fk_codebook_changed_in")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_codebook")),
    )
    op.add_column("releases", sa.Column("codebook", sa.String(), nullable=True))


def downgrade() -> None:
    """The checks do not come back: the tables may hold values that they did not know."""
    op.drop_column("releases", "codebook")
    op.drop_table("codebook")


def _without_checks_on_sqlite(connection: sa.Connection) -> None:
    """As SQLite's page on ALTER TABLE has it for constraints, which change nothing that is stored."""
    tables = connection.execute(sa.text("SELECT name, sql FROM sqlite_schema WHERE type = 'table'")).all()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    for name, sql in tables:
        if sql and (changed := re.sub(r",(\s*\))\s*$", r"\1", _CHECK.sub("", sql))) != sql:
            rewrite = sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = :name")
            connection.execute(rewrite, {"sql": changed, "name": name})
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")


def _without_checks(connection: sa.Connection) -> None:
    inspector = sa.inspect(connection)
    for table in inspector.get_table_names():
        for check in inspector.get_check_constraints(table):
            if str(check["name"]).rpartition("_")[2] in _VOCABULARIES:
                op.drop_constraint(op.f(str(check["name"])), table, type_="check")
