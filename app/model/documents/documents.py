"""The documents of documents: reports, e-mails, court files … that reporting draws on."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import DocumentKind
from app.model.corrections import Published
from app.model.documents.shared import DateDocument, Document, Note, PartyDocument, Passages
from app.model.outputs import Flat, Linked, RecordTable


class SourceDocument(Document):
    """A document that reporting draws on. Nothing of it is here but what the reporting says of it."""

    linked_class: ClassVar = "schema:CreativeWork"
    table: ClassVar = RecordTable("Reports, e-mails, court files and other documents that the reporting draws on.")

    type: Literal["document"]
    label: Annotated[str, Published(), Linked("rdfs:label")] = Field(
        description="What to print: its title, or a description in our own words."
    )
    kind: DocumentKind = Field(description="What sort of document it is.")
    date: Annotated[DateDocument | None, Published("edtf"), Linked(direct="schema:dateCreated")] = Field(
        description="When it was made; null where that is not stated."
    )
    author: Annotated[PartyDocument | None, Flat(after="kind"), Linked("schema:creator")] = Field(
        description="Who made or sent it; null where that is not stated."
    )
    note: Note
    evidence: Passages
