"""The documents of casualty claims, and the claims inside of their incident."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import CasualtyBasis, CasualtyGroup, CasualtyOutcome
from app.model.corrections import Published
from app.model.documents.shared import (
    DateSpanDocument,
    Document,
    DocumentReference,
    FrozenModel,
    Identified,
    IncidentReference,
    Note,
    OrganizationReference,
    PartyDocument,
    Passages,
    PersonReference,
)
from app.model.outputs import ChildTable, Flat, Id, Linked, Named, RecordTable, TableColumn


class HarmBesideClaimDocument(FrozenModel):
    """The people whom a claim counts, with all claims about them: alternatives, so their figure is as wide as these."""

    id: Annotated[str, Flat("harm"), TableColumn("harm")] = Field(
        description="The same for all claims about these people; unique within the incident."
    )
    low: int | None = Field(description="At least so many, by all claims about them; null as in the lowest claim.")
    high: int | None = Field(description="At most so many, by all claims about them; null where one is open.")
    best: int | None = Field(description="The editors' own figure inside these bounds; null where there is none.")
    claims: int = Field(description="How many claims there are about them, parts of claims included.")
    in_dispute: bool = Field(description="Whether these claims differ, or one of them is contested.")
    split: bool = Field(
        description="Whether parts are told apart: sums by group, organization or person use these in place of it."
    )
    mixed: list[str] = Field(
        description="What the claims about them do not share of `group`, `organization` and `people`."
    )
    includes: list[str] = Field(
        description="Harms that these people certainly include, as incident/harm: they add nothing beside them."
    )
    may_include: list[str] = Field(description="Harms that these people perhaps include, as incident/harm.")
    included_in: list[str] = Field(
        description="Harms that include these people, certainly or perhaps, as incident/harm."
    )


class ClaimDocument(Identified):
    """One claim about one harm, as it stands inside its incident."""

    linked_class: ClassVar = "CasualtyClaim"

    type: Literal["casualty"]
    incident: IncidentReference = Field(description="The incident that the claim is about.")
    group: CasualtyGroup = Field(description="Whom the claim counts.")
    organization: OrganizationReference | None = Field(description="Whose people they were.")
    people: Annotated[
        list[PersonReference],
        Named("person"),
        ChildTable("casualty_people", "Whom a claim is about.", key=("casualty_id", "person_id")),
    ] = Field(description="Those of the people counted who have a record.")
    outcome: CasualtyOutcome = Field(description="What happened to them.")
    low: Annotated[int | None, Published()] = Field(
        description="At least so many; null where the reporting gives no lower bound."
    )
    high: Annotated[int | None, Published()] = Field(description="At most so many; null where it is open.")
    claimed_by: Annotated[PartyDocument | None, Linked("prov:wasAttributedTo")] = Field(
        description="Who says so; null is the article's own voice, also where it reads a document."
    )
    via: PartyDocument | None = Field(
        description="The person or channel that the claim came through; null where there is none."
    )
    documents: Annotated[
        list[DocumentReference],
        ChildTable("casualty_documents", "The documents that claims came through.", key=("casualty_id", "document_id")),
    ] = Field(description="The documents that the claim came through: a report, an e-mail, a court file …")
    basis: CasualtyBasis = Field(description="On what the figure rests.")
    counted: bool = Field(description="Whether totals include it; where not, `note` says why.")
    harm: HarmBesideClaimDocument | None = Field(
        description="The people whom it counts, with the figure of all claims about them; null where it is not counted."
    )
    part_of: Annotated[str | None, Id("casualties")] = Field(
        description="The claim of which this one is a part: of those people, so many were these. Sums never add both."
    )
    best: Annotated[int | None, Published()] = Field(
        description="The best figure that this claim gives; null where it gives none."
    )
    note: Note
    evidence: Passages


class CasualtyDocument(ClaimDocument, Document):
    """One claim about one harm."""

    table: ClassVar = RecordTable("Claims about who was harmed: one row for each claim, not for each person.")

    type: Literal["casualty"]
    date: DateSpanDocument | None = Field(description="The days of its incident; null where that has no date.")
