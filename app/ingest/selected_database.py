"""A temporary database with some of a dossier's records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.ingest.loading import load
from app.ingest.selection import Ids, Selection
from app.ingest.temporary_folder import temporary_folder
from app.storage.database import Database, Snapshot
from app.storage.schema import migrate


@contextmanager
def selected_database(directory: Path, choose: Callable[[Snapshot], Ids]) -> Iterator[str]:
    """Yields the URL of a database with the records that `choose` chooses of all that the seed files hold."""
    with temporary_folder() as folder:
        whole, selected = (f"sqlite:///{folder / name}.db" for name in ("whole", "selected"))
        with _loaded(directory, whole) as database, database.snapshot() as snapshot:
            selection = Selection(choose(snapshot))
        with _loaded(directory, selected, selection):
            pass
        yield selected


@contextmanager
def _loaded(directory: Path, url: str, selection: Selection | None = None) -> Iterator[Database]:
    database = Database(url)
    try:
        migrate(database)
        load(directory, database, selection=selection)
        yield database
    finally:
        database.close()
