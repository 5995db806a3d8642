"""The `dateline` command."""

import json
import socket
import sys
from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from app.database import Database, DatabaseError
from app.dossier import loading
from app.dossier.passages import Passage, PassageError
from app.dossier.reading import Dossier, DossierError, read
from app.dossier.verifying import article_text
from app.dossier.verifying import verify as verify_article
from app.main import create_app
from app.models import SERVED
from app.openapi import describe
from app.problems import Unavailable
from app.schema import migrate as migrate_database
from app.settings import SEED, Settings

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
) -> None:
    """Serve the API. On an empty database it first creates the tables and loads the shipped seed."""
    _refuse_busy_port(host, port)
    database = Database(Settings().database_url)
    migrate_database(database)
    with database.snapshot() as snapshot:
        release = snapshot.release
    if release.number:
        typer.echo(f"{database.name}: release {release.number}: {_counted(release.counts)}.")
    else:
        _load(database, SEED)
    database.close()
    base = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    for path in _TO_TRY:
        typer.echo(f"  {base}{path}")
    uvicorn.run("app.main:create_app", factory=True, host=host, port=port, workers=workers, log_level="warning")


_TO_TRY = (
    "/",
    "/docs",
    "/v1/incidents?place=riyadh-district",
    "/v1/incidents/kanoos-island-raid?include=people,quotes",
)


def _refuse_busy_port(host: str, port: int) -> None:
    """Says so before anything is loaded; the server itself would only say it after starting."""
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
    typer.echo(json.dumps(describe(create_app()), ensure_ascii=False, indent=2))


@app.command()
def load(
    directory: Directory = SEED,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would change and stop.")] = False,
    note: Annotated[str | None, typer.Option(help="A line about this release, for its readers.")] = None,
) -> None:
    """Load seed files as the next release: everything that changed in one transaction, or nothing at all."""
    database = Database(Settings().database_url)
    migrate_database(database)
    _load(database, directory, dry_run=dry_run, note=note)


@app.command()
def check(directory: Directory = SEED) -> None:
    """Check seed files as `load` does, without a database."""
    found = loading.dossier(directory)
    typer.echo(f"{directory}: {_counted(_counts(found))}; no mistakes.")


@app.command()
def verify(
    text: Annotated[
        Path, typer.Option(help="The article's own text, one paragraph a line.", exists=True, dir_okay=False)
    ],
    article: ArticleId = None,
    directory: Directory = SEED,
) -> None:
    """Check every span, digest, quote and link against the article's own text."""
    found = loading.dossier(directory)
    chosen = _article(found, article)
    checked, faults = verify_article(found, chosen, article_text(found, chosen, text))
    if faults:
        raise DossierError(faults)
    typer.echo(f"{chosen}: {checked} spans hold: digests, quoted words and links.")


@app.command()
def anchor(
    phrase: Annotated[str, typer.Argument(help="Words of the article, exactly as printed.")],
    text: Annotated[
        Path, typer.Option(help="The article's own text, one paragraph a line.", exists=True, dir_okay=False)
    ],
    paragraph: Annotated[int | None, typer.Option(help="Look in this paragraph only.", min=1)] = None,
    article: ArticleId = None,
    directory: Directory = SEED,
) -> None:
    """Find a phrase in an article's text and print the span to paste into a seed file."""
    found, _ = read(directory)
    passage = article_text(found, _article(found, article), text).anchor(phrase, paragraph)
    typer.echo(_span(passage))


@app.command()
def migrate() -> None:
    """Create the tables, or bring them up to date."""
    database = Database(Settings().database_url)
    changed = migrate_database(database)
    typer.echo(f"{database.name}: {'tables brought up to date' if changed else 'tables are up to date'}.")


class CommandError(Exception):
    """A command cannot do what it was asked; the message says why in one plain sentence."""


def main() -> None:
    """Runs the command; what goes wrong for a known reason is one plain message and exit code 1."""
    try:
        app()
    except (DossierError, DatabaseError, PassageError, CommandError, Unavailable) as error:
        typer.echo(str(error), err=True)
        if isinstance(error, DossierError):
            typer.echo(f"{len(error.faults)} mistakes; nothing was loaded.", err=True)
        sys.exit(1)


def _load(database: Database, directory: Path, *, dry_run: bool = False, note: str | None = None) -> loading.Plan:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, transient=True, disable=not sys.stderr.isatty(), console=None) as bars:
        tasks: dict[str, Any] = {}

        def progress(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        planned = loading.load(directory, database, note=note, dry_run=dry_run, report=_print_plan, progress=progress)
    if planned.is_empty:
        typer.echo(f"{database.name}: nothing has changed since release {planned.number - 1}.")
    elif dry_run:
        typer.echo(f"{database.name}: nothing was loaded (dry run).")
    else:
        typer.echo(f"{database.name}: release {planned.number}: {_counted(planned.counts)}.")
    return planned


_SHOWN = 20


def _print_plan(planned: loading.Plan) -> None:
    """What a load is going to do, before it does it: counts, and the records when they are few."""
    if planned.is_empty:
        return
    counts = Counter((change.op.value, change.resource) for change in planned.changes)
    for (op, resource), count in sorted(counts.items()):
        typer.echo(f"{op} {count} {resource}")
    if planned.number > 1:
        for change in planned.changes[:_SHOWN]:
            reason = f" ({change.reason})" if change.reason else ""
            typer.echo(f"  {change.op.value} {change.resource}/{change.id}{reason}")
        if len(planned.changes) > _SHOWN:
            typer.echo(f"  … and {len(planned.changes) - _SHOWN} more")


def _counts(found: Dossier) -> dict[str, int]:
    return {resource: len(found.records(resource)) for resource in SERVED}


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {resource}" for resource, count in counts.items())


def _article(found: Dossier, article: str | None) -> str:
    if article is None and len(found.articles) == 1:
        return next(iter(found.articles))
    if article not in found.articles:
        raise typer.BadParameter(f"choose one with --article: {', '.join(found.articles)}")
    return article


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
