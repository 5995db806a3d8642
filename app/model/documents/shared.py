"""What several documents have in common."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.model.codebook import Basis, DatePrecision, EvidenceField
from app.model.outputs import ChildTable, Flat, ForeignKey, Id, RecordTable, TableColumn

PartyType = Literal["person", "organization"]
Day = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"}), TableColumn(type="date")
]


class FrozenModel(BaseModel):
    # Every key is always present: the defaults are for a document that has not got the release's keys yet.
    model_config = ConfigDict(extra="forbid", frozen=True, json_schema_serialization_defaults_required=True)


class EvidenceDocument(FrozenModel):
    """A passage that the record rests on. Positions count Unicode code points within the paragraph."""

    field: Annotated[EvidenceField, Flat(after="article")] = Field(description="What the passage is evidence for.")
    article: Annotated[
        str, Id("articles"), Flat("article_ids", distinct=True, meaning="The articles that it rests on.")
    ] = Field(description="The article that it stands in.")
    paragraph: int = Field(description="The paragraph's number; 1 is the first.")
    start: int = Field(description="Position of the first character.")
    end: int = Field(description="Position after the last character.")
    sha256: str = Field(
        description="SHA-256 of the passage's UTF-8 text, so that whoever holds the article can check it."
    )
    url: Annotated[str, TableColumn(type="uri")] = Field(
        description="Opens the published page at the passage (text fragment)."
    )


class Identified(FrozenModel):
    id: str = Field(description="Unique within its type and never reused.")
    type: Annotated[
        str,
        Flat.none("all records of an output are of one type"),
        TableColumn.none("all records of a table are of one type"),
    ] = Field(description="What sort of record it is.")
    url: Annotated[str, TableColumn.none("it is made of the id")] = Field(
        description="Where this record stands in the API: its path, in CSV, GeoJSON and `/ogc` its address."
    )


class Document(Identified):
    """What every record has. The last two keys come from the release and are not part of the record's digest."""

    table: ClassVar[RecordTable]

    version: int = Field(0, description="Counts the record's changes, from 1.")
    changed_in: Annotated[int, TableColumn(references="releases.number")] = Field(
        0, description="The release that changed it last."
    )


Note = Annotated[str | None, Field(description="What a reader should know about this record.")]
EVIDENCE = ChildTable(
    "evidence",
    "The passages that records rest on. Positions count Unicode code points within the paragraph.",
    key=("record_type", "record_id", "position"),
    owner="records",
    references=(ForeignKey(("article_id", "paragraph"), "paragraphs", ("article_id", "number")),),
)
Passages = Annotated[
    list[EvidenceDocument],
    Field(description="The passages of the reporting that it rests on."),
    Flat(only=("article", "field", "url")),
    EVIDENCE,
]


class DateDocument(FrozenModel):
    """A date as precise as the reporting gives it: an EDTF string (ISO 8601-2) and the bounds of the days that it may
    mean, which are always those of the string. Take them from here: libraries for EDTF differ (npm `edtf` 4.11.1 has
    another spring, and takes the start of `[a..b]` for its last day)."""

    edtf: str = Field(description="As precise as the reporting: an EDTF string (ISO 8601-2).")
    as_stated: str | None = Field(description="The reporting's own words for the date, at most six.")
    earliest: Day | None = Field(description="First possible day; null where the beginning is open or unknown.")
    latest: Day | None = Field(description="Last possible day; null where the end is open or unknown.")
    precision: DatePrecision = Field(description="How precise it is.")
    approximate: bool = Field(
        description="Whether it is uncertain, approximate or estimated (`?`, `~`, `%` or `S` in the EDTF string)."
    )
    note: str | None = Field(description="What a reader should know about the date.")


class AliasDocument(FrozenModel):
    name: str = Field(description="Another name or spelling.")
    basis: Basis = Field(description="`stated`: the article uses it; `editorial`: a common other spelling.")


class NameDocument(FrozenModel):
    language: str = Field(description="Its language (ISO 639).", examples=["ar"])
    name: Annotated[str, Flat("translated_names")] = Field(description="The name, or what to print, in that language.")


class ContainerDocument(FrozenModel):
    id: str = Field(description="Its id.")
    name: Annotated[str, TableColumn.none("the record that the id leads to has it")] = Field(description="Its name.")
    basis: Basis = Field(description="Whether the reporting says so.")


PARTY_NAMES = ChildTable("party_names", "Names in other languages.", owner="parties", after="party_aliases")
PARTY_ALIASES = ChildTable("party_aliases", "Other names.", owner="parties", after="parties")


class PartyDocument(FrozenModel):
    type: Annotated[PartyType, Flat(after="id"), TableColumn.none("the party has it")] = Field(
        description="Whether it is a person or an organization."
    )
    id: Annotated[str, Id("parties")] = Field(description="Their id.")
    label: Annotated[str, TableColumn.none("the party has it")] = Field(description="Their name or description.")
