"""Two invented dossiers about other subjects answer the questions that the shipped article answers."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests import dossiers
from tests.answers import body, ids
from tests.conftest import NewDatabase, load_seed, serving
from tests.dossiers.questions import WORDS_OF_WAR

pytestmark = pytest.mark.heavy

Json = dict[str, Any]


def _desk(name: str, new_database: NewDatabase, folder: Path) -> Iterator[TestClient]:
    url = new_database()
    load_seed(url, dossiers.write(name, folder))
    with serving(url) as client:
        yield client


@pytest.fixture(scope="module")
def dam(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    yield from _desk("dam", new_database, tmp_path_factory.mktemp("dam"))


@pytest.fixture(scope="module")
def election(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    yield from _desk("election", new_database, tmp_path_factory.mktemp("election"))


def sums(client: TestClient, query: str) -> dict[str, Json]:
    """Sums by the value of the first key."""
    rows = body(client, f"/v1/casualties/summary?{query}")["data"]["rows"]
    return {str(next(iter(row["by"].values()))["value"]): row for row in rows}


def figures(row: Json) -> tuple[int, int | None, int | None]:
    return row["low"], row["high"], row["best"]


def test_how_many_died_is_as_open_as_the_claims(dam: TestClient) -> None:
    killed = sums(dam, "group_by=outcome")["killed"]
    assert figures(killed) == (41, None, None)
    assert (killed["harms"], killed["in_dispute"], killed["claims"]["counted"]) == (1, 1, 3)
    assert ids(dam, "/v1/incidents?killed_at_least=42") == []
    assert ids(dam, "/v1/incidents?killed_possibly=60") == ["selm-dam-breaks"]
    assert ids(dam, "/v1/incidents?killed_claimed_at_least=60") == ["selm-dam-breaks"]


def test_who_says_so_has_figures_of_their_own(dam: TestClient) -> None:
    by_claimant = sums(dam, "outcome=killed&group_by=claimed_by")
    assert {key: figures(row)[:2] for key, row in by_claimant.items()} == {
        "civil-protection": (41, 41),
        "dovra-parish": (68, 68),
        "selm-miners-union": (101, None),
    }


def test_other_outcomes_than_death_are_counted_alike(dam: TestClient) -> None:
    by_outcome = sums(dam, "group_by=outcome")
    assert {key: figures(row)[:2] for key, row in by_outcome.items() if key != "killed"} == {
        "missing": (27, 27),
        "rescued": (12, 12),
        "displaced": (300, None),
        "arrested": (2, 2),
        "charged": (0, 0),
        "wounded": (0, 17),
    }
    by_group = sums(dam, "outcome=missing&group_by=group")
    assert figures(by_group["child"])[:2] == (9, 9)
    assert sorted(figures(row)[:2] for row in by_group.values()) == [(9, 9), (18, 18)]


def test_when_where_and_who_are_answered(dam: TestClient) -> None:
    (breaks,) = body(dam, "/v1/incidents?datetime=2024-01-14&kind=disaster")["data"]
    assert (breaks["time"]["earliest"], breaks["location"]["id"]) == ("04:40", "selm-dam")
    assert set(ids(dam, "/v1/incidents?place=selm-valley&datetime=2023")) == {"tolk-warning", "wall-inspection"}
    assert ids(dam, "/v1/incidents?actor=ministry-of-mines&kind=official_decision") == ["selm-dam-licence"]
    assert ids(dam, "/v1/organizations?kind=company") == ["hollin-mining"]
    assert set(ids(dam, "/v1/organizations?kind=union")) == {"selm-miners-union"}
    assert ids(dam, "/v1/incidents?q=tear gas") == ["kastrel-march"]


def test_what_was_said_and_denied_is_answered(dam: TestClient) -> None:
    (boots,) = body(dam, "/v1/quotes?speaker=hollin-manager")["data"]
    assert boots["text"] == "We do not stop for wet boots."
    assert ids(dam, "/v1/statements?stance=denies&by=hollin-mining") == ["company-denies-warning"]
    assert set(ids(dam, "/v1/incidents?contested=true")) == {"selm-dam-breaks", "tolk-warning", "kastrel-march"}


def test_what_came_through_an_e_mail_is_found_by_it(dam: TestClient) -> None:
    assert set(ids(dam, "/v1/documents?kind=email")) == {"manager-reply", "tolk-e-mail"}
    assert ids(dam, "/v1/quotes?document=manager-reply") == ["wet-boots"]
    assert ids(dam, "/v1/statements?document=dam-licence") == ["licence-30-metres"]
    (caption,) = body(dam, "/v1/articles/valk-selm-dam")["data"]["captions"]
    assert (caption["paragraph"], caption["place"]["id"]) == (13, "lower-dovra")


def test_an_inquiry_without_dead_has_charges_and_a_court(election: TestClient) -> None:
    by_outcome = sums(election, "group_by=outcome")
    assert {key: figures(row) for key, row in by_outcome.items()} == {"charged": (3, 4, None), "convicted": (1, 1, 1)}
    assert ids(election, "/v1/incidents?charged_at_least=4") == []
    assert ids(election, "/v1/incidents?charged_possibly=4") == ["night-shift-charged"]
    assert ids(election, "/v1/organizations?kind=court") == ["district-court"]
    assert set(ids(election, "/v1/organizations?kind=party")) == {"harbour-list", "civic-union"}
    assert ids(election, "/v1/incidents?granularity=planned") == ["new-election"]
    assert ids(election, "/v1/quotes?incident=night-shift-trial") == ["counted-what-i-was-given"]
    assert set(ids(election, "/v1/incidents?place=lorne-bay&kind=trial")) == {"night-shift-trial"}


def test_a_value_of_the_dossier_is_one_of_the_codebook(election: TestClient) -> None:
    assert ids(election, "/v1/incidents?kind=discovery") == ["ballots-found"]
    values = {one["value"] for one in body(election, "/v1/codebook")["data"]["vocabularies"]["incident.kind"]["values"]}
    assert {"discovery", "trial", "joint_raid"} <= values


SEPARATE = ("/v1/incidents.csv", "/v1/casualties.csv", "/v1/incidents.geojson", "/v1/incidents.ndjson")


@pytest.mark.parametrize("name", ["dam", "election"])
def test_no_word_of_war_stands_in_any_answer(name: str, dam: TestClient, election: TestClient) -> None:
    client = {"dam": dam, "election": election}[name]
    lists = [f"{one['url']}?limit=500" for one in body(client, "/v1")["data"]["lists"]]
    pages = ["/", *(f"/incidents/{id_}" for id_ in ids(client, "/v1/incidents"))]
    feeds = ["/v1/incidents.atom", "/v1/incidents.feed.json", "/v1/quotes.atom"]
    sums = ["/v1/casualties/summary?group_by=outcome", "/ogc/collections/incidents/items"]
    for path in [*lists, *SEPARATE, *feeds, *sums, *pages]:
        text = client.get(path).text
        found = {match.group() for match in WORDS_OF_WAR.finditer(_readable(path, text))}
        assert not found, (path, found)


def _readable(path: str, text: str) -> str:
    """An answer without the values of the codebook that the page holds for its form."""
    return re.sub("<option[^>]*>[^<]*</option>", "", text) if path == "/" else text


def test_the_toll_is_the_same_in_every_file(dam: TestClient) -> None:
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(dam.get("/v1/incidents.csv").text.lstrip("\ufeff")))}
    breaks = rows["selm-dam-breaks"]
    assert (breaks["killed_low"], breaks["killed_high"], breaks["killed_best"]) == ("41", "", "")
    assert breaks["killed_in_dispute"] == "1"
    features = {one["id"]: one["properties"] for one in body(dam, "/v1/incidents.geojson")["features"]}
    assert (features["selm-dam-breaks"]["killed_low"], features["selm-dam-breaks"]["killed_high"]) == (41, None)
    item = body(dam, "/ogc/collections/incidents/items/selm-dam-breaks")["properties"]
    assert (item["killed_low"], item["killed_high"], item["killed_best"]) == (41, None, None)
    lines = [json.loads(line) for line in dam.get("/v1/incidents.ndjson").text.splitlines()]
    (line,) = [one for one in lines if one["id"] == "selm-dam-breaks"]
    assert figures(line["totals"]["killed"]) == (41, None, None)
    with zipfile.ZipFile(io.BytesIO(dam.get("/v1/dataset.zip").content)) as package:
        name = next(one for one in package.namelist() if one.endswith("incidents.csv"))
        packed = {row["id"]: row for row in csv.DictReader(io.StringIO(package.read(name).decode("utf-8-sig")))}
    assert (packed["selm-dam-breaks"]["killed_low"], packed["selm-dam-breaks"]["killed_high"]) == ("41", "")


def test_the_front_page_says_that_the_toll_is_open(dam: TestClient) -> None:
    page = dam.get("/").text
    assert "What was known about the Selm dam" in page
    assert re.search(r"41 or more</b>\s*killed|41 or more.{0,40}killed", page)
