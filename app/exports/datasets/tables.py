"""All public tables of the data package and the SQLite file.

They are the normalized documents: a record is a row, a list in it is a separate table. Left out is what only the API
needs (folded text, sort keys, bounding boxes) and what another table already holds (the reverse of a link, the name
of an id). Most are derived from the documents' models; those here come from no document or from several.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import Any, get_args

from app.exports.datasets.columns import Column, Table
from app.exports.datasets.document_tables import tables_of
from app.model.codebook import IDENTITY, ChangeCause, ChangeOp, Codebook
from app.model.documents import DOCUMENTS, PartyType, TypeName
from app.model.fields import in_order
from app.model.languages import LANGUAGE_NAMES, LANGUAGES

_OF_CHANGE = (
    Column("type", "string", "type", "What sort of record it is.", values=(*get_args(TypeName), IDENTITY["type"])),
    Column("id", "string", "id", "The record's id."),
)

RELEASES = (
    Table(
        "releases",
        "The only thing that changes data; the newest is the one that this file shows.",
        (("releases", ""),),
        ("number",),
        (
            Column("number", "integer", "number", "Counts from 1."),
            Column("loaded_at", "datetime", "loaded_at", "When it was loaded (UTC)."),
            Column("note", "string", "note", "A line about it, for its readers.", nullable=True),
            Column(
                "digest",
                "string",
                "digest",
                "SHA-256 of the sorted lines `type/id digest` of all its records, joined by newlines.",
            ),
        ),
    ),
    Table(
        "changes",
        "The log: what each release did to each record. Removed records stand here only.",
        (("changes", ""),),
        ("release", "type", "id"),
        (
            Column("release", "integer", "release", "The release.", references="releases.number"),
            *_OF_CHANGE,
            Column("op", "string", "op", "What was done.", values=tuple(map(str, ChangeOp)), vocabulary="change.op"),
            Column(
                *("cause", "string", "cause", "Why, the first that applies."),
                values=tuple(map(str, ChangeCause)),
                vocabulary="change.cause",
                nullable=True,
            ),
            Column("version", "integer", "version", "The record's version from then on."),
            Column("reason", "string", "reason", "Why it was removed.", nullable=True),
            Column("superseded_by", "string", "superseded_by", "The record that took it over.", nullable=True),
        ),
    ),
    Table(
        "records",
        "Every record of every table that has documents in the API, and the codebook.",
        ((IDENTITY["type"], ""), *((resource, "") for resource in DOCUMENTS)),
        ("type", "id"),
        (
            *_OF_CHANGE,
            Column(
                "digest",
                "string",
                "digest",
                "SHA-256 of its document in canonical JSON, without version and changed_in.",
            ),
        ),
    ),
    Table(
        "codebook",
        "What the values mean.",
        ((IDENTITY["type"], "values"),),
        ("vocabulary", "value"),
        (
            Column("vocabulary", "string", "vocabulary", "The vocabulary's name in the API's codebook."),
            Column("value", "string", "value", "A value of it."),
            *(
                Column(
                    f"label_{language}",
                    "string",
                    f"labels.{language}",
                    f"What to print for it, in {name}.",
                    nullable=language != LANGUAGES[0],
                )
                for language, name in LANGUAGE_NAMES.items()
            ),
            Column("meaning", "string", "meaning", "What the value means."),
            Column("broader", "string", "broader", "The value that it is narrower than.", nullable=True),
            Column(
                "equivalents",
                "string",
                "equivalents",
                "What it is in other vocabularies. Joined by `|`.",
                nullable=True,
            ),
            Column(
                "properties", "string", "properties", "What the service does with it. Joined by `|`.", nullable=True
            ),
        ),
    ),
)

PARTIES = Table(
    "parties",
    "People and organizations together: whoever can act, speak or claim. They share their ids.",
    (("organizations", ""), ("people", "")),
    ("id",),
    (
        Column("id", "string", "id", "The id in people or organizations."),
        Column("type", "string", "type", "Which of the two it is.", values=get_args(PartyType)),
        Column("label", "string", "label|name", "What to print: the name, or a description of the unnamed."),
    ),
    after="place_parents",
)

_ORDER = (
    "articles",
    "places",
    "organizations",
    "people",
    "documents",
    "incidents",
    "casualties",
    "quotes",
    "statements",
)
"""The order of the resources in the files: what others refer to comes first. Those not named here are last."""


def _merged(tables: Iterable[Table]) -> list[Table]:
    """Returns each table once, with the rows of all documents that declare it."""
    by_name: dict[str, Table] = {}
    for table in tables:
        first = by_name.get(table.name)
        by_name[table.name] = replace(first, sources=(*first.sources, *table.sources)) if first else table
    return list(by_name.values())


def _of_documents(codebook: Codebook) -> Iterator[Table]:
    for resource in dict.fromkeys((*_ORDER, *DOCUMENTS)):
        yield from tables_of(resource, DOCUMENTS[resource], codebook)


@lru_cache(maxsize=4)
def tables(codebook: Codebook) -> tuple[Table, ...]:
    """Returns all tables. A codebook says what values their columns have, and which sums incidents."""
    merged = _merged((*RELEASES, PARTIES, *_of_documents(codebook)))
    return tuple(in_order(merged, lambda table: table.name, lambda table: table.after))


def codebook_record(codebook: Codebook) -> dict[str, Any]:
    """Returns the codebook with its digest, and with all values in one list."""
    document = codebook.document()
    values = [
        {"vocabulary": name, **value}
        for name, vocabulary in document["vocabularies"].items()
        for value in vocabulary["values"]
    ]
    vocabularies = [{"vocabulary": name, **one} for name, one in document["vocabularies"].items()]
    return {**document, "digest": codebook.digest, "values": values, "vocabularies": vocabularies}


def codebook_values(codebook: Codebook) -> tuple[Table, list[tuple[Any, ...]]]:
    """Returns the table of all values, and its rows."""
    table = next(one for one in tables(codebook) if one.name == "codebook")
    return table, list(table.rows(IDENTITY["type"], codebook_record(codebook)))
