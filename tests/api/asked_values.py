"""Which values the contract test begins with: ids that exist and parameters that go together, so that what fits the
schema is answered and not refused for what no schema can say; and of the many names of fields and kinds, a few."""

import re
from typing import Any

from app.records import RECORD_TYPES
from tests.api.shared_parameters import OF_FACETS
from tests.operations import reading

Schema = dict[str, Any]

LIST_OF = {
    "about": "incidents",
    "actor": "organizations",
    "article": "articles",
    "author": "people",
    "by": "people",
    "claimed_by": "organizations",
    "document": "documents",
    "incident": "incidents",
    "organization": "organizations",
    "parent": "incidents",
    "person": "people",
    "place": "places",
    "speaker": "people",
}
"""The lists that have what a filter takes; `id` and `within` take what the filtered list has."""

MANY_NAMES = re.compile(r"fields($|\[)|facet_except$|(not\.)?kind$")
"""Parameters with so many values, each known by the same look-up, that the short run asks for a few."""

FEW = 4


def begin_with_working_values(schema: Schema) -> None:
    """Makes ids of the operations' examples those of filters, and gives parameters what others need beside them."""
    ids = {name: schema["paths"][f"/v1/{name}/{{id}}"]["get"]["parameters"][0]["example"] for name in RECORD_TYPES}
    for path, operation in reading(schema).items():
        parameters = {one["name"]: one for one in operation.get("parameters", ())}
        for name, parameter in parameters.items():
            if parameter["in"] == "query" and (listed := _list_of(path, name.removeprefix("not."))):
                parameter["example"] = [ids[listed]]
        if of := parameters.get("of"):
            lists = sorted(of["schema"]["enum"], key=lambda name: name != OF_FACETS)
            of["schema"] = {"type": "string", "enum": lists}
        if counted := parameters.get("facets") or parameters.get("facet"):
            names = _names(schema, counted["schema"]["items"])
            # Of days there may be too many.
            counted["example"] = ["grid" if "z" in parameters else "month" if "month" in names else names[0]]
        if parts := [name.removeprefix("fields[")[:-1] for name in parameters if name.startswith("fields[")]:
            paths = _names(schema, parameters["include"]["schema"]["items"])
            parameters["include"]["example"] = [path for path in paths if path.rpartition(".")[2] in parts]


def ask_for_few_names(schema: Schema) -> None:
    """Leaves a few values to parameters that take the names of all fields of records, and to kinds."""
    for operation in reading(schema).values():
        for parameter in operation.get("parameters", ()):
            if MANY_NAMES.match(parameter["name"]) and "items" in parameter["schema"]:
                names = _names(schema, parameter["schema"]["items"])
                few = names[:: max(1, len(names) // FEW)]
                parameter["schema"] = parameter["schema"] | {"items": {"type": "string", "enum": few}}


def _list_of(path: str, name: str) -> str | None:
    """The list that has the ids which a filter takes; None if it takes none."""
    if name in ("id", "within"):
        found = re.match(f"/v1/({'|'.join(RECORD_TYPES)})", path)
        return found[1] if found else OF_FACETS
    return LIST_OF.get(name)


def _names(schema: Schema, found: Schema) -> list[str]:
    """The values of an enumeration, or of several that are taken as one."""
    if "$ref" in found:
        found = schema["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    return [*found.get("enum", ()), *(name for one in found.get("anyOf", ()) for name in _names(schema, one))]
