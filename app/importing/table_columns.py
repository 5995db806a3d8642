"""Columns that a map makes of others: cut out, split, looked up in a list, read as a date."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from app.importing.conversions import edtf, formatted_date, with_precision
from app.importing.tables import Cell
from app.importing.templates import Cells, RowError, Text
from app.ingest.seed.scalars import LINE
from app.ingest.seed.seed_base import Record

_MAX_SHOWN_VALUES = 8

Written = Annotated[str, StringConstraints(max_length=1000, pattern=LINE)]


def _template(written: str) -> str:
    Text(written)
    return written


def _pattern(written: str) -> str:
    try:
        groups = re.compile(written).groups
    except re.error as error:
        raise ValueError(f"'{written}' is no regular expression ({error})") from None
    if groups > 1:
        raise ValueError(f"'{written}' has {groups} groups; only what one of them finds can be taken")
    return written


Template = Annotated[str, StringConstraints(max_length=1000), AfterValidator(_template)]


class ColumnSeed(Record):
    """A column made of others. In this order: `default` where `of` is empty, `split` at a separator, `match` what a
    regular expression finds, `values` looked up (`*` stands for anything; an empty text: not stated) or `otherwise`,
    `date` by how it is written, to a `precision`."""

    of: Template
    default: Template | None = None
    split: Annotated[str, StringConstraints(min_length=1, max_length=10)] | None = None
    match: Annotated[Written, AfterValidator(_pattern)] | None = None
    values: dict[str, str] = Field(default_factory=dict)
    otherwise: Template | None = None
    date: Written | None = None
    precision: Template | None = None


class Column:
    """A column of a map."""

    def __init__(self, name: str, seed: ColumnSeed) -> None:
        self._name, self._seed = name, seed
        self._texts = {key: Text(written) for key in _TEMPLATES if (written := getattr(seed, key)) is not None}
        self._match = re.compile(seed.match) if seed.match else None
        wildcards = [(key, value) for key, value in seed.values.items() if "*" in key]
        self._patterns = [(re.compile(".*".join(map(re.escape, key.split("*")))), value) for key, value in wildcards]

    def texts(self) -> Iterator[tuple[str, Text]]:
        """Yields the texts with columns in braces, by key."""
        yield from self._texts.items()

    def cell(self, cells: Cells) -> Cell:
        """Returns the column's cell in a row. Raises RowError."""
        of = self._texts["of"]
        if len(of.columns) == 1 and isinstance(several := cells[of.columns[0]], list):
            return [text for one in several if (text := self._one(one, cells))]
        text = self._value("of", cells) or self._value("default", cells)
        if self._seed.split is not None:
            parts = _split(text, self._seed.split)
            return list(dict.fromkeys(one for part in parts if (one := self._one(part, cells))))
        return self._one(text, cells)

    def _value(self, key: str, cells: Cells) -> str:
        return (self._texts[key].value(cells) or "") if key in self._texts else ""

    def _one(self, text: str, cells: Cells) -> str:
        if not text:
            return ""
        try:
            return self._dated(self._looked_up(self._matched(text), cells), cells)
        except ValueError as error:
            raise RowError(("columns", self._name), str(error)) from error

    def _matched(self, text: str) -> str:
        if self._match is None:
            return text
        found = self._match.search(text)
        if found is None:
            raise ValueError(f"'{text}' has nothing that matches '{self._seed.match}'")
        return (found[self._match.groups] or "").strip()

    def _looked_up(self, text: str, cells: Cells) -> str:
        values = self._seed.values
        if not values or not text:
            return text
        if text in values:
            return values[text]
        for pattern, value in self._patterns:
            if pattern.fullmatch(text):
                return value
        if "otherwise" in self._texts:
            return self._value("otherwise", cells)
        listed = ", ".join(list(values)[:_MAX_SHOWN_VALUES]) + (" …" if len(values) > _MAX_SHOWN_VALUES else "")
        raise ValueError(f"'{text}' is none of the values in the map: {listed}")

    def _dated(self, text: str, cells: Cells) -> str:
        if not text or (self._seed.date is None and self._seed.precision is None):
            return text
        day = edtf(text) if self._seed.date is None else formatted_date(text, self._seed.date)
        precision = self._value("precision", cells)
        return with_precision(day, precision) if precision else day


_TEMPLATES = ("of", "default", "otherwise", "precision")


def _split(text: str, separator: str) -> Iterator[str]:
    """Yields the parts between separators that do not stand in double quotes, as `"A; B"; C` has two."""
    part, quoted = "", False
    for piece in re.split(f'({re.escape(separator)}|")', text):
        if piece == '"':
            quoted = not quoted
        if piece == separator and not quoted:
            yield part.strip().strip('"').strip()
            part = ""
        else:
            part += piece
    yield part.strip().strip('"').strip()


def derived(columns: Mapping[str, Column], cells: Cells) -> dict[str, Cell]:
    """Returns the cells of a row with those that the map makes of them, one after the other."""
    found: dict[str, Any] = dict(cells)
    for name, column in columns.items():
        found[name] = column.cell(found)
    return found
