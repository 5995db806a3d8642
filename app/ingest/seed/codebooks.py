"""Reads the codebook of a load: that of the package, and what the seed folder and its articles add to it."""

from collections.abc import Iterator
from collections.abc import Mapping as ReadOnlyMapping
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import Field, StringConstraints, ValidationError

from app.ingest.seed.error_messages import display_value, error_message, nearest
from app.ingest.seed.files import Key, Mapping, SeedError, Source, records
from app.ingest.seed.reading import codebook_files, relative_name
from app.ingest.seed.scalars import EQUIVALENT, VALUE, Line
from app.ingest.seed.seed_base import Record
from app.model.codebook import IDENTITY, MAX_VALUE_LENGTH, SHIPPED_FILE, Codebook, Value, Vocabulary, value_of

_VOCABULARY_KEYS = ("type", "purpose", "closed", "properties", "values")


class Labels(Record):
    """What to print for a value, by language."""

    en: Line = Field(description="In English.")
    ar: Line | None = Field(None, description="In Arabic.")


class ValueSeed(Record):
    """A value of a vocabulary. A label without languages is English."""

    label: Line | Labels = Field(description="What to print: one text in English, or one for each language.")
    meaning: Line = Field(description="What it means, in one line.")
    broader: Line | None = Field(None, description="The value whose filter finds this one as well.")
    equivalents: list[Annotated[str, StringConstraints(max_length=200, pattern=EQUIVALENT)]] = Field(
        default_factory=list, description="The same in other vocabularies, as `acled:Battles` or `schema:Event`."
    )
    properties: list[Line] = Field(default_factory=list, description="What the program does with it; see the codebook.")


class _Added(NamedTuple):
    """A value, and where it stands. One with mistakes counts as known, so that records that use it have none for it."""

    value: Value
    source: Source
    path: Key

    def error(self, message: str, *path: str) -> SeedError:
        return self.source.error((*self.path, *path), message)


def read_codebook(directory: Path, errors: list[SeedError]) -> Codebook:
    """Returns the codebook of a directory of seed files. Its mistakes are appended to `errors`."""
    shipped, known, mistakes = _of_the_package(SHIPPED_FILE.stat().st_mtime_ns)
    errors += mistakes
    reading = _Reading(shipped, errors, known)
    for path in codebook_files(directory):
        if path.is_file() and not path.samefile(SHIPPED_FILE):
            for data, source in _read(path, relative_name(directory, path), errors):
                reading.add(data, source)
    return reading.finish()


def error_at_value(directory: Path, vocabulary: str, value: str, message: str) -> SeedError:
    """Returns an error at the meaning of a value that the seed files of a directory add."""
    errors: list[SeedError] = []
    reading = _Reading(_of_the_package(SHIPPED_FILE.stat().st_mtime_ns)[0], errors)
    for path in filter(Path.is_file, codebook_files(directory)):
        for data, source in _read(path, relative_name(directory, path), errors):
            reading.add(data, source)
    return reading.added[vocabulary, value].error(message, "meaning")


@lru_cache(maxsize=1)
def _of_the_package(changed_at: int) -> tuple[Codebook, "dict[tuple[str, str], _Added]", list[SeedError]]:
    """Returns the codebook of the package, its values with their places, and its mistakes. Read once for all loads of a
    process, unless the file changes."""
    errors: list[SeedError] = []
    reading = _Reading(Codebook({}), errors)
    for data, source in _read(SHIPPED_FILE, relative_name(SHIPPED_FILE.parent, SHIPPED_FILE), errors):
        reading.start(data, source)
    return reading.finish(), reading.added, errors


def _read(path: Path, name: str, errors: list[SeedError]) -> Iterator[tuple[Mapping, Source]]:
    for data, source in records(path, name, errors, single=True):
        yield data, source._replace(record=IDENTITY["id"])


class _Reading:
    """The values that files add to a codebook."""

    def __init__(
        self, base: Codebook, errors: list[SeedError], known: dict[tuple[str, str], _Added] | None = None
    ) -> None:
        self._base = base
        self._errors = errors
        self._known = known or {}
        self._new: dict[tuple[str, str], _Added] = {}

    @property
    def added(self) -> dict[tuple[str, str], _Added]:
        """Returns all values by vocabulary and value."""
        return {**self._known, **self._new}

    def start(self, data: Mapping, source: Source) -> None:
        """Takes the vocabularies of the package themselves."""
        vocabularies = {}
        for name, written in data.items():
            missing = [
                key for key in ("type", "purpose", "values") if not isinstance(written, dict) or key not in written
            ]
            if missing:
                self._errors.append(source.error((name,), f"a vocabulary needs the key '{missing[0]}'"))
                continue
            properties, closed = written.get("properties", {}), written.get("closed") == "true"
            vocabularies[name] = Vocabulary(name, written["type"], written["purpose"], {}, properties, closed)
        self._base = Codebook(vocabularies)
        self.add({name: {"values": data[name]["values"]} for name in vocabularies}, source, may_close=True)

    def add(self, data: Mapping, source: Source, *, may_close: bool = False) -> None:
        """Adds the values of a file."""
        for name, written in data.items():
            vocabulary = self._base.vocabularies.get(name)
            if vocabulary is None:
                message = f"there is no vocabulary '{name}'{_hint(name, self._base.vocabularies)}"
                self._errors.append(source.error((name,), message))
            elif not isinstance(written, dict) or not isinstance(written.get("values", {}), dict):
                message = "a vocabulary has the key `values`, and each value there a `label` and a `meaning`"
                self._errors.append(source.error((name,), message))
            else:
                self._errors += self._wrong_keys(vocabulary, written, source)
                for value, one in written.get("values", {}).items():
                    self._add(vocabulary, value, one, source, may_close=may_close)

    def _wrong_keys(self, vocabulary: Vocabulary, written: Mapping, source: Source) -> Iterator[SeedError]:
        """Only values are added. A copy of the package's file may repeat what it says of a vocabulary."""
        same = {
            "type": vocabulary.type,
            "purpose": vocabulary.description,
            "properties": vocabulary.properties,
            "closed": "true" if vocabulary.closed else "false",
        }
        for key in written.keys() - {"values"}:
            path = (vocabulary.name, key)
            if key not in _VOCABULARY_KEYS:
                yield source.error(path, f"there is no such key here{_hint(key, _VOCABULARY_KEYS)}")
            elif written[key] != same[key]:
                yield source.error(path, f"a seed adds values; '{key}' of a vocabulary is that of the package")

    def _add(self, vocabulary: Vocabulary, value: str, written: Any, source: Source, *, may_close: bool) -> None:
        path: Key = (vocabulary.name, "values", value)
        mistakes = list(_mistakes(vocabulary, value, written, source, path))
        self._errors += mistakes
        added = _Added(Value(value, {"en": value}, "") if mistakes else value_of(value, written), source, path)
        before = self.added.get((vocabulary.name, value))
        if before is None:
            if vocabulary.closed and not may_close:
                message = f"the program itself makes the values of '{vocabulary.name}'; a seed adds none"
                self._errors.append(added.error(message))
            self._new[vocabulary.name, value] = added
        elif before.value != added.value and not mistakes:
            file = before.source
            where = f"{file.file}:{before.error('').line}"
            what = "the codebook of the package has" if (vocabulary.name, value) in self._known else "there is"
            message = f"{what} a value '{value}' with another entry ({where}); choose another word, or write the same"
            self._errors.append(added.error(message))

    def finish(self) -> Codebook:
        """Returns the codebook with the values, and reports broader values that are not there or narrower than
        themselves."""
        by_vocabulary: dict[str, list[Value]] = {}
        for (name, _), one in self._new.items():
            by_vocabulary.setdefault(name, []).append(one.value)
        codebook = self._base.extended(by_vocabulary)
        for (name, value), one in self._new.items():
            broader, values = one.value.broader, codebook[name].values
            if broader is not None and broader not in values:
                self._errors.append(
                    one.error(f"'{broader}' is not in the vocabulary{_hint(broader, values)}", "broader")
                )
            elif value in _above(value, values):
                self._errors.append(one.error(f"'{value}' would be broader than itself", "broader"))
        return codebook


def _above(value: str, values: ReadOnlyMapping[str, Value]) -> set[str]:
    """Returns the broader values of a value, itself among them if they lead back to it."""
    above: set[str] = set()
    while (broader := values[value].broader) is not None and broader in values and broader not in above:
        above.add(broader)
        value = broader
    return above


def _mistakes(vocabulary: Vocabulary, value: str, written: Any, source: Source, path: Key) -> Iterator[SeedError]:
    if not vocabulary.closed and (len(value) > MAX_VALUE_LENGTH or not VALUE.fullmatch(value)):
        message = f"{display_value(value)}: a value is written in small letters a to z, digits and single underscores"
        yield source.error(path, f"{message}, with {MAX_VALUE_LENGTH} characters at most")
    if not isinstance(written, dict):
        yield source.error(path, f"{display_value(written)} stands where keys are expected: label, meaning")
        return
    try:
        seed = ValueSeed.model_validate(written)
    except ValidationError as error:
        for mistake in error.errors(include_url=False):
            inner = tuple(one for one in mistake["loc"] if one not in ("Labels", "constrained-str"))
            yield source.error((*path, *inner), error_message(mistake, inner, ValueSeed))
        return
    for one in seed.properties:
        if one not in vocabulary.properties:
            message = f"'{vocabulary.name}' has no property '{one}'{_hint(one, vocabulary.properties)}"
            yield source.error((*path, "properties"), message)


def _hint(word: str, words: Any) -> str:
    near = nearest(word, list(words))
    return f"; did you mean '{near}'?" if near else f"; there are: {', '.join(words)}" if words else ""
