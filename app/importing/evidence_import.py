"""Turns annotations of other tools into evidence of the records of a seed folder: all of them, or nothing."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from app.importing.annotations import Annotation, Unread, read_annotations
from app.importing.evidence_edits import LayoutError, as_line, records_in, with_evidence
from app.ingest.editing.anchoring import article_texts
from app.ingest.release.verifying import ArticleFile
from app.ingest.seed.codebooks import read_codebook
from app.ingest.seed.error_messages import nearest
from app.ingest.seed.file_changes import replace_files
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError, Part, parse_part, parts
from app.ingest.texts.passages import Extent, Passage, PassageError, Text

Evidence = Mapping[str, str]


@dataclass
class ImportedEvidence:
    """What became of annotations: how many passages were added, and to which records; those that are there already;
    and lines to paste for those that name no record."""

    added: int = 0
    known: int = 0
    records: set[str] = field(default_factory=set)
    unassigned: list[str] = field(default_factory=list)


class _Record(NamedTuple):
    """A record of a seed file, or a claim in one, and the passages that it rests on."""

    resource: str
    part: Part
    line: int
    passages: set[tuple[str | None, str | None, str | None]]


def import_annotations(path: Path, article_file: ArticleFile, seed: Path) -> ImportedEvidence:
    """Adds the annotations of a file to the evidence of the records that their labels name: `record/field`, or both as
    labels of their own. Raises DossierError with all mistakes, and then no file is changed."""
    errors: list[SeedError] = []
    seed_parts, errors_of_files, _ = parts(seed)
    if errors_of_files:
        raise DossierError(errors_of_files)
    ((article, text),) = article_texts(seed, seed_parts, [article_file], []).items()
    fields = list(read_codebook(seed, errors)["evidence.field"].values)
    labelling = _Labelling(fields, _records(seed_parts))
    result = ImportedEvidence()
    wanted: dict[Path, dict[str, list[Evidence]]] = {}
    parts_of = {part.path: part for part in seed_parts}
    for annotation in read_annotations(path):
        try:
            evidence, id_, record = _evidence(annotation, article, text, labelling)
        except PassageError as error:
            errors.append(SeedError(str(path), annotation.where, "", "", str(error)))
            continue
        if record is None:
            result.unassigned.append(as_line(evidence))
            continue
        key = (evidence["field"], evidence.get("article", record.part.article), evidence["at"])
        if key in record.passages:
            result.known += 1
            continue
        record.passages.add(key)
        wanted.setdefault(record.part.path, {}).setdefault(id_, []).append(evidence)
        result.records.add(id_)
        result.added += 1
    written: dict[Path, str] = {}
    for file, added in wanted.items():
        try:
            written[file] = _written(file, added)
        except LayoutError as error:
            errors.append(SeedError(parts_of[file].name, 1, "", "", str(error)))
    if errors:
        raise DossierError(errors)
    replace_files(seed, {file: content.encode() for file, content in written.items()})
    return result


def _records(seed_parts: list[Part]) -> dict[str, list[_Record]]:
    """Returns the records that may have evidence, by id."""
    found: dict[str, list[_Record]] = {}
    for part in seed_parts:
        if part.resource == "articles":
            continue
        for data, source in parse_part(part, []):
            claims = data.get("casualties", [])
            some = [(part.resource, data), *(("casualties", one) for one in claims if isinstance(one, dict))]
            for resource, one in some:
                id_ = one.get("id") or one.get("extends")
                evidence = [item for item in one.get("evidence") or [] if isinstance(item, dict)]
                passages = {(item.get("field"), item.get("article", part.article), item.get("at")) for item in evidence}
                if isinstance(id_, str) and "removed" not in one:
                    found.setdefault(id_, []).append(_Record(resource, part, source.line, passages))
    return found


class _Labelling(NamedTuple):
    """What labels may name: fields of evidence, and records by id."""

    fields: list[str]
    records: dict[str, list[_Record]]

    def read(self, labels: list[str], article: str) -> tuple[str, str, _Record | None]:
        """Returns the field, the id and the record that labels name. Raises PassageError."""
        words = [word.strip() for label in labels for word in label.split("/") if word.strip()]
        fields = [word for word in words if word in self.fields]
        others = [word for word in words if word not in self.fields]
        if len(fields) != 1:
            near = nearest(words[-1], self.fields) if words else None
            named = f"its labels ({', '.join(labels)}) name" if labels else "it has no label, so it names"
            hint = f"did you mean '{near}'?" if near else f"one of {', '.join(self.fields)}"
            raise PassageError(f"{named} {'several fields' if fields else 'no field'} of evidence; {hint}")
        if not others:
            return fields[0], "", None
        id_, *resources = others[::-1]
        found = [one for one in self.records.get(id_, []) if not resources or one.resource in resources]
        # An incident that another article adds to stands in several folders.
        at_home = [one for one in found if one.part.article in (article, None)]
        if not found:
            near = nearest(id_, list(self.records))
            raise PassageError(f"there is no record '{id_}'{f'; did you mean {near!r}?' if near else ''}")
        chosen = at_home or found
        if len(chosen) > 1:
            names = " or ".join(sorted(f"'{one.resource}/{id_}/{fields[0]}'" for one in chosen))
            raise PassageError(f"several records have the id '{id_}'; write {names}")
        return fields[0], id_, chosen[0]


def _evidence(
    annotation: Annotation | Unread, article: str, text: Text, labelling: _Labelling
) -> tuple[Evidence, str, _Record | None]:
    if isinstance(annotation, Unread):
        raise PassageError(annotation.message)
    field, id_, record = labelling.read(annotation.labels, article)
    span = _passage(annotation, text).span()
    named = {} if record is not None and record.part.article == article else {"article": article}
    return {"field": field, **named, **span}, id_, record


def _passage(annotation: Annotation, text: Text) -> Passage:
    """The passage with the words of an annotation; among several, the only one between what stands around them, or the
    one at its offset. Raises PassageError."""
    found = text.find(annotation.words) if annotation.words.strip() else []
    between = [one for one in found if _is_between(one, annotation, text)]
    there = [one for one in found if annotation.offset is not None and one[:2] == _place(annotation.offset, text)]
    for chosen in (between, there):
        if len(found) > 1 and len(chosen) == 1:
            return text.passage(*chosen[0])
    return text.anchor(annotation.words)


def _is_between(place: Extent, annotation: Annotation, text: Text) -> bool:
    """Whether the words around an annotation stand around a place; how much of them there is, and white space, make no
    difference."""
    number, start, end = place
    line = text.paragraphs[number - 1]
    before, after = _squeezed(line[:start]), _squeezed(line[end:])
    # What stands around may reach into the paragraphs beside.
    wanted_before = _squeezed(annotation.before.split("\n")[-1])
    wanted_after = _squeezed(annotation.after.split("\n")[0])
    return before.endswith(wanted_before) and after.startswith(wanted_after)


def _squeezed(text: str) -> str:
    return "".join(text.split())


def _place(offset: int, text: Text) -> tuple[int, int]:
    """The paragraph of an offset in the whole text, a line break between paragraphs, and where in it that is."""
    for number, line in enumerate(text.paragraphs, 1):
        if offset <= len(line):
            return number, offset
        offset -= len(line) + 1
    return len(text.paragraphs) + 1, offset


def _written(path: Path, added: Mapping[str, list[Evidence]]) -> str:
    """Returns a seed file with evidence added. Raises LayoutError."""
    source = path.read_bytes().decode("utf-8")
    if path.suffix == ".jsonl":
        return "".join(_with_evidence(line, added) for line in source.splitlines(keepends=True))
    places = {id_: place for place, id_ in records_in(source).items()}
    return with_evidence(source, {places[id_]: some for id_, some in added.items()})


def _with_evidence(line: str, added: Mapping[str, list[Evidence]]) -> str:
    if not any(f'"{id_}"' in line for id_ in added):
        return line
    record = json.loads(line)
    changed = list(_add(record, added))
    if not changed:
        return line
    separators = (", ", ": ") if '": ' in line else (",", ":")
    return json.dumps(record, ensure_ascii=False, separators=separators) + line[len(line.rstrip("\r\n")) :]


def _add(record: dict[str, object], added: Mapping[str, list[Evidence]]) -> Iterator[str]:
    """Adds evidence to a record and to its claims, and yields the ids of those that got some."""
    claims = record.get("casualties")
    for one in [record, *(claims if isinstance(claims, list) else [])]:
        id_ = str(one.get("id") or one.get("extends"))
        evidence = one.setdefault("evidence", [])
        if id_ in added and isinstance(evidence, list):
            evidence += added[id_]
            yield id_
