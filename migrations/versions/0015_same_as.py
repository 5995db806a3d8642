"""same_as

The ids that other registers have for incidents, places, people and organizations are found by an index.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

_OWNERS = {"incident": "incidents", "place": "places", "party": "parties"}


def upgrade() -> None:
    for owner, target in _OWNERS.items():
        table, key = f"{owner}_same_as", f"{owner}_id"
        op.create_table(
            table,
            sa.Column(key, _TEXT, nullable=False),
            sa.Column("external_id", _TEXT, nullable=False),
            sa.ForeignKeyConstraint(
                [key], [f"{target}.id"], name=op.f(f"fk_{table}_{key}"), initially="DEFERRED", deferrable=True
            ),
            sa.PrimaryKeyConstraint(key, "external_id", name=op.f(f"pk_{table}")),
        )
        op.create_index(f"ix_{table}_external_id_{key}", table, ["external_id", key])


def downgrade() -> None:
    for owner in reversed(_OWNERS):
        op.drop_table(f"{owner}_same_as")
