"""What a codebook is: vocabularies with their values, and what is asked of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from app.model.digests import Data, digest
from app.model.languages import LANGUAGES, Language

IDENTITY = {"id": "codebook", "type": "codebook", "url": "/v1/codebook"}
"""The whole codebook is one record."""


MAX_VALUE_LENGTH = 40
"""Characters of a value."""


@dataclass(frozen=True)
class Value:
    """A value of a vocabulary. `labels` has what to print, in English at least. Whoever asks for the `broader` value
    finds this one as well. `properties` say what the program does with it."""

    value: str
    labels: Mapping[str, str]
    meaning: str
    broader: str | None = None
    equivalents: tuple[str, ...] = ()
    properties: tuple[str, ...] = ()

    def label(self, language: Language) -> str:
        """Returns what to print in a language; in English where there is nothing in this one."""
        return self.labels.get(language) or self.labels[LANGUAGES[0]]


@dataclass(frozen=True)
class Vocabulary:
    """A vocabulary. `type` is what it is called in OpenAPI, `properties` says what those of its values mean, and a seed
    adds nothing to one that is `closed`."""

    name: str
    type: str
    description: str
    values: Mapping[str, Value]
    properties: Mapping[str, str]
    closed: bool = False

    @cached_property
    def broader(self) -> dict[str, tuple[str, ...]]:
        """Returns the values that are narrower than others, each with all its broader values."""
        chains = {value: tuple(self._upwards(value)) for value in self.values}
        return {value: chain for value, chain in chains.items() if chain}

    def _upwards(self, value: str) -> Iterable[str]:
        seen = {value}
        while (above := self.values[value].broader) is not None and above in self.values and above not in seen:
            yield above
            seen.add(value := above)

    @cached_property
    def narrower(self) -> dict[str, tuple[str, ...]]:
        """Returns each value with itself and all that are narrower."""
        return {one: (one, *(other for other, above in self.broader.items() if one in above)) for one in self.values}

    @cached_property
    def by_property(self) -> dict[str, tuple[str, ...]]:
        """Returns the values that have each property."""
        values = self.values.values()
        return {name: tuple(one.value for one in values if name in one.properties) for name in self.properties}

    def document(self) -> Data:
        """Returns the vocabulary as it stands in the codebook's document."""
        return {
            "type": self.type,
            "description": self.description,
            "closed": self.closed,
            "properties": dict(self.properties),
            "values": [
                {
                    "value": one.value,
                    "label": one.label(LANGUAGES[0]),
                    "labels": dict(one.labels),
                    "meaning": one.meaning,
                    "broader": one.broader,
                    "equivalents": list(one.equivalents),
                    "properties": list(one.properties),
                }
                for one in self.values.values()
            ],
        }


@dataclass(frozen=True, eq=False)
class Codebook:
    """All vocabularies by name, such as `incident.kind`. Two codebooks are equal if their documents are."""

    vocabularies: Mapping[str, Vocabulary]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Codebook) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __getitem__(self, name: str) -> Vocabulary:
        return self.vocabularies[name]

    @cached_property
    def digest(self) -> str:
        """Returns the digest of its document."""
        return digest(self.document())

    def document(self) -> Data:
        """Returns the codebook as a record, without the keys of the release."""
        return {**IDENTITY, "vocabularies": {name: one.document() for name, one in self.vocabularies.items()}}

    @classmethod
    def of_document(cls, document: Mapping[str, Any]) -> "Codebook":
        """Returns the codebook that a document holds."""
        return cls({name: _vocabulary(name, one) for name, one in document["vocabularies"].items()})

    def values(self, name: str) -> tuple[str, ...]:
        """Returns the values of a vocabulary, in their order."""
        return tuple(self.vocabularies[name].values)

    def meanings(self, name: str) -> dict[str, str]:
        """Returns the values of a vocabulary with their meanings."""
        return {value: one.meaning for value, one in self.vocabularies[name].values.items()}

    def labels(self, name: str, language: Language) -> dict[str, str]:
        """Returns the values of a vocabulary with what to print for them."""
        return {value: one.label(language) for value, one in self.vocabularies[name].values.items()}

    def having(self, name: str, property: str) -> tuple[str, ...]:
        """Returns the values of a vocabulary that have a property."""
        return self.vocabularies[name].by_property.get(property, ())

    def within(self, name: str, values: Iterable[str]) -> list[str]:
        """Returns values with all that are narrower than one of them."""
        narrower = self.vocabularies[name].narrower
        return list(dict.fromkeys(one for value in values for one in narrower.get(value, (value,))))

    def extended(self, added: Mapping[str, Iterable[Value]]) -> "Codebook":
        """Returns the codebook with further values in some vocabularies."""
        grown = {
            name: replace(self[name], values={**self[name].values, **{one.value: one for one in values}})
            for name, values in added.items()
        }
        return Codebook({**self.vocabularies, **grown})


class _Templates(dict[str, Vocabulary]):
    """Vocabularies with one value each: the name of the vocabulary in braces."""

    def __missing__(self, name: str) -> Vocabulary:
        value = f"{{{name}}}"
        return Vocabulary(name, name, name, {value: Value(value, {LANGUAGES[0]: value}, value)}, {})


TEMPLATE = Codebook(_Templates())
"""Stands for every codebook where a text is made of the values of a vocabulary: `totals.{casualty.outcome}.low`."""


def _vocabulary(name: str, document: Mapping[str, Any]) -> Vocabulary:
    values = {
        one["value"]: Value(
            one["value"],
            one["labels"],
            one["meaning"],
            one["broader"],
            tuple(one["equivalents"]),
            tuple(one["properties"]),
        )
        for one in document["values"]
    }
    return Vocabulary(
        name, document["type"], document["description"], values, document["properties"], document["closed"]
    )
