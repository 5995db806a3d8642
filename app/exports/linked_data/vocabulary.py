"""Our own vocabulary: the terms that no standard has, and the values of the codebook as concepts (SKOS).

Labels and meanings are those of the documents' fields and of the codebook; nothing is written twice.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from app.exports.linked_data.context import all_properties
from app.exports.linked_data.shapes import CLASSES, UNIDENTIFIED
from app.exports.linked_data.terms import TERMS_PATH
from app.model.codebook import Codebook, Value
from app.model.documents import DOCUMENTS
from app.records import RECORD_TYPES

Json = dict[str, Any]

CONTEXT: Json = {
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "label": "rdfs:label",
    "comment": {"@id": "rdfs:comment", "@container": "@set"},
    "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"},
    "definition": "skos:definition",
    "notation": "skos:notation",
    "note": {"@id": "skos:note", "@container": "@set"},
    "inScheme": {"@id": "skos:inScheme", "@type": "@id"},
    "broader": {"@id": "skos:broader", "@type": "@id"},
    "exactMatch": {"@id": "skos:exactMatch", "@type": "@id", "@container": "@set"},
}

_REGISTERS = {"wikidata": "http://www.wikidata.org/entity/", "schema": "https://schema.org/"}
"""Vocabularies elsewhere whose values have addresses, by the prefix that the codebook writes."""


class Definition(NamedTuple):
    """A term of our own: its name, whether it is a class, and what it means, by where it stands (`casualty.harm`)."""

    name: str
    is_class: bool
    meanings: dict[str, list[str]]

    @property
    def label(self) -> str:
        """What to print."""
        return self.name.replace("_", " ")


def definitions() -> list[Definition]:
    """Returns our own classes and properties, each with all that it means, by meaning: where."""
    return [*_classes(), *_properties()]


def _classes() -> Iterator[Definition]:
    descriptions = {RECORD_TYPES[name].type: model.table.description for name, model in DOCUMENTS.items()}
    descriptions[UNIDENTIFIED] = "Somebody whom the reporting does not identify."
    for type_, class_ in CLASSES.items():
        if ":" not in class_:
            yield Definition(class_, True, {descriptions[type_]: [type_]})


def _properties() -> list[Definition]:
    by_name: dict[str, dict[str, list[str]]] = {}
    for one in all_properties():
        if one.term.is_own:
            places = by_name.setdefault(one.term.name, {}).setdefault(one.meaning, [])
            if one.within not in places:
                places.append(one.within)
    return [Definition(name, False, by_name[name]) for name in sorted(by_name)]


def vocabulary(codebook: Codebook, base: str) -> Json:
    """Returns the vocabulary as JSON-LD: RDF Schema for terms, SKOS for the values of a codebook."""
    own = f"{base}{TERMS_PATH}#"
    return {"@context": CONTEXT, "@graph": [*_terms(own), *_concepts(codebook, own)]}


def _terms(own: str) -> Iterator[Json]:
    for one in definitions():
        yield {
            "@id": own + one.name,
            "@type": "rdfs:Class" if one.is_class else "rdf:Property",
            "label": one.label,
            "comment": [f"{', '.join(places)}: {meaning}" for meaning, places in one.meanings.items()],
        }


def _concepts(codebook: Codebook, own: str) -> Iterator[Json]:
    for name, one in codebook.vocabularies.items():
        scheme = own + name
        yield {"@id": scheme, "@type": "skos:ConceptScheme", "label": name, "definition": one.description}
        for value in one.values.values():
            yield _concept(value, scheme)


def _concept(value: Value, scheme: str) -> Json:
    broader = {"broader": f"{scheme}/{value.broader}"} if value.broader else {}
    return {
        "@id": f"{scheme}/{value.value}",
        "@type": "skos:Concept",
        "inScheme": scheme,
        "notation": value.value,
        "prefLabel": dict(value.labels),
        "definition": value.meaning,
        **broader,
        **_equivalents(value),
    }


def _equivalents(value: Value) -> Json:
    """The values of other vocabularies that mean the same: addresses where they have one, else as the codebook writes
    them."""
    matches, notes = [], []
    for one in value.equivalents:
        prefix, _, id_ = one.partition(":")
        if prefix in _REGISTERS:
            matches.append(_REGISTERS[prefix] + id_)
        else:
            notes.append(one)
    return {key: some for key, some in (("exactMatch", matches), ("note", notes)) if some}
