"""`dateline import`: tables become seed files, and annotations of other tools evidence in them."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.amounts import amount, counted
from app.commands.errors import CommandError, reporting_nothing_imported, reporting_nothing_written
from app.commands.progress_bars import ProgressBars
from app.commands.seed_folders import Seed, working_folder
from app.importing.evidence_import import ImportedEvidence, import_annotations
from app.importing.table_import import Imported, TableImport, example_map
from app.ingest.release.verifying import ArticleFile


def import_(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="A table (.csv, .tsv, .json, .jsonl, .geojson, .parquet), or annotations: W3C, Label Studio, doccano.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="What its columns are, in YAML; see --example.", exists=True, dir_okay=False),
    ] = None,
    seed: Seed = None,
    refused: Annotated[
        Path | None,
        typer.Option(help="Write rows with mistakes to this CSV file and import the others.", dir_okay=False),
    ] = None,
    rows: Annotated[
        Path | None, typer.Option(help="Write the rows to this folder as the texts for `verify`.", file_okay=False)
    ] = None,
    text: Annotated[
        Path | None,
        typer.Option(help="The article's own text, for annotations of it.", exists=True, dir_okay=False),
    ] = None,
    article: Annotated[str | None, typer.Option(help="The article's id, when the seed has several.")] = None,
    example: Annotated[str | None, typer.Option(help="Print a map to begin with: ucdp-ged or acled.")] = None,
) -> None:
    """Bring the rows of a table into a folder of seed files, by a map of its columns; or annotations, as evidence.

    Annotations are labelled `record/field`, for example market-raid/count.
    """
    if example is not None:
        typer.echo(example_map(example), nl=False)
        return
    if file is None or (map_ is None) is (text is None):
        raise CommandError(
            "Give a table and its map: dateline import TABLE --map MAP (--example acled prints one), or annotations "
            "and the article's text: dateline import FILE --text TEXT."
        )
    folder = seed or working_folder()
    with reporting_nothing_written(folder), ProgressBars() as bars, reporting_nothing_imported():
        if map_ is not None:
            imported = TableImport.of(file, map_, folder).run(refused=refused, rows=rows, progress=bars)
            _print_imported(imported, folder, refused)
        elif text is not None:
            _print_evidence(import_annotations(file, ArticleFile(text, article), folder))


def _print_imported(imported: Imported, seed: Path, refused: Path | None) -> None:
    typer.echo(f"{amount(imported.rows, 'row')}: {counted(imported.counts)} in {seed}.")
    for id_, other in imported.apart.items():
        typer.echo(f"  The place '{id_}' has the name of '{other}', and another point.")
    if imported.refused:
        were = "was" if len(imported.refused) == 1 else "were"
        typer.echo(f"{amount(len(imported.refused), 'row')} {were} refused; {refused} says why.", err=True)


def _print_evidence(imported: ImportedEvidence) -> None:
    there = f"; {imported.known} were there already" if imported.known else ""
    typer.echo(f"{imported.added} passages were added to {len(imported.records)} records{there}.")
    if imported.unassigned:
        typer.echo(f"{len(imported.unassigned)} name no record; paste them where they belong:")
        for line in imported.unassigned:
            typer.echo(f"    {line}")
