"""The documents of quotes."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import Anonymity, PersonRole, QuoteKind
from app.model.corrections import Published
from app.model.documents.shared import (
    ArticleReference,
    DateSpanDocument,
    Document,
    DocumentReference,
    FrozenModel,
    IncidentReference,
    Note,
    OrganizationReference,
    PartyDocument,
    Passages,
    PlaceReference,
    QuoteReference,
)
from app.model.outputs import ChildTable, Flat, Linked, Named, RecordTable, TableColumn


class QuoteSpanDocument(FrozenModel):
    paragraph: int = Field(description="The paragraph's number in the quote's article.")
    start: int = Field(description="Position of the first character.")
    end: int = Field(description="Position after the last character.")
    exact: str = Field(description="The words as printed, quotation marks included.")


_OF_THE_PERSON = Flat.none("the person has it"), TableColumn.none("the person has it")


class SpeakerOrganizationDocument(OrganizationReference):
    role: Annotated[str | None, Linked("schema:roleName")] = Field(
        description="What the reporting calls the person there."
    )


class SpeakerDocument(PartyDocument):
    named: Annotated[bool, TableColumn.none("the person has it")] = Field(
        description="Whether the reporting names them."
    )
    anonymity: Annotated[Anonymity | None, TableColumn.none("the person has it")] = Field(
        description="How the unnamed appear; null for the named."
    )
    roles: Annotated[list[PersonRole], *_OF_THE_PERSON] = Field(
        description="What they are to the reporting; none for an organization."
    )
    organizations: Annotated[
        list[SpeakerOrganizationDocument],
        *_OF_THE_PERSON,
        Linked(tie="organization", direct="schema:affiliation"),
    ] = Field(description="The organizations that they belong to; none for an organization.")


class PullQuoteDocument(FrozenModel):
    paragraph: int = Field(description="The paragraph's number in the quote's article.")


class QuoteDocument(Document):
    """One utterance, with its text put together from its spans."""

    linked_class: ClassVar = "schema:Quotation"
    table: ClassVar = RecordTable("What was said, verbatim: one row for each utterance.", quotes=True)

    type: Literal["quote"]
    article: Annotated[ArticleReference, Flat(after="told_to"), Linked("schema:isPartOf")] = Field(
        description="The article that it stands in."
    )
    text: Annotated[str, Published(), Linked("schema:text")] = Field(
        description="The words, put together from their spans."
    )
    kind: QuoteKind = Field(description="How the words are quoted.")
    spans: Annotated[
        list[QuoteSpanDocument],
        Flat(after="article", only=("paragraph",)),
        Linked(ordered=True),
        ChildTable("quote_spans", "The passages that a quote is put together from.", quotes=True),
    ] = Field(description="The passages that it is put together from.")
    speaker: Annotated[SpeakerDocument, Published("id"), Linked("schema:spokenByCharacter")] = Field(
        description="Whose words they are."
    )
    relayed_by: SpeakerDocument | None = Field(description="Who repeated the words; null where they are first-hand.")
    told_to: PartyDocument | None = Field(description="Whom they were told to; null where that is not stated.")
    documents: Annotated[
        list[DocumentReference],
        ChildTable("quote_documents", "The documents that quoted words stand in.", key=("quote_id", "document_id")),
    ] = Field(description="The documents that the words stand in: a report, an e-mail, a court file …")
    contains: Annotated[
        list[QuoteReference], Named("contains"), TableColumn.none("`contained_in_id` has it, from its other side")
    ] = Field(description="Quotes inside this one.")
    contained_in: QuoteReference | None = Field(description="The quote around this one.")
    date: DateSpanDocument | None = Field(
        description="The days that it is about, not those on which it was said: from the first to the last possible "
        "day of its incidents, where it is about several; null where none of them has a date."
    )
    incidents: Annotated[
        list[IncidentReference],
        Linked("schema:about"),
        ChildTable("quote_incidents", "The incidents that a quote is about.", key=("quote_id", "incident_id")),
    ] = Field(description="Incidents that it is about.")
    places: Annotated[
        list[PlaceReference],
        Linked("schema:contentLocation"),
        ChildTable("quote_places", "The places that a quote is about.", key=("quote_id", "place_id")),
    ] = Field(description="Places that it is about.")
    pull_quotes: Annotated[
        list[PullQuoteDocument],
        ChildTable("pull_quotes", "Where the article displays a quote a second time.", after="quote_spans"),
    ] = Field(description="Where the article displays the words a second time.")
    note: Note
    evidence: Passages
