"""Annotations of other tools as evidence: by their words, whatever their offsets say, and in files left as they are."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.importing.annotations import AnnotationError
from app.importing.evidence_import import ImportedEvidence, import_annotations
from app.ingest.building.pipeline import check, dossier, scan
from app.ingest.release.verifying import ArticleFile, verify
from app.ingest.seed.reading import DossierError
from tests import sample

TEXT = sample.TEXT


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    sample.write(sample.small(), tmp_path / "seed")
    (tmp_path / "text.txt").write_text(TEXT, "utf-8")
    return tmp_path


def import_file(desk: Path, content: Any, name: str = "annotations.json") -> ImportedEvidence:
    path = desk / name
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in content) if name.endswith(".jsonl") else None
    path.write_text(lines or json.dumps(content, ensure_ascii=False), "utf-8")
    return import_annotations(path, ArticleFile(desk / "text.txt"), desk / "seed")


def refused(desk: Path, content: Any, name: str = "annotations.json") -> list[str]:
    """The mistakes for which nothing was imported."""
    before = {path: path.read_bytes() for path in (desk / "seed").rglob("*.yaml")}
    with pytest.raises(DossierError) as error:
        import_file(desk, content, name)
    assert {path: path.read_bytes() for path in (desk / "seed").rglob("*.yaml")} == before
    return [str(one).removeprefix(f"{desk}/{name}:") for one in error.value.errors]


def passages(desk: Path, resource: str, id_: str) -> list[tuple[str, str]]:
    """The evidence of a record: field and words. All spans hold and lead to their words."""
    with scan(desk / "seed") as pipeline:
        result = verify(pipeline, [ArticleFile(desk / "text.txt")])
    assert (result.errors, result.file_errors) == ([], [])
    evidence = dossier(desk / "seed").records(resource)[id_].seed.evidence
    return [(one.field, sample.PAPER.slice(*one.at)) for one in evidence]


def web(*tags: str, exact: str | None, start: int = 9_999, **selector: Any) -> dict[str, Any]:
    quote = {"type": "TextQuoteSelector", "exact": exact, **selector}
    position = {"type": "TextPositionSelector", "start": start, "end": start + 6}
    selectors: list[dict[str, Any]] = [quote, position] if exact else [position]
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld",
        "type": "Annotation",
        "body": [{"type": "TextualBody", "purpose": "tagging", "value": tag} for tag in tags],
        "target": {
            "source": "https://courier.example/ash-river/",
            "selector": selectors,
        },
    }


def test_a_web_annotation_is_found_by_its_quote(desk: Path) -> None:
    """Its position is that in another text, and wrong here."""
    first = INCIDENT
    before = passages(desk, "incidents", first)
    result = import_file(desk, web(f"{first}/where", exact="a ferry near Orsa"))
    assert (result.added, result.records, result.unassigned) == (1, {first}, [])
    assert passages(desk, "incidents", first) == [*before, ("where", "a ferry near Orsa")]


INCIDENT = sorted(one["id"] for one in sample.small()["articles/lind-ash-river/incidents.yaml"])[0]


def test_a_page_of_annotations_with_tags_of_their_own(desk: Path) -> None:
    """Field and record may be labels of their own, and a place is in a file that all articles share."""
    page = {"type": "AnnotationPage", "items": [web("where", "orsa", exact="Orsa lies in Ash County")]}
    import_file(desk, page, "annotations.jsonld")
    assert ("where", "Orsa lies in Ash County") in passages(desk, "places", "orsa")


@pytest.mark.parametrize("around", [{"prefix": "the mill in "}, {"suffix": " and held"}])
def test_what_stands_around_tells_words_from_the_same_elsewhere(desk: Path, around: dict[str, Any]) -> None:
    import_file(desk, web("orsa/name", exact="Orsa", **around))
    evidence = dossier(desk / "seed").places["orsa"].seed.evidence
    assert evidence[-1].at[:2] == (3, TEXT.split("\n")[2].index("Orsa"))


def test_an_offset_counts_where_the_words_stand_at_it(desk: Path) -> None:
    """One in another text says nothing, so the words are refused then."""
    later = TEXT.rindex("Berg")
    import_file(desk, web("orsa/who", exact="Berg", start=later))
    assert dossier(desk / "seed").places["orsa"].seed.evidence[-1].at.paragraph == 4
    (told,) = refused(desk, web("orsa/what", exact="Berg", start=later + 1))
    assert told.startswith("1: “Berg” stands 2 times")


def test_words_that_stand_twice_or_nowhere_are_refused_with_the_places(desk: Path) -> None:
    """All mistakes in one round, and nothing is written."""
    told = refused(desk, [web("orsa/where", exact="Berg"), web("orsa/where", exact="a ferry near Orza")])
    lines = TEXT.split("\n")
    places = [f"{number}:{(at := lines[number - 1].index('Berg'))}-{at + 4}" for number in (2, 4)]
    assert [one.partition(";")[0] for one in told] == [
        f"1: “Berg” stands 2 times: {', '.join(places)}",
        "2: the text does not contain “a ferry near Orza”",
    ]
    assert "nearest is “a ferry near Orsa” in paragraph 1" in told[1]


def test_labels_that_name_nothing_are_refused_with_the_nearest(desk: Path) -> None:
    told = refused(
        desk,
        [
            web("orsa/were", exact="a ferry near Orsa"),
            web("orso/where", exact="a ferry near Orsa"),
            web(exact="a ferry near Orsa"),
            web("orsa/where", exact=None),
        ],
    )
    assert told == [
        "1: its labels (orsa/were) name no field of evidence; did you mean 'where'?",
        "2: there is no record 'orso'; did you mean 'orsa'?",
        "3: it has no label, so it names no field of evidence; one of what, when, where, who, count, name, words, role",
        "4: it has no words (TextQuoteSelector), and positions alone are not enough",
    ]


def test_annotations_without_a_record_are_printed_to_paste(desk: Path) -> None:
    result = import_file(desk, web("where", exact="a ferry near Orsa"))
    (line,) = result.unassigned
    (pasted,) = yaml.safe_load(line)
    assert pasted == {"field": "where", "article": sample.ARTICLE, **sample.span("a ferry near Orsa")}


def label_studio(words: str | None, start: int, end: int, text: str = TEXT) -> list[dict[str, Any]]:
    """A task with a region: its label, and the record in a text field of the region."""
    span = {"start": start, "end": end, "labels": ["where"]} | ({} if words is None else {"text": words})
    region = {"id": "r1", "from_name": "label", "to_name": "text", "type": "labels", "value": span}
    record = {
        **{"id": "r1", "from_name": "record", "to_name": "text", "type": "textarea"},
        "value": {"start": start, "end": end, "text": ["orsa"]},
    }
    return [{"id": 1, "data": {"text": text}, "annotations": [{"id": 1, "result": [region, record]}]}]


@pytest.mark.parametrize("shift", [0, 3, -7])
def test_a_region_of_label_studio_is_found_by_its_words_where_its_offsets_are_wrong(desk: Path, shift: int) -> None:
    start = TEXT.index("a ferry near Orsa") + shift
    import_file(desk, label_studio("a ferry near Orsa", start, start + 17))
    assert ("where", "a ferry near Orsa") in passages(desk, "places", "orsa")


def test_right_offsets_of_label_studio_tell_words_from_the_same_elsewhere(desk: Path) -> None:
    """What stands around them in the text that was annotated is looked for; that may be a part of the article."""
    part = TEXT.split("\n")[2]
    start = part.index("Orsa lies")
    import_file(desk, label_studio("Orsa", start, start + 4, part))
    assert dossier(desk / "seed").places["orsa"].seed.evidence[-1].at[:2] == (3, start)
    (told,) = refused(desk, label_studio("Orsa", start + 1, start + 5, part))
    assert "stands 3 times" in told


def test_a_cancelled_task_of_label_studio_counts_for_nothing(desk: Path) -> None:
    tasks = label_studio("a ferry near Orsa", 0, 17)
    tasks[0]["annotations"][0]["was_cancelled"] = True
    with pytest.raises(AnnotationError, match="there are no annotations"):
        import_file(desk, tasks)


@pytest.mark.parametrize("key", ["label", "labels", "entities"])
def test_doccano_gives_offsets_alone_in_the_forms_of_its_versions(desk: Path, key: str) -> None:
    start = TEXT.index("a ferry near Orsa")
    span: Any = [start, start + 17, "orsa/where"]
    if key == "entities":
        span = {"id": 1, "start_offset": start, "end_offset": start + 17, "label": "orsa/where"}
    import_file(desk, [{"id": 1, "text": TEXT, key: [span]}, {"id": 2, "text": "", key: []}], "annotations.jsonl")
    assert ("where", "a ferry near Orsa") in passages(desk, "places", "orsa")


def test_offsets_that_cut_a_word_are_refused(desk: Path) -> None:
    """Counted in other units than characters, they are wrong behind a sign of several."""
    text = "\U0001f6a2 " + TEXT
    start = text.index("a ferry near Orsa") + 1
    (told,) = refused(
        desk, [{"id": 7, "text": text, "label": [[start + 3, start + 17, "orsa/where"]]}], "annotations.jsonl"
    )
    assert told.startswith(f"1: the offsets {start + 3} to {start + 17} cut a word")


def test_evidence_that_is_there_already_is_not_added_twice(desk: Path) -> None:
    annotation = web("orsa/where", exact="a ferry near Orsa")
    import_file(desk, annotation)
    before = (desk / "seed" / "places.yaml").read_bytes()
    result = import_file(desk, annotation)
    assert (result.added, result.known) == (0, 1)
    assert (desk / "seed" / "places.yaml").read_bytes() == before


LAYOUTS = {
    "block items": "  evidence:\n    - field: name\n      {span}  # why\n\n",
    "flow items": "  evidence:  # these\n  - {{field: name, {flow}}}  # why\n",
    "one flow list": "  evidence: [{{field: name, {flow}}}]\n",
    "keys behind it": "  evidence:\n    - {{field: name, {flow}}}\n  note: Some note.\n",
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_files_keep_their_comments_and_layout(desk: Path, layout: str) -> None:
    span = {"article": sample.ARTICLE, **sample.span("Ash County")}
    lines = [f"{key}: {json.dumps(value)}" for key, value in span.items()]
    evidence = LAYOUTS[layout].format(span="\n      ".join(lines), flow=", ".join(lines))
    record = (
        f"# Places.\n- id: ash-county   # the county\n  name: Ash County\n  named: true\n  kind: province\n{evidence}"
    )
    others = [one for one in sample.small()["places.yaml"] if one["id"] != "ash-county"]
    path = desk / "seed" / "places.yaml"
    path.write_text(record + yaml.safe_dump(others, allow_unicode=True), "utf-8")
    before = path.read_text("utf-8").splitlines()
    import_file(desk, web("ash-county/where", exact="Orsa lies in Ash County"))
    assert passages(desk, "places", "ash-county") == [("name", "Ash County"), ("where", "Orsa lies in Ash County")]
    after = path.read_text("utf-8").splitlines()
    added = [line for line in after if line not in before]
    assert len(added) == 1
    assert [line for line in before if line not in after] == ([] if layout != "one flow list" else [before[5]])


def test_a_claim_and_a_line_of_json_take_evidence_too(desk: Path) -> None:
    folder = desk / "seed" / "articles" / sample.ARTICLE
    incidents = yaml.safe_load((folder / "incidents.yaml").read_text("utf-8"))
    (folder / "incidents.yaml").unlink()
    (folder / "incidents.jsonl").write_text("".join(json.dumps(one, default=str) + "\n" for one in incidents), "utf-8")
    claim = next(one["id"] for incident in incidents for one in incident.get("casualties", []))
    import_file(desk, web(f"{claim}/who", exact="river guards"))
    assert ("who", "river guards") in passages(desk, "casualties", claim)
    assert check(desk / "seed")["incidents"] == len(incidents)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.json", "{", "this is not JSON"),
        ("a.json", '{"type": "Feature"}', "this is none of these: a Web Annotation"),
        ("a.jsonl", '{"text": "a", "label": []}\n{"text":\n', "line 2 is not JSON"),
        ("a.jsonl", '{"text": "a", "label": []}\n', "there are no annotations"),
    ],
)
def test_files_of_other_things_are_refused(desk: Path, name: str, content: str, told: str) -> None:
    (desk / name).write_text(content, "utf-8")
    with pytest.raises(AnnotationError, match=told):
        import_annotations(desk / name, ArticleFile(desk / "text.txt"), desk / "seed")


def test_a_text_that_has_changed_is_refused(desk: Path) -> None:
    (desk / "text.txt").write_text(TEXT.replace("ferry", "boat"), "utf-8")
    with pytest.raises(DossierError, match="paragraph 1"):
        import_file(desk, web("orsa/where", exact="a boat near Orsa"))
