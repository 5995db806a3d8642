"""Names that nobody typed as aliases lead to their records; what is called certain is right."""

import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from app.api.reconciliation import MAX_QUERIES
from app.reconciliation.candidates import NAMED_TYPES
from app.reconciliation.spelling import consonants, likeness, written
from app.settings import SEED
from tests.conftest import Figure

SPELLINGS: dict[str, dict[str, list[str]]] = yaml.safe_load(
    Path(__file__).with_name("spellings.yaml").read_text("utf-8")
)


def forms() -> Iterator[tuple[str, str, str]]:
    """Each form, with its list and the id of the record that is meant."""
    for list_name, records in SPELLINGS.items():
        for id_, ones in records.items():
            yield from ((str(one), list_name, id_) for one in ones)


def asked(client: TestClient, queries: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The candidates of each query."""
    found = []
    for start in range(0, len(queries), MAX_QUERIES):
        batch = {str(number): query for number, query in enumerate(queries[start : start + MAX_QUERIES])}
        answer = client.post("/reconcile", data={"queries": json.dumps(batch)}).json()
        found += [answer[key]["result"] for key in batch]
    return found


def test_forms_are_none_that_editors_typed() -> None:
    typed = set()
    for name in NAMED_TYPES:
        for record in yaml.safe_load((SEED / f"{name}.yaml").read_text("utf-8")):
            others = chain(record.get("aliases", []), record.get("names", []))
            typed |= {record.get("name"), *(one["name"] if isinstance(one, dict) else one for one in others)}
    assert typed.isdisjoint(one for one, *_ in forms())
    assert len(list(forms())) >= 200


def test_spellings_lead_to_their_records(client: TestClient, figure: Figure) -> None:
    meant = list(forms())
    found = asked(client, [{"query": form, "type": list_name} for form, list_name, _ in meant])
    first = [bool(ones) and ones[0]["id"] == f"{name}/{id_}" for ones, (_, name, id_) in zip(found, meant, strict=True)]
    certain = [
        (one["id"], f"{name}/{id_}")
        for ones, (_, name, id_) in zip(found, meant, strict=True)
        for one in ones
        if one["match"]
    ]
    figure(f"{sum(first)} of {len(first)} spellings lead to their record first, {len(certain)} of them for certain")
    assert sum(first) >= 0.95 * len(first)
    assert [one for one in certain if one[0] != one[1]] == []
    assert len(certain) >= 0.75 * len(first)


def test_who_has_no_name_never_matches(client: TestClient) -> None:
    unnamed = client.get("/v1/people?named=false&limit=500").json()["data"]
    found = asked(client, [{"query": one["label"], "type": "people"} for one in unnamed])
    by_id = {f"people/{one['id']}" for one in unnamed}
    assert unnamed
    assert not [one for ones in found for one in ones if one["match"] and one["id"] in by_id]


def test_two_of_a_name_match_neither(client: TestClient) -> None:
    """Kirkuk is a city, a province, and a place of which the reporting does not say which."""
    (ones,) = asked(client, [{"query": "Kerkuk", "type": "places"}])
    assert {"places/kirkuk-unspecified"} <= {one["id"] for one in ones[:3]}
    (united,) = asked(client, [{"query": "Iran", "type": "organizations"}])
    assert [one["id"] for one in united if one["match"]] == ["organizations/iran-state"]


@pytest.mark.parametrize(
    ("one", "other"),
    [("Hawija", "Huwayjah"), ("Kanoos", "Qannus"), ("Muqdadiya", "Moqdadiyah"), ("الموصل", "Mosul")],
)
def test_consonants_survive_transliteration(one: str, other: str) -> None:
    assert consonants(written(one)) == consonants(written(other))


def test_likeness_has_its_ends() -> None:
    assert likeness(written("Al-Hawija"), written("hawija")).score == 100
    assert likeness(written("Orsa"), written("Baghdad")).score < 50
    assert likeness(written("…"), written("Baghdad")).score == 0
