"""Filters that every record type has undeclared: `id`, and the exclusion of what other filters find (`not.kind`)."""

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from app.queries.conditions import Condition, certainly_not, with_ids
from app.queries.filters import Listing, Where, WhereOfEveryType
from app.queries.values import Id, Refers

MAX_IDS = 500
"""The largest number of values of `id`: as many records as a page holds."""

NOT = "not."
"""Begins the name of an exclusion."""


def with_derived(filters: type[Listing], resource: str) -> type[Listing]:
    """Returns the query model of a list, with the filters that are made from its own."""
    ids: Any = Annotated[list[Id], Refers((resource,)), WhereOfEveryType(with_ids, _without_ids)]
    description = (
        f"Only these records, {MAX_IDS} at most; in the order of the list, whatever theirs. One that does not exist is "
        "an error, one that was merged is followed."
    )
    with_id = _extended(
        filters, {"id": (ids, Field(default_factory=list, max_length=MAX_IDS, description=description))}
    )
    return _extended(with_id, dict(_exclusions(with_id)))


def _extended(filters: type[Listing], fields: dict[str, Any]) -> type[Listing]:
    return create_model(filters.__name__, __base__=filters, __doc__=filters.__doc__, **fields)


def _exclusions(filters: type[Listing]) -> Iterator[tuple[str, Any]]:
    for name, field in filters.model_fields.items():
        for where in field.metadata:
            if isinstance(where, Where | WhereOfEveryType) and where.exclusion is not None:
                yield f"{NOT}{name}", _exclusion(name, field, where)


def _exclusion(name: str, field: FieldInfo, where: Where | WhereOfEveryType) -> Any:
    """Returns the parameter that leaves out what a filter finds: annotation and field."""
    assert where.exclusion is not None
    excluding = (
        Where(where.exclusion, where.in_list_order) if isinstance(where, Where) else WhereOfEveryType(where.exclusion)
    )
    metadata = [one for one in field.metadata if one is not where]
    description = (
        f"Leaves out what `{name}` finds with this value, and what it may find: that is counted in "
        f"`meta.not_judged.exclusion`. ({field.description})"
    )
    return Annotated[field.annotation, *metadata, excluding], Field(default_factory=list, description=description)


def _without_ids(record_type: Any, ids: Any) -> Condition:
    one_of_them = with_ids(record_type, ids)
    return certainly_not(one_of_them.clause, criterion=one_of_them.criterion, of=one_of_them.of)
