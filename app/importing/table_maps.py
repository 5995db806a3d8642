"""Reads a map: the records of one row of a table, written as seed files have them, with columns in braces."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from app.importing.conversions import edtf, slug, whole
from app.importing.table_columns import Column, ColumnSeed
from app.importing.tables import TableFormat
from app.importing.templates import Convert, Group, Items, Node, Text, all_texts
from app.ingest.seed.article_seeds import ArticleSeed
from app.ingest.seed.claim_seeds import CasualtySeed
from app.ingest.seed.error_messages import display_value, error_message, models_in, nearest
from app.ingest.seed.files import Key, SeedError, Source, records
from app.ingest.seed.reading import SHARED_MODELS, DossierError
from app.ingest.seed.record_seeds import IncidentSeed
from app.ingest.seed.scalars import SLUG
from app.ingest.seed.seed_base import Record, Tombstone
from app.model.codebook import Codebook

R = TypeVar("R", bound=Record)

MADE_OF_ROWS = ("evidence", "paragraphs", "captions")
"""Keys of seed files that no map has: the row is the passage that everything rests on."""


class FormatSeed(Record):
    """How the file is to be read: see `TableFormat`."""

    header: Annotated[int, Field(ge=1)] = 1
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    encoding: str = "utf-8-sig"
    missing: list[str] = Field(default_factory=list)


class MapSeed(Record):
    """The keys of a map that are neither columns nor templates of records."""

    table: FormatSeed = FormatSeed()
    contradictions: Literal["refuse", "alternatives"] = "refuse"


@dataclass(frozen=True)
class TableMap:
    """A map, and the source of each of its keys. `alternatives`: figures that contradict each other are imported as
    claims beside each other."""

    path: Path
    source: Source
    format: TableFormat
    columns: dict[str, Column]
    article: Items
    incident: Group
    shared: dict[str, Items]
    alternatives: bool

    def check_columns(self, there: list[str]) -> None:
        """Raises DossierError for columns that a table does not have."""
        errors, known = [], list(there)
        for name, column in self.columns.items():
            errors += [self._missing(("columns", name, key), text, known) for key, text in column.texts()]
            known.append(name)
        nodes: list[tuple[Key, Node]] = [(("article",), self.article.items[0]), (("incident",), self.incident)]
        nodes += [((name,), items) for name, items in self.shared.items()]
        errors += [self._missing(at, text, known) for path, node in nodes for at, text in all_texts(node, path)]
        if found := [error for some in errors for error in some]:
            raise DossierError(found)

    def _missing(self, path: Key, text: Text, known: list[str]) -> Iterator[SeedError]:
        for column in text.columns:
            if column not in known:
                near = nearest(column, known)
                hint = f"did you mean '{near}'?" if near else f"there are {', '.join(known)}"
                yield self.source.error(path, f"the table has no column '{column}'; {hint}")


def read_map(path: Path, codebook: Codebook) -> TableMap:
    """Reads a map. Raises DossierError with all its mistakes."""
    errors: list[SeedError] = []
    found = next(records(path, str(path), errors, single=True), None)
    if found is None or errors:
        raise DossierError([_with_hint(error, path) for error in errors])
    data, source = found
    reading = _Reading(source, codebook)
    seed = reading.plain({key: value for key, value in data.items() if key in MapSeed.model_fields}, MapSeed, ())
    columns = reading.columns(data.get("columns", {}))
    for key in data.keys() - _KEYS:
        near = nearest(key, list(_KEYS))
        reading.mistake((key,), f"there is no such key in a map{f'; did you mean {near!r}?' if near else ''}")
    article = reading.group(data.get("article", {}), ArticleSeed, ("article",))
    incident = reading.group(data.get("incident", {}), IncidentSeed, ("incident",))
    shared = {name: reading.items(data[name], model, (name,)) for name, model in SHARED_MODELS.items() if name in data}
    if reading.errors:
        raise DossierError(reading.errors)
    assert seed is not None
    how = seed.table
    return TableMap(
        path,
        source,
        TableFormat(how.header, how.delimiter, how.encoding, frozenset(how.missing)),
        columns,
        Items([article]),
        incident,
        shared,
        seed.contradictions == "alternatives",
    )


_KEYS = {*MapSeed.model_fields, "columns", "article", "incident", *SHARED_MODELS}


def _with_hint(error: SeedError, path: Path) -> SeedError:
    """A column in braces without quotes is a group of keys to YAML."""
    line = path.read_text("utf-8", "replace").splitlines()[error.line - 1 : error.line] if path.is_file() else []
    if "{" not in "".join(line) or "there is no value" not in error.message:
        return error
    message = 'a text with a column in braces stands in quotes, as in id: "{event_id}"'
    return SeedError(error.file, error.line, error.record, error.field.rpartition(".")[0], message)


class _Reading:
    """Reads templates of records, and collects their mistakes."""

    def __init__(self, source: Source, codebook: Codebook) -> None:
        self.errors: list[SeedError] = []
        self._source = source._replace(record="")
        self._codebook = codebook

    def mistake(self, path: Key, message: str) -> None:
        """Adds a mistake."""
        self.errors.append(self._source.error(path, message))

    def plain(self, written: Any, model: type[R], path: Key) -> R | None:
        """Reads keys in which no columns stand; None if there are mistakes."""
        try:
            return model.model_validate(written)
        except ValidationError as error:
            for mistake in error.errors(include_url=False):
                self.mistake((*path, *mistake["loc"]), error_message(mistake, mistake["loc"], model))
        return None

    def columns(self, written: Any) -> dict[str, Column]:
        """Reads the columns that a map makes of others."""
        if not isinstance(written, dict):
            self.mistake(("columns",), f"{display_value(written)} stands where names of columns are expected")
            return {}
        seeds = {name: self.plain(one, ColumnSeed, ("columns", name)) for name, one in written.items()}
        return {name: Column(name, seed) for name, seed in seeds.items() if seed is not None}

    def group(self, written: Any, model: type[Record], path: Key) -> Group:
        """Reads a group of keys as a model has them."""
        fields = {name: field for name, field in model.model_fields.items() if name not in MADE_OF_ROWS}
        if not isinstance(written, dict):
            self.mistake(path, f"{display_value(written)} stands where keys are expected: {', '.join(fields)}")
            return Group({})
        for name, field in fields.items():
            if field.is_required() and name not in written:
                self.mistake(path, f"the key '{name}' is missing")
        keys: dict[str, Node] = {}
        for name, value in written.items():
            if name in fields:
                keys[name] = self._value(value, fields[name], (*path, name))
            elif name in MADE_OF_ROWS:
                self.mistake((*path, name), f"a map has no '{name}'; each record rests on its row")
            elif name != "when":
                near = nearest(name, [*fields, "when"])
                self.mistake((*path, name), f"there is no such key here{f'; did you mean {near!r}?' if near else ''}")
        if "when" in written:
            return Group(keys, self._text(written["when"], (*path, "when"), None))
        return Group(keys, _figures(written) if model is CasualtySeed else None)

    def items(self, written: Any, model: type[Record], path: Key) -> Items:
        """Reads a list of groups."""
        if not isinstance(written, list):
            self.mistake(path, f"{display_value(written)} stands where a list is expected; put '- ' before it")
            return Items([])
        return Items([self.group(one, model, (*path, index)) for index, one in enumerate(written)])

    def _value(self, written: Any, field: FieldInfo, path: Key) -> Node:
        annotation = field.annotation
        models = [model for model in models_in(annotation) if model is not Tombstone]
        if _is_list(annotation):
            if models:
                return self.items(written, models[0], path)
            if not isinstance(written, list):
                self.mistake(path, f"{display_value(written)} stands where a list is expected; put it into [ ]")
                return Items([])
            (inner,) = get_args(_without_annotations(annotation))
            return Items([self._text(one, (*path, index), inner) for index, one in enumerate(written)])
        if models:
            return self.group(written, models[0], path)
        kind = Annotated[annotation, *field.metadata] if field.metadata else annotation
        return self._text(written, path, kind)

    def _text(self, written: Any, path: Key, kind: Any) -> Text:
        """Reads a text; one without columns must be a value of its field already."""
        if not isinstance(written, str):
            self.mistake(path, f"{display_value(written)} stands where text is expected")
            return Text("")
        try:
            convert = _conversion(kind, path)
            text = Text(written, convert, is_id=convert is slug)
        except ValueError as error:
            self.mistake(path, str(error))
            return Text("")
        if not text.columns and kind is not None:
            try:
                TypeAdapter(kind).validate_python(text.value({}), context=self._codebook)
            except ValidationError as error:
                (mistake, *_) = error.errors(include_url=False)
                self.mistake(path, error_message(mistake, path, Record))
        return text


def _figures(claim: dict[str, Any]) -> Text | None:
    """The figures of a claim: where all of them are empty, the row does not say that somebody was harmed. None for a
    claim that has none, or one that is not from the table."""
    written = [claim[name] for name in ("low", "best", "high") if isinstance(claim.get(name), str)]
    try:
        texts = [Text(one) for one in written]
    except ValueError:  # a mistake of that key
        return None
    return Text("".join(written)) if texts and all(text.columns for text in texts) else None


def _conversion(kind: Any, path: Key) -> Convert | None:
    """Returns how a row's text becomes a value of a field."""
    parts = list(_parts(kind))
    if any(getattr(one, "pattern", None) == SLUG for one in parts):
        return slug
    if int in parts:
        return whole
    if path[-1] == "edtf" or any(getattr(one, "__name__", "") == "date" for one in parts):
        return edtf
    return None


def _parts(kind: Any) -> Iterator[Any]:
    """Yields everything that a type is made of."""
    yield kind
    if get_origin(kind) is not Literal:
        for one in get_args(kind):
            yield from _parts(one)


def _without_annotations(kind: Any) -> Any:
    while get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return kind


def _is_list(kind: Any) -> bool:
    return get_origin(_without_annotations(kind)) is list
