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
from app.model.outputs import ChildTable, Id, Linked, Named, RecordTable


class OrganizationDocument(Document):
    linked_class: ClassVar = "schema:Organization"
    table: ClassVar = RecordTable(
        "States, forces, armed groups and institutions.", indexes=(("kind",),), ids_of="parties"
    )

    type: Literal["organization"]
    name: Annotated[str, Published(), Linked("schema:name")] = Field(description="The name.")
    kind: OrganizationKind = Field(description="What sort of organization it is.")
    aliases: Annotated[list[AliasDocument], PARTY_ALIASES, Linked(direct="schema:alternateName")] = Field(
        description="Other names."
    )
    names: Annotated[list[NameDocument], PARTY_NAMES, Linked("schema:name", form="by_language")] = Field(
        description="Names in other languages."
    )
    parents: Annotated[
        list[ContainerDocument],
        Id("organizations"),
        Linked(tie="organization", direct="schema:parentOrganization"),
        ChildTable(
            "organization_parents", "Which organization is a part of which.", key=("organization_id", "parent_id")
        ),
    ] = Field(description="Organizations that this one is a part of.")
    same_as: Annotated[SameAs, Named("same_as"), PARTY_SAME_AS]
    note: Note
    evidence: Passages
