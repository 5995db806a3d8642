"""The keys of records as schemas of the OpenAPI document: parameters share them, where each would list a hundred."""

from typing import Any

from app.api.parameters.files import file_choices
from app.exports.formats.columns import flat_names, resource_columns
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.model.codebook import Codebook
from app.model.partial_documents import paths_of
from app.records import RECORD_TYPES

Json = dict[str, Any]


def add_key_schemas(document: Json, codebook: Codebook) -> None:
    """Replaces the values of each parameter for keys by references to their schemas."""
    known, schemas = _vocabularies(codebook), document["components"]["schemas"]
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                taken = known.get(frozenset(parameter["schema"].get("items", {}).get("enum", ())))
                if taken is not None:
                    schemas |= {name: _schema(name, values) for name, values in taken.items()}
                    parameter["schema"]["items"] = _one_of(list(taken))


def _vocabularies(codebook: Codebook) -> dict[frozenset[str], dict[str, tuple[str, ...]]]:
    """Returns the vocabularies that each set of values is made of. Keys and columns are two, because generators would
    give `date.edtf` and `date_edtf` the same name."""
    known: dict[frozenset[str], dict[str, tuple[str, ...]]] = {}
    for resource, one in RECORD_TYPES.items():
        stem, keys = one.document.__name__.removesuffix("Document"), paths_of(resource, codebook)
        columns = {f"{stem}Column": tuple(column.name for column in resource_columns(resource, codebook))}
        of_columns = {f"{stem}ColumnField": tuple(key for key in keys if key in flat_names(resource, codebook))}
        for export in EXPORT_FORMATS.values():
            taken = columns | ({f"{stem}Field": keys} if export.may_be_nested else of_columns)
            known[frozenset(file_choices(resource, export, codebook)["fields"])] = taken
        known[frozenset(keys)] = {f"{stem}Field": keys}
    return known


def _schema(name: str, values: tuple[str, ...]) -> Json:
    described = "A column." if name.endswith("Column") else "A key of a record, dotted where it lies in an object."
    return {"type": "string", "enum": list(values), "title": name, "description": described}


def _one_of(names: list[str]) -> Json:
    references: list[Json] = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return references[0] if len(references) == 1 else {"anyOf": references}
