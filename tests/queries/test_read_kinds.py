"""What a list takes to read is told by its filters, without a database."""

from typing import Any

import pytest

from app.api.parameters.records import list_model
from app.queries.plan import kind_for_one, plan
from app.records import RECORD_TYPES
from app.storage.read_kinds import ReadKind


@pytest.mark.parametrize(
    ("resource", "query", "kind"),
    [
        ("incidents", {}, ReadKind.LOOKUP),
        ("incidents", {"kind": "joint_raid", "sort": "-date", "limit": "5", "fields": ["id"]}, ReadKind.LOOKUP),
        ("incidents", {"q": "ferry", "sort": "-date"}, ReadKind.SEARCH),
        ("incidents", {"include": ["places"]}, ReadKind.LOOKUP),
        ("incidents", {"q": "ferry"}, ReadKind.SEARCH),
        ("incidents", {"bbox": "1,1,2,2"}, ReadKind.SEARCH),
        ("places", {"include": ["incidents"]}, ReadKind.SEARCH),
        ("casualties", {"kind": "joint_raid"}, ReadKind.SEARCH),
        ("incidents", {"count": "exact"}, ReadKind.COUNT),
        ("incidents", {"facets": ["kind"]}, ReadKind.COUNT),
        ("casualties", {"totals": True}, ReadKind.COUNT),
    ],
)
def test_a_list_is_read_by_what_its_filters_take(resource: str, query: dict[str, Any], kind: ReadKind) -> None:
    filters: Any = list_model(resource)
    given = {"sort": None, **{name: [value] if name == "kind" else value for name, value in query.items()}}
    assert plan(RECORD_TYPES[resource], filters(**given)).kind is kind


def test_a_record_is_looked_up_unless_others_that_refer_to_it_are_included() -> None:
    assert kind_for_one(RECORD_TYPES["places"], []) is ReadKind.LOOKUP
    assert kind_for_one(RECORD_TYPES["places"], ["incidents"]) is ReadKind.SEARCH
    assert [kind.is_short for kind in (ReadKind.LOOKUP, ReadKind.SEARCH, ReadKind.COUNT)] == [True, False, False]
