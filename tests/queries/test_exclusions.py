"""`not.kind`, `not.place` …: what certainly is not so, and how many records that is not known of."""

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.queries.derived_filters import NOT
from app.records import RECORD_TYPES
from tests import every_fifth, extended_sample, sample
from tests.answers import body, ids, problem
from tests.bench import invention
from tests.conftest import NewDatabase, load_seed, serving

Records = dict[str, Any]

EXCLUSIONS = [
    (one.name, name.removeprefix(NOT))
    for one in RECORD_TYPES.values()
    for name in one.filters.model_fields
    if name.startswith(NOT)
]


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    load_seed(url := new_database(), sample.write(extended_sample.extended(), tmp_path_factory.mktemp("desk")))
    with serving(url) as service:
        yield service


@pytest.fixture(scope="module")
def archive(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    invention.write(folder := tmp_path_factory.mktemp("archive"), 150)
    load_seed(url := new_database(), folder)
    with serving(url) as service:
        yield service


def _values(client: TestClient, name: str, filter_name: str) -> list[str]:
    """Every value of a filter that records have."""
    if filter_name not in RECORD_TYPES[name].facets:
        return ids(client, f"/v1/{name}?limit=500")
    answer = body(client, f"/v1/facets?of={name}&facet={filter_name}&facet_limit=500")
    return [bucket["value"] for bucket in answer["data"][filter_name]["buckets"]]


def _assert_parts(client: TestClient, name: str, filter_name: str, most: int) -> None:
    """What a filter finds, what its exclusion finds, and what is not judged are all records, and share none."""
    everything = body(client, f"/v1/{name}?limit=1")["meta"]["matched"]
    for value in _values(client, name, filter_name)[:most]:
        found = set(ids(client, f"/v1/{name}?{filter_name}={value}&limit=500"))
        without = body(client, f"/v1/{name}?{NOT}{filter_name}={value}&limit=500")
        others = {document["id"] for document in without["data"]}
        assert not found & others
        aside = without["meta"]["not_judged"]
        assert len(found) + without["meta"]["matched"] + aside["exclusion"] == everything, (filter_name, value)
        assert len(others) == without["meta"]["matched"]
        assert aside == {"location": None, "date": None, "casualties": None, "exclusion": aside["exclusion"]}


@every_fifth.parametrize(("name", "filter_name"), EXCLUSIONS)
def test_nothing_is_lost_or_counted_twice(desk: TestClient, name: str, filter_name: str) -> None:
    _assert_parts(desk, name, filter_name, 4)


@pytest.mark.heavy
@pytest.mark.parametrize(("name", "filter_name"), EXCLUSIONS)
def test_nothing_is_lost_or_counted_twice_anywhere(
    client: TestClient, archive: TestClient, name: str, filter_name: str
) -> None:
    _assert_parts(client, name, filter_name, 60)
    _assert_parts(archive, name, filter_name, 20)


class Places:
    """What documents of places say of where one lies in another: true, false, or None where it is not recorded."""

    AREAS, DIVISIONS = {"country", "province", "district", "region"}, {"country", "province", "district"}

    def __init__(self, client: TestClient) -> None:
        self.all: Records = {one["id"]: one for one in body(client, "/v1/places?limit=500")["data"]}

    def wholes(self, id_: str) -> set[str]:
        return {id_}.union(*(self.wholes(parent["id"]) for parent in self.all[id_]["parents"]))

    def in_it(self, place: str, other: str) -> bool | None:
        if other in self.wholes(place):
            return True
        if place in self.wholes(other):
            return None
        if self.all[other]["kind"] not in self.AREAS:
            return False
        around = self.wholes(other)
        divisions = {self.all[one]["kind"] for one in around} & self.DIVISIONS
        elsewhere = any(self.all[one]["kind"] in divisions for one in self.wholes(place) - around)
        return False if elsewhere else None


def _any(truths: list[bool | None], *, missing: bool | None) -> bool | None:
    if True in truths:
        return True
    return None if None in truths else False if truths else missing


LOCATING = {"scene", "target_area", "staging", "nearby", "jurisdiction"}


def _assert_judged(client: TestClient, url: str, truths: dict[str, bool | None]) -> None:
    page = body(client, f"{url}&limit=500")
    assert {one["id"] for one in page["data"]} == {one for one, truth in truths.items() if truth is False}, url
    assert page["meta"]["not_judged"]["exclusion"] == list(truths.values()).count(None), url


def _places_by_hand(client: TestClient, most: int) -> None:
    places = Places(client)
    incidents = body(client, "/v1/incidents?limit=500")["data"]
    quotes = body(client, "/v1/quotes?limit=500")["data"]
    for other in list(places.all)[:most]:
        at = {
            one["id"]: _any(
                [places.in_it(place["id"], other) for place in one["places"] if place["role"] in LOCATING], missing=None
            )
            for one in incidents
        }
        _assert_judged(client, f"/v1/incidents?not.place={other}", at)
        about = {
            one["id"]: _any([places.in_it(place["id"], other) for place in one["places"]], missing=False)
            for one in quotes
        }
        _assert_judged(client, f"/v1/quotes?not.place={other}", about)


def test_places_by_hand(desk: TestClient) -> None:
    _places_by_hand(desk, 10)


@pytest.mark.heavy
def test_places_by_hand_in_the_article_and_an_archive(client: TestClient, archive: TestClient) -> None:
    _places_by_hand(client, 60)
    _places_by_hand(archive, 20)


def test_a_village_of_no_recorded_province_is_not_said_to_be_outside_of_one(client: TestClient) -> None:
    at_kubaiba = "kubaiba-raid"
    assert at_kubaiba not in ids(client, "/v1/incidents?place=kirkuk-province&limit=500")
    assert at_kubaiba not in ids(client, "/v1/incidents?not.place=kirkuk-province&limit=500")
    assert at_kubaiba in ids(client, "/v1/incidents?not.place=kanoos-island&limit=500")
    assert at_kubaiba in ids(client, "/v1/incidents?not.place=canada&limit=500")
    outside = ids(client, "/v1/places?not.within=kirkuk-province&limit=500")
    assert {"baghdad", "nineveh-province", "iraq", "canada"} <= set(outside)
    assert not {"kubaiba", "riyadh-district", "tigris"} & set(outside)


def test_excluded_actors_are_those_counted_by_hand(client: TestClient) -> None:
    organizations = {one["id"]: one for one in body(client, "/v1/organizations?limit=500")["data"]}

    def wholes(id_: str) -> set[str]:
        parents = organizations[id_]["parents"] if id_ in organizations else []
        return {id_}.union(*(wholes(parent["id"]) for parent in parents))

    def is_it(actor: str | None, other: str) -> bool | None:
        if actor is None or (actor != other and actor in wholes(other)):
            return None
        return other in wholes(actor)

    incidents = body(client, "/v1/incidents?limit=500")["data"]
    for other in ("cts", "cts-2nd-brigade", "us-led-coalition", "iraqi-security-forces", "hassan-al-soofy"):
        for role in (None, "perpetrator"):
            with_it = {
                one["id"]: _any(
                    [is_it(actor["id"], other) for actor in one["actors"] if role in (None, actor["role"])],
                    missing=None,
                )
                for one in incidents
                if role is None or any(actor["role"] == role for actor in one["actors"])
            }
            asked = "" if role is None else f"&actor_role={role}"
            _assert_judged(client, f"/v1/incidents?not.actor={other}{asked}", with_it)


def test_what_a_codebook_value_leaves_open_is_not_judged(client: TestClient) -> None:
    for name, key, value, unknown in (
        ("people", "life_status", "dead", "not_stated"),
        ("casualties", "group", "civilian", "unknown"),
    ):
        everything = body(client, f"/v1/{name}?limit=500")["data"]
        for excluded in (value, unknown):
            truths = {
                one["id"]: True if one[key] == excluded else None if one[key] == unknown else False
                for one in everything
            }
            _assert_judged(client, f"/v1/{name}?{NOT}{key}={excluded}", truths)


@pytest.mark.parametrize(
    ("name", "filter_name", "value", "key"),
    [
        ("quotes", "anonymity", "anonymous", lambda one: one["speaker"]["anonymity"]),
        ("statements", "topic", "policy", lambda one: one["topic"]),
        ("statements", "by", "joc", lambda one: one["by"] and one["by"]["id"]),
        ("incidents", "parent", "joint-raids-2019", lambda one: one["parent"] and one["parent"]["id"]),
    ],
)
def test_what_has_no_value_certainly_has_another(
    client: TestClient, name: str, filter_name: str, value: str, key: Any
) -> None:
    """The named, what is about single events, the article's own voice, what is no part of an operation."""
    everything = body(client, f"/v1/{name}?limit=500")["data"]
    assert any(key(one) is None for one in everything)
    _assert_judged(
        client, f"/v1/{name}?{NOT}{filter_name}={value}", {one["id"]: key(one) == value for one in everything}
    )


def test_several_are_all_left_out_and_filters_hold_as_well(client: TestClient) -> None:
    incidents = body(client, "/v1/incidents?limit=500")["data"]
    assert ids(client, "/v1/incidents?not.kind=joint_raid&not.kind=killing&limit=500") == [
        one["id"] for one in incidents if one["kind"] not in ("joint_raid", "killing")
    ]
    assert ids(client, "/v1/incidents?kind=joint_raid&not.kind=joint_raid") == []
    assert ids(client, "/v1/incidents?not.id=kubaiba-raid&kind=joint_raid") == [
        one["id"] for one in incidents if one["kind"] == "joint_raid" and one["id"] != "kubaiba-raid"
    ]
    both = body(client, "/v1/incidents?not.kind=joint_raid&not.place=kanoos-island&limit=500")
    alone = body(client, "/v1/incidents?not.place=kanoos-island&limit=500")["data"]
    raids = {one["id"] for one in incidents if one["kind"] == "joint_raid"}
    assert {one["id"] for one in both["data"]} == {one["id"] for one in alone} - raids
    found = set(ids(client, "/v1/incidents?place=kanoos-island&limit=500"))
    doubtful = {one["id"] for one in incidents} - {one["id"] for one in alone} - found
    assert both["meta"]["not_judged"]["exclusion"] == len(doubtful - raids)


def test_files_facets_sums_and_feeds_leave_out_the_same(client: TestClient) -> None:
    chosen = ids(client, "/v1/incidents?not.kind=joint_raid&not.place=kanoos-island&limit=500")
    query = "not.kind=joint_raid&not.place=kanoos-island"
    assert [line.partition(",")[0] for line in client.get(f"/v1/incidents.csv?{query}").text.splitlines()[1:]] != []
    assert len(client.get(f"/v1/incidents.ndjson?{query}").text.splitlines()) == len(chosen)
    assert len(client.get(f"/v1/incidents.geojson?{query}").json()["features"]) == len(chosen)
    feed = client.get(f"/v1/incidents.feed.json?{query}&limit=500").json()["items"]
    assert len(feed) == len(chosen)
    assert body(client, f"/v1/facets?of=incidents&facet=kind&{query}")["meta"]["matched"] == len(chosen)
    page = body(client, f"/v1/incidents?{query}&facets=kind&totals=true&limit=3")
    assert sum(bucket["count"] for bucket in page["facets"]["kind"]["buckets"]) == len(chosen)
    assert page["totals"] == body(client, f"/v1/casualties/summary?{query}")["data"]["totals"]
    assert [one["id"] for one in page["data"]] == chosen[:3]
    assert ids(client, page["links"]["next"]) == chosen[3:6]


@pytest.mark.parametrize(
    ("url", "parameter", "suggestion", "words"),
    [
        ("/v1/incidents?not.q=raid", "not.q", None, "nothing is excluded by 'q'"),
        ("/v1/incidents?not.datetime=2019", "not.datetime", None, "nothing is excluded by 'datetime'"),
        ("/v1/incidents?not.bbox=1,2,3,4", "not.bbox", None, "nothing is excluded by 'bbox'"),
        ("/v1/incidents?not.killed_at_least=1", "not.killed_at_least", None, "nothing is excluded"),
        ("/v1/incidents?not.any_harm=certain", "not.any_harm", None, "nothing is excluded"),
        ("/v1/incidents?not.limit=1", "not.limit", None, "nothing is excluded"),
        ("/v1/incidents?not.contested=true", "not.contested", "contested", "`contested=false` says it"),
        ("/v1/incidents.csv?not.knid=killing", "not.knid", "not.kind", "What can be excluded"),
        ("/v1/casualties?not.person=miller", "not.person", None, "nothing is excluded by 'person'"),
        ("/v1/people?not.incident=kubaiba-raid", "not.incident", None, "nothing is excluded by 'incident'"),
        ("/v1/facets?of=quotes&facet=kind&not.named=true", "not.named", "named", "`named=false` says it"),
    ],
)
def test_what_cannot_be_excluded(
    client: TestClient, url: str, parameter: str, suggestion: str | None, words: str
) -> None:
    refusal = problem(client, url)
    assert [(one["parameter"], one["suggestion"]) for one in refusal["errors"]] == [(parameter, suggestion)]
    assert words in refusal["detail"]
    listed = refusal["allowed_parameters"]
    assert listed
    assert all(one.startswith(NOT) for one in listed)
    assert "not.kind" in listed or "/people" in url


def test_values_are_checked_as_those_of_the_filter(client: TestClient) -> None:
    for url, parameter, suggestion in (
        ("/v1/incidents?not.kind=joint_rade", "not.kind", "joint_raid"),
        ("/v1/incidents?not.place=kanoos-iland", "not.place", "kanoos-island"),
    ):
        errors = problem(client, url)["errors"]
        assert [(one["parameter"], one["suggestion"]) for one in errors] == [(parameter, suggestion)]


def test_the_contract_has_each_with_the_schema_of_its_filter(client: TestClient) -> None:
    operations = client.get("/openapi.json").json()["paths"]
    for name, filter_name in EXCLUSIONS:
        parameters = {one["name"]: one for one in operations[f"/v1/{name}"]["get"]["parameters"]}
        filter_schema, schema = (parameters[one]["schema"] for one in (filter_name, NOT + filter_name))
        assert schema["items"] == filter_schema["items"]
        assert f"`{filter_name}`" in parameters[NOT + filter_name]["description"]
