"""A release says how much of it was compared with the articles' texts when it was loaded."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from app.ingest.release.loading import load
from app.ingest.release.verifying import ArticleFile, TextError
from app.ingest.seed.reading import DossierError
from app.storage.database import Database
from tests import sample
from tests.conftest import create_tables, load_seed, serving
from tests.sample import ARTICLE, INCIDENTS, Files, record
from tests.second_article import SECOND, SECOND_PAPER, pair


@pytest.fixture
def papers(tmp_path: Path) -> tuple[Path, Path]:
    """The texts of the first and the second article."""
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text(sample.TEXT, "utf-8")
    second.write_text("\n".join(SECOND_PAPER.paragraphs), "utf-8")
    return first, second


def loaded(url: str, files: Files, folder: Path, *texts: ArticleFile, dry_run: bool = False) -> None:
    create_tables(url)
    database = Database(url)
    try:
        load(sample.write(files, folder), database, texts=texts, dry_run=dry_run)
    finally:
        database.close()


def releases(url: str) -> list[Any]:
    with serving(url) as client:
        listed = client.get("/v1/releases").json()["data"]
        for one in listed:
            assert client.get(one["url"]).json()["data"] == one
        return [one["verified"] for one in reversed(listed)]


def spans(client: TestClient, article: str) -> int:
    """How many pieces of evidence rest on an article."""
    listed = client.get(f"/v1/articles/{article}/evidence?limit=500").json()["data"]
    return sum(len(passage["records"]) for passage in listed)


@pytest.mark.heavy
def test_each_release_says_what_was_verified(database_url: str, tmp_path: Path, papers: tuple[Path, Path]) -> None:
    first, second = papers
    files, seed = pair(), tmp_path / "seed"
    loaded(database_url, files, seed)
    record(files, INCIDENTS, "mill-search")["note"] = "Searched by day."
    loaded(database_url, files, seed, ArticleFile(first, ARTICLE))
    record(files, INCIDENTS, "mill-search")["note"] = "Searched by night."
    loaded(database_url, files, seed, ArticleFile(second, SECOND), ArticleFile(first, ARTICLE))
    with serving(database_url) as client:
        in_first, in_second = spans(client, ARTICLE), spans(client, SECOND)
    every = in_first + in_second
    assert 0 < in_second < in_first
    assert releases(database_url) == [
        None,
        {"articles": [ARTICLE], "spans": in_first, "of": every},
        {"articles": [SECOND, ARTICLE], "spans": every, "of": every},
    ]


def test_nothing_is_loaded_that_does_not_hold(database_url: str, tmp_path: Path, papers: tuple[Path, Path]) -> None:
    paper, seed = papers[0], tmp_path / "seed"
    text = sample.TEXT.replace("held one man", "held 0ne man")
    paper.write_text(text.replace("Weeks later", "Then a boat was stopped. Weeks later"), "utf-8")
    for dry_run in (True, False):
        with pytest.raises(DossierError) as refused:
            loaded(database_url, sample.small(), seed, ArticleFile(paper), dry_run=dry_run)
        messages = [error.message for error in refused.value.errors]
        renew = "where the article has changed, `dateline new --renew` takes over its text"
        assert f"paragraph 3 of the text is not the one coded; {renew}" in messages
        assert any("does not have this sha256" in message for message in messages)
    assert releases(database_url) == []


def test_a_link_that_leads_elsewhere_is_not_loaded(
    database_url: str, tmp_path: Path, papers: tuple[Path, Path]
) -> None:
    """What only the text can tell: no other record speaks of these words."""
    files = sample.small()
    span = record(files, INCIDENTS, "boat-stopped")["evidence"][0]
    span["first"], span["last"] = "a", "stopped"
    loaded(database_url, files, tmp_path / "seed")
    record(files, INCIDENTS, "mill-search")["note"] = "Searched by day."
    with pytest.raises(DossierError, match="the link leads to nowhere, not to 4:"):
        loaded(database_url, files, tmp_path / "seed", ArticleFile(papers[0]))
    assert releases(database_url) == [None]


def test_mistakes_of_the_files_and_of_the_text_come_together(
    database_url: str, tmp_path: Path, papers: tuple[Path, Path]
) -> None:
    files = sample.small()
    record(files, "places.yaml", "orsa")["kind"] = "hamlet"
    papers[0].write_text(sample.TEXT.replace("held one man", "held 0ne man"), "utf-8")
    with pytest.raises(DossierError) as refused:
        loaded(database_url, files, tmp_path / "seed", ArticleFile(papers[0]))
    assert {(error.file.rpartition("/")[2], error.record) for error in refused.value.errors} >= {
        ("places.yaml", "orsa"),
        ("article.yaml", ARTICLE),
        ("incidents.yaml", "miller-held"),
    }


def test_it_must_be_clear_whose_text_it_is(database_url: str, tmp_path: Path, papers: tuple[Path, Path]) -> None:
    first, second = papers
    for texts, why in (
        ([ArticleFile(first)], "Choose one with --article"),
        ([ArticleFile(first, "nobody")], "Choose one with --article"),
        ([ArticleFile(first, ARTICLE), ArticleFile(second, ARTICLE)], "two texts of"),
    ):
        with pytest.raises(TextError, match=why):
            loaded(database_url, pair(), tmp_path / "seed", *texts)
    assert releases(database_url) == []


def test_releases_of_before_say_nothing(database_url: str, tmp_path: Path) -> None:
    load_seed(database_url, sample.write(sample.small(), tmp_path))
    assert releases(database_url) == [None]
