"""The documents of articles."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import ParagraphKind
from app.model.documents.shared import EVIDENCE, Day, Document, EvidenceDocument, FrozenModel, Note
from app.model.outputs import ChildTable, Flat, RecordTable, TableColumn


class ParagraphDocument(FrozenModel):
    number: int = Field(description="1 is the first paragraph.")
    kind: ParagraphKind = Field(description="What sort of paragraph it is.")
    length: int = Field(description="In Unicode code points.")
    sha256: str = Field(description="SHA-256 of its UTF-8 text.")


class ArticleDocument(Document):
    """An article that records rest on. Its text is not in this service."""

    table: ClassVar = RecordTable("What everything rests on. Their text stays with their publishers.")

    type: Literal["article"]
    title: str = Field(description="As published.")
    authors: list[str] = Field(description="Who wrote it.")
    publishers: list[str] = Field(description="Who published it.")
    published: Day = Field(description="The day of publication.")
    language: str = Field(description="Its language, as a tag (BCP 47).")
    link: Annotated[str, TableColumn(type="uri")] = Field(description="The published page.")
    rights: str = Field(description="Whom the text and the quoted words belong to.")
    note: Note
    paragraphs: Annotated[
        list[ParagraphDocument],
        Flat("paragraph_count", after="rights", count=True, meaning="How many paragraphs it has."),
        ChildTable("paragraphs", "The paragraphs of the articles, by length and digest.", key=("article_id", "number")),
    ] = Field(description="Its paragraphs.")
    evidence: Annotated[list[EvidenceDocument], Flat.none("always empty"), EVIDENCE] = Field(
        description="Always empty: an article is what evidence points at."
    )
