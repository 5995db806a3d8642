"""JSON Schemas of the seed files, made from their models and the codebook: editors complete and check YAML by them.

In the draft that editors know best (07). A key that has no description of its own means what it does in the document
that the record becomes.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.ingest.seed.article_seeds import ArticleSeed, CaptionSeed, ParagraphSeed
from app.ingest.seed.claim_seeds import CasualtySeed
from app.ingest.seed.codebooks import ValueSeed
from app.ingest.seed.file_changes import replace_files
from app.ingest.seed.reading import BY_ARTICLE, SHARED_MODELS
from app.ingest.seed.record_seeds import (
    ActorLink,
    AffiliationSeed,
    Alias,
    CoordinateSeed,
    DateSeed,
    DocumentSeed,
    IncidentExtension,
    IncidentSeed,
    LimitsSeed,
    NameForm,
    OrganizationSeed,
    Parent,
    PersonSeed,
    PlaceLink,
    PlaceSeed,
    QuoteSeed,
    StatementSeed,
    TimeSeed,
)
from app.ingest.seed.seed_base import WORDS, EvidenceSeed, Record, Span, Tombstone
from app.model.codebook import VOCABULARY, Codebook
from app.model.documents import (
    articles,
    casualties,
    incidents,
    organizations,
    people,
    places,
    quotes,
    shared,
    statements,
)
from app.model.documents import documents as sources

SCHEMA_FOLDER = ".schemas"
"""The folder of the schemas, in a folder of seed files."""

_BECOMES: dict[type[Record], type[BaseModel]] = {
    ActorLink: incidents.ActorDocument,
    AffiliationSeed: people.AffiliationDocument,
    Alias: shared.AliasDocument,
    ArticleSeed: articles.ArticleDocument,
    CaptionSeed: articles.CaptionDocument,
    CasualtySeed: casualties.ClaimDocument,
    CoordinateSeed: places.CoordinateDocument,
    DateSeed: shared.DateDocument,
    DocumentSeed: sources.SourceDocument,
    EvidenceSeed: shared.EvidenceDocument,
    IncidentSeed: incidents.IncidentDocument,
    LimitsSeed: shared.AssumedLimitsDocument,
    NameForm: shared.NameDocument,
    OrganizationSeed: organizations.OrganizationDocument,
    ParagraphSeed: articles.ParagraphDocument,
    Parent: shared.ContainerDocument,
    PersonSeed: people.PersonDocument,
    PlaceLink: incidents.IncidentPlaceDocument,
    PlaceSeed: places.PlaceDocument,
    QuoteSeed: quotes.QuoteDocument,
    StatementSeed: statements.StatementDocument,
    TimeSeed: incidents.TimeDocument,
}
MODELS: dict[str, tuple[type[Record], ...]] = {
    "article": (ArticleSeed,),
    **{name: (model, Tombstone) for name, model in {**SHARED_MODELS, **BY_ARTICLE}.items()},
    "incidents": (IncidentSeed, IncidentExtension, Tombstone),
}
"""The records that each file may hold, the usual one first. The codebook's file is a mapping of its own."""

_TOLD_APART_BY = {IncidentExtension: "extends", Tombstone: "removed"}
"""The key by which a record is not the usual one."""

_NULLABLE = {"best"}
_LIMITS = {"ge": "minimum", "le": "maximum"}
"""Pydantic leaves its own names where a number is converted before it is compared."""

_WHOLE = {"type": ["integer", "string"], "pattern": "^[0-9]{1,15}$"}
"""Whole numbers may be written between quotation marks."""


def schema_name(name: str) -> str:
    """Returns the name of the file with the schema of a file: of `incidents`, or of `article`."""
    return f"{name}.schema.json"


def write_schemas(directory: Path, codebook: Codebook) -> list[Path]:
    """Writes the schemas of all files into a folder of seed files. Raises OSError, and then none is written."""
    contents = schema_files(directory, codebook)
    replace_files(directory, contents)
    return list(contents)


def schema_files(directory: Path, codebook: Codebook) -> dict[Path, bytes]:
    """Returns the schemas of all files of a folder where the first lines of these name them."""
    return {
        directory / SCHEMA_FOLDER / schema_name(name): f"{json.dumps(schema, ensure_ascii=False, indent=1)}\n".encode()
        for name, schema in seed_schemas(codebook).items()
    }


def seed_schemas(codebook: Codebook) -> dict[str, dict[str, Any]]:
    """Returns the schema of each file by its name without the ending."""
    return {**{name: _of_records(name, codebook) for name in MODELS}, "codebook": _of_codebook(codebook)}


def meaning(model: type[Record], key: str) -> str:
    """Returns what a key of a record means."""
    own = model.model_fields[key].description
    if own is None:
        document = next((_BECOMES[one] for one in model.__mro__ if one in _BECOMES), None)
        field = document.model_fields.get(key) if document else None
        own = field.description if field else None
    return (own or "").replace("; null is ", "; left out, it is ").replace("; null ", "; left out ")


def _of_records(name: str, codebook: Codebook) -> dict[str, Any]:
    models = MODELS[name]
    definitions = _definitions(models, codebook)
    item = _first_that_fits([(_TOLD_APART_BY.get(model), f"#/$defs/{model.__name__}") for model in models])
    content = item if models == (ArticleSeed,) else {"type": "array", "items": item}
    return {"$schema": _DRAFT, "title": f"{name}.yaml", **content, "$defs": definitions}


_DRAFT = "http://json-schema.org/draft-07/schema#"


def _definitions(models: tuple[type[Record], ...], codebook: Codebook) -> dict[str, Any]:
    _, schema = models_json_schema([(model, "validation") for model in models], ref_template="#/$defs/{model}")
    by_name = {model.__name__: model for model in _within(Record)}
    return {
        name: _object(by_name[name], definition, codebook)
        for name, definition in schema["$defs"].items()
        if name in by_name
    }


def _within(model: type[Record]) -> Iterator[type[Record]]:
    for one in model.__subclasses__():
        yield one
        yield from _within(one)


def _object(model: type[Record], definition: Mapping[str, Any], codebook: Codebook) -> dict[str, Any]:
    """Returns the schema of a record or of a part of one."""
    properties = {
        key: {**_value(value, codebook, nullable=key in _NULLABLE), "description": meaning(model, key)}
        for key, value in definition["properties"].items()
    }
    required = list(definition.get("required", ()))
    result = {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
    return _by_words(model, result) if issubclass(model, Span) else result


def _by_words(model: type[Record], schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the schema of a span that may also be written by its words, for `dateline anchor`."""
    always = [key for key in schema["required"] if key == "field"]
    of_span = [key for key in schema["required"] if key not in always]
    words = {
        WORDS: {
            "type": "string",
            "minLength": 1,
            "description": "The article's own words, as printed; `anchor` makes a span of them.",
        },
        "paragraph": {
            **_WHOLE,
            "minimum": 1,
            "description": "The number of the paragraph, where the words stand more than once.",
        },
    }
    return {
        **schema,
        "properties": {**schema["properties"], **words},
        "required": always,
        "if": {"required": [WORDS]},
        "then": {"not": {"required": ["at"]}},
        "else": {"required": of_span},
    }


def _value(schema: Any, codebook: Codebook, *, nullable: bool = False) -> Any:
    """Returns the schema of a value as editors need it."""
    if isinstance(schema, list):
        return [_value(one, codebook) for one in schema]
    if not isinstance(schema, dict):
        return schema
    choices = [one for one in schema.get("anyOf", ()) if nullable or one != {"type": "null"}]
    if len(choices) == 1:
        return _value({**{key: one for key, one in schema.items() if key != "anyOf"}, **choices[0]}, codebook)
    if "discriminator" in schema or {"$ref": f"#/$defs/{Tombstone.__name__}"} in schema.get("oneOf", ()):
        return _first_that_fits(
            [
                (_TOLD_APART_BY[Tombstone] if Tombstone.__name__ in one["$ref"] else None, one["$ref"])
                for one in schema["oneOf"]
            ]
        )
    if VOCABULARY in schema:
        meanings = codebook.meanings(schema[VOCABULARY])
        return {
            "type": "string",
            "enum": list(meanings),
            "enumDescriptions": list(meanings.values()),
            "$comment": schema[VOCABULARY],
        }
    kept: dict[str, Any] = {
        _LIMITS.get(str(key), str(key)): _value(one, codebook)
        for key, one in schema.items()
        if key not in ("title", "default", "format")
    }
    if kept.get("type") == "integer":
        kept |= _WHOLE
    if isinstance(kept.get("pattern"), str):
        kept["pattern"] = re.sub(r"\\x\{([0-9A-F]{4})\}", r"\\u\1", kept["pattern"])
    return kept


def _first_that_fits(choices: list[tuple[str | None, str]]) -> dict[str, Any]:
    """Returns the schema of a record of several sorts; those that a key tells apart are looked for first."""
    (usual,) = [ref for key, ref in choices if key is None]
    schema: dict[str, Any] = {"$ref": usual}
    for key, ref in choices:
        if key is not None:
            schema = {"if": {"type": "object", "required": [key]}, "then": {"$ref": ref}, "else": schema}
    return schema


def _of_codebook(codebook: Codebook) -> dict[str, Any]:
    """Returns the schema of a file that adds values to vocabularies."""
    texts = {"type": "object", "additionalProperties": {"type": "string"}}
    vocabulary = {
        "type": "object",
        "properties": {
            "type": {"type": "string"},
            "purpose": {"type": "string"},
            "closed": {"type": "boolean"},
            "properties": texts,
            "values": {"type": "object", "additionalProperties": {"$ref": "#/$defs/ValueSeed"}},
        },
        "additionalProperties": False,
    }
    names = {name: {**vocabulary, "description": one.description} for name, one in codebook.vocabularies.items()}
    return {
        "$schema": _DRAFT,
        "title": "codebook.yaml",
        "type": "object",
        "properties": names,
        "additionalProperties": False,
        "$defs": _definitions((ValueSeed,), codebook),
    }
