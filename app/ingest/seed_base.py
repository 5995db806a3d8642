"""What the models of seed files share: constraints between fields, spans of evidence, and records that were removed."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, model_validator
from pydantic_core import PydanticCustomError

from app.ingest.scalars import Digest, Line, Prose, Slug, Words
from app.model.codebook import EvidenceField

AT = re.compile(r"([0-9]{1,6}):([0-9]{1,7})-([0-9]{1,7})")


class Record(BaseModel):
    """The base class of all records and of their parts."""

    # Enum values are kept as plain strings: they are written and compared, nothing else.
    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=True)


class Violation(NamedTuple):
    """A violated constraint between fields, reported at the first field or for the record as a whole."""

    fields: tuple[str, ...]
    message: str
    at_field: bool = True


class ConstrainedRecord(Record):
    """A record with constraints between its fields."""

    def violations(self) -> Iterator[Violation]:
        """Yields the violated constraints of this record."""
        raise NotImplementedError

    @model_validator(mode="after")
    def _check_constraints(self) -> Self:
        for fields, message, at_field in self.violations():
            raise PydanticCustomError(
                "breach", "{message}", {"message": message, "field": fields[0] if at_field else ""}
            )
        return self


class At(NamedTuple):
    """Position of a span, written `paragraph:start-end`."""

    paragraph: int
    start: int
    end: int


def _parse_at(value: Any) -> At:
    match = AT.fullmatch(value) if isinstance(value, str) else None
    at = At(*map(int, match.groups())) if match else None
    if at is None or at.start >= at.end:
        raise ValueError("a span is written paragraph:start-end, for example 8:121-130, with start before end")
    if at.paragraph < 1:
        raise ValueError("the first paragraph is 1")
    return at


class Span(Record):
    """A passage: position, SHA-256 of its text, and the words that lead a browser to it.

    `first` and `last` are at most two words each; `before` and `after` stand directly around the passage and are
    given only where the words occur elsewhere too. `article` may be left out in an article's own folder.
    """

    at: Annotated[At, PlainValidator(_parse_at)]
    sha256: Digest
    first: Words
    last: Words | None = None
    before: Words | None = None
    after: Words | None = None
    article: Slug | None = None


class EvidenceSeed(Span):
    """A passage that supports a record; `field` says for what."""

    field: EvidenceField


class Removed(Record):
    """Why a record was removed and, after a merge, the id of the same type that succeeds it."""

    reason: Line
    successor: Slug | None = None


class Tombstone(Record):
    """A record that was removed. It stays in the file, so that its URL still returns the reason."""

    id: Slug
    removed: Removed


class SourcedRecord(Record):
    """Base of all records that cite evidence."""

    id: Slug
    note: Prose | None = None
    evidence: Annotated[list[EvidenceSeed], Field(min_length=1)]
