"""What the pictures of an article show, and what its display copies shorten, in every output."""

import csv
import io
import json
from zipfile import ZipFile

from starlette.testclient import TestClient

from tests.answers import body

ARTICLE = "foltyn-us-iran-isis-2020"


def test_an_article_tells_what_its_pictures_show(client: TestClient) -> None:
    article = body(client, f"/v1/articles/{ARTICLE}")["data"]
    last = article["captions"][-1]
    assert (last["paragraph"], last["credit"]) == (29, "Simona Foltyn")
    assert last["place"] == {
        "type": "place",
        "id": "kanoos-pmf-base",
        "label": "Sunni PMF base overlooking Kanoos island",
    }
    assert last["subject"] == {"type": "organization", "id": "tribal-pmf", "label": "tribal PMF"}
    assert article["captions"][0]["subject"] is None
    assert article["pull_texts"] == [{"paragraph": 34, "shortens": 14}]
    kinds = {one["number"]: one["kind"] for one in article["paragraphs"]}
    assert {kinds[caption["paragraph"]] for caption in article["captions"]} == {"caption"}
    assert (kinds[34], kinds[14]) == ("pull_text", "body")


def test_whom_and_what_they_show_can_be_included(client: TestClient) -> None:
    included = body(client, f"/v1/articles/{ARTICLE}?include=places,organizations")["included"]
    assert {one["id"] for one in included["places"]} == {
        "kanoos-base",
        "kanoos-island",
        "kanoos-shore",
        "kanoos-pmf-base",
    }
    assert [one["id"] for one in included["organizations"]] == ["tribal-pmf"]


def test_tables_have_them(client: TestClient) -> None:
    (row,) = csv.DictReader(io.StringIO(client.get("/v1/articles.csv").content.decode("utf-8-sig")))
    assert row["caption_paragraphs"] == "12|16|25|29"
    assert row["caption_place_ids"] == "kanoos-base|kanoos-island|kanoos-shore|kanoos-pmf-base"
    assert row["caption_subject_ids"] == "|||tribal-pmf"
    assert (row["pull_text_paragraphs"], row["pull_text_shortens"]) == ("34", "14")
    with ZipFile(io.BytesIO(client.get("/v1/dataset.zip").content)) as package:
        tables = {one["name"]: one for one in json.loads(package.read("datapackage.json"))["resources"]}
        rows = list(csv.DictReader(io.StringIO(package.read(tables["captions"]["path"]).decode("utf-8-sig"))))
    assert [(one["paragraph"], one["place_id"], one["subject_id"]) for one in rows][3] == (
        "29",
        "kanoos-pmf-base",
        "tribal-pmf",
    )
    assert rows[1]["shows"] == "The island of Kanoos."
