"""`correction:` in seed files: it stands beside its change, and what changed without a word is pointed out."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.ingest.building.pipeline import checked, no_progress, scan
from app.ingest.editing.against import check_against
from app.ingest.seed.reading import DossierError
from app.storage import models
from tests import sample
from tests.ingest.desk import Desk, stored
from tests.sample import INCIDENTS, QUOTES, Files, record

WRONG = {"date": "2021-10-02", "text": "Three were killed, not two; the list of passengers was read wrongly."}


@pytest.fixture
def desk(database_url: str, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(database_url, tmp_path)
    yield desk
    desk.database.close()


@pytest.fixture
def files() -> Files:
    return sample.small()


def claim(files: Files) -> dict[str, Any]:
    found: dict[str, Any] = record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    return found


def logged(desk: Desk) -> list[tuple[int, str, str | None, str | None]]:
    """The corrections of the log: release, id, date, words."""
    rows = (row for row in desk.table(models.Change) if row["correction"] is not None)
    return [(row["release"], row["id"], row["corrected"], row["correction"]) for row in rows]


def told(desk: Desk, files: Files, **how: Any) -> list[tuple[str, str, str]]:
    """The warnings of a load: file, record and field."""
    return [(one.file.partition("/")[2], one.record, one.field) for one in desk.load(files, **how).warnings]


def test_a_correction_is_logged_with_its_change_and_dates_the_record(desk: Desk, files: Files) -> None:
    assert told(desk, files) == []
    claim(files).update(low="3", high="3", correction=WRONG)
    assert told(desk, files) == []
    assert logged(desk) == [(2, claim(files)["id"], *WRONG.values())]
    documents = stored(desk)
    document = documents["casualty", claim(files)["id"]]
    assert document["corrected"] == WRONG["date"]
    incident = documents["incident", "ferry-shooting"]
    assert incident["casualties"][0]["corrected"] == WRONG["date"]
    assert incident["corrected"] is None, "the incident itself was not wrong"


def test_a_correction_counts_once_and_is_remembered(desk: Desk, files: Files) -> None:
    desk.load(files)
    claim(files).update(low="3", high="3", correction=WRONG)
    desk.load(files)
    assert desk.load(files).is_empty, "it may stay in the file"
    assert told(desk, files) == []
    claim(files).update(low="4", high="4")
    (warning,) = desk.load(files).warnings
    assert warning.field == "low", "an old correction is none of this change"
    assert "the `correction:` beside it was logged before, so write one of this change" in warning.message
    del claim(files)["correction"]
    assert desk.load(files).is_empty
    claim(files)["note"] = "As the harbour office says."
    assert told(desk, files) == []
    assert stored(desk)["casualty", claim(files)["id"]]["corrected"] == WRONG["date"]
    earlier = {"date": "2021-09-30", "text": "The low bound was wrong, too."}
    claim(files).update(low="3", correction=earlier)
    assert told(desk, files) == []
    assert logged(desk)[1:] == [(5, claim(files)["id"], *earlier.values())]
    assert stored(desk)["casualty", claim(files)["id"]]["corrected"] == WRONG["date"], "the last day counts"


def test_a_correction_of_a_new_record_is_kept(desk: Desk, files: Files) -> None:
    claim(files)["correction"] = WRONG
    assert told(desk, files) == []
    assert logged(desk) == [(1, claim(files)["id"], *WRONG.values())]


def test_a_correction_of_nothing_is_pointed_out_and_logged_by_itself(desk: Desk, files: Files) -> None:
    desk.load(files)
    record(files, "places.yaml", "orsa")["correction"] = WRONG
    (warning,) = desk.load(files, dry_run=True).warnings
    assert (warning.record, warning.field) == ("orsa", "correction")
    assert "nothing else of this record changed" in warning.message
    with pytest.raises(DossierError, match="nothing else of this record changed"):
        desk.load(files, strict=True)
    assert logged(desk) == []
    desk.load(files)
    assert logged(desk) == [(2, "orsa", *WRONG.values())]
    assert desk.load(files).is_empty
    same_day = {**WRONG, "text": "The spelling was wrong as well."}
    record(files, "places.yaml", "orsa")["correction"] = same_day
    assert told(desk, files) == [("places.yaml", "orsa", "correction")]
    assert logged(desk)[1:] == [(3, "orsa", *same_day.values())]


def changed(files: Files) -> dict[str, str]:
    """Changes one published value of a record of every type; returns the field by record."""
    incident = record(files, INCIDENTS, "ferry-shooting")
    incident["title"] = "Shots at a ferry"
    mill = record(files, INCIDENTS, "mill-search")
    mill["date"]["edtf"] = "2021-06-05"
    stopped = record(files, INCIDENTS, "boat-stopped")
    stopped["places"] = [{**stopped["places"][0], "id": "orsa"}]
    claim(files)["low"] = "1"
    record(files, "places.yaml", "orsa")["name"] = "Sundhamn"
    record(files, "organizations.yaml", "river-guards")["name"] = "River police"
    record(files, "people.yaml", "miller")["label"] = "the miller of Orsa"
    record(files, QUOTES, "guard-turn-back")["speaker"] = "jon-berg"
    files[f"articles/{sample.ARTICLE}/article.yaml"]["published"] = "2021-09-02"
    return {
        "ferry-shooting": "title",
        "mill-search": "date.edtf",
        "boat-stopped": "places.id",
        claim(files)["id"]: "low",
        "orsa": "name",
        "river-guards": "name",
        "miller": "label",
        "guard-turn-back": "speaker.id",
        sample.ARTICLE: "published",
    }


def test_every_value_that_stood_and_changed_without_a_word_is_pointed_out(desk: Desk, files: Files) -> None:
    desk.load(files)
    expected = changed(files)
    found = desk.load(files, dry_run=True).warnings
    assert {one.record: one.field for one in found} == expected
    figure = next(one for one in found if one.field == "low")
    assert "'low' was 2 and is 1" in figure.message
    assert figure.file.endswith(INCIDENTS)
    lines = (desk.folder / INCIDENTS).read_text("utf-8").splitlines()
    assert f"id: {claim(files)['id']}" in lines[figure.line - 1], "the claim's own line, not that of its incident"
    with pytest.raises(DossierError) as refused:
        desk.load(files, strict=True, note="Many things were wrong.")
    assert {one.record for one in refused.value.errors} == set(expected), "a release's note does not replace it"
    assert len(desk.table(models.Release)) == 1


def test_what_was_not_stated_before_and_what_is_only_words_needs_none(desk: Desk, files: Files) -> None:
    claim(files).pop("high")
    desk.load(files)
    claim(files)["high"] = "9"
    record(files, INCIDENTS, "ferry-shooting")["summary"] = "Guards fired on a ferry."
    record(files, INCIDENTS, "mill-search")["places"].append(
        {"id": "ash-county", "role": "nearby", "certainty": "stated"}
    )
    assert told(desk, files, strict=True) == []


def test_checking_against_a_database_points_them_out(desk: Desk, files: Files) -> None:
    desk.load(files)
    claim(files)["low"] = "1"
    sample.write(files, desk.folder)
    hints = check_against(desk.folder, desk.url, no_progress)
    assert [one.field for one in hints] == ["low"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "It was two."}, "correction.date"),
        ({"date": "2021-10-02"}, "correction.text"),
        ({**WRONG, "date": "October"}, "correction.date"),
        ({**WRONG, "text": " "}, "correction.text"),
        ({**WRONG, "by": "me"}, "correction.by"),
    ],
)
def test_a_correction_has_a_day_and_words(tmp_path: Path, files: Files, wrong: Any, field: str) -> None:
    record(files, "places.yaml", "orsa")["correction"] = wrong
    sample.write(files, tmp_path)
    with scan(tmp_path) as pipeline, pytest.raises(DossierError) as refused:
        checked(pipeline, lambda *step: None)
    assert [(one.record, one.field) for one in refused.value.errors] == [("orsa", field)]
