"""The documents of places."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import CoordinatePrecision, PlaceKind
from app.model.corrections import Published
from app.model.documents.shared import (
    AliasDocument,
    ContainerDocument,
    Document,
    FrozenModel,
    NameDocument,
    Note,
    Passages,
    SameAs,
)
from app.model.outputs import ChildTable, Id, Linked, Named, RecordTable


class CoordinateDocument(FrozenModel):
    """How a point stands for its place. Points never come from the article."""

    precision: CoordinatePrecision = Field(description="How closely the point stands for the place.")
    radius_m: int = Field(description="The place lies within this many metres of the point.")
    source: str = Field(description="Where the point comes from; never the article.")


class PlaceDocument(Document):
    linked_class: ClassVar = "schema:Place"
    table: ClassVar = RecordTable(
        "Where it happened. A place without a known point has none.", indexes=(("kind",), ("latitude", "longitude"))
    )

    type: Literal["place"]
    name: Annotated[str, Published(), Linked("schema:name")] = Field(
        description="The name, or a description of a place that the reporting does not name."
    )
    named: bool = Field(description="Whether the reporting names it.")
    kind: PlaceKind = Field(description="What sort of place it is.")
    aliases: Annotated[
        list[AliasDocument], ChildTable("place_aliases", "Other names."), Linked(direct="schema:alternateName")
    ] = Field(description="Other names.")
    names: Annotated[
        list[NameDocument],
        ChildTable("place_names", "Names in other languages."),
        Linked("schema:name", form="by_language"),
    ] = Field(description="Names in other languages.")
    parents: Annotated[
        list[ContainerDocument],
        Id("places"),
        Linked(tie="place", direct="schema:containedInPlace"),
        ChildTable("place_parents", "Which place lies within which.", key=("place_id", "parent_id")),
    ] = Field(description="Places that contain this one.")
    latitude: Annotated[float | None, Published(), Linked("schema:latitude")] = Field(
        description="Degrees north (WGS 84); null where no point is known."
    )
    longitude: Annotated[float | None, Published(), Linked("schema:longitude")] = Field(
        description="Degrees east (WGS 84); null where no point is known."
    )
    coordinate: CoordinateDocument | None = Field(description="The known point; null where there is none.")
    same_as: Annotated[
        SameAs,
        Named("same_as"),
        ChildTable("place_same_as", "What places are called in other registers.", key=("place_id", "curie")),
    ]
    note: Note
    evidence: Passages
