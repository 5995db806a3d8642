"""What several documents have in common."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.model.codebook import Basis, EvidenceField, Precision
from app.model.external_ids import PATTERN
from app.model.outputs import ChildTable, Flat, ForeignKey, Id, Linked, RecordTable, TableColumn

PartyType = Literal["person", "organization"]
Day = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$", json_schema_extra={"format": "date"}), TableColumn(type="date")
]


ExternalId = Annotated[str, Field(pattern=f"^({PATTERN})$", examples=["wikidata:Q796"])]


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
    url: Annotated[str, TableColumn(type="uri"), Linked("schema:url")] = Field(
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
    corrected: Annotated[Day | None, Flat(after="changed_in"), TableColumn(after="changed_in", type="date")] = Field(
        None,
        description="The day on which it was last corrected; null where it never was. `/v1/corrections` says what was "
        "wrong.",
    )


class Document(Identified):
    """What every record has. The last two keys come from the release and are not part of the record's digest."""

    table: ClassVar[RecordTable]
    linked_class: ClassVar[str]
    """What sort of thing it is as linked data: a class of a standard, or one of our own."""

    version: Annotated[int, Linked("schema:version")] = Field(0, description="Counts the record's changes, from 1.")
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
    after="paragraphs",
)
Passages = Annotated[
    list[EvidenceDocument],
    Field(description="The passages of the reporting that it rests on."),
    Flat(only=("article", "field", "url")),
    Linked("prov:wasDerivedFrom"),
    EVIDENCE,
]


DateEnd = Literal["start", "end"]


class AssumedLimitsDocument(FrozenModel):
    """What filters and sorts take for the open ends of a date. Nobody reported these days."""

    earliest: Day | None = Field(description="First day; null where that end is stated or nothing is assumed for it.")
    latest: Day | None = Field(description="Last day; null where that end is stated.")
    reason: str = Field(description="Why these days, in our own words.")


class DateDocument(FrozenModel):
    """A date as precise as the reporting gives it: an EDTF string (ISO 8601-2) and the bounds of the days that it may
    mean, which are always those of the string. Take them from here: libraries for EDTF differ (npm `edtf` 4.11.1 has
    another spring, and takes the start of `[a..b]` for its last day). `open` names the ends that have no bound."""

    edtf: Annotated[str, Linked(datatype="edtf")] = Field(
        description="As precise as the reporting: an EDTF string (ISO 8601-2)."
    )
    as_stated: str | None = Field(description="The reporting's own words for the date, at most six.")
    earliest: Day | None = Field(description="First possible day; null where the beginning is open or unknown.")
    latest: Day | None = Field(description="Last possible day; null where the end is open or unknown.")
    open: list[DateEnd] = Field(
        description="The ends that are open or unknown: `start`, `end`, both or none. There is no bound there."
    )
    assumed: AssumedLimitsDocument | None = Field(
        description="What filters and sorts take where an end is open; null where nothing is assumed. These are not "
        "bounds: an open start without a limit may be any earlier day."
    )
    precision: Precision = Field(description="How precise it is.")
    approximate: bool = Field(
        description="Whether it is uncertain, approximate or estimated (`?`, `~`, `%` or `S` in the EDTF string)."
    )
    note: str | None = Field(description="What a reader should know about the date.")


class DateSpanDocument(FrozenModel):
    """The days of other records' dates: from the first possible one to the last."""

    earliest: Day | None = Field(description="First possible day; null where a beginning is open or unknown.")
    latest: Day | None = Field(description="Last possible day; null where an end is open or unknown.")
    open: list[DateEnd] = Field(
        description="The ends that are open or unknown: `start`, `end`, both or none. There is no bound there."
    )
    assumed: AssumedLimitsDocument | None = Field(
        description="What filters and sorts take where an end is open; null where nothing is assumed. These are not "
        "bounds."
    )


class AliasDocument(FrozenModel):
    name: Annotated[str, Linked("schema:name")] = Field(description="Another name or spelling.")
    basis: Basis = Field(description="`stated`: the article uses it; `editorial`: a common other spelling.")


class NameDocument(FrozenModel):
    language: str = Field(description="Its language (ISO 639).", examples=["ar"])
    name: Annotated[str, Flat("translated_names")] = Field(description="The name, or what to print, in that language.")


class ExternalIdDocument(FrozenModel):
    curie: Annotated[ExternalId, Linked("schema:identifier")] = Field(
        description="The register and its id, as `register:id`."
    )
    uri: Annotated[str | None, TableColumn(type="uri"), Linked("schema:sameAs")] = Field(
        description="Where the register tells of it; null where it has no lasting address."
    )


class ContainerDocument(FrozenModel):
    id: str = Field(description="Its id.")
    name: Annotated[str, TableColumn.none("the record that the id leads to has it"), Linked("schema:name")] = Field(
        description="Its name."
    )
    basis: Basis = Field(description="Whether the reporting says so.")


class ReferenceDocument(FrozenModel):
    """Another record, with what to print for it: its name or title, or the first words of what was said."""

    type: Annotated[
        str,
        Flat.none("all records that the column refers to are of one type"),
        TableColumn.none("all records that the column refers to are of one type"),
    ] = Field(description="What sort of record it is.")
    id: str = Field(description="Its id.")
    label: Annotated[str, TableColumn.none("the record that the id leads to has it"), Linked("rdfs:label")] = Field(
        description="What to print: its name or title; of a quote or statement at most the first 80 characters."
    )


class ArticleReference(ReferenceDocument):
    type: Literal["article"]
    id: Annotated[str, Id("articles")]


class IncidentReference(ReferenceDocument):
    type: Literal["incident"]
    id: Annotated[str, Id("incidents")]


class PlaceReference(ReferenceDocument):
    type: Literal["place"]
    id: Annotated[str, Id("places")]


class PersonReference(ReferenceDocument):
    type: Literal["person"]
    id: Annotated[str, Id("people")]


class OrganizationReference(ReferenceDocument):
    type: Literal["organization"]
    id: Annotated[str, Id("organizations")]


class DocumentReference(ReferenceDocument):
    type: Literal["document"]
    id: Annotated[str, Id("documents")]


class QuoteReference(ReferenceDocument):
    type: Literal["quote"]
    id: Annotated[str, Id("quotes")]


class StatementReference(ReferenceDocument):
    type: Literal["statement"]
    id: Annotated[str, Id("statements")]


PARTY_NAMES = ChildTable("party_names", "Names in other languages.", owner="parties", after="party_aliases")
PARTY_SAME_AS = ChildTable(
    "party_same_as",
    "What people and organizations are called in other registers.",
    key=("party_id", "curie"),
    owner="parties",
    after="party_names",
)
SameAs = Annotated[
    list[ExternalIdDocument],
    Field(description="Its ids in other registers, as far as editors gave them."),
    Linked(form="merged"),
]
PARTY_ALIASES = ChildTable("party_aliases", "Other names.", owner="parties", after="parties")


class PartyDocument(ReferenceDocument):
    type: Annotated[PartyType, Flat(after="id"), TableColumn.none("the party has it")] = Field(
        description="Whether it is a person or an organization."
    )
    id: Annotated[str, Id("parties")] = Field(description="Their id.")
    label: str = Field(description="Their name or description.")
