"""Adds evidence to records of seed files, and leaves the rest of the files as it is."""

import json
from collections.abc import Mapping

from app.ingest.seed.files import Key
from app.ingest.seed.yaml_edits import Edit, MappingNode, edited, leaves, mappings

_FIELD = "evidence"
_PLAIN = ("field", "article")
"""Keys whose values need no quotation marks."""


class LayoutError(ValueError):
    """A file is laid out so that nothing can be added to a record."""


def records_in(source: str) -> dict[Key, str]:
    """Returns the ids of the records of a YAML file, and of the claims in them, by their paths."""
    return {
        node.path: id_
        for node in mappings(source)
        if _is_record(node.path) and (id_ := node.get("id") or node.get("extends")) is not None
    }


def _is_record(path: Key) -> bool:
    return len(path) == 1 or (len(path) == 3 and path[1] == "casualties")


def with_evidence(source: str, added: Mapping[Key, list[Mapping[str, str]]]) -> str:
    """Returns a YAML file with evidence added to the records at some paths. Raises LayoutError."""
    nodes = {node.path: node for node in mappings(source)}
    edits = [_addition(source, nodes, path, [_flow(one) for one in some]) for path, some in added.items()]
    new = edited(source, edits)
    expected = leaves(source)
    for path, some in added.items():
        count = _count(nodes, path)
        for number, one in enumerate(some, count):
            expected |= {(*path, _FIELD, number, key): value for key, value in one.items()}
    if leaves(new) != expected:
        raise LayoutError("this file is laid out so that no evidence can be added; write lists on lines of their own")
    return new


def _count(nodes: Mapping[Key, MappingNode], path: Key) -> int:
    return sum(one[:-1] == (*path, _FIELD) for one in nodes)


def _addition(source: str, nodes: Mapping[Key, MappingNode], path: Key, items: list[str]) -> Edit:
    """The edit that adds items behind the last one of a record's list, or a list behind its last key."""
    line_break = "\r\n" if "\r\n" in source else "\n"
    count = _count(nodes, path)
    if not count:
        record = nodes[path]
        indent = " " * record.column
        lines = [f"{indent}{_FIELD}:", *(f"{indent}  - {item}" for item in items)]
        return _behind_line(source, record.pairs[-1].end, lines, line_break)
    last = nodes[*path, _FIELD, count - 1]
    end = source.index("}", last.pairs[-1].end) + 1 if last.is_flow else last.pairs[-1].end
    if last.is_flow and source[end:].lstrip()[:1] in ("]", ","):
        return Edit(end, end, "".join(f", {item}" for item in items))
    start = source.rfind("-", 0, last.pairs[0].start)
    indent = " " * (start - source.rfind("\n", 0, start) - 1)
    return _behind_line(source, end, [f"{indent}- {item}" for item in items], line_break)


def _behind_line(source: str, position: int, lines: list[str], line_break: str) -> Edit:
    """The edit that adds lines behind the one that a position is in."""
    end = source.find("\n", position)
    if end < 0:
        return Edit(len(source), len(source), "".join(f"{line_break}{line}" for line in lines))
    return Edit(end + 1, end + 1, "".join(f"{line}{line_break}" for line in lines))


def _flow(evidence: Mapping[str, str]) -> str:
    """Evidence as it stands in YAML on one line."""
    plain = ("field", "article")
    written = (
        f"{key}: {text if key in plain else json.dumps(text, ensure_ascii=False)}" for key, text in evidence.items()
    )
    return "{" + ", ".join(written) + "}"


def as_line(evidence: Mapping[str, str]) -> str:
    """Evidence to paste into a seed file."""
    return f"- {_flow(evidence)}"
