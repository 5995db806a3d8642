"""An incident's totals: its own claims by every outcome, beside them what its parts add, and whom it belongs with."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.model.codebook import shipped
from tests import copies, extended_sample, sample
from tests.answers import body
from tests.conftest import load_seed, serving
from tests.second_article import pair

Json = dict[str, Any]
Bounds = dict[str, int | None]

NONE = {"low": None, "high": None, "best": None, "in_dispute": None}

FERRY, MILL, BOAT = "ferry-shooting", "mill-search", "boat-stopped"


def added(claims: list[Json]) -> Bounds | None:
    """Counted claims, added up by hand."""
    counted = [claim for claim in claims if claim["counted"]]
    if not counted:
        return None
    low, highs = sum(claim["low"] or 0 for claim in counted), [claim["high"] for claim in counted]
    sure = all(claim["low"] == claim["high"] is not None and claim["basis"] != "contested" for claim in counted)
    return {"low": low, "high": None if None in highs else sum(highs), "best": low if sure else None}


def in_dispute(claims: list[Json]) -> int:
    return sum(claim["counted"] and claim["basis"] == "contested" for claim in claims)


def ids(records: list[Json]) -> list[str]:
    return [one["id"] for one in records]


def below(incidents: dict[str, Json], id_: str) -> Iterator[Json]:
    for child in ids(incidents[id_]["children"]):
        yield incidents[child]
        yield from below(incidents, child)


def listed(client: TestClient) -> dict[str, Json]:
    return {one["id"]: one for one in body(client, "/v1/incidents?limit=500")["data"]}


def test_totals_are_the_sums_of_the_claims_and_of_those_of_the_parts(client: TestClient) -> None:
    incidents = listed(client)
    for id_, incident in incidents.items():
        assert list(incident["totals"]) == list(shipped().values("casualty.outcome"))
        for outcome, total in incident["totals"].items():
            its_own = [one for one in incident["casualties"] if one["outcome"] == outcome]
            own = (its := added(its_own)) and {**its, "in_dispute": in_dispute(its_own)}
            claims = [claim for part in below(incidents, id_) for claim in part["casualties"]]
            parts = added([claim for claim in claims if claim["outcome"] == outcome])
            if own is None and parts is None:
                assert total is None
            else:
                assert total == {**(own or NONE), "parts": parts}, (id_, outcome)


def test_an_operation_whose_parts_have_figures_is_not_without_figures(client: TestClient) -> None:
    totals = body(client, "/v1/incidents/dub-operation")["data"]["totals"]
    assert {outcome: total["parts"] for outcome, total in totals.items() if total} == {
        "killed": {"low": 1, "high": 1, "best": 1},
        "wounded": {"low": 2, "high": 2, "best": 2},
        "detained": {"low": 3, "high": 3, "best": 3},
    }
    assert {total["low"] for total in totals.values() if total} == {None}


def parted() -> sample.Files:
    """The boat was a part of the search, which was a part of the shooting."""
    files = sample.small()
    sample.record(files, sample.INCIDENTS, MILL)["parent"] = FERRY
    boat = sample.record(files, sample.INCIDENTS, BOAT)
    boat["parent"] = MILL
    proof = sample.proof("count", "held one man")
    claim = {"id": "crew-held", "group": "military", "outcome": "detained", "high": "4", "basis": "reported"}
    boat["casualties"] = [{**claim, "evidence": [proof]}]
    return files


def detained(client: TestClient) -> dict[str, Json | None]:
    return {id_: one["totals"]["detained"] for id_, one in listed(client).items()}


def test_parts_of_parts_count_and_a_changed_claim_changes_all_above(database_url: str, tmp_path: Path) -> None:
    files = parted()
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        assert detained(client) == {
            FERRY: {**NONE, "parts": {"low": 1, "high": 5, "best": None}},
            MILL: {"low": 1, "high": 1, "best": 1, "in_dispute": 0, "parts": {"low": 0, "high": 4, "best": None}},
            BOAT: {"low": 0, "high": 4, "best": None, "in_dispute": 0, "parts": None},
        }
        sample.record(files, sample.INCIDENTS, BOAT)["casualties"][0]["high"] = "6"
        load_seed(database_url, sample.write(files, tmp_path))
        changed = body(client, "/v1/changes?since=1")["data"]
        assert {entry["id"] for entry in changed} == {"crew-held", BOAT, MILL, FERRY}
        assert (detained(client)[FERRY] or {})["parts"] == {"low": 1, "high": 7, "best": None}
        # The copy of whoever only fetches what has changed is the release's.
        assert copies.digest(copies.pulled(client)) == body(client, "/v1/releases/2")["data"]["digest"]
        sample.record(files, sample.INCIDENTS, BOAT)["casualties"][0] |= {"counted": "false", "note": "A rumour."}
        load_seed(database_url, sample.write(files, tmp_path))
        assert (detained(client)[FERRY] or {})["parts"] == {"low": 1, "high": 1, "best": 1}


def test_what_another_article_adds_to_a_part_counts_for_the_whole(database_url: str, tmp_path: Path) -> None:
    files = pair()
    sample.record(files, sample.INCIDENTS, FERRY)["parent"] = BOAT
    load_seed(database_url, sample.write(files, tmp_path))
    with serving(database_url) as client:
        totals = listed(client)[BOAT]["totals"]
    assert totals["detained"] == {**NONE, "parts": {"low": 2, "high": 2, "best": 2}}
    assert totals["wounded"] == {**NONE, "parts": {"low": 3, "high": None, "best": None}}


def test_parts_add_the_same_whatever_the_form_of_the_files(database_url: str, tmp_path: Path) -> None:
    """Numbers of a `.jsonl` file are numbers, those of YAML texts."""
    files = parted()
    records = files.pop(sample.INCIDENTS)
    for one in (claim for record in records for claim in record.get("casualties", [])):
        one |= {bound: int(one[bound]) for bound in ("low", "high") if bound in one}
    lines = tmp_path / sample.INCIDENTS.replace(".yaml", ".jsonl")
    sample.write(files, tmp_path)
    lines.write_text("".join(json.dumps(record) + "\n" for record in records), "utf-8")
    load_seed(database_url, tmp_path)
    with serving(database_url) as client:
        assert (detained(client)[FERRY] or {})["parts"] == {"low": 1, "high": 5, "best": None}


@pytest.mark.parametrize("dossier", ["the article", "invented"])
def test_what_is_related_is_so_both_ways(client: TestClient, dossier: str, database_url: str, tmp_path: Path) -> None:
    if dossier == "the article":
        actual = listed(client)
    else:
        files = extended_sample.extended()
        # Either of two names the other, and one of them alone another one.
        sample.record(files, sample.INCIDENTS, FERRY)["related"] = [MILL, BOAT]
        load_seed(database_url, sample.write(files, tmp_path))
        with serving(database_url) as other:
            actual = listed(other)
        assert {id_: ids(one["related"]) for id_, one in actual.items()} == {
            FERRY: [MILL, BOAT],
            MILL: [FERRY],
            BOAT: [FERRY],
            "lamp-out": [],
        }
    pairs = {(id_, other["id"]) for id_, one in actual.items() for other in one["related"]}
    assert pairs
    assert pairs == {(other, id_) for id_, other in pairs}
    assert sum(len(one["related"]) for one in actual.values()) == len(pairs)
