"""What follows on a release that redacts: its free space is overwritten, caches go, and what is left is looked for."""

from sqlalchemy import update
from sqlmodel import col, select

from app.ingest.redaction.release import ReleaseRedaction
from app.ingest.redaction.search import remains
from app.storage.database import Database, DatabaseError
from app.storage.erasing import erase_free_space
from app.storage.models import Release
from app.storage.shared_directory import directories_of, remove_files

MAX_SHOWN = 20

_WAITING = select(Release.number).where(col(Release.is_erased).is_(False)).order_by(col(Release.number))


def erase(database: Database, redaction: ReleaseRedaction | None) -> None:
    """Overwrites what releases have redacted, that of an earlier load as well if it was interrupted, and looks for what
    is left of the last one. Raises DatabaseError if something is."""
    with database.writer() as connection:  # a standby may not have the release yet
        waiting = connection.execute(_WAITING).scalars().all()
    if not waiting:
        return
    erase_free_space(database)
    for directory in directories_of(database):
        remove_files(directory, waiting[-1])
    with database.writer() as connection:
        connection.execute(update(Release).values(is_erased=True))
    if redaction is None:
        return
    if places := list(remains(database, redaction.forgotten, redaction.rewriting)):
        shown = "; ".join(places[:MAX_SHOWN])
        raise DatabaseError(f"{database.name}: what release {waiting[-1]} redacts still stands in {shown}")
