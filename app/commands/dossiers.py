"""Commands for editors: a new article, words to spans, checks, schemas and the reference of the format."""

import json
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from app.commands.amounts import amount, counted
from app.commands.errors import CommandError, reporting_nothing_written
from app.commands.mistakes import Format, MistakeFormat, print_mistakes, reporting_mistakes
from app.commands.progress_bars import ProgressBars
from app.commands.seed_folders import ArticleIds, Directory, Seed, Texts, article_files, working_folder
from app.ingest.building.pipeline import checked, scan
from app.ingest.editing.against import check_against
from app.ingest.editing.anchoring import anchor as anchor_words
from app.ingest.editing.likely_duplicates import likely_duplicates
from app.ingest.editing.new_article import new_article, not_filled_in
from app.ingest.editing.renewed_text import renew_text
from app.ingest.editing.seed_reference import seed_reference
from app.ingest.editing.seed_schemas import seed_schemas, write_schemas
from app.ingest.redaction.search import remains_of
from app.ingest.release.verifying import ArticleFile
from app.ingest.release.verifying import verify as verify_spans
from app.ingest.seed.codebooks import read_codebook
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError
from app.storage.database import Database

commands = typer.Typer()


@commands.command()
def new(
    slug: Annotated[str, typer.Argument(help="The article's id: small letters, digits and hyphens.")],
    text: Annotated[
        Path, typer.Option(help="The article's own text, one paragraph a line.", exists=True, dir_okay=False)
    ],
    seed: Seed = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Take over the changed text of an article that is there already.")
    ] = False,
) -> None:
    """Begin an article: its folder with paragraphs, digests and lengths, and files with an example each."""
    folder = seed or working_folder()
    with reporting_nothing_written(folder):
        if renew:
            moved = renew_text(folder, slug, text)
            typer.echo(f"{amount(moved.done, 'span')} moved{' in ' + ', '.join(moved.files) if moved.files else ''}.")
            return
        made = new_article(folder, slug, text)
    for path in made:
        typer.echo(path)
    typer.echo(
        f"Fill in {made[0]} and write records: `dateline schema --text` explains every key. Then `dateline anchor "
        f"--text {text}` makes spans of the words of evidence, and `dateline check` says what is wrong."
    )


@commands.command()
def anchor(
    directory: Directory,
    text: Texts = None,
    article: ArticleIds = None,
    back: Annotated[bool, typer.Option("--back", help="Turn spans into words, to work on them.")] = False,
) -> None:
    """Turn the words of evidence in seed files (`words: …`, perhaps `paragraph: …`) into spans."""
    if not text:
        raise CommandError("Give the article's own text: --text FILE, one paragraph a line.")
    with reporting_nothing_written(directory), ProgressBars() as bars:
        anchored = anchor_words(directory, article_files(text, article), back=back, progress=bars)
    what = "spans became words" if back else "words became spans"
    typer.echo(f"{anchored.done} {what}{' in ' + ', '.join(anchored.files) if anchored.files else ''}.")
    if anchored.kept:
        typer.echo(f"{anchored.kept} spans stay as they are, because words alone do not lead back to them.")
    for other, count in anchored.waiting.items():
        typer.echo(f"{count} words of {other} wait for its text: --text FILE --article {other}.", err=True)


@commands.command()
def check(
    directory: Directory,
    against: Annotated[
        str | None,
        typer.Option(help="A database or a service's URL: also find what `load` would refuse there.", metavar="URL"),
    ] = None,
    forgotten: Annotated[
        Path | None,
        typer.Option(help="Look for each line of a file in the database of --against.", exists=True, dir_okay=False),
    ] = None,
    how: Format = MistakeFormat.TEXT,
) -> None:
    """Check seed files as `load` does, without a database, and point out records that are likely the same."""
    if forgotten is not None:
        _check_is_forgotten(forgotten, against)
    with ProgressBars() as bars, reporting_mistakes(directory, how), scan(directory, bars) as pipeline:
        counts = checked(pipeline, bars)
        hints = [*not_filled_in(directory), *likely_duplicates(pipeline)]
        if against is not None:
            hints += check_against(directory, against, bars)
    print_mistakes(directory, how, [], hints)
    if how is MistakeFormat.TEXT:
        typer.echo(f"{directory}: {counted(counts)}; no mistakes.")


def _check_is_forgotten(texts: Path, url: str | None) -> None:
    if url is None:
        raise CommandError("--forgotten looks into a database: give its URL with --against.")
    lines = [line.strip() for line in texts.read_text("utf-8").splitlines() if line.strip()]
    with closing(Database(url)) as database:
        places = list(remains_of(database, lines))
    if places:
        raise CommandError(f"{texts}: what is to be forgotten still stands in {'; '.join(places)}.")
    typer.echo(f"{texts}: none of {len(lines)} is left in {database.name}.")


@commands.command()
def verify(
    directory: Directory,
    text: Annotated[
        Path, typer.Option(help="The article's own text, one paragraph a line.", exists=True, dir_okay=False)
    ],
    article: Annotated[str | None, typer.Option(help="The article's id, when the seed has several.")] = None,
) -> None:
    """Check every span, digest, quote and link against the article's own text."""
    with ProgressBars() as bars, scan(directory, bars) as pipeline:
        verified = verify_spans(pipeline, [ArticleFile(text, article)], bars)
    if errors := verified.file_errors + verified.errors:
        raise DossierError(errors)
    typer.echo(f"{verified.articles[0]}: {verified.spans} spans hold: digests, quoted words and links.")


@commands.command()
def schema(
    directory: Directory,
    file: Annotated[str | None, typer.Option(help="Print the schema of one file, such as incidents.yaml.")] = None,
    text: Annotated[bool, typer.Option("--text", help="Print the reference of the format instead.")] = False,
) -> None:
    """Write JSON Schemas of the seed files into `.schemas/`, for editors that complete and check YAML."""
    errors: list[SeedError] = []
    codebook = read_codebook(directory, errors)
    if errors:
        raise DossierError(errors)
    if text:
        typer.echo(seed_reference().markdown(codebook))
    elif file is not None:
        schemas = seed_schemas(codebook)
        name = Path(file).stem
        if name not in schemas:
            raise CommandError(
                f"There is no seed file {file}; there are {', '.join(f'{one}.yaml' for one in schemas)}."
            )
        typer.echo(json.dumps(schemas[name], ensure_ascii=False, indent=1))
    else:
        with reporting_nothing_written(directory):
            for path in write_schemas(directory, codebook):
                typer.echo(path)
