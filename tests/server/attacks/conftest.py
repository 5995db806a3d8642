"""A server with records of every sort, and a client that asks it whatever it is told to."""

import json
import re
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests import extended_sample, live, sample
from tests.conftest import NewDatabase, load_seed
from tests.ingest import interrupted_loads
from tests.live import ENDLESS
from tests.operations import reading
from tests.server import raw_http
from tests.server.raw_http import RawResponse

EVIL = "evil.example"
"""The host that requests would like answers to name."""

Operations = list[tuple[str, list[str]]]
"""Paths of all operations, with an id where they need one, and the names of their parameters."""


@pytest.fixture(scope="module")
def url(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with merged and removed records."""
    made = new_database()
    load_seed(made, sample.write(extended_sample.extended(), tmp_path_factory.mktemp("wider")))
    return made


@pytest.fixture(scope="module")
def before(url: str) -> str:
    return interrupted_loads.state(url)


@pytest.fixture(scope="module")
def base(url: str, before: str) -> Iterator[str]:
    with live.serving(url) as service:
        yield service


class Client:
    """Asks one thing after the other over one connection. It sends targets as they are."""

    def __init__(self, base: str) -> None:
        self._connection = HTTPConnection(urlsplit(base).netloc, timeout=raw_http.TIMEOUT_SECONDS)

    def get(self, target: str, **headers: str) -> RawResponse:
        self._connection.request("GET", target, headers={name.replace("_", "-"): headers[name] for name in headers})
        response = self._connection.getresponse()
        fields = tuple((name.lower(), value) for name, value in response.getheaders())
        return RawResponse(response.status, fields, response.read(), str(response.msg).encode())

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def client(base: str) -> Iterator[Client]:
    actual = Client(base)
    yield actual
    actual.close()


@pytest.fixture(scope="module")
def operations(client: Client) -> Operations:
    collected = []
    for path, operation in reading(json.loads(client.get("/openapi.json").body)).items():
        if path == ENDLESS:
            continue
        asked = [one["name"] for one in operation.get("parameters", []) if one["in"] == "query"]
        path = path.replace("{id}", "jon-berg" if "people" in path else "orsa")
        collected.append((re.sub(r"\{(number|base|head)\}", "1", re.sub(r"\{[xyz]\}", "0", path)), asked))
    return collected
