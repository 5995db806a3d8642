"""Assertions on responses that many tests share: bodies, ids, problem documents."""

from typing import Any

from httpx2 import Headers
from starlette.testclient import TestClient

from app.records import RECORD_TYPES


def body(client: TestClient, url: str) -> Any:
    """The JSON of a good answer."""
    response = client.get(url)
    assert response.status_code == 200, response.text
    return response.json()


def every_facet(name: str) -> dict[str, str]:
    """All facets of a list as `facet` or `facets` takes them, joined, with the zoom that a grid needs; but days, of
    which the shipped article has too many."""
    names = [facet for facet in RECORD_TYPES[name].facets if facet != "day"]
    return {"facet": ",".join(names), **({"z": "6"} if "grid" in names else {})}


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
    """The first and last day that filters and sorts take a record's date for: those assumed where it is open."""
    when = document["date"]
    if not when:
        return None
    assumed = when["assumed"] or {}
    return when["earliest"] or assumed.get("earliest") or "0001-01-01", when["latest"] or assumed["latest"]
