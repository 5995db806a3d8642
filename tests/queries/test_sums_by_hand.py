"""Sums, made once more by hand: from the claims, incidents, places and organizations that the API lists, for every
group and under every filter. The code here shares nothing with the service but the words of the parameters."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import combinations, product
from math import asin, cos, radians, sin, sqrt
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.model.codebook import shipped
from app.queries.filters import filters_under
from app.records import RECORD_TYPES
from app.records.casualty_sums import GROUPINGS, MAX_LISTED_CLAIMS
from tests import every_fifth
from tests.answers import body

Json = dict[str, Any]
Key = tuple[str | None, ...]

HARMS = {"killed", "wounded", "abducted", "detained", "displaced", "removed", "casualties", "missing", "ill"}
LOCATING = {"scene", "target_area", "staging", "nearby", "jurisdiction"}
PAGING = {"limit", "cursor", "sort", "count", "fields", "include", "lang", "release"}


class Archive:
    """What the API lists, by id."""

    def __init__(self, client: TestClient) -> None:
        for name in ("incidents", "places", "organizations", "people", "casualties"):
            found = {one["id"]: one for one in body(client, f"/v1/{name}?limit=500")["data"]}
            setattr(self, name, found)

    incidents: dict[str, Json]
    places: dict[str, Json]
    organizations: dict[str, Json]
    people: dict[str, Json]
    casualties: dict[str, Json]

    def of(self, claim: Json) -> Json:
        return self.incidents[claim["incident"]["id"]]

    def with_wholes(self, records: dict[str, Json], id_: str, *, stated: bool = False) -> set[str]:
        """A record and all that contain it."""
        found = {id_}
        for parent in records[id_]["parents"] if id_ in records else ():
            if not stated or parent["basis"] == "stated":
                found |= self.with_wholes(records, parent["id"], stated=stated)
        return found

    def with_operations(self, id_: str) -> set[str]:
        parent = self.incidents[id_]["parent"]
        return {id_} | (self.with_operations(parent["id"]) if parent else set())

    def with_bodies(self, bodies: Iterable[str]) -> set[str]:
        return {whole for id_ in bodies for whole in self.with_wholes(self.organizations, id_)}

    def at(self, claim: Json, *, stated: bool = False, roles: set[str] = LOCATING, sure: str = "") -> set[str]:
        links = [one for one in self.of(claim)["places"] if one["role"] in roles and sure in (one["certainty"], "")]
        return {whole for one in links for whole in self.with_wholes(self.places, one["id"], stated=stated)}


@pytest.fixture(scope="module")
def archive(client: TestClient) -> Archive:
    return Archive(client)


def ids(records: Iterable[Json | None]) -> set[str]:
    return {one["id"] for one in records if one}


def claimants(claim: Json) -> set[str]:
    return {party["id"] for party in (claim["claimed_by"], claim["via"]) if party}


def alone(claim: Json) -> set[str]:
    return {"several"} if len(claim["people"]) > 1 else ids(claim["people"])


def during(claim: Json, archive: Archive, length: int) -> set[str]:
    date = archive.of(claim)["date"]
    if date is None:
        return set()
    days = {day and day[:length] for day in (date["earliest"], date["latest"])}
    return {"imprecise"} if None in days or len(days) > 1 else {str(*days)}


GROUPED: dict[str, Callable[[Json, Archive], Iterable[str]]] = {
    "outcome": lambda claim, archive: {claim["outcome"]},
    "group": lambda claim, archive: {claim["group"]},
    "basis": lambda claim, archive: {claim["basis"]},
    "organization": lambda claim, archive: archive.with_bodies(ids([claim["organization"]])),
    "person": lambda claim, archive: alone(claim),
    "claimed_by": lambda claim, archive: claimants(claim),
    "incident": lambda claim, archive: archive.with_operations(claim["incident"]["id"]),
    "kind": lambda claim, archive: {archive.of(claim)["kind"]},
    "place": lambda claim, archive: archive.at(claim),
    "day": lambda claim, archive: during(claim, archive, 10),
    "month": lambda claim, archive: during(claim, archive, 7),
    "year": lambda claim, archive: during(claim, archive, 4),
    "decade": lambda claim, archive: {f"{one}0/{one}9" if one.isdigit() else one for one in during(claim, archive, 3)},
}
"""By group: the values of a claim."""


def added(claims: list[Json]) -> Json:
    """Of the shipped article no two claims are about the same people, and none is a part of another."""
    counted = [claim for claim in claims if claim["counted"]]
    highs = [claim["high"] for claim in counted]
    sure = [None is not claim["low"] == claim["high"] and claim["basis"] != "contested" for claim in counted]
    low = sum(claim["low"] or 0 for claim in counted) if counted else None
    return {
        "low": low,
        "high": sum(highs) if counted and None not in highs else None,
        "best": low if counted and all(sure) else None,
        "harms": len(counted),
        "in_dispute": sum(claim["basis"] == "contested" for claim in counted),
        "open": highs.count(None),
        "claims": {
            "counted": len(counted),
            "open": highs.count(None),
            "not_counted": len(claims) - len(counted),
            "left_out": 0,
        },
        "incidents": len({claim["incident"]["id"] for claim in counted}),
        "open_because": sorted(claim["id"] for claim in counted if claim["high"] is None)[:MAX_LISTED_CLAIMS],
        "not_counted": sorted(claim["id"] for claim in claims if not claim["counted"])[:MAX_LISTED_CLAIMS],
    }


def by_hand(claims: Iterable[Json], archive: Archive, keys: tuple[str, ...]) -> dict[Key, Json]:
    found: dict[Key, list[Json]] = defaultdict(list)
    for claim in claims:
        several: list[list[str | None]] = [[*sorted(GROUPED[key](claim, archive))] or [None] for key in keys]
        for values in product(*several):
            found[values].append(claim)
    return {values: added(some) for values, some in found.items()}


def by_keys(rows: list[Json], keys: tuple[str, ...]) -> dict[Key, Json]:
    found = {}
    for row in rows:
        values = tuple(row["by"][key]["value"] for key in keys)
        ids = {"open_because": row["open_because"], "not_counted": [one["id"] for one in row["not_counted"]]}
        assert values not in found
        found[values] = {key: value for key, value in row.items() if key not in ("by", "certain", "links")} | ids
    return found


def test_every_group_is_made_by_hand() -> None:
    assert set(GROUPED) == set(GROUPINGS)


ASKED = [
    (),
    *((key,) for key in GROUPINGS if key != "outcome"),
    *combinations([key for key in GROUPINGS if key not in ("outcome", "day", "decade")], 2),
]


@every_fifth.parametrize("keys", ASKED, ids=",".join)
def test_rows_are_what_adding_up_by_hand_gives(client: TestClient, archive: Archive, keys: tuple[str, ...]) -> None:
    data = body(client, f"/v1/casualties/summary?limit=500&group_by={','.join((*keys, 'outcome'))}")["data"]
    asked = (*keys, "outcome")
    assert by_keys(data["rows"], asked) == by_hand(archive.casualties.values(), archive, asked)
    assert by_keys(data["totals"], ("outcome",)) == by_hand(archive.casualties.values(), archive, ("outcome",))


def test_nobody_is_given_the_dead_of_others(client: TestClient, archive: Archive) -> None:
    """Who found two bodies has not lost two people, and two who were killed together were not killed twice."""
    rows = body(client, "/v1/casualties/summary?incident=khatuniya-killings&group_by=person,organization")["data"][
        "rows"
    ]
    assert [row["by"]["person"]["value"] for row in rows] == ["several"]
    assert "hassan-al-soofy" not in str(rows)
    answer = body(client, "/v1/casualties/summary?group_by=organization&outcome=killed")
    lost = {row["by"]["organization"]["value"]: (row["low"], row["high"]) for row in answer["data"]["rows"]}
    fighters = [one for one in archive.casualties.values() if ids([one["organization"]]) == {"islamic-state"}]
    theirs = [one for one in fighters if one["counted"]]
    killed = [one for one in theirs if one["outcome"] == "killed"]
    assert lost["islamic-state"] == (sum(one["low"] or 0 for one in killed), sum(one["high"] for one in killed))
    both = body(client, "/v1/casualties/summary?actor=islamic-state&outcome=killed")
    assert both["data"]["totals"][0]["high"] > lost["islamic-state"][1]
    assert "everybody harmed in them is counted, of whatever side" in both["meta"]["method"]


def overlaps(claim: Json, archive: Archive, first: str, last: str, *, within: bool = False) -> bool:
    date = archive.of(claim)["date"]
    if date is None:
        return False
    earliest, latest = date["earliest"] or "0000", date["latest"] or "9999"
    return bool(first <= earliest and latest <= last if within else earliest <= last and latest >= first)


def near(claim: Json, archive: Archive, longitude: float, latitude: float, metres: float) -> bool:
    point = archive.of(claim)["location"]
    if point is None:
        return False
    east, north = radians(point["longitude"] - longitude), radians(point["latitude"] - latitude)
    height = sin(north / 2) ** 2 + cos(radians(latitude)) * cos(radians(point["latitude"])) * sin(east / 2) ** 2
    return bool(2 * 6_371_008.8 * asin(sqrt(height)) - point["radius_m"] <= metres)


def acting(claim: Json, archive: Archive, who: str = "", role: str = "", sure: str = "") -> bool:
    return any(
        who in ({""} | archive.with_bodies([one["id"]]))
        and role in ("", one["role"])
        and sure in ("", one["certainty"])
        for one in archive.of(claim)["actors"]
    )


Chosen = Callable[[Json, Archive], bool]


def _has_at_least_two(outcome: str, claim: Json, archive: Archive) -> bool:
    return claim["outcome"] == outcome and (claim["low"] or 0) >= 2


def _is_about_two_claimed(outcome: str, claim: Json, archive: Archive) -> bool:
    return any(_has_at_least_two(outcome, one, archive) for one in archive.of(claim)["casualties"])


def _has_possibly_four(outcome: str, claim: Json, archive: Archive) -> bool:
    return claim["outcome"] == outcome and (claim["high"] is None or claim["high"] >= 4)


OUTCOMES = shipped().values("casualty.outcome")

FILTERED: dict[str, Chosen] = {
    "kind=joint_raid&kind=killing": lambda claim, archive: archive.of(claim)["kind"] in ("joint_raid", "killing"),
    "granularity=series": lambda claim, archive: archive.of(claim)["granularity"] == "series",
    "datetime=2019": lambda claim, archive: overlaps(claim, archive, "2019-01-01", "2019-12-31"),
    "datetime=2019-04&date_match=within": lambda claim, archive: overlaps(
        claim, archive, "2019-04-01", "2019-04-30", within=True
    ),
    "place=kirkuk-province": lambda claim, archive: "kirkuk-province" in archive.at(claim),
    "place=kirkuk-province&place_basis=stated": lambda claim, archive: (
        "kirkuk-province" in archive.at(claim, stated=True)
    ),
    "place=iraq&place_role=scene": lambda claim, archive: "iraq" in archive.at(claim, roles={"scene"}),
    "place_role=home_area": lambda claim, archive: bool(archive.at(claim, roles={"home_area"})),
    "place_certainty=inferred": lambda claim, archive: bool(archive.at(claim, sure="inferred")),
    "place=iraq&place_certainty=stated": lambda claim, archive: "iraq" in archive.at(claim, sure="stated"),
    "actor=us-military": lambda claim, archive: acting(claim, archive, "us-military"),
    "actor=islamic-state&actor_role=perpetrator": lambda claim, archive: acting(
        claim, archive, "islamic-state", "perpetrator"
    ),
    "actor_role=discoverer": lambda claim, archive: acting(claim, archive, role="discoverer"),
    "actor=islamic-state&actor_certainty=stated": lambda claim, archive: acting(
        claim, archive, "islamic-state", sure="stated"
    ),
    "actor_certainty=claimed": lambda claim, archive: acting(claim, archive, sure="claimed"),
    "near=43.4,35.3&radius_km=60": lambda claim, archive: near(claim, archive, 43.4, 35.3, 60_000),
    "bbox=40,30,50,38&location_match=point": lambda claim, archive: archive.of(claim)["location"] is not None,
    "has_location=false": lambda claim, archive: archive.of(claim)["location"] is None,
    "contested=true": lambda claim, archive: archive.of(claim)["contested"],
    "parent=dub-operation": lambda claim, archive: ids([archive.of(claim)["parent"]]) == {"dub-operation"},
    "incident=dub-operation": lambda claim, archive: (
        "dub-operation" in archive.with_operations(claim["incident"]["id"])
    ),
    "incident=kubaiba-raid&incident=dub-house-detention": lambda claim, archive: (
        claim["incident"]["id"] in ("kubaiba-raid", "dub-house-detention")
    ),
    "organization=islamic-state": lambda claim, archive: (
        "islamic-state" in archive.with_bodies(ids([claim["organization"]]))
    ),
    "organization=iraqi-government": lambda claim, archive: (
        "iraqi-government" in archive.with_bodies(ids([claim["organization"]]))
    ),
    "group=civilian": lambda claim, archive: claim["group"] == "civilian",
    "person=qasem-mohammed": lambda claim, archive: "qasem-mohammed" in ids(claim["people"]),
    "person=qasem-mohammed&person=scott-koppenhafer": lambda claim, archive: bool(
        {"qasem-mohammed", "scott-koppenhafer"} & ids(claim["people"])
    ),
    "outcome=killed&outcome=wounded": lambda claim, archive: claim["outcome"] in ("killed", "wounded"),
    "basis=claimed": lambda claim, archive: claim["basis"] == "claimed",
    "claimed_by=us-led-coalition": lambda claim, archive: "us-led-coalition" in claimants(claim),
    "attributed=false": lambda claim, archive: not claimants(claim),
    "counted=false": lambda claim, archive: not claim["counted"],
    "article=foltyn-us-iran-isis-2020": lambda claim, archive: True,
    "changed_since=0": lambda claim, archive: True,
    "changed_since=1": lambda claim, archive: False,
    "same_as=wikidata:Q1": lambda claim, archive: False,
    "id=kubaiba-fighters-killed": lambda claim, archive: claim["id"] == "kubaiba-fighters-killed",
    "document=kanoos-map": lambda claim, archive: "kanoos-map" in ids(claim["documents"]),
    "any_harm=certain": lambda claim, archive: claim["outcome"] in HARMS and (claim["low"] or 0) >= 1,
    "any_harm=possible": lambda claim, archive: claim["outcome"] in HARMS and claim["high"] != 0,
    **{f"{outcome}_at_least=2": partial(_has_at_least_two, outcome) for outcome in OUTCOMES},
    **{f"{outcome}_claimed_at_least=2": partial(_is_about_two_claimed, outcome) for outcome in OUTCOMES},
    **{f"{outcome}_possibly=4": partial(_has_possibly_four, outcome) for outcome in OUTCOMES},
}
"""By query: whether a claim is among what it asks for."""

WORDS = {"q": "it looks into the words, which tests of its own do"}


def test_every_filter_is_tried() -> None:
    tried = {pair.partition("=")[0] for query in FILTERED for pair in query.split("&")}
    filters = filters_under(RECORD_TYPES["casualties"].filters, shipped()).model_fields
    # What is excluded is compared with what is found in `test_exclusions`, under sums too.
    assert {one for one in filters if not one.startswith("not.")} - PAGING - tried - set(WORDS) == set()


def chosen(archive: Archive, wanted: Chosen) -> Iterator[Json]:
    return (claim for claim in archive.casualties.values() if wanted(claim, archive))


@every_fifth.parametrize("query", FILTERED)
def test_filtered_sums_are_those_of_the_claims_that_are_meant(client: TestClient, archive: Archive, query: str) -> None:
    keys = ("organization", "outcome")
    data = body(client, f"/v1/casualties/summary?limit=500&group_by=organization&{query}")["data"]
    claims = list(chosen(archive, FILTERED[query]))
    assert by_keys(data["rows"], keys) == by_hand(claims, archive, keys)
    assert by_keys(data["totals"], ("outcome",)) == by_hand(claims, archive, ("outcome",))


def test_most_of_the_queries_find_something_and_leave_something_out(archive: Archive) -> None:
    told = {claim["outcome"] for claim in archive.casualties.values()}
    untold = tuple(f"{one}_" for one in shipped().values("casualty.outcome") if one not in told)
    sizes = [len(list(chosen(archive, wanted))) for query, wanted in FILTERED.items() if not query.startswith(untold)]
    assert sum(0 < size < len(archive.casualties) for size in sizes) > len(sizes) * 0.7
