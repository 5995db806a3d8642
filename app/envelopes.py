"""The envelopes around records, as OpenAPI describes them. Answers are put together from stored text."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from app.documents import (
    DOCUMENTS,
    ArticleDocument,
    CasualtyDocument,
    IncidentDocument,
    OrganizationDocument,
    PersonDocument,
    PlaceDocument,
    QuoteDocument,
    StatementDocument,
)


class ListLinks(BaseModel):
    """Root-relative links."""

    self: str
    next: str | None = Field(default=None, description="The next page, with every filter; absent on the last page.")


class DetailLinks(BaseModel):
    """Root-relative links."""

    self: str


class NotJudged(BaseModel):
    """How many records fit everything else but lack what a filter needed; null where no such filter was used."""

    location: int | None
    date: int | None
    casualties: int | None


class ListMeta(BaseModel):
    release: int = Field(description="The release that the whole answer belongs to.")
    matched: int | None = Field(
        description="How many records match. Null above 10,000 records, unless `count=exact` asks."
    )
    not_judged: NotJudged
    returned: int = Field(description="How many records this page holds.")


class DetailMeta(BaseModel):
    release: int = Field(description="The release that the answer belongs to.")


class Included(BaseModel):
    """The records that `include` asked for, once each."""

    articles: list[ArticleDocument] | None = None
    incidents: list[IncidentDocument] | None = None
    places: list[PlaceDocument] | None = None
    people: list[PersonDocument] | None = None
    organizations: list[OrganizationDocument] | None = None
    quotes: list[QuoteDocument] | None = None
    statements: list[StatementDocument] | None = None
    casualties: list[CasualtyDocument] | None = None


class Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    included: Included | None = Field(default=None, description="Only with `include`.")


class Meaning(BaseModel):
    value: str
    meaning: str


class Vocabulary(BaseModel):
    """A closed vocabulary."""

    description: str
    values: list[Meaning]


class Codebook(BaseModel):
    """Every closed vocabulary of the data, by where it is used."""

    data: dict[str, Vocabulary]


class Health(BaseModel):
    status: str = Field(examples=["ok"])


class Readiness(Health):
    release: int = Field(description="The newest release.")


def _stem(document: type[Any]) -> str:
    return document.__name__.removesuffix("Document")


PAGES: dict[str, type[BaseModel]] = {
    name: create_model(
        f"{_stem(document)}Page",
        __base__=Envelope,
        __doc__=f"One page of {name}.",
        data=(list[document], ...),  # type: ignore[valid-type]
        links=(ListLinks, ...),
        meta=(ListMeta, ...),
    )
    for name, document in DOCUMENTS.items()
}
"""The envelope of each list."""

DETAILS: dict[str, type[BaseModel]] = {
    name: create_model(
        f"{_stem(document)}Detail",
        __base__=Envelope,
        __doc__=f"One record of {name}.",
        data=(document, ...),
        links=(DetailLinks, ...),
        meta=(DetailMeta, ...),
    )
    for name, document in DOCUMENTS.items()
}
"""The envelope of each single record."""
