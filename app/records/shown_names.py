"""Where documents show the names of other records: of places, people and organizations, which may have several."""

from collections.abc import Iterator
from typing import Any, NamedTuple

_BY_TYPE = {"place": "places", "person": "people", "organization": "organizations"}
_BY_KEY = {"places": "places", "location": "places", "organizations": "organizations"}
"""The resource of what stands under a key without a type."""


class ShownName(NamedTuple):
    """An object in a document, or a document, that shows the name of a record of `resource` under `key`."""

    resource: str
    id: str
    shown_in: dict[str, Any]
    key: str


def shown_names(value: Any, key: str = "", owner: str | None = None) -> Iterator[ShownName]:
    """Yields the names in documents or a part of them. `key` is the one that the part stands under, `owner` the
    resource of the record that it belongs to, whose parents are of the same."""
    if isinstance(value, list):
        for item in value:
            yield from shown_names(item, key, owner)
    elif isinstance(value, dict):
        by_key = owner if key == "parents" else _BY_KEY.get(key)
        resource = _BY_TYPE.get(value["type"]) if "type" in value else by_key
        name_key = "label" if "label" in value else "name"
        if resource and value.get("id") and value.get(name_key):
            yield ShownName(resource, value["id"], value, name_key)
        for inner_key, inner in value.items():
            yield from shown_names(inner, inner_key, resource or owner)
