"""The `dateline` command.

Web server, API and migrations are imported by the commands that need them: the worker processes of a load import this
module too, and would need more memory.
"""

import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app import __version__
from app.commands.amounts import amount, counted, records
from app.commands.databases import open_database, read_settings
from app.commands.dossiers import commands as dossiers
from app.commands.errors import CommandError, NotImported, NotLoaded, reporting_nothing_loaded
from app.commands.importing import import_
from app.commands.mirroring import mirror
from app.commands.mistakes import Format, MistakeFormat, print_warnings, reporting_mistakes
from app.commands.ports import refuse_busy_port
from app.commands.previewing import preview
from app.commands.progress_bars import ProgressBars
from app.commands.seed_folders import ArticleIds, Directory, Texts, article_files, default_folder, only_article
from app.importing.annotations import AnnotationError
from app.importing.tables import TableError
from app.ingest.building.workers import WorkerError
from app.ingest.editing.selected_database import selected_database
from app.ingest.editing.temporary_database import temporary_database
from app.ingest.mirrors.source import MirrorError
from app.ingest.release import loading
from app.ingest.release.verifying import ArticleFile, TextError
from app.ingest.seed.reading import DossierError
from app.ingest.texts.passages import PassageError
from app.problems import BadParameter, Gone, Unavailable
from app.settings import SEED, Settings
from app.storage.database import Database, DatabaseError

if TYPE_CHECKING:
    from app.main import Service

app = typer.Typer(
    help="Dateline: a REST API over reporting.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"dateline {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Options of the command itself."""


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="Processes that answer.", min=1, max=64)] = 1,
    access_log: Annotated[bool, typer.Option(help="Write a line for each request to standard error.")] = True,
    metrics_port: Annotated[
        int | None,
        typer.Option(
            help="Port for Prometheus, instead of DATELINE_METRICS_PORT.", min=0, max=65535, show_default=False
        ),
    ] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Serve the sample of the shipped article alone, from a temporary folder.")
    ] = False,
) -> None:
    """Serve the API. An empty database first gets its tables and the seed files that are here, or the shipped ones."""
    from app.server import uvicorn_server as server
    from app.storage import schema

    refuse_busy_port(host, port)
    given: dict[str, Any] = {} if metrics_port is None else {"metrics_port": metrics_port}
    with ExitStack() as stack:
        if sample:
            from app.records.sample import sample_ids

            given["database_url"] = stack.enter_context(selected_database(SEED, sample_ids))
        settings = read_settings(**given)
        metrics = _metrics_address(settings, port)
        with open_database(settings) as database:
            schema.migrate(database)
            with database.snapshot() as snapshot:
                release, outdated = snapshot.release, schema.is_outdated(snapshot)
            if outdated:
                raise CommandError(
                    f"{database.name} was loaded by an older version of dateline. "
                    "Run `dateline load` with the seed files, which writes its records anew."
                )
            if release.number:
                typer.echo(f"{database.name}: release {release.number}: {counted(release.counts)}.")
            else:
                _load(database, default_folder())
        shown = "127.0.0.1" if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host
        base = f"http://{shown}:{port}"
        if "public_url" not in settings.model_fields_set:
            # Absolute links lead back here where nobody has said what the public address is.
            settings = Settings(**settings.model_dump(exclude_unset=True), public_url=base)
        for path in _SAMPLE_PATHS if sample else _EXAMPLE_PATHS:
            typer.echo(f"  {base}{path}")
        server.serve(partial(_service, settings), host, port, workers, access_log=access_log, metrics=metrics)


def _service(settings: Settings) -> "Service":
    """Creates the service, in each process that answers: it is imported nowhere else."""
    from app.main import create_app

    return create_app(settings)


_EXAMPLE_PATHS = (
    "/",
    "/docs",
    "/v1/incidents?has_location=true",
    "/v1/casualties?include=people",
)


_SAMPLE_PATHS = ("/", "/docs", "/v1/sample.json")


def _metrics_address(settings: Settings, port: int) -> tuple[str, int] | None:
    if not settings.metrics_port:
        return None
    if find_spec("prometheus_client") is None:
        raise CommandError("Metrics need their library; install the extra: pip install -e '.[metrics]'")
    if settings.metrics_port == port:
        raise CommandError(f"Port {port} is that of the service. Choose another --metrics-port.")
    refuse_busy_port(settings.metrics_host, settings.metrics_port, "--metrics-port or DATELINE_METRICS_HOST")
    return settings.metrics_host, settings.metrics_port


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from app.api.openapi import describe
    from app.main import create_app

    typer.echo(json.dumps(describe(create_app()), ensure_ascii=False, indent=2))


@app.command()
def load(
    directory: Directory,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change and stop.")] = False,
    note: Annotated[str | None, typer.Option(help="A line about this release, for its readers.")] = None,
    text: Texts = None,
    article: ArticleIds = None,
    only: Annotated[
        Path | None, typer.Option(help="Load one article, articles/ID, and leave the records of others as they are.")
    ] = None,
    prune: Annotated[bool, typer.Option("--prune", help="Remove what the files lack, for the reason given.")] = False,
    reason: Annotated[str | None, typer.Option(help="Why --prune removes them, for readers.")] = None,
    diff: Annotated[bool, typer.Option("--diff", help="Print every changed field, old and new.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Load nothing where there are warnings.")] = False,
    how: Format = MistakeFormat.TEXT,
) -> None:
    """Load seed files as the next release: everything that changed in one transaction, or nothing at all."""
    from app.storage import schema

    if prune != (reason is not None and bool(reason.strip())):
        raise CommandError("Give --prune and its reason together: --prune --reason TEXT.")
    with open_database() as database, ExitStack() as ends:
        if not dry_run:
            schema.migrate(database)
        elif not schema.has_tables(database):
            typer.echo(f"{database.name} has no tables yet, so this is what a first load does.", err=True)
            database = ends.enter_context(temporary_database())
        else:
            schema.check_is_current(database, made_by="migrate")
        with reporting_mistakes(directory, how):
            _load(
                database,
                directory,
                dry_run=dry_run,
                note=note,
                texts=article_files(text, article),
                only=only_article(directory, only),
                prune=reason,
                diff=diff,
                strict=strict,
                how=how,
            )


app.registered_commands += dossiers.registered_commands


app.command("import")(import_)
app.command()(preview)
app.command()(mirror)


@app.command()
def migrate() -> None:
    """Create the tables, or bring them up to date."""
    from app.storage import schema

    with open_database() as database:
        changed = schema.migrate(database)
        typer.echo(f"{database.name}: {'tables brought up to date' if changed else 'tables are up to date'}.")


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(help="The folder to write to; it is made if it is not there.")],
    release: Annotated[
        int | None, typer.Option(help="Write it as it was in this release.", min=1, show_default="the newest")
    ] = None,
) -> None:
    """Write everything as two files, a data package (zip of CSV) and an SQLite file: those of `/v1/dataset`."""
    from app.exports.datasets import files
    from app.storage import schema

    with open_database() as database, ProgressBars() as bars:
        schema.check_is_current(database, made_by="load")
        try:
            with database.snapshot(release=release) as snapshot:
                directory.mkdir(parents=True, exist_ok=True)
                written = files.write(snapshot, directory, bars)
        except (BadParameter, Gone) as error:
            raise CommandError(error.detail) from error
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or error
            raise CommandError(f"Cannot write to {directory}: {why}; nothing was written.") from error
    for path in written.values():
        typer.echo(f"{path}: {path.stat().st_size:,} bytes.")


_PLAIN_ERRORS = (
    *(AnnotationError, CommandError, DatabaseError, MirrorError, PassageError),
    *(TableError, TextError, Unavailable, WorkerError),
)
"""Errors whose message says all that there is to say."""


def main() -> None:
    """Runs the command; what goes wrong for a known reason is one plain message and exit code 1."""
    try:
        app()
    except (DossierError, *_PLAIN_ERRORS) as error:
        typer.echo(str(error), err=True)
        if isinstance(error, DossierError):
            count = len(error.errors)
            so = error.consequence if isinstance(error, NotLoaded | NotImported) else ""
            typer.echo(f"{amount(count, 'mistake')}{so}.", err=True)
        sys.exit(1)


def _load(
    database: Database,
    directory: Path,
    *,
    dry_run: bool = False,
    note: str | None = None,
    texts: Sequence[ArticleFile] = (),
    only: str | None = None,
    prune: str | None = None,
    diff: bool = False,
    strict: bool = False,
    how: MistakeFormat = MistakeFormat.TEXT,
) -> None:
    with ProgressBars() as bars:

        def report(planned: loading.Plan) -> None:
            with bars.suspended():
                _print_plan(planned, is_dry_run=dry_run)
                print_warnings(directory, how, [*planned.warnings, *planned.repeated])

        with reporting_nothing_loaded():
            planned = loading.load(
                directory,
                database,
                note=note,
                dry_run=dry_run,
                report=report,
                progress=bars,
                texts=texts,
                only=only,
                prune=prune,
                diff=diff,
                strict=strict,
            )
    if planned.verified is not None:
        typer.echo("{spans} of {of} spans were verified: digests, quoted words and links.".format(**planned.verified))
    if planned.is_empty:
        typer.echo(f"{database.name}: nothing has changed since release {planned.number - 1}.")
    elif dry_run:
        typer.echo("Nothing was loaded (dry run).")
    else:
        typer.echo(f"{database.name}: release {planned.number}: {counted(planned.counts)}.")


def _print_plan(planned: loading.Plan, *, is_dry_run: bool) -> None:
    """What a load is going to do, before it does it: counts, and the records when they are few. The ids of a dry run
    are not those that the load will make up."""
    if planned.is_empty:
        return
    for (op, resource), count in sorted(planned.tally.items()):
        typer.echo(f"{op.value} {records(count, resource)}")
    if planned.number > 1:
        for change in planned.first:
            reason = f" ({change.reason})" if change.reason else ""
            typer.echo(f"  {change.shown_op.value} {change.resource}/{change.id}{reason}")
        if (more := planned.tally.total() - len(planned.first)) > 0:
            typer.echo(f"  … and {more} more")
    for (resource, old), new in planned.opaque_ids.items():
        to = "gets another id" if is_dry_run else f"is {new} from now on"
        what = (
            "the load prints it"
            if is_dry_run
            else "write that in its place in the files, or take the entry out if the record is removed"
        )
        typer.echo(f"  {resource}/{old} {to}, in all releases: {what}.")
    for (resource, id_), fields in (planned.changed_fields or {}).items():
        typer.echo(f"{resource}/{id_}")
        for path, old, new in fields:
            typer.echo(f"  {path}: {_value(old)} → {_value(new)}")


def _value(value: Any) -> str:
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
