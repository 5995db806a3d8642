"""Evidence that editors write by its words: turned into spans in every file at once, and back."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from app.ingest.building.pipeline import check, read
from app.ingest.editing.anchoring import anchor
from app.ingest.release.verifying import ArticleFile
from app.ingest.seed.reading import DossierError
from app.ingest.texts.passages import digest
from tests.verified import verified

TEXT = (
    "Two guards died at the mill, Mayor Ida Falk said. “It was dark 🌒, and nobody called to us,” she said.\n"
    "\n"
    "A week later two guards came back to the mill and held one man.\n"
    "“It was dark,” says the headline on the bridge. نهر الرماد is what some call the Ash River.\n"
)
PARAGRAPHS = [line for line in TEXT.split("\n") if line]

ARTICLE = """\
id: lind-mill
title: The mill
authors: [Ada Lind]
publishers: [The Ash Courier]
published: "2021-09-01"
language: en
url: https://courier.example/mill/
rights: The article belongs to The Ash Courier.
paragraphs:
"""
INCIDENTS = """\
# What happened at the mill.

- id: mill-killing
  title: "Guards die at a mill"   # our own words
  summary: Two guards died.
  kind: killing
  granularity: event
  places: [{id: mill, role: scene, certainty: stated}]
  evidence:
    - {field: what, words: "Two guards died at the mill"}   # the mayor says so
    - {paragraph: 2, field: where,
       # the second time
       words: to the mill}
    - words: >-
        Mayor Ida
        Falk said
      field: who

    - field: when
      paragraph: 2    # not the first
      words: 'A week later'
  casualties:
    - id: mill-guards-killed
      group: police
      outcome: killed
      low: 2
      high: 2
      claimed_by: ida-falk
      basis: claimed
      evidence: [{field: count, words: "Two guards died"}]
"""
QUOTES = """\
- id: falk-dark
  kind: direct
  spans:
    - words: "\\"It was dark 🌒, and nobody called to us,\\""
  speaker: ida-falk
  incidents: [mill-killing]
  pull_quotes: [{words: It was dark, paragraph: 3}]
  evidence:
    - {field: who, words: she said}
"""
PLACES = (
    '{"id": "mill", "name": "the mill", "named": false, "kind": "building", '
    '"evidence": [{"field": "name", "words": "came back to the mill"}]}\n'
)
PEOPLE = """\
- {id: ida-falk, name: Ida Falk, roles: [official], life_status: alive, evidence: [{field: name, words: Ida Falk}]}
- id: ash
  name: نهر الرماد
  roles: [witness]
  life_status: not_stated
  evidence:
  - field: name
    words: نهر الرماد
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    article = tmp_path / "seed" / "articles" / "lind-mill"
    article.mkdir(parents=True)
    kinds = [f"  - {{kind: body, length: {len(one)}, sha256: {digest(one)}}}\n" for one in PARAGRAPHS]
    (article / "article.yaml").write_text(ARTICLE + "".join(kinds), "utf-8")
    (article / "incidents.yaml").write_text(INCIDENTS, "utf-8")
    (article / "quotes.yaml").write_text(QUOTES, "utf-8")
    (tmp_path / "seed" / "places.jsonl").write_text(PLACES, "utf-8")
    (tmp_path / "seed" / "people.yaml").write_text(PEOPLE, "utf-8")
    (tmp_path / "text.txt").write_text(TEXT, "utf-8")
    return tmp_path / "seed"


def anchored(folder: Path, *, back: bool = False) -> int:
    return anchor(folder, [ArticleFile(folder.parent / "text.txt")], back=back).done


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def mistakes(folder: Path) -> list[str]:
    with pytest.raises(DossierError) as raised:
        anchored(folder)
    return [str(error) for error in raised.value.errors]


def words_of(folder: Path) -> Iterator[str]:
    """The words of the article at every span of the checked dossier."""
    records, errors = read(folder)
    assert not errors
    for resource in ("incidents", "casualties", "quotes", "places", "people"):
        for entry in records.records(resource).values():
            for span in (
                *getattr(entry.seed, "spans", ()),
                *getattr(entry.seed, "pull_quotes", ()),
                *entry.seed.evidence,
            ):
                yield PARAGRAPHS[span.at.paragraph - 1][span.at.start : span.at.end]


def test_words_in_every_file_become_spans_that_hold(folder: Path) -> None:
    assert anchored(folder) == 11
    assert check(folder)["incidents"] == 1
    result = verified(folder, folder.parent / "text.txt")
    assert (result.spans, result.errors, result.file_errors) == (11, [], [])
    assert sorted(words_of(folder)) == sorted(
        [
            *("Two guards died at the mill", "to the mill", "Mayor Ida Falk said", "A week later", "Two guards died"),
            *("“It was dark 🌒, and nobody called to us,”", "It was dark", "she said", "came back to the mill"),
            *("Ida Falk", "نهر الرماد"),
        ]
    )


def test_comments_order_and_layout_stay(folder: Path) -> None:
    anchored(folder)
    after = (folder / "articles/lind-mill/incidents.yaml").read_text("utf-8")
    untouched = [line for line in INCIDENTS.splitlines() if "words" not in line and "paragraph:" not in line]
    folded = {"        Mayor Ida", "        Falk said"}
    kept = iter(after.splitlines())
    assert all(line in kept for line in untouched if line not in folded), after
    assert '"}   # the mayor says so\n' in after
    assert "    # not the first\n" in after
    assert "words:" not in after


def test_a_span_stands_where_its_words_did(folder: Path) -> None:
    anchored(folder)
    (record,) = yaml.safe_load((folder / "articles/lind-mill/incidents.yaml").read_text("utf-8"))
    keys = [list(one) for one in record["evidence"]]
    assert [one[:3] for one in keys] == [
        ["field", "at", "sha256"],
        ["at", "field", "sha256"],
        ["at", "sha256", "first"],
        ["field", "at", "sha256"],
    ]
    (person, _) = yaml.safe_load((folder / "people.yaml").read_text("utf-8"))
    assert person["evidence"][0]["article"] == "lind-mill"


def test_there_and_back_again_changes_nothing_more(folder: Path) -> None:
    anchored(folder)
    with_spans = contents(folder)
    assert anchored(folder, back=True) == 11
    with_words = contents(folder)
    assert b"sha256" not in with_words["incidents.yaml"] + with_words["quotes.yaml"] + with_words["people.yaml"]
    assert b"# the second time" in with_words["incidents.yaml"]
    assert anchored(folder) == 11
    assert {name: yaml.safe_load(one) for name, one in contents(folder).items()} == {
        name: yaml.safe_load(one) for name, one in with_spans.items()
    }
    assert anchored(folder) == 0


def test_windows_line_ends_and_a_byte_order_mark_stay(folder: Path) -> None:
    path = folder / "articles/lind-mill/incidents.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + INCIDENTS.replace("\n", "\r\n").encode())
    anchored(folder)
    after = path.read_bytes()
    assert after.startswith(b"\xef\xbb\xbf# What")
    assert after.count(b"\n") == after.count(b"\r\n")
    check(folder)


def test_all_mistakes_at_once_and_nothing_written(folder: Path) -> None:
    path = folder / "articles/lind-mill/incidents.yaml"
    path.write_text(
        INCIDENTS.replace("Two guards died at the mill", "Three guards died at the mill")
        .replace("words: to the mill", "words: the mill")
        .replace("words: 'A week later'", "words: 'A week later'\n      at: '2:0-12'")
        .replace("paragraph: 2    #", "paragraph: two    #"),
        "utf-8",
    )
    people = PEOPLE.replace("words: نهر الرماد", "words: the")
    (folder / "people.yaml").write_text(people, "utf-8")
    before = contents(folder)
    found = mistakes(folder)
    assert contents(folder) == before
    start = "seed/articles/lind-mill/incidents.yaml"
    assert found[0].startswith(f"{start}:10: mill-killing: evidence.0: the text does not contain “Three guards died")
    assert found[0].endswith("nearest is “Two guards died at the mill” in paragraph 1")
    assert found[1].startswith(f"{start}:19: mill-killing: evidence.3: here are words and a span; take out 'at'")
    assert found[2].startswith("seed/people.yaml:7: ash: evidence.0: “the” stands ")
    assert len(found) == 3


def test_words_that_a_comma_cuts_off_are_refused(folder: Path) -> None:
    """YAML takes what follows for another key."""
    path = folder / "articles/lind-mill/incidents.yaml"
    path.write_text(INCIDENTS.replace('"Two guards died at the mill"', "Two guards died at the mill, Mayor"), "utf-8")
    (found,) = mistakes(folder)
    assert found.endswith(
        "'Mayor': this stands after a comma; put a text that has a comma in it between quotation marks"
    )


def test_a_text_that_has_changed_is_named_by_its_paragraphs(folder: Path) -> None:
    text = folder.parent / "text.txt"
    text.write_text(TEXT.replace("A week later", "New.\nA month later"), "utf-8")
    before = contents(folder)
    found = mistakes(folder)
    assert contents(folder) == before
    assert len(found) == 2
    assert (
        "paragraph 2 of the text is not the one coded; where the article has changed, `dateline new --renew`"
        in found[0]
    )
    assert "paragraph 3 of the text is not coded" in found[1]


def test_words_of_two_articles_wait_for_their_own_texts(folder: Path) -> None:
    second = folder / "articles" / "lind-bridge"
    second.mkdir()
    kinds = f"  - {{kind: body, length: 11, sha256: {digest('It is open.')}}}\n"
    (second / "article.yaml").write_text(ARTICLE.replace("lind-mill", "lind-bridge") + kinds, "utf-8")
    (second / "incidents.yaml").write_text("- {id: bridge, evidence: [{field: what, words: It is open}]}\n", "utf-8")
    (folder.parent / "bridge.txt").write_text("It is open.", "utf-8")
    one = ArticleFile(folder.parent / "text.txt", "lind-mill")
    result = anchor(folder, [one])
    assert (result.done, result.waiting) == (11, {"lind-bridge": 1})
    both = [one, ArticleFile(folder.parent / "bridge.txt", "lind-bridge")]
    assert anchor(folder, both).done == 1
    (folder / "people.yaml").write_text(PEOPLE, "utf-8")
    with pytest.raises(DossierError, match="which article are these words from"):
        anchor(folder, both)


def test_words_are_refused_by_check_with_what_to_do(folder: Path) -> None:
    """One mistake each, not one for each key that a span would have; people are told once for each file."""
    with pytest.raises(DossierError) as raised:
        check(folder)
    told = [str(error) for error in raised.value.errors]
    assert len(told) == 11
    assert all("words stand here until `dateline anchor --text FILE` makes a span of them" in one for one in told)
    printed = str(raised.value).splitlines()
    assert len(printed) == len({error.file for error in raised.value.errors}) < len(told)
    assert printed[0].endswith("makes a span of them, and of those at 4 other places here")
