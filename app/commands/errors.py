"""What goes wrong in commands for a known reason: one plain message each, and what follows from it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.importing.table_import import RefusedRows
from app.ingest.seed.reading import DossierError


class CommandError(Exception):
    """A command cannot do what it was asked; the message says why in one plain sentence."""


class NotImported(DossierError):
    """A table or its map has mistakes, and therefore nothing of it is imported."""

    consequence = "; nothing is imported until all are mended"


class NotImportedWhole(NotImported):
    """Rows have mistakes; the others could be imported without them."""

    consequence = "; nothing is imported until all are mended, or --refused names a file for rows with mistakes"


class NotLoaded(DossierError):
    """Seed files have mistakes, and therefore none of their records is loaded."""

    consequence = "; nothing is loaded until all are mended"


@contextmanager
def reporting_nothing_imported() -> Iterator[None]:
    """Reports mistakes of a table or map as a reason why nothing is imported."""
    try:
        yield
    except RefusedRows as error:
        raise NotImportedWhole(error.errors) from error
    except DossierError as error:
        raise NotImported(error.errors) from error


@contextmanager
def reporting_nothing_written(folder: Path) -> Iterator[None]:
    """Reports a file in a folder that cannot be written as a reason why nothing there has changed."""
    try:
        yield
    except OSError as error:
        # What a full disk refuses has no name: the file is open by then.
        where = error.filename or f"to {folder}"
        raise CommandError(f"Cannot write {where}: {error.strerror}; nothing has changed.") from error


@contextmanager
def reporting_nothing_loaded() -> Iterator[None]:
    """Reports mistakes of seed files as a reason why nothing is loaded."""
    try:
        yield
    except DossierError as error:
        raise NotLoaded(error.errors) from error
