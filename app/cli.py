"""The `dateline` command.

Web server, API and migrations are imported by the commands that need them: the worker processes of a load import this
module too, and would need more memory.
"""

import json
import socket
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.util import find_spec
from itertools import zip_longest
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from app.ingest import loading
from app.ingest.passages import Passage, PassageError
from app.ingest.pipeline import check as check_dossier
from app.ingest.pipeline import read, scan
from app.ingest.reading import DossierError
from app.ingest.selected_database import selected_database
from app.ingest.verifying import ArticleFile, TextError, article_text, choose_article
from app.ingest.verifying import verify as verify_spans
from app.ingest.workers import WorkerError
from app.problems import Unavailable
from app.settings import SEED, Settings
from app.storage.database import Database, DatabaseError

if TYPE_CHECKING:
    from app.main import Service

app = typer.Typer(
    help="Dateline: a REST API over reporting.", no_args_is_help=True, add_completion=False, rich_markup_mode=None
)
Directory = Annotated[Path, typer.Argument(help="The folder of seed files.", show_default="the shipped seed/")]
ArticleText = Annotated[
    Path, typer.Option("--text", help="The article's own text, one paragraph a line.", exists=True, dir_okay=False)
]
ArticleId = Annotated[str | None, typer.Option("--article", help="The article's id, when the seed has several.")]


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
    """Serve the API. On an empty database it first creates the tables and loads the shipped seed."""
    from app.server import uvicorn_server as server
    from app.storage import schema

    _refuse_busy_port(host, port)
    given: dict[str, Any] = {} if metrics_port is None else {"metrics_port": metrics_port}
    with ExitStack() as stack:
        if sample:
            from app.records.sample import sample_ids

            given["database_url"] = stack.enter_context(selected_database(SEED, sample_ids))
        settings = _settings(**given)
        metrics = _metrics_address(settings)
        with _database(settings) as database:
            schema.migrate(database)
            with database.snapshot() as snapshot:
                release = snapshot.release
            if release.number:
                typer.echo(f"{database.name}: release {release.number}: {_counted(release.counts)}.")
            else:
                _load(database, SEED)
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
    "/v1/incidents?place=riyadh-district",
    "/v1/casualties?place=kanoos-island&include=people",
)


_SAMPLE_PATHS = ("/", "/docs", "/v1/sample.json")


def _metrics_address(settings: Settings) -> tuple[str, int] | None:
    if not settings.metrics_port:
        return None
    if find_spec("prometheus_client") is None:
        raise CommandError("Metrics need their library; install the extra: pip install -e '.[metrics]'")
    _refuse_busy_port(settings.metrics_host, settings.metrics_port)
    return settings.metrics_host, settings.metrics_port


def _refuse_busy_port(host: str, port: int) -> None:
    """Raises CommandError for a port in use before anything is loaded; the server itself would fail only after that."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Cannot listen on {host} port {port}: {error.strerror}. Choose another --port."
            ) from error


@app.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from app.api.openapi import describe
    from app.main import create_app

    typer.echo(json.dumps(describe(create_app()), ensure_ascii=False, indent=2))


@app.command()
def load(
    directory: Directory = SEED,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change and stop.")] = False,
    note: Annotated[str | None, typer.Option(help="A line about this release, for its readers.")] = None,
    text: Annotated[
        list[Path] | None,
        typer.Option(help="An article's own text, to verify what rests on it.", exists=True, dir_okay=False),
    ] = None,
    article: Annotated[
        list[str] | None, typer.Option(help="The article's id, one for each text, when the seed has several.")
    ] = None,
) -> None:
    """Load seed files as the next release: everything that changed in one transaction, or nothing at all."""
    from app.storage import schema

    with _database() as database:
        if not dry_run:
            schema.migrate(database)
        elif not schema.is_current(database):
            raise CommandError(f"{database.name} has no tables of this version yet; run `dateline migrate` first.")
        _load(database, directory, dry_run=dry_run, note=note, texts=_texts(text or [], article or []))


@app.command()
def check(directory: Directory = SEED) -> None:
    """Check seed files as `load` does, without a database."""
    with ProgressBars() as bars, _reporting_nothing_loaded():
        counts = check_dossier(directory, bars)
    typer.echo(f"{directory}: {_counted(counts)}; no mistakes.")


@app.command()
def verify(
    text: ArticleText,
    article: ArticleId = None,
    directory: Directory = SEED,
) -> None:
    """Check every span, digest, quote and link against the article's own text."""
    with ProgressBars() as bars, scan(directory, bars) as pipeline:
        verified = verify_spans(pipeline, [ArticleFile(text, article)], bars)
    if errors := verified.file_errors + verified.errors:
        raise DossierError(errors)
    typer.echo(f"{verified.articles[0]}: {verified.spans} spans hold: digests, quoted words and links.")


@app.command()
def anchor(
    phrase: Annotated[str, typer.Argument(help="Words of the article, exactly as printed.")],
    text: ArticleText,
    paragraph: Annotated[int | None, typer.Option(help="Look in this paragraph only.", min=1)] = None,
    article: ArticleId = None,
    directory: Directory = SEED,
) -> None:
    """Find a phrase in an article's text and print the span to paste into a seed file."""
    records, errors = read(directory)
    if not records.articles:
        raise DossierError(errors)
    entry = records.articles[choose_article(records.articles, article)]
    passage = article_text(entry, text).anchor(phrase, paragraph)
    typer.echo(_span(passage))


@app.command()
def migrate() -> None:
    """Create the tables, or bring them up to date."""
    from app.storage import schema

    with _database() as database:
        changed = schema.migrate(database)
        typer.echo(f"{database.name}: {'tables brought up to date' if changed else 'tables are up to date'}.")


@app.command()
def export(
    directory: Annotated[Path, typer.Argument(help="The folder to write to; it is made if it is not there.")],
) -> None:
    """Write everything as two files, a data package (zip of CSV) and an SQLite file: those of `/v1/dataset`."""
    from app.exports.datasets import files
    from app.storage import schema

    with _database() as database, ProgressBars() as bars:
        if not schema.is_current(database):
            raise CommandError(f"{database.name} has no tables of this version yet; run `dateline load` first.")
        try:
            directory.mkdir(parents=True, exist_ok=True)
            with database.snapshot() as snapshot:
                written = files.write(snapshot, directory, bars)
        except (OSError, sqlite3.Error) as error:
            why = getattr(error, "strerror", None) or error
            raise CommandError(f"Cannot write to {directory}: {why}; nothing was written.") from error
    for path in written.values():
        typer.echo(f"{path}: {path.stat().st_size:,} bytes.")


class CommandError(Exception):
    """A command cannot do what it was asked; the message says why in one plain sentence."""


class NotLoaded(DossierError):
    """Seed files have mistakes, and therefore none of their records is loaded."""


@contextmanager
def _reporting_nothing_loaded() -> Iterator[None]:
    try:
        yield
    except DossierError as error:
        raise NotLoaded(error.errors) from error


def main() -> None:
    """Runs the command; what goes wrong for a known reason is one plain message and exit code 1."""
    try:
        app()
    except (DossierError, DatabaseError, WorkerError, PassageError, TextError, CommandError, Unavailable) as error:
        typer.echo(str(error), err=True)
        if isinstance(error, DossierError):
            count, loads = len(error.errors), isinstance(error, NotLoaded)
            so = "; nothing is loaded until all are mended" if loads else ""
            typer.echo(f"{count} mistake{'s' if count > 1 else ''}{so}.", err=True)
        sys.exit(1)


@contextmanager
def _database(settings: Settings | None = None) -> Iterator[Database]:
    """The database that the settings name, closed at the end."""
    database = Database((settings or _settings()).database_url)
    try:
        yield database
    finally:
        database.close()


def _settings(**chosen: Any) -> Settings:
    """The settings of the environment, but for those that were chosen on the command line."""
    try:
        return Settings(**chosen)
    except ValidationError as error:
        wrong = error.errors()[0]
        name = f"DATELINE_{wrong['loc'][0]}".upper()
        raise CommandError(f"{name} cannot be used: {wrong['msg']}.") from error


class ProgressBars:
    """Progress bars, where a terminal is there to show them."""

    def __init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(
            *columns,
            console=Console(stderr=True),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
            disable=not sys.stderr.isatty(),
        )
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int | None) -> None:
        """Shows that `done` of `total` steps of a task are done; None: their number is not known yet."""
        if what not in self._tasks:
            self._tasks[what] = self._progress.add_task(what, total=total)
        self._progress.update(self._tasks[what], completed=done, refresh=True)

    def __enter__(self) -> "ProgressBars":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Removes the bars from the terminal while something else is printed."""
        self._progress.stop()
        yield
        self._progress.start()


def _load(
    database: Database,
    directory: Path,
    *,
    dry_run: bool = False,
    note: str | None = None,
    texts: Sequence[ArticleFile] = (),
) -> None:
    with ProgressBars() as bars:

        def report(planned: loading.Plan) -> None:
            with bars.suspended():
                _print_plan(planned)

        with _reporting_nothing_loaded():
            planned = loading.load(
                directory, database, note=note, dry_run=dry_run, report=report, progress=bars, texts=texts
            )
    if planned.verified is not None:
        typer.echo("{spans} of {of} spans were verified: digests, quoted words and links.".format(**planned.verified))
    if planned.is_empty:
        typer.echo(f"{database.name}: nothing has changed since release {planned.number - 1}.")
    elif dry_run:
        typer.echo(f"{database.name}: nothing was loaded (dry run).")
    else:
        typer.echo(f"{database.name}: release {planned.number}: {_counted(planned.counts)}.")


def _print_plan(planned: loading.Plan) -> None:
    """What a load is going to do, before it does it: counts, and the records when they are few."""
    if planned.is_empty:
        return
    for (op, resource), count in sorted(planned.tally.items()):
        typer.echo(f"{op.value} {count} {resource}")
    if planned.number > 1:
        for change in planned.first:
            reason = f" ({change.reason})" if change.reason else ""
            typer.echo(f"  {change.op.value} {change.resource}/{change.id}{reason}")
        if (more := planned.tally.total() - len(planned.first)) > 0:
            typer.echo(f"  … and {more} more")


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {resource}" for resource, count in counts.items())


def _texts(paths: list[Path], articles: list[str]) -> list[ArticleFile]:
    if len(articles) != len(paths) and (articles or len(paths) > 1):
        raise CommandError("Give one --article for each --text, in the same order.")
    return [ArticleFile(path, article) for path, article in zip_longest(paths, articles)]


def _span(passage: Passage) -> str:
    """A span as a flow mapping for YAML."""
    fragment = passage.fragment
    parts = {
        "at": f"{passage.paragraph}:{passage.start}-{passage.end}",
        "sha256": passage.sha256,
        "first": fragment.first,
        "last": fragment.last,
        "before": fragment.before,
        "after": fragment.after,
    }
    return (
        "{"
        + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in parts.items() if value)
        + "}"
    )
