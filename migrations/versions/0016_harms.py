"""harms

Claims may be about the same people, be parts of others, and their harms include others. Until the next load each
counted claim is a harm of its own, as it was.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

_FLAGS = ("with_others", "is_split", "mixed_group", "mixed_organization", "mixed_people")
_WITH_OTHERS = sa.text("with_others")


def upgrade() -> None:
    _check_keys_at_once()
    op.add_column("casualties", sa.Column("harm", _TEXT, nullable=True))
    op.add_column("casualties", sa.Column("best", sa.Integer(), nullable=True))
    op.add_column("casualties", sa.Column("part_of_id", _TEXT, nullable=True))
    for name in _FLAGS:
        op.add_column("casualties", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("UPDATE casualties SET harm = id WHERE counted")
    op.execute("UPDATE casualties SET best = low WHERE counted AND low = high AND basis <> 'contested'")
    op.create_index(
        "ix_casualties_with_others",
        "casualties",
        ["incident_id", "id"],
        sqlite_where=_WITH_OTHERS,
        postgresql_where=_WITH_OTHERS,
    )
    op.create_table(
        "harm_inclusions",
        sa.Column("casualty_id", _TEXT, nullable=False),
        sa.Column("included", _TEXT, nullable=False),
        sa.Column("is_certain", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["casualty_id"],
            ["casualties.id"],
            name=op.f("fk_harm_inclusions_casualty_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.PrimaryKeyConstraint("casualty_id", "included", name=op.f("pk_harm_inclusions")),
    )


def downgrade() -> None:
    _check_keys_at_once()
    op.drop_table("harm_inclusions")
    op.drop_index("ix_casualties_with_others", "casualties")
    for name in (*_FLAGS, "part_of_id", "best", "harm"):
        op.drop_column("casualties", name)


def _check_keys_at_once() -> None:
    """PostgreSQL alters no table of which some are waiting to be checked."""
    if op.get_bind().dialect.name != "sqlite":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")
