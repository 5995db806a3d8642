"""Mistakes in seed files as people, programs and GitHub read them."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.errors import reporting_nothing_loaded
from app.ingest.seed.error_messages import summarized
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError

MAX_WARNINGS = 20
"""Warnings that a load prints. A bulk change without corrections has one for each record."""


class MistakeFormat(StrEnum):
    """How mistakes are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


Format = Annotated[
    MistakeFormat, typer.Option("--format", help="How mistakes are printed; `github` annotates a pull request.")
]


@contextmanager
def reporting_mistakes(directory: Path, how: MistakeFormat) -> Iterator[None]:
    """Prints the mistakes of seed files in a format, as a reason why nothing is loaded, and ends the command."""
    try:
        with reporting_nothing_loaded():
            yield
    except DossierError as error:
        if how is MistakeFormat.TEXT:
            raise
        print_mistakes(directory, how, error.errors)
        raise typer.Exit(1) from error


def print_mistakes(
    directory: Path, how: MistakeFormat, mistakes: Sequence[SeedError], hints: Sequence[SeedError] = ()
) -> None:
    """Prints mistakes and hints."""
    if how is MistakeFormat.JSON:
        found = {"valid": not mistakes, "mistakes": list(map(_as_json, mistakes)), "hints": list(map(_as_json, hints))}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=1))
    elif how is MistakeFormat.GITHUB:
        for level, some in (("error", summarized(list(mistakes))), ("warning", hints)):
            for one in some:
                typer.echo(_as_command(level, directory, one))
    else:
        for one in hints:
            typer.echo(f"perhaps: {one}")


def print_warnings(directory: Path, how: MistakeFormat, warnings: Sequence[SeedError]) -> None:
    """Prints the warnings of a load that goes on: on GitHub beside their lines, else the first to standard error."""
    if how is MistakeFormat.GITHUB:
        for one in warnings:
            typer.echo(_as_command("warning", directory, one))
        return
    for one in warnings[:MAX_WARNINGS]:
        typer.echo(f"warning: {one}", err=True)
    if (more := len(warnings) - MAX_WARNINGS) > 0:
        typer.echo(f"warning: {more:,} more like these; `dateline check --against` lists all.", err=True)


def _as_json(mistake: SeedError) -> dict[str, str | int | None]:
    return {
        "file": mistake.file,
        "line": mistake.line,
        "record": mistake.record or None,
        "field": mistake.field or None,
        "written": mistake.written,
        "nearest": mistake.nearest,
        "message": mistake.message,
    }


def _as_command(level: str, directory: Path, mistake: SeedError) -> str:
    """Returns a workflow command, which GitHub shows beside the line. Its paths begin where the workflow runs."""
    file = (directory.parent / mistake.file).as_posix()
    title = ": ".join(part for part in (mistake.record, mistake.field) if part) or "dateline check"
    place = f"file={_escaped(file, ':,')},line={mistake.line},title={_escaped(title, ':,')}"
    return f"::{level} {place}::{_escaped(mistake.message)}"


def _escaped(text: str, signs: str = "") -> str:
    return "".join(f"%{ord(one):02X}" if one in f"%\r\n{signs}" else one for one in text)
