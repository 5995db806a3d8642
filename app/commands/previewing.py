"""`dateline preview`: the front page over seed files while they are written."""

import shutil
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.commands.ports import refuse_busy_port
from app.commands.seed_folders import ArticleIds, Texts, article_files
from app.ingest.editing.preview import report
from app.ingest.editing.valid_part import write_valid_part
from app.ingest.release.loading import load
from app.ingest.release.verifying import ArticleFile
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError
from app.ingest.temporary_folder import temporary_folder
from app.settings import Settings
from app.storage.database import Database

if TYPE_CHECKING:
    from app.main import Service
    from app.server.preview import Made


def preview(
    directory: Annotated[Path, typer.Argument(help="The folder of seed files.", exists=True, file_okay=False)],
    text: Texts = None,
    article: ArticleIds = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
) -> None:
    """Show seed files while they are written: the front page, with mistakes beside their records, after every save.

    Records with mistakes are left out of everything else. Nothing is stored: it ends with the command.
    """
    from watchfiles import awatch

    from app.server import uvicorn_server as server
    from app.server.preview import Preview
    from app.storage import schema

    refuse_busy_port(host, port)
    files = article_files(text, article)
    with temporary_folder() as folder:
        database = Database(f"sqlite:///{folder / _EMPTY}")
        try:
            schema.migrate(database)
        finally:
            database.close()
        typer.echo(f"  http://{host}:{port}/ shows {directory}; Ctrl-C ends it.")
        make = partial(_make, directory.resolve(), files, folder, count())
        create = partial(Preview, make, partial(awatch, directory, *(one.path for one in files)))
        server.serve(create, host, port, 1, access_log=False, metrics=None)


_EMPTY = "empty.db"
"""The database with tables and no records, which others are copies of."""


def _make(directory: Path, files: Sequence[ArticleFile], folder: Path, numbers: Iterator[int]) -> "Made":
    """Returns the report on seed files, and the service over those of their records that have no mistakes."""
    told, errors = report(directory, files)
    place = folder / str(next(numbers))
    place.mkdir()
    shutil.copyfile(folder / _EMPTY, place / "preview.db")
    url = f"sqlite:///{place / 'preview.db'}"
    database = Database(url)
    try:
        _load_valid(directory, errors, place / "seed", database)
    finally:
        database.close()
    return told, _service(url, place)


def _load_valid(directory: Path, errors: Sequence[SeedError], part: Path, database: Database) -> None:
    """Loads the records of a directory that have no mistakes; `part` is a folder for them."""
    if not errors:
        try:
            load(directory, database)
        except DossierError as error:  # saved since the report was made
            errors = error.errors
    if errors:
        part.mkdir()
        if write_valid_part(directory, errors, part):
            load(part, database)


@asynccontextmanager
async def _service(url: str, place: Path) -> AsyncIterator["Service"]:
    """The service over a database, which is removed at the end."""
    from app.main import create_app

    service = create_app(Settings(database_url=url))
    async with service.router.lifespan_context(service):
        yield service
    shutil.rmtree(place, ignore_errors=True)
