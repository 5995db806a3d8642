"""Reading seed files: every mistake is named with its file, line, record and field, and all of them at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.ingest.release.loading import dossier
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError
from tests import sample
from tests.second_article import pair

INCIDENTS = sample.INCIDENTS


def errors_in(directory: Path) -> list[SeedError]:
    """What is wrong with a folder of seed files; empty when nothing is."""
    try:
        dossier(directory)
    except DossierError as error:
        return error.errors
    return []


def line_of(directory: Path, error: SeedError) -> str:
    """The line that a fault points at. Faults name files from the seed folder's own name on."""
    return (directory.parent / error.file).read_text("utf-8").splitlines()[error.line - 1]


def test_small_dossiers_have_no_mistakes(tmp_path: Path) -> None:
    assert errors_in(sample.write(sample.small(), tmp_path / "small")) == []
    assert errors_in(sample.write(pair(), tmp_path / "pair")) == []


_PARAGRAPHS = sample.small()[f"articles/{sample.ARTICLE}/article.yaml"]["paragraphs"]


def _first_paragraph(**changes: Any) -> dict[str, Any]:
    return {"paragraphs": [_PARAGRAPHS[0] | changes, *_PARAGRAPHS[1:]]}


_PICTURES: list[tuple[dict[str, Any], str, str, str]] = [
    ({"captions": [{"paragraph": "0", "shows": "A mill."}]}, "captions.0.paragraph", "0", "too small: at least 1"),
    ({"captions": [{"paragraph": "1"}]}, "captions.0.shows", "paragraph", "this key is missing"),
    ({"captions": [{"paragraph": "1", "shows": "A mill.", "who": "x"}]}, "captions.0.who", "paragraph", "no such key"),
    (_first_paragraph(shortens=["2"]), "paragraphs.0.shortens", "shortens", "only a paragraph of the kind 'pull_text'"),
    (
        _first_paragraph(kind="pull_text", shortens=["2", "2"]),
        "paragraphs.0.shortens",
        "shortens",
        "'2' stands here twice",
    ),
]

ONE_RECORD: list[tuple[str, str, dict[str, Any], str, str, str]] = [
    # file, record, changed keys, field, what the line holds, what the message says
    ("places.yaml", "orsa", {"nmae": "Orsa"}, "nmae", "nmae", "did you mean 'name'?"),
    ("places.yaml", "orsa", {"shoe_size": "44"}, "shoe_size", "shoe_size", "no such key"),
    (
        "places.yaml",
        "orsa",
        {"kind": "vilage"},
        "kind",
        "vilage",
        "'vilage' is not in the vocabulary; did you mean 'village'?",
    ),
    ("places.yaml", "orsa", {"named": "perhaps"}, "named", "perhaps", "'perhaps' is neither 'true' nor 'false'"),
    ("places.yaml", "orsa", {"name": "two\nlines"}, "name", "two", "one line of text"),
    ("places.yaml", "orsa", {"note": "bell\x07"}, "note", "bell", "without control characters"),
    ("places.yaml", "orsa", {"evidence": []}, "evidence", "evidence", "needs at least one entry"),
    ("places.yaml", "orsa", {"parents": "ash-county"}, "parents", "parents", "list"),
    ("people.yaml", "jon-berg", {"anonymity": "unnamed"}, "", "jon-berg", "neither anonymity nor label"),
    ("people.yaml", "ida-falk", {"rank": None}, "rank", "rank", "leave the key out"),
    ("people.yaml", "miller", {"age": "151"}, "age", "151", "'151' is too large: at most 150"),
    ("people.yaml", "miller", {"age": "1_0"}, "age", "1_0", "whole number"),
    ("people.yaml", "miller", {"group_size": "9" * 5000}, "group_size", "999", "whole number"),
    ("people.yaml", "miller", {"roles": ["victim", "victim"]}, "roles", "roles", "'victim' stands here twice"),
    (INCIDENTS, "mill-search", {"kind": None}, "kind", "kind", "leave the key out"),
    (INCIDENTS, "mill-search", {"also_kinds": ["threat", "threat"]}, "also_kinds", "also_kinds", "twice"),
    *(
        (INCIDENTS, "mill-search", {"time": {"certainty": "stated"} | time}, field, shown, message)
        for time, field, shown, message in (
            ({"earliest": "4:40"}, "time.earliest", "4:40", "'4:40': a time of day is written hour:minute"),
            ({"latest": "24:00"}, "time.latest", "24:00", "from 00:00 to 23:59"),
            ({"as_stated": "some time in the dark before dawn"}, "time.as_stated", "dark", "at most 6 words"),
            ({"certainty": "sure", "latest": "04:40"}, "time.certainty", "sure", "not in the vocabulary"),
            ({}, "time", "time:", "give 'as_stated', 'earliest' or 'latest'"),
            ({"as_stated": "night", "approximate": "true"}, "time.approximate", "true", "only 'earliest' and 'latest'"),
            ({"latest": "04:40", "zone": "UTC"}, "time.zone", "UTC", "no such key"),
        )
    ),
    *(
        (
            INCIDENTS,
            "mill-search",
            {"places": [{"id": "orsa", "role": "scene", "certainty": "stated"} | own]},
            field,
            shown,
            message,
        )
        for own, field, shown, message in (
            ({"precision": "area"}, "places.0.precision", "area", "'precision' goes with 'radius_m'"),
            ({"radius_m": "900"}, "places.0.radius_m", "900", "'radius_m' goes with 'precision'"),
            ({"precision": "region", "radius_m": "900"}, "places.0.precision", "region", "not in the vocabulary"),
            ({"precision": "area", "radius_m": "-1"}, "places.0.radius_m", "-1", "too small: at least 0"),
        )
    ),
    *(
        (file, id_, {"same_as": [external_id]}, "same_as.0", external_id, message)
        for file, id_, external_id, message in (
            ("places.yaml", "orsa", "Q42", "'Q42': taken are wikidata:Q796, geonames:99237, osm:relation/304934"),
            ("places.yaml", "orsa", "dbpedia:Orsa", "taken are wikidata:Q796"),
            ("places.yaml", "orsa", "https://www.wikidata.org/wiki/Q42", "taken are wikidata:Q796"),
            ("places.yaml", "orsa", "wikidata:42", "an id of Wikidata is written like wikidata:Q796"),
            ("places.yaml", "orsa", "wikidata:Q042", "an id of Wikidata is written like"),
            (
                "people.yaml",
                "miller",
                "geonames:7",
                "GeoNames is not a register of people; taken are",
            ),
            ("organizations.yaml", "river-guards", "lei:12", "an id of Legal Entity Identifier is written like lei:"),
            (
                INCIDENTS,
                "mill-search",
                "viaf:12",
                "taken are wikidata:Q796, ucdp:234, acled:",
            ),
        )
    ),
    *(
        ("documents.yaml", "letter", changes, field, shown, message)
        for changes, field, shown, message in (
            ({"kind": "mail"}, "kind", "mail", "did you mean 'email'?"),
            ({"title": "A letter"}, "title", "title", "no such key"),
            ({"label": ""}, "label", "label", "nothing to read here"),
            ({"evidence": []}, "evidence", "evidence", "needs at least one entry"),
        )
    ),
    *(
        (f"articles/{sample.ARTICLE}/article.yaml", sample.ARTICLE, changes, field, shown, message)
        for changes, field, shown, message in _PICTURES
    ),
    (
        INCIDENTS,
        "mill-search",
        {"date": {"edtf": "2021", "assumed": {"latest": "1234567", "reason": "x"}}},
        "date.assumed.latest",
        "1234567",
        "day is",
    ),
    (
        INCIDENTS,
        "mill-search",
        {"date": {"edtf": "2021", "earliest": "2021-02-01"}},
        "date.earliest",
        "2021-02",
        "no such key",
    ),
    (INCIDENTS, "mill-search", {"date": {"edtf": "2021", "nota": "x"}}, "date.nota", "nota", "did you mean 'note'?"),
    (INCIDENTS, "mill-search", {"location": "Orsa Village"}, "location", "Orsa Village", "small letters a to z"),
    (INCIDENTS, "mill-search", {"actors": [{"role": "target", "certainty": "stated"}]}, "actors.0", "role", "label"),
    (sample.QUOTES, "berg-no-warning", {"spans": []}, "spans", "spans", "needs at least one entry"),
    (sample.STATEMENTS, "guards-deny-firing", {"stance": "Denies "}, "stance", "Denies", "did you mean 'denies'?"),
]


@pytest.mark.parametrize(("file", "record", "changes", "field", "line", "message"), ONE_RECORD)
def test_mistake_in_a_record(
    tmp_path: Path, file: str, record: str, changes: dict[str, Any], field: str, line: str, message: str
) -> None:
    files = sample.small()
    files["documents.yaml"] = [sample.letter()]
    sample.record(files, file, record).update(changes)
    directory = sample.write(files, tmp_path / "seed")
    errors = [error for error in errors_in(directory) if error.record == record]
    assert errors, "the mistake was not found"
    assert {error.file for error in errors} == {f"seed/{file}"}
    assert (field, True) in [(error.field, message in error.message) for error in errors], errors
    assert line in line_of(directory, errors[0])


SPANS = [
    ({"at": "1-2"}, "at", "paragraph:start-end"),
    ({"at": "1:9-9"}, "at", "start before end"),
    ({"at": "1:9-8"}, "at", "start before end"),
    ({"at": "0:1-2"}, "at", "the first paragraph is 1"),
    ({"sha256": "abc"}, "sha256", "dateline anchor"),
    ({"field": "wat"}, "field", "did you mean 'what'?"),
]


@pytest.mark.parametrize(("changes", "field", "message"), SPANS)
def test_mistake_in_a_claims_evidence_names_the_claim_and_its_place_in_the_record(
    tmp_path: Path, changes: dict[str, str], field: str, message: str
) -> None:
    files = sample.small()
    sample.record(files, INCIDENTS, "ferry-shooting")["casualties"][1]["evidence"][0].update(changes)
    directory = sample.write(files, tmp_path / "seed")
    error = next(error for error in errors_in(directory) if error.record == "ferry-wounded")
    assert error.field == f"casualties.1.evidence.0.{field}"
    assert message in error.message
    assert next(iter(changes.values())) in line_of(directory, error)


def test_claim_that_is_not_counted_says_why(tmp_path: Path) -> None:
    files = sample.small()
    claim = sample.record(files, INCIDENTS, "ferry-shooting")["casualties"][0]
    claim.update(counted="false", low="3")
    messages = [error.message for error in errors_in(sample.write(files, tmp_path))]
    assert any("low is above high: 3 is more than 2" in message for message in messages)
    assert any("needs a note saying why" in message for message in messages)
    claim.update(low="2")
    messages = [error.message for error in errors_in(sample.write(files, tmp_path))]
    assert any("needs a note saying why" in message for message in messages)


def test_all_mistakes_are_listed_at_once_by_file_and_line(tmp_path: Path) -> None:
    files = sample.small()
    sample.record(files, "places.yaml", "orsa")["kind"] = "hamlet"
    sample.record(files, "people.yaml", "jon-berg")["nmae"] = "x"
    sample.record(files, INCIDENTS, "mill-search")["date"] = {"edtf": "2021-13"}
    sample.record(files, INCIDENTS, "boat-stopped")["related"] = ["nowhere"]
    sample.record(files, sample.QUOTES, "guard-turn-back")["spans"][0]["exact"] = "“Turn away”"
    errors = errors_in(sample.write(files, tmp_path / "seed"))
    named = {(error.file.rpartition("/")[2], error.record, error.field) for error in errors}
    assert named == {
        ("places.yaml", "orsa", "kind"),
        ("people.yaml", "jon-berg", "nmae"),
        ("incidents.yaml", "mill-search", "date"),
        ("incidents.yaml", "boat-stopped", "related.0"),
        ("quotes.yaml", "guard-turn-back", "spans.0.exact"),
    }
    assert [(error.file, error.line) for error in errors] == sorted((error.file, error.line) for error in errors)


TEXTS: list[tuple[str, bytes, int, str]] = [
    # file, its bytes, the line named, what the message says
    ("places.yaml", b"- id: a\n  name: \xff\n", 2, "not UTF-8"),
    ("places.yaml", b"- id: [a\n", 2, "close the bracket"),
    ("places.yaml", b"- id: a\n\tname: b\n", 2, "indent with blanks"),
    ("places.yaml", b"- id: a\n  name: Orsa: the town\n", 2, "text that has a colon in it between quotation marks"),
    ("places.yaml", b'- id: a\n  name: "a" mill\n', 2, "put a text with quotation marks between others"),
    ("places.yaml", b'- id: a\n  name: "a mill\n', 3, "a quotation mark is not closed"),
    ("places.yaml", b"- id: a\n   name: b\n", 2, "not YAML"),
    ("places.yaml", b"- {id: a, name: Orsa, by the river}\n", 1, "a text that has a comma in it between quotation"),
    ("places.yaml", b"id: orsa\n", 1, "must hold a list of records"),
    ("places.yaml", b"- just text\n", 1, "a mapping of keys to values"),
    ("places.yaml", b"- id: a\n  note: &x words\n", 2, "anchors and aliases are not used"),
    ("places.yaml", b"- &x {id: a}\n- *x\n", 2, "anchors and aliases are not used"),
    ("places.yaml", b"- id: a\n  <<: {name: b}\n", 2, "no such key"),
    ("places.yaml", b"- id: a\n  name: !!python/name:os.system x\n", 2, "tags are not used"),
    ("places.yaml", b"- id: a\n  id: b\n", 2, "the key 'id' stands twice"),
    ("places.yaml", b"- id: a\n  ? [b, c]\n  : d\n", 2, "a key is plain text"),
    ("places.yaml", b"- id: a\n  name: null\n", 2, "leave the key out"),
    ("places.yaml", b"- id: a\n---\n- id: b\n", 2, "one YAML document"),
    ("places.yaml", b"- id: a\n  note: " + b"[" * 500 + b"]" * 500 + b"\n", 2, "nested too deeply"),
    # Newer releases of libyaml's binding stop by themselves here, in words of their own.
    ("places.yaml", b"- id: a\n  note: " + b"[" * 50_000 + b"]" * 50_000 + b"\n", 2, "nest"),
    ("places.yaml", b"- id: a\n  note:\n" + b"".join(b" " * depth + b"- \n" for depth in range(4, 90)), 22, "nested"),
    ("places.jsonl", b'{"id": "a"}\n\n{"id": \n', 3, "not JSON"),
    ("places.jsonl", b'{"id": {"a": 1, "a": 2}, x\n', 1, "this line is not JSON"),
    ("places.jsonl", b'{"id": "a", "id": "b"}\n', 1, "the key 'id' stands twice"),
    ("places.jsonl", b"[1]\n", 1, "one record, an object"),
    ("places.jsonl", b'{"id": "\xff"}\n', 1, "not UTF-8"),
    ("places.jsonl", b'{"id": "a", "note": NaN}\n', 1, "NaN is no number"),
    ("places.jsonl", b'{"id" :"a","note" : "b" ,"note"\t:"c"}\n', 1, "the key 'note' stands twice"),
    ("places.jsonl", b'{"id":"a","coordinate":{"source":"b","source":"c:"}}\n', 1, "the key 'source' stands twice"),
    ("places.jsonl", b'{"id":"a","id":"a","note":"b\\u003a"}\n', 1, "the key 'id' stands twice"),
    ("places.jsonl", b'{"id":"a","\\u0069d":"b"}\n', 1, "the key 'id' stands twice"),
    ("places.jsonl", b'{"id": "a", "note": ' + b"[" * 100_000 + b"]" * 100_000 + b"}\n", 1, "not JSON"),
    ("places.jsonl", b'{"id": "a", "note": ' + b"9" * 5000 + b"}\n", 1, "not JSON"),
    ("places.jsonl", b'{"id": "a", "name": "\\ud800"}\n', 1, "unicode"),
    ("places.jsonl", b'{"id": "a", "evidence": [{"at": {"paragraph": 1, "start": 9, "end": 2}}]}\n', 1, "a span is"),
    ("people.jsonl", b'{"id": "a", "group_size": true}\n', 1, "whole number"),
]


@pytest.mark.parametrize(("file", "content", "line", "message"), TEXTS)
def test_mistake_in_a_file(tmp_path: Path, file: str, content: bytes, line: int, message: str) -> None:
    directory = sample.write(sample.small(), tmp_path / "seed")
    (directory / file).write_bytes(content)
    errors = [(error.line, error.message) for error in errors_in(directory) if error.file == f"seed/{file}"]
    assert any(number == line and message in text for number, text in errors), errors


def test_a_bad_line_hides_no_other(tmp_path: Path) -> None:
    directory = sample.write(sample.small(), tmp_path / "seed")
    (directory / "places.jsonl").write_text('{"id": "a"\n{"id": "b", "kind": "hamlet"}\n')
    errors = [(error.line, error.record) for error in errors_in(directory) if error.file == "seed/places.jsonl"]
    assert (1, "a") in errors
    assert (2, "b") in errors


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("place.yaml", "did you mean 'places.yaml'?"),
        ("people.yml", "did you mean 'people.yaml'?"),
        ("Places.YAML", "nothing is read from a file of this name"),
        (f"articles/{sample.ARTICLE}/quote.yaml", "did you mean 'quotes.yaml'?"),
        (f"articles/{sample.ARTICLE}/more/incidents.yaml", "nothing is read from a file of this name here"),
        ("articles/incidents.yaml", "nothing is read from a file of this name here"),
    ],
)
def test_file_that_no_resource_has(tmp_path: Path, name: str, hint: str) -> None:
    directory = sample.write(sample.small(), tmp_path / "seed")
    (directory / name).parent.mkdir(exist_ok=True)
    (directory / name).write_text("[]")
    (error,) = errors_in(directory)
    assert error.file == f"seed/{name}"
    assert hint in error.message


def test_missing_folders_and_files(tmp_path: Path) -> None:
    assert [error.message for error in errors_in(tmp_path / "nowhere")] == ["there is no such folder"]
    (tmp_path / "empty").mkdir()
    assert [error.message for error in errors_in(tmp_path / "empty")] == ["there are no articles here"]
    directory = sample.write(sample.small(), tmp_path / "seed")
    path = directory / "articles" / sample.ARTICLE / "article.yaml"
    path.write_text("# nothing yet\n")
    assert any(error.message == "the file must hold a record" for error in errors_in(directory))
    path.unlink()
    assert any(error.message == "the article's own file is missing" for error in errors_in(directory))


def test_article_is_named_as_its_folder(tmp_path: Path) -> None:
    files = sample.small()
    files[f"articles/{sample.ARTICLE}/article.yaml"]["id"] = "another"
    errors = errors_in(sample.write(files, tmp_path / "seed"))
    assert any(error.field == "id" and sample.ARTICLE in error.message for error in errors)


def test_byte_order_mark_and_windows_line_ends_change_nothing(tmp_path: Path) -> None:
    directory = sample.write(sample.small(), tmp_path / "seed")
    plain = dossier(directory)
    for path in directory.rglob("*.yaml"):
        path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    marked = dossier(directory)
    for resource in ("articles", "places", "people", "organizations", "incidents", "casualties", "quotes"):
        seeds = [{id_: entry.seed for id_, entry in one.records(resource).items()} for one in (plain, marked)]
        assert seeds[0] == seeds[1]


def test_json_lines_hold_the_same_records_as_yaml(tmp_path: Path) -> None:
    files = pair()
    yaml_files = dossier(sample.write(files, tmp_path / "yaml"))
    directory = tmp_path / "jsonl"
    for name, data in files.items():
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, list):
            lines = [json.dumps(record, ensure_ascii=False) for record in data]
            path.with_suffix(".jsonl").write_text("\n".join(lines) + "\n", "utf-8")
        else:
            path.write_text(json.dumps(data), "utf-8")
    json_files = dossier(directory)
    for resource in ("places", "people", "organizations", "incidents", "casualties", "quotes", "statements"):
        seeds = [[entry.seed for entry in one.records(resource).values()] for one in (yaml_files, json_files)]
        assert seeds[0] == seeds[1]
        assert seeds[0]


def test_scalars_stay_text(tmp_path: Path) -> None:
    """Words that YAML would take for something else: `no` is a name, `2019-04` a text, `1e3` no number."""
    files = sample.small()
    sample.record(files, "places.yaml", "ash-river").update(name="no", note="2019-04")
    directory = sample.write(files, tmp_path)
    text = (directory / "places.yaml").read_text().replace("'no'", "no").replace("'2019-04'", "2019-04")
    (directory / "places.yaml").write_text(text)
    place = dossier(directory).places["ash-river"].seed
    assert (place.name, place.note) == ("no", "2019-04")
