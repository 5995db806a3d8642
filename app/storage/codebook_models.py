"""The table of the codebook."""

from sqlmodel import Field

from app.storage.columns import Table, text


class StoredCodebook(Table, table=True):
    """The codebook of the newest release, one record, with its document as it is served."""

    __tablename__ = "codebook"
    id: str = text(primary_key=True)
    digest: str
    version: int
    changed_in: int = Field(foreign_key="releases.number")
    document: str
