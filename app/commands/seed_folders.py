"""The folder of seed files that commands work on, and the texts of its articles."""

from difflib import get_close_matches
from itertools import zip_longest
from pathlib import Path
from typing import Annotated

import typer

from app.commands.errors import CommandError
from app.ingest.release.verifying import ArticleFile
from app.settings import SEED


def working_folder() -> Path:
    """Returns the folder of seed files of whoever runs a command: the working directory when it holds articles, the one
    that it is an article's folder in, else `seed` in it."""
    if Path("articles").is_dir():
        return Path()
    here = Path.cwd()
    around = next((folder.parent for folder in (here, here.parent) if folder.name == "articles"), None)
    return around if around and not Path("seed").is_dir() else Path("seed")


def default_folder() -> Path:
    """Returns the working folder if it holds articles, else the shipped one."""
    folder = working_folder()
    return folder if (folder / "articles").is_dir() else SEED


Directory = Annotated[
    Path,
    typer.Argument(
        help="The folder of seed files.",
        default_factory=default_folder,
        show_default="this one if it has articles/ or is in there, else seed/ if that has, else the shipped one",
    ),
]
Seed = Annotated[
    Path | None,
    typer.Option(
        help="The folder of seed files.",
        file_okay=False,
        show_default="this one if it has articles/ or is in there, else seed/",
    ),
]
Texts = Annotated[
    list[Path] | None,
    typer.Option("--text", help="An article's own text, one paragraph a line.", exists=True, dir_okay=False),
]
ArticleIds = Annotated[
    list[str] | None,
    typer.Option("--article", help="The article's id, one for each text, when the seed has several."),
]


def article_files(paths: list[Path] | None, articles: list[str] | None) -> list[ArticleFile]:
    """Returns the texts with the ids of their articles."""
    paths, articles = paths or [], articles or []
    if len(articles) != len(paths) and (articles or len(paths) > 1):
        raise CommandError("Give one --article for each --text, in the same order.")
    return [ArticleFile(path, article) for path, article in zip_longest(paths, articles)]


def only_article(directory: Path, chosen: Path | None) -> str | None:
    """Returns the id of the article whose folder was chosen, as `articles/ID`, as a path to it, or as its id."""
    if chosen is None:
        return None
    there = sorted(path.name for path in (directory / "articles").glob("*") if path.is_dir())
    if chosen.name not in there or chosen.parent.name not in ("", "articles"):
        near = get_close_matches(chosen.name, there, 1, 0)
        hint = f"; did you mean articles/{near[0]}?" if near else ""
        raise CommandError(f"There is no article {chosen} in {directory}{hint}")
    return chosen.name
