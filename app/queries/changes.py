"""Statements for the change log and the releases."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Select,
    case,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.orm import aliased
from sqlmodel import col

from app.model.codebook import ChangeOp
from app.storage.codebook_models import StoredCodebook
from app.storage.models import Casualty, Change, Evidence, Release
from app.storage.past_tables import PREFIX
from app.storage.redaction_models import OP
from app.storage.registry import METADATA, document_numbered, document_of

_DEL = ChangeOp.DEL.value
_LATEST = 2**31 - 1
_TOLD = ("op", "version", "reason", "superseded_by", "name", "cause", "because", "corrected", "correction", "redacted")
_TOLD_AS: dict[str, Any] = {"op": OP}


class LogKey(NamedTuple):
    """The release, type and id of an entry: where it stands in the log."""

    release: int
    type: str
    id: str


def since(release: int, types: Sequence[str]) -> list[ColumnElement[bool]]:
    """The entries of later releases; of some types only, when any are given."""
    # Not by the index of types: with it, all entries of a type are sorted for every page.
    of_types = [(col(Change.type) + "").in_(types)] if types else []
    return [col(Change.release) > release, *of_types]


def resting_on(articles: Sequence[str], since: int, begun_at: int | None) -> ColumnElement[bool]:
    """The entries of these articles, and of records that rest on one of them, or did at any time after `since`. Where
    `begun_at` is given (see `states`): or did at `since`, or since the first page was read."""
    past = METADATA.tables[PREFIX + str(Evidence.__tablename__)]
    now = select(col(Evidence.record_type), col(Evidence.record_id)).where(col(Evidence.article_id).in_(articles))
    then = select(past.c.record_type, past.c.record_id).where(
        past.c.article_id.in_(articles), past.c.superseded_in > since
    )
    if begun_at is not None:
        then = then.where((past.c.changed_in <= since) | (past.c.superseded_in > begun_at))
    record = tuple_(col(Change.type), col(Change.id))
    return or_(record.in_(union_all(now, then)), (col(Change.type) == "article") & col(Change.id).in_(articles))


CORRECTS = col(Change.correction).is_not(None)
"""The entries that say what was wrong before."""


def of_incidents(ids: Sequence[str]) -> ColumnElement[bool]:
    """The entries of these incidents and of the claims about them."""
    claims = select(col(Casualty.id)).where(col(Casualty.incident_id).in_(ids))
    return or_(
        (col(Change.type) == "incident") & col(Change.id).in_(ids),
        (col(Change.type) == "casualty") & col(Change.id).in_(claims),
    )


def of_record(kind: str, id_: str) -> list[ColumnElement[bool]]:
    """The entries of one record."""
    return [col(Change.type) == kind, col(Change.id) == id_]


def entries(
    clauses: Iterable[ColumnElement[bool]],
    after: LogKey | None = None,
    *,
    backwards: bool = False,
    instead: Mapping[str, ColumnElement[Any]] = MappingProxyType({}),
) -> Select[Any]:
    """Entries of the log in its order, or backwards, each with the time of its release, from behind a place on; with
    other values than their own where there is something to tell `instead`."""
    place: tuple[Any, ...] = (col(Change.release), col(Change.type), col(Change.id))
    what = [instead.get(name, _TOLD_AS.get(name, col(getattr(Change, name)))).label(name) for name in _TOLD]
    statement: Select[Any] = (
        select(*place, *what, col(Release.loaded_at).label("at"))
        .join(Release, col(Release.number) == col(Change.release))
        .where(*clauses)
        .order_by(*(column.desc() if backwards else column for column in place))
    )
    if after is None:
        return statement
    return statement.where(tuple_(*place) < tuple_(*after) if backwards else tuple_(*place) > tuple_(*after))


def states(
    clauses: Iterable[ColumnElement[bool]], since: int, begun_at: int, after: LogKey | None = None, until: int = _LATEST
) -> Select[Any]:
    """The last entry of each record up to a release, with what those behind `since` did to it all in all as its `op`: a
    record that came back was changed, and one that came and went is left out, like one that was never there. What any
    of them redacted of a record that had been there before is told.

    Its cause is the first that applies to any of the steps since, its correction the last of theirs. `begun_at` is the
    newest release of when the first page was read: what was removed later may stand on a page before.
    """
    later = aliased(Change)
    follows = col(later.release) > col(Change.release), col(later.release) <= until
    is_last = ~select(later).where(*_same_record(later), *follows).exists()
    was_there = _was_there(since)
    is_there, redacted = col(Change.op) != _DEL, _redacted_since(since, until)
    op = case(
        (redacted.is_not(None), ChangeOp.RED.value),
        (~is_there, _DEL),
        (was_there, ChangeOp.MOD.value),
        else_=ChangeOp.ADD.value,
    )
    told = or_(is_there, was_there, redacted.is_not(None), col(Change.release) > begun_at)
    # The values of causes are in the order in which they apply.
    why = _of_steps(since, until, "cause", "because", first=lambda step: step.cause)
    corrected = _of_steps(since, until, "correction", "corrected")
    chosen = [*clauses, col(Change.release) <= until, is_last, told]
    return entries(chosen, after, instead={"op": op, "redacted": redacted, **why, **corrected})


def _of_steps(
    since: int, until: int, *names: str, first: Callable[[Any], Any] | None = None
) -> dict[str, ColumnElement[Any]]:
    """What the steps of a record since a release say, where the first of these columns is there: the newest, or the
    first one by an order."""
    step = aliased(Change)
    told = getattr(step, names[0])
    order = [*([] if first is None else [first(step)]), col(step.release).desc()]
    between = col(step.release) > since, col(step.release) <= until
    steps = select(told).where(*_same_record(step), *between, told.is_not(None)).order_by(*order).limit(1)
    return {name: steps.with_only_columns(getattr(step, name)).scalar_subquery() for name in names}


def with_cause(causes: Sequence[str], since: int | None = None, until: int = _LATEST) -> ColumnElement[bool]:
    """The entries with one of these causes; where `since` is given, of records of which any later step has one."""
    if since is None:
        return col(Change.cause).in_(causes)
    step = aliased(Change)
    between = col(step.release) > since, col(step.release) <= until
    return select(step).where(*_same_record(step), *between, col(step.cause).in_(causes)).exists()


def _redacted_since(release: int, until: int) -> ColumnElement[Any]:
    """What the releases behind one redacted last of the record of an entry, if it had ever been there until then."""
    if release == 0:
        return null()
    earlier, later = aliased(Change), aliased(Change)
    known = select(earlier).where(*_same_record(earlier), col(earlier.release) <= release).exists()
    last = select(col(later.redacted)).where(
        *_same_record(later),
        col(later.release) > release,
        col(later.release) <= until,
        col(later.redacted).is_not(None),
        known,
    )
    return last.order_by(col(later.release).desc()).limit(1).scalar_subquery()


def _was_there(release: int) -> ColumnElement[bool]:
    """Whether the record of an entry was there in a release."""
    if release == 0:
        return false()
    earlier = aliased(Change)
    before = select(col(earlier.op)).where(*_same_record(earlier), col(earlier.release) <= release)
    last_op = before.order_by(col(earlier.release).desc()).limit(1).scalar_subquery()
    return func.coalesce(last_op, _DEL) != _DEL


def _same_record(other: Any) -> list[ColumnElement[bool]]:
    return [col(other.type) == col(Change.type), col(other.id) == col(Change.id)]


def removals(kind: str, since: int, after: tuple[int, str] | None, limit: int) -> Select[Any]:
    """How records of a type that are not there were removed by releases later than one: the newest first, from behind
    a release and id on."""
    later = aliased(Change)
    came_back = select(later).where(*_same_record(later), col(later.release) > col(Change.release))
    place: tuple[Any, ...] = (col(Change.release), col(Change.id))
    what: tuple[Any, ...] = (col(Change.reason), col(Change.superseded_by), col(Release.loaded_at).label("at"))
    # Written out, because a partial index is not found by a value that comes later.
    clauses = [col(Change.op) == literal(_DEL, literal_execute=True), col(Change.type) == kind, ~came_back.exists()]
    behind = [] if after is None else [tuple_(*place) < tuple_(*after)]
    statement: Select[Any] = (
        select(*place, *what)
        .join(Release, col(Release.number) == col(Change.release))
        .where(*clauses, col(Change.release) > since, *behind)
        .order_by(*(column.desc() for column in place))
        .limit(limit)
    )
    return statement


def versions(table: str, ids: Sequence[str]) -> CompoundSelect[Any]:
    """The documents of all versions of records of a table that were kept, each with the release that wrote it, and
    with the one that superseded it, null for today's."""
    newest, past = METADATA.tables[table], METADATA.tables[PREFIX + table]
    parts = []
    for one, superseded_in in ((newest, null()), (past, past.c.superseded_in)):
        document = one.c.document if "document" in one.c else document_numbered(one.c.number, one)
        columns = one.c.id, one.c.changed_in, superseded_in.label("superseded_in"), document.label("document")
        parts.append(select(*columns).where(one.c.id.in_(ids)))
    return union_all(*parts)


def documents_at(table: str, ids: Sequence[str], release: int) -> CompoundSelect[Any]:
    """Ids and documents of those records of a table that were there at a release, as they were."""
    newest, past = METADATA.tables[table], METADATA.tables[PREFIX + table]
    parts = []
    for one, until in ((newest, true()), (past, past.c.superseded_in > release)):
        document = one.c.document if "document" in one.c else document_numbered(one.c.number, one)
        found = select(one.c.id, document.label("document"))
        parts.append(found.where(one.c.id.in_(ids), one.c.changed_in <= release, until))
    return union_all(*parts)


def logged_ids(kind: str, ids: Sequence[str]) -> Select[Any]:
    """Those of these ids that a record of a type has or had."""
    return select(col(Change.id)).where(col(Change.type) == kind, col(Change.id).in_(ids)).distinct()


def documents(table: type[Any], ids: Sequence[str]) -> Select[Any]:
    """Ids and documents of those records of a type that are there today."""
    return select(table.id, document_of(table)).where(table.id.in_(ids))


def codebook() -> Select[Any]:
    """Id and document of the codebook."""
    columns: tuple[Any, ...] = (col(StoredCodebook.id), col(StoredCodebook.document))
    return select(*columns)


def releases(before: int | None = None) -> Select[Any]:
    """Releases, newest first, from behind one on."""
    statement = select(*(col(getattr(Release, name)) for name in Release.model_fields))
    if before is not None:
        statement = statement.where(col(Release.number) < before)
    return statement.order_by(col(Release.number).desc())


def release(number: int) -> Select[Any]:
    """One release."""
    return releases().where(col(Release.number) == number)
