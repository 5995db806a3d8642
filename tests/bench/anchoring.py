"""`python -m tests.bench.anchoring`: what `dateline anchor` costs by the number of words of evidence in one text.
Prints a row for each number, for a file of YAML and for one of JSON lines."""

import json
import random
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from itertools import accumulate, pairwise, product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer

from tests.bench.verifying import ARTICLE, article, incident, write_yaml

_VOCABULARY = ["".join(parts) for parts in product(("ba", "ke", "li", "mo", "su", "ta"), repeat=5)]
"""Words of invented language, of which the first are frequent, as in any language."""

_WORDS_A_PARAGRAPH = 60
_EVIDENCE_A_PARAGRAPH = 4
_COLUMNS = ("words of evidence", "files", "bytes of text", "seconds of processor", "seconds", "MB")


def main(
    sizes: Annotated[list[int] | None, typer.Argument(help="Words of evidence, four in each paragraph.")] = None,
) -> None:
    """Time and memory of one command that turns all words of one text into spans."""
    typer.echo(f"| {' | '.join(_COLUMNS)} |\n|{'---|' * len(_COLUMNS)}")
    for size, layout in product(sizes or (11_250, 22_500, 45_000, 90_000), ("yaml", "jsonl")):
        with TemporaryDirectory() as folder:
            text, seed = _written(size // _EVIDENCE_A_PARAGRAPH, layout, Path(folder))
            command = [*_COMMAND, "anchor", "--text", str(text), str(seed)]
            began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            figures = (
                f"{int(done.stdout.split()[0]):,}",
                layout,
                f"{text.stat().st_size:,}",
                f"{after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime:.1f}",
                f"{time.perf_counter() - began:.1f}",
                f"{after.ru_maxrss / 1024:.0f}",
            )
            typer.echo(f"| {' | '.join(figures)} |")


_COMMAND = (sys.executable, "-c", "from app.cli import main; main()")


def _written(size: int, layout: str, folder: Path) -> tuple[Path, Path]:
    """A text, and a dossier whose evidence is written by words of it."""
    chance = random.Random(size)
    weights = list(accumulate(1 / rank for rank in range(1, len(_VOCABULARY) + 1)))
    paragraphs = [chance.choices(_VOCABULARY, cum_weights=weights, k=_WORDS_A_PARAGRAPH) for _ in range(size)]
    pairs = Counter(pair for paragraph in paragraphs for pair in pairwise(paragraph))
    printed = [f"{' '.join(paragraph)}." for paragraph in paragraphs]
    text, seed = folder / "text.txt", folder / "seed"
    home = seed / "articles" / ARTICLE
    home.mkdir(parents=True)
    text.write_text("\n".join(printed), "utf-8")
    write_yaml(home / "article.yaml", article(printed))
    incidents = [incident(number, list(_evidence(paragraph, pairs))) for number, paragraph in enumerate(paragraphs)]
    lines = (_as_yaml(one) if layout == "yaml" else json.dumps(one) for one in incidents)
    (home / f"incidents.{layout}").write_text("\n".join(lines) + "\n", "utf-8")
    return text, seed


def _evidence(paragraph: list[str], pairs: Counter[tuple[str, str]]) -> Iterator[dict[str, Any]]:
    """Words that begin and end with two that stand together nowhere else: what an editor could choose."""
    alone = [start for start, pair in enumerate(pairwise(paragraph)) if pairs[pair] == 1]
    for number in range(_EVIDENCE_A_PARAGRAPH):
        start = alone[number * len(alone) // (_EVIDENCE_A_PARAGRAPH + 1)]
        end = next(one for one in alone if one >= start + 2) + 2
        yield {"field": "what", "words": " ".join(paragraph[start:end])}


def _as_yaml(record: dict[str, Any]) -> str:
    """A record as editors write it, its evidence a line each."""
    evidence = record.pop("evidence")
    head = [f"{key}: {json.dumps(value)}" for key, value in record.items()]
    spans = (", ".join(f"{key}: {json.dumps(value)}" for key, value in one.items()) for one in evidence)
    lines = [*(f"  {line}" for line in head[1:]), "  evidence:", *(f"    - {{{one}}}" for one in spans)]
    return "\n".join([f"- {head[0]}", *lines])


if __name__ == "__main__":
    typer.run(main)
