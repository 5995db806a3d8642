"""Loads of one article alone, and loads that remove what the files lack."""

import shutil
from typing import Any

import pytest

from app.ingest.seed.reading import DossierError
from app.storage import models
from app.storage.word_models import KnownWords
from tests import sample, second_article
from tests.ingest.desk import Desk, stored
from tests.sample import ARTICLE, Files, at, record
from tests.second_article import SECOND, SECOND_PAPER

pytestmark = pytest.mark.heavy

FOLDER = f"articles/{SECOND}"


def of_its_own() -> Files:
    """The second article in a folder of its own, with those shared records that it needs, as its desk has them."""
    pair, needed = second_article.pair(), {"ash-river", "river-guards", "jon-berg", "orsa", "ash-county"}
    files: Files = {name: content for name, content in pair.items() if name.startswith(FOLDER)}
    files[f"{FOLDER}/incidents.yaml"] = [
        {key: value for key, value in one.items() if key != "related"}
        for one in pair[f"{FOLDER}/incidents.yaml"]
        if "id" in one
    ]
    phrases = {
        "ash-river": "the Ash River that night",
        "jon-berg": "Captain Jon Berg",
        "river-guards": "the guards sank",
    }
    for name in ("places.yaml", "people.yaml", "organizations.yaml"):
        files[name] = [
            {**one, "evidence": [{"field": "name", "article": SECOND, **at(SECOND_PAPER.anchor(phrases[one["id"]]))}]}
            for one in pair[name]
            if one["id"] in needed & phrases.keys()
        ]
    return files


def articles_of(document: dict[str, Any]) -> list[str]:
    return [passage["article"] for passage in document["evidence"]]


def test_other_articles_stay_as_they_are(desk: Desk) -> None:
    desk.load(sample.small())
    before = stored(desk)
    files = second_article.pair()
    record(files, sample.INCIDENTS, "mill-search")["title"] = "Changed by another desk"
    record(files, "places.yaml", "orsa")["name"] = "Changed as well"
    plan = desk.load(files, only=SECOND)
    assert desk.changes(2) == [
        ("ADD", "article", SECOND, 1),
        ("ADD", "casualty", "ferry-guards-held", 1),
        ("ADD", "casualty", "ferry-third-death", 1),
        ("ADD", "incident", "boat-sinking", 1),
        ("ADD", "quote", "berg-went-down", 1),
        ("MOD", "incident", "ferry-shooting", 2),
    ]
    after = stored(desk)
    assert all(after[key] == document for key, document in before.items() if key != ("incident", "ferry-shooting"))
    assert plan.counts["incidents"] == len(files[sample.INCIDENTS]) + 1
    assert plan.counts["articles"] == 2
    assert desk.load(files, only=SECOND).is_empty


def test_articles_loaded_one_after_the_other_are_what_a_load_of_all_is(desk: Desk) -> None:
    desk.load(sample.small())
    desk.load(second_article.pair(), only=SECOND)
    (release,) = [row for row in desk.table(models.Release) if row["number"] == 2]
    assert desk.load(second_article.pair()).is_empty
    assert '"incidents": 4' in release["counts"]
    assert {"en"} <= set(release["languages"].strip("[]").replace('"', "").split(", "))
    words = desk.table(KnownWords)[0]["words"].split()
    assert {"ferry", "boat"} <= set(words)


def test_a_folder_of_its_own_is_merged_with_what_is_stored(desk: Desk) -> None:
    desk.load(sample.small())
    before = stored(desk)
    desk.load(of_its_own_in(desk), only=SECOND)
    after = stored(desk)
    assert before.keys() < after.keys()
    for key in (("place", "ash-river"), ("person", "jon-berg"), ("organization", "river-guards")):
        assert articles_of(after[key]) == [*articles_of(before[key]), SECOND]
        same = {"evidence", "version", "changed_in"}
        assert {k: v for k, v in after[key].items() if k not in same} == {
            k: v for k, v in before[key].items() if k not in same
        }
    assert all(after[key] == before[key] for key in before if SECOND not in articles_of(after[key]))


def of_its_own_in(desk: Desk) -> Files:
    """The folder of the second article's desk; the files of the first are not there."""
    shutil.rmtree(desk.folder)
    return of_its_own()


def test_a_shared_record_must_say_the_same(desk: Desk) -> None:
    desk.load(sample.small())
    before = desk.everything()
    files = of_its_own_in(desk)
    record(files, "places.yaml", "ash-river")["kind"] = "region"
    with pytest.raises(DossierError) as raised:
        desk.load(files, only=SECOND)
    (error,) = raised.value.errors
    assert (error.file, error.record, error.field) == ("seed/places.yaml", "ash-river", "kind")
    assert "where it has 'river', not 'region'; the same id must say the same" in error.message
    assert desk.everything() == before


def test_a_record_that_vanishes_from_the_article_is_a_mistake_until_it_is_pruned(desk: Desk) -> None:
    desk.load(second_article.pair())
    files = second_article.pair()
    files[f"{FOLDER}/incidents.yaml"] = [one for one in files[f"{FOLDER}/incidents.yaml"] if "extends" in one]
    files[f"{FOLDER}/quotes.yaml"][0]["incidents"] = []
    files[sample.INCIDENTS] = [one for one in files[sample.INCIDENTS] if one["id"] != "mill-search"]
    record(files, sample.INCIDENTS, "ferry-shooting")["related"] = []
    with pytest.raises(DossierError) as raised:
        desk.load(files, only=SECOND)
    assert {error.record for error in raised.value.errors} == {"boat-sinking"}
    desk.load(files, only=SECOND, prune="The article was corrected.")
    removed = [row for row in desk.table(models.Change) if row["release"] == 2 and row["op"] == "DEL"]
    assert [(row["id"], row["reason"]) for row in removed] == [("boat-sinking", "The article was corrected.")]
    assert ("incident", "mill-search") in stored(desk)


def test_prune_removes_all_that_a_source_dropped_for_one_reason(desk: Desk) -> None:
    desk.load(second_article.pair())
    files = sample.small()
    for path in (desk.folder / FOLDER).iterdir():
        path.unlink()
    (desk.folder / FOLDER).rmdir()
    with pytest.raises(DossierError):
        desk.load(files)
    desk.load(files, prune="The article was withdrawn.")
    removed = [row for row in desk.table(models.Change) if row["release"] == 2 and row["op"] == "DEL"]
    assert {row["id"] for row in removed} == {
        *(SECOND, "boat-sinking", "berg-went-down", "ferry-guards-held", "ferry-third-death"),
    }
    assert {row["reason"] for row in removed} == {"The article was withdrawn."}
    assert {key for key in stored(desk) if key[0] == "article"} == {("article", ARTICLE)}
    assert desk.load(files).is_empty
