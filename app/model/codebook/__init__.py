"""The controlled vocabularies of the data, as enums. The docstring of an enum is its entry in the codebook.

Its first paragraph says what the vocabulary is for; after it every value has a line `value: meaning`.
`/v1/codebook` and the database's CHECK constraints are made from these enums and nothing else.
"""

import inspect
from enum import StrEnum

from app.model.codebook.incidents import (
    ActorRole,
    CasualtyBasis,
    CasualtyGroup,
    CasualtyOutcome,
    Certainty,
    DatePrecision,
    Granularity,
    IncidentKind,
    PlaceRole,
)
from app.model.codebook.records import Basis, ChangeOp, CoordinatePrecision, EvidenceField, ParagraphKind, PlaceKind
from app.model.codebook.sources import Anonymity, LifeStatus, OrganizationKind, PersonRole, QuoteKind, Stance, Topic

__all__ = [
    "CODEBOOK",
    "ActorRole",
    "Anonymity",
    "Basis",
    "CasualtyBasis",
    "CasualtyGroup",
    "CasualtyOutcome",
    "Certainty",
    "ChangeOp",
    "CoordinatePrecision",
    "DatePrecision",
    "EvidenceField",
    "Granularity",
    "IncidentKind",
    "LifeStatus",
    "OrganizationKind",
    "ParagraphKind",
    "PersonRole",
    "PlaceKind",
    "PlaceRole",
    "QuoteKind",
    "Stance",
    "Topic",
    "meanings",
]


CODEBOOK: dict[str, type[StrEnum]] = {
    "incident.kind": IncidentKind,
    "incident.granularity": Granularity,
    "incident.places.role": PlaceRole,
    "incident.actors.role": ActorRole,
    "certainty": Certainty,
    "casualty.basis": CasualtyBasis,
    "casualty.outcome": CasualtyOutcome,
    "casualty.group": CasualtyGroup,
    "organization.kind": OrganizationKind,
    "person.roles": PersonRole,
    "anonymity": Anonymity,
    "person.life_status": LifeStatus,
    "quote.kind": QuoteKind,
    "statement.stance": Stance,
    "statement.topic": Topic,
    "place.kind": PlaceKind,
    "coordinate.precision": CoordinatePrecision,
    "basis": Basis,
    "evidence.field": EvidenceField,
    "paragraph.kind": ParagraphKind,
    "date.precision": DatePrecision,
    "change.op": ChangeOp,
}


def meanings(vocabulary: type[StrEnum]) -> tuple[str, dict[str, str]]:
    """Returns what a vocabulary is for, and the meaning of each of its values, from its docstring."""
    purpose, _, lines = inspect.cleandoc(vocabulary.__doc__ or "").partition("\n\n")
    entries = (line.partition(": ") for line in lines.splitlines())
    return " ".join(purpose.split()), {value: meaning for value, _, meaning in entries}
