"""Digests: written fast, they are those of the library for RFC 8785."""

import json
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.ingest.building.pipeline import documents
from app.model.digests import POINT, canonical, document_digest
from app.model.documents import DOCUMENTS
from app.settings import ROOT
from tests import dossiers, sample
from tests.answers import body
from tests.conftest import load_seed, serving
from tests.sample import record

KEYS = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
LATITUDES = st.floats(-90, 90) | st.integers(-90, 90).map(float)
LONGITUDES = st.floats(-180, 180) | st.integers(-180, 180).map(float)
POINTS = st.fixed_dictionaries({"latitude": LATITUDES, "longitude": LONGITUDES})
NO_POINTS = st.just({"latitude": None, "longitude": None})
LOCATIONS = st.builds(lambda point, more: {**more, **point}, POINTS, st.dictionaries(KEYS, SCALARS))


@pytest.mark.heavy
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
    expected = rfc8785.dumps(document)
    assert canonical(document) == expected
    assert document_digest(document) == sha256(expected).hexdigest()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200, deadline=None)
@given(value=JSON)
@example(value={"x": 60.0})
@example(value={"x": [1e16, 1e-5, -0.0, 123456.789, 1e21]})
@example(value={"\ufb33": 1, "\U0001f600": 2})
@example(value={"x": 2**53})
@example(value=[float("nan")])
@example(value={"text": "\ud800"})
@example(value={1: "a key that is no text"})
@example(value={"day": date(2020, 1, 3)})
def test_any_value_is_canonical_or_refused(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except Exception:
        with pytest.raises(Exception):  # noqa: B017, PT011  # which one depends on who refuses
            canonical(value)
    else:
        assert canonical(value) == expected


def test_no_number_but_a_points_has_decimals() -> None:
    """README's rule says so, and `document_digest` looks nowhere else."""
    for resource, document in DOCUMENTS.items():
        schema = document.model_json_schema(mode="serialization")
        actual = {(name, field) for name, field in _decimals({resource: schema, **schema.get("$defs", {})})}
        allowed = {"places"} if resource == "places" else {"LocationDocument"}
        assert {name for name, _ in actual} <= allowed
        assert {field for _, field in actual} <= set(POINT)
        located = {name for name, field in schema["properties"].items() if "/LocationDocument" in str(field)}
        within = {name for name, model in schema.get("$defs", {}).items() if "/LocationDocument" in str(model)}
        assert located <= {"location"}
        assert not within, "a location stands in the document itself"


@pytest.mark.parametrize("dossier", ["shipped", "dam", "election"])
def test_records_have_the_digest_that_the_library_gives(dossier: str, tmp_path: Path) -> None:
    folder = ROOT / "seed" if dossier == "shipped" else dossiers.write(dossier, tmp_path)
    for resource, document in documents(folder):
        assert document_digest(document) == sha256(rfc8785.dumps(document)).hexdigest(), (resource, document["id"])


def _written(value: Any) -> Any:
    """A value as the README's rule has it: keys in order, and whole numbers without decimals."""
    if isinstance(value, dict):
        return {key: _written(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_written(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def test_the_rule_as_it_is_published_gives_the_digest(tmp_path: Path, database_url: str) -> None:
    """Also for a point at whole degrees, which JSON's writers have as 60.0."""
    assert "RFC 8785, which writes 60.0 as 60" in " ".join((ROOT / "README.md").read_text("utf-8").split())
    files = sample.small()
    place = record(files, "places.yaml", "orsa")
    place["coordinate"] |= {"latitude": "60", "longitude": "15.0"}
    load_seed(database_url, sample.write(files, tmp_path))
    lines: list[str] = []
    plain: list[str] = []
    with serving(database_url) as client:
        for entry in body(client, "/v1/changes?include=document&limit=500")["data"]:
            document = {name: entry["document"][name] for name in entry["document"].keys() - {"version", "changed_in"}}
            for actual, data in ((lines, _written(document)), (plain, document)):
                text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
                actual.append(f"{entry['type']}/{entry['id']} {sha256(text.encode()).hexdigest()}")
        published = body(client, "/v1/releases/1")["data"]["digest"]
    assert sha256("\n".join(sorted(lines)).encode()).hexdigest() == published
    assert sha256("\n".join(sorted(plain)).encode()).hexdigest() != published, "without the clause it would not be"


def _decimals(schemas: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, schema in schemas.items():
        for field, its in schema.get("properties", {}).items():
            if any(one.get("type") == "number" for one in (its, *its.get("anyOf", ()), its.get("items", {}))):
                yield name, field
