"""Fields whose values are those of a vocabulary: `kind: IncidentKind`, `also_kinds: list[IncidentKind]`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationInfo
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.model.codebook.shipped import shipped
from app.model.codebook.vocabularies import Codebook

VOCABULARY = "x-vocabulary"
"""The key of a JSON schema that says whose values a text has. OpenAPI fills in the values of the release."""

KEYS, NAME = "x-keys", "x-name"
"""The same for the keys of an object, and what its schema is called."""


@dataclass(frozen=True)
class Coded:
    """The values of a field are those that a vocabulary has in the codebook in force: the validation context, or the
    shipped one where there is none."""

    vocabulary: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"type": "string", VOCABULARY: self.vocabulary}

    def _checked(self, value: Any, info: ValidationInfo) -> str:
        values = _in_force(info).vocabularies[self.vocabulary].values
        if not isinstance(value, str) or value not in values:
            raise PydanticCustomError("coded", "is not in the vocabulary", {"allowed": tuple(values)})
        return str(value)


@dataclass(frozen=True)
class ByValue:
    """The keys of a mapping are the values of a vocabulary, all of them. `name` is what it is called in OpenAPI."""

    vocabulary: str
    name: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.with_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {**handler(schema), KEYS: self.vocabulary, NAME: self.name}

    def _checked(self, mapping: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        if tuple(mapping) != _in_force(info).values(self.vocabulary):
            raise ValueError(f"the keys are not those of the vocabulary {self.vocabulary}")
        return mapping


def _in_force(info: ValidationInfo) -> Codebook:
    context = info.context
    return context if isinstance(context, Codebook) else shipped()


def coded_by(field: FieldInfo) -> str | None:
    """Returns the name of the vocabulary whose values a field, or each item of its list, has; None for others."""
    return next(
        (one.vocabulary for one in (*field.metadata, *_within(field.annotation)) if isinstance(one, Coded)), None
    )


def _within(annotation: Any) -> Iterator[Any]:
    for argument in get_args(annotation):
        yield argument
        yield from _within(argument)


IncidentKind = Annotated[str, Coded("incident.kind")]
Granularity = Annotated[str, Coded("incident.granularity")]
PlaceRole = Annotated[str, Coded("incident.places.role")]
ActorRole = Annotated[str, Coded("incident.actors.role")]
Certainty = Annotated[str, Coded("certainty")]
CasualtyBasis = Annotated[str, Coded("casualty.basis")]
CasualtyOutcome = Annotated[str, Coded("casualty.outcome")]
CasualtyGroup = Annotated[str, Coded("casualty.group")]
OrganizationKind = Annotated[str, Coded("organization.kind")]
PersonRole = Annotated[str, Coded("person.roles")]
Anonymity = Annotated[str, Coded("anonymity")]
LifeStatus = Annotated[str, Coded("person.life_status")]
DocumentKind = Annotated[str, Coded("document.kind")]
QuoteKind = Annotated[str, Coded("quote.kind")]
Stance = Annotated[str, Coded("statement.stance")]
Topic = Annotated[str, Coded("statement.topic")]
PlaceKind = Annotated[str, Coded("place.kind")]
CoordinatePrecision = Annotated[str, Coded("coordinate.precision")]
Basis = Annotated[str, Coded("basis")]
EvidenceField = Annotated[str, Coded("evidence.field")]
ParagraphKind = Annotated[str, Coded("paragraph.kind")]
Precision = Annotated[str, Coded("date.precision")]
Change = Annotated[str, Coded("change.op")]
Cause = Annotated[str, Coded("change.cause")]
