"""A temporary database with some of a dossier's records."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from app.ingest.editing.temporary_database import temporary_database
from app.ingest.release.loading import load
from app.ingest.release.selection import Ids, Selection
from app.storage.snapshot import Snapshot


@contextmanager
def selected_database(directory: Path, choose: Callable[[Snapshot], Ids]) -> Iterator[str]:
    """Yields the URL of a database with the records that `choose` chooses of all that the seed files hold."""
    with temporary_database() as whole:
        load(directory, whole)
        with whole.snapshot() as snapshot:
            selection = Selection(choose(snapshot))
    with temporary_database() as selected:
        load(directory, selected, selection=selection)
        selected.close()
        yield str(selected.url)
