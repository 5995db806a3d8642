"""The documents of organizations."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import OrganizationKind
from app.model.corrections import Published
from app.model.documents.shared import (
    PARTY_ALIASES,
    PARTY_NAMES,
    PARTY_SAME_AS,
    AliasDocument,
    ContainerDocument,
    Document,
    NameDocument,
    Note,
    Passages,
    SameAs,
)
from app.model.outputs import ChildTable, Id, Named, RecordTable


class OrganizationDocument(Document):
    table: ClassVar = RecordTable(
        "States, forces, armed groups and institutions.", indexes=(("kind",),), ids_of="parties"
    )

    type: Literal["organization"]
    name: Annotated[str, Published()] = Field(description="The name.")
    kind: OrganizationKind = Field(description="What sort of organization it is.")
    aliases: Annotated[list[AliasDocument], PARTY_ALIASES] = Field(description="Other names.")
    names: Annotated[list[NameDocument], PARTY_NAMES] = Field(description="Names in other languages.")
    parents: Annotated[
        list[ContainerDocument],
        Id("organizations"),
        ChildTable(
            "organization_parents", "Which organization is a part of which.", key=("organization_id", "parent_id")
        ),
    ] = Field(description="Organizations that this one is a part of.")
    same_as: Annotated[SameAs, Named("same_as"), PARTY_SAME_AS]
    note: Note
    evidence: Passages
