"""Links that open the passage, and an article's passages in reading order with the records that rest on them."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from starlette.testclient import TestClient

from app.ingest.texts.passages import digest
from app.ingest.texts.text_fragments import Fragment
from app.records import RECORD_TYPES
from tests import sample
from tests.sample import ARTICLE, PAPER
from tests.verified import verified

Json = dict[str, Any]

PATH = f"/v1/articles/{ARTICLE}/evidence"


def fragment(url: str) -> Fragment:
    """The text directive of a link, read as a browser reads it."""
    parts = url.partition("#:~:text=")[2].split(",")
    before = unquote(parts.pop(0)[:-1]) if parts[0].endswith("-") else None
    after = unquote(parts.pop()[1:]) if parts[-1].startswith("-") else None
    first, *last = (unquote(part) for part in parts)
    return Fragment(first, last[0] if last else None, before, after)


def passages(client: TestClient, query: str = "limit=500") -> list[Json]:
    answer = client.get(f"{PATH}?{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def place(passage: Json) -> tuple[int, int, int]:
    return passage["paragraph"], passage["start"], passage["end"]


def of_records(client: TestClient) -> set[tuple[Any, ...]]:
    """Span, digest, field, type and id of every piece of evidence in every record."""
    return {
        (*place(span), span["sha256"], span["field"], record["type"], record["id"])
        for resource in RECORD_TYPES
        for record in client.get(f"/v1/{resource}?limit=500").json()["data"]
        for span in record["evidence"]
    }


def of_passages(found: list[Json]) -> set[tuple[Any, ...]]:
    return {
        (*place(passage), passage["sha256"], record["field"], record["type"], record["id"])
        for passage in found
        for record in passage["records"]
    }


def test_every_link_opens_at_the_words_of_its_span(small_client: TestClient) -> None:
    checked = 0
    for resource in RECORD_TYPES:
        for record in small_client.get(f"/v1/{resource}?limit=500").json()["data"]:
            for span in record["evidence"]:
                words, actual = PAPER.slice(*place(span)), fragment(span["url"])
                assert digest(words) == span["sha256"]
                spoken = words.rstrip("”,.")
                assert actual.first in words, span["url"]
                assert spoken.endswith(actual.last or actual.first), span["url"]
                landed = PAPER.resolve(actual)
                assert landed is not None
                assert landed[0] == span["paragraph"]
                assert PAPER.slice(*landed).startswith(actual.first)
                assert span["start"] <= landed[1], span["url"]
                assert landed[2] == span["start"] + len(spoken), span["url"]
                checked += 1
    assert checked > 20


def test_a_quote_rests_on_its_own_words(client: TestClient) -> None:
    for quote in client.get("/v1/quotes?limit=100").json()["data"]:
        words = [span for span in quote["evidence"] if span["field"] == "words"]
        assert [place(span) for span in words[: len(quote["spans"])]] == [place(span) for span in quote["spans"]]
        assert [digest(span["exact"]) for span in quote["spans"]] == [span["sha256"] for span in words][
            : len(quote["spans"])
        ]
        assert [span["paragraph"] for span in words[len(quote["spans"]) :]] == [
            copy["paragraph"] for copy in quote["pull_quotes"]
        ]


def test_verifying_finds_a_link_that_leads_elsewhere(tmp_path: Path) -> None:
    files, paper = sample.small(), tmp_path / "paper.txt"
    paper.write_text(sample.TEXT, "utf-8")
    assert verified(sample.write(files, tmp_path), paper).errors == []
    span = sample.record(files, sample.INCIDENTS, "mill-search")["evidence"][0]
    span["first"], span["last"] = "Mayor", "Ida Falk"
    (error,) = verified(sample.write(files, tmp_path), paper).errors
    assert "the link leads to 1:" in error.message


def test_verifying_finds_words_for_a_date_that_the_article_does_not_have(tmp_path: Path) -> None:
    files, paper = sample.small(), tmp_path / "paper.txt"
    paper.write_text(sample.TEXT, "utf-8")
    date = sample.record(files, sample.INCIDENTS, "mill-search")["date"]
    date["as_stated"] = "4 June 2021"
    assert verified(sample.write(files, tmp_path), paper).errors == []
    date["as_stated"] = "June 4"
    (error,) = verified(sample.write(files, tmp_path), paper).errors
    assert (error.record, error.field) == ("mill-search", "date.as_stated")
    assert error.message == "'June 4' stands in none of the passages for 'when'"


def test_all_evidence_of_all_records_is_listed(client: TestClient, small_client: TestClient, tmp_path: Path) -> None:
    assert of_passages(passages(small_client)) == of_records(small_client)
    paper = tmp_path / "paper.txt"
    paper.write_text(sample.TEXT, "utf-8")
    actual = verified(sample.write(sample.small(), tmp_path), paper)
    assert sum(len(passage["records"]) for passage in passages(small_client)) == actual.spans, "all that is verified"
    assert actual.errors == actual.file_errors == []
    article = "/v1/articles/foltyn-us-iran-isis-2020/evidence?limit=200"
    listed = []
    while article:
        body = client.get(article).json()
        listed += body["data"]
        article = body["links"].get("next")
    assert of_passages(listed) == of_records(client)
    assert len(listed) == body["meta"]["matched"]
    assert [place(passage) for passage in listed] == sorted({place(passage) for passage in listed})


def test_a_passage_has_its_digest_its_link_and_its_records(small_client: TestClient) -> None:
    actual = {(passage["paragraph"], PAPER.slice(*place(passage))): passage for passage in passages(small_client)}
    shout = actual[4, "a guard shouted"]
    assert shout["sha256"] == digest("a guard shouted")
    assert shout["url"].startswith("https://courier.example/ash-river/#:~:text=")
    assert shout["records"] == [
        {"type": "organization", "id": "night-patrol", "url": "/v1/organizations/night-patrol", "field": "name"},
        {"type": "person", "id": "guard", "url": "/v1/people/guard", "field": "name"},
    ]
    for passage in actual.values():
        assert all(small_client.get(record["url"]).status_code == 200 for record in passage["records"])


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("paragraph=1", lambda one, record: one["paragraph"] == 1),
        ("paragraph=2&paragraph=4", lambda one, record: one["paragraph"] in (2, 4)),
        ("type=casualty", lambda one, record: record["type"] == "casualty"),
        ("type=quote&type=statement", lambda one, record: record["type"] in ("quote", "statement")),
        ("field=words", lambda one, record: record["field"] == "words"),
        (
            "paragraph=3&type=incident&field=when",
            lambda one, record: (one["paragraph"], record["type"], record["field"]) == (3, "incident", "when"),
        ),
    ],
)
def test_passages_are_filtered(small_client: TestClient, query: str, expected: Any) -> None:
    chosen = of_passages(passages(small_client, query))
    everything = passages(small_client)
    wanted = of_passages(
        [{**one, "records": [record for record in one["records"] if expected(one, record)]} for one in everything]
    )
    assert chosen == wanted != set()


def test_pages_follow_one_another(small_client: TestClient) -> None:
    whole = passages(small_client)
    for limit in (1, 4):
        following, actual = f"{PATH}?limit={limit}", []
        while following:
            answer = small_client.get(following)
            body = answer.json()
            actual += body["data"]
            following = body["links"].get("next")
            counts = {"release": 1, "matched": len(whole), "returned": len(body["data"])}
            cursor = following and small_client.get(following).request.url.params["cursor"]
            assert body["meta"] == {**counts, "next_cursor": cursor}
            if following:
                assert answer.headers["Link"].startswith(f'<{following}>; rel="next"')
        assert actual == whole


def test_a_cursor_belongs_to_its_query(small_client: TestClient) -> None:
    following = small_client.get(f"{PATH}?limit=1").json()["links"]["next"]
    answer = small_client.get(f"{following}&paragraph=2")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == "cursor"


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("paragraph=one", "paragraph"),
        ("type=incidents", "type"),
        ("field=whom", "field"),
        ("limit=501", "limit"),
        ("cursor=x", "cursor"),
        ("sort=paragraph", "sort"),
    ],
)
def test_bad_parameters_are_named(small_client: TestClient, query: str, parameter: str) -> None:
    answer = small_client.get(f"{PATH}?{query}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["parameter"] == parameter


def test_an_article_that_is_not_there(small_client: TestClient) -> None:
    for id_ in ("lind-ash-rivers", "Ash%20River"):
        answer = small_client.get(f"/v1/articles/{id_}/evidence")
        assert answer.status_code == 404
        assert answer.headers["content-type"] == "application/problem+json"


def test_a_paragraph_without_evidence_is_an_empty_page(small_client: TestClient) -> None:
    body = small_client.get(f"{PATH}?paragraph=99").json()
    assert body["data"] == []
    assert body["meta"]["matched"] == 0
    assert "next" not in body["links"]
