"""Writers of the file and feed formats: stored documents in, bytes out. They do not know HTTP or the database."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Batches = Iterable[Sequence[str]]
"""Stored documents (JSON text), in batches of a few hundred."""

Writer = Callable[[str, Batches, str, int], Iterator[bytes]]
"""Yields a file of the records of a resource. The last two parameters: the base of absolute links, and the release."""


def text_schema(resource: str) -> dict[str, Any]:
    """Returns the JSON schema of a file that is not JSON."""
    return {"type": "string"}


@dataclass(frozen=True)
class ExportFormat:
    """A file format of lists, declared in the module that writes it and registered in `export_formats`.

    `description` and `schema` are what OpenAPI says about it. A format `of_points` exists for resources with points
    only. One `of_columns` has the flat columns, so that OpenAPI explains them.
    """

    suffix: str
    media_type: str
    title: str
    description: str
    write: Writer
    schema: Callable[[str], dict[str, Any]] = text_schema
    of_columns: bool = True
    of_points: bool = False
    on_front_page: bool = True
