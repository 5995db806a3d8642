"""The documents of people."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import Anonymity, LifeStatus, PersonRole
from app.model.corrections import Published
from app.model.documents.shared import (
    PARTY_ALIASES,
    PARTY_NAMES,
    PARTY_SAME_AS,
    AliasDocument,
    Document,
    FrozenModel,
    NameDocument,
    Note,
    Passages,
    SameAs,
)
from app.model.outputs import ChildTable, Flat, Id, Linked, Named, RecordTable, TableColumn


class AffiliationDocument(FrozenModel):
    id: Annotated[str, Id("organizations")] = Field(description="Its id.")
    name: Annotated[str, TableColumn.none("the organization has it"), Linked("schema:name")] = Field(
        description="Its name."
    )
    role: Annotated[str | None, Linked("schema:roleName")] = Field(
        description="What the reporting calls the person there."
    )


class PersonDocument(Document):
    linked_class: ClassVar = "schema:Person"
    table: ClassVar = RecordTable("People, named and unnamed, and groups spoken of together.", ids_of="parties")

    type: Literal["person"]
    name: Annotated[str | None, Flat(after="label"), Published(), Linked("schema:name")] = Field(
        description="The name; null for the unnamed."
    )
    label: Annotated[str, Published(), Linked("rdfs:label")] = Field(
        description="What to print: the name, or a description of the unnamed."
    )
    named: bool = Field(description="Whether the reporting names them.")
    group_size: int | None = Field(description="How many people the record stands for; null where that is open.")
    roles: Annotated[
        list[PersonRole], ChildTable("person_roles", "What people are in the reporting.", key=("person_id", "role"))
    ] = Field(description="What they are to the reporting.")
    rank: str | None = Field(description="Rank, title or occupation, as the reporting gives it.")
    age: int | None = Field(description="In years, as the reporting gives it.")
    life_status: LifeStatus = Field(description="What the reporting says of their life.")
    anonymity: Anonymity | None = Field(description="How the unnamed appear; null for the named.")
    organizations: Annotated[
        list[AffiliationDocument],
        Linked(tie="organization", direct="schema:affiliation"),
        ChildTable("affiliations", "Who belongs to which organization.", key=("person_id", "organization_id")),
    ] = Field(description="The organizations that they belong to.")
    aliases: Annotated[list[AliasDocument], PARTY_ALIASES, Linked(direct="schema:alternateName")] = Field(
        description="Other names."
    )
    names: Annotated[list[NameDocument], PARTY_NAMES, Linked("schema:name", form="by_language")] = Field(
        description="Names in other languages."
    )
    same_as: Annotated[SameAs, Named("same_as"), PARTY_SAME_AS]
    note: Note
    evidence: Passages
