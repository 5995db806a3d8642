"""Changes keys of mappings in YAML files and leaves everything else as it is: comments, order, quotes and layout.

Libraries that read and write YAML round a file through their own layout (indentation, blank lines, folds). Here only
the characters of the keys that change are replaced, at the positions that the parser gives.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from textwrap import wrap
from typing import NamedTuple

import yaml

from app.ingest.seed.files import Key

_MAX_WIDTH, _MIN_WIDTH = 118, 40
"""Characters of a line of folded text."""


class Pair(NamedTuple):
    """A key with its value, and where both stand. The value is None where it is a list or a mapping."""

    key: str
    value: str | None
    start: int
    end: int


@dataclass
class MappingNode:
    """A mapping of a file."""

    path: Key
    line: int
    column: int
    is_flow: bool
    pairs: list[Pair] = field(default_factory=list)
    end: int = 0

    def get(self, key: str) -> str | None:
        """Returns the text of a key; None where it is not there, or no text."""
        return next((pair.value for pair in self.pairs if pair.key == key), None)


class Edit(NamedTuple):
    """Characters of a file and what is to stand in their place."""

    start: int
    end: int
    text: str


@dataclass
class _Open:
    """A list or mapping that is being read. `key` and `key_start` are those of the value that is expected next."""

    node: MappingNode | None
    path: Key
    items: int = 0
    key: str | None = None
    key_start: int = 0


def mappings(source: str) -> Iterator[MappingNode]:
    """Yields every mapping of a file, inner ones first. Raises yaml.YAMLError for what is not YAML."""
    stack: list[_Open] = []
    for event in yaml.parse(source, Loader=yaml.CBaseLoader):
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        if isinstance(event, yaml.ScalarEvent) and stack and stack[-1].node and stack[-1].key is None:
            stack[-1].key, stack[-1].key_start = event.value, start.index
        elif isinstance(event, yaml.ScalarEvent):
            _complete(stack, event.value, _scalar_end(source, event, start.index, end.index))
        elif isinstance(event, yaml.MappingStartEvent):
            path = _path(stack)
            node = MappingNode(path, start.line + 1, start.column, bool(event.flow_style))
            stack.append(_Open(node, path))
        elif isinstance(event, yaml.SequenceStartEvent):
            stack.append(_Open(None, _path(stack)))
        elif isinstance(event, yaml.CollectionEndEvent):
            ended = stack.pop()
            if ended.node is not None:
                ended.node.end = end.index if ended.node.is_flow or not ended.node.pairs else ended.node.pairs[-1].end
                yield ended.node
            _complete(stack, None, end.index)


def leaves(source: str) -> dict[Key, str]:
    """Returns every text of a file that is the value of a key, by its path."""
    return {
        (*node.path, pair.key): pair.value for node in mappings(source) for pair in node.pairs if pair.value is not None
    }


def _path(stack: list[_Open]) -> Key:
    if not stack:
        return ()
    top = stack[-1]
    return (*top.path, top.items if top.node is None else str(top.key))


def _complete(stack: list[_Open], value: str | None, end: int) -> None:
    """Adds a value to the list or mapping that it is in."""
    if not stack:
        return
    top = stack[-1]
    if top.node is None:
        top.items += 1
    elif top.key is not None:
        top.node.pairs.append(Pair(top.key, value, top.key_start, end))
        top.key = None


def _scalar_end(source: str, event: yaml.ScalarEvent, start: int, end: int) -> int:
    """Returns where a scalar ends. The parser counts the blank lines after a block (`|`, `>`) as parts of it."""
    return start + len(source[start:end].rstrip()) if event.style in ("|", ">") else end


def replaced(source: str, node: MappingNode, old: tuple[str, ...], new: Mapping[str, str | int]) -> list[Edit]:
    """Returns the edits that put new keys in the place of old ones of a mapping.

    The first new key stands where the first old one did, the others where the last did.
    """
    places = [number for number, pair in enumerate(node.pairs) if pair.key in old]
    first, last = places[0], places[-1]
    between = ", " if node.is_flow else ("\r\n" if "\r\n" in source else "\n") + " " * node.column
    written = [f"{key}: {_written(value, node)}" for key, value in new.items()]
    parts = {first: written}
    if first != last and len(written) > 1:
        parts = {first: written[:1], last: written[1:]}
    edits = []
    for number in places:
        pair = node.pairs[number]
        if number in parts:
            edits.append(Edit(pair.start, pair.end, between.join(parts[number])))
        else:
            edits.append(_removal(source, node, number))
    return edits


def edited(source: str, edits: list[Edit]) -> str:
    """Returns a file with edits made."""
    pieces: list[str] = []
    position = 0
    for edit in sorted(edits):
        pieces += (source[position : edit.start], edit.text)
        position = edit.end
    return "".join([*pieces, source[position:]])


def _removal(source: str, node: MappingNode, number: int) -> Edit:
    """Returns the edit that takes out a key which is not the first of its mapping. A comment behind it stays."""
    before, pair = node.pairs[number - 1], node.pairs[number]
    if node.is_flow:
        gap = source[before.end : pair.start]
        if "#" not in gap:
            return Edit(before.end, pair.end, "")
        rest = source[pair.end :]
        comma = len(rest) - len(rest.lstrip()) + 1 if rest.lstrip().startswith(",") else 0
        return Edit(pair.start, pair.end + comma, "")
    line_start = source.rfind("\n", 0, pair.start) + 1
    line_end = source.find("\n", pair.end)
    line_end = len(source) if line_end < 0 else line_end
    if source[pair.end : line_end].strip():
        return Edit(pair.start, pair.end + 1, "")
    return Edit(line_start, min(line_end + 1, len(source)), "")


def _written(value: str | int, node: MappingNode) -> str:
    """A number, or a text between quotation marks; a long one is folded. What YAML takes for a line break is
    escaped."""
    width = _MAX_WIDTH - node.column - 2
    if isinstance(value, str) and not node.is_flow and len(value) > width and " ".join(value.split()) == value:
        folded = wrap(value, max(width, _MIN_WIDTH), break_long_words=False, break_on_hyphens=False)
        return "".join([">-", *(f"\n{' ' * node.column}  {line}" for line in folded)])
    text = json.dumps(value, ensure_ascii=False)
    return "".join(f"\\u{ord(one):04x}" if one in "\x7f\x85\u2028\u2029\ufeff" else one for one in text)
