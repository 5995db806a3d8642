"""Texts with columns in braces, `{adm_1}, {country}`, and the groups and lists of them that a map is made of."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.importing.tables import Cell

Cells = Mapping[str, Cell]
Convert = Callable[[str], str]
"""Makes of a row's text what a field takes. Raises ValueError with a message for editors."""

_PART = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")


class RowError(ValueError):
    """A row cannot be imported: the path of the field, and what is wrong with it."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


class Text:
    """A text in which columns stand in braces; `{{` and `}}` are braces themselves. `is_id`: of an id the first column
    says what it is, and the others only which one of that name."""

    def __init__(self, written: str, convert: Convert | None = None, *, is_id: bool = False) -> None:
        self.columns: list[str] = []
        self._is_id = is_id
        self._pieces: list[tuple[str, str]] = []
        self._convert = convert
        literal, end = "", 0
        for match in _PART.finditer(written):
            literal, end = literal + written[end : match.start()], match.end()
            if (column := match[1]) is not None:
                self._pieces.append((literal, column.strip()))
                self.columns.append(column.strip())
                literal = ""
            elif match[0] in ("{{", "}}"):
                literal += match[0][0]
            else:
                raise ValueError(f"'{written}' has a brace without its partner; a brace itself is written twice")
        self._rest = literal + written[end:]

    def value(self, cells: Cells) -> str | None:
        """Returns the text for a row; None where it has columns and all of them are empty, of an id the first one."""
        if not self.columns:
            return self._rest
        written = [(literal, cells[column]) for literal, column in self._pieces]
        if not any(cell for _, cell in (written[:1] if self._is_id else written)):
            return None
        text = "".join(f"{literal}{cell}" for literal, cell in written) + self._rest
        return self._convert(text) if self._convert else text


@dataclass(frozen=True)
class Group:
    """Keys with values. For a row that leaves `when`, the `id` or all columns empty, there is no group."""

    keys: dict[str, "Node"]
    when: Text | None = None

    @cached_property
    def columns(self) -> list[str]:
        """All columns that it names, but for those in its lists."""
        nodes = [*self.keys.values(), *([self.when] if self.when else [])]
        return list(dict.fromkeys(column for node in nodes if not isinstance(node, Items) for column in node.columns))


@dataclass(frozen=True)
class Items:
    """A list. An item that names a column with several values stands once for each of them."""

    items: list["Item"]


Item = Text | Group
Node = Item | Items


def all_texts(node: Node, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Text]]:
    """Yields every text of a node with its path."""
    if isinstance(node, Text):
        yield path, node
    elif isinstance(node, Group):
        if node.when is not None:
            yield (*path, "when"), node.when
        for key, one in node.keys.items():
            yield from all_texts(one, (*path, key))
    else:
        for index, one in enumerate(node.items):
            yield from all_texts(one, (*path, index))


def evaluate(node: Node, cells: Cells, path: tuple[str | int, ...] = ()) -> Any:
    """Returns what a node is for a row: text, dict or list; None where the row does not say. Raises RowError."""
    if isinstance(node, Text):
        try:
            return node.value(cells)
        except ValueError as error:
            raise RowError(path, str(error)) from error
    if isinstance(node, Items):
        found = [one for index, item in enumerate(node.items) for one in each(item, cells, (*path, index))]
        return found or None
    if node.when is not None and node.when.value(cells) is None:
        return None
    if node.columns and not any(map(cells.__getitem__, node.columns)):
        return None
    group = {key: value for key, one in node.keys.items() if (value := evaluate(one, cells, (*path, key))) is not None}
    return group if group and ("id" in group or "id" not in node.keys) else None


def each(item: Item, cells: Cells, path: tuple[str | int, ...]) -> Iterator[Any]:
    """Yields what an item of a list is for a row: nothing, one, or one for each value of its column with several."""
    several = [column for column in dict.fromkeys(item.columns) if isinstance(cells[column], list)]
    if len(several) > 1:
        raise RowError(path, f"'{several[0]}' and '{several[1]}' both have several values; only one can stand here")
    for choice in cells[several[0]] if several else [""]:
        value = evaluate(item, {**cells, several[0]: choice} if several else cells, path)
        if value is not None:
            yield value
