"""`python -m tests.bench.verifying`: what `dateline verify` costs by the length of a text, whose paragraphs are all
alike but for numbers. Prints a row for each number of paragraphs."""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
import yaml

from app.ingest.texts.passages import digest

Json = dict[str, Any]

ARTICLE = "long-list"
_NAMES = [f"{first}{last}" for first in ("Tal", "Kar", "Bay", "Sar", "Nur") for last in ("rin", "dun", "bek", "zar")]
_SPANS = (
    ("what", "fighters of the", "case {0}", {"first": "{0}", "after": ". At least"}),
    ("when", "case {0}", "case {0}", {"first": "case {0}"}),
    ("where", "market of", "case {0}", {"first": "{0}", "before": "case"}),
    ("count", "case {0}", "died there", {"first": "case {0}", "last": "died there"}),
    ("who", "their number", "R{0}x", {"first": "R{0}x", "before": "number is"}),
)
"""Of every paragraph: field, first and last words, and the link."""


def main(
    sizes: Annotated[list[int] | None, typer.Argument(help="Paragraphs, each with 4.5 spans.")] = None,
) -> None:
    """Time and memory of one command that reads, checks and follows every link."""
    typer.echo("| paragraphs | bytes | spans | seconds of processor | seconds | MB |\n|---|---|---|---|---|---|")
    for size in sizes or (2_500, 5_000, 10_000, 20_000):
        with TemporaryDirectory() as folder:
            text, seed = _written(size, Path(folder))
            command = [
                sys.executable,
                "-c",
                "from app.cli import main; main()",
                "verify",
                "--text",
                str(text),
                str(seed),
            ]
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            figures = (
                f"{size:,}",
                f"{text.stat().st_size:,}",
                f"{int(done.stdout.split()[1]):,}",
                f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.1f}",
                f"{time.perf_counter() - began:.1f}",
                f"{after.ru_maxrss / 1024:.0f}",
            )
            typer.echo(f"| {' | '.join(figures)} |")


def _written(size: int, folder: Path) -> tuple[Path, Path]:
    """A text, and a dossier that rests on it."""
    chance = random.Random(size)
    paragraphs = [_paragraph(number, chance) for number in range(size)]
    text, seed = folder / "text.txt", folder / "seed"
    text.write_text("\n".join(paragraphs), "utf-8")
    home = seed / "articles" / ARTICLE
    home.mkdir(parents=True)
    write_yaml(home / "article.yaml", article(paragraphs))
    river = {"id": "river", "name": "River", "named": "true", "kind": "river"}
    write_yaml(seed / "places.yaml", [river | {"evidence": [next(_spans(0, paragraphs[0])) | {"article": ARTICLE}]}])
    with (home / "incidents.jsonl").open("w", encoding="utf-8") as lines:
        for number, paragraph in enumerate(paragraphs):
            lines.write(json.dumps(incident(number, list(_spans(number, paragraph)))) + "\n")
    return text, seed


def _paragraph(number: int, chance: random.Random) -> str:
    brigade, town, home = chance.choices(_NAMES, k=3)
    return (
        f"On {chance.randint(1, 28)} May {2011 + number % 9}, fighters of the {brigade} brigade shelled the market of "
        f"{town} near the old bridge, case {number}. At least {chance.randint(2, 40)} people died there, residents of "
        f"{home} said, and some were taken to the clinic; their number is R{number}x."
    )


def _spans(number: int, paragraph: str) -> Iterator[Json]:
    for field, first, last, link in _SPANS[: 5 - number % 2]:
        start, end = (
            paragraph.index(first.format(number)),
            paragraph.index(last.format(number)) + len(last.format(number)),
        )
        words = {part: words.format(number) for part, words in link.items()}
        yield {"field": field, "at": f"{number + 1}:{start}-{end}", "sha256": digest(paragraph[start:end]), **words}


def incident(number: int, evidence: list[Json]) -> Json:
    return {
        "id": f"event-{number}",
        "title": f"Event {number}",
        "summary": "Shells on a market.",
        "kind": "ground_fire",
        "granularity": "event",
        "places": [{"id": "river", "role": "scene", "certainty": "inferred"}],
        "evidence": evidence,
    }


def article(paragraphs: list[str]) -> Json:
    return {
        "id": ARTICLE,
        "title": "A long list of events",
        "authors": ["Ada Lind"],
        "publishers": ["The Ash Courier"],
        "published": "2021-09-01",
        "language": "en",
        "url": "https://courier.example/list/",
        "rights": "The Ash Courier.",
        "paragraphs": [{"kind": "body", "length": str(len(one)), "sha256": digest(one)} for one in paragraphs],
    }


def write_yaml(path: Path, data: Any) -> None:
    path.write_text(yaml.dump(data, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True), "utf-8")


if __name__ == "__main__":
    typer.run(main)
