"""Anchors evidence: turns the words that editors write in seed files into spans, and back.

`words` (with a `paragraph` where they stand more than once) become position, digest and link. Words are the article's
own text, so they only stand in files for as long as these are worked on: `load` takes spans alone.
"""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from app.ingest.building.pipeline import Progress, no_progress
from app.ingest.release.verifying import ArticleFile, article_text, choose_article, paragraph_errors
from app.ingest.seed.codebooks import read_codebook
from app.ingest.seed.file_changes import replace_files
from app.ingest.seed.files import CUT_OFF, Key, SeedError, yaml_mistake
from app.ingest.seed.reading import DossierError, Entry, Part, parse_part, parts, validate_record
from app.ingest.seed.seed_base import AT, WORDS, EvidenceSeed
from app.ingest.seed.yaml_edits import Edit, MappingNode, edited, leaves, mappings, replaced
from app.ingest.texts.passages import Passage, PassageError, Text, Words, digest

_BY_WORDS = (WORDS, "paragraph")
SPAN_KEYS = ("at", "sha256", "first", "last", "before", "after", "exact")
"""Keys of a span. That of a quote has its words as printed as well: `exact`."""

_QUOTED = "spans"
"""The key whose spans have an `exact`."""


@dataclass
class Anchoring:
    """What became of the words, or spans, of a dossier."""

    done: int = 0
    waiting: dict[str, int] = field(default_factory=dict)
    """Numbers of words that wait for the text of their article, by its id."""

    kept: int = 0
    """Spans that stay as they are, because words alone do not lead back to them."""

    files: list[str] = field(default_factory=list)
    """The files that were written."""


def anchor(
    directory: Path, files: Sequence[ArticleFile], *, back: bool = False, progress: Progress = no_progress
) -> Anchoring:
    """Turns the words in all seed files of a directory into spans, by the texts of their articles; `back`: spans into
    words. Writes all files or, after a mistake, none. Raises DossierError with all mistakes."""
    seed_parts, errors, _ = parts(directory)
    texts = article_texts(directory, seed_parts, files, errors)
    result = Anchoring()
    wanted = _Wanted(_by_span if back else _by_words)
    changed_files(seed_parts, texts, wanted, Anchoring(), [])
    passages = wanted.passages(texts, progress)
    change = partial(_back, passages, wanted.repeated(texts)) if back else partial(_forth, passages)
    written = changed_files(seed_parts, texts, change, result, errors, progress)
    if errors:
        raise DossierError(errors)
    replace_files(directory, written)
    return result


def changed_files(
    seed_parts: Sequence[Part],
    texts: Mapping[str, Text],
    change: "Change",
    result: Anchoring,
    errors: list[SeedError],
    progress: Progress = no_progress,
) -> dict[Path, bytes]:
    """Returns the new contents of the files in which something changes. Mistakes are appended to `errors`."""
    files = {part.path: part for part in seed_parts if part.resource != "articles"}
    written: dict[Path, bytes] = {}
    for number, (path, part) in enumerate(files.items()):
        progress("Anchoring", number, len(files))
        content = SeedFile(part, texts, result, change, errors).converted()
        if content is not None:
            written[path] = content
            result.files.append(part.name)
    progress("Anchoring", len(files), len(files))
    return written


def article_texts(
    directory: Path, seed_parts: Sequence[Part], files: Sequence[ArticleFile], errors: list[SeedError]
) -> dict[str, Text]:
    """Returns the texts by the ids of their articles. Mistakes of the articles' own files are appended to `errors`."""
    codebook = read_codebook(directory, [])
    articles: dict[str, Entry[Any]] = {}
    for part in seed_parts:
        if part.resource == "articles":
            for number, (data, source) in enumerate(parse_part(part, errors)):
                entry = validate_record(part, number, data, source, errors, codebook)
                if entry is not None and not entry.broken:
                    articles[entry.seed.id] = entry
    if errors:
        raise DossierError(errors)
    texts = {}
    for path, named in files:
        article = choose_article(articles, named)
        texts[article] = article_text(articles[article], path)
        errors += paragraph_errors(articles[article], texts[article])
    if errors:
        raise DossierError(errors)
    return texts


class Replacement(NamedTuple):
    """The keys of a mapping that are replaced, and those that take their place."""

    old: tuple[str, ...]
    new: Mapping[str, str | int]


Change = Callable[["SeedFile", Mapping[str, Any], Key], Replacement | None]


@dataclass
class SeedFile:
    """One seed file whose words, or spans, are changed."""

    part: Part
    texts: Mapping[str, Text]
    result: Anchoring
    change: Change
    errors: list[SeedError]

    def converted(self) -> bytes | None:
        """Returns the changed content of the file; None if nothing of it changes."""
        try:
            content = self.part.path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            self.errors.append(SeedError(self.part.name, 1, "", "", "the file is not UTF-8; save it as UTF-8"))
            return None
        changed = self._json_lines(content) if self.part.path.suffix == ".jsonl" else self._yaml(content)
        return None if changed is None else changed.encode()

    def article(self, keys: Mapping[str, Any]) -> str | None:
        """Returns the article that words are from; None where there are several texts to choose from."""
        named = keys.get("article", self.part.article)
        if named is None and len(self.texts) == 1:
            return next(iter(self.texts))
        return None if named is None else str(named)

    def _yaml(self, content: str) -> str | None:
        mark = "\ufeff" if content.startswith("\ufeff") else ""
        source = content.removeprefix(mark)
        edits: list[Edit] = []
        expected: dict[Key, Replacement] = {}
        ids: dict[Key, str] = {}
        mistakes: list[tuple[MappingNode, str]] = []
        try:
            for node in mappings(source):
                keys = {pair.key: pair.value for pair in node.pairs}
                if len(node.path) == 1:
                    ids[node.path] = keys.get("id") or keys.get("extends") or ""
                try:
                    found = self.change(self, keys, node.path)
                except PassageError as error:
                    mistakes.append((node, str(error)))
                    continue
                if found is not None:
                    edits += replaced(source, node, found.old, found.new)
                    expected[node.path] = found
        except yaml.YAMLError as error:
            self.errors.append(yaml_mistake(self.part.name, error))
            return None
        for node, message in mistakes:
            where = ".".join(map(str, node.path[1:]))
            self.errors.append(SeedError(self.part.name, node.line, ids.get(node.path[:1], ""), where, message))
        if not edits:
            return None
        new = edited(source, edits)
        if leaves(new) != _with(leaves(source), expected):
            message = "this file is laid out so that words cannot be replaced in it; write them on lines of their own"
            self.errors.append(SeedError(self.part.name, 1, "", "", message))
            return None
        return mark + new

    def _json_lines(self, content: str) -> str | None:
        lines, any_changed = content.splitlines(keepends=True), False
        for number, line in enumerate(lines):
            if f'"{WORDS}"' not in line and '"sha256"' not in line:
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                message = f"this line is not JSON ({error})"
                self.errors.append(SeedError(self.part.name, number + 1, "", "", message))
                continue
            id_ = str(record.get("id") or record.get("extends") or "") if isinstance(record, dict) else ""
            if self._change_within(record, (), number + 1, id_):
                separators = (", ", ": ") if '": ' in line else (",", ":")
                end = line[len(line.rstrip("\r\n")) :]
                lines[number] = json.dumps(record, ensure_ascii=False, separators=separators) + end
                any_changed = True
        return "".join(lines) if any_changed else None

    def _change_within(self, value: Any, path: Key, line: int, record: str) -> int:
        """Changes all mappings within a value; returns how many."""
        if isinstance(value, list):
            return sum(self._change_within(one, (*path, number), line, record) for number, one in enumerate(value))
        if not isinstance(value, dict):
            return 0
        changed = sum(self._change_within(one, (*path, key), line, record) for key, one in value.items())
        try:
            found = self.change(self, value, (0, *path))
        except PassageError as error:
            where = ".".join(map(str, path))
            self.errors.append(SeedError(self.part.name, line, record, where, str(error)))
            return changed
        if found is None:
            return changed
        for key in found.old:
            value.pop(key, None)
        value.update(found.new)
        return changed + 1


Passages = Mapping[tuple[str, Words], Passage | PassageError]
"""What words became, by article and words."""


class _Wanted:
    """Collects the words of all files, so that each text is searched for all of them at once."""

    def __init__(self, read: Callable[[SeedFile, Mapping[str, Any]], tuple[str, Words] | None]) -> None:
        self._read = read
        self._found: dict[str, dict[Words, None]] = {}

    def __call__(self, file: SeedFile, keys: Mapping[str, Any], path: Key) -> None:
        """Notes the words of a mapping, and changes nothing."""
        if (found := self._read(file, keys)) is not None:
            self._found.setdefault(found[0], {})[found[1]] = None

    def passages(self, texts: Mapping[str, Text], progress: Progress) -> Passages:
        """Returns what all words became."""
        return {
            (article, words): passage
            for article, wanted in self._found.items()
            for words, passage in texts[article].anchor_all(wanted, partial(progress, "Anchoring")).items()
        }

    def repeated(self, texts: Mapping[str, Text]) -> set[tuple[str, str]]:
        """Returns, with their article, the words that stand in it more than once."""
        return {
            (article, words)
            for article, wanted in self._found.items()
            for words, places in texts[article].find_all({words for words, _ in wanted}).items()
            if len(places) > 1
        }


def _by_words(file: SeedFile, keys: Mapping[str, Any]) -> tuple[str, Words] | None:
    article, words = file.article(keys), keys.get(WORDS)
    if not isinstance(words, str) or article is None or article not in file.texts:
        return None
    return article, (words, _paragraph(keys))


def _by_span(file: SeedFile, keys: Mapping[str, Any]) -> tuple[str, Words] | None:
    article, at = file.article(keys), AT.fullmatch(str(keys.get("at")))
    if article is None or article not in file.texts or at is None:
        return None
    paragraph, start, end = map(int, at.groups())
    return article, (file.texts[article].slice(paragraph, start, end), paragraph)


def _forth(passages: Passages, file: SeedFile, keys: Mapping[str, Any], path: Key) -> Replacement | None:
    """Words to a span."""
    words = keys.get(WORDS)
    if not isinstance(words, str):
        return None
    if spanned := [key for key in SPAN_KEYS if key in keys]:
        raise PassageError(f"here are words and a span; take out '{spanned[0]}' or the words")
    if cut_off := [key for key, value in keys.items() if value == "" and key not in EvidenceSeed.model_fields]:
        raise PassageError(f"'{cut_off[0]}': {CUT_OFF}")
    article = file.article(keys)
    if article is None:
        raise PassageError(f"which article are these words from? Write article: {' or '.join(file.texts)}")
    if article not in file.texts:
        file.result.waiting[article] = file.result.waiting.get(article, 0) + 1
        return None
    text = file.texts[article]
    passage = passages[article, (words, _paragraph(keys))]
    if isinstance(passage, PassageError):
        raise passage
    new: dict[str, str | int] = {**passage.span()}
    if len(path) > 1 and path[-2] == _QUOTED:
        new["exact"] = text.slice(passage.paragraph, passage.start, passage.end)
    if "article" not in keys and file.part.article is None:
        new = {"article": article, **new}
    file.result.done += 1
    return Replacement(_BY_WORDS, new)


def _paragraph(keys: Mapping[str, Any]) -> int | None:
    written = keys.get("paragraph")
    if written is None:
        return None
    if not str(written).isdecimal() or int(written) < 1:
        raise PassageError(f"'{written}' is no number of a paragraph; the first is 1")
    return int(written)


def _back(
    passages: Passages, repeated: Collection[tuple[str, str]], file: SeedFile, keys: Mapping[str, Any], path: Key
) -> Replacement | None:
    """A span to words. `repeated` are those that need their paragraph."""
    found = _by_span(file, keys)
    if found is None or "sha256" not in keys:
        return None
    article, (words, paragraph) = found
    if digest(words) != keys["sha256"]:
        raise PassageError(f"the text at {keys['at']} does not have this sha256")
    if isinstance(passages[found], PassageError):
        file.result.kept += 1
        return None
    file.result.done += 1
    new: dict[str, str | int] = {WORDS: words}
    if paragraph is not None and (article, words) in repeated:
        new["paragraph"] = paragraph
    return Replacement(SPAN_KEYS, new)


def _with(texts: dict[Key, str], expected: Mapping[Key, Replacement]) -> dict[Key, str]:
    """Returns the texts that a file has after its changes."""
    for path, (old, new) in expected.items():
        for key in old:
            texts.pop((*path, key), None)
        texts.update({(*path, key): str(value) for key, value in new.items()})
    return texts
