"""Three competing death tolls in every sum and filter: at least 41, open above, no best figure, in dispute."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import dam
from tests.answers import body, ids

Json = dict[str, Any]

TOLL = {"low": 41, "high": None, "best": None}


def figure(document: Json) -> Json:
    return {key: document[key] for key in TOLL}


def sums(client: TestClient, query: str = "") -> list[Json]:
    return list(body(client, f"/v1/casualties/summary?outcome=killed&{query}")["data"]["rows"])


def test_the_incident_says_how_many_died(dam_client: TestClient) -> None:
    incident = body(dam_client, f"/v1/incidents/{dam.BREAK}")["data"]
    assert incident["totals"]["killed"] == {**TOLL, "in_dispute": 1, "parts": None}
    assert incident["totals"]["wounded"] == {"low": 9, "high": 9, "best": 9, "in_dispute": 0, "parts": None}
    assert incident["contested"] is True
    dead = incident["harms"][0]
    assert (figure(dead), dead["id"], dead["claims"], dead["in_dispute"]) == (TOLL, "dead", 3, True)
    assert [claim["id"] for claim in incident["casualties"] if claim["harm"]["id"] == "dead"] == list(dam.TOLLS)


def test_each_claim_says_what_stands_against_it(dam_client: TestClient) -> None:
    for id_ in dam.TOLLS:
        claim = body(dam_client, f"/v1/casualties/{id_}")["data"]
        assert (figure(claim["harm"]), claim["harm"]["claims"], claim["harm"]["in_dispute"]) == (TOLL, 3, True)
        assert claim["best"] is None


def test_the_sum_is_as_wide_as_the_claims(dam_client: TestClient) -> None:
    (row,) = sums(dam_client)
    assert figure(row) == TOLL
    assert (row["harms"], row["in_dispute"], row["open"]) == (1, 1, 1)
    assert row["claims"] == {"counted": 3, "open": 1, "not_counted": 0, "left_out": 0}
    assert row["open_because"] == ["dead-union"]


@pytest.mark.parametrize(
    ("query", "figures", "left_out"),
    [
        ("claimed_by=civil-protection", (41, 41, None), 2),
        ("claimed_by=parish", (68, 68, None), 2),
        ("claimed_by=miners-union", (101, None, None), 2),
        ("basis=claimed", (68, None, None), 1),
        ("killed_at_least=50", (68, None, None), 1),
    ],
)
def test_a_filter_chooses_claims_and_counts_the_others(
    dam_client: TestClient, query: str, figures: tuple[int | None, ...], left_out: int
) -> None:
    (row,) = sums(dam_client, query)
    assert (row["low"], row["high"], row["best"]) == figures
    assert row["claims"]["left_out"] == left_out


def test_rows_of_claimants_are_their_own_figures_and_say_that_they_do_not_add_up(dam_client: TestClient) -> None:
    answer = body(dam_client, "/v1/casualties/summary?outcome=killed&group_by=claimed_by")
    told = {row["by"]["claimed_by"]["value"]: (row["low"], row["high"]) for row in answer["data"]["rows"]}
    assert told == {"civil-protection": (41, 41), "parish": (68, 68), "miners-union": (101, None)}
    assert figure(answer["data"]["totals"][0]) == TOLL
    assert "these rows do not add up" in answer["meta"]["method"]
    assert "do not add up" not in body(dam_client, "/v1/casualties/summary")["meta"]["method"]


@pytest.mark.parametrize(
    ("query", "is_there"),
    [
        ("killed_at_least=41", True),
        ("killed_at_least=42", False),
        ("killed_possibly=60", True),
        ("killed_claimed_at_least=60", True),
        ("killed_claimed_at_least=101", True),
        ("killed_claimed_at_least=102", False),
        ("wounded_claimed_at_least=9", True),
        ("wounded_claimed_at_least=10", False),
        ("detained_claimed_at_least=1", False),
        ("contested=true", True),
        ("contested=false", False),
    ],
)
def test_incidents_are_found_by_the_total(dam_client: TestClient, query: str, is_there: bool) -> None:
    assert ids(dam_client, f"/v1/incidents?{query}") == ([dam.BREAK] if is_there else [])


def test_facets_of_claims_add_up_what_each_value_gives_as_a_filter(dam_client: TestClient) -> None:
    path = "/v1/facets?of=casualties&facet=group,claimed_by,basis,actor"
    assert "sums" not in body(dam_client, path)["data"]["group"]["buckets"][0]
    facets = body(dam_client, f"{path}&sums=true")["data"]
    seen = 0
    for name in ("group", "claimed_by", "basis"):
        for bucket in facets[name]["buckets"]:
            totals = body(dam_client, f"/v1/casualties/summary?{name}={bucket['value']}")["data"]["totals"]
            assert bucket["sums"] == totals
            seen += 1
    assert seen == 9
    (unknown,) = [one for one in facets["group"]["buckets"] if one["value"] == "unknown"]
    assert (unknown["count"], figure(unknown["sums"][0])) == (3, TOLL)
    assert facets["actor"]["buckets"] == []
    assert dam_client.get("/v1/facets?of=incidents&facet=kind&sums=true").status_code == 400


def test_claims_are_found_by_what_any_claim_about_their_incident_says(dam_client: TestClient) -> None:
    assert ids(dam_client, "/v1/casualties?killed_claimed_at_least=60&killed_at_least=60") == [
        "dead-parish",
        "dead-union",
    ]
    assert len(ids(dam_client, "/v1/casualties?killed_claimed_at_least=60")) == 4
    assert ids(dam_client, "/v1/casualties?killed_claimed_at_least=102") == []


def test_what_no_claim_gives_a_number_of_is_not_judged(dam_client: TestClient) -> None:
    answer = body(dam_client, "/v1/incidents?detained_claimed_at_least=1")
    assert answer["meta"]["not_judged"]["casualties"] == 1
    assert body(dam_client, "/v1/incidents?killed_claimed_at_least=102")["meta"]["not_judged"]["casualties"] == 0


def test_the_rule_is_published(dam_client: TestClient) -> None:
    page = dam_client.get("/docs/sums")
    assert page.status_code == 200
    assert body(dam_client, "/v1")["links"]["sums_rule"] == "/docs/sums"
    assert "/docs/sums" in body(dam_client, "/v1/casualties/summary")["meta"]["method"]
    assert "/docs/sums" in dam_client.get("/docs").text
