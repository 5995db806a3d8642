"""Response models for OpenAPI: the envelopes around documents. Responses themselves are built from stored JSON text."""

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.json_schema import SkipJsonSchema

from app.api.routes.representations import alternates, body_links
from app.model.codebook import ChangeOp
from app.model.documents import Document, TypeName
from app.records import RECORD_TYPES

Absent = SkipJsonSchema[None]
"""The type of a key that is omitted rather than null."""


class ListLinks(BaseModel):
    """Root-relative links."""

    self: str
    next: str | Absent = Field(default=None, description="The next page, with every filter; absent on the last page.")


_OTHER_FORMAT: Any = Field(description="What this list selects, in another format, with every filter that it takes.")


class DetailLinks(BaseModel):
    """Root-relative links."""

    self: str


if TYPE_CHECKING:

    class IncludedLinks(BaseModel):
        """Links to the complete lists."""

else:
    IncludedLinks = create_model(
        "IncludedLinks",
        __doc__="Of what is included, only the first 500 of each list are sent. Where there are more: root-relative "
        "links to the\nlists that hold all of them, each by up to 100 records of the answer.",
        **dict.fromkeys(
            dict.fromkeys(name for one in RECORD_TYPES.values() for name in one.referring), (list[str] | Absent, None)
        ),
    )


_INCLUDED_LINKS = Field(
    default=None, description="Only where `include` asked for more than is sent at once: where to find all of it."
)


class PageLinks(ListLinks):
    """Root-relative links."""

    included: IncludedLinks | Absent = _INCLUDED_LINKS


class RecordLinks(DetailLinks):
    """Root-relative links."""

    included: IncludedLinks | Absent = _INCLUDED_LINKS


class NotJudged(BaseModel):
    """How many records fit everything else but lack what a filter needed; null where no such filter was used."""

    location: int | None
    date: int | None
    casualties: int | None


class Suggestion(BaseModel):
    """What would find something where nothing was found."""

    parameter: str = Field(examples=["near"])
    value: str = Field(description="What to ask for instead.", examples=["43.37,35.42"])
    matched: int | None = Field(description="How many records that finds; null where counting them takes long.")


class ListMeta(BaseModel):
    release: int = Field(description="The release that the whole answer belongs to.")
    matched: int | None = Field(
        description="How many records match. Null above 10,000 records, unless `count=exact` asks."
    )
    not_judged: NotJudged
    returned: int = Field(description="How many records this page holds.")
    did_you_mean: list[Suggestion] | None = Field(
        description="Only where nothing was found: what finds something, as a point with its longitude first, or `q` "
        "with the nearest words that records have."
    )


class DetailMeta(BaseModel):
    release: int = Field(description="The release that the answer belongs to.")


if TYPE_CHECKING:

    class Included(BaseModel):
        """Records by type."""

    AnyDocument = Document
else:
    Included = create_model(
        "Included",
        __doc__="The records that `include` asked for, once each: all that the answer's records refer to, and the "
        "first 500 of a\nlist whose records refer to them, in its usual order.",
        **{one.name: (list[one.document] | Absent, None) for one in RECORD_TYPES.values()},
    )
    AnyDocument = Annotated[reduce(or_, (one.document for one in RECORD_TYPES.values())), Field(discriminator="type")]


class Envelope(BaseModel):
    model_config = ConfigDict(extra="forbid")

    included: Included | Absent = Field(default=None, description="Only with `include`.")


class EntryDocument(BaseModel):
    """What one release did to one record."""

    op: ChangeOp
    type: TypeName
    id: str
    url: str
    version: int = Field(description="The record's version since then; it counts up by one with each entry.")
    release: int
    at: str = Field(description="When the release was loaded.", examples=["2026-11-20T09:30:00Z"])
    reason: str | None = Field(description="Why it was removed.")
    superseded_by: str | None = Field(description="The id of the record that took it over in a merger.")


class ChangeDocument(EntryDocument):
    document: AnyDocument | None = Field(
        default=None,
        description="Only with `include=document`: the record as it is today, null if it is no longer there.",
    )


class Verified(BaseModel):
    """How much of a release was compared with the articles' own texts when it was loaded."""

    articles: list[str] = Field(description="The articles whose texts were there.")
    spans: int = Field(
        description="How many spans were compared, each with its digest, its quoted words and its link. All hold."
    )
    of: int = Field(description="How many spans there are, those of other articles included.")


class ReleaseDocument(BaseModel):
    """One state of all data."""

    number: int
    url: str
    loaded_at: str = Field(examples=["2026-11-20T09:30:00Z"])
    note: str | None
    shape: int = Field(description="Goes up when the form of the documents changes.")
    digest: str = Field(
        description=(
            "SHA-256 over all records, to check a copy with: of the lines `type/id digest`, sorted and joined by "
            "newlines, where a record's digest is the SHA-256 (in hex) of its document without `version` and "
            "`changed_in` in canonical JSON (RFC 8785)."
        )
    )
    counts: dict[str, int] = Field(description="How many records of each resource there are.")
    verified: Verified | None = Field(
        description="How much of it was compared with the articles' texts while it was loaded; null where nothing was."
    )


class LogMeta(DetailMeta):
    returned: int = Field(description="How many entries this page holds.")


class ChangeLinks(ListLinks):
    """Root-relative links."""

    atom: str = _OTHER_FORMAT
    feed_json: str = _OTHER_FORMAT


class ChangePage(BaseModel):
    """One page of the log."""

    data: list[ChangeDocument]
    links: ChangeLinks
    meta: LogMeta


class HistoryPage(BaseModel):
    """One page of what was done to one record."""

    data: list[EntryDocument]
    links: ListLinks
    meta: LogMeta


class ReleasePage(BaseModel):
    """One page of releases."""

    data: list[ReleaseDocument]
    links: ListLinks
    meta: LogMeta


class ReleaseDetail(BaseModel):
    data: ReleaseDocument
    links: DetailLinks
    meta: DetailMeta


class Meaning(BaseModel):
    value: str
    label: str = Field(description="What to print, in the language of the answer.", examples=["joint raid"])
    meaning: str = Field(description="What it means, in English.")


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


def _page_links(name: str, document: type[Any]) -> type[PageLinks]:
    """Returns the links of a list's pages, with one to each of its other formats."""
    formats: dict[str, Any] = dict.fromkeys(body_links(alternates(name, "", ())), (str, _OTHER_FORMAT))
    return create_model(f"{_stem(document)}Links", __base__=PageLinks, __doc__=PageLinks.__doc__, **formats)


PAGES: dict[str, type[BaseModel]] = {
    one.name: create_model(
        f"{_stem(one.document)}Page",
        __base__=Envelope,
        __doc__=f"One page of {one.name}.",
        data=(list[one.document], ...),  # type: ignore[name-defined]  # a model known at run time
        links=(_page_links(one.name, one.document), ...),
        meta=(ListMeta, ...),
    )
    for one in RECORD_TYPES.values()
}
"""The envelope of each list."""

DETAILS: dict[str, type[BaseModel]] = {
    one.name: create_model(
        f"{_stem(one.document)}Detail",
        __base__=Envelope,
        __doc__=f"One record of {one.name}.",
        data=(one.document, ...),
        links=(RecordLinks, ...),
        meta=(DetailMeta, ...),
    )
    for one in RECORD_TYPES.values()
}
"""The envelope of each single record."""
