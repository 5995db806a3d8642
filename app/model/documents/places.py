"""The documents of places."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import CoordinatePrecision, PlaceKind
from app.model.documents.shared import (
    AliasDocument,
    ContainerDocument,
    Document,
    FrozenModel,
    NameDocument,
    Note,
    Passages,
)
from app.model.outputs import ChildTable, Id, RecordTable


class CoordinateDocument(FrozenModel):
    """How a point stands for its place. Points never come from the article."""

    precision: CoordinatePrecision = Field(description="How closely the point stands for the place.")
    radius_m: int = Field(description="The place lies within this many metres of the point.")
    source: str = Field(description="Where the point comes from; never the article.")


class PlaceDocument(Document):
    table: ClassVar = RecordTable(
        "Where it happened. A place without a known point has none.", indexes=(("kind",), ("latitude", "longitude"))
    )

    type: Literal["place"]
    name: str = Field(description="The name, or a description of a place that the reporting does not name.")
    named: bool = Field(description="Whether the reporting names it.")
    kind: PlaceKind = Field(description="What sort of place it is.")
    aliases: Annotated[list[AliasDocument], ChildTable("place_aliases", "Other names.")] = Field(
        description="Other names."
    )
    names: Annotated[list[NameDocument], ChildTable("place_names", "Names in other languages.")] = Field(
        description="What it is called in other languages."
    )
    parents: Annotated[
        list[ContainerDocument],
        Id("places"),
        ChildTable("place_parents", "Which place lies within which.", key=("place_id", "parent_id")),
    ] = Field(description="Places that contain this one.")
    latitude: float | None = Field(description="Degrees north (WGS 84); null where no point is known.")
    longitude: float | None = Field(description="Degrees east (WGS 84); null where no point is known.")
    coordinate: CoordinateDocument | None = Field(description="The known point; null where there is none.")
    note: Note
    evidence: Passages
