"""Statements: who says what, about what, and what stands against it. Speakers and contradictions are ids."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.model.codebook import shipped
from tests import sample
from tests.answers import days_taken
from tests.conftest import load_seed, serving

Json = dict[str, Any]

OFFICIAL = {"iraqi-commanders-only-iraqi-troops", "hill-train-and-advise"}
QUOTED_LINE = {"al-kinani-only-iraqi-troops", "hill-iraqi-driven-missions"}


def listed(client: TestClient, query: str) -> list[Json]:
    answer = client.get(f"/v1/statements?limit=500&{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def ids(records: list[Json]) -> set[str]:
    return {record["id"] for record in records}


def exists(client: TestClient, kind: str, id_: str) -> bool:
    resource = "people" if kind == "person" else f"{kind}s"
    return client.get(f"/v1/{resource}/{id_}").status_code == 200


def test_all_statements_and_assertions_of_the_article_are_there(client: TestClient) -> None:
    everything = listed(client, "")
    assert len(everything) == 42 + 40
    assert all(record["gist"] and record["evidence"] for record in everything)
    assert {record["stance"] for record in everything} <= set(shipped().values("statement.stance"))


def test_speakers_subjects_and_contradictions_are_ids_of_records(client: TestClient) -> None:
    named = set()
    for record in listed(client, ""):
        for party in filter(None, (record["by"], record["told_to"])):
            named.add((party["type"], party["id"]))
        named |= {(other["type"], other["id"]) for key in ("about", "contradicts") for other in record[key]}
        named |= {("statement", other["id"]) for other in record["contradicted_by"]}
    assert {kind for kind, _ in named} == {"person", "organization", "incident", "place", "quote", "statement"}
    assert [pair for pair in sorted(named) if not exists(client, *pair)] == []


def test_an_organization_speaks_through_its_parts_and_members(client: TestClient) -> None:
    people = client.get("/v1/people?limit=500").json()["data"]
    parts = {one["id"] for one in client.get("/v1/organizations?within=iraqi-security-forces").json()["data"]}
    assert "nineveh-swat" in parts
    belong = {
        one["id"]: {link["id"] for link in one["organizations"]} & {*parts, "iraqi-security-forces"} for one in people
    }
    said = listed(client, "")
    members = {one["id"] for one in said if one["by"] and belong.get(one["by"]["id"])}
    themselves = {one["id"] for one in said if one["by"] and one["by"]["id"] in {*parts, "iraqi-security-forces"}}
    assert ids(listed(client, "organization=iraqi-security-forces")) == members | themselves
    assert ids(listed(client, "organization=nineveh-swat")) < members


def test_what_nobody_is_given_for_is_the_articles_own_voice(client: TestClient) -> None:
    own = {one["id"] for one in listed(client, "") if one["by"] is None}
    assert ids(listed(client, "attributed=false")) == own != set()
    assert ids(listed(client, "attributed=true")) == ids(listed(client, "")) - own


def test_the_official_line_and_what_stands_against_it_are_one_query(client: TestClient) -> None:
    query = "about=joint-raids-2019&contested=true&include=quotes,people"
    body = client.get(f"/v1/statements?limit=500&{query}").json()
    official = {record["id"]: record for record in body["data"] if record["stance"] == "insists"}
    assert set(official) == OFFICIAL
    assert official["hill-train-and-advise"]["by"]["id"] == "eric-hill"

    against = [record for record in body["data"] if {other["id"] for other in record["contradicts"]} & QUOTED_LINE]
    speakers = {record["by"]["id"] for record in against if record["by"]}
    assert {"two-iraqi-officers-p14", "villagers-raids-p15"} <= speakers
    assert any(record["by"] is None for record in against), "the article's own voice"

    quoted = {record["id"]: record["speaker"]["id"] for record in body["included"]["quotes"]}
    assert quoted["al-kinani-only-iraqi-troops"] == "talib-al-kinani"
    assert quoted["hill-iraqi-driven-missions"] == "eric-hill"
    assert {"eric-hill", "villagers-raids-p15"} <= ids(body["included"]["people"])


def test_contradictions_are_told_from_both_sides(client: TestClient) -> None:
    everything = {record["id"]: record for record in listed(client, "")}
    pairs = {
        (record["id"], other["id"])
        for record in everything.values()
        for other in record["contradicts"]
        if other["type"] == "statement"
    }
    assert pairs == {
        (other["id"], record["id"]) for record in everything.values() for other in record["contradicted_by"]
    }
    assert ("us-denies-depot-blasts", "pmf-accuses-us-and-israel") in pairs
    for record in everything.values():
        assert record["contested"] == bool(record["contradicts"] or record["contradicted_by"]), record["id"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("stance=did_not_reply", lambda one: one["stance"] == "did_not_reply"),
        ("stance=denies&stance=accuses", lambda one: one["stance"] in ("denies", "accuses")),
        ("by=eric-hill", lambda one: one["by"] and one["by"]["id"] == "eric-hill"),
        ("by=us-led-coalition", lambda one: one["by"] and one["by"]["id"] == "us-led-coalition"),
        ("topic=forecast", lambda one: one["topic"] == "forecast"),
        ("contested=true", lambda one: one["contested"]),
        ("contested=false", lambda one: not one["contested"]),
        ("about=kubaiba-raid", lambda one: "kubaiba-raid" in ids(one["about"])),
        ("about=khatuniya", lambda one: "khatuniya" in ids(one["about"])),
        ("about=qassem-suleimani", lambda one: "qassem-suleimani" in ids(one["about"])),
        ("about=islamic-state", lambda one: "islamic-state" in ids(one["about"])),
        (
            "datetime=2018&date_match=within",
            lambda one: (
                (when := one["date"])
                and not when["open"]
                and "2018-01-01" <= when["earliest"] <= when["latest"] <= "2018-12-31"
            ),
        ),
        (
            "datetime=2020-05",
            lambda one: (days := days_taken(one)) and days[0] <= "2020-05-31" and days[1] >= "2020-05-01",
        ),
        ("article=foltyn-us-iran-isis-2020", lambda one: True),
    ],
)
def test_filters_choose_what_they_say(client: TestClient, query: str, expected: Any) -> None:
    wanted = {one["id"] for one in listed(client, "") if expected(one)}
    assert wanted, "the case must be able to fail"
    assert ids(listed(client, query)) == wanted


def test_text_is_looked_for(client: TestClient) -> None:
    assert "raids-mostly-at-night" in ids(listed(client, "q=night"))
    assert "us-denies-depot-blasts" not in ids(listed(client, "q=night"))


def test_undated_statements_are_counted_aside(client: TestClient) -> None:
    undated = sum(one["date"] is None for one in listed(client, ""))
    meta = client.get("/v1/statements?datetime=2019").json()["meta"]
    assert meta["not_judged"]["date"] == undated > 0


def test_bad_values_are_named(client: TestClient) -> None:
    for query, parameter, suggestion in (
        ("stance=denys", "stance", "denies"),
        ("by=eric-hil", "by", "eric-hill"),
        ("about=kubaiba-rade", "about", "kubaiba-raid"),
        ("contested=maybe", "contested", None),
        ("stanse=denies", "stanse", "stance"),
    ):
        answer = client.get(f"/v1/statements?{query}")
        assert answer.status_code == 400, query
        error = answer.json()["errors"][0]
        assert (error["parameter"], error["suggestion"]) == (parameter, suggestion)


def test_incidents_carry_their_statements_and_whether_they_are_contested(client: TestClient) -> None:
    statements = listed(client, "")
    incidents = client.get("/v1/incidents?limit=500").json()["data"]
    for incident in incidents:
        about = [one for one in statements if incident["id"] in ids(one["about"])]
        assert ids(incident["statements"]) == ids(about), incident["id"]
        assert incident["contested"] is any(one["contested"] for one in about), incident["id"]
    contested = client.get("/v1/incidents?contested=true&limit=500").json()["data"]
    assert ids(contested) == {one["id"] for one in incidents if one["contested"]}
    assert {"kubaiba-raid", "pmf-depot-blasts"} <= ids(contested)


def test_no_reply_is_neither_denial_nor_contradiction(client: TestClient) -> None:
    (silence,) = listed(client, "stance=did_not_reply")
    assert silence["contradicts"] == []
    assert silence["contested"] is False
    assert client.get("/v1/incidents/dub-checkpoint-strike").json()["data"]["contested"] is False


def test_an_incident_is_contested_only_while_a_statement_about_it_is(database_url: str, tmp_path: Path) -> None:
    files = sample.small()
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert client.get("/v1/incidents/ferry-shooting").json()["data"]["contested"] is True
        assert client.get("/v1/incidents/mill-search").json()["data"]["contested"] is False

    del sample.record(files, sample.STATEMENTS, "guards-deny-firing")["contradicts"]
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert client.get("/v1/incidents/ferry-shooting").json()["data"]["contested"] is False
        assert listed(client, "contested=true") == []
