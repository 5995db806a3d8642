"""Consistency checks between records: each mistake is reported at its line, with what to do about it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests import every_fifth, sample
from tests.ingest.test_reading import errors_in, line_of
from tests.sample import Files, record
from tests.second_article import SECOND, pair

INCIDENTS, QUOTES, STATEMENTS = sample.INCIDENTS, sample.QUOTES, sample.STATEMENTS
SEARCH, DENIAL, BACK = "mill-search", "guards-deny-firing", "guard-turn-back"
BRIDGE = f"articles/{SECOND}/incidents.yaml"


def change(file: str, id_: str, **changes: Any) -> Callable[[Files], None]:
    """A mutation: keys of one record set to something else."""
    return lambda files: record(files, file, id_).update(changes)


def claim(position: int, **changes: Any) -> Callable[[Files], None]:
    """A mutation: keys of one claim about the ferry set to something else."""
    return lambda files: record(files, INCIDENTS, "ferry-shooting")["casualties"][position].update(changes)


def held(**changes: Any) -> Callable[[Files], None]:
    """A mutation: keys of the claim about the mill set to something else."""
    return lambda files: record(files, INCIDENTS, SEARCH)["casualties"][0].update(changes)


def part_of_the_shooting(id_: str) -> Callable[[Files], None]:
    return change(INCIDENTS, id_, parent="ferry-shooting")


def evidence(file: str, id_: str, **changes: Any) -> Callable[[Files], None]:
    """A mutation: keys of a record's first span set to something else."""
    return lambda files: record(files, file, id_)["evidence"][0].update(changes)


def first_span(id_: str, **changes: Any) -> Callable[[Files], None]:
    return lambda files: record(files, QUOTES, id_)["spans"][0].update(changes)


def copy_of(file: str, id_: str, to: str, **changes: Any) -> Callable[[Files], None]:
    """A mutation: a second record with the same id, in another file or in the same."""
    return lambda files: files[to].append({**record(files, file, id_), **changes})


def removed(file: str, id_: str, successor: str | None = None) -> Callable[[Files], None]:
    """A mutation: a tombstone added to a file."""
    how = {"reason": "coded in error"} | ({"successor": successor} if successor else {})
    return lambda files: files[file].append({"id": id_, "removed": how})


def parents(file: str, id_: str, parent: str) -> Callable[[Files], None]:
    return lambda files: record(files, file, id_).update(parents=[{"id": parent}])


def dated(edtf: str, **others: Any) -> Callable[[Files], None]:
    return lambda files: record(files, INCIDENTS, SEARCH).update(date={"edtf": edtf, **others})


def timed(**time: str) -> Callable[[Files], None]:
    return change(INCIDENTS, SEARCH, time={"certainty": "stated", **time})


def letter(**more: Any) -> Callable[[Files], None]:
    """A mutation: there is a letter."""
    return lambda files: files.update({"documents.yaml": [sample.letter(**more)]})


PAPER_ID = sample.ARTICLE


def pictures(*captions: dict[str, str], shortens: Sequence[str] = ("1",)) -> Callable[[Files], None]:
    """A mutation: the third paragraph is a display copy, the fourth a caption."""

    def add(files: Files) -> None:
        article = files[f"articles/{PAPER_ID}/article.yaml"]
        article["paragraphs"][2].update(kind="pull_text", shortens=list(shortens))
        article["paragraphs"][3].update(kind="caption")
        article["captions"] = list(captions)

    return add


def evidence_is(id_: str, field: str) -> Callable[[Files], None]:
    """A mutation: all spans of an incident are evidence for one thing."""

    def change_all(files: Files) -> None:
        for one in record(files, INCIDENTS, id_)["evidence"]:
            one["field"] = field

    return change_all


def each(*changes: Callable[[Files], None]) -> Callable[[Files], None]:
    def together(files: Files) -> None:
        for one in changes:
            one(files)

    return together


ORSA = {"id": "orsa", "role": "scene", "certainty": "stated"}
LONDON = {"id": "london-road", "role": "scene", "certainty": "stated"}

MISTAKES: list[tuple[str, Callable[[Files], None], str, str, str]] = [
    # what is changed, record, field, message
    ("ids shared by parties", change("people.yaml", "miller", id="night-patrol"), "night-patrol", "id", "share one id"),
    ("same id twice in a file", copy_of("places.yaml", "orsa", "places.yaml"), "orsa", "id", "stands in seed/places"),
    ("same id in two articles", copy_of(INCIDENTS, "boat-stopped", BRIDGE), "boat-stopped", "id", "write `extends:`"),
    ("same claim id twice", claim(1, id="ferry-dead"), "ferry-dead", "casualties.1.id", "already"),
    ("removed twice", each(*[removed("places.yaml", "gone")] * 2), "gone", "id", "already"),
    ("removed and there", removed("places.yaml", "orsa"), "orsa", "id", "both removed and there"),
    ("removed, there as other", removed("people.yaml", "river-guards"), "river-guards", "id", "never reused"),
    ("quote and statement", change(STATEMENTS, DENIAL, id=BACK), BACK, "id", ""),
    ("unknown place", change(INCIDENTS, "boat-stopped", places=[LONDON]), "boat-stopped", "places.0.id", "there is no"),
    ("misspelt place", change(INCIDENTS, SEARCH, location="orsaa"), SEARCH, "location", "mean 'orsa'?"),
    ("unknown parent", parents("places.yaml", "orsa", "x"), "orsa", "parents.0", "among places"),
    ("unknown body", change("people.yaml", "guard", organizations=[{"id": "x"}]), "guard", "organizations.0", ""),
    ("unknown actor", change(INCIDENTS, SEARCH, actors=[{"id": "x", "role": "target", "certainty": "stated"}]),
     SEARCH, "actors.0.id", "among people or organizations"),
    ("place as an actor", change(QUOTES, BACK, speaker="orsa"), BACK, "speaker", "there is no"),
    ("unknown claimant", claim(1, claimed_by="x"), "ferry-wounded", "casualties.1.claimed_by", "there is no 'x'"),
    ("unknown channel", claim(1, via="x"), "ferry-wounded", "casualties.1.via", "there is no 'x'"),
    ("unknown victim", claim(0, people=["x"]), "ferry-dead", "casualties.0.people.0", "among people"),
    ("unknown unit", claim(0, organization="jon-berg"), "ferry-dead", "casualties.0.organization", "organizations"),
    ("unknown parent event", change(INCIDENTS, SEARCH, parent="x"), SEARCH, "parent", "among incidents"),
    ("unknown relation", change(INCIDENTS, SEARCH, related=["x"]), SEARCH, "related.0", "among incidents"),
    ("unknown extension", lambda files: files[BRIDGE][0].update(extends="x"), "x", "extends", "among incidents"),
    ("unknown relay", change(QUOTES, BACK, relayed_by="x"), BACK, "relayed_by", ""),
    ("unknown hearer", change(QUOTES, BACK, told_to="x"), BACK, "told_to", ""),
    ("unknown incident", change(QUOTES, BACK, incidents=["x"]), BACK, "incidents.0", ""),
    ("unknown quote place", change(QUOTES, BACK, places=["x"]), BACK, "places.0", ""),
    ("unknown speaker", change(STATEMENTS, DENIAL, by="x"), DENIAL, "by", ""),
    ("unknown subject", change(STATEMENTS, DENIAL, about={"people": ["x"]}),
     DENIAL, "about.people.0", "among people"),
    ("unknown contradiction", change(STATEMENTS, DENIAL, contradicts=["x"]),
     DENIAL, "contradicts.0", "statements or quotes"),
    ("removed place", each(removed("places.yaml", "old", "orsa"), change(INCIDENTS, SEARCH, location="old")),
     SEARCH, "location", "'old' was removed; use 'orsa'"),
    ("itself", change(INCIDENTS, SEARCH, related=[SEARCH]), SEARCH, "related.0", "to itself"),
    ("same relation twice", change(INCIDENTS, SEARCH, related=["boat-stopped", "boat-stopped"]),
     SEARCH, "related.1", "twice"),
    ("same place and role twice", lambda files: record(files, INCIDENTS, SEARCH)["places"].append(
        {"id": "orsa", "role": "scene", "certainty": "inferred"}), SEARCH, "places.1.id", "twice"),
    ("span without article", evidence("places.yaml", "orsa", article=None), "orsa", "evidence.0", "add `article:`"),
    ("unknown article", evidence("places.yaml", "orsa", article="x"), "orsa", "evidence.0", "among articles"),
    ("paragraph that is not there", evidence(INCIDENTS, SEARCH, at="9:0-4"), SEARCH, "evidence.0", "not 9"),
    ("span beyond its paragraph", evidence(INCIDENTS, SEARCH, at="3:0-900"), SEARCH, "evidence.0", "900"),
    ("three words of the article", evidence(INCIDENTS, SEARCH, first="a b c"), SEARCH, "evidence.0", "two"),
    ("no such day", dated("2021-02-30"), SEARCH, "date", "'2021-02-30' is in no calendar"),
    ("no EDTF", dated("spring 2021"), SEARCH, "date", "'spring 2021' is not an EDTF date"),
    ("ends of two precisions", dated("[2021-01..2021-05-29]"), SEARCH, "date", "write 2021-01-01..2021-05-29"),
    ("a limit of a closed end", dated("2021-02", assumed={"latest": "2021-03-01", "reason": "x"}),
     SEARCH, "date", "'2021-02' says its latest day itself"),
    ("after publication", dated("2031"), SEARCH, "date.edtf", "'2031' is after 2021-09-01"),
    ("a day after publication", dated("2021-09-02"), SEARCH, "date.edtf", "'planned'"),
    ("words without a passage", each(dated("2021-06-04", as_stated="4 June"), evidence_is(SEARCH, "what")),
     SEARCH, "date.as_stated", "'4 June' needs evidence"),
    ("statement's date", change(STATEMENTS, DENIAL, date={"edtf": "x"}), DENIAL, "date", ""),
    ("words for a time without a passage", each(timed(as_stated="at night"), evidence_is(SEARCH, "what")),
     SEARCH, "time.as_stated", "'at night' needs evidence"),
    ("radius around no point", change(INCIDENTS, "boat-stopped", places=[
        {"id": "ash-river", "role": "scene", "certainty": "stated", "precision": "area", "radius_m": "90000"}]),
     "boat-stopped", "places.0.radius_m", "'ash-river' has no coordinate to be so far from"),
    ("two radii", change(INCIDENTS, SEARCH, places=[ORSA | {"precision": "area", "radius_m": "90000"},
        ORSA | {"role": "target_area"}]), SEARCH, "location", "different radii"),
    ("one id of two incidents", each(*(change(INCIDENTS, id_, same_as=["ucdp:9", "wikidata:Q9"]) for id_ in
     (SEARCH, "boat-stopped"))), "boat-stopped", "same_as.1", "'wikidata:Q9' is 'mill-search' in seed/articles/"),
    ("one id of two places", each(*(change("places.yaml", id_, same_as=["geonames:9"]) for id_ in
     ("orsa", "ash-river"))), "ash-river", "same_as.0", "'geonames:9' is 'orsa' in seed/places.yaml:"),
    ("one id of a person and an organization", each(change("people.yaml", "jon-berg", same_as=["viaf:9"]),
     change("organizations.yaml", "river-guards", same_as=["viaf:9"])),
     "river-guards", "same_as.0", "'viaf:9' is 'jon-berg' in seed/people.yaml:"),
    ("an external id twice", change("places.yaml", "orsa", same_as=["wikidata:Q9", "wikidata:Q9"]),
     "orsa", "same_as", "'wikidata:Q9' stands here twice"),
    ("caption of running text", pictures({"paragraph": "1", "shows": "A mill."}),
     PAPER_ID, "captions.0.paragraph", "paragraph 1 is of the kind 'body', not 'caption'"),
    ("caption beyond the end", pictures({"paragraph": "9", "shows": "A mill."}),
     PAPER_ID, "captions.0.paragraph", "the article has 4 paragraphs, not 9"),
    ("one picture twice", pictures({"paragraph": "4", "shows": "A mill."}, {"paragraph": "4", "shows": "A boat."}),
     PAPER_ID, "captions.1", "stand in a caption before"),
    ("unknown place shown", pictures({"paragraph": "4", "shows": "A mill.", "place": "orsaa"}),
     PAPER_ID, "captions.0.place", "mean 'orsa'?"),
    ("a place as the subject", pictures({"paragraph": "4", "shows": "A mill.", "subject": "orsa"}),
     PAPER_ID, "captions.0.subject", "there is no 'orsa' among people or organizations"),
    ("display copy of a caption", pictures(shortens=["4"]), PAPER_ID, "paragraphs.2.shortens",
     "paragraph 4 is of the kind 'caption', not 'body'"),
    ("display copy of nothing", pictures(shortens=["9"]), PAPER_ID, "paragraphs.2.shortens", "4 paragraphs, not 9"),
    ("unknown document", change(STATEMENTS, DENIAL, documents=["mail"]), DENIAL, "documents.0",
     "there is no 'mail' among documents"),
    ("claim through a person as a document", claim(1, documents=["jon-berg"]), "ferry-wounded",
     "casualties.1.documents.0", "there is no 'jon-berg' among documents"),
    ("same document twice", each(letter(), change(QUOTES, BACK, documents=["letter", "letter"])), BACK, "documents.1",
     "'letter' stands here twice"),
    ("unknown author", letter(author="nobody"), "letter", "author", "among people or organizations"),
    ("a document's words for a date without a passage", letter(date={"edtf": "2021", "as_stated": "last year"}),
     "letter", "date.as_stated", "'last year' needs evidence"),
    ("a document of no day", letter(date={"edtf": "2021-02-30"}), "letter", "date", "is in no calendar"),
    ("location that is no scene", change(INCIDENTS, SEARCH, location="ash-county"),
     SEARCH, "location", "not a scene or target area"),
    ("location without a point", change(INCIDENTS, "ferry-shooting", location="ash-river"),
     "ferry-shooting", "location", "has no coordinate; give it one with its source, or leave"),
    ("country as a location", change("places.yaml", "orsa", kind="country"), SEARCH, "location", "never"),
    ("circle of places", parents("places.yaml", "ash-county", "orsa"), "ash-county", "", "contains itself"),
    ("circle of organizations", parents("organizations.yaml", "river-guards", "night-patrol"),
     "night-patrol", "", "contains itself"),
    ("circle of incidents", each(change(INCIDENTS, SEARCH, parent="boat-stopped"),
     change(INCIDENTS, "boat-stopped", parent=SEARCH)), "boat-stopped", "", "contains itself"),
    ("two counted claims", claim(1, outcome="killed"), "ferry-wounded", "casualties.1", "'ferry-dead' counts"),
    ("counted in another article", lambda files: files[BRIDGE][0]["casualties"][1].update(counted="true"),
     "ferry-dead", "casualties.0", "'ferry-third-death' counts the same harm"),
    ("counted in a part", each(part_of_the_shooting(SEARCH), held(outcome="killed")),
     "ferry-dead", "casualties.0", "'miller-held' of 'mill-search', a part of this, counts the same harm"),
    ("counted in a part of a part", each(part_of_the_shooting("boat-stopped"),
     change(INCIDENTS, SEARCH, parent="boat-stopped"), held(outcome="killed")),
     "ferry-dead", "casualties.0", "'miller-held' of 'mill-search'"),
    ("counted in a part by another article", each(part_of_the_shooting(SEARCH),
     lambda files: files[BRIDGE][0].update(extends=SEARCH),
     lambda files: files[BRIDGE][0]["casualties"][1].update(counted="true")),
     "ferry-dead", "casualties.0", "'ferry-third-death' of 'mill-search'"),
    ("counted in a part for an unknown group", each(part_of_the_shooting(SEARCH),
     held(outcome="killed", group="unknown")), "ferry-dead", "casualties.0", "'miller-held'"),
    ("counted in a part with an organization", each(part_of_the_shooting(SEARCH),
     held(outcome="killed", organization="river-guards")), "ferry-dead", "casualties.0", "'miller-held'"),
    ("words longer than their span", first_span(BACK, exact="“Turn back now,”"),
     BACK, "spans.0.exact", "the words are 16 long, the span 12"),
    ("words other than the digest's", first_span(BACK, exact="“Turn Back,”"),
     BACK, "spans.0.exact", "do not have the span's sha256"),
    ("spans in another order", lambda files: record(files, QUOTES, "berg-no-warning")["spans"].reverse(),
     "berg-no-warning", "spans", "in the order of the text"),
    ("spans of another article", first_span(BACK, article=SECOND),
     BACK, "spans.0.article", "in its own article"),
    ("embedded in nothing", change(QUOTES, BACK, kind="embedded"), BACK, "kind", "contained_in"),
    ("contained but not embedded", change(QUOTES, BACK, contained_in="berg-no-warning"),
     BACK, "kind", "contained_in"),
    ("contained elsewhere", change(QUOTES, BACK, kind="embedded", contained_in="berg-no-warning"),
     BACK, "contained_in", "do not stand inside"),
    ("unknown successor", removed("places.yaml", "gone", "x"), "gone", "removed.successor", "cannot take over"),
    ("successor of another type", removed("places.yaml", "gone", "jon-berg"), "gone", "removed.successor", "among"),
    ("own successor", removed("places.yaml", "gone", "gone"), "gone", "removed.successor", "cannot take over"),
    ("removed successor", each(removed("places.yaml", "gone", "went"), removed("places.yaml", "went", "orsa")),
     "gone", "removed.successor", "'went' was removed; use 'orsa'"),
]  # fmt: skip


@every_fifth.parametrize(
    ("mutate", "record_id", "field", "message"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES]
)
def test_a_mistake_is_told_with_record_field_and_message(
    tmp_path: Path, mutate: Callable[[Files], None], record_id: str, field: str, message: str
) -> None:
    files = pair()
    mutate(files)
    for entries in files.values():  # a key set to None above is one left out
        if isinstance(entries, list):
            entries[:] = [_without_nothing(entry) for entry in entries]
    directory = sample.write(files, tmp_path / "seed")
    errors = errors_in(directory)
    fitting = [error for error in errors if (error.record, error.field) == (record_id, field)]
    assert any(message in error.message for error in fitting), errors
    line = line_of(directory, fitting[-1])
    names = [part for part in field.split(".") if not part.isdigit()]
    assert not names or f"{names[-1]}:" in line or line.lstrip().startswith("- "), line


def _without_nothing(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nothing(item) for key, item in value.items() if item is not None}
    return [_without_nothing(item) for item in value] if isinstance(value, list) else value


def test_only_the_members_of_a_circle_are_named(tmp_path: Path) -> None:
    """What hangs below a circle is not at fault, nor is what stands above it."""
    files = sample.small()
    town = record(files, "places.yaml", "orsa")
    files["places.yaml"].append({**town, "id": "orsa-mill", "parents": [{"id": "orsa"}]})
    record(files, "places.yaml", "ash-county")["parents"] = [{"id": "orsa"}, {"id": "ash-river"}]
    errors = errors_in(sample.write(files, tmp_path))
    assert {error.record for error in errors} == {"orsa", "ash-county"}


def test_a_record_with_a_mistake_is_not_called_missing_too(tmp_path: Path) -> None:
    files = sample.small()
    record(files, "places.yaml", "orsa")["kind"] = "hamlet"
    (error,) = errors_in(sample.write(files, tmp_path))
    assert (error.record, error.field) == ("orsa", "kind")


def test_embedded_quote_stands_inside_the_other(tmp_path: Path) -> None:
    files = sample.small()
    outer = record(files, QUOTES, "berg-no-warning")
    inner = {
        **{key: outer[key] for key in ("speaker", "evidence")},
        "id": "inner",
        "kind": "embedded",
        "contained_in": "berg-no-warning",
        "spans": [sample.quoted("shot without")],
    }
    files[QUOTES].append(inner)
    assert errors_in(sample.write(files, tmp_path)) == []


def test_claims_with_another_organization_or_group_may_both_count(tmp_path: Path) -> None:
    files = sample.small()
    claim(1, outcome="killed", group="police", organization="river-guards")(files)
    assert errors_in(sample.write(files, tmp_path)) == []
    claim(1, group="civilian")(files)
    assert errors_in(sample.write(files, tmp_path)) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"outcome": "wounded", "group": "police"},
        {"outcome": "killed", "counted": "false", "note": "Among the dead of the shooting."},
        {"outcome": "displaced"},
    ],
)
def test_an_operation_and_its_part_may_count_different_harm(tmp_path: Path, changes: dict[str, str]) -> None:
    files = sample.small()
    each(part_of_the_shooting(SEARCH), held(**changes))(files)
    assert errors_in(sample.write(files, tmp_path)) == []


def test_an_operation_and_its_part_may_count_different_organizations(tmp_path: Path) -> None:
    files = sample.small()
    other = {**record(files, "organizations.yaml", "night-patrol"), "id": "hill-guards", "parents": []}
    files["organizations.yaml"].append(other)
    part_of_the_shooting(SEARCH)(files)
    claim(0, organization="night-patrol")(files)
    held(outcome="killed", organization="hill-guards")(files)
    assert errors_in(sample.write(files, tmp_path)) == []
    held(organization="river-guards")(files)  # the night patrol is a part of them
    assert [error.field for error in errors_in(sample.write(files, tmp_path))] == ["casualties.0"]


def test_what_is_nested_too_deeply_is_a_mistake(tmp_path: Path) -> None:
    files = sample.small()
    directory = sample.write(files, tmp_path / "seed")
    deep = "[" * 600 + "]" * 600
    for key in ("parent", "extends"):
        line = f'{{"id": "deep", "{key}": "ferry-shooting", "x": {deep}}}'
        (directory / INCIDENTS).with_name("incidents.jsonl").write_text(line + "\n", "utf-8")
        assert any(error.field == "x" for error in errors_in(directory))


def test_parts_of_one_operation_may_count_the_same_kind_of_harm(tmp_path: Path) -> None:
    files = sample.small()
    each(part_of_the_shooting(SEARCH), part_of_the_shooting("boat-stopped"), held(outcome="abducted"))(files)
    record(files, INCIDENTS, "boat-stopped")["casualties"] = [
        {**record(files, INCIDENTS, SEARCH)["casualties"][0], "id": "crew-held"}
    ]
    assert errors_in(sample.write(files, tmp_path)) == []


@pytest.mark.parametrize(
    ("edtf", "granularity"), [("2021-10", "planned"), ("2021", "event"), ("2021-09/..", "event"), ("../2022", "event")]
)
def test_what_may_have_happened_before_publication_is_taken(tmp_path: Path, edtf: str, granularity: str) -> None:
    """Also what is planned, and what goes on."""
    files = sample.small()
    dated(edtf)(files)
    change(INCIDENTS, SEARCH, granularity=granularity)(files)
    assert errors_in(sample.write(files, tmp_path)) == []
