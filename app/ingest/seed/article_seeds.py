"""Pydantic models of the seed files of articles."""

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints

from app.ingest.seed.scalars import LANGUAGE, URL, Day, Digest, Line, Prose, Slug, Whole, unique
from app.ingest.seed.seed_base import CorrectableRecord, Record
from app.model.codebook import ParagraphKind

ParagraphNumber = Annotated[Whole, Field(ge=1, le=1_000_000)]


class ParagraphSeed(Record):
    """A paragraph of the article: how long it is and the SHA-256 of its text, which stays with the publisher. A display
    copy of the reporter's own text names the paragraphs that it `shortens`."""

    kind: ParagraphKind
    length: Annotated[Whole, Field(ge=1, le=10_000_000)]
    sha256: Digest
    shortens: Annotated[list[ParagraphNumber], AfterValidator(unique)] = Field(
        default_factory=list, description="Of a display copy: the numbers of the paragraphs that it shortens."
    )


class CaptionSeed(Record):
    """What the picture of a caption shows, in our own words. `subject` is the person or organization shown; a picture
    that shows several has a caption for each. `credit` is the picture's, as printed."""

    paragraph: ParagraphNumber
    shows: Line
    place: Slug | None = None
    subject: Slug | None = None
    credit: Line | None = None


class ArticleSeed(CorrectableRecord):
    """An article that records are coded from. Its text is not in the seed, only lengths and digests of paragraphs."""

    id: Slug
    title: Line
    authors: Annotated[list[Line], Field(min_length=1)]
    publishers: Annotated[list[Line], Field(min_length=1)]
    published: Day
    language: Annotated[str, StringConstraints(pattern=LANGUAGE)]
    url: Annotated[str, StringConstraints(pattern=URL, max_length=1000)] = Field(
        description="The published page, https://… without a fragment."
    )
    rights: Line
    note: Prose | None = None
    paragraphs: Annotated[list[ParagraphSeed], Field(min_length=1)]
    captions: list[CaptionSeed] = Field(default_factory=list)
