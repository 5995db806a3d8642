"""What an editor is told of seed files while they are written: mistakes, what is valid, what no record rests on."""

from pathlib import Path
from typing import Any

import pytest

from app.ingest.building.pipeline import check
from app.ingest.editing.preview import report
from app.ingest.editing.valid_part import write_valid_part
from app.ingest.release.verifying import ArticleFile
from app.ingest.seed.reading import DossierError
from tests import sample

INCIDENTS = f"articles/{sample.ARTICLE}/incidents.yaml"
QUOTES = f"articles/{sample.ARTICLE}/quotes.yaml"


def valid_part(files: sample.Files, folder: Path) -> dict[str, int] | None:
    """How many records are left of a dossier with mistakes; None where there are none."""
    seed = sample.write(files, folder / "seed")
    with pytest.raises(DossierError) as error:
        check(seed)
    (folder / "part").mkdir()
    return check(folder / "part") if write_valid_part(seed, error.value.errors, folder / "part") else None


def test_a_record_with_a_mistake_is_left_out_with_what_refers_to_it(tmp_path: Path) -> None:
    files = sample.small()
    whole = check(sample.write(files, tmp_path / "whole"))
    files[INCIDENTS][0]["kind"] = "kiling"
    left = valid_part(files, tmp_path)
    assert left is not None
    assert left["incidents"] < whole["incidents"]
    assert left["places"] == whole["places"]
    assert left["articles"] == 1


def test_a_record_that_rests_on_nothing_that_is_left_goes_too(tmp_path: Path) -> None:
    """Whoever speaks in a quote is left out, and so is the quote."""
    files = sample.small()
    speaker = files[QUOTES][0]["speaker"]
    sample.record(files, "people.yaml", speaker)["life_status"] = "asleep"
    left = valid_part(files, tmp_path)
    assert left is not None
    assert left["people"] == len(files["people.yaml"]) - 1
    assert left["quotes"] < len(files[QUOTES])


def test_nothing_is_left_of_an_article_without_its_own_file(tmp_path: Path) -> None:
    files = sample.small()
    files[f"articles/{sample.ARTICLE}/article.yaml"]["published"] = "soon"
    assert valid_part(files, tmp_path) is None


def test_a_file_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    seed = sample.write(sample.small(), tmp_path / "seed")
    (seed / QUOTES).write_text("quotes: [", "utf-8")
    with pytest.raises(DossierError) as error:
        check(seed)
    (tmp_path / "part").mkdir()
    assert write_valid_part(seed, error.value.errors, tmp_path / "part")
    counts = check(tmp_path / "part")
    assert (counts["quotes"], counts["incidents"]) == (0, 3)


@pytest.fixture
def text(tmp_path: Path) -> ArticleFile:
    path = tmp_path / "text.txt"
    path.write_text(sample.TEXT, "utf-8")
    return ArticleFile(path)


def test_a_mistake_of_a_claim_stands_with_its_incident(tmp_path: Path) -> None:
    files = sample.small()
    incident = next(one for one in files[INCIDENTS] if one.get("casualties"))
    incident["casualties"][0]["low"] = "many"
    told, errors = report(sample.write(files, tmp_path / "seed"), [])
    assert len(errors) == 1
    (mistake,) = told["mistakes"]
    assert (mistake["record"], mistake["name"]) == (incident["id"], incident["title"])
    assert mistake["where"] == f"{incident['casualties'][0]['id']}: casualties.0.low"
    assert mistake["file"] == f"seed/{INCIDENTS}"


def paragraphs(told: dict[str, Any]) -> list[dict[str, Any]]:
    (article,) = told["articles"]
    found: list[dict[str, Any]] = article["paragraphs"]
    return found


def test_coverage_counts_passages_and_characters_once(tmp_path: Path) -> None:
    """Passages that overlap, and records that share one, cover no more than there is; without the text only numbers."""
    told, _ = report(sample.write(sample.small(), tmp_path / "seed"), [])
    lines = sample.TEXT.split("\n")
    assert [one["length"] for one in paragraphs(told)] == list(map(len, lines))
    assert all(0 < one["covered"] <= one["length"] for one in paragraphs(told))
    assert {sentence for one in paragraphs(told) for sentence in one["without_record"]} == set()
    assert told["articles"][0]["has_text"] is False


def test_sentences_that_no_record_rests_on_are_told_where_the_text_is_given(tmp_path: Path, text: ArticleFile) -> None:
    files = sample.small()
    whole, _ = report(sample.write(files, tmp_path / "whole"), [text])
    without = {sentence for one in paragraphs(whole) for sentence in one["without_record"]}
    assert "Mayor Ida Falk counted at least three wounded." not in without
    for incident in files[INCIDENTS]:
        incident["casualties"] = []
    for name in ("people.yaml", QUOTES, f"articles/{sample.ARTICLE}/statements.yaml"):
        files[name] = []
    told, _ = report(sample.write(files, tmp_path / "part"), [text])
    assert "Mayor Ida Falk counted at least three wounded." in paragraphs(told)[0]["without_record"]


def test_a_passage_that_is_not_as_in_the_text_is_told_by_its_record(tmp_path: Path, text: ArticleFile) -> None:
    text.path.write_text(sample.TEXT.replace("Turn back", "Turn away"), "utf-8")
    told, errors = report(sample.write(sample.small(), tmp_path / "seed"), [text])
    assert errors == []
    assert told["unverified"]
    assert any("paragraph 4" in one["message"] for one in told["unverified"])


def test_a_text_of_no_article_is_told_and_everything_else_shown(tmp_path: Path, text: ArticleFile) -> None:
    told, _ = report(sample.write(sample.small(), tmp_path / "seed"), [ArticleFile(text.path, "other")])
    assert told["problems"] == [f"Choose one with --article: {sample.ARTICLE}."]
    assert told["articles"][0]["has_text"] is False
