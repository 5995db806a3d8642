"""Where a read runs is said by the query or its plan, never by a handler."""

import ast
from functools import partial
from pathlib import Path

import pytest

import app.api
from app.api.answers import feed_entries
from app.api.counting import facet_counts
from app.api.ogc import collections
from app.queries.filters import ChangeFilters
from app.records import RECORD_TYPES
from app.records.incidents import INCIDENTS
from app.storage.read_kinds import ReadKind, kind_of

HANDLERS = sorted((Path(app.api.__file__).parent / "routes").glob("*.py"))


def test_no_handler_names_a_read_kind() -> None:
    named = {
        f"{path.name}:{call.lineno}"
        for path in HANDLERS
        for call in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "read"
        if any(isinstance(name, ast.Name) and name.id == "ReadKind" for name in ast.walk(call))
    }
    assert named == set(), "declare the kind beside the query (`reads`), or take that of its plan"


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        (partial(feed_entries.records, INCIDENTS, base=""), ReadKind.SEARCH),
        (partial(feed_entries.changes, filters=ChangeFilters(), base=""), ReadKind.SEARCH),
        (partial(partial(collections.find, base=""), collection=collections.COLLECTIONS["places"]), ReadKind.COUNT),
        (collections.extents, ReadKind.COUNT),
        (partial(collections.get, id_="orsa"), ReadKind.LOOKUP),
        (partial(facet_counts.facets, resource=RECORD_TYPES["places"]), ReadKind.COUNT),
    ],
)
def test_a_query_says_what_it_does_also_with_some_of_its_arguments(query: object, kind: ReadKind) -> None:
    assert callable(query)
    assert kind_of(query) is kind
