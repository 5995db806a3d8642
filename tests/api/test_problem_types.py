"""Code tells problems apart by their types: each is the path of a page, and stands in the OpenAPI document."""

import re
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.api.openapi import describe
from app.main import create_app
from app.problems import ProblemDocument
from app.problems.types import PROBLEM_TYPES
from app.settings import Settings
from tests import extended_sample, sample
from tests.answers import body, problem
from tests.conftest import load_seed, serving

HTML = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
"""What a browser sends that follows a link."""

KINDS = [
    ("kidn=killing", "unknown-parameter"),
    ("kind=picnic", "bad-value"),
    ("limit=0", "bad-value"),
    ("near=44,91", "bad-value"),
    ("radius_km=5", "missing-parameter"),
    ("limit=1&limit=2", "repeated-parameter"),
    ("&".join(f"place=a{number}" for number in range(101)), "too-many-values"),
    ("place=nowhere-at-all", "no-such-record"),
    ("cursor=damaged", "bad-cursor"),
    ("changed_since=9999", "future-release"),
]


@pytest.mark.parametrize(("query", "name"), KINDS)
def test_each_mistake_in_a_query_has_its_type(client: TestClient, query: str, name: str) -> None:
    found = problem(client, f"/v1/incidents?{query}")
    assert [found["type"]] == [error["type"] for error in found["errors"]] == [f"/problems/{name}"]
    assert client.get(found["type"]).status_code == 200


def test_the_problem_is_of_the_type_of_its_first_error(client: TestClient) -> None:
    found = problem(client, "/v1/incidents?kind=picnic&cursr=x&limit=1&limit=2")
    kinds = [error["type"] for error in found["errors"]]
    assert len(set(kinds)) == 3
    assert found["type"] == kinds[0]
    assert found["detail"].startswith(found["errors"][0]["detail"])


@pytest.mark.parametrize(
    ("url", "status", "name"),
    [
        ("/v1/facets?facet=kind", 400, "missing-parameter"),
        ("/v1/search", 400, "missing-parameter"),
        ("/v1/incidents/nowhere", 404, "no-such-record"),
        ("/v1/releases/99", 404, "no-such-record"),
        ("/v1/nothing", 404, "no-such-path"),
        ("/problems/nothing", 404, "no-such-path"),
        ("/v1/incidents/a%2Fb", 404, "no-such-path"),
        ("/v1/incidents.docx", 406, "not-acceptable"),
    ],
)
def test_each_problem_has_its_type(client: TestClient, url: str, status: int, name: str) -> None:
    response = client.get(url)
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{name}")


def test_a_removed_record_is_told_apart_from_one_that_never_was(database_url: str, tmp_path: Path) -> None:
    load_seed(database_url, sample.write(extended_sample.extended(), tmp_path))
    with serving(database_url) as client:
        assert problem(client, "/v1/incidents/ghost-ship", 410)["type"] == "/problems/removed"
        assert problem(client, "/v1/quotes?incident=ghost-ship")["type"] == "/problems/removed"
        assert problem(client, "/v1/quotes?incident=never-there")["type"] == "/problems/no-such-record"


def test_every_type_has_a_page_and_stands_in_the_list_of_them(client: TestClient) -> None:
    listed = client.get("/problems").text
    for one in PROBLEM_TYPES:
        page = client.get(one.uri)
        assert page.headers["content-type"].startswith("text/html")
        assert "default-src" in str(page.headers)
        for text in (one.title, one.uri, *re.split("`[^`]+`", one.explanation), *re.split("`[^`]+`", one.remedy)):
            assert text.strip() in unescape(page.text)
            assert text.strip() in unescape(listed)
    assert body(client, "/v1")["links"]["problems"] == "/problems"


@pytest.mark.heavy
def test_types_are_documented() -> None:
    schemas = describe(create_app(Settings(database_url="sqlite://")))["components"]["schemas"]
    assert schemas["Problem"]["properties"]["type"]["enum"] == [one.uri for one in PROBLEM_TYPES]
    in_errors = {one.uri for one in PROBLEM_TYPES if 400 in one.statuses} - {"/problems/bad-request"}
    assert set(schemas["ParameterError"]["properties"]["type"]["enum"]) == in_errors


@pytest.mark.parametrize(
    ("url", "status", "words", "back"),
    [
        ("/nothing", 404, "There is nothing at /nothing.", "/docs"),
        ("/v1/quotes/nothing-here", 404, "There is no quote 'nothing-here'.", "/v1/quotes"),
        ("/v1/incidents?kidn=killing&limit=0", 400, "Did you mean 'kind'?", "/v1/incidents"),
        ("/v1/incidents?kind=<b>x", 400, "has no value '<b>x'", "/v1/incidents"),
        ("/ogc/collections/people", 404, "There is no such collection.", "/ogc/collections"),
        ("/v1/incidents.docx", 406, "There is no such representation", "/v1/incidents.geojson"),
    ],
)
def test_a_browser_that_got_lost_gets_a_page(client: TestClient, url: str, status: int, words: str, back: str) -> None:
    page = client.get(url, headers=HTML)
    assert page.status_code == status
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "Accept" in page.headers["vary"]
    assert page.headers["cache-control"] == "no-store"
    assert words in unescape(page.text)
    assert f'href="{back}"' in page.text
    assert "<b>x" not in page.text
    uri = client.get(url).json()["type"]
    assert f'href="{uri}"' in page.text
    assert "Accept" in client.get(url).headers["vary"]


def test_whoever_does_not_prefer_a_page_gets_the_document(client: TestClient) -> None:
    for accepted in (
        "*/*",
        "application/json",
        "text/html;q=0.5, application/json",
        "image/avif,image/*,*/*;q=0.8",
        "",
    ):
        found = client.get("/v1/nothing", headers={"Accept": accepted})
        assert found.headers["content-type"] == "application/problem+json", accepted
        ProblemDocument.model_validate(found.json())


def test_links_in_a_page_lead_into_this_service_alone(client: TestClient) -> None:
    page = client.get("/ //elsewhere.example/v1 /v1//elsewhere.example", headers=HTML).text
    assert all(not link.startswith(("//", "http")) for link in re.findall('href="([^"]*)"', page))


FORMATS = {
    "text/csv": "/v1/incidents.csv?kind=killing",
    "application/x-ndjson": "/v1/incidents.ndjson?kind=killing",
    "application/geo+json": "/v1/incidents.geojson?kind=killing",
    "application/vnd.apache.parquet": "/v1/incidents.parquet?kind=killing",
    "application/vnd.apache.arrow.stream": "/v1/incidents.arrow?kind=killing",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "/v1/incidents.xlsx?kind=killing",
    "application/atom+xml": "/v1/incidents.atom?kind=killing",
    "application/feed+json": "/v1/incidents.feed.json?kind=killing",
}


LED_ON = {"application/ld+json": "/v1/incidents.jsonld?kind=killing"}
"""Whoever asks for it is led on by a redirect instead of a problem."""


@pytest.mark.parametrize("accepted", [*FORMATS, "text/*"])
def test_accept_of_another_format_is_told_where_it_is(client: TestClient, accepted: str) -> None:
    url = "/v1/incidents?kind=killing&limit=7"
    for headers in ({"Accept": accepted}, {"Accept": f"{accepted};q=0.5, image/png"}):
        refusal = client.get(url, headers=headers)
        assert (refusal.status_code, refusal.headers["content-type"]) == (406, "application/problem+json")
        path = FORMATS.get(accepted, FORMATS["text/csv"])
        assert f"it is at {path}" in refusal.json()["detail"]
        there = {one["type"]: one["url"] for one in refusal.json()["alternates"]}
        assert there == {
            "application/json": "/v1/incidents?kind=killing&limit=7",
            **FORMATS,
            **LED_ON,
            **_with_limit(there),
        }
        found = client.get(path, headers=headers)
        assert found.status_code == 200
        assert found.headers["content-type"].partition(";")[0] in there
    assert client.get(url, headers={"Accept": f"{accepted}, application/json;q=0.1"}).status_code == 200


def _with_limit(there: dict[str, str]) -> dict[str, str]:
    """The formats that take the limit as well."""
    return {kind: url for kind, url in there.items() if "limit" in url}


@pytest.mark.parametrize("accepted", ["image/png", "application/json;q=0", "*/*;q=0", "application/*;q=0, text/html"])
@pytest.mark.parametrize("url", ["/v1/incidents/kubaiba-raid", "/v1/codebook", "/v1", "/openapi.json"])
def test_json_goes_only_to_those_who_take_it(client: TestClient, url: str, accepted: str) -> None:
    refusal = client.get(url, headers={"Accept": accepted})
    assert refusal.status_code == 406
    assert url in refusal.text
    assert client.get(url).status_code == 200, "and the others are still answered"


@pytest.mark.parametrize("accepted", ["*/*", "", "application/*", "application/json; charset=utf-8", HTML["Accept"]])
def test_accept_that_takes_json_changes_nothing(client: TestClient, accepted: str) -> None:
    plain, other = client.get("/v1/incidents"), client.get("/v1/incidents", headers={"Accept": accepted})
    assert (other.status_code, other.content) == (200, plain.content)
    assert other.headers["etag"] == plain.headers["etag"]
    assert "Accept" in plain.headers["vary"].split(", ")
    bare = client.build_request("GET", "/v1/incidents")
    del bare.headers["accept"]
    assert client.send(bare).content == plain.content


def test_an_unknown_path_is_404_whatever_is_accepted(client: TestClient) -> None:
    assert client.get("/v1/nothing", headers={"Accept": "image/png"}).status_code == 404


@pytest.mark.parametrize(
    ("url", "suggestion", "words"),
    [
        ("/v1/incidents?fields=date.erliest", "date.earliest", ""),
        ("/v1/casualties?fields=claimed_by.lable", "claimed_by.label", ""),
        ("/v1/incidents?fields=dates.earliest", "date.earliest", ""),
        ("/v1/incidents?fields=date.xyzzy", "date", ""),
        ("/v1/incidents?fields=speaker", None, "it is a key of quotes"),
        ("/v1/quotes?fields=totals.killed", None, "it is a key of incidents"),
        ("/v1/people?datetime=2019", None, "it is one of /v1/articles, /v1/incidents"),
        ("/v1/incidents?speaker=cts", None, "it is one of /v1/quotes"),
        ("/v1/incidents?feilds=title", "fields", ""),
        ("/v1/incidents?locaton_match=point", "location_match", ""),
        ("/v1/facets?of=incidnts", "incidents", ""),
    ],
)
def test_suggestions_are_made_among_what_makes_sense(
    client: TestClient, url: str, suggestion: str | None, words: str
) -> None:
    (error,) = problem(client, url)["errors"]
    assert error["suggestion"] == suggestion
    assert words in error["detail"]


@pytest.mark.parametrize(
    ("url", "member"),
    [
        ("/v1/incidents?xyzzy=1&yzzyx=2", "allowed_parameters"),
        ("/v1/incidents.csv?cursor=abc", "allowed_parameters"),
        ("/v1/incidents?include=all", "allowed_values"),
        ("/v1/facets?of=incidents&facet=week", "allowed_values"),
        ("/v1/facets?of=incidents", "allowed_values"),
        ("/v1/facets", "allowed_values"),
        ("/v1/casualties/summary?group_by=actor", "allowed_values"),
        ("/v1/changes?type=picnic", "allowed_values"),
    ],
)
def test_every_refusal_lists_what_is_taken(client: TestClient, url: str, member: str) -> None:
    found = problem(client, url)
    assert found[member]
    ProblemDocument.model_validate(found)
