"""The table of versions that were redacted. The other tables are in `models`."""

from sqlalchemy import Index, and_, case
from sqlmodel import Field, col

from app.storage.columns import Table, text
from app.storage.models import Change


class RedactedVersion(Table, table=True):
    """A version of a record, of the releases from `written_in` on and before `superseded_in`, that a later release has
    redacted. `digest` is that of the document as it was given. Where the document `is_gone`, nothing else is left."""

    __tablename__ = "redacted_versions"
    __table_args__ = (Index(None, "superseded_in"),)
    type: str = text(primary_key=True)
    id: str = text(primary_key=True)
    written_in: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    superseded_in: int
    digest: str
    redacted_in: int
    reason: str
    is_gone: bool


class EarlierDigest(Table, table=True):
    """The digest that a release had before a later one, `redacted_in`, replaced an id in it."""

    __tablename__ = "earlier_digests"
    release: int = Field(foreign_key="releases.number", primary_key=True, sa_column_kwargs={"autoincrement": False})
    redacted_in: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    digest: str
    reason: str


OP = case((and_(col(Change.redacted).is_not(None), col(Change.op) != "ADD"), "RED"), else_=col(Change.op)).label("op")
"""What a release did to a record, as it is told: a redaction, also where that changed or removed the record."""
