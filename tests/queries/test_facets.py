"""Facets: a value counts exactly the records that the list holds with that value as its filter."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.model.codebook import shipped
from app.queries import counting
from app.queries.derived_filters import NOT
from app.queries.filters import filters_under
from app.queries.histograms import UNITS
from app.queries.plan import chooses
from app.records import RECORD_TYPES
from tests import every_fifth, sample
from tests.answers import every_facet
from tests.conftest import load_seed, serving
from tests.statements import statements

Json = dict[str, Any]

SINGLE = (
    "kind",
    "granularity",
    "stance",
    "topic",
    "outcome",
    "group",
    "basis",
    "named",
    "by",
    "speaker",
)
"""Facets of which a record has one value at most."""

BY_DATE = set(UNITS)
"""Facets whose values the filter `datetime` takes."""

OUTCOMES = shipped().values("casualty.outcome")
ENDS = ("at_least", "possibly", "claimed_at_least")

UNCOUNTED = {
    "id": "each record has its own",
    "any_harm": "sums tell numbers",
    "same_as": "each record has its own",
    "q": "words are found by search",
    "changed_since": "releases are listed with their changes",
    "datetime": "counted by day, month, year and decade",
    "date_match": "says how `datetime` is meant",
    "bbox": "counted by tile",
    "near": "an area has no values",
    "radius_km": "says how `near` is meant",
    "location_match": "says how areas are meant",
    "place_basis": "says how `place` and `within` are meant",
    **{f"{outcome}_{end}": "sums tell numbers" for outcome in OUTCOMES for end in ENDS},
}
"""Filters that no facet goes with, each with the reason."""


def facets(client: TestClient, of: str, *names: str, **filters: str) -> Json:
    parameters = {"of": of, "facet_limit": "500", **({"facet": ",".join(names)} if names else {}), **filters}
    answer = client.get("/v1/facets", params=parameters)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(body: Json, name: str) -> dict[str, int]:
    return {bucket["value"]: bucket["count"] for bucket in body["data"][name]["buckets"]}


def test_counts_of_the_small_article(small_client: TestClient) -> None:
    body = facets(small_client, "incidents", "kind", "place", "actor", "actor_role", "month", "year", "has_location")
    assert counts(body, "kind") == {"ground_fire": 1, "detention": 1, "access_denial": 1}
    assert counts(body, "place") == {"orsa": 2, "ash-county": 2, "ash-river": 2}
    assert counts(body, "actor") == {"river-guards": 3, "night-patrol": 1, "jon-berg": 1, "miller": 1}
    assert counts(body, "actor_role") == {"perpetrator": 3, "witness": 1, "victim": 1, "target": 1}
    assert counts(body, "month") == {"2021-03": 1, "2021-04": 0, "2021-05": 0, "2021-06": 1}
    assert counts(body, "year") == {"2021": 2}
    assert counts(body, "has_location") == {"true": 2, "false": 1}
    assert body["data"]["month"]["missing"] == 1
    assert body["meta"]["matched"] == 3
    labels = {bucket["value"]: bucket["label"] for bucket in body["data"]["place"]["buckets"]}
    assert labels == {"orsa": "Orsa", "ash-county": "Ash County", "ash-river": "Ash River"}


@every_fifth.parametrize("of", [resource for resource in RECORD_TYPES if resource != "articles"])
def test_every_value_counts_what_its_filter_finds(client: TestClient, of: str) -> None:
    body = facets(client, of, **every_facet(of))
    for name in RECORD_TYPES[of].facets.keys() - BY_DATE - {"grid"}:
        facet = body["data"][name]
        assert facet["buckets"] or facet["missing"] == body["meta"]["matched"], name
        for bucket in facet["buckets"]:
            assert bucket["links"] == {"list": f"/v1/{of}?{name}={bucket['value']}"}
            parsed = client.get(f"{bucket['links']['list']}&limit=1").json()
            assert parsed["meta"]["matched"] == bucket["count"], (name, bucket)


def test_days_of_publishing_lead_to_the_articles(client: TestClient) -> None:
    data = facets(client, "articles", facet="day,month,year,decade")["data"]
    for name in ("day", "month", "year", "decade"):
        (bucket,) = data[name]["buckets"]
        for link in bucket["links"].values():
            assert client.get(link).json()["meta"]["matched"] == bucket["count"] == 1, (name, link)
    assert client.get("/v1/articles?datetime=2019").json()["meta"]["matched"] == 0


def test_what_can_be_counted_can_be_filtered_and_the_other_way_round() -> None:
    uncounted = set()
    for of, model in ((one.name, filters_under(one.filters, shipped())) for one in RECORD_TYPES.values()):
        filters = {name for name in model.model_fields if chooses(name)}
        # An article rests on itself alone.
        counted = set(RECORD_TYPES[of].facets) - BY_DATE - {"grid"} | ({"article"} if of == "articles" else set())
        assert counted - filters == set(), of
        # What cannot be counted apart from its filter.
        filters = {one for one in filters if not one.startswith(NOT)}
        assert filters - counted <= set(UNCOUNTED), of
        uncounted |= filters - counted
    assert uncounted == set(UNCOUNTED)


@pytest.mark.parametrize("of", list(RECORD_TYPES))
def test_nothing_is_lost_between_the_values(client: TestClient, of: str) -> None:
    body = facets(client, of, **every_facet(of))
    for name in set(SINGLE) & set(RECORD_TYPES[of].facets):
        facet = body["data"][name]
        counted = sum(bucket["count"] for bucket in facet["buckets"])
        assert counted + facet["missing"] == body["meta"]["matched"], name
    for name in BY_DATE & body["data"].keys():
        facet = body["data"][name]
        certain = sum(bucket["certain"] for bucket in facet["buckets"])
        assert certain + facet["imprecise"] + facet["missing"] == body["meta"]["matched"], name


def test_dates_wider_than_a_month_are_imprecise_and_in_no_month(client: TestClient) -> None:
    everything = client.get("/v1/incidents?limit=500").json()["data"]
    dates = [one["date"] for one in everything if one["date"]]
    stated = {(date["earliest"][:7], date["latest"][:7]) for date in dates if not date["open"]}
    wide = sum(bool(date["open"]) or date["earliest"][:7] != date["latest"][:7] for date in dates)
    month = facets(client, "incidents", "month")["data"]["month"]
    assert month["imprecise"] == wide > 0
    certain = {bucket["value"] for bucket in month["buckets"] if bucket["certain"]}
    assert certain == {first for first, last in stated if first == last}


def test_a_range_over_new_year_is_in_no_year(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["date"] = {"edtf": "2020-12/2021-03"}
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        body = facets(client, "incidents", "month", "year")
    certain = {bucket["value"]: bucket["certain"] for bucket in body["data"]["year"]["buckets"]}
    assert certain == {"2020": 0, "2021": 1}
    assert counts(body, "year") == {"2020": 1, "2021": 2}
    assert [body["data"][name]["imprecise"] for name in ("month", "year")] == [1, 1]
    assert [body["data"][name]["missing"] for name in ("month", "year")] == [1, 1]


def test_filters_narrow_the_counts(small_client: TestClient) -> None:
    body = facets(small_client, "incidents", "kind", "actor", place="ash-county", actor_role="perpetrator")
    assert counts(body, "kind") == {"ground_fire": 1, "detention": 1}
    assert counts(body, "actor") == {"river-guards": 2}, "only in the role that is asked for"
    roles = facets(small_client, "incidents", "actor_role", actor="miller")
    assert counts(roles, "actor_role") == {"victim": 1}, "only the roles of the actor that is asked for"


def test_place_counts_follow_the_containment_that_is_asked_for(small_client: TestClient) -> None:
    filters = {"place": "ash-county", "place_basis": "stated"}
    listed = small_client.get("/v1/incidents", params=filters).json()["meta"]["matched"]
    assert counts(facets(small_client, "incidents", "place", **filters), "place").get("ash-county", 0) == listed


def test_claims_take_dates_and_places_of_their_incident(small_client: TestClient) -> None:
    body = facets(small_client, "casualties", "month", "place", "claimed_by", "outcome")
    assert counts(body, "month") == {"2021-03": 2, "2021-04": 0, "2021-05": 0, "2021-06": 1}
    assert counts(body, "place")["ash-county"] == 3
    assert counts(body, "claimed_by") == {"ida-falk": 1}
    assert body["data"]["claimed_by"]["missing"] == 2
    assert counts(body, "outcome") == {"killed": 1, "wounded": 1, "detained": 1}


def test_whose_people_were_harmed_is_counted_and_filtered(client: TestClient) -> None:
    body = facets(client, "casualties", "organization", "person", incident="kubaiba-raid")
    claims = client.get("/v1/casualties?incident=kubaiba-raid").json()["data"]
    assert set(counts(body, "person")) == {person["id"] for claim in claims for person in claim["people"]}
    assert {one["organization"]["id"] for one in claims if one["organization"]} <= set(counts(body, "organization"))
    dead = counts(facets(client, "people", "life_status"), "life_status")["dead"]
    assert client.get("/v1/people?life_status=dead").json()["meta"]["matched"] == dead > 0


def test_limit_leaves_out_the_rarest_and_says_how_many(client: TestClient) -> None:
    whole = facets(client, "incidents", "kind")["data"]["kind"]
    short = facets(client, "incidents", "kind", facet_limit="3")["data"]["kind"]
    assert short["buckets"] == whole["buckets"][:3]
    assert short["more"] == len(whole["buckets"]) - 3
    assert whole["more"] == 0


@every_fifth.parametrize("of", list(RECORD_TYPES))
def test_all_that_match_are_counted_whatever_they_are_counted_by(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    """Also where they are too many to be listed first, and whatever has several values or none."""
    monkeypatch.setattr(counting, "MAX_LISTED_NUMBERS", 0)
    for filters in ({}, {"article": "foltyn-us-iran-isis-2020"}, {"q": "raid"}):
        wanted = client.get(f"/v1/{of}", params={**filters, "count": "exact", "limit": "1"}).json()["meta"]["matched"]
        for name in RECORD_TYPES[of].facets.keys() - {"day"}:
            zoom = {"z": "3"} if name == "grid" else {}
            asked = {**zoom, **filters, "facet_limit": "1"}
            assert facets(client, of, name, **asked)["meta"]["matched"] == wanted, (name, filters)


def test_what_filters_cannot_judge_is_counted_as_in_the_list(client: TestClient) -> None:
    filters = {"bbox": "42.5,34.5,45,36.5", "datetime": "2019", "killed_at_least": "1"}
    listed = client.get("/v1/incidents", params=filters).json()["meta"]
    counted = facets(client, "incidents", "kind", **filters)["meta"]
    assert counted["not_judged"] == listed["not_judged"]
    assert counted["matched"] == listed["matched"]
    assert counted["release"] == listed["release"]


@pytest.mark.parametrize(
    ("query", "parameter", "suggestion"),
    [
        ("facet=kind", "of", None),
        ("of=incident&facet=kind", "of", "incidents"),
        ("of=incidents", "facet", None),
        ("of=incidents&facet=", "facet", None),
        ("of=incidents&facet=kinds", "facet", "kind"),
        ("of=places&facet=kind,month", "facet", None),
        ("of=incidents&of=quotes&facet=kind", "of", None),
        ("of=incidents&facet=kind&kind=riad", "kind", None),
        ("of=incidents&facet=kind&place=orso", "place", "orsa"),
        ("of=incidents&facet=kind&cursor=x", "cursor", None),
        ("of=incidents&facet=kind&facet_limit=501", "facet_limit", None),
        ("of=incidents&facet=kind&limit=5", "limit", "facet_limit"),
        ("of=places&facet=kind&stance=denies", "stance", None),
    ],
)
def test_bad_parameters_are_named(small_client: TestClient, query: str, parameter: str, suggestion: str | None) -> None:
    answer = small_client.get(f"/v1/facets?{query}")
    assert answer.status_code == 400
    error = answer.json()["errors"][0]
    assert error["parameter"] == parameter
    if suggestion:
        assert error["suggestion"] == suggestion


def test_the_number_of_queries_does_not_grow_with_the_values(client: TestClient) -> None:
    numbers = []
    for limit in ("1", "500"):
        with statements() as seen:
            facets(client, "incidents", "kind", "place", "actor", "month", facet_limit=limit)
        numbers.append(len(seen))
    assert numbers[0] == numbers[1]


@pytest.mark.heavy
def test_every_filter_of_every_list_is_documented(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    documented = {parameter["name"]: parameter for parameter in paths["/v1/facets"]["get"]["parameters"]}
    for of in RECORD_TYPES:
        listed = {parameter["name"] for parameter in paths[f"/v1/{of}"]["get"]["parameters"]}
        assert {one for one in listed if chooses(one)} <= set(documented)
    assert set(documented["of"]["schema"]["enum"]) == set(RECORD_TYPES)
    assert set(documented["facet"]["schema"]["items"]["enum"]) == {
        name for of in RECORD_TYPES for name in RECORD_TYPES[of].facets
    }
    assert documented["of"]["required"]
    assert documented["facet"]["required"]
    assert documented["stance"]["description"].endswith("For statements.")
