"""The filter by external ids and their rows, the same for all types that have some."""

from typing import Any

from pydantic import Field

from app.model.digests import Data
from app.queries.conditions import exists_link
from app.queries.filters import Where
from app.queries.record_type import ChildRows

SAME_AS: Any = Field(
    default_factory=list,
    description="That has this id in another register, as `register:id`; one that no record has finds nothing. Records "
    "have only the ids that their editors gave them.",
    examples=[["wikidata:Q796"]],
)
"""The parameter."""


def known_as(id_: Any, owner: Any, external_id: Any) -> Where:
    """The record has one of these external ids."""
    return Where(lambda ids, filters: exists_link(id_, owner, external_id.in_(ids)))


def same_as_rows(table: type[Any], owner: str, document: Data) -> ChildRows:
    """The rows of a document's external ids; `owner` is the column with its own id."""
    for one in document["same_as"]:
        yield table, {owner: document["id"], "external_id": one["curie"]}
