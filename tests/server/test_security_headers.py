"""Every response has the security headers, whichever layer sends it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import Headers
from starlette.testclient import TestClient

from tests import every_fifth, extended_sample, sample
from tests.conftest import NewDatabase, load_seed, serving

ASKED = [
    ("GET", "/v1/incidents?limit=1", 200),
    ("HEAD", "/v1/incidents?limit=1", 200),
    ("OPTIONS", "/v1/incidents", 204),
    ("GET", "/v1/incidents/ferry-shooting", 200),
    ("GET", "/v1/incidents/ferry-incident", 308),
    ("GET", "/v1/incidents/ghost-ship", 410),
    ("GET", "/v1/incidents/nobody", 404),
    ("GET", "/v1/incidents?kidn=x", 400),
    ("POST", "/v1/incidents", 405),
    ("GET", "/v1/incidents.csv", 200),
    ("GET", "/v1/incidents.ndjson", 200),
    ("GET", "/v1/incidents.geojson", 200),
    ("GET", "/v1/incidents.atom", 200),
    ("GET", "/v1/dataset.zip", 206),
    ("GET", "/v1/dataset.zip?x=1", 400),
    ("GET", "/ogc/", 200),
    ("GET", "/openapi.json", 200),
    ("GET", "/healthz", 200),
    ("GET", "/readyz", 200),
    ("GET", "/static/page.css", 206),
    ("GET", "/static/swagger/swagger-ui.css", 206),
    ("GET", "/static/docs.html", 404),
    ("GET", "/static/templates/base.html", 404),
    ("GET", "/static/swagger/__init__.py", 404),
    ("GET", "/", 200),
    ("HEAD", "/", 200),
    ("GET", "/?kidn=x", 400),
    ("GET", "/docs", 200),
    ("GET", "/incidents/ferry-shooting", 200),
    ("GET", "/incidents/ghost-ship", 410),
    ("GET", "/incidents/nobody", 404),
    ("GET", "/favicon.ico", 200),
    ("GET", "/nothing", 404),
]


@pytest.fixture(scope="module")
def wider_client(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The service over a dossier with merged and removed records."""
    url = new_database()
    load_seed(url, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("wider")))
    with serving(url) as service:
        yield service


@every_fifth.parametrize(("method", "path", "status"), ASKED)
def test_every_response_has_the_security_headers(wider_client: TestClient, method: str, path: str, status: int) -> None:
    asked = {"Range": "bytes=0-9"} if status == 206 else {}
    answer = wider_client.request(method, path, headers=asked)
    assert answer.status_code == status
    _assert_protected(answer.headers)
    if answer.headers.get("content-type", "").startswith("text/html"):
        policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["content-security-policy"].split(";"))
        assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/v1/incidents?limit=1", "/", "/docs", "/static/page.css", "/openapi.json"])
def test_a_304_has_the_security_headers(wider_client: TestClient, path: str) -> None:
    tag = wider_client.get(path).headers["etag"]
    answer = wider_client.get(path, headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    _assert_protected(answer.headers)


def test_preflight_and_503_have_the_security_headers(wider_client: TestClient, tmp_path: Path) -> None:
    asked = {"Origin": "https://newsroom.example", "Access-Control-Request-Method": "GET"}
    _assert_protected(wider_client.options("/v1/incidents", headers=asked).headers)
    with serving(f"sqlite:///{tmp_path}/nothing.db") as away:
        answer = away.get("/v1/incidents")
        assert answer.status_code == 503
        _assert_protected(answer.headers)


def _assert_protected(headers: Headers) -> None:
    for name, value in PROTECTING.items():
        assert headers.get_list(name) == [value], name


PROTECTING = {
    "access-control-allow-origin": "*",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
