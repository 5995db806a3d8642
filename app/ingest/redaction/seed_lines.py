"""Looks for what is redacted in the lines of seed files: in comments, too, and in what no document shows."""

import re
from collections.abc import Iterator
from pathlib import Path

from app.ingest.redaction.forgotten import Forgotten
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import relative_name

_SUFFIXES = (".yaml", ".yml", ".jsonl", ".json", ".md", ".txt")
_MESSAGE = "this line has what is redacted; it stays here, and in the files' version control, until you take it out"
_VALUE = re.compile(r"""^[\s-]*(?:[\w-]+:\s+)?["']?(.*?)["']?\s*$""")


def lines_with(directory: Path, forgotten: Forgotten) -> Iterator[SeedError]:
    """Yields each line of a folder's files that has a redacted text, or an id that was replaced."""
    ids = [re.compile(rf"(?<![\w-]){re.escape(one.id)}(?![\w-])") for one in forgotten.ids]
    for path in sorted(directory.rglob("*")):
        if path.suffix in _SUFFIXES and path.is_file():
            with path.open(encoding="utf-8", errors="replace") as lines:
                for number, line in enumerate(lines, 1):
                    if forgotten.may_be_in(line) and (
                        _repeats(line, forgotten) or any(one.search(line) for one in ids)
                    ):
                        yield SeedError(relative_name(directory, path), number, "", "", _MESSAGE)


def _repeats(line: str, forgotten: Forgotten) -> bool:
    value = _VALUE.match(line)
    return forgotten.stands_in(line) or (value is not None and forgotten.stands_in(value[1], "name"))
