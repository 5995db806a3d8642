"""Digests: written fast, they are those of the library for RFC 8785."""

from collections.abc import Iterator
from typing import Any

import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.digests import canonical
from app.documents import DOCUMENTS

KEYS = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
LATITUDES = st.floats(-90, 90) | st.integers(-90, 90).map(float)
LONGITUDES = st.floats(-180, 180) | st.integers(-180, 180).map(float)
POINTS = st.fixed_dictionaries({"latitude": LATITUDES, "longitude": LONGITUDES})
NO_POINTS = st.just({"latitude": None, "longitude": None})
LOCATIONS = st.builds(lambda point, more: {**more, **point}, POINTS, st.dictionaries(KEYS, SCALARS))


@settings(max_examples=100, deadline=None)
@given(
    data=st.dictionaries(KEYS, VALUES, max_size=6),
    point=POINTS | NO_POINTS | st.just({}),
    location=st.none() | LOCATIONS,
)
@example(data={}, point={"latitude": 60.0, "longitude": -0.0}, location={"latitude": 1e-7, "longitude": 14.5})
@example(data={"text": '“é”\u2028\u007f\x1f\\"/\U0001f600'}, point={}, location=None)
def test_documents_are_written_as_the_library_writes_them(
    data: dict[str, Any], point: dict[str, Any], location: dict[str, Any] | None
) -> None:
    document = {**data, **point, "location": location}
    assert canonical(document) == rfc8785.dumps(document)


def test_no_number_but_a_points_has_decimals() -> None:
    """What the fast way relies on."""
    for resource, document in DOCUMENTS.items():
        schema = document.model_json_schema(mode="serialization")
        found = {(name, field) for name, field in _decimals({resource: schema, **schema.get("$defs", {})})}
        allowed = {"places"} if resource == "places" else {"LocationDocument"}
        assert {name for name, _ in found} <= allowed
        assert {field for _, field in found} <= {"latitude", "longitude"}


def _decimals(schemas: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, schema in schemas.items():
        for field, its in schema.get("properties", {}).items():
            if any(one.get("type") == "number" for one in (its, *its.get("anyOf", ()), its.get("items", {}))):
                yield name, field
