"""Answers have the documented shape to the last key, whatever the reporting leaves open."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from app.api.schemas.envelopes import DETAILS, PAGES, Codebook
from app.ingest.building.pipeline import documents
from app.model.codebook import shipped
from app.model.documents import DOCUMENTS, check
from tests import extended_sample, sample
from tests.answers import body
from tests.bench import invention
from tests.conftest import NewDatabase, load_seed, serving


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    url = new_database()
    load_seed(url, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("shapes")))
    with serving(url) as service:
        yield service


def test_every_document_is_what_its_model_says(tmp_path: Path) -> None:
    """Those of a long file are not all compared when they are loaded."""
    invention.write(tmp_path / "seed", 1_000)
    collected: Counter[str] = Counter()
    for resource, data in documents(tmp_path / "seed"):
        check(resource, data, shipped())
        of_the_release = {"version", "changed_in"}
        assert list(data) == [key for key in DOCUMENTS[resource].model_fields if key not in of_the_release]
        collected[resource] += 1
    assert collected["incidents"] == collected["quotes"] == 1_000
    assert collected["casualties"] > 1_000
    with pytest.raises(ValidationError):
        check(resource, {**data, "note": 1}, shipped())


_FILES = {one: f".{one}" for one in ("csv", "ndjson", "jsonld", "xlsx", "parquet", "arrow")}
_FEEDS = {"atom": ".atom", "feed_json": ".feed.json"}
FORMATS = {
    **dict.fromkeys(DOCUMENTS, _FILES),
    "incidents": {**_FILES, "geojson": ".geojson", **_FEEDS},
    "places": {**_FILES, "geojson": ".geojson"},
    "casualties": {**_FILES, "geojson": ".geojson"},
    "quotes": {**_FILES, **_FEEDS},
}
"""The links of each list to its other formats, and their suffixes."""


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_lists_and_records(client: TestClient, desk: TestClient, resource: str) -> None:
    """Reading an answer through its documented shape and writing it again changes nothing: no key is missing, none is
    undocumented, no value is of another type."""
    for service in (client, desk):
        page = body(service, f"/v1/{resource}?limit=500")
        written = PAGES[resource].model_validate(page, strict=False).model_dump(mode="json")
        assert [written.pop(absent, None) for absent in ("included", "facets", "totals")] == [None, None, None]
        assert [written["meta"].pop(absent, None) for absent in ("method", "origin")] == [None, None]
        assert [written["links"].pop(absent) for absent in ("next", "prev", "included")] == [None, None, None]
        assert written == page
        assert len(page["data"]) == page["meta"]["matched"] > 0
        for document in page["data"]:
            assert (document["type"], document["url"]) == (
                page["data"][0]["type"],
                f"/v1/{resource}/{document['id']}",
            )
            assert set(document) == set(DOCUMENTS[resource].model_fields)
        for document in page["data"][:5]:
            alone = body(service, document["url"])
            written = DETAILS[resource].model_validate(alone).model_dump(mode="json")
            assert written.pop("included") is None
            assert written["links"].pop("included") is None
            assert written["meta"].pop("origin") is None
            links = {"self": document["url"], "permanent": f"{document['url']}?release=1"}
            assert written == alone == {"data": document, "links": links, "meta": {"release": 1}}


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_an_empty_list_has_the_shape_too(client: TestClient, resource: str) -> None:
    page = body(client, f"/v1/{resource}?q=nobodysaidthis")
    assert page == {
        "data": [],
        "links": {
            "self": f"/v1/{resource}?q=nobodysaidthis",
            "permanent": f"/v1/{resource}?q=nobodysaidthis&release=1",
            **{key: f"/v1/{resource}{suffix}?q=nobodysaidthis" for key, suffix in FORMATS[resource].items()},
        },
        "meta": {
            "release": 1,
            "matched": 0,
            "not_judged": {"location": None, "date": None, "casualties": None, "exclusion": None},
            "extent": {"bbox": None, "earliest": None, "latest": None},
            "returned": 0,
            "next_cursor": None,
            "prev_cursor": None,
            "did_you_mean": None,
        },
    }


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_every_key_is_documented_as_always_present(client: TestClient, resource: str) -> None:
    schemas = body(client, "/openapi.json")["components"]["schemas"]
    schema = schemas[DOCUMENTS[resource].__name__]
    assert set(schema["required"]) == set(schema["properties"]) == set(DOCUMENTS[resource].model_fields)


def test_not_stated_is_null(desk: TestClient) -> None:
    boat = body(desk, "/v1/incidents/boat-stopped")["data"]
    assert (boat["date"], boat["location"], boat["outcome"], boat["parent"]) == (None, None, None, None)
    assert boat["totals"] == dict.fromkeys(shipped().values("casualty.outcome"))
    assert [(actor["type"], actor["id"]) for actor in boat["actors"]] == [
        ("organization", "night-patrol"),
        ("unidentified", None),
    ]
    guard = body(desk, "/v1/people/guard")["data"]
    assert (guard["name"], guard["label"], guard["age"]) == (None, "Guard on the river", None)
    skarn = body(desk, "/v1/places/skarn")["data"]
    assert (skarn["latitude"], skarn["longitude"], skarn["coordinate"]) == (None, None, None)


def test_sums_take_sides_with_nobody(desk: TestClient) -> None:
    """A missing lower bound adds nothing, an open upper bound leaves the sum open, a claim not counted stays out."""
    totals = {
        incident["id"]: {key: value for key, value in incident["totals"].items() if value}
        for incident in body(desk, "/v1/incidents")["data"]
    }
    certain = {"in_dispute": 0, "parts": None}
    assert totals == {
        "ferry-shooting": {
            "killed": {"low": 2, "high": 2, "best": 2, **certain},
            "wounded": {"low": 3, "high": None, "best": None, **certain},
            "detained": {
                **dict.fromkeys(("low", "high", "best", "in_dispute")),
                "parts": {"low": 1, "high": 1, "best": 1},
            },
        },
        "mill-search": {"detained": {"low": 1, "high": 1, "best": 1, **certain}},
        "boat-stopped": {},
        "lamp-out": {
            "abducted": {"low": 0, "high": 4, "best": None, **certain},
            "displaced": {"low": 5, "high": None, "best": None, **certain},
            "removed": {"low": 1, "high": 3, "best": None, **certain},
            "casualties": {"low": 0, "high": None, "best": None, **certain},
        },
    }


def test_the_codebook_has_the_shape_that_is_documented(client: TestClient) -> None:
    answer = body(client, "/v1/codebook")
    written = Codebook.model_validate(answer).model_dump(mode="json")
    assert written["meta"].pop("origin") is None
    assert written == answer
