"""The shipped article: how much there is of it, and that everything rests on a passage."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from app.ingest.release.loading import dossier
from app.ingest.seed.reading import Dossier
from app.settings import ROOT, SEED
from tests.verified import verified

ARTICLE = "foltyn-us-iran-isis-2020"
TEXT = ROOT.parent / "shared" / "reporting" / "article.txt"
WHAT, WHEN, WHERE, WHO = "what", "when", "where", "who"

NOT_SAID = {
    ("kanoos-grenade-fire", WHEN): "told by a photograph's caption that gives no date",
    ("badr-convoy-block", WHEN): "told without a date among events of 2019",
    ("convoy-blocks", WHEN): "told without a date among events of 2019",
    ("joc-cancellations", WHEN): "said to happen, up to publication, without a date",
    ("isis-claimed-operations-2020", WHERE): "a claim that names no area",
    ("isis-2014-advance", WHERE): "looked back on without a place",
    ("us-iraq-june-2020-talks", WHERE): "talks to come, of which no place is given",
}
"""What the article does not say of an incident; where the record gives a date or a place all the same, its note or its
certainty says from where."""


@pytest.fixture(scope="module")
def shipped() -> Dossier:
    return dossier(SEED)


def test_numbers_of_the_article(shipped: Dossier) -> None:
    counts = {
        resource: len(shipped.records(resource))
        for resource in (
            "articles",
            "incidents",
            "casualties",
            "places",
            "people",
            "organizations",
            "quotes",
            "statements",
        )
    }
    # The first coding has 55 people; the one left out is an e-mail.
    assert counts == {
        "articles": 1,
        "incidents": 42,
        "casualties": 24,
        "places": 41,
        "people": 54,
        "organizations": 28,
        "quotes": 14,
        "statements": 82,
    }
    assert sum(entry.seed.coordinate is None for entry in shipped.places.values()) == 23
    assert sum(entry.seed.name is not None for entry in shipped.people.values()) == 15
    assert sum(len(entry.seed.spans) for entry in shipped.quotes.values() if entry.seed.contained_in is None) == 16
    assert sum(entry.seed.contained_in is not None for entry in shipped.quotes.values()) == 1


def test_every_incident_rests_on_passages_for_what_when_where_and_who(shipped: Dossier) -> None:
    missing = {
        (id_, field)
        for id_, entry in shipped.incidents.items()
        for field in (WHAT, WHEN, WHERE, WHO)
        if field not in {span.field for span in entry.seed.evidence}
    }
    assert missing == NOT_SAID.keys()
    for id_, field in NOT_SAID:
        seed = shipped.incidents[id_].seed
        if field is WHEN:
            assert seed.date is not None
            assert seed.date.edtf[-1] in "?]"
            assert seed.date.note is not None
        else:
            assert all(place.certainty == "inferred" for place in seed.places)


def test_every_claim_rests_on_a_count(shipped: Dossier) -> None:
    assert {id_ for id_, entry in shipped.casualties.items() if not has(entry, "count")} == set()


def test_every_place_person_and_organization_rests_on_its_name(shipped: Dossier) -> None:
    """A place without a name of its own rests on the words that say where it is."""
    for id_, entry in shipped.places.items():
        assert has(entry, "name" if entry.seed.named else WHERE), id_
    for resource in ("people", "organizations"):
        for id_, entry in shipped.records(resource).items():
            assert has(entry, "name"), id_


def has(entry: Any, field: str) -> bool:
    return any(span.field == field for span in entry.seed.evidence)


def test_no_passage_is_longer_than_a_sentence(shipped: Dossier) -> None:
    """The longest needs 95 characters, for a sentence that names both who speaks and to whom; most are far shorter."""
    lengths = sorted(
        span.at.end - span.at.start
        for resource in ("places", "people", "organizations", "incidents", "casualties", "quotes", "statements")
        for entry in shipped.records(resource).values()
        for span in entry.seed.evidence
    )
    assert lengths[-1] <= 100
    assert lengths[len(lengths) // 2] <= 40


def test_pull_quotes_are_display_copies(shipped: Dossier) -> None:
    """Words are quoted from the running text; what the layout repeats is only counted."""
    paragraphs = shipped.articles[ARTICLE].seed.paragraphs
    for entry in shipped.quotes.values():
        assert {paragraphs[span.at.paragraph - 1].kind for span in entry.seed.spans} == {"body"}
        kinds = {paragraphs[span.at.paragraph - 1].kind for span in entry.seed.pull_quotes}
        assert kinds <= {"pull_quote"}


def test_every_caption_says_what_its_picture_shows(shipped: Dossier) -> None:
    """In our own words: no five of the article's stand together."""
    article = shipped.articles[ARTICLE].seed
    numbered = dict(enumerate(article.paragraphs, 1))
    captions = [number for number, one in numbered.items() if one.kind == "caption"]
    assert [caption.paragraph for caption in article.captions] == captions == [12, 16, 25, 29]
    assert [one.shortens for one in article.paragraphs if one.kind == "pull_text"] == [[14]]
    assert {caption.credit for caption in article.captions} == {"Simona Foltyn"}
    if TEXT.is_file():
        known = runs(TEXT.read_text("utf-8"), 5)
        assert all(runs(caption.shows, 5).isdisjoint(known) for caption in article.captions)


def test_everything_stands_in_the_articles_text() -> None:
    """Spans, digests, quoted words and links. The article's text is its publisher's and not in the project."""
    if not TEXT.is_file():
        pytest.skip("the article's text is its publisher's; this runs where somebody who holds it put it")
    checked = verified(SEED, TEXT)
    assert checked.errors == []
    assert checked.spans == checked.of > 500


def test_the_project_holds_no_sentence_of_the_article_but_quotes(shipped: Dossier) -> None:
    """No stretch of eight words of the running text stands in the seed outside quoted words."""
    if not TEXT.is_file():
        pytest.skip("the article's text is its publisher's; this runs where somebody who holds it put it")
    quoted = [span.exact for entry in shipped.quotes.values() for span in entry.seed.spans]
    titles = [shipped.articles[ARTICLE].seed.title]
    allowed = set().union(*(runs(words) for words in [*quoted, *titles]))
    known = runs(TEXT.read_text("utf-8")) - allowed
    for resource in ("articles", "places", "people", "organizations", "incidents", "quotes", "statements"):
        for id_, entry in shipped.records(resource).items():
            assert all(runs(text).isdisjoint(known) for text in texts(entry.seed.model_dump())), id_


def texts(value: Any) -> Iterator[str]:
    """Every text in a record."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def runs(text: str, length: int = 8) -> set[tuple[str, ...]]:
    """Every so many words on end, without case and marks."""
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[start : start + length]) for start in range(len(words) - length + 1)}
