"""The documents of articles."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import ParagraphKind
from app.model.corrections import Published
from app.model.documents.shared import Day, Document, EvidenceDocument, FrozenModel, Note, PartyDocument, PlaceReference
from app.model.outputs import ChildTable, Flat, ForeignKey, Linked, RecordTable, TableColumn


class ParagraphDocument(FrozenModel):
    number: Annotated[int, Linked("schema:position")] = Field(description="1 is the first paragraph.")
    kind: ParagraphKind = Field(description="What sort of paragraph it is.")
    length: int = Field(description="In Unicode code points.")
    sha256: str = Field(description="SHA-256 of its UTF-8 text.")


class CaptionDocument(FrozenModel):
    """What a picture shows by its caption, in our own words: one thing, person or group. There is no picture here."""

    paragraph: int = Field(description="The number of the caption's paragraph.")
    shows: Annotated[str, Flat("caption_shows")] = Field(description="What is shown, in our own words.")
    place: PlaceReference | None = Field(description="Where it was taken or what place it shows, if that is said.")
    subject: PartyDocument | None = Field(description="The person, group or organization shown, if there is one.")
    credit: Annotated[str | None, Linked("schema:creditText")] = Field(description="Whose picture it is, as printed.")


class PullTextDocument(FrozenModel):
    """A display copy of the reporter's own text."""

    paragraph: int = Field(description="The number of its paragraph.")
    shortens: Annotated[int, Flat("pull_text_shortens")] = Field(
        description="The number of the paragraph of running text that it shortens."
    )


_PARAGRAPH = ForeignKey(("article_id", "paragraph"), "paragraphs", ("article_id", "number"))


class ArticleDocument(Document):
    """An article that records rest on. Its text is not in this service."""

    linked_class: ClassVar = "schema:Article"
    table: ClassVar = RecordTable("What everything rests on. Their text stays with their publishers.")

    type: Literal["article"]
    title: Annotated[str, Published(), Linked("schema:headline")] = Field(description="As published.")
    authors: Annotated[list[str], Linked("schema:author", ordered=True)] = Field(description="Who wrote it.")
    publishers: Annotated[list[str], Linked("schema:publisher", ordered=True)] = Field(description="Who published it.")
    published: Annotated[Day, Published(), Linked("schema:datePublished")] = Field(
        description="The day of publication."
    )
    language: Annotated[str, Linked("schema:inLanguage")] = Field(description="Its language, as a tag (BCP 47).")
    link: Annotated[str, TableColumn(type="uri"), Linked("schema:url")] = Field(description="The published page.")
    rights: Annotated[str, Linked("schema:copyrightNotice")] = Field(
        description="Whom the text and the quoted words belong to."
    )
    note: Note
    paragraphs: Annotated[
        list[ParagraphDocument],
        Flat("paragraph_count", after="rights", count=True, meaning="How many paragraphs it has."),
        Linked("schema:hasPart", anchor="paragraph"),
        ChildTable("paragraphs", "The paragraphs of the articles, by length and digest.", key=("article_id", "number")),
    ] = Field(description="Its paragraphs.")
    captions: Annotated[
        list[CaptionDocument],
        ChildTable("captions", "What the pictures of the articles show.", references=(_PARAGRAPH,)),
    ] = Field(description="What its pictures show, by their captions.")
    pull_texts: Annotated[
        list[PullTextDocument],
        ChildTable(
            "pull_texts",
            "Which running text a display copy of the reporter's own text shortens.",
            key=("article_id", "paragraph", "shortens"),
            references=(_PARAGRAPH, ForeignKey(("article_id", "shortens"), "paragraphs", ("article_id", "number"))),
        ),
    ] = Field(description="Which running text its display copies shorten. Those of quotes stand with the quotes.")
    evidence: Annotated[
        list[EvidenceDocument],
        Flat.none("always empty"),
        TableColumn.none("always empty"),
        Linked("prov:wasDerivedFrom"),
    ] = Field(description="Always empty: an article is what evidence points at.")
