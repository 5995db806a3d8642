"""The command that makes and keeps a copy of another service."""

import time
from typing import Annotated

import typer

from app.commands.amounts import counted
from app.commands.databases import open_database
from app.commands.progress_bars import ProgressBars
from app.ingest.mirrors.mirroring import mirror as copy_releases
from app.ingest.mirrors.source import CopiedRelease, MirrorError
from app.storage.database import Database, DatabaseError

_SECONDS = 10
"""Between two looks for new releases."""


def mirror(
    url: Annotated[str, typer.Argument(help="The address of the service, as in https://dateline.example.")],
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on, and look for new releases every ten seconds until interrupted.")
    ] = False,
) -> None:
    """Copy another service with its past over its public API: release by release, each proven by its digest."""
    from app.storage import schema

    with open_database() as database:
        schema.migrate(database)
        before = database.newest_written().number
        if _copy(url, database) == before:
            typer.echo(f"{database.name}: release {before} is the newest of {url}.")
        while follow:
            time.sleep(_SECONDS)
            try:
                _copy(url, database)
            except (MirrorError, DatabaseError) as error:
                typer.echo(str(error), err=True)


def _copy(url: str, database: Database) -> int:
    with ProgressBars() as bars:

        def report(release: CopiedRelease) -> None:
            with bars.suspended():
                typer.echo(f"{database.name}: release {release.number}, as at {url}: {counted(release.counts)}.")

        return copy_releases(url, database, progress=bars, report=report)
