"""The documents of quotes."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import Anonymity, QuoteKind
from app.model.documents.shared import Document, FrozenModel, Note, PartyDocument, Passages
from app.model.outputs import ChildTable, Flat, Id, Named, RecordTable, TableColumn


class QuoteSpanDocument(FrozenModel):
    paragraph: int = Field(description="The paragraph's number in the quote's article.")
    start: int = Field(description="Position of the first character.")
    end: int = Field(description="Position after the last character.")
    exact: str = Field(description="The words as printed, quotation marks included.")


class SpeakerDocument(PartyDocument):
    named: Annotated[bool, TableColumn.none("the person has it")] = Field(
        description="Whether the reporting names them."
    )
    anonymity: Annotated[Anonymity | None, TableColumn.none("the person has it")] = Field(
        description="How the unnamed appear; null for the named."
    )


class PullQuoteDocument(FrozenModel):
    paragraph: int = Field(description="The paragraph's number in the quote's article.")


class QuoteDocument(Document):
    """One utterance, with its text put together from its spans."""

    table: ClassVar = RecordTable("What was said, verbatim: one row for each utterance.", quotes=True)

    type: Literal["quote"]
    article: Annotated[str, Id("articles"), Flat(after="told_to")] = Field(description="The article that it stands in.")
    text: str = Field(description="The words, put together from their spans.")
    kind: QuoteKind = Field(description="How the words are quoted.")
    spans: Annotated[
        list[QuoteSpanDocument],
        Flat(after="article", only=("paragraph",)),
        ChildTable("quote_spans", "The passages that a quote is put together from.", quotes=True),
    ] = Field(description="The passages that it is put together from.")
    speaker: SpeakerDocument = Field(description="Whose words they are.")
    relayed_by: SpeakerDocument | None = Field(description="Who repeated the words; null where they are first-hand.")
    told_to: PartyDocument | None = Field(description="Whom they were told to; null where that is not stated.")
    contains: Annotated[
        list[str], Id("quotes"), Named("contains"), TableColumn.none("`contained_in_id` has it, from its other side")
    ] = Field(description="Quotes inside this one.")
    contained_in: Annotated[str | None, Id("quotes")] = Field(description="The quote around this one.")
    incidents: Annotated[
        list[str],
        Id("incidents"),
        ChildTable("quote_incidents", "The incidents that a quote is about.", key=("quote_id", "incident_id")),
    ] = Field(description="Incidents that it is about.")
    places: Annotated[
        list[str],
        Id("places"),
        ChildTable("quote_places", "The places that a quote is about.", key=("quote_id", "place_id")),
    ] = Field(description="Places that it is about.")
    pull_quotes: Annotated[
        list[PullQuoteDocument],
        ChildTable("pull_quotes", "Where the article displays a quote a second time.", after="quote_spans"),
    ] = Field(description="Where the article displays the words a second time.")
    note: Note
    evidence: Passages
