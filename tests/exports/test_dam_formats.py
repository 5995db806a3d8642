"""Three competing death tolls in every format: at least 41, open above, no best figure, in dispute, three claims."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from zipfile import ZipFile

from starlette.testclient import TestClient

from tests import dam
from tests.answers import body

Json = dict[str, Any]


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_figures_in_dispute_stand_in_csv(dam_client: TestClient) -> None:
    (incident,) = rows(dam_client.get("/v1/incidents.csv").text)
    assert (incident["killed_low"], incident["killed_high"], incident["killed_best"]) == ("41", "", "")
    assert (incident["killed_in_dispute"], incident["contested"]) == ("1", "true")
    assert (incident["harms"], incident["harm_lows"], incident["harm_highs"]) == ("dead|hurt", "41|9", "|9")
    assert (incident["harm_bests"], incident["harm_claims"], incident["harms_in_dispute"]) == (
        "|9",
        "3|1",
        "true|false",
    )
    for claim in rows(dam_client.get("/v1/casualties.csv?outcome=killed").text):
        assert (claim["harm"], claim["harm_low"], claim["harm_high"], claim["harm_best"]) == ("dead", "41", "", "")
        assert (claim["harm_claims"], claim["harm_in_dispute"]) == ("3", "true")


def told(properties: Json) -> tuple[Any, ...]:
    names = ("killed_low", "killed_high", "killed_best", "killed_in_dispute", "harms", "harm_claims")
    return tuple(properties[name] for name in names)


TOLD = (41, None, None, 1, "dead|hurt", "3|1")


def test_geojson_and_ogc(dam_client: TestClient) -> None:
    (feature,) = body(dam_client, "/v1/incidents.geojson")["features"]
    assert told(feature["properties"]) == TOLD
    (item,) = body(dam_client, "/ogc/collections/incidents/items")["features"]
    assert told(item["properties"]) == TOLD


def test_figures_in_dispute_stand_in_ndjson(dam_client: TestClient) -> None:
    (incident,) = (json.loads(line) for line in dam_client.get("/v1/incidents.ndjson").text.splitlines())
    assert incident["totals"]["killed"] == {"low": 41, "high": None, "best": None, "in_dispute": 1, "parts": None}
    assert [harm["claims"] for harm in incident["harms"]] == [3, 1]


def test_figures_in_dispute_stand_in_the_dataset_files(dam_client: TestClient, tmp_path: Path) -> None:
    with ZipFile(io.BytesIO(dam_client.get("/v1/dataset.zip").content)) as package:
        harms = rows(package.read("data/incident_harms.csv").decode())
        assert [
            (one["harm"], one["low"], one["high"], one["best"], one["claims"], one["in_dispute"]) for one in harms
        ] == [
            ("dead", "41", "", "", "3", "true"),
            ("hurt", "9", "9", "9", "1", "false"),
        ]
    file = tmp_path / "dateline.sqlite"
    file.write_bytes(dam_client.get("/v1/dataset.sqlite").content)
    with closing(sqlite3.connect(file)) as connection:
        columns = "killed_low, killed_high, killed_best, killed_in_dispute"
        assert connection.execute(f"SELECT {columns} FROM incidents_with_totals").fetchall() == [(41, None, None, 1)]
        # Harms may be added up, claims not.
        assert connection.execute("SELECT sum(low) FROM incident_harms WHERE outcome = 'killed'").fetchall() == [(41,)]
        claims = "SELECT DISTINCT incident_id, harm, harm_low FROM casualties WHERE outcome = 'killed'"
        assert connection.execute(claims).fetchall() == [(dam.BREAK, "dead", 41)]


def test_pages_for_people(dam_client: TestClient) -> None:
    for path in ("/", f"/incidents/{dam.BREAK}"):
        words = " ".join(dam_client.get(path).text.replace("<b>", "").replace("</b>", "").split())
        assert "41 or more killed; 3 claims, in dispute" in words, path
        assert "9 wounded; " not in words


def test_feeds_say_what_is_in_dispute(dam_client: TestClient) -> None:
    for suffix in ("atom", "feed.json"):
        assert "41 or more killed; 3 claims, in dispute" in dam_client.get(f"/v1/incidents.{suffix}").text
