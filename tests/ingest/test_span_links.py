"""Links that lead elsewhere are found without the article's text, where what the files say of it is enough."""

from pathlib import Path
from typing import Any

import pytest

from app.ingest.building.pipeline import check
from app.ingest.seed.reading import DossierError
from app.ingest.texts.passages import Text, digest
from tests import sample
from tests.ingest.test_reading import errors_in
from tests.sample import INCIDENTS, QUOTES, Files, record
from tests.verified import verified

Json = dict[str, Any]


def evidence(files: Files, file: str, id_: str, number: int = 0) -> Json:
    actual: Json = record(files, file, id_)["evidence"][number]
    return actual


def link(span: Json, **parts: str) -> None:
    """Gives a span these words for its link, and no others."""
    for part in ("first", "last", "before", "after"):
        span.pop(part, None)
    span.update(parts)


def longer(files: Files) -> Json:
    span = evidence(files, INCIDENTS, "ferry-shooting")
    link(span, first="fired on", last="ferry near")
    return span


def other_word(files: Files) -> Json:
    span = evidence(files, INCIDENTS, "mill-search")
    at = sample.PAPER.anchor("searched")
    span.update(at=f"3:{at.start}-{at.end}", sha256=digest("searched"))
    link(span, first="Searched")
    return span


def not_quoted(files: Files) -> Json:
    span: Json = record(files, QUOTES, "berg-no-warning")["spans"][0]
    link(span, first="They shot", last="a word")
    return span


def turned_round(files: Files) -> Json:
    span: Json = record(files, QUOTES, "berg-no-warning")["spans"][0]
    link(span, first="warning", last="They")
    return span


def in_the_title(files: Files) -> Json:
    span = evidence(files, "places.yaml", "ash-river")
    link(span, first="Ash River")
    return span


def where_another_span_stands(files: Files) -> Json:
    span = evidence(files, "places.yaml", "orsa", 1)
    link(span, first="Orsa", last="County")
    return span


def in_quoted_words(files: Files) -> Json:
    span = evidence(files, INCIDENTS, "boat-stopped")
    link(span, first="without")
    return span


def by_what_a_browser_ignores(files: Files) -> Json:
    span = evidence(files, "people.yaml", "guard")
    link(span, first="NÈAR", before="a")
    near = evidence(files, "places.yaml", "orsa")
    link(near, first="near", before="a", last="Orsa")
    return span


@pytest.mark.parametrize(
    ("change", "advice"),
    [
        (longer, "longer than the span"),
        (other_word, "'Searched', and the span has other words"),
        (not_quoted, "do not stand in the quoted words"),
        (turned_round, "do not stand in the quoted words"),
        (in_the_title, "leads to the title"),
        (where_another_span_stands, "leads to 1:"),
        (in_quoted_words, "leads to 2:"),
        (by_what_a_browser_ignores, "leads to 1:"),
    ],
)
def test_a_link_that_leads_elsewhere(change: Any, advice: str, tmp_path: Path) -> None:
    files = sample.small()
    span = change(files)
    errors = [error for error in errors_in(sample.write(files, tmp_path / "seed")) if advice in error.message]
    assert len(errors) == 1, errors
    lines = (tmp_path / errors[0].file).read_text("utf-8").splitlines()
    assert any(span["sha256"] in line for line in lines[errors[0].line - 1 : errors[0].line + 8])
    with pytest.raises(DossierError, match=advice):
        check(tmp_path / "seed")


@pytest.mark.parametrize("change", [longer, not_quoted, turned_round, in_the_title, where_another_span_stands])
def test_what_is_found_without_the_text_is_found_with_it(change: Any, tmp_path: Path) -> None:
    files, paper = sample.small(), tmp_path / "paper.txt"
    paper.write_text(sample.TEXT, "utf-8")
    change(files)
    seed = sample.write(files, tmp_path / "seed")
    (error,) = verified(seed, paper).errors
    assert (error.file, error.record, error.field) in {
        (entry.file, entry.record, entry.field) for entry in errors_in(seed)
    }


def test_spans_inside_one_another_may_share_a_link(tmp_path: Path) -> None:
    """The same words serve a clause and the sentence that it begins, in any number of records."""
    files = sample.small()
    inner = evidence(files, INCIDENTS, "ferry-shooting")
    clause: Json = sample.at(sample.PAPER.anchor("guards fired on a ferry near Orsa"))
    words: Json = {part: inner[part] for part in ("first", "last", "before", "after") if part in inner}
    outer: Json = {"field": "where", "at": clause["at"], "sha256": clause["sha256"], **words}
    record(files, INCIDENTS, "ferry-shooting")["evidence"].append(outer)
    assert errors_in(sample.write(files, tmp_path / "seed")) == []


@pytest.mark.parametrize(
    "phrase", ["1,000 men", "bu\u0308ro closed", "مُعَلِّم القرية", "کتاب\u200cها ماند", "U.S. guards", "नाव के"]
)
def test_two_words_are_counted_as_a_link_has_them(phrase: str, tmp_path: Path) -> None:
    """Points, marks and joiners inside a word make no more words of it."""
    files, paper = sample.small(), tmp_path / "paper.txt"
    paragraph = f"Then {phrase} at last."
    paper.write_text(f"{sample.TEXT}\n{paragraph}", "utf-8")
    article: Json = files[f"articles/{sample.ARTICLE}/article.yaml"]
    article["paragraphs"].append({"kind": "body", "length": str(len(paragraph)), "sha256": digest(paragraph)})
    passage = Text(paper.read_text("utf-8"), (sample.TITLE, sample.AUTHOR)).anchor(phrase)
    assert passage.fragment.first == phrase
    record(files, INCIDENTS, "boat-stopped")["evidence"].append({"field": "what", **sample.at(passage)})
    seed = sample.write(files, tmp_path / "seed")
    assert errors_in(seed) == verified(seed, paper).errors == []
