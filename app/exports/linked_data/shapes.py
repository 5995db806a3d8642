"""How documents become nodes of JSON-LD, derived from their models by the rules of `app.model.outputs`.

What is null or an empty list is left out: RDF says nothing where nothing is known. A record is a node with the address
that it has in the API. What ties two records is a node without an address, because a role or a certainty is that of
the tie, not of the record that it leads to.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from typing import Any

from app.exports.linked_data.passages import Owner, passage
from app.exports.linked_data.terms import Term, Values, local
from app.model.codebook import ByValue, Codebook, Coded
from app.model.documents import DOCUMENTS
from app.model.fields import DocumentField, document_fields
from app.model.outputs import Id, Linked
from app.model.partial_documents import EVIDENCE, EVIDENCE_COUNT
from app.records import BY_TYPE, RECORD_TYPES

Json = dict[str, Any]

UNIDENTIFIED = "unidentified"
"""The type of an actor whom nobody identifies."""

CLASSES = {RECORD_TYPES[name].type: model.linked_class for name, model in DOCUMENTS.items()} | {
    UNIDENTIFIED: UNIDENTIFIED.capitalize()
}
"""The class of what a record is about, by its type."""

_IDENTITY = ("type", "id", "url")
_OF_THE_OTHER = ("name", "label", "latitude", "longitude")
"""What a tie says of the record that it leads to, beside its type and id."""
_IN_PASSAGES = ("article", "paragraph", "start", "end", "exact")


Write = Callable[[Any, Owner], Any]
"""Returns the JSON-LD of a value; None where it says nothing."""


@dataclass(frozen=True)
class Property:
    """A key of the JSON-LD that is made of a field. `within` is where that stands: the type of the record and the keys
    that lead to it, and `meaning` is what it means there."""

    term: Term
    write: Write
    within: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Shape:
    """How an object becomes a node: what it is (`identify`), and what is made of each of its keys."""

    properties: Mapping[str, tuple[Property, ...]]
    identify: Write

    def __call__(self, value: Json, owner: Owner) -> Json:
        """Returns the node of an object."""
        node: Json = self.identify(value, owner)
        for key, properties in self.properties.items():
            found = value.get(key)
            if found is None or found == []:
                continue
            for one in properties:
                made = one.write(found, owner)
                if made is not None and made not in ([], {}):
                    node[one.term.key] = made
        return node


def node(shape: Shape, document: Json, base: str) -> Json:
    """Returns the node of a record."""
    owner = Owner(base, _record(document, Owner(base))["@id"])
    article = document.get("article") or {}
    return shape(document, replace(owner, article=owner.record("articles", article["id"]) if "id" in article else None))


@lru_cache(maxsize=64)
def shape_of(resource: str, codebook: Codebook) -> Shape:
    """Returns how the documents of a resource become nodes."""
    return _Compiler(codebook).of_records(resource)


def properties_of(resource: str, codebook: Codebook) -> list[Property]:
    """Returns all properties of the documents of a resource, those of the objects in them included."""
    compiler = _Compiler(codebook)
    compiler.of_records(resource)
    return compiler.made


@dataclass
class _Compiler:
    """Makes shapes, and keeps the properties that it has `made`."""

    codebook: Codebook
    made: list[Property] = field(default_factory=list)

    def of_records(self, resource: str) -> Shape:
        fields = document_fields(DOCUMENTS[resource], self.codebook)
        return self._shape(fields, RECORD_TYPES[resource].type, "", _record)

    def _shape(self, fields: Iterable[DocumentField], within: str, outer: str, identify: Write) -> Shape:
        """`outer` is the meaning of the object around the fields."""
        properties: dict[str, tuple[Property, ...]] = {}
        for one in fields:
            if identify is _record and one.key in _IDENTITY:
                continue
            meaning = one.meaning.removeprefix(outer).strip()
            made = [replace(each, within=within, meaning=meaning) for each in self._properties(one, within)]
            properties[one.key] = tuple(made)
            self.made += made
            if one.key == EVIDENCE:
                counted = Property(
                    Term(EVIDENCE_COUNT), _as_it_is, within, "How many passages it rests on; with `evidence=count`."
                )
                properties[EVIDENCE_COUNT] = (counted,)
                self.made.append(counted)
        return Shape(properties, identify)

    def _properties(self, one: DocumentField, within: str) -> Iterator[Property]:
        linked = one.declared(Linked) or Linked()
        inside = f"{within}.{one.key}"
        if linked.form == "merged":
            for inner in one.inner:
                for each in self._properties(inner, inside):
                    term = replace(each.term, container="@set")
                    yield Property(term, _each(partial(_at, inner.key, each.write)))
        elif linked.form == "by_language":
            yield Property(Term(linked.term, "names", "@language"), _by_language)
        elif (by_value := one.declared(ByValue)) is not None:
            yield self._totals(one, by_value.vocabulary, inside)
        elif one.inner:
            yield from self._objects(one, linked, inside)
        else:
            yield self._value(one, linked)

    def _objects(self, one: DocumentField, linked: Linked, inside: str) -> Iterator[Property]:
        keys = {inner.key for inner in one.inner}
        write: Write
        if linked.tie:
            write = self._tie(one, linked, inside)
        elif {"paragraph", "start", "end"} <= keys:
            rest = [inner for inner in one.inner if inner.key not in _IN_PASSAGES]
            write = self._shape(rest, inside, one.meaning, passage)
        elif linked.anchor:
            write = self._shape(one.inner, inside, one.meaning, partial(_part, linked.anchor))
        else:
            is_record = {"type", "id"} <= keys
            write = self._shape(one.inner, inside, one.meaning, _record if is_record else _nothing)
            write = partial(_unless_owner, write) if is_record else write
        yield _property(one, linked, "node", write)
        if linked.direct:
            values, direct = self._direct(one, linked, keys)
            yield _property(one, Linked(linked.direct), values, direct)

    def _direct(self, one: DocumentField, linked: Linked, keys: set[str]) -> tuple[Values, Write]:
        """Returns what leads past an object, to what matters in it."""
        if linked.tie:
            other = _other(one)
            return "node", lambda value, owner: other(value, owner).get("@id")
        if "edtf" in keys:
            return "date", _only_day
        return "text", lambda value, owner: value.get("name")

    def _tie(self, one: DocumentField, linked: Linked, inside: str) -> Shape:
        about = [inner for inner in one.inner if inner.key in _OF_THE_OTHER]
        rest = [inner for inner in one.inner if inner.key not in (*_IDENTITY, *_OF_THE_OTHER)]
        other = self._shape(about, inside, one.meaning, _other(one))
        self.made.append(Property(Term(linked.tie, "node"), other, inside, "The record that it is about."))

        def identify(value: Json, owner: Owner) -> Json:
            found = other(value, owner)
            return {linked.tie: found} if found else {}

        return self._shape(rest, inside, one.meaning, identify)

    def _totals(self, one: DocumentField, vocabulary: str, inside: str) -> Property:
        """By value of a vocabulary: a node for each value that has one, which says what it is for."""
        key = vocabulary.rpartition(".")[2]
        shapes = {
            value.key: self._shape(value.inner, inside, value.meaning, _value_of(key, f"{vocabulary}/{value.key}"))
            for value in one.inner
        }

        def write(totals: Json, owner: Owner) -> list[Json]:
            return [shapes[value](total, owner) for value, total in totals.items() if total is not None]

        return Property(Term(one.key, "node", "@set"), write)

    def _value(self, one: DocumentField, linked: Linked) -> Property:
        coded, id_ = one.declared(Coded), one.declared(Id)
        if vocabulary := coded.vocabulary if coded else linked.vocabulary:
            return _property(one, linked, "code", partial(_code, vocabulary, self.codebook.values(vocabulary)))
        if id_ is not None:
            return _property(one, linked, "node", lambda value, owner: owner.record(id_.table, value))
        kinds: dict[str, Values] = {"uri": "node", "date": "date"}
        return _property(one, linked, linked.datatype or kinds.get(one.column_type, "text"), _as_it_is)


def _property(one: DocumentField, linked: Linked, values: Values, write: Write) -> Property:
    name = linked.term or one.key
    if not one.is_list:
        return Property(Term(name, values), write)
    return Property(Term(name, values, "@list" if linked.ordered else "@set"), _each(write))


def _each(write: Write) -> Write:
    def of_list(values: list[Any], owner: Owner) -> list[Any]:
        return [made for value in values if (made := write(value, owner)) is not None and made != {}]

    return of_list


def _record(value: Json, owner: Owner) -> Json:
    """A node with the address of a record, as far as the keys are there that say which it is."""
    kind = value.get("type")
    if kind is None:
        return {}
    address = {"@id": owner.record(BY_TYPE[kind].name, value["id"])} if value.get("id") else {}
    return address | {"@type": local(CLASSES[kind])}


def _unless_owner(write: Write, value: Json, owner: Owner) -> Json | str:
    """The node of another record; of the owner itself its address, because all about it stands around that."""
    made: Json = write(value, owner)
    return owner.address if made.get("@id") == owner.address else made


def _other(one: DocumentField) -> Write:
    """Returns what says which record a tie leads to."""
    id_ = next(inner for inner in one.inner if inner.key == "id")
    declared = one.declared(Id) or id_.declared(Id)
    type_ = RECORD_TYPES[declared.table].type if declared and declared.table in RECORD_TYPES else None

    def identify(value: Json, owner: Owner) -> Json:
        kind = type_ or value.get("type")
        if kind == UNIDENTIFIED:
            return {"@type": local(CLASSES[kind])}
        return _record({"type": kind, "id": value["id"]}, owner) if kind and value.get("id") else {}

    return identify


def _part(anchor: str, value: Json, owner: Owner) -> Json:
    return {"@id": f"{owner.address}#{anchor}-{value['number']}"} if "number" in value else {}


def _value_of(key: str, code: str) -> Write:
    return lambda value, owner: {key: code}


def _nothing(value: Json, owner: Owner) -> Json:
    return {}


def _as_it_is(value: Any, owner: Owner) -> Any:
    return value


def _at(key: str, write: Write, value: Json, owner: Owner) -> Any:
    found = value.get(key)
    return None if found is None else write(found, owner)


def _code(vocabulary: str, values: tuple[str, ...], value: str, owner: Owner) -> str | None:
    """A value of a vocabulary; None for what is said beside its values (`mixed`)."""
    return f"{vocabulary}/{value}" if value in values else None


def _by_language(names: list[Json], owner: Owner) -> Json:
    by_language: dict[str, list[str]] = {}
    for one in names:
        if "language" in one and "name" in one:
            by_language.setdefault(one["language"], []).append(one["name"])
    return {language: some if len(some) > 1 else some[0] for language, some in by_language.items()}


def _only_day(date: Json, owner: Owner) -> str | None:
    """The day of a date that is known to the day; None for every other."""
    is_exact = date.get("precision") == "day" and not date.get("approximate", True)
    return date.get("earliest") if is_exact and date.get("earliest") == date.get("latest") else None
