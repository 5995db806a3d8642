"""Assertions on responses that many tests share: bodies, ids, problem documents."""

from functools import cache
from typing import Any

from httpx2 import Headers
from starlette.testclient import TestClient

from app.ingest.dates import Days, effective_days
from app.ingest.pipeline import dossier
from app.ingest.rows import DATED
from app.settings import SEED


def body(client: TestClient, url: str) -> Any:
    """The JSON of a good answer."""
    response = client.get(url)
    assert response.status_code == 200, response.text
    return response.json()


_OF_ONE_REQUEST = {"cache-status", "server-timing", "x-request-id"}


def lasting(headers: Headers) -> dict[str, str]:
    """The headers that belong to an answer, without those of one request: its id, times, and whether memory had it."""
    return {name: value for name, value in headers.items() if name not in _OF_ONE_REQUEST}


def ids(client: TestClient, url: str) -> list[str]:
    """The ids of a list, in its order."""
    return [document["id"] for document in body(client, url)["data"]]


def problem(client: TestClient, url: str, status: int = 400) -> Any:
    """The problem document of a refusal, with the members that every one has."""
    response = client.get(url)
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    parsed = response.json()
    assert {"type", "title", "status", "detail", "instance"} <= set(parsed)
    assert (parsed["status"], parsed["instance"]) == (status, url.partition("?")[0])
    assert "Traceback" not in response.text
    assert "SELECT" not in response.text
    return parsed


def refused(client: TestClient, url: str) -> list[tuple[str, str | None]]:
    """The parameters that a 400 names, with the nearest valid name or value of each."""
    return [(error["parameter"], error["suggestion"]) for error in problem(client, url)["errors"]]


def days_taken(document: Any) -> tuple[str, str] | None:
    """The first and last day that filters and sorts take a record's date for; the shipped ones may have open ends."""
    when = document["date"]
    if not when:
        return None
    known = _limits().get(document["id"])
    return when["earliest"] or str(known and known.earliest), when["latest"] or str(known and known.latest)


@cache
def _limits() -> dict[str, Days]:
    shipped = dossier(SEED)
    published = next(iter(shipped.articles.values())).seed.published
    seeds = [entry.seed for resource in DATED for entry in shipped.records(resource).values()]
    return {seed.id: effective_days(seed.date, published) for seed in seeds if seed.date}
