"""The header fields of answers against their documentation: none is sent that is not documented, or the other way."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.ingest.release.loading import load
from app.storage.database import Database
from tests import sample
from tests.conftest import NewDatabase, load_seed, serving
from tests.live import ENDLESS, eventually
from tests.operations import reading

Json = dict[str, Any]

HTTPS_OWN = {"connection", "content-encoding", "content-length", "content-type", "date", "transfer-encoding"}
"""The header fields that carry the body, and say nothing of it."""

LATER = "Fri, 01 Jan 2100 00:00:00 GMT"
"""When the newest release is the newest still, so that answers say of which time they are."""

ASKED = [
    {},
    {},  # from memory
    {"Accept-Encoding": "identity"},
    {"Range": "bytes=0-9"},
    {"Range": "bytes=0-9,20-29"},
    {"Accept-Datetime": LATER},
    {"Accept-Datetime": LATER, "Range": "bytes=0-9"},
]

IN_PATHS = {"version": "1", "z": "0", "x": "0", "y": "0", "base": "1", "head": "2"}
"""Values of parameters in paths that name no record of a list."""

OF_MIRRORS = {"dateline-origin"}
"""Documented fields that a copy of another service sends alone (`ingest/test_mirrors.py`)."""


@pytest.fixture(scope="module")
def edited(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over the small article in two releases, so that everything that has pages has two."""
    url, files = new_database(), sample.small() | {"documents.yaml": [sample.letter()]}
    load_seed(url, sample.write(files, tmp_path_factory.mktemp("first")))
    for records in files.values():
        for record in records if isinstance(records, list) else [records]:
            record["note"] = "Looked at once more."
            for claim in record.get("casualties", []):
                claim["note"] = "Looked at once more."
    files["codebook.yaml"] = {"place.kind": {"values": {"moor": {"label": "moor", "meaning": "wet ground"}}}}
    database = Database(url)
    load(sample.write(files, tmp_path_factory.mktemp("second")), database)
    database.close()
    with serving(url) as client:
        # The second release is one second later than the first, and for so long ahead of the clock.
        assert eventually(lambda: "last-modified" in client.get("/v1/incidents").headers)
        yield client


IN_MEMORY = {"cache-status", "server-timing"}
"""Fields of answers that may come from memory, which has no room for large ones."""


def address(client: TestClient, path: str, operation: Json) -> tuple[str, Json]:
    """A path with an id in it and the parameters that it needs."""
    needed: Json = {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] == "path" and parameter["name"] in IN_PATHS:
            path = path.replace(f"{{{parameter['name']}}}", IN_PATHS[parameter["name"]])
        elif parameter["in"] == "path":
            records = client.get(path.split("/{")[0]).json()["data"]
            path = path.replace(f"{{{parameter['name']}}}", str(records[0].get("id", records[0].get("number"))))
        elif path.endswith("/preview"):
            needed["id"] = "places/orsa"
        elif path.startswith("/v1/cite") and parameter["name"] == "url":
            needed["url"] = "/v1/incidents"
        elif parameter["required"]:
            example = parameter["schema"]["examples"][0]
            needed[parameter["name"]] = ",".join(example) if isinstance(example, list) else example
        elif parameter["name"] == "lang":
            needed["lang"] = "ar"
        elif parameter["name"] == "limit":
            needed["limit"] = 1
    return path, needed


def resolved(document: Json, header: Json) -> Json:
    return document["components"]["headers"][header["$ref"].rpartition("/")[2]] if "$ref" in header else header


@pytest.mark.heavy
def test_header_fields_are_those_that_are_documented(edited: TestClient) -> None:
    document = edited.get("/openapi.json").json()
    for path, operation in reading(document).items():
        if path == ENDLESS:
            continue
        url, parameters = address(edited, path, operation)
        sent: dict[str, set[str]] = {}
        chosen = {"lang": "ar"} if any(one["name"] == "lang" for one in operation.get("parameters", ())) else {}
        for headers in ASKED:
            answer = edited.get(url, params=parameters | chosen, headers=headers)
            status, names = str(answer.status_code), {name.lower() for name in answer.headers} - HTTPS_OWN
            assert status in ("200", "206"), f"{answer.url}: {answer.text}"
            documented = operation["responses"][status]["headers"]
            required = {name.lower() for name, one in documented.items() if resolved(document, one).get("required")}
            assert required <= names, f"{answer.url} {headers} lacks {sorted(required - names)}"
            sent.setdefault(status, set()).update(names)
        for status, names in sent.items():
            if path == "/v1/dataset.zip" and status == "200":  # with Parquet in it, it is too large for memory
                names |= IN_MEMORY
            described = {name.lower() for name in operation["responses"][status]["headers"]}
            assert names == described - OF_MIRRORS, f"{path} {status}"
        assert sent.keys() == operation["responses"].keys() & {"200", "206"}, path


def test_each_header_field_says_what_it_is_for(edited: TestClient) -> None:
    document = edited.get("/openapi.json").json()
    used = set()
    for operation in reading(document).values():
        for status in operation["responses"].keys() & {"200", "206"}:
            headers = operation["responses"][status]["headers"]
            used |= {name for name, one in headers.items() if "$ref" in one}
    assert used == document["components"]["headers"].keys()
    for name, header in document["components"]["headers"].items():
        assert len(header["description"]) > 8, name
    release = edited.get("/v1/incidents").headers["dateline-release"]
    assert document["components"]["headers"]["Dateline-Release"]["schema"] == {"type": "integer"}
    assert int(release) == 2


def test_what_is_in_a_page_of_another_origin_is_exposed(edited: TestClient) -> None:
    """Scripts on other origins can read every documented field that is about the answer."""
    document = edited.get("/openapi.json").json()
    exposed = set(edited.get("/v1/incidents").headers["access-control-expose-headers"].split(", "))
    of_browsers = {
        "Access-Control-Allow-Origin",
        "Access-Control-Expose-Headers",
        "Cache-Control",  # may be read always
        "Content-Language",  # as well
        "Referrer-Policy",
        "Timing-Allow-Origin",
        "Vary",
        "X-Content-Type-Options",
    }
    assert document["components"]["headers"].keys() - exposed == of_browsers
