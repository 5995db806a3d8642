"""Ids and values of vocabularies that a request names: whether they exist, and the record that a merged one became."""

from functools import cache
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlmodel import col

from app.api.parameters.parsing import MAX_ERRORS, invalid_value, truncated
from app.api.suggestions.records import suggest_record
from app.problems import BadParameter, ParameterError, types
from app.queries import redactions
from app.queries.filters import Listing, coded_filters
from app.queries.values import SLUG, Refers
from app.records import RECORD_TYPES
from app.storage.models import Change
from app.storage.snapshot import Snapshot

_MAX_IDS_WITH_SUGGESTION = 5
"""At most this many unknown ids of one request get a suggestion, because each costs a search."""


def check_release(snapshot: Snapshot, name: str, release: int) -> None:
    """Raises BadParameter if a parameter names a release later than the one that is read: where that is the newest, the
    client's copy is of another database."""
    newest, read = snapshot.newest.number, snapshot.release.number
    if read < release <= newest:
        detail = f"release {read} is read, and {release} is later; the newest is {newest}"
        raise BadParameter.of(name, f"Parameter '{name}': {detail}.", str(read))
    if release > newest:
        detail = f"the newest release is {newest}; if you have seen a later one, start anew from 0"
        raise BadParameter.of(name, f"Parameter '{name}': {detail}.", str(newest), type=types.FUTURE_RELEASE)


def resolve_ids(snapshot: Snapshot, filters: Listing) -> Listing:
    """Returns the filters as they are to be understood in the snapshot: a merged id is replaced by the id of the record
    it was merged into, a value of a vocabulary stands with all that are narrower, and `q` gets the languages of the
    release's records.

    Raises BadParameter for ids and values that do not exist and for a future release.
    """
    if filters.changed_since is not None:
        check_release(snapshot, "changed_since", filters.changed_since)
    changes: dict[str, Any] = {}
    errors: list[ParameterError] = []
    if filters.q is not None:
        changes["q"] = filters.q.in_languages(snapshot.release.languages)
    for name, resources in _referring(type(filters)):
        if ids := getattr(filters, name):
            changes[name] = resolved_ids(snapshot, name, ids, resources, errors)
    codebook = snapshot.codebook
    for name, vocabulary in coded_filters(type(filters)):
        if values := getattr(filters, name):
            known = codebook[vocabulary].values
            errors += [invalid_value(name, value, tuple(known)) for value in values if value not in known]
            changes[name] = codebook.within(vocabulary, values)
    if errors:
        raise BadParameter(errors[:MAX_ERRORS])
    return filters.under(codebook, changes)


def _wrong(kind: types.ProblemType, name: str, detail: str, suggestion: str | None = None) -> ParameterError:
    return ParameterError(type=kind.uri, parameter=name, detail=f"Parameter '{name}'{detail}", suggestion=suggestion)


@cache
def _referring(filters: type[BaseModel]) -> list[tuple[str, tuple[str, ...]]]:
    """Returns the filters that take ids, each with the resources that these ids belong to."""
    fields = filters.model_fields.items()
    return [(name, one.resources) for name, field in fields for one in field.metadata if isinstance(one, Refers)]


def resolved_ids(
    snapshot: Snapshot, name: str, ids: list[str], resources: tuple[str, ...], errors: list[ParameterError]
) -> list[str]:
    """Returns the current ids of existing records, and adds an error for each of the others."""
    existing: set[str] = set()
    well_formed = [id_ for id_ in ids if SLUG.fullmatch(id_)]
    for resource in resources:
        table = RECORD_TYPES[resource].table
        existing.update(snapshot.column(select(table.id).where(table.id.in_(well_formed))))
    resolved = []
    for id_ in ids:
        last = id_ if id_ in existing else _successor(snapshot, name, id_, resources, errors)
        if last is not None:
            resolved.append(last)
    return list(dict.fromkeys(resolved))


def _successor(
    snapshot: Snapshot, name: str, id_: str, resources: tuple[str, ...], errors: list[ParameterError]
) -> str | None:
    if len(errors) == MAX_ERRORS:
        return None
    for resource in resources if SLUG.fullmatch(id_) else ():
        last, removal = follow_mergers(snapshot, resource, id_)
        if removal is not None:
            errors.append(_wrong(types.REMOVED, name, f": '{id_}' was removed: {sentence(removal.reason)}"))
            return None
        if last != id_:
            return last
    if "," in id_:
        errors.append(_wrong(types.BAD_VALUE, name, f" takes one id at a time: write `{name}=A&{name}=B` for several."))
        return None
    what = " or ".join(RECORD_TYPES[resource].type for resource in resources)
    detail = f": there is no {what} '{id_}'."
    if not SLUG.fullmatch(id_):
        detail = f": '{truncated(id_)}' is not an id: ids are lower-case words joined by hyphens."
    suggestion = suggest_record(snapshot, id_, resources) if len(errors) < _MAX_IDS_WITH_SUGGESTION else None
    errors.append(_wrong(types.NO_SUCH_RECORD, name, detail, suggestion))
    return None


def follow_mergers(snapshot: Snapshot, resource: str, id_: str) -> tuple[str, Any]:
    """Follows a chain of mergers. Returns its last id, and the removal of that record if it was removed too."""
    seen: set[str] = set()
    while (removal := _removal(snapshot, resource, id_)) and removal.superseded_by and id_ not in seen:
        seen.add(id_)
        id_ = removal.superseded_by
    return id_, removal


def _removal(snapshot: Snapshot, resource: str, id_: str) -> Any:
    """Returns the change that removed a record, or the redaction that took it out of the release that is read; None if
    it exists or never existed."""
    statement = (
        select(col(Change.release), col(Change.op), col(Change.reason), col(Change.superseded_by))
        .where(col(Change.type) == RECORD_TYPES[resource].type, col(Change.id) == id_)
        .order_by(col(Change.release).desc())
        .limit(1)
    )
    last = next(iter(snapshot.rows(statement)), None)
    if last is not None and last.op == "DEL":
        return last
    gone = redactions.gone(RECORD_TYPES[resource].type, id_, snapshot.release.number)
    return next(iter(snapshot.rows(gone)), None)


def sentence(text: str) -> str:
    """Returns a reason as a sentence of a message."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
