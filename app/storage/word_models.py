"""The table of known words. The other tables are in `models`."""

from sqlmodel import Field

from app.storage.columns import Table


class KnownWords(Table, table=True):
    """The vocabulary for spelling suggestions: words separated by spaces, the most frequent first.

    Only the newest release has a row.
    """

    __tablename__ = "known_words"
    release: int = Field(foreign_key="releases.number", primary_key=True, sa_column_kwargs={"autoincrement": False})
    words: str
