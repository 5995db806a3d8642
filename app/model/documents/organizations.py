"""The documents of organizations."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import OrganizationKind
from app.model.documents.shared import (
    PARTY_ALIASES,
    PARTY_NAMES,
    AliasDocument,
    ContainerDocument,
    Document,
    NameDocument,
    Note,
    Passages,
)
from app.model.outputs import ChildTable, Id, RecordTable


class OrganizationDocument(Document):
    table: ClassVar = RecordTable(
        "States, forces, armed groups and institutions.", indexes=(("kind",),), ids_of="parties"
    )

    type: Literal["organization"]
    name: str = Field(description="The name.")
    kind: OrganizationKind = Field(description="What sort of organization it is.")
    aliases: Annotated[list[AliasDocument], PARTY_ALIASES] = Field(description="Other names.")
    names: Annotated[list[NameDocument], PARTY_NAMES] = Field(description="What it is called in other languages.")
    parents: Annotated[
        list[ContainerDocument],
        Id("organizations"),
        ChildTable(
            "organization_parents", "Which organization is a part of which.", key=("organization_id", "parent_id")
        ),
    ] = Field(description="Organizations that this one is a part of.")
    note: Note
    evidence: Passages
