"""`meta.extent`: the box and the days of all records that match, on whatever page."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.api.answers import lists
from app.counts import archives
from app.ingest.release import release_writing
from app.records import RECORD_TYPES
from tests import sample
from tests.answers import body
from tests.conftest import load_seed, serving
from tests.dam import claim, dossier, incident

Json = dict[str, Any]


def days(dates: Iterable[Json | None]) -> tuple[str | None, str | None]:
    """The first and last of the days that dates state."""
    stated = [day for one in dates if one for day in (one["earliest"], one["latest"]) if day]
    return min(stated, default=None), max(stated, default=None)


def box(points: Iterable[Json | None]) -> list[float] | None:
    """The box around places that have a point."""
    located = [one for one in points if one and one["latitude"] is not None]
    if not located:
        return None
    longitudes, latitudes = [one["longitude"] for one in located], [one["latitude"] for one in located]
    return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]


FILTERS = [
    *("", "kind=joint_raid", "datetime=2019", "place=iraq", "has_location=false", "bbox=42.5,34.5,44,36.5", "q=raid"),
    *("actor=cts&killed_possibly=1", "q=nobodysaidthis", "parent=kubaiba-raid", "contested=true"),
]


@pytest.mark.parametrize("query", FILTERS)
def test_incidents_and_their_claims(client: TestClient, query: str) -> None:
    incidents = {one["id"]: one for one in body(client, "/v1/incidents?limit=500")["data"]}
    for resource in ("incidents", "casualties"):
        page = body(client, f"/v1/{resource}?limit=500&{query}")
        whose = [one["incident"]["id"] if resource == "casualties" else one["id"] for one in page["data"]]
        first, last = days(incidents[id_]["date"] for id_ in whose)
        wanted = {"bbox": box(incidents[id_]["location"] for id_ in whose), "earliest": first, "latest": last}
        assert page["meta"]["extent"] == wanted
        if page["data"]:
            assert body(client, f"/v1/{resource}?limit=1&{query}")["meta"]["extent"] == wanted
        points = body(client, f"/v1/{resource}.geojson?{query}")
        assert points.get("bbox") == wanted["bbox"]


def test_places_have_a_box_statements_have_days_others_neither(client: TestClient) -> None:
    places = body(client, "/v1/places?limit=500&kind=village")
    assert places["meta"]["extent"] == {"bbox": box(places["data"]), "earliest": None, "latest": None}
    assert places["meta"]["extent"]["bbox"]
    statements = body(client, "/v1/statements?limit=500&contested=true")
    first, last = days(one["date"] for one in statements["data"])
    assert statements["meta"]["extent"] == {"bbox": None, "earliest": first, "latest": last}
    assert first
    quotes = body(client, "/v1/quotes?limit=1")["meta"]["extent"]
    incidents = body(client, "/v1/incidents?limit=1")["meta"]["extent"]
    assert incidents["earliest"] <= quotes["earliest"] < quotes["latest"] <= incidents["latest"]
    assert quotes["bbox"] is None
    for resource in RECORD_TYPES.keys() - {"incidents", "casualties", "places", "statements", "quotes"}:
        found = body(client, f"/v1/{resource}?limit=1")["meta"]["extent"]
        assert found == {"bbox": None, "earliest": None, "latest": None}


def test_the_days_are_those_of_all_pages(client: TestClient) -> None:
    url, extents = "/v1/incidents?limit=9&kind=joint_raid&kind=killing&sort=title", set()
    while url:
        page = body(client, url)
        extents.add(str(page["meta"]["extent"]))
        url = page["links"].get("next", "")
    assert len(extents) == 1


def test_where_counting_takes_long_it_is_asked_for(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_EXACT_COUNT", 5)
    for query in ("sort=title", "kind=joint_raid&sort=title"):
        assert body(client, f"/v1/incidents?{query}")["meta"]["extent"] is None
        exact = body(client, f"/v1/incidents?{query}&count=exact")["meta"]
        assert exact["extent"]["earliest"]
        assert exact["matched"]


def test_lists_with_counts_beside_them_have_it_too(client: TestClient) -> None:
    plain = body(client, "/v1/incidents?kind=joint_raid")["meta"]["extent"]
    assert body(client, "/v1/incidents?kind=joint_raid&facets=kind&totals=true")["meta"]["extent"] == plain


def test_the_extent_of_all_is_that_of_the_newest_release(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in arrays, it is made once for a release. Claims have the days of their incidents, which alone change."""
    for module in (archives, release_writing):
        monkeypatch.setattr(module, "MIN_RECORDS", 0)
    claims = [claim(f"claim-{number}") for number in range(2)]
    incidents = [
        incident(f"incident-{number}", one, date={"edtf": f"202{number}-05-01"}) for number, one in enumerate(claims)
    ]
    load_seed(database_url, sample.write(dossier(*incidents), tmp_path / "first"))
    with serving(database_url) as client:
        assert _bounds_of_all(client) == {("2020-05-01", "2021-05-01")}
        incidents[1]["date"]["edtf"] = "2022-08-09"
        load_seed(database_url, sample.write(dossier(*incidents), tmp_path / "second"))
        assert _bounds_of_all(client) == {("2020-05-01", "2022-08-09")}


def _bounds_of_all(client: TestClient) -> set[tuple[str, str]]:
    extents = [body(client, f"/v1/{name}?limit=1")["meta"]["extent"] for name in ("incidents", "casualties")]
    return {(one["earliest"], one["latest"]) for one in extents}
