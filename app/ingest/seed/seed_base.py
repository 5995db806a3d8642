"""What the models of seed files share: constraints between fields, spans of evidence, and records that were removed."""

import re
from collections.abc import Iterator
from typing import Annotated, Any, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from app.ingest.seed.scalars import Day, Digest, Line, Prose, Slug, Words
from app.model.codebook import EvidenceField
from app.model.corrections import Correction

WORDS = "words"
"""The key with which evidence is written by its words, until `dateline anchor` makes spans of them."""

AT = re.compile(r"([0-9]{1,6}):([0-9]{1,7})-([0-9]{1,7})")


class Record(BaseModel):
    """The base class of all records and of their parts."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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

    Write `words` alone, and `dateline anchor` puts the other keys in their place. `first` and `last` are at most two
    words each; `before` and `after` stand directly around the passage and are given only where the words occur
    elsewhere too. `article` may be left out in an article's own folder.
    """

    at: Annotated[At, PlainValidator(_parse_at), WithJsonSchema({"type": "string", "pattern": f"^{AT.pattern}$"})] = (
        Field(description="Where it stands, as paragraph:start-end; the first paragraph is 1, positions begin with 0.")
    )
    sha256: Digest = Field(description="SHA-256 of the passage's UTF-8 text.")
    first: Words = Field(description="Its first words, two at most, for the link that opens the page there.")
    last: Words | None = Field(None, description="Its last words, two at most, where it has more than two.")
    before: Words | None = Field(None, description="Words directly before it, where the first occur elsewhere too.")
    after: Words | None = Field(None, description="Words directly after it, where the last occur elsewhere too.")
    article: Slug | None = Field(None, description="The article that it stands in; in its own folder left out.")


class EvidenceSeed(Span):
    """A passage that supports a record; `field` says for what.

    Write it with `field` and `words`: `dateline anchor` puts the other keys in place of the words.
    """

    field: EvidenceField


class Removed(ConstrainedRecord):
    """Why a record was removed and, after a merge, the id of the same type that succeeds it."""

    reason: Line = Field(description="Why it was removed, for readers of its old address.")
    successor: Slug | None = Field(None, description="The record of the same type that took over, after a merge.")
    redact: bool = Field(
        False, description="Take it out of all earlier releases, and out of whatever repeats its names and texts."
    )
    id: bool = Field(False, description="Beside `redact`: replace its id, too, by one that says nothing.")

    def violations(self) -> Iterator[Violation]:
        """Yields the violated constraints of this removal."""
        if self.id and not self.redact:
            yield Violation(("id", "redact"), "an id is replaced where its record is redacted: write `redact: true`")


class Tombstone(Record):
    """A record that was removed. It stays in the file, so that its URL still returns the reason."""

    id: Slug = Field(description="The id that it had.")
    removed: Removed = Field(description="That the record was removed, and why.")


class CorrectionSeed(Record):
    """What was wrong with a record. It goes with the change beside which it is loaded first, and may stay."""

    date: Day = Field(description="The day on which it was corrected.")
    text: Prose = Field(description="What was wrong and what is right, for readers: 41 were counted, not 43.")


class CorrectableRecord(Record):
    """Base of all records that readers see."""

    correction: CorrectionSeed | None = Field(
        None, description="What was wrong with the record, beside a change that puts it right."
    )

    @property
    def stated_correction(self) -> Correction | None:
        """The correction as it is logged."""
        stated = self.correction
        return None if stated is None else Correction(stated.date.isoformat(), stated.text)


class Redacted(Record):
    """Fields whose earlier values are taken out of all earlier releases, and out of whatever repeats them."""

    fields: Annotated[list[Line], Field(min_length=1)] = Field(
        description="The fields, as JSON Pointers into the document: /name, /date, /coordinate."
    )
    reason: Line = Field(description="Why, for readers of earlier releases.")
    id: bool = Field(
        False,
        description="Replace the record's id, too, by one that says nothing; `load` prints it, to be written here.",
    )


class SourcedRecord(CorrectableRecord):
    """Base of all records that cite evidence."""

    id: Slug = Field(description="Unique within its type and never reused: small letters, digits and hyphens.")
    note: Prose | None = None
    redacted: Redacted | None = Field(
        None, description="Which of its fields are taken out of all earlier releases, and why."
    )
    evidence: Annotated[list[EvidenceSeed], Field(min_length=1)]
