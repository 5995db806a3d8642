"""The documents of statements."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import Stance, Topic
from app.model.corrections import Published
from app.model.documents.shared import (
    ArticleReference,
    DateDocument,
    Document,
    DocumentReference,
    Note,
    PartyDocument,
    Passages,
    ReferenceDocument,
    StatementReference,
)
from app.model.outputs import ChildTable, Flat, IdOfType, Linked, Named, RecordTable, TableColumn

ABOUT = ChildTable(
    "statement_about",
    "What a statement is about: one of an incident, a place, or a person or organization.",
    by_type=(
        IdOfType("incident_id", "incidents", ("incident",), "The incident."),
        IdOfType("place_id", "places", ("place",), "The place."),
        IdOfType("party_id", "parties", ("person", "organization"), "The person or organization."),
    ),
)
CONTRADICTIONS = ChildTable(
    "contradictions",
    "What a statement stands against: one of another statement or a quote.",
    by_type=(
        IdOfType("other_id", "statements", ("statement",), "The other statement."),
        IdOfType("quote_id", "quotes", ("quote",), "The quote."),
    ),
)


class SubjectDocument(ReferenceDocument):
    type: Annotated[Literal["incident", "place", "person", "organization"], Flat()]


class OppositeDocument(ReferenceDocument):
    type: Annotated[Literal["quote", "statement"], Flat()]


class StatementDocument(Document):
    """Indirect speech or a position. The gist is in our own words."""

    linked_class: ClassVar = "Statement"
    table: ClassVar = RecordTable("Indirect speech and positions: what was said, claimed, denied or left unanswered.")

    type: Literal["statement"]
    article: Annotated[ArticleReference, Flat(after="told_to"), Linked("schema:isPartOf")] = Field(
        description="The article that it stands in."
    )
    stance: Annotated[Stance, Flat(after="gist")] = Field(description="What the speaker does with it.")
    by: Annotated[PartyDocument | None, Flat(after="stance"), Linked("prov:wasAttributedTo")] = Field(
        description="Who says so; null is the article's own voice."
    )
    gist: Annotated[str, Published()] = Field(description="What is said, in our own words.")
    topic: Topic | None = Field(description="The subject of general statements.")
    date: Annotated[DateDocument | None, Published("edtf")] = Field(
        description="The time that it is about; null where none is given."
    )
    about: Annotated[list[SubjectDocument], ABOUT, Linked("schema:about")] = Field(description="What it is about.")
    contradicts: Annotated[list[OppositeDocument], Named("contradicts"), CONTRADICTIONS] = Field(
        description="What it stands against."
    )
    contradicted_by: Annotated[
        list[StatementReference], TableColumn.none("`contradictions` has it, from its other side")
    ] = Field(description="Statements that stand against this one.")
    contested: Annotated[bool, TableColumn(after="told_to")] = Field(
        description="Whether it stands against another or another against it."
    )
    told_to: PartyDocument | None = Field(description="Whom it was told to; null where that is not stated.")
    documents: Annotated[
        list[DocumentReference],
        ChildTable(
            "statement_documents", "The documents that statements came through.", key=("statement_id", "document_id")
        ),
    ] = Field(description="The documents that it came through: a report, an e-mail, a court file …")
    note: Note
    evidence: Passages
