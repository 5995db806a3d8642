"""The table of what records are counted by. The other tables are in `models`."""

from sqlmodel import Field

from app.storage.columns import NUMBER, Table, text


class CountBlock(Table, table=True):
    """What some records of a type are counted by, as a NumPy archive (see `app.counts.blocks`)."""

    __tablename__ = "count_blocks"
    type: str = text(primary_key=True)
    block: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    checksum: int = Field(sa_type=NUMBER)
    data: bytes
