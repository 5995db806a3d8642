"""What seed files still say of what is redacted, what cannot be redacted, and what becomes of corrections."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.commands.dossiers import commands
from app.ingest.redaction.search import remains_of
from app.ingest.seed.reading import DossierError
from tests import sample
from tests.answers import body
from tests.conftest import serving
from tests.ingest.desk import Desk
from tests.ingest.test_redactions import NAME, without_the_captain
from tests.sample import INCIDENTS, QUOTES, record


@pytest.mark.heavy
def test_what_the_files_still_say_is_pointed_out(desk: Desk) -> None:
    desk.load(sample.small())
    files = without_the_captain()
    record(files, INCIDENTS, "ferry-shooting")["note"] = "As Jón  Bergh told."
    record(files, QUOTES, "berg-no-warning")["removed"]["reason"] = "withdrawn by Jon Berg"
    before = desk.everything()
    with pytest.raises(DossierError) as caught:
        desk.load(files)
    assert [(one.record, one.field) for one in caught.value.errors] == [
        ("ferry-shooting", "note"),
        ("berg-no-warning", "removed.reason"),
    ]
    assert all("repeats what is to be redacted" in one.message for one in caught.value.errors)
    assert desk.everything() == before


@pytest.mark.heavy
def test_a_dry_run_says_what_the_files_still_repeat(desk: Desk) -> None:
    desk.load(sample.small())
    before, files = desk.everything(), without_the_captain()
    record(files, "people.yaml", "jon-berg")["removed"]["id"] = "true"
    plan = desk.load(files, dry_run=True)
    assert desk.everything() == before
    assert {(one.file, one.message.partition(";")[0]) for one in plan.repeated} == {
        ("seed/people.yaml", "this line has what is redacted")
    }
    (desk.folder / "notes.md").write_text("Who was JON BERG, and\nwhat was his name?\n", "utf-8")
    assert ("seed/notes.md", 1) in {(one.file, one.line) for one in desk.load(files, dry_run=True).repeated}
    record(files, INCIDENTS, "ferry-shooting")["note"] = "As Jón Bergh told."
    with pytest.raises(DossierError, match="repeats what is to be redacted"):
        desk.load(files, dry_run=True)
    assert desk.everything() == before


@pytest.mark.heavy
def test_corrections_of_what_is_redacted_go_and_others_lose_the_name(desk: Desk) -> None:
    files = sample.small()
    desk.load(files)
    told = {
        ("people.yaml", "jon-berg"): ("rank", "mate", "He is a mate."),
        ("places.yaml", "orsa"): ("name", "Orsby", "It is Orsby."),
        (INCIDENTS, "ferry-shooting"): ("title", "Guards fire on a boat", "Jon Berg called it a boat."),
        (QUOTES, "guard-turn-back"): ("note", "Told twice", "It was told twice."),
    }
    for (file, id_), (key, value, correction) in told.items():
        changed = record(files, file, id_)
        changed[key], changed["correction"] = value, {"date": "2021-10-02", "text": correction}
    desk.load(files)
    forgetful = without_the_captain()
    for (file, id_), (key, value, correction) in told.items():
        if id_ != "jon-berg":
            changed = record(forgetful, file, id_)
            changed[key] = value
            if "Jon" not in correction:
                changed["correction"] = {"date": "2021-10-02", "text": correction}
    orsa = record(forgetful, "places.yaml", "orsa")
    orsa |= {"name": "Village", "redacted": {"fields": ["/name"], "reason": "too close"}}
    del orsa["correction"], orsa["aliases"]
    orsa["evidence"] = [sample.proof("where", "lies in Ash County", shared=True)]
    desk.load(forgetful)
    assert list(remains_of(desk.database, ["He is a mate.", "It is Orsby.", NAME])) == []
    with serving(desk.url) as client:
        left = {one["id"]: one["correction"]["text"] for one in body(client, "/v1/corrections")["data"]}
    assert left == {"ferry-shooting": "[redacted] called it a boat.", "guard-turn-back": "It was told twice."}


@pytest.mark.heavy
@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (["/nam"], "'/nam' cannot be redacted; did you mean '/name'?"),
        (["/id"], "'/id' cannot be redacted"),
        (["/name"], "'/name' is what it was in every release; write what is to stand there from now on"),
        ([], "it needs at least one entry"),
    ],
)
def test_fields_that_cannot_be_redacted_are_pointed_out(desk: Desk, fields: list[str], told: str) -> None:
    files = sample.small()
    desk.load(files)
    record(files, "people.yaml", "ida-falk")["note"] = "changed, so that there is a version before"
    record(files, "people.yaml", "ida-falk")["redacted"] = {"fields": fields, "reason": "asked for it"}
    with pytest.raises(DossierError) as caught:
        desk.load(files)
    assert any(told in str(error) for error in caught.value.errors), caught.value.errors


@pytest.mark.heavy
def test_a_command_looks_for_texts(desk: Desk, tmp_path: Path) -> None:
    desk.load(sample.small())
    texts = tmp_path / "texts.txt"
    texts.write_text(f"{NAME}\n", "utf-8")
    asked = ["check", str(desk.folder), "--against", desk.url, "--forgotten", str(texts)]
    assert "still stands in" in str(CliRunner().invoke(commands, asked).exception)
    texts.write_text("Nobody At All\n", "utf-8")
    assert "none of 1 is left" in CliRunner().invoke(commands, asked).output
