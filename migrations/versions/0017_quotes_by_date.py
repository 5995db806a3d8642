"""quotes by date

Quotes have the days of the incidents that they are about, claims the first day of theirs, so that indexes find and sort
them by date. Those of a release that was loaded before have none until the next load, which writes every record anew.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
_INDEXES = (
    ("sort_date", "id"),
    ("kind", "sort_date", "id"),
    ("speaker_id", "sort_date", "id"),
    ("earliest", "latest", "open_start", "open_end"),
)
_REACH = ("reach", "sort_date", "id")
_CODE_OF_QUOTES = 6


def upgrade() -> None:
    op.add_column("casualties", sa.Column("first_day", _TEXT, server_default="", nullable=False))
    op.create_index(_name("casualties", ("first_day", "id")), "casualties", ["first_day", "id"])
    op.add_column("quotes", sa.Column("earliest", _TEXT, nullable=True))
    op.add_column("quotes", sa.Column("latest", _TEXT, nullable=True))
    for end in ("open_start", "open_end"):
        op.add_column("quotes", sa.Column(end, sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("quotes", sa.Column("reach", sa.Integer(), nullable=True))
    op.add_column("quotes", sa.Column("sort_date", _TEXT, server_default="", nullable=False))
    for columns in _INDEXES:
        op.create_index(_name("quotes", columns), "quotes", list(columns))
    rows = sa.text("reach IS NOT NULL")
    op.create_index(_name("quotes", _REACH), "quotes", list(_REACH), sqlite_where=rows, postgresql_where=rows)


def downgrade() -> None:
    # A search entry's number holds type and day; without dates those of quotes have none.
    first, after = _CODE_OF_QUOTES << 56, (_CODE_OF_QUOTES + 1) << 56
    op.execute(
        f"UPDATE search_entries SET number = {first} + number % 4294967296 WHERE number >= {first} AND number < {after}"
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")
    for columns in (_REACH, *reversed(_INDEXES)):
        op.drop_index(_name("quotes", columns), "quotes")
    for column in ("sort_date", "reach", "open_end", "open_start", "latest", "earliest"):
        op.drop_column("quotes", column)
    op.drop_index(_name("casualties", ("first_day", "id")), "casualties")
    op.drop_column("casualties", "first_day")


def _name(table: str, columns: tuple[str, ...]) -> str:
    return "_".join(("ix", table, *columns))
