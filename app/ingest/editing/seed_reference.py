"""The reference of the format of seed files, made from their models, the codebook and the example.

`dateline schema --text` prints it. The page `/docs/seed` shows what `python -m tests.examples` wrote of it: who serves
does not know the models of seed files.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from app.ingest.editing.anchoring import SPAN_KEYS
from app.ingest.editing.examples import SECOND_EXAMPLE_ARTICLE, example_file
from app.ingest.editing.seed_rules import Rule, introduction_and_rules
from app.ingest.editing.seed_schemas import MODELS, seed_schemas
from app.ingest.seed.codebooks import ValueSeed
from app.ingest.seed.error_messages import models_in
from app.ingest.seed.record_seeds import IncidentExtension
from app.ingest.seed.scalars import SLUG
from app.ingest.seed.seed_base import WORDS, Record, Span, Tombstone
from app.model.codebook import Codebook, shipped

_BY_WORDS = (WORDS, "paragraph")
"""Keys that a span has in place of others until `dateline anchor` puts those there."""

_LAST = ("note", "correction", "evidence")
"""Keys that come last in files, as in documents."""

_MAX_EXAMPLE = 80
"""Characters of an example of a key."""


@dataclass(frozen=True)
class SeedKey:
    """A key of a record."""

    name: str
    needed: bool
    kind: str
    """What its value is: a text and how long, a number, a list …"""

    meaning: str
    example: str


@dataclass(frozen=True)
class RecordModel:
    """A record, or a part of one, with its keys."""

    name: str
    meaning: str
    keys: tuple[SeedKey, ...]


@dataclass(frozen=True)
class SeedFile:
    """A file with the records that it may hold, and an example of it as an editor writes it."""

    name: str
    records: tuple[RecordModel, ...]
    example: str


@dataclass(frozen=True)
class SeedReference:
    """All of it, in the order in which it is read."""

    introduction: str
    rules: tuple[Rule, ...]
    files: tuple[SeedFile, ...]
    parts: tuple[RecordModel, ...]

    def markdown(self, codebook: Codebook) -> str:
        """Returns the reference with the vocabularies of a codebook, as Markdown."""
        return "\n".join(self._lines(codebook))

    def _lines(self, codebook: Codebook) -> Iterator[str]:
        yield from ("# The format of seed files", "", self.introduction, "", "## Rules", "")
        for rule in self.rules:
            yield from (f"* **{rule.title}.** {rule.text}",)
        yield from ("", "## Files")
        for file in self.files:
            yield from ("", f"### {file.name}")
            for record in file.records:
                yield from _table(record)
            yield from ("", "```yaml", file.example.strip("\n"), "```")
        yield from ("", "## Parts of records")
        for part in self.parts:
            yield from ("", f"### {part.name}")
            yield from _table(part)
        yield from ("", "## Vocabularies", "", "A `codebook.yaml` beside the other files adds values to them.")
        for name, vocabulary in codebook.vocabularies.items():
            yield from ("", f"### {name}", "", vocabulary.description, "")
            yield from (f"* `{value}`: {one.meaning}" for value, one in vocabulary.values.items())


def seed_reference() -> SeedReference:
    """Returns the reference."""
    schemas, examples = seed_schemas(shipped()), _examples()

    def described(model: type[Record]) -> RecordModel:
        schema = next(one["$defs"][model.__name__] for one in schemas.values() if model.__name__ in one["$defs"])
        by_words = _BY_WORDS if issubclass(model, Span) else ()
        required = {key for key, field in model.model_fields.items() if field.is_required()}
        keys = (
            SeedKey(
                key,
                key == WORDS or (key not in SPAN_KEYS and key in required),
                _kind(schema["properties"][key]),
                schema["properties"][key]["description"],
                _example(next((examples[base, key] for base in model.__mro__ if (base, key) in examples), None)),
            )
            for key in (*by_words, *sorted(model.model_fields, key=_LAST.__contains__))
        )
        return RecordModel(_name(model), " ".join((model.__doc__ or "").split()), tuple(keys))

    files = [
        SeedFile(f"{name}.yaml", tuple(described(model) for model in _main_models(name)), _example_of(name))
        for name in (*MODELS, "codebook")
    ]
    in_files = {model for name in (*MODELS, "codebook") for model in _main_models(name)}
    parts = dict.fromkeys(part for model in in_files for part in _parts(model) if part not in in_files)
    return SeedReference(
        *introduction_and_rules(),
        tuple(files),
        tuple(sorted((described(model) for model in parts), key=lambda part: part.name)),
    )


def _example_of(name: str) -> str:
    """Returns the example of a file, with that of a second article where it has one of its own."""
    example = example_file(f"{name}.yaml")
    if name != "incidents":
        return example
    where = f"# In articles/{SECOND_EXAMPLE_ARTICLE}, where a second article tells of it as well:"
    return f"{example}\n{where}\n\n{_EXTENSION}"


_EXTENSION = example_file("second_article/incidents.yaml")


def _main_models(name: str) -> tuple[type[Record], ...]:
    return (ValueSeed,) if name == "codebook" else tuple(model for model in MODELS[name] if model is not Tombstone)


def _parts(model: type[Record]) -> Iterator[type[Record]]:
    """Yields the records within a record, and those within these."""
    for field in model.model_fields.values():
        for part in models_in(field.annotation):
            yield part
            yield from _parts(part)


def _name(model: type[Record]) -> str:
    """Returns what a record is called: `PlaceLink` is a place link."""
    words = re.findall("[A-Z][a-z]*", model.__name__.removesuffix("Seed"))
    return " ".join(words).capitalize()


def _kind(schema: Mapping[str, Any]) -> str:
    """Returns what a value is, in words."""
    if "$ref" in schema:
        return f"{_reference(schema['$ref'])}, see below"
    if "else" in schema:
        return f"{_kind(schema['else']).removesuffix(', see below')} or {_kind(schema['then'])}"
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_kind, schema["anyOf"])))
    if "enum" in schema:
        return f"value of `{schema['$comment']}`"
    if schema["type"] == "array":
        at_least = " of at least one" if schema.get("minItems") else ""
        return f"list{at_least}: {_kind(schema['items'])}"
    if schema["type"] == "boolean":
        return "true or false"
    if "number" in schema["type"] or "integer" in schema["type"]:
        low, high = schema.get("minimum"), schema.get("maximum")
        limits = f" from {low:,}" if high is None else f" from {low:,} to {high:,}"
        return ("whole number" if "integer" in schema["type"] else "number") + ("" if low is None else limits)
    if schema.get("pattern") == SLUG:
        return "id"
    return f"text, up to {schema['maxLength']:,} characters" if "maxLength" in schema else "text"


def _reference(reference: str) -> str:
    words = re.findall("[A-Z][a-z]*", reference.rpartition("/")[2].removesuffix("Seed"))
    return " ".join(words).lower()


def _examples() -> dict[tuple[type[Any], str], Any]:
    """Returns the first value that each key of a model, or of one that it extends, has in the example."""
    found: dict[tuple[type[Any], str], Any] = {}

    def collect(model: type[Record], value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                collect(model, one)
        elif isinstance(value, dict):
            for key, one in value.items():
                is_by_words = issubclass(model, Span) and key in _BY_WORDS
                if key in model.model_fields or is_by_words:
                    for base in model.__mro__:
                        found.setdefault((base, key), one)
                if key in model.model_fields:
                    for inner in models_in(model.model_fields[key].annotation):
                        collect(inner, one)

    for name in (*MODELS, "codebook"):
        content = yaml.load(example_file(f"{name}.yaml"), yaml.BaseLoader)
        if name == "codebook":
            content = [value for vocabulary in content.values() for value in vocabulary["values"].values()]
        for model in MODELS.get(name, (ValueSeed,)):
            collect(model, content)
    collect(IncidentExtension, yaml.load(_EXTENSION, yaml.BaseLoader))
    return found


def _example(value: Any) -> str:
    """Returns an example on one line."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_EXAMPLE else f"{text[: _MAX_EXAMPLE - 1]}…"


def _table(record: RecordModel) -> Iterator[str]:
    """Yields the keys of a record as a table in Markdown."""
    yield from ("", f"{record.name}: {record.meaning}", "", "| key | needed | value | meaning | example |")
    yield "|---|---|---|---|---|"
    for key in record.keys:
        example = f"`{key.example}`" if key.example else ""
        cells = (f"`{key.name}`", "yes" if key.needed else "", key.kind, key.meaning, example)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
