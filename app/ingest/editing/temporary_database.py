"""A temporary database, to try out what is not to be stored."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from app.ingest.temporary_folder import temporary_folder
from app.storage.database import Database
from app.storage.schema import migrate


@contextmanager
def temporary_database() -> Iterator[Database]:
    """Yields a database that has its tables and no release, and removes it afterwards."""
    with temporary_folder() as folder, closing(Database(f"sqlite:///{folder / 'dateline.db'}")) as database:
        migrate(database)
        yield database
