"""All mistakes are reported in one run, in an editor's words, without those that only follow from another."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from app.ingest.release.loading import load
from app.ingest.seed import record_seeds, seed_base
from app.ingest.seed.reading import DossierError
from app.storage.database import Database
from app.storage.schema import migrate
from tests import sample
from tests.conftest import load_seed
from tests.ingest.test_reading import errors_in
from tests.sample import ARTICLE, INCIDENTS, QUOTES, STATEMENTS, record

PLACES, PEOPLE = "places.yaml", "people.yaml"


def everything_wrong() -> sample.Files:
    """A dossier whose records have mistakes of their own and, beside them, mistakes about others."""
    files = sample.small()
    record(files, PLACES, "orsa").update(
        kind="Vilage", named="perhaps", aliases="x", parents=[{"id": "ash-countey"}, "ash-county"]
    )
    record(files, PLACES, "orsa")["coordinate"].update(latitude="95", radius_m="1.5")
    record(files, PEOPLE, "ida-falk").update(roles=["oficial"], organizations=[{"id": "nite-patrol"}])
    shooting = record(files, INCIDENTS, "ferry-shooting")
    shooting.update(date="2021-03", related=["boat-stoped", "Mill Search"])
    shooting["casualties"][0].update(low="12", high="4", basis="stat", organization="nobody")
    shooting["casualties"][1].update(people=["nobody"])
    search = record(files, INCIDENTS, "mill-search")
    search.update(kind="detension", date={"edtf": "2031"})
    search["places"][0].update(id="orsaa", role="sceen")
    search["evidence"][0].update(at="9:1-90", field="wat")
    quote = record(files, QUOTES, "guard-turn-back")
    quote.update(kind="parial", speaker="gard")
    quote["spans"][0].update(exact="“Turn away”")
    denial = record(files, STATEMENTS, "guards-deny-firing")
    denial.update(stance="denys", about="x", contradicts=["berg-no-waring"])
    denial["evidence"][0].update(sha256="abc", at="3:0-999")
    return files


EXPECTED = {
    ("orsa", "kind", "'Vilage' is not in the vocabulary; did you mean 'village'?"),
    ("orsa", "named", "'perhaps' is neither 'true' nor 'false'"),
    ("orsa", "aliases", "'x' stands where a list is expected"),
    ("orsa", "parents.0", "there is no 'ash-countey' among places; did you mean 'ash-county'?"),
    ("orsa", "parents.1", "'ash-county' stands where keys are expected: id, basis; write id: ash-county"),
    ("orsa", "coordinate.latitude", "'95' is too large: at most 90"),
    ("orsa", "coordinate.radius_m", "'1.5': this is a whole number"),
    ("ida-falk", "roles.0", "did you mean 'official'?"),
    ("ida-falk", "organizations.0", "did you mean 'night-patrol'?"),
    ("ferry-shooting", "date", "'2021-03' stands where keys are expected: edtf, as_stated, note, assumed; write edtf"),
    ("ferry-shooting", "related.0", "did you mean 'boat-stopped'?"),
    ("ferry-shooting", "related.1", "'Mill Search': an id is written in small letters"),
    ("ferry-dead", "casualties.0.low", "low is above high: 12 is more than 4"),
    ("ferry-dead", "casualties.0.basis", "did you mean 'stated'?"),
    ("ferry-dead", "casualties.0.organization", "there is no 'nobody' among organizations"),
    ("ferry-wounded", "casualties.1.people.0", "there is no 'nobody' among people"),
    ("mill-search", "kind", "did you mean 'detention'?"),
    ("mill-search", "date.edtf", "'2031' is after 2021-09-01"),
    ("mill-search", "places.0.id", "did you mean 'orsa'?"),
    ("mill-search", "places.0.role", "did you mean 'scene'?"),
    ("mill-search", "evidence.0", "the article has 4 paragraphs, not 9"),
    ("mill-search", "evidence.0.field", "did you mean 'what'?"),
    ("guard-turn-back", "kind", "did you mean 'partial'?"),
    ("guard-turn-back", "speaker", "did you mean 'guard'?"),
    ("guard-turn-back", "spans.0.exact", "the words are 11 long, the span 12"),
    ("guards-deny-firing", "stance", "did you mean 'denies'?"),
    ("guards-deny-firing", "about", "'x' stands where keys are expected"),
    ("guards-deny-firing", "contradicts.0", "did you mean 'berg-no-warning'?"),
    ("guards-deny-firing", "evidence.0", "long, so a span cannot end at 999"),
    ("guards-deny-firing", "evidence.0.sha256", "'abc': a SHA-256 is written as 64"),
}


def test_a_records_own_mistakes_hide_no_others(tmp_path: Path) -> None:
    errors = errors_in(sample.write(everything_wrong(), tmp_path))
    left = {(error.record, error.field): error.message for error in errors}
    for name, field, message in EXPECTED:
        assert message in left.pop((name, field), ""), (name, field)
    assert left == {}


def test_mistakes_are_told_in_an_editors_words(tmp_path: Path) -> None:
    """No class of ours, nothing that the validating library says, no whole vocabulary, nothing too long to read."""
    models = {**vars(seed_base), **vars(record_seeds)}.items()
    classes = [name for name, one in models if isinstance(one, type) and issubclass(one, seed_base.Record)]
    theirs = re.compile(rf"\b({'|'.join(classes)})\b|[Ii]nput|instance|dictionary|boolean|None")
    files = everything_wrong()
    record(files, STATEMENTS, "guards-deny-firing")["stance"] = "mutters"
    record(files, PLACES, "ash-river").update(name={"a": "b"}, note=["c"], kind={"d": "e"}, named={}, evidence="f")
    for error in errors_in(sample.write(files, tmp_path)):
        assert not theirs.search(error.message), str(error)
        assert len(re.findall("'", error.message)) <= 6, str(error)
        assert len(error.message) < 200, str(error)


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("Ground Fire", "did you mean 'ground_fire'?"),
        ("ground-fire", "did you mean 'ground_fire'?"),
        ("grond_fire", "did you mean 'ground_fire'?"),
        ("xyz", "there are joint_raid, detention, "),
    ],
)
def test_a_word_that_is_not_in_a_vocabulary_leads_to_the_nearest(tmp_path: Path, written: str, told: str) -> None:
    files = sample.small()
    record(files, INCIDENTS, "mill-search")["kind"] = written
    (error,) = errors_in(sample.write(files, tmp_path))
    assert error.message.startswith(f"'{written}' is not in the vocabulary; {told}")


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("sumary", "did you mean 'summary'?"),
        ("occupation", "there are id, title, summary, kind, "),  # and not `correction`, whose letters it has
    ],
)
def test_a_key_that_is_not_known_leads_to_the_nearest_or_to_all(tmp_path: Path, written: str, told: str) -> None:
    files = sample.small()
    record(files, INCIDENTS, "mill-search")[written] = "x"
    (error,) = errors_in(sample.write(files, tmp_path))
    assert error.message.startswith(f"there is no such key here; {told}")


BLANKS = ["", " ", "\u00a0", "\u200b\u200d", "\u2060\ufeff", "\u3164", "\u0301", "\u00ad \u2003"]


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize(("file", "id_", "key"), [(INCIDENTS, "mill-search", "title"), (PLACES, "orsa", "name")])
def test_what_nobody_sees_is_no_text(tmp_path: Path, file: str, id_: str, key: str, blank: str) -> None:
    files = sample.small()
    record(files, file, id_)[key] = blank
    (error,) = errors_in(sample.write(files, tmp_path))
    assert (error.record, error.field, error.message) == (id_, key, "there is nothing to read here")


@pytest.mark.parametrize("seen", ["-", "٣", "हिन्दी", "e\u0301", "\u200bx", "🙂"])
def test_what_is_seen_is_text(tmp_path: Path, seen: str) -> None:
    files = sample.small()
    record(files, INCIDENTS, "mill-search")["title"] = seen
    assert errors_in(sample.write(files, tmp_path)) == []


def test_a_record_does_not_take_over_from_itself(tmp_path: Path) -> None:
    files = sample.small()
    files[PLACES].append({"id": "gone", "removed": {"reason": "the same", "successor": "gone"}})
    (error,) = errors_in(sample.write(files, tmp_path))
    assert "'gone' cannot take over from itself" in error.message
    assert "use 'gone'" not in error.message


def linked_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere.yaml")


def linked_to_itself(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def device(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/null")


def bad_byte(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"# caf\xe9\n")


def control_character(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"# a bell\x07\n")


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"- {id: cut, name: [\n")


def emptied(path: Path) -> None:
    path.write_text("id: nothing\n")


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (linked_to_nothing, "this link leads nowhere; there is no 'nowhere.yaml'"),
    (linked_to_itself, "this link leads nowhere"),
    (folder, "this is a folder, not a file"),
    (pipe, "this is a device or a pipe, not a file"),
    (device, "this is a device or a pipe, not a file"),
    (bad_byte, "not UTF-8"),
    (control_character, "there is a control character (U+0007); take it out"),
    (cut_off, "this is not YAML"),
    (emptied, "the file must hold a list of records"),
]
FILES = [PLACES, PEOPLE, "organizations.yaml", INCIDENTS, QUOTES]


@pytest.mark.heavy
@pytest.mark.parametrize(("damage", "told"), DAMAGES, ids=[damage.__name__ for damage, _ in DAMAGES])
@pytest.mark.parametrize("file", FILES)
def test_a_file_that_cannot_be_read_is_named_and_not_what_follows_from_it(
    tmp_path: Path, file: str, damage: Callable[[Path], None], told: str
) -> None:
    directory = sample.write(sample.small(), tmp_path / "seed")
    lines = (directory / file).read_text("utf-8").count("\n")
    damage(directory / file)
    (error,) = errors_in(directory)
    assert error.file == f"seed/{file}"
    assert told in error.message
    if damage in (bad_byte, control_character):
        assert error.line == lines + 1


def test_an_unreadable_file_hides_no_mistakes_of_others(tmp_path: Path) -> None:
    files = sample.small()
    record(files, INCIDENTS, "mill-search")["related"] = ["nowhere"]
    directory = sample.write(files, tmp_path / "seed")
    bad_byte(directory / PLACES)
    assert [(error.file, error.record) for error in errors_in(directory)] == [
        (f"seed/{INCIDENTS}", "mill-search"),
        (f"seed/{PLACES}", ""),
    ]


def test_what_stands_in_an_unreadable_file_is_not_missing_from_the_next_release(
    database_url: str, tmp_path: Path
) -> None:
    directory = sample.write(sample.small(), tmp_path / "seed")
    database = Database(database_url)
    migrate(database)
    load(directory, database)
    for file in (PLACES, INCIDENTS):
        sample.write(sample.small(), directory)
        bad_byte(directory / file)
        with pytest.raises(DossierError) as caught:
            load(directory, database)
        assert [error.file for error in caught.value.errors] == [f"seed/{file}"]
    database.close()


def test_a_link_in_the_place_of_an_articles_folder(tmp_path: Path) -> None:
    directory = sample.write(sample.small(), tmp_path / "seed")
    (directory / "articles" / "second").symlink_to("nowhere")
    (error,) = errors_in(directory)
    assert (error.file, "leads nowhere" in error.message) == ("seed/articles/second", True)


def test_an_articles_own_mistake_hides_none_about_its_paragraphs(tmp_path: Path) -> None:
    files: Any = sample.small()
    files[f"articles/{ARTICLE}/article.yaml"]["title"] = " "
    record(files, INCIDENTS, "mill-search")["evidence"][0]["at"] = "9:0-4"
    errors = {(error.record, error.field) for error in errors_in(sample.write(files, tmp_path))}
    assert errors == {(ARTICLE, "title"), ("mill-search", "evidence.0")}


def records_of(files: sample.Files) -> list[tuple[str, dict[str, Any]]]:
    """The records of a dossier with their files, the article's own among them."""
    return [(name, one) for name, some in files.items() for one in (some if isinstance(some, list) else [some])]


KEYS = sorted({key for _, one in records_of(sample.small()) for key in one})
SPOILT: list[Any] = [None, "", ["x"], [{}], {"id": "x"}]


@pytest.mark.heavy
@pytest.mark.parametrize("key", KEYS)
def test_whatever_is_left_out_or_spoilt_is_told(tmp_path: Path, key: str) -> None:
    """In every record at once: what cannot be read is passed over by the checks that would need it."""
    for value in SPOILT:
        files = sample.small()
        spoilt = set()
        for name, one in records_of(files):
            if key in one:
                spoilt.add(name)
                one[key] = value
                if value is None:
                    del one[key]
        told = {error.file for error in errors_in(sample.write(files, tmp_path / "seed"))}
        if value == {"id": "x"} or key in ("id", "kind", "evidence"):
            assert {f"seed/{name}" for name in spoilt} <= told, value


@pytest.mark.parametrize(
    ("file", "field", "told"),
    [
        (INCIDENTS, "title", "title: there is nothing to read here"),
        (QUOTES, "spans", "spans: '' stands where a list is expected"),
        (STATEMENTS, "gist", "gist: there is nothing to read here"),
    ],
)
def test_records_without_what_others_print_for_them_are_mistakes(
    tmp_path: Path, file: str, field: str, told: str
) -> None:
    """Others refer to each of these records, and are read before or after it."""
    files = sample.small()
    for one in files[file]:
        one[field] = ""
    with pytest.raises(DossierError) as raised:
        load_seed(f"sqlite:///{tmp_path}/database.db", sample.write(files, tmp_path / "seed"))
    errors = raised.value.errors
    assert len(errors) == len(files[file])
    assert all(told in str(error) for error in errors)
