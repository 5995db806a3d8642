"""totals

An incident's totals are rows, one for each outcome of the vocabulary that something is said of, and no longer columns
for some of them. Claims are found by their bounds, links to actors and places by their certainty, people by whether
they live.

Revision ID: 0008
Revises: 0007
"""

import re
from collections.abc import Callable

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_COLUMNS = ("killed", "wounded", "abducted", "detained")
"""The outcomes that were columns."""

_OUTCOMES = (*_COLUMNS, "displaced", "removed", "casualties")

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

_ADDED = (
    ("casualties", ("outcome", "low", "id")),
    ("casualties", ("outcome", "high", "id")),
    ("incident_actors", ("certainty", "incident_id")),
    ("incident_actors", ("role", "certainty", "incident_id")),
    ("incident_places", ("role", "certainty", "incident_id")),
    ("people", ("life_status", "sort_name", "id")),
)
_TAKEN = ("incident_actors", ("role", "incident_id"))


def upgrade() -> None:
    _check_keys_at_once()
    op.create_table(
        "incident_totals",
        sa.Column("incident_id", _TEXT, nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=True),
        sa.CheckConstraint("low >= 0 AND low <= high", name=op.f("ck_incident_totals_bounds")),
        sa.CheckConstraint(
            " OR ".join(f"outcome = '{outcome}'" for outcome in _OUTCOMES),
            name=op.f("ck_incident_totals_casualtyoutcome"),
        ),
        sa.ForeignKeyConstraint(
            ["incident_id"],
            ["incidents.id"],
            name=op.f("fk_incident_totals_incident_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("incident_id", "outcome", name=op.f("pk_incident_totals")),
    )
    for outcome in _COLUMNS:
        op.execute(
            f"INSERT INTO incident_totals SELECT id, '{outcome}', {outcome}_low, {outcome}_high FROM incidents"
            f" WHERE {outcome}_low IS NOT NULL ORDER BY id"
        )
    for bound in ("low", "high"):
        _index("incident_totals", ("outcome", bound, "incident_id"))
        for outcome in _COLUMNS:
            op.drop_index(f"ix_incidents_{outcome}_{bound}_id", "incidents")
    _drop_checks()
    for outcome in _COLUMNS:
        for bound in ("low", "high"):
            op.drop_column("incidents", f"{outcome}_{bound}")
    for table, columns in _ADDED:
        _index(table, columns)
    op.drop_index(_name(*_TAKEN), _TAKEN[0])


def downgrade() -> None:
    _check_keys_at_once()
    _index(*_TAKEN)
    for table, columns in reversed(_ADDED):
        op.drop_index(_name(table, columns), table)
    for outcome in _COLUMNS:
        for bound in ("low", "high"):
            op.add_column("incidents", sa.Column(f"{outcome}_{bound}", sa.Integer(), nullable=True))
            value = f"SELECT {bound} FROM incident_totals WHERE incident_id = incidents.id AND outcome = '{outcome}'"
            op.execute(f"UPDATE incidents SET {outcome}_{bound} = ({value})")
            _index("incidents", (f"{outcome}_{bound}", "id"))
    _add_checks()
    op.drop_table("incident_totals")


def _check_keys_at_once() -> None:
    """PostgreSQL alters no table of which some are waiting to be checked."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *columns))


def _index(table: str, columns: tuple[str, ...]) -> None:
    op.create_index(_name(table, columns), table, list(columns))


def _drop_checks() -> None:
    if op.get_bind().dialect.name == "sqlite":
        of_a_column = rf",\s+CONSTRAINT ck_incidents_({'|'.join(_COLUMNS)}) CHECK \([^)]*\)"
        _rewrite(lambda sql: re.sub(of_a_column, "", sql))
    else:
        for outcome in _COLUMNS:
            op.drop_constraint(op.f(f"ck_incidents_{outcome}"), "incidents")


def _add_checks() -> None:
    checks = {outcome: f"{outcome}_low >= 0 AND {outcome}_low <= {outcome}_high" for outcome in _COLUMNS}
    if op.get_bind().dialect.name == "sqlite":
        texts = "".join(f", CONSTRAINT ck_incidents_{outcome} CHECK ({check})" for outcome, check in checks.items())
        _rewrite(lambda sql: f"{sql.rstrip().removesuffix(')').rstrip()}{texts})")
    else:
        for outcome, check in checks.items():
            op.create_check_constraint(op.f(f"ck_incidents_{outcome}"), "incidents", check)


def _rewrite(changed: Callable[[str], str]) -> None:
    """As SQLite's page on ALTER TABLE has it for constraints, which change nothing that is stored."""
    connection = op.get_bind()
    sql = connection.exec_driver_sql("SELECT sql FROM sqlite_schema WHERE name = 'incidents'").scalar_one()
    connection.exec_driver_sql("PRAGMA writable_schema = ON")
    rewrite = sa.text("UPDATE sqlite_schema SET sql = :sql WHERE type = 'table' AND name = 'incidents'")
    connection.execute(rewrite, {"sql": changed(sql)})
    version = connection.exec_driver_sql("PRAGMA schema_version").scalar_one()
    connection.exec_driver_sql(f"PRAGMA schema_version = {version + 1}")
    connection.exec_driver_sql("PRAGMA writable_schema = RESET")
