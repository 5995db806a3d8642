"""Parameters, paths and suffixes of other APIs: redirected, or answered with an error that names the equivalent."""

import json
from urllib.parse import quote

import pytest
import yaml
from starlette.testclient import TestClient

from app.api.links import MAX_LINK_BYTES
from app.api.parameters.records import list_model
from app.api.routes.representations import representations, suffixes
from app.api.suggestions.other_apis import PARAMETERS
from app.model.codebook import shipped
from app.model.date_notations import parse_date
from app.queries.filters import filters_under
from app.records import RECORD_TYPES
from tests import every_fifth
from tests.answers import body, problem, refused
from tests.conftest import create_tables, serving


def advice(client: TestClient, url: str) -> list[str]:
    """What a refusal says of each parameter, with the suggestion behind it."""
    return [f"{one['detail']} {one['suggestion']}" for one in problem(client, url)["errors"]]


@every_fifth.parametrize(
    ("query", "words"),
    [
        *((f"{name}=2", "`links.next` cursor") for name in ("page", "offset", "skip", "pageNumber", "page[number]")),
        *(
            (f"{name}=9", "`limit` limit")
            for name in ("per_page", "page_size", "pageSize", "$top", "size", "page[size]")
        ),
        *((f"{name}=date", "`sort=-KEY` sort") for name in ("order", "orderby", "$orderby", "sort_by", "ordering")),
        *((f"{name}=csv", "/v1/incidents.csv") for name in ("format", "f", "$format", "output")),
        *((f"{name}=title", "`fields=a,b` fields") for name in ("select", "$select", "columns", "props")),
        ("fields[incidents]=title", "fields"),
        *((f"{name}=people", "`include=a,b` include") for name in ("expand", "$expand", "embed", "_embed")),
        *((f"{name}=ferry", "`q` q") for name in ("search", "query", "text", "keywords")),
        *((f"{name}=x", "parameter of its own") for name in ("filter", "where", "$filter")),
        *((f"{name}=2019", "`A/B` datetime") for name in ("from", "to", "date", "start_date", "endDate", "year")),
        ("start=2019", "`datetime=A/B` `links.next` datetime"),
        ("since=2019", "`changed_since` datetime"),
        *((f"{name}=35", "longitude first near") for name in ("lat", "lon", "lng", "latitude", "geo")),
        ("radius=5", "`near=lon,lat` radius_km"),
        ("bounds=1,2,3,4", "minLon,minLat,maxLon,maxLat bbox"),
        *((f"{name}=Iraq", "place") for name in ("country", "province", "city")),
        *((f"{name}=killing", "kind") for name in ("type", "category", "event_type")),
        *((f"{name}=cts", "actor") for name in ("organization", "person", "org")),
        ("fatalities=5", "killed_at_least"),
        ("pretty=true", "json.tool"),
        ("callback=f", "any page"),
        ("api_key=x", "nothing is asked for"),
        ("ids=kubaiba-raid", "/v1/incidents/kubaiba-raid"),
        ("group_by=kind", "/v1/facets"),
        # The same parameter, written as others write it.
        *((f"{name}=killing", "kind") for name in ("Kind", "kind[]", "filter[kind]", "kind__in", "KIND")),
        ("dateTime=2019", "datetime"),
        ("datetime[gte]=2019", "datetime"),
        ("radius-km=5&near=44,35", "radius_km"),
    ],
)
def test_parameters_of_other_apis(client: TestClient, query: str, words: str) -> None:
    (actual,) = advice(client, f"/v1/incidents?{query}")
    assert all(word in actual for word in words.split(" ")), actual


@pytest.mark.parametrize("resource", RECORD_TYPES)
def test_no_habit_suggests_what_a_list_does_not_take(client: TestClient, resource: str) -> None:
    taken = filters_under(list_model(resource), shipped()).model_fields.keys()
    names = [name for name in PARAMETERS if name not in taken]
    for start in range(0, len(names), 20):
        query = "&".join(f"{name}=1" for name in names[start : start + 20])
        for name, suggestion in refused(client, f"/v1/{resource}?{query}"):
            assert suggestion is None or suggestion in taken, name


@pytest.mark.parametrize("query", ["page=2", "expand=people", "order=date"])
def test_a_whole_file_says_that_it_is_whole(client: TestClient, query: str) -> None:
    (actual,) = advice(client, f"/v1/incidents.csv?{query}")
    assert ("has no pages" in actual) is (query != "order=date")


@pytest.mark.parametrize(
    ("url", "parameter", "suggestion"),
    [
        ("/v1/incidents?sort=date:desc", "sort", "-date"),
        ("/v1/incidents?sort=date+desc", "sort", "-date"),
        ("/v1/incidents?sort=%2Bdate", "sort", "date"),
        ("/v1/incidents?sort=Title,ASC", "sort", "title"),
        ("/v1/casualties?group=Armed%20Group", "group", "armed_group"),
        ("/v1/people?anonymity=anonymous-with-reason", "anonymity", "anonymous_with_reason"),
        ("/v1/people?named=True", "named", "true"),
        ("/v1/people?named=no", "named", "false"),
        ("/v1/quotes?speaker=Al-Soofy", "speaker", "hassan-al-soofy"),
        ("/v1/quotes?speaker=al-soofi", "speaker", "hassan-al-soofy"),
        ("/v1/incidents?place=Khatuniya", "place", "khatuniya"),
        ("/v1/incidents?actor=CTS", "actor", "cts"),
        ("/v1/incidents?actor=ISIS", "actor", "islamic-state"),
        ("/v1/incidents?actor=isis", "actor", "islamic-state"),
        ("/v1/statements?about=Khatuniya", "about", "khatuniya"),
        ("/v1/people?organization=Counter%20Terrorism%20Service", "organization", "cts"),
        ("/v1/incidents?place=iraq,iran", "place", None),
        ("/v1/incidents?place=Atlantis", "place", None),
        ("/ogc/collections/incidents/items?datetime=2019-04", "datetime", "2019-04-01/2019-04-30"),
        ("/ogc/collections/incidents/items?datetime=April%2019,%202019", "datetime", "2019-04-19"),
        ("/ogc/collections/incidents/items?offset=100", "offset", "after"),
    ],
)
def test_values_as_others_write_them(client: TestClient, url: str, parameter: str, suggestion: str | None) -> None:
    assert refused(client, url) == [(parameter, suggestion)]


def test_every_wrong_id_is_named_at_once(client: TestClient) -> None:
    url = "/v1/incidents?place=Khatuniya&place=xyzzy&actor=CTS&parent=kubaiba"
    assert sorted(name for name, _ in refused(client, url)) == ["actor", "parent", "place", "place"]
    many = "&".join(f"place=none-{number}" for number in range(90))
    assert len(refused(client, f"/v1/incidents?{many}")) == 20


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("2019-04-19T00:00:00Z", "2019-04-19"),
        ("2019-04-19T00:00:00.000Z", "2019-04-19"),
        ("2019-04-19 12:00:00+00:00", "2019-04-19"),
        ("19.04.2019", "2019-04-19"),
        ("19. 4. 2019", "2019-04-19"),
        ("April 2019", "2019-04"),
        ("Apr. 2019", "2019-04"),
        ("19 April 2019", "2019-04-19"),
        ("april 19th, 2019", "2019-04-19"),
        ("2019/04/19", "2019-04-19"),
        ("20190419", "2019-04-19"),
        ("2019-4-9", "2019-04-09"),
        ("04/2019", "2019-04"),
        ("19/04/2019", "2019-04-19"),
        ("04/19/2019", "2019-04-19"),
        ("04/04/2019", "2019-04-04"),
        ("2019-08-10?", "2019-08-10"),
        ("2019-XX", "2019"),
        ("2019/", "2019/.."),
        ("/2019-04", "../2019-04"),
        ("2019-2020", "2019/2020"),
        ("2019-04..2019-05", "2019-04/2019-05"),
        ("1 March 2019 to 5 May 2019", "2019-03-01/2019-05-05"),
        ("2019-04-01T00:00:00Z/2019-04-30T23:59:59Z", "2019-04-01/2019-04-30"),
        # In doubt, or no date.
        ("03/04/2019", None),
        ("201904", None),
        ("31.04.2019", None),
        ("April", None),
        ("2019-13-01T00:00:00Z", None),
        ("2020/2019/2018", None),
        ("yesterday", None),
        ("/", None),
    ],
)
def test_dates_in_other_notations(client: TestClient, text: str, days: str | None) -> None:
    assert refused(client, f"/v1/incidents?datetime={quote(text)}") == [("datetime", days)]
    if days is not None:
        assert client.get(f"/v1/incidents?datetime={days}").status_code == 200
        assert parse_date(text) == days


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/v1/incidents/", "/v1/incidents"),
        ("/v1/Incidents", "/v1/incidents"),
        ("/v1/incident", "/v1/incidents"),
        ("/v1/incidents.json", "/v1/incidents"),
        ("/v1/INCIDENTS/?kind=killing&q=a+b", "/v1/incidents?kind=killing&q=a+b"),
        ("/V1/person/hassan-al-soofy", "/v1/people/hassan-al-soofy"),
        ("/v1/casualty", "/v1/casualties"),
        ("/v1/incidents/kubaiba-raid/", "/v1/incidents/kubaiba-raid"),
        ("/v1/incidents.CSV?kind=killing", "/v1/incidents.csv?kind=killing"),
        ("/v1/quotes.jsonl", "/v1/quotes.ndjson"),
        ("/v1/changes.json", "/v1/changes"),
        ("/v1/search/?q=x", "/v1/search?q=x"),
        ("/docs/", "/docs"),
        ("/ogc/collections/", "/ogc/collections"),
        ("/v1//incidents", "/v1/incidents"),
    ],
)
def test_an_address_written_otherwise_leads_on(client: TestClient, path: str, location: str) -> None:
    for answer in (client.get(path), client.head(path)):
        assert (answer.status_code, answer.headers["location"]) == (308, location)
        assert answer.headers["content-type"] == "application/problem+json"
    assert client.get(location).status_code == 200


def test_a_redirect_that_no_head_can_take_is_said_in_words(client: TestClient) -> None:
    refusal = problem(client, f"/v1/Incidents?q={'x' * MAX_LINK_BYTES}", 404)
    assert "/v1/incidents." in refusal["detail"]


@every_fifth.parametrize(
    ("path", "status", "meant"),
    [
        ("/v1/incidnets", 404, "/v1/incidents"),
        ("/v1/events", 404, "/v1/incidents"),
        ("/changes", 404, "/v1/changes"),
        ("/api/incidents", 404, "/v1/incidents"),
        ("/api/v1/incidents/kubaiba-raid", 404, "/v1/incidents/kubaiba-raid"),
        ("/v1/incidents/Kubaiba-Raid", 404, "/v1/incidents/kubaiba-raid"),
        ("/v1/people/Al-Soofy", 404, "/v1/people/hassan-al-soofy"),
        ("/v1/incidents.rss", 406, "/v1/incidents.atom"),
        ("/v1/places.xls", 406, "/v1/places.xlsx"),
        ("/redoc", 404, "/docs"),
        ("/swagger", 404, "/docs"),
        ("/swagger-ui/index.html", 404, "/docs"),
        ("/api", 404, "/v1"),
        ("/openapi.yml", 404, "/openapi.yaml"),
        ("/swagger.json", 404, "/openapi.json"),
        ("/health", 404, "/healthz"),
        ("/rss.xml", 404, "/v1/incidents.atom"),
        ("/v1/version", 404, "/v1/releases"),
    ],
)
def test_an_address_that_is_none_names_the_one_meant(client: TestClient, path: str, status: int, meant: str) -> None:
    assert f"Did you mean {meant}?" in problem(client, path, status)["detail"]
    assert client.get(meant).status_code == 200


@pytest.mark.parametrize("path", ["/nothing/at/all", "/v1/xyzzy", "/static/nothing.js", "/%5Cevil.example/"])
def test_what_nobody_can_guess_is_not_guessed(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 404
    assert "location" not in response.headers
    assert "Did you mean" not in response.text
    assert "/docs" in response.json()["detail"]


@pytest.mark.heavy
def test_the_index_leads_to_everything(client: TestClient) -> None:
    actual = body(client, "/v1")
    assert body(client, "/v1/") == actual
    lists = {one["name"]: one for one in actual["data"]["lists"]}
    assert set(lists) == {*RECORD_TYPES, "changes", "corrections"}
    for name, one in lists.items():
        media_types = [representations()[suffix].media_type for suffix in suffixes(name)]
        assert [entry["type"] for entry in one["formats"]] == media_types
        for entry in one["formats"]:
            answer = client.head(entry["url"])
            assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, entry["type"])
        if name in RECORD_TYPES:
            assert one["records"] == body(client, f"{one['url']}?limit=1")["meta"]["matched"]
    assert actual["data"]["release"] == body(client, "/v1/releases/1")["data"]
    needed = {"facets": "?of=incidents&facet=kind", "search": "?q=night"}
    for name, url in actual["links"].items():
        assert client.head(url + needed.get(name, "")).status_code == 200, name
    assert refused(client, "/v1?limit=1") == [("limit", None)]


def test_the_index_before_the_first_release(database_url: str) -> None:
    create_tables(database_url)
    with serving(database_url) as client:
        answer = body(client, "/v1")["data"]
    assert answer["release"] is None
    assert {one["records"] for one in answer["lists"]} == {0, None}


@pytest.mark.heavy
def test_the_description_as_yaml_is_the_description(client: TestClient) -> None:
    answer = client.get("/openapi.yaml")
    assert answer.headers["content-type"] == "application/yaml"
    assert b"&id0" not in answer.content
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    actual = yaml.load(answer.content, Loader=loader)
    assert json.loads(json.dumps(actual)) == client.get("/openapi.json").json()
