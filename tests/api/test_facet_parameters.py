"""Which values of facets are sent, in which order, counted without which filters, and where they lead."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from starlette.testclient import TestClient

from app.model.compact_json import dump_json
from app.records import RECORD_TYPES
from app.search.folding import fold, word_beginnings
from tests.answers import body, refused

Json = dict[str, Any]


def counts(client: TestClient, query: str) -> Json:
    """The counts of the facets of incidents."""
    return dict(body(client, f"/v1/facets?of=incidents&{query}")["data"])


def values(facet: Json) -> list[str]:
    return [bucket["value"] for bucket in facet["buckets"]]


def bare(facet: Json) -> Json:
    """The counts alone: links name the filters that a facet is counted with."""
    return {**facet, "buckets": [{**bucket, "links": None} for bucket in facet["buckets"]]}


@pytest.mark.parametrize("of", ["incidents", pytest.param("quotes", marks=pytest.mark.heavy)])
def test_values_that_begin_so_are_those_with_a_word_that_does(client: TestClient, of: str) -> None:
    for facet in (name for name in ("kind", "place", "actor", "speaker") if name in RECORD_TYPES[of].facets):
        url = f"/v1/facets?of={of}&facet={facet}&facet_limit=500"
        whole = body(client, url)["data"][facet]
        names = _names(client, RECORD_TYPES[of].facets[facet].names)
        for prefix in ("k", "kan", "IRA", "military", "us-led c", "raid", "isis", "daesh", "x"):
            begin = word_beginnings(prefix)
            wanted = [
                bucket
                for bucket in whole["buckets"]
                if any(begin in word_beginnings(name) for name in (bucket["label"], *names.get(bucket["value"], ())))
            ]
            some = body(client, f"{url}&{urlencode({'facet_prefix': prefix})}")["data"][facet]
            assert some == {"buckets": wanted, "more": 0, "missing": whole["missing"]}, prefix
            first = body(
                client, f"{url}&{urlencode({'facet_prefix': prefix})}&facet_limit=1".replace("&facet_limit=500", "")
            )
            assert first["data"][facet]["buckets"] == wanted[:1]
            assert first["data"][facet]["more"] == max(0, len(wanted) - 1)


def _names(client: TestClient, lists: Iterable[str]) -> dict[str, list[str]]:
    """The aliases of records, and their names in other languages, by id."""
    records = (one for name in lists for one in body(client, f"/v1/{name}?limit=500")["data"])
    return {one["id"]: [other["name"] for other in (*one["aliases"], *one["names"])] for one in records}


def test_an_alias_finds_what_it_is_another_name_of(client: TestClient) -> None:
    (actor,) = counts(client, "facet=actor&facet_prefix=daesh")["actor"]["buckets"]
    assert actor["value"] == "islamic-state"
    assert actor["label"] != "Daesh"


def test_what_somebody_types_is_compared_as_names_are_sorted(small_client: TestClient) -> None:
    for prefix in ("ör", "OR", "or", "o\u0301r"):
        query = urlencode({"facet_prefix": prefix})
        assert values(counts(small_client, f"facet=place&{query}")["place"]) == ["orsa"]
    assert values(counts(small_client, "facet=place&facet_prefix=%25")["place"]) == []
    assert values(counts(small_client, "facet=place&facet_prefix=_r")["place"]) == []


def test_values_are_sorted_by_label(client: TestClient) -> None:
    for facet in ("kind", "place", "actor", "parent", "has_location"):
        by_count = counts(client, f"facet={facet}&facet_limit=500")[facet]
        by_label = counts(client, f"facet={facet}&facet_limit=500&facet_sort=label")[facet]
        labels = [fold(bucket["label"]) for bucket in by_label["buckets"]]
        assert labels == sorted(labels)
        assert sorted(map(str, by_label["buckets"])) == sorted(map(str, by_count["buckets"]))
        assert by_label["missing"] == by_count["missing"]
        short = counts(client, f"facet={facet}&facet_limit=1&facet_sort=label")[facet]
        assert (short["buckets"], short["more"]) == (by_label["buckets"][:1], len(labels) - 1)
        assert counts(client, f"facet={facet}&facet_limit=500&facet_sort=count")[facet] == by_count


FILTERS = {"kind": "kind=joint_raid&kind=killing", "place": "place=kirkuk-province", "actor": "actor=us-military"}


def test_a_facet_without_its_own_filter_is_counted_as_if_that_were_not_set(client: TestClient) -> None:
    everything = "&".join(FILTERS.values())
    together = body(
        client, f"/v1/facets?of=incidents&facet=kind,place,actor&{everything}&facet_except=kind,place,actor"
    )
    for name in FILTERS:
        others = "&".join(given for one, given in FILTERS.items() if one != name)
        assert bare(together["data"][name]) == bare(counts(client, f"facet={name}&{others}")[name])
        assert len(together["data"][name]["buckets"]) > 1
    narrow = body(client, f"/v1/facets?of=incidents&facet=kind&{everything}")
    assert together["meta"] == narrow["meta"], "what matches is what matches every filter"


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("facet", "filters", "without", "left"),
    [
        ("month", "datetime=2019-04&kind=joint_raid", "datetime", "kind=joint_raid"),
        ("year", "datetime=2019-04&date_match=within", "datetime", ""),
        ("grid", "bbox=43,34,44,36&location_match=certain", "bbox", ""),
        ("grid", "near=43.4,35.3&radius_km=20&bbox=43,34,44,36", "near", "bbox=43,34,44,36"),
        ("kind", "not.kind=killing&place=iraq", "not.kind", "place=iraq"),
        ("kind", "killed_at_least=1&q=raid", "killed_at_least,q", ""),
        ("place_role", "place=iraq&place_role=scene", "place_role", "place=iraq"),
        ("place_role", "place_certainty=stated&place_role=scene", "place_role", "place_certainty=stated"),
        ("actor_role", "actor=us-military&actor_role=perpetrator", "actor_role", "actor=us-military"),
        ("kind", "place=kirkuk-province", "place", ""),
    ],
)
def test_each_filter_can_be_left_out(client: TestClient, facet: str, filters: str, without: str, left: str) -> None:
    zoom = "&z=8" if facet == "grid" else ""
    asked = counts(client, f"facet={facet}{zoom}&{filters}&facet_except={without}")[facet]
    assert bare(asked) == bare(counts(client, f"facet={facet}{zoom}&{left}")[facet])
    assert bare(asked) != bare(counts(client, f"facet={facet}{zoom}&{filters}")[facet])
    for bucket in asked["buckets"]:
        for match, url in bucket["links"].items():
            matched = body(client, f"{url}&limit=1")["meta"]["matched"]
            assert matched == bucket["certain" if match == "within" else "count"], url


def test_a_filter_that_is_not_set_can_be_left_out_and_changes_nothing(client: TestClient) -> None:
    for query in ("facet=kind,place", "facet=kind,place&actor=us-military"):
        plain = body(client, f"/v1/facets?of=incidents&{query}")
        left_out = body(
            client, f"/v1/facets?of=incidents&{query}&facet_except=place,datetime,wounded_possibly,not.kind"
        )
        assert {**plain, "links": None} == {**left_out, "links": None}


@pytest.mark.parametrize(
    ("facet", "filters", "linked"),
    [
        ("kind", "kind=joint_raid&kind=killing", {"joint_raid", "killing"}),
        ("place", "place=kanoos-island", {"kanoos-island"}),
        ("has_location", "has_location=true", {"true"}),
        ("place", "kind=joint_raid", None),
    ],
)
def test_values_lead_to_lists_that_hold_as_many(
    client: TestClient, facet: str, filters: str, linked: set[str] | None
) -> None:
    """What has two values of the filter that finds either is in no list."""
    buckets = counts(client, f"facet={facet}&{filters}&lang=ar&facet_sort=label")[facet]["buckets"]
    assert {one["value"] for one in buckets if one["links"]} == (linked or {one["value"] for one in buckets})
    for bucket in buckets:
        for url in bucket["links"].values():
            assert body(client, f"{url}&limit=1")["meta"]["matched"] == bucket["count"]
            assert {name for name, _ in parse_qsl(urlsplit(url).query)} <= {"kind", "place", "has_location"}


def test_links_lead_to_the_release_that_is_counted(client: TestClient) -> None:
    found = counts(client, "facet=kind,year,grid&z=4&release=1")
    links = [url for facet in found.values() for bucket in facet["buckets"] for url in bucket["links"].values()]
    assert links
    assert all(("release", "1") in parse_qsl(urlsplit(url).query) for url in links)


def test_lists_take_the_same(client: TestClient) -> None:
    query = "kind=joint_raid&place=iraq&facet_limit=2&facet_sort=label&facet_prefix=k&facet_except=kind&z=5"
    alone = counts(client, f"facet=kind,place,grid&{query}")
    page = client.get(f"/v1/incidents?facets=kind,place,grid&{query}&limit=1")
    assert f'"facets":{dump_json(alone)}' in page.text
    cursor = page.json()["meta"]["next_cursor"]
    further = client.get(f"/v1/incidents?facets=kind,place,grid&{query}&limit=1&cursor={cursor}")
    assert further.json()["facets"] == alone
    other = query.replace("facet_limit=2", "facet_limit=3")
    assert client.get(f"/v1/incidents?facets=kind,place,grid&{other}&limit=1&cursor={cursor}").status_code == 400
    for name in ("csv", "geojson"):
        link = page.json()["links"][name]
        assert "facet" not in link
        assert "z=" not in link


@pytest.mark.parametrize(
    ("url", "parameter", "suggestion"),
    [
        ("/v1/facets?of=incidents&facet=mnth", "facet", "month"),
        ("/v1/facets?of=incidents&facet=decades", "facet", "decade"),
        ("/v1/facets?of=incidents&facet=kind&facet_sort=labels", "facet_sort", "label"),
        ("/v1/facets?of=incidents&facet=kind&facet_sort=-count", "facet_sort", "count"),
        ("/v1/facets?of=incidents&facet=kind&facet_except=plase", "facet_except", "place"),
        ("/v1/facets?of=incidents&facet=kind&facet_except=not.plase", "facet_except", "not.place"),
        ("/v1/facets?of=incidents&facet=kind&facet_except=date_match", "facet_except", None),
        ("/v1/facets?of=incidents&facet=kind&facet_except=", "facet_except", None),
        ("/v1/facets?of=incidents&facet=kind&facet_limit=0", "facet_limit", None),
        ("/v1/facets?of=incidents&facet=kind&facet_prefix=", "facet_prefix", None),
        ("/v1/facets?of=incidents&facet=kind&facet_prefix=%CC%81", "facet_prefix", None),
        (f"/v1/facets?of=incidents&facet=kind&facet_prefix={'a' * 101}", "facet_prefix", None),
        ("/v1/facets?of=incidents&facet=kind&zoom=4", "zoom", "z"),
        ("/v1/facets?of=incidents&facet=kind&limit=4", "limit", "facet_limit"),
        ("/v1/facets?of=incidents&facet=kind&maxValuesPerFacet=4", "maxValuesPerFacet", "facet_limit"),
        ("/v1/incidents?facet_limit=4", "facet_limit", None),
        ("/v1/incidents?totals=true&facet_sort=label", "facet_sort", None),
        ("/v1/incidents?facet_except=kind", "facet_except", None),
        ("/v1/incidents.csv?facet_limit=4", "facet_limit", None),
        ("/v1/incidents.atom?facet_prefix=k", "facet_prefix", None),
        ("/v1/incidents/kubaiba-raid?facet_limit=4", "facet_limit", None),
    ],
)
def test_a_mistake_in_facets_names_its_parameter(
    client: TestClient, url: str, parameter: str, suggestion: str | None
) -> None:
    named = refused(client, url)
    assert [name for name, _ in named] == [parameter]
    if suggestion:
        assert named == [(parameter, suggestion)]
