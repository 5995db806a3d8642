"""Parts of documents: only some of their keys, by dotted paths, and their evidence whole, counted or left out."""

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal

from app.model.codebook import Codebook
from app.model.documents import DOCUMENTS
from app.model.fields import DocumentField, document_fields

ALWAYS = ("id", "type", "url")
"""The keys of a record that are always there."""

EVIDENCE, EVIDENCE_COUNT = "evidence", "evidence_count"
"""The key of a record's passages, and the one that stands in its place where they are counted."""

EvidenceForm = Literal["full", "none", "count"]
"""How the passages of a record stand in an answer: each of them, not at all, or only how many there are."""

EVIDENCE_DESCRIPTION = (
    "How the passages that records rest on stand in the answer: `full` (default) is each of them, in `evidence`; with "
    "`none` that key is left out of every record and of what lies in it (it is never empty, which would say that "
    "nothing supports it); `count` has `evidence_count` in its place: how many passages there are."
)

Keys = Mapping[str, "Keys | None"]
"""The keys of an object that are kept, each with those of its value; None keeps all of it."""


@lru_cache(maxsize=64)
def paths_of(resource: str, codebook: Codebook) -> tuple[str, ...]:
    """Returns every path of a document of a resource, an object's own before those in it: `date`, `date.edtf`."""
    return tuple(_paths(document_fields(DOCUMENTS[resource], codebook)))


def _paths(fields: Iterable[DocumentField]) -> Iterable[str]:
    for field in fields:
        yield ".".join(field.path)
        yield from _paths(field.inner)


@lru_cache(maxsize=1024)
def keys_of(resource: str, codebook: Codebook, paths: tuple[str, ...], evidence: EvidenceForm = "full") -> Keys | None:
    """Returns the keys that these paths name; None if a document of the resource is whole. No path means all of it."""
    if not paths and evidence == "full":
        return None
    wanted = {*ALWAYS, *paths} if paths else None
    return _keys(document_fields(DOCUMENTS[resource], codebook), wanted, evidence)


def _keys(fields: Iterable[DocumentField], wanted: Collection[str] | None, evidence: EvidenceForm) -> Keys:
    keys: dict[str, Keys | None] = {}
    for field in fields:
        path = ".".join(field.path)
        is_whole = wanted is None or path in wanted
        if not is_whole and not any(one.startswith(f"{path}.") for one in wanted or ()):
            continue
        if field.key == EVIDENCE and evidence != "full":
            keys |= {EVIDENCE_COUNT: None} if evidence == "count" else {}
        elif is_whole and (evidence == "full" or not _has_evidence(field.inner)):
            keys[field.key] = None
        else:
            keys[field.key] = _keys(field.inner, None if is_whole else wanted, evidence)
    return keys


def _has_evidence(fields: Iterable[DocumentField]) -> bool:
    return any(field.key == EVIDENCE or _has_evidence(field.inner) for field in fields)


def cut(value: Any, keys: Keys | None) -> Any:
    """Returns a document, or a value in it, with these keys alone; null stays null, and of lists each item is cut."""
    if keys is None or value is None:
        return value
    if isinstance(value, list):
        return [cut(one, keys) for one in value]
    kept = {key: cut(value[key], inner) for key, inner in keys.items() if key in value}
    if EVIDENCE_COUNT in keys:
        kept[EVIDENCE_COUNT] = len(value[EVIDENCE])
    return kept


def is_of_evidence(path: str) -> bool:
    """Whether a path is that of a document's passages, or of what lies in them."""
    return EVIDENCE in path.split(".")
