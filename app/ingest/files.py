"""Seed files -> plain records, each with the line of every field.

Every scalar of a YAML file is text, so `no` and `2019-04` never become something else; the records' models convert.
Nothing is repaired and nothing is skipped: every mistake becomes a Fault.
"""

import json
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

_DEEPEST = 20
_NOTHING = {"", "~", "null", "Null", "NULL"}


@dataclass(frozen=True)
class Fault:
    """One mistake, with the place to mend it."""

    file: str
    line: int
    record: str
    field: str
    message: str

    def __str__(self) -> str:
        where = ": ".join(part for part in (self.record, self.field) if part)
        return f"{self.file}:{self.line}: {where + ': ' if where else ''}{self.message}"


class Source(NamedTuple):
    """Where a record stands: its file, its line, and, where these are not all one, the lines of its fields."""

    file: str
    line: int
    record: str = ""
    lines: dict[Key, int] | None = None
    prefix: Key = ()

    def fault(self, path: Key, message: str) -> Fault:
        full, lines = self.prefix + path, self.lines or {}
        line = next((lines[full[:end]] for end in range(len(full), 0, -1) if full[:end] in lines), self.line)
        return Fault(self.file, line, self.record, ".".join(map(str, full)), message)


@dataclass(frozen=True)
class Piece:
    """So many bytes of a `.jsonl` file from an offset on; `line` is the first line's number."""

    offset: int
    size: int
    line: int


def pieces(path: Path, most: int) -> Iterator[Piece]:
    """A `.jsonl` file in pieces of whole lines, each about `most` bytes long. Raises OSError."""
    with path.open("rb") as lines:
        offset, number = 0, 1
        while block := lines.read(most):
            block += lines.readline()
            yield Piece(offset, len(block), number)
            offset += len(block)
            number += block.count(b"\n")


def records(
    path: Path,
    name: str,
    faults: list[Fault],
    *,
    single: bool = False,
    piece: Piece | None = None,
    at_a_glance: bool = False,
) -> Iterator[tuple[Mapping, Source]]:
    """The records of a `.yaml` file, or of a `.jsonl` file or a piece of one, one after the other. `single`: the file
    is one record, not a list. `at_a_glance`: they will be read once more, and keys of `.jsonl` that stand twice are
    found then."""
    try:
        if path.suffix == ".jsonl":
            yield from _json(path, name, faults, piece, _glance if at_a_glance else _parse)
        else:
            yield from _yaml(path, name, faults, single)
    except OSError as error:
        faults.append(Fault(name, 1, "", "", f"the file cannot be read ({error.strerror})"))


def _json(
    path: Path, name: str, faults: list[Fault], piece: Piece | None, parse: Callable[[bytes], Any]
) -> Iterator[tuple[Mapping, Source]]:
    with path.open("rb") as lines:
        left = sys.maxsize
        if piece:
            lines.seek(piece.offset)
            left = piece.size
        for number, line in enumerate(lines, piece.line if piece else 1):
            if left <= 0:
                return
            left -= len(line)
            if not line.strip():
                continue
            try:
                data, mistake = _read(line, parse)
            except UnicodeDecodeError:
                faults.append(Fault(name, number, "", "", "this line is not UTF-8; save the file as UTF-8"))
            except (ValueError, RecursionError) as error:
                faults.append(Fault(name, number, "", "", f"this line is not JSON ({error})"))
            else:
                if mistake:
                    faults.append(Fault(name, number, _record_id(data) if isinstance(data, dict) else "", "", mistake))
                if isinstance(data, dict):
                    yield data, Source(name, number, _record_id(data))
                else:
                    faults.append(Fault(name, number, "", "", "a line holds one record, an object"))


def _read(line: bytes, parse: Callable[[bytes], Any]) -> tuple[Any, str | None]:
    """What a line holds. As in YAML, a record with a key twice is there all the same, so that others do not miss it."""
    try:
        return parse(line), None
    except Twice as error:
        return json.loads(line), str(error)


class Twice(ValueError):
    """A key stands twice in an object."""


def _distinct(pairs: list[tuple[str, Any]]) -> Mapping:
    data = dict(pairs)
    if len(data) < len(pairs):
        keys = [key for key, _ in pairs]
        raise Twice(f"the key '{next(key for key in keys if keys.count(key) > 1)}' stands twice")
    return data


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_no_constant)


def _glance(line: bytes) -> Any:
    """As `_parse`, but a key that stands twice mostly goes unseen."""
    with suppress(orjson.JSONDecodeError):
        return orjson.loads(line)
    return _parse(line)


def _parse(line: bytes) -> Any:
    """As `json.loads`; a key that stands twice in an object is a mistake.

    A colon stands behind each key, so a line has as many as it takes to write what was read once more, or a key was
    there twice. Who writes a colon as an escape, or what orjson does not read, is looked at more closely.
    """
    with suppress(orjson.JSONDecodeError, orjson.JSONEncodeError):
        data = orjson.loads(line)
        if line.count(b":") == orjson.dumps(data).count(b":") and rb"\u003" not in line:
            return data
    return _DECODER.decode(line.decode(json.detect_encoding(line), "surrogatepass"))


def _yaml(path: Path, name: str, faults: list[Fault], single: bool) -> Iterator[tuple[Mapping, Source]]:
    try:
        events = yaml.parse(path.read_text("utf-8-sig"), Loader=yaml.CBaseLoader)
        first = next((event for event in events if isinstance(event, yaml.NodeEvent)), None)
        if isinstance(first, yaml.SequenceStartEvent) and not single:
            for event in events:
                if isinstance(event, yaml.SequenceEndEvent):
                    break
                yield from _record(_Reading(events), event, name, faults)
        elif first is not None and single:
            yield from _record(_Reading(events), first, name, faults)
        elif first is not None or single:
            message = "the file must hold a record" if single else "the file must hold a list of records"
            faults.append(Fault(name, 1, "", "", message))
            return
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                message = "a file holds one YAML document; take out the line '---'"
                faults.append(Fault(name, _line(event), "", "", message))
                return
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        faults.append(Fault(name, line, "", "", "the file is not UTF-8; save it as UTF-8"))
    except TooDeep as error:
        faults.append(Fault(name, error.line, "", "", "this is nested too deeply; nothing after it was read"))
    except yaml.reader.ReaderError as error:
        # It counts bytes and names no line.
        line = path.read_text("utf-8-sig").encode()[: error.position].count(b"\n") + 1
        character: Any = error.character  # its number, here, whatever its type is said to be
        message = f"there is a control character (U+{character:04X}); take it out"
        faults.append(Fault(name, line, "", "", message))
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None) or str(error)
        faults.append(Fault(name, mark.line + 1 if mark else 1, "", "", f"this is not YAML ({problem})"))


def _record(reading: "_Reading", event: yaml.Event, name: str, faults: list[Fault]) -> Iterator[tuple[Mapping, Source]]:
    line = _line(event)
    data = reading.value(event, ())
    record = _record_id(data) if isinstance(data, dict) else ""
    faults += [Fault(name, at, record, ".".join(map(str, path)), message) for at, path, message in reading.mistakes]
    if isinstance(data, dict):
        yield data, Source(name, line, record, reading.lines)
    elif not reading.mistakes:
        faults.append(Fault(name, line, "", "", "a record is a mapping of keys to values"))


class TooDeep(Exception):
    """A file is nested more deeply than any record."""

    def __init__(self, line: int) -> None:
        self.line = line


class _Reading:
    """Reads one record from YAML's events as text, lists and dicts.

    The events are taken one by one, not composed into nodes, because libyaml's composer recurses in C and a file that
    is nested deeply enough would end the process.
    """

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events
        self.lines: dict[Key, int] = {}
        self.mistakes: list[tuple[int, Key, str]] = []

    def value(self, event: yaml.Event, path: Key) -> Any:
        """The value that begins with an event; None when a mistake stands in its place."""
        line = _line(event)
        self.lines.setdefault(path, line)
        if getattr(event, "anchor", None) is not None:
            self._mistake(line, path, "anchors and aliases are not used here; write the value out")
        elif getattr(event, "tag", None) is not None:
            self._mistake(line, path, "tags are not used here; write the plain value")
        if isinstance(event, yaml.ScalarEvent):
            if not event.style and event.value in _NOTHING:
                self._mistake(line, path, "there is no value; leave the key out where nothing is stated")
                return None
            return event.value
        if isinstance(event, yaml.AliasEvent):
            return None
        if len(path) >= _DEEPEST:
            raise TooDeep(line)
        return self._list(path) if isinstance(event, yaml.SequenceStartEvent) else self._mapping(path)

    def _list(self, path: Key) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self.value(event, (*path, len(found))))
        return found

    def _mapping(self, path: Key) -> Mapping:
        found: Mapping = {}
        while not isinstance(key := next(self._events), yaml.MappingEndEvent):
            line = _line(key)
            if not isinstance(key, yaml.ScalarEvent):
                self._mistake(line, path, "a key is plain text")
                self.value(key, (*path, "?"))
                self.value(next(self._events), (*path, "?"))
                continue
            name = key.value
            if name in found:
                self._mistake(line, path, f"the key '{name}' stands twice")
            self.lines[*path, name] = line
            value = self.value(next(self._events), (*path, name))
            if value is not None:
                found[name] = value
        return found

    def _mistake(self, line: int, path: Key, message: str) -> None:
        self.mistakes.append((line, path, message))


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _record_id(data: Mapping) -> str:
    value = data.get("id", data.get("extends", ""))
    return value[:100] if isinstance(value, str) else ""
