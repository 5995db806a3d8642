"""What goes wrong in commands for a known reason: one plain message each, and what follows from it."""

from collections.abc import Iterator
from contextlib import contextmanager

from app.importing.table_import import RefusedRows
from app.ingest.reading import DossierError


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
    except OSError as error:
        raise CommandError(f"Cannot write {error.filename}: {error.strerror}.") from error


@contextmanager
def reporting_nothing_loaded() -> Iterator[None]:
    """Reports mistakes of seed files as a reason why nothing is loaded."""
    try:
        yield
    except DossierError as error:
        raise NotLoaded(error.errors) from error
