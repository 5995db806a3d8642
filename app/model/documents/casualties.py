"""The documents of casualty claims, and the claims inside of their incident."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from app.model.codebook import CasualtyBasis, CasualtyGroup, CasualtyOutcome
from app.model.documents.shared import Document, Identified, Note, PartyDocument, Passages
from app.model.outputs import ChildTable, Id, Named, RecordTable


class ClaimDocument(Identified):
    """One claim about one harm, as it stands inside its incident."""

    type: Literal["casualty"]
    incident: Annotated[str, Id("incidents")] = Field(description="The incident that the claim is about.")
    group: CasualtyGroup = Field(description="Whom the claim counts.")
    organization: Annotated[str | None, Id("organizations")] = Field(description="Whose people they were.")
    people: Annotated[
        list[str],
        Id("people"),
        Named("person"),
        ChildTable("casualty_people", "Whom a claim is about.", key=("casualty_id", "person_id")),
    ] = Field(description="Those of the people counted who have a record.")
    outcome: CasualtyOutcome = Field(description="What happened to them.")
    low: int | None = Field(description="At least so many; null where the reporting gives no lower bound.")
    high: int | None = Field(description="At most so many; null where it is open.")
    claimed_by: PartyDocument | None = Field(description="Who says so; null is the article's own voice.")
    via: PartyDocument | None = Field(
        description="The person or channel that the claim came through; null where there is none."
    )
    basis: CasualtyBasis = Field(description="On what the figure rests.")
    counted: bool = Field(description="Whether totals include it; where not, `note` says why.")
    note: Note
    evidence: Passages


class CasualtyDocument(ClaimDocument, Document):
    """One claim about one harm."""

    table: ClassVar = RecordTable("Claims about who was harmed: one row for each claim, not for each person.")

    type: Literal["casualty"]
