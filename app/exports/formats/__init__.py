"""Writers of the file and feed formats: stored documents in, bytes out. They do not know HTTP or the database."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, NamedTuple

from app.model.codebook import Codebook
from app.model.partial_documents import EvidenceForm

Json = dict[str, Any]

Batches = Iterable[Sequence[bytes]]
"""Stored documents (JSON in UTF-8), in batches of a few hundred."""


class Point(NamedTuple):
    """The point that stands for a record on a map: that of a place, which lies within some metres of it."""

    latitude: float
    longitude: float
    radius_m: int
    place: str


Points = Callable[[Sequence[str]], Mapping[str, Point]]
"""Returns by id the points of records that have none of their own."""


def _none(ids: Sequence[str]) -> Mapping[str, Point]:
    return {}


@dataclass(frozen=True)
class Export:
    """What a file has in it: records of a resource, their `fields` (none: all) and the form of their evidence, `flat`
    or as in JSON. `base` is that of absolute links; the codebook is that of the release, which was loaded at
    `loaded_at`."""

    resource: str
    batches: Batches
    base: str
    release: int
    codebook: Codebook
    fields: tuple[str, ...] = ()
    evidence: EvidenceForm = "full"
    flat: bool = True
    points: Points = _none
    loaded_at: str = "1970-01-01T00:00:00Z"


Writer = Callable[[Export], Iterator[bytes]]
"""Yields a file."""


def text_schema(resource: str) -> Json:
    """Returns the JSON schema of a file that is not JSON."""
    return {"type": "string"}


def no_components(resource: str, schemas: Json, codebook: Codebook) -> Json:
    """Returns the schemas that the schema of a file refers to, by name: there are none."""
    return {}


@dataclass(frozen=True)
class Extra:
    """What is installed beside the service for a format: the name of the extra, and a module that comes with it."""

    name: str
    module: str

    @property
    def is_installed(self) -> bool:
        """Whether it is there."""
        return find_spec(self.module) is not None


COLUMNAR = Extra("columnar", "pyarrow")


@dataclass(frozen=True)
class RecordFile:
    """How a format has a single record: what that is called there, what is made of its document, and what OpenAPI
    says."""

    name: str
    write: Callable[[Export, bytes], Json]
    description: str
    schema: Callable[[str], Json]


@dataclass(frozen=True)
class ExportFormat:
    """A file format of lists, declared in the module that writes it and registered in `export_formats`.

    `description`, `schema` and its `components` are what OpenAPI says about it. A format `of_points` exists for
    resources with points only. One `of_columns` has the flat columns, so that OpenAPI explains them; where it
    `may_be_nested`, it can have records as in JSON in their place. A file has `max_records` at most. One `in_one_piece`
    is only sent when it is complete. One with an `extra` is only there where that is installed. `of_one` is how it has
    a single record, if it does.
    """

    suffix: str
    media_type: str
    title: str
    description: str
    write: Writer
    schema: Callable[[str], Json] = text_schema
    components: Callable[[str, Json, Codebook], Json] = no_components
    of_columns: bool = True
    may_be_nested: bool = False
    of_points: bool = False
    on_front_page: bool = True
    max_records: int | None = None
    in_one_piece: bool = False
    extra: Extra | None = None
    of_one: RecordFile | None = None
