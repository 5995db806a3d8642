"""`facets` and `totals` on lists: the same answers as those of their own endpoints, in one request."""

from typing import Any
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from app.api.answers import lists
from app.model.compact_json import dump_json
from app.records import RECORD_TYPES
from tests.answers import body, every_facet, ids, problem, refused

FILTERS = {
    "articles": ["sort=id", "q=iraq"],
    "incidents": [
        "kind=joint_raid&kind=killing",
        "place=iraq&place_role=scene&datetime=2019",
        "q=raid",
        "bbox=42,34,45,36&killed_possibly=1",
        "actor=cts&contested=true",
        "kind=threat&q=nobodysaidthis",
    ],
    "places": ["within=iraq&place_basis=stated"],
    "people": ["named=false", "organization=cts"],
    "organizations": ["kind=militia"],
    "quotes": ["place=iraq"],
    "statements": ["datetime=2019&date_match=within"],
    "documents": ["kind=email"],
    "casualties": ["outcome=killed&place=iraq", "actor=cts&datetime=2019/..", "killed_at_least=1&q=raid"],
}


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        pytest.param(name, some, marks=() if number == 1 else pytest.mark.heavy)
        for name in RECORD_TYPES
        for number, some in enumerate(("count=auto", *FILTERS[name]))
    ],
)
def test_facets_are_those_of_their_endpoint(client: TestClient, name: str, filters: str) -> None:
    asked = "&".join(one for one in filters.split("&") if not one.startswith(("sort=", "count=")))
    facets = urlencode({**every_facet(name), "facet_limit": 3})
    page = client.get(f"/v1/{name}?{filters}&{facets.replace('facet=', 'facets=')}&limit=1")
    alone = body(client, f"/v1/facets?of={name}&{facets}&{asked}".rstrip("&"))
    assert page.status_code == 200, page.text
    assert list(page.json()["facets"]) == every_facet(name)["facet"].split(",")
    for facet, counts in alone["data"].items():
        assert f'"{facet}":{dump_json(counts)}' in page.text
    for member in ("matched", "not_judged", "release"):
        assert page.json()["meta"][member] == alone["meta"][member]


@pytest.mark.parametrize("filters", ["", *FILTERS["casualties"]])
def test_totals_of_claims_are_those_of_the_summary(client: TestClient, filters: str) -> None:
    _assert_same_totals(client, f"/v1/casualties?{filters}", f"/v1/casualties/summary?{filters}")


@pytest.mark.parametrize(
    "filters",
    ["", "kind=joint_raid&kind=killing", "place=iraq&place_role=scene&datetime=2019", "actor=cts&contested=true"],
)
def test_totals_of_incidents_are_those_of_the_summary(client: TestClient, filters: str) -> None:
    _assert_same_totals(client, f"/v1/incidents?{filters}", f"/v1/casualties/summary?{filters}")


@pytest.mark.parametrize(
    "filters",
    ["q=raid", "killed_at_least=3", "id=kubaiba-raid&id=kanoos-island-raid", "article=foltyn-us-iran-isis-2020"],
)
def test_totals_of_incidents_are_about_them(client: TestClient, filters: str) -> None:
    """By what incidents and claims have each of their own, the incidents are chosen. The claims about an incident
    without parts are those that the filter `incident` finds."""
    found = body(client, f"/v1/incidents?{filters}&limit=500")["data"]
    alone = [incident["id"] for incident in found if not incident["children"]][:90]
    assert alone
    chosen = "&".join(f"id={one}" for one in alone)
    about = "&".join(f"incident={one}" for one in alone)
    _assert_same_totals(client, f"/v1/incidents?{chosen}", f"/v1/casualties/summary?{about}", same_matched=False)
    claims = {claim["id"]: claim for incident in found for claim in incident["casualties"]}
    totals = body(client, f"/v1/incidents?{filters}&totals=true")["totals"]
    for total in totals:
        of_it = [one for one in claims.values() if one["outcome"] == total["by"]["outcome"]["value"]]
        assert total["claims"]["counted"] == sum(one["counted"] for one in of_it)
        assert total["claims"]["not_counted"] == sum(not one["counted"] for one in of_it)
    assert sum(total["claims"]["counted"] + total["claims"]["not_counted"] for total in totals) == len(claims)


def _assert_same_totals(client: TestClient, list_url: str, sums_url: str, *, same_matched: bool = True) -> None:
    page, sums = client.get(f"{list_url}&totals=true&limit=1"), body(client, sums_url)
    assert page.status_code == 200, page.text
    assert f'"totals":{dump_json(sums["data"]["totals"])},"links"' in page.text
    assert page.json()["meta"]["method"] == sums["meta"]["method"]
    if same_matched and "/casualties?" in list_url:
        assert page.json()["meta"]["matched"] == sums["meta"]["matched"]


def test_what_was_not_asked_for_is_not_there(client: TestClient) -> None:
    for query in ("limit=1", "limit=1&totals=false"):
        page = body(client, f"/v1/incidents?{query}")
        assert not {"facets", "totals"} & page.keys()
        assert "method" not in page["meta"]
    assert "totals" not in body(client, "/v1/incidents?facets=kind&limit=1")
    assert "facets" not in body(client, "/v1/incidents?totals=true&limit=1")


def test_facets_stand_beside_thin_records_and_what_is_included(client: TestClient) -> None:
    page = body(client, "/v1/incidents?fields=title&include=places&facets=kind&totals=true&limit=2&lang=ar")
    assert list(page) == ["data", "fields", "included", "facets", "totals", "links", "meta"]
    assert page["data"][0].keys() == {"id", "type", "url", "title"}


def test_labels_are_in_the_language_that_is_asked_for(client: TestClient) -> None:
    for url, alone in (
        ("/v1/incidents?facets=kind", "/v1/facets?of=incidents&facet=kind"),
        ("/v1/incidents?totals=true", "/v1/casualties/summary?group_by=outcome"),
    ):
        for query, sent, language, varies in (
            ("", "ar", "ar", True),
            ("", "fr, en;q=0.5", "en", True),
            ("&lang=ar", "en", "ar", False),
            ("&lang=fr", "ar", "en", False),
        ):
            answer, other = (client.get(one + query, headers={"Accept-Language": sent}) for one in (url, alone))
            assert answer.headers["Content-Language"] == other.headers["Content-Language"] == language
            assert ("Accept-Language" in answer.headers["Vary"]) is varies
            counted = other.json()["data"]
            key = "facets" if "facets" in url else "totals"
            assert answer.json()[key] == (counted if key == "facets" else counted["totals"])
    plain = client.get("/v1/incidents?limit=1", headers={"Accept-Language": "ar"})
    assert "Accept-Language" not in plain.headers["Vary"]


def test_what_is_counted_is_counted_however_many_there_are(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_EXACT_COUNT", 2)
    url = "/v1/incidents?datetime=2019&kind=killing&limit=1"
    assert body(client, url)["meta"]["matched"] is None
    counted = body(client, f"{url}&count=exact")["meta"]
    for more in ("facets=year", "facets=place", "totals=true"):
        meta = body(client, f"{url}&{more}")["meta"]
        assert [meta[one] for one in ("matched", "not_judged")] == [counted[one] for one in ("matched", "not_judged")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("facets=kind", "facets=month"),
        ("facets=kind", "facets=kind,month"),
        ("facets=kind", "facets=kind&totals=true"),
        ("totals=true", "facets=kind"),
        ("sort=id", "totals=true&sort=id"),
        ("sort=id", "facets=kind&sort=id"),
        ("facets=kind", "facets=kind&sort=title"),
        ("facets=kind", "facets=kind&kind=killing"),
        ("facets=kind", "sort=title"),
    ],
)
def test_a_cursor_belongs_to_its_facets(client: TestClient, first: str, second: str) -> None:
    cursor = body(client, f"/v1/incidents?{first}&limit=1")["meta"]["next_cursor"]
    url = f"/v1/incidents?{second}&limit=1&cursor={cursor}"
    assert refused(client, url) == [("cursor", None)]
    assert problem(client, url)["type"] == "/problems/bad-cursor"


def test_further_pages_need_not_count_again(client: TestClient) -> None:
    whole = ids(client, "/v1/incidents?limit=6&sort=title")
    first = body(client, "/v1/incidents?limit=2&sort=title&facets=month,kind&totals=true")
    for query in ("", "&facets=kind,month&totals=true"):
        second = body(client, f"/v1/incidents?limit=2&sort=title&cursor={first['meta']['next_cursor']}{query}")
        assert [document["id"] for document in second["data"]] == whole[2:4]
        assert ("facets" in second) is bool(query)
        assert ids(client, second["links"]["next"]) == whole[4:]
        assert ids(client, second["links"]["prev"]) == whole[:2]


def test_other_formats_do_not_count(client: TestClient) -> None:
    page = body(client, "/v1/incidents?facets=kind&totals=true&kind=killing&limit=1")
    for name in ("csv", "geojson", "ndjson", "atom", "feed_json"):
        assert "facets" not in page["links"][name]
        assert "totals" not in page["links"][name]
        assert "kind=killing" in page["links"][name]
        assert client.get(page["links"][name]).status_code == 200
    for suffix in (".csv", ".ndjson", ".geojson", ".atom", ".feed.json"):
        for parameter in ("facets=kind", "totals=true"):
            name = parameter.partition("=")[0]
            assert refused(client, f"/v1/incidents{suffix}?{parameter}") == [(name, None)]


@pytest.mark.parametrize(
    ("url", "parameter", "suggestion"),
    [
        ("/v1/incidents?facets=knid", "facets", "kind"),
        ("/v1/incidents?facets=", "facets", None),
        ("/v1/incidents?facet=kind", "facet", "facets"),
        ("/v1/facets?of=incidents&facet=kind&facets=kind", "facets", "facet"),
        ("/v1/incidents?totals=1", "totals", "true"),
        ("/v1/quotes?totals=true", "totals", "count"),
        ("/v1/incidents/kubaiba-raid?facets=kind", "facets", None),
        ("/v1/incidents?limit=0&facets=kind", "limit", None),
    ],
)
def test_a_mistake_in_counts_beside_a_list_names_its_parameter(
    client: TestClient, url: str, parameter: str, suggestion: str | None
) -> None:
    assert refused(client, url) == [(parameter, suggestion)]


def test_types_of_the_client_know_what_is_counted(client: TestClient) -> None:
    types = client.get("/client.d.ts").text
    page = _interface(types, "IncidentPage")
    assert "facets?: IncidentsFacetCounts;" in page
    assert "totals?: Sum[];" in page
    assert "totals" not in _interface(types, "QuotePage")
    assert "kind?: FacetCounts;" in _interface(types, "IncidentsFacetCounts")


def _interface(types: str, name: str) -> Any:
    return types[types.index(f"export interface {name} ") :].partition("\n}")[0]
