"""Response models for OpenAPI: what the log, its releases and the histories of records are sent in."""

from typing import Any

from pydantic import BaseModel, Field

from app.api.schemas.envelopes import NEXT_CURSOR, OTHER_FORMAT, AnyDocument, DetailMeta
from app.api.schemas.link_envelopes import DetailLinks, ListLinks
from app.model.codebook import Cause, Change
from app.model.documents import LoggedType
from app.model.documents.shared import Day


class CorrectionDocument(BaseModel):
    """What was wrong in a record before it was changed."""

    date: Day = Field(description="The day on which it was corrected.", examples=["2026-11-24"])
    text: str = Field(description="What was wrong, in the editor's words.", examples=["41 were killed, not 43."])


class LoggedRecord(BaseModel):
    """A record of the log."""

    type: LoggedType
    id: str
    url: str


class EntryDocument(BaseModel):
    """What one release did to one record."""

    op: Change
    type: LoggedType
    id: str
    url: str
    version: int = Field(description="The record's version since then; it counts up by one with each entry.")
    release: int
    at: str = Field(description="When the release was loaded.", examples=["2026-11-20T09:30:00Z"])
    reason: str | None = Field(description="Why it was removed or redacted.")
    superseded_by: str | None = Field(description="The id of the record that took it over in a merger.")
    correction: CorrectionDocument | None = Field(
        description="What was wrong before this change; null where the editors say nothing of the kind."
    )
    cause: Cause | None = Field(
        description="Why, the first that applies; null where the release is from before this was told apart. All of a "
        "state's steps count."
    )
    because: list[LoggedRecord] = Field(description="For what is `linked`: the edited records that did it, 20 at most.")
    redacted: list[str] | None = Field(
        description="What the release took out of all earlier ones, as JSON Pointers (RFC 6901): an empty one is the "
        "whole record. Null where it took nothing out.",
        examples=[["/name"]],
    )


class ChangeDocument(EntryDocument):
    document: AnyDocument | None = Field(
        default=None,
        description="Only with `include=document`: the record as it is today, null if it is no longer there.",
    )


class ChangedValue(BaseModel):
    """A value that a release changed."""

    pointer: str = Field(description="Where it stands in the document (JSON Pointer, RFC 6901).", examples=["/low"])
    before: Any = Field(description="Null where nothing stood there.", examples=[41])
    after: Any = Field(description="Null where nothing stands there any more.", examples=[43])


class VersionDocument(EntryDocument):
    """What one release did to one record, and what changed in it."""

    changed: list[ChangedValue] | None = Field(
        description="What differs from the version before, but for `version` and `changed_in`; lists of another length "
        "as wholes. Null where it was added or removed, and where the version before was not kept."
    )
    document: AnyDocument | None = Field(
        default=None,
        description="Only with `include=document`: the record as this release left it, in the shape that it had then.",
    )


class ComparedDocument(VersionDocument):
    """What differs of one record between two releases. What is told beside it is of its last change up to the later."""

    document: AnyDocument | None = Field(
        default=None, description="Only with `include=document`: the record as the second release has it, or null."
    )


class Verified(BaseModel):
    """How much of a release was compared with the articles' own texts when it was loaded."""

    articles: list[str] = Field(description="The articles whose texts were there.")
    spans: int = Field(
        description="How many spans were compared, each with its digest, its quoted words and its link. All hold."
    )
    of: int = Field(description="How many spans there are, those of other articles included.")


class EarlierDigestDocument(BaseModel):
    """A digest that a release had until an id was replaced in its records."""

    digest: str
    redacted_in: int = Field(description="The release that replaced the id.")
    reason: str = Field(description="Why.")


class ReleaseDocument(BaseModel):
    """One state of all data."""

    number: int
    url: str
    loaded_at: str = Field(examples=["2026-11-20T09:30:00Z"])
    note: str | None
    digest: str = Field(
        description=(
            "SHA-256 over all records, to check a copy with: of the lines `type/id digest`, sorted and joined by "
            "newlines, where a record's digest is the SHA-256 (in hex) of its document without `version` and "
            "`changed_in` in canonical JSON (RFC 8785)."
        )
    )
    earlier_digests: list[EarlierDigestDocument] = Field(
        description="Those that it had before, the newest first: `digest` is made anew where an id was redacted."
    )
    counts: dict[str, int] = Field(description="How many records of each resource there are.")
    verified: Verified | None = Field(
        description="How much of it was compared with the articles' texts while it was loaded; null where nothing was."
    )
    kept: bool = Field(description="Whether it can still be read (`release`): not if it is from before that began.")
    origin: str | None = Field(
        description="The same release at the service that it was copied from (`dateline mirror`); null where it was "
        "loaded here.",
        examples=["https://dateline.example/v1/releases/1"],
    )


class LogMeta(DetailMeta):
    returned: int = Field(description="How many entries this page holds.")
    next_cursor: str | None = NEXT_CURSOR


class ChangeLinks(ListLinks):
    """Root-relative links."""

    atom: str = OTHER_FORMAT
    feed_json: str = OTHER_FORMAT


class ChangePage(BaseModel):
    """One page of the log."""

    data: list[ChangeDocument]
    links: ChangeLinks
    meta: LogMeta


class CorrectedDocument(ChangeDocument):
    """What was wrong in one record, and which values changed when it was put right."""

    label: str = Field(description="The record's name or title as it is today; its id where it was removed.")
    correction: CorrectionDocument
    changed: list[ChangedValue] | None = Field(
        description="What differs from the version before. Null where the record was new, and where the version before "
        "was not kept."
    )


class CorrectionLinks(ChangeLinks):
    """Root-relative links."""

    csv: str = OTHER_FORMAT


class CorrectionPage(BaseModel):
    """One page of corrections, newest first."""

    data: list[CorrectedDocument]
    links: CorrectionLinks
    meta: LogMeta


class HistoryPage(BaseModel):
    """One page of what was done to one record."""

    data: list[VersionDocument]
    links: ListLinks
    meta: LogMeta


class ComparisonLinks(ListLinks):
    """Root-relative links."""

    csv: str = OTHER_FORMAT
    ndjson: str = OTHER_FORMAT


class ComparisonPage(BaseModel):
    """One page of what differs between two releases."""

    data: list[ComparedDocument]
    links: ComparisonLinks
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


class RedactedBy(BaseModel):
    """What took something out of a record."""

    release: int = Field(description="The release that redacted it.")
    reason: str = Field(description="Why.")


class DigestDocument(BaseModel):
    """The digest of one record in a release: of the document as it was given when the release was the newest."""

    type: LoggedType
    id: str
    url: str
    digest: str = Field(description="SHA-256 (in hex) of its canonical JSON, without `version` and `changed_in`.")
    redacted: RedactedBy | None = Field(
        description="What took something out of the document later, so that its digest cannot be computed any more; "
        "null where nothing did."
    )


class DigestPage(BaseModel):
    """One page of digests."""

    data: list[DigestDocument]
    links: ListLinks
    meta: LogMeta
