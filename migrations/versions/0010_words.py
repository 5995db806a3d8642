"""words

Each record has a checksum of what it is found by, each release the languages of its articles and the words that misspelt
ones may have meant; marks that are parts of letters no longer end a word on SQLite.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TABLES = ("articles", "incidents", "places", "people", "organizations", "quotes", "statements", "casualties")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    for table in _TABLES:
        op.add_column(table, sa.Column("terms_checksum", _NUMBER, nullable=False, server_default="0"))
    op.add_column("releases", sa.Column("languages", sa.String(), nullable=False, server_default='["en"]'))
    op.create_table(
        "known_words",
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("words", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["release"], ["releases.number"], name=op.f("fk_known_words_release")),
        sa.PrimaryKeyConstraint("release", name=op.f("pk_known_words")),
    )
    _index("unicode61 remove_diacritics 0 categories 'L* N* Co M*' tokenchars '_'")


def downgrade() -> None:
    _index("unicode61 remove_diacritics 0 tokenchars '_'")
    op.drop_table("known_words")
    op.drop_column("releases", "languages")
    for table in _TABLES:
        op.drop_column(table, "terms_checksum")


def _index(tokenizer: str) -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TABLE search_index")
        op.execute(
            "CREATE VIRTUAL TABLE search_index USING fts5(terms, content='search_entries', content_rowid='number', "
            f'tokenize="{tokenizer}")'
        )
        op.execute("INSERT INTO search_index (search_index) VALUES ('rebuild')")
