"""Nodes of JSON-LD as columns, to be compared with those of flat files."""

from collections.abc import Iterable, Iterator
from typing import Any

from app.exports.linked_data.context import made_context
from app.exports.linked_data.shapes import CLASSES
from tests.exports.written_values import Values, written


def node_columns(nodes: Iterable[dict[str, Any]]) -> dict[str, Values]:
    """By path in nodes of JSON-LD: the values as they stand, and the last parts of addresses and of values of
    vocabularies, which begin with where they belong."""
    told = {node["@id"].rpartition("/")[2]: as_in_json(node) for node in nodes}
    columns: dict[str, Values] = {}
    for path in dict.fromkeys(path for node in told.values() for path in node_paths(node)):
        for id_, node in told.items():
            found = list(at_node(node, path))
            columns.setdefault(".".join(path), {})[id_] = written(found)
            last = [one.rpartition("/")[2] if isinstance(one, str) else one for one in found]
            columns.setdefault(f"{'.'.join(path)}, last part", {})[id_] = written(last)
    return columns


LISTS = {
    key for key, one in made_context().items() if isinstance(one, dict) and one.get("@container") in ("@set", "@list")
}
TYPES = {class_.rpartition(":")[2]: type_ for type_, class_ in CLASSES.items()}


def as_in_json(value: Any) -> Any:
    """A node with the lists and keys of JSON in the places of those that only JSON-LD has."""
    if isinstance(value, list):
        return [as_in_json(one) for one in value]
    if not isinstance(value, dict):
        return value
    node = {key: as_in_json(one) for key, one in value.items()}
    if "@type" in node:
        node["@type"] = TYPES.get(node["@type"])
    if "hasSelector" in node:
        node["hasSelector"] = {key: one for selector in node["hasSelector"] for key, one in selector.items()}
    if "totals" in node:
        node["totals"] = {one["outcome"].rpartition("/")[2]: one for one in node["totals"]}
    if "names" in node:
        several = ((language, some if isinstance(some, list) else [some]) for language, some in node["names"].items())
        node["names"] = [{"language": language, "name": name} for language, some in several for name in some]
    return node


def node_paths(value: Any) -> Iterator[tuple[str, ...]]:
    """The paths of all values in a node."""
    if isinstance(value, list):
        for one in value:
            yield from node_paths(one)
    elif isinstance(value, dict):
        for key, one in value.items():
            yield from ((key, *path) for path in node_paths(one))
    else:
        yield ()


def at_node(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """The values at a path in a node: null where nothing is said, none of a list. An address alone is a node, too."""
    if isinstance(value, list):
        for one in value:
            yield from at_node(one, path)
    elif not path or value is None:
        yield value
    else:
        node = value if isinstance(value, dict) else {"@id": value}
        if path[0] in node or path[0] not in LISTS:
            yield from at_node(node.get(path[0]), path[1:])
