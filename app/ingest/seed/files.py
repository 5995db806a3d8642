"""Parses seed files into plain records, each with the line of every field.

Every scalar of a YAML file is text, so `no` and `2019-04` never become something else; the records' models convert.
Nothing is repaired and nothing is skipped: every mistake becomes a `SeedError`.
"""

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

import orjson
import yaml

Key = tuple[str | int, ...]
Mapping = dict[str, Any]

_MAX_DEPTH = 20
_FIRST_ID = re.compile(rb'\s*\{\s*"id"\s*:\s*"([a-z0-9-]{1,100})"')
_NULLS = {"", "~", "null", "Null", "NULL"}
CUT_OFF = "this stands after a comma; put a text that has a comma in it between quotation marks"
_NO_VALUE = "there is no value; leave the key out where nothing is stated"
_NULLABLE_KEYS = {"best"}
"""Keys whose null says something: that there is no such value. Elsewhere a key without a value is a mistake."""


@dataclass(frozen=True)
class SeedError:
    """One mistake, with the place to correct it."""

    file: str
    line: int
    record: str
    field: str
    message: str
    written: str | None = None
    """The value that is wrong, where it is one value."""

    nearest: str | None = None
    """The nearest valid value, where there is one."""

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.record, self.field) if part)
        return f"{self.file}:{self.line}: {where + ': ' if where else ''}{self.message}"


class UnparsedRecord(SeedError):
    """A line whose record cannot be parsed. `record` is its id if the line begins with it, so that references to it are
    not reported as dangling."""


class Source(NamedTuple):
    """Location of a record: its file, its line and, unless they are all on one line, the lines of its fields."""

    file: str
    line: int
    record: str = ""
    lines: dict[Key, int] | None = None
    prefix: Key = ()

    def error(self, path: Key, message: str, written: str | None = None, nearest: str | None = None) -> SeedError:
        """Returns an error at the line of the field with this path, or of the closest field around it."""
        field = ".".join(map(str, self.prefix + path))
        return SeedError(self.file, self.line_of(path), self.record, field, message, written, nearest)

    def line_of(self, path: Key = ()) -> int:
        """Returns the line of the field with this path, or of the closest field around it."""
        if self.lines is None:
            return self.line
        full, lines = self.prefix + path, self.lines
        return next((lines[full[:end]] for end in range(len(full), 0, -1) if full[:end] in lines), self.line)


@dataclass(frozen=True)
class Chunk:
    """A byte range of a `.jsonl` file; `line` is the number of its first line."""

    offset: int
    size: int
    line: int


def chunks(path: Path, max_bytes: int) -> Iterator[Chunk]:
    """Yields the chunks of a `.jsonl` file: whole lines, each chunk about `max_bytes` long. Raises OSError."""
    with path.open("rb") as lines:
        offset, number = 0, 1
        while block := lines.read(max_bytes):
            block += lines.readline()
            yield Chunk(offset, len(block), number)
            offset += len(block)
            number += block.count(b"\n")


def records(
    path: Path,
    name: str,
    errors: list[SeedError],
    *,
    single: bool = False,
    chunk: Chunk | None = None,
    skip_duplicate_check: bool = False,
) -> Iterator[tuple[Mapping, Source]]:
    """Yields the records of a `.yaml` file, of a `.jsonl` file or of a chunk of one.

    `single`: the file is one record, not a list. `skip_duplicate_check`: the records will be parsed once more, and
    duplicate keys in `.jsonl` are found then.
    """
    try:
        if path.suffix == ".jsonl":
            yield from _json(path, name, errors, chunk, _parse_unchecked if skip_duplicate_check else _parse)
        else:
            yield from _yaml(path, name, errors, single)
    except OSError as error:
        errors.append(SeedError(name, 1, "", "", f"the file cannot be read ({error.strerror})"))


def _json(
    path: Path, name: str, errors: list[SeedError], chunk: Chunk | None, parse: Callable[[bytes], Any]
) -> Iterator[tuple[Mapping, Source]]:
    with path.open("rb") as lines:
        left = sys.maxsize
        if chunk:
            lines.seek(chunk.offset)
            left = chunk.size
        for number, line in enumerate(lines, chunk.line if chunk else 1):
            if left <= 0:
                return
            left -= len(line)
            if not line.strip():
                continue
            try:
                data, mistake = _read(line, parse)
            except UnicodeDecodeError:
                errors.append(SeedError(name, number, "", "", "this line is not UTF-8; save the file as UTF-8"))
            except (ValueError, RecursionError) as error:
                begin = _FIRST_ID.match(line)
                id_ = begin[1].decode() if begin else ""
                errors.append(UnparsedRecord(name, number, id_, "", f"this line is not JSON ({error})"))
            else:
                if mistake:
                    errors.append(
                        SeedError(name, number, _record_id(data) if isinstance(data, dict) else "", "", mistake)
                    )
                if isinstance(data, dict):
                    yield data, Source(name, number, _record_id(data))
                else:
                    errors.append(SeedError(name, number, "", "", "a line holds one record, an object"))


def _read(line: bytes, parse: Callable[[bytes], Any]) -> tuple[Any, str | None]:
    """Returns the value of a line and its mistake. As in YAML, a record with a duplicate key is returned all the same,
    so that references to it resolve."""
    try:
        return parse(line), None
    except DuplicateKeyError as error:
        return json.loads(line), str(error)


class DuplicateKeyError(ValueError):
    """An object has a duplicate key."""


def _distinct(pairs: list[tuple[str, Any]]) -> Mapping:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        raise DuplicateKeyError(f"the key '{next(key for key in keys if keys.count(key) > 1)}' stands twice")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_no_constant)


def _parse_unchecked(line: bytes) -> Any:
    """Parses like `_parse`, but does not detect most duplicate keys."""
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(line)
    return _parse(line)


def _parse(line: bytes) -> Any:
    """Parses like `json.loads`, but raises DuplicateKeyError for a duplicate key.

    Each key is followed by a colon, so a line has as many colons as its value when it is serialized again, unless a
    key was duplicate. Lines with an escaped colon, or that orjson does not parse, take the slower decoder (8.3 us
    instead of 5.8 for a line of 1.3 kB).
    """
    with suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):
        data = orjson.loads(line)
        if line.count(b":") == orjson.dumps(data).count(b":") and rb"\u003" not in line:
            return data
    return _DECODER.decode(line.decode(json.detect_encoding(line), "surrogatepass"))


def _yaml(path: Path, name: str, errors: list[SeedError], single: bool) -> Iterator[tuple[Mapping, Source]]:
    try:
        events = yaml.parse(path.read_text("utf-8-sig"), Loader=yaml.CBaseLoader)
        first = next((event for event in events if isinstance(event, yaml.NodeEvent)), None)
        if isinstance(first, yaml.SequenceStartEvent) and not single:
            for event in events:
                if isinstance(event, yaml.SequenceEndEvent):
                    break
                yield from _record(_YamlReader(events), event, name, errors)
        elif first is not None and single:
            yield from _record(_YamlReader(events), first, name, errors)
        elif first is not None or single:
            message = "the file must hold a record" if single else "the file must hold a list of records"
            errors.append(SeedError(name, 1, "", "", message))
            return
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                message = "a file holds one YAML document; take out the line '---'"
                errors.append(SeedError(name, _line(event), "", "", message))
                return
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        errors.append(SeedError(name, line, "", "", "the file is not UTF-8; save it as UTF-8"))
    except NestingError as error:
        errors.append(SeedError(name, error.line, "", "", "this is nested too deeply; nothing after it was read"))
    except yaml.reader.ReaderError as error:
        # The error counts bytes and has no line.
        line = path.read_text("utf-8-sig").encode()[: error.position].count(b"\n") + 1
        character: Any = error.character  # its number, here, whatever its type is said to be
        message = f"there is a control character (U+{character:04X}); take it out"
        errors.append(SeedError(name, line, "", "", message))
    except yaml.YAMLError as error:
        errors.append(yaml_mistake(name, error))


def yaml_mistake(name: str, error: yaml.YAMLError) -> SeedError:
    """Returns what is wrong with a file that is not YAML and, where that is known, what to do about it."""
    mark = getattr(error, "problem_mark", None)
    problem = str(getattr(error, "problem", None) or error)
    what_to_do = next((told for sign, told in _YAML_REMEDIES.items() if sign in problem), "")
    return SeedError(name, mark.line + 1 if mark else 1, "", "", f"this is not YAML ({problem}){what_to_do}")


_YAML_REMEDIES = {
    "mapping values are not allowed": "; put a text that has a colon in it between quotation marks",
    "tab character": "; indent with blanks",
    "cannot start any token": "; put a text that begins with a sign between quotation marks, and indent with blanks",
    "did not find expected ',' or": "; close the bracket, and put a text with a colon or quotation marks between "
    "others",
    "unexpected end of stream": "; a quotation mark is not closed",
    "expected '-' indicator": "; indent all keys of a record by as many blanks as its first",
    "did not find expected key": "; indent all keys alike, and put a text with quotation marks between others",
}
"""What the parser says, and what is mostly behind it."""


def _record(
    reading: "_YamlReader", event: yaml.Event, name: str, errors: list[SeedError]
) -> Iterator[tuple[Mapping, Source]]:
    line = _line(event)
    data = reading.value(event, ())
    record = _record_id(data) if isinstance(data, dict) else ""
    errors += [SeedError(name, at, record, ".".join(map(str, path)), message) for at, path, message in reading.mistakes]
    if isinstance(data, dict):
        yield data, Source(name, line, record, reading.lines)
    elif not reading.mistakes:
        errors.append(SeedError(name, line, "", "", "a record is a mapping of keys to values"))


class NestingError(Exception):
    """A file is nested more deeply than any valid record."""

    def __init__(self, line: int) -> None:
        self.line = line


class _YamlReader:
    """Builds one record of strings, lists and dicts from YAML events.

    The events are taken one by one, not composed into nodes, because libyaml's composer recurses in C and a file that
    is nested deeply enough would end the process.
    """

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self.lines: dict[Key, int] = {}
        self.mistakes: list[tuple[int, Key, str]] = []

    def value(self, event: yaml.Event, path: Key) -> Any:
        """Returns the value that starts with an event; None for a mistake."""
        line = _line(event)
        self.lines.setdefault(path, line)
        if getattr(event, "anchor", None) is not None:
            self._mistake(line, path, "anchors and aliases are not used here; write the value out")
        elif getattr(event, "tag", None) is not None:
            self._mistake(line, path, "tags are not used here; write the plain value")
        if isinstance(event, yaml.ScalarEvent):
            if not event.style and event.value in _NULLS:
                if event.value and path and path[-1] in _NULLABLE_KEYS:
                    return None
                self._mistake(line, path, CUT_OFF if path and " " in str(path[-1]) else _NO_VALUE)
                return None
            return event.value
        if isinstance(event, yaml.AliasEvent):
            return None
        if len(path) >= _MAX_DEPTH:
            raise NestingError(line)
        return self._list(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _list(self, path: Key) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            items.append(self.value(event, (*path, len(items))))
        return items

    def _mapping(self, path: Key) -> Mapping:
        mapping: Mapping = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            line = _line(key)
            if not isinstance(key, yaml.ScalarEvent):
                self._mistake(line, path, "a key is plain text")
                self.value(key, (*path, "?"))
                self.value(next(self._events), (*path, "?"))
                continue
            name = key.value
            if name in mapping:
                self._mistake(line, path, f"the key '{name}' stands twice")
            self.lines[*path, name] = line
            value = self.value(next(self._events), (*path, name))
            if value is not None or name in _NULLABLE_KEYS:
                mapping[name] = value
        return mapping

    def _mistake(self, line: int, path: Key, message: str) -> None:
        self.mistakes.append((line, path, message))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _record_id(data: Mapping) -> str:
    value = data.get("id", data.get("extends", ""))
    return value[:100] if isinstance(value, str) else ""
