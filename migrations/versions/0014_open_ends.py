"""open ends

Whether a date has an open end, where `earliest` or `latest` is what filters assume and no bound that the date states.
Those of a release that was loaded before count as stated until the next load, which writes every record anew.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_TABLES = ("incidents", "statements")
_COLUMNS = ("open_start", "open_end")
_INDEXES = (
    *((table, ("earliest", "latest"), ("earliest", "latest", *_COLUMNS)) for table in _TABLES),
    ("incidents", ("latest",), ("latest", "open_end")),
)


def upgrade() -> None:
    for table in _TABLES:
        for column in _COLUMNS:
            op.add_column(table, sa.Column(column, sa.Boolean(), server_default=sa.false(), nullable=False))
    for table, before, after in _INDEXES:
        op.drop_index(_name(table, before), table)
        op.create_index(_name(table, after), table, list(after))


def downgrade() -> None:
    for table, before, after in _INDEXES:
        op.drop_index(_name(table, after), table)
        op.create_index(_name(table, before), table, list(before))
    for table in _TABLES:
        for column in _COLUMNS:
            op.drop_column(table, column)


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *columns))
