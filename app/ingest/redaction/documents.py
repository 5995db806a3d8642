"""Takes what is redacted out of a document that was served, and leaves its shape."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from app.ingest.redaction.forgotten import MARKER, Forgotten
from app.model.digests import Data

WHOLE = ""
"""The JSON Pointer of a whole document."""

_POINT = frozenset({"/coordinate", "/latitude", "/longitude"})

_GONE = object()


class Redaction(NamedTuple):
    """What a release takes out of a record's past: all of it, or fields, given by JSON Pointers."""

    resource: str
    type: str
    id: str
    fields: tuple[str, ...]
    reason: str

    @property
    def pointers(self) -> tuple[str, ...]:
        """The fields with those that go with them: a point stands in three."""
        of_point = _POINT if not _POINT.isdisjoint(self.fields) else frozenset()
        return (*self.fields, *sorted(of_point.difference(self.fields)))

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the record is to be left."""
        return WHOLE in self.fields


class Rewriting:
    """Takes what some redactions name out of documents. `kept` has the documents of those records that stay, as they
    are from now on: what these have need not go."""

    def __init__(
        self, redactions: Sequence[Redaction], forgotten: Forgotten, kept: dict[tuple[str, str], Data]
    ) -> None:
        self._by_id: dict[str, list[Redaction]] = {}
        for one in redactions:
            self._by_id.setdefault(one.id, []).append(one)
        self._forgotten = forgotten
        self._kept = kept
        self.objects: list[Data] = []
        """Objects with several values, such as dates, that were taken out of fields, to be found in other records."""

    def rename(self, id_: str, other: str) -> None:
        """Notes that redacted records have another id from now on."""
        self._by_id[other] = self._by_id.pop(id_)

    def is_about(self, stored: str) -> bool:
        """Whether a stored document is that of a redacted record, or refers to one."""
        return any(f'"{id_}"' in stored for id_ in self._by_id)

    def redacts(self, document: Data) -> bool:
        """Whether a document is that of a redacted record."""
        return any(one.type == document["type"] for one in self._by_id.get(document["id"], ()))

    def concerns(self, stored: str) -> bool:
        """Whether a stored document may have to be changed; a quick look."""
        return self.is_about(stored) or self._forgotten.may_be_in(stored)

    def of(self, document: Data, *, is_about: bool) -> Data:
        """Returns a document as it is to be kept."""
        changed: Data = self._value(document, is_about, is_root=True)
        return changed

    def _value(self, value: Any, is_about: bool, key: str = "", *, is_root: bool = False) -> Any:
        if isinstance(value, str):
            return self._forgotten.without(value, key, is_about=is_about)
        if isinstance(value, list):
            return [one for one in (self._value(one, is_about, key) for one in value) if one is not _GONE]
        if isinstance(value, dict):
            return self._object(value, is_about, is_root=is_root)
        return value

    def _object(self, value: Data, is_about: bool, *, is_root: bool) -> Any:
        for redaction in self._by_id.get(value.get("id", ""), ()):
            if value.get("type", redaction.type) != redaction.type:
                continue
            if not redaction.is_whole:
                had_point = value.get("latitude") is not None
                value = self._without_fields(value, redaction)
                if had_point and value["latitude"] is None and not is_root:
                    return None  # where something was, which is nowhere without its point
            elif "evidence" in value:  # the record itself, inside of another
                return _GONE
            elif "label" in value or "name" in value:
                value = _reference(value)
        if is_about and not is_root and any(value.items() <= one.items() for one in self.objects if len(value) > 1):
            return None
        return {key: self._value(one, is_about, key) for key, one in value.items()}

    def _without_fields(self, value: Data, redaction: Redaction) -> Data:
        kept = self._kept.get((redaction.type, redaction.id))
        for pointer in redaction.pointers:
            keys = pointer.split("/")[1:]
            value = _without(value, keys, _at(kept, keys))
        return value


def _reference(value: Data) -> Data:
    """Returns a reference that only says which record it means."""
    shown = {key: MARKER for key in ("label", "name") if isinstance(value.get(key), str)}
    return {key: [] if isinstance(one, list) else one for key, one in value.items()} | shown


def values_at(document: Any, pointer: str) -> list[Any]:
    """Returns what stands at a pointer; in lists on its way, at each item."""
    return _at(document, pointer.split("/")[1:])


def _at(value: Any, keys: Sequence[str]) -> list[Any]:
    if isinstance(value, list) and keys:
        return [found for one in value for found in _at(one, keys)]
    if not keys:
        return [value]
    return _at(value[keys[0]], keys[1:]) if isinstance(value, dict) and keys[0] in value else []


def _without(value: Any, keys: Sequence[str], kept: list[Any]) -> Any:
    if not keys:
        return without_all_but(value, kept)
    if isinstance(value, list):
        return [_without(one, keys, kept) for one in value]
    if isinstance(value, dict) and keys[0] in value:
        return {**value, keys[0]: _without(value[keys[0]], keys[1:], kept)}
    return value


def without_all_but(value: Any, kept: Iterable[Any]) -> Any:
    """Returns what is left of a value: all that is among the values that may be kept."""
    kept = list(kept)
    if value is None or value in kept:
        return value
    if isinstance(value, list):
        items = [item for one in kept if isinstance(one, list) for item in one]
        return [one for one in value if one in items]
    return MARKER if isinstance(value, str) else None
