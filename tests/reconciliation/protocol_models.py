"""The messages of the Reconciliation Service API, as far as Dateline speaks it: 0.2 and the draft of 1.0.

Each model names the section of the specification whose prose it follows. Keys that the specification leaves open are
required here where Dateline always answers with them. A key with a default may be absent, but never null.
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel
from pydantic.alias_generators import to_camel

Text = Annotated[str, Field(min_length=1)]
Address = Annotated[str, Field(pattern="^https?://")]
Template = Annotated[str, Field(pattern=r"^https?://.*\{\{id\}\}")]
Positive = Annotated[int, Field(ge=1)]


class Message(BaseModel):
    """An object without other keys, whose values are of these types as they stand."""

    model_config = ConfigDict(extra="forbid", strict=True)


class CamelCased(Message):
    """An object with keys like `serviceVersion`."""

    model_config = ConfigDict(alias_generator=to_camel)


class Named(Message):
    """0.2 and 1.0 draft, "Core Concepts": a type, or a property."""

    id: Text
    name: Text


class Described(Named):
    """0.2 and 1.0 draft, "Suggest Responses": a property that is suggested, or proposed for extending."""

    description: str


class View(Message):
    """0.2 and 1.0 draft, "Service Manifest": where an entity is seen."""

    url: Template


class Size(Message):
    """1.0 draft, "Preview Metadata"."""

    width: Positive
    height: Positive


class Preview(Size):
    """0.2, "Preview Metadata": with the address, which the draft fixes."""

    url: Template


class Service(Message):
    """0.2, "Suggest Metadata" and "Data Extension Metadata": an address in two parts."""

    service_url: Address
    service_path: Annotated[str, Field(pattern="^/")]


class Suggest(Message):
    """0.2, "Suggest Metadata"."""

    entity: Service
    property: Service
    type: Service


class DraftSuggest(Message):
    """1.0 draft, "Suggest Endpoints": whether there is each."""

    entity: bool
    property: bool
    type: bool


NoSettings = Annotated[list[Named], Field(max_length=0)]
"""Columns have no settings here."""


class Extend(Message):
    """0.2, "Data Extension Metadata"."""

    propose_properties: Service
    property_settings: NoSettings


class DraftExtend(CamelCased):
    """1.0 draft, "Data Extension Metadata"."""

    propose_properties: bool
    property_settings: NoSettings


class AnyManifest(CamelCased):
    """What the manifests of both versions have."""

    name: Text
    documentation: Address
    service_version: Text
    view: View
    default_types: list[Named]


class Manifest(AnyManifest):
    """0.2, "Service Manifest"."""

    versions: list[Literal["0.2"]]
    identifier_space: Address
    schema_space: Address
    suggest: Suggest
    preview: Preview
    extend: Extend


class DraftManifest(AnyManifest):
    """1.0 draft, "Service Manifest": without spaces of identifiers; it says what scores are."""

    versions: list[Literal["1.0-draft"]]
    suggest: DraftSuggest
    preview: Size
    extend: DraftExtend
    standardized_score: bool


class Reconciled(Message):
    """0.2 and 1.0 draft, "Property Values": an entity that was found before."""

    id: Text
    name: str = ""


Value = str | int | float | bool | Reconciled
Values = Value | list[Value]


class QueryProperty(Message):
    """0.2, "Structure of a Reconciliation Query": a property of one."""

    pid: Text
    v: Values


class Query(Message):
    """0.2, "Structure of a Reconciliation Query"."""

    query: str = ""
    type: str | list[str] = ""
    limit: Positive = 1
    properties: list[QueryProperty] = []
    type_strict: Literal["any", "all", "should"] = "any"


class QueryBatch(RootModel[dict[str, Query]]):
    """0.2, "Sending Reconciliation Queries to a Service": queries by keys that the client chooses."""


class NameCondition(CamelCased):
    """1.0 draft, "Structure of a Reconciliation Query": a condition on the name."""

    match_type: Literal["name"]
    property_value: Values


class PropertyCondition(CamelCased):
    """1.0 draft, "Structure of a Reconciliation Query": a condition on a property."""

    match_type: Literal["property"]
    property_id: Text
    property_value: Values


class DraftQuery(Message):
    """1.0 draft, "Structure of a Reconciliation Query"."""

    type: str = ""
    limit: Positive = 1
    conditions: Annotated[list[NameCondition | PropertyCondition], Field(min_length=1)]


class DraftQueryBatch(Message):
    """1.0 draft, "Sending Reconciliation Queries to the Match Service"."""

    queries: list[DraftQuery]


class Feature(Named):
    """0.2 and 1.0 draft, "Reconciliation Query Responses": a part of a score."""

    value: bool | float


class Candidate(Described):
    """0.2 and 1.0 draft, "Reconciliation Query Responses"; scores are standardized, as the draft has it."""

    type: list[Named]
    score: Annotated[float, Field(ge=0, le=100)]
    features: list[Feature]
    match: bool


class Result(Message):
    """0.2, "Reconciliation Query Responses": the candidates of one query."""

    result: list[Candidate]


class ResultBatch(RootModel[dict[str, Result]]):
    """0.2, "Reconciliation Query Responses": by the keys of the queries."""


class DraftResult(Message):
    """1.0 draft, "Reconciliation Query Responses": the candidates of one query."""

    candidates: list[Candidate]


class DraftResultBatch(Message):
    """1.0 draft, "Reconciliation Query Responses": in the order of the queries."""

    results: list[DraftResult]


class SuggestedEntity(Described):
    """0.2 and 1.0 draft, "Suggest Responses": an entity with its important types."""

    notable: list[Named]


class SuggestedEntities(Message):
    """0.2 and 1.0 draft, "Suggest Responses", of entities."""

    result: list[SuggestedEntity]


class SuggestedProperties(Message):
    """0.2 and 1.0 draft, "Suggest Responses", of properties."""

    result: list[Described]


class SuggestedTypes(Message):
    """0.2 and 1.0 draft, "Suggest Responses", of types."""

    result: list[Named]


class Proposal(Message):
    """0.2 and 1.0 draft, "Data Extension Property Proposals"."""

    type: Text
    properties: list[Described]
    limit: Positive = 1


class WantedColumn(Message):
    """0.2 and 1.0 draft, "Data Extension Query Requests": a property, here always without settings."""

    id: Text


class ExtensionQuery(Message):
    """0.2 and 1.0 draft, "Data Extension Query Requests"."""

    ids: list[str]
    properties: list[WantedColumn]


class OfText(Message):
    """0.2 and 1.0 draft, "Data Extension Responses": a value that is a text."""

    str: str


class OfInteger(Message):
    """0.2 and 1.0 draft, "Data Extension Responses": a value that is a whole number."""

    int: int


class OfFloat(Message):
    """0.2 and 1.0 draft, "Data Extension Responses": a value that is any number."""

    float: float


Cell = list[OfText | OfInteger | OfFloat]


class Extension(Message):
    """0.2, "Data Extension Responses": rows by the ids of entities, cells by those of properties."""

    meta: list[Named]
    rows: dict[str, dict[str, Cell]]


class ExtendedProperty(Message):
    """1.0 draft, "Data Extension Responses": the values of one property."""

    id: Text
    values: Cell


class ExtendedRow(Message):
    """1.0 draft, "Data Extension Responses": the properties of one entity."""

    id: Text
    properties: list[ExtendedProperty]


class DraftExtension(Message):
    """1.0 draft, "Data Extension Responses": rows in the order of the request."""

    meta: list[Named]
    rows: list[ExtendedRow]
