"""Codebooks of seed folders and articles: they add values, and a mistake in one is told at its line."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from app.ingest.building.pipeline import dossier
from app.ingest.seed.codebooks import read_codebook
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError
from app.model.codebook import SHIPPED_FILE, Codebook, shipped
from app.settings import SEED
from tests import sample
from tests.conftest import load_seed
from tests.ingest.test_reading import errors_in

MOOR = {"label": "moor", "meaning": "open wet ground"}
ARTICLES = f"articles/{sample.ARTICLE}/codebook.yaml"


def adding(**values: Any) -> dict[str, Any]:
    return {"place.kind": {"values": values}}


def read(directory: Path) -> tuple[Codebook, list[str]]:
    errors: list[SeedError] = []
    codebook = read_codebook(directory, errors)
    return codebook, [str(error) for error in errors]


def test_a_folder_and_its_articles_add_values(tmp_path: Path) -> None:
    labels = {"en": "bog", "ar": "مستنقع"}
    bog = {"label": labels, "meaning": "wet moor", "broader": "moor", "equivalents": ["wikidata:Q30198"]}
    sample.write({"codebook.yaml": adding(moor=MOOR), ARTICLES: adding(bog=bog)}, tmp_path)
    codebook, errors = read(tmp_path)
    assert errors == []
    added = [value for value in codebook.values("place.kind") if value not in shipped().values("place.kind")]
    assert added == ["moor", "bog"]
    assert codebook.within("place.kind", ["moor"]) == ["moor", "bog"]
    assert codebook["place.kind"].values["bog"].label("ar") == "مستنقع"
    assert codebook["place.kind"].values["moor"].label("ar") == "moor"
    assert codebook["place.kind"].values["bog"].equivalents == ("wikidata:Q30198",)
    others = {name: one for name, one in codebook.vocabularies.items() if name != "place.kind"}
    assert others == {name: one for name, one in shipped().vocabularies.items() if name != "place.kind"}


def test_records_use_what_their_load_adds(tmp_path: Path) -> None:
    files = sample.small() | {ARTICLES: adding(moor=MOOR)}
    sample.record(files, "places.yaml", "orsa")["kind"] = "moor"
    assert dossier(sample.write(files, tmp_path)).places["orsa"].seed.kind == "moor"


def test_the_same_entry_may_stand_twice(tmp_path: Path) -> None:
    """A copy of the package's file, and two articles that need the same word."""
    copy = yaml.load(SHIPPED_FILE.read_text("utf-8"), Loader=yaml.BaseLoader)
    copy["place.kind"]["values"]["moor"] = MOOR
    sample.write({"codebook.yaml": copy, ARTICLES: adding(moor=MOOR)}, tmp_path)
    codebook, errors = read(tmp_path)
    assert errors == []
    assert codebook.digest == shipped().extended({"place.kind": [codebook["place.kind"].values["moor"]]}).digest


def test_the_shipped_seed_adds_nothing_to_itself() -> None:
    assert read(SEED) == (shipped(), [])


MISTAKES: list[tuple[str, Any, str]] = [
    # What stands in the file, and the line with field and message that tells of it.
    (
        "no meaning",
        adding(moor={"label": "moor"}),
        "codebook.yaml:3: codebook: place.kind.values.moor.meaning: this key is missing",
    ),
    (
        "no label",
        adding(moor={"meaning": "open wet ground"}),
        "codebook.yaml:3: codebook: place.kind.values.moor.label: this key is missing",
    ),
    (
        "a meaning of several lines",
        adding(moor={"label": "moor", "meaning": "open\nground"}),
        "codebook.yaml:5: codebook: place.kind.values.moor.meaning: 'open�ground': this is one line of text, without "
        "line breaks and control characters",
    ),
    (
        "a misspelt key",
        adding(moor={**MOOR, "boader": "terrain"}),
        "codebook.yaml:6: codebook: place.kind.values.moor.boader: there is no such key here; did you mean 'broader'?",
    ),
    (
        "a label in a language that there is not",
        adding(moor={**MOOR, "label": {"en": "moor", "ku": "zinar"}}),
        "there is no such key here",
    ),
    (
        "a shipped value with another meaning",
        adding(dam={"label": "dam", "meaning": "woman of property"}),
        "codebook.yaml:3: codebook: place.kind.values.dam: the codebook of the package has a value 'dam' with another "
        "entry (seed/codebook.yaml:",
    ),
    (
        "a vocabulary that there is not",
        {"place.kinds": {"values": {"moor": MOOR}}},
        "codebook.yaml:1: codebook: place.kinds: there is no vocabulary 'place.kinds'; did you mean 'place.kind'?",
    ),
    (
        "a broader value that there is not",
        adding(moor={**MOOR, "broader": "terain"}),
        "codebook.yaml:6: codebook: place.kind.values.moor.broader: 'terain' is not in the vocabulary; did you mean "
        "'terrain'?",
    ),
    (
        "a value broader than itself",
        adding(moor={**MOOR, "broader": "moor"}),
        "codebook.yaml:6: codebook: place.kind.values.moor.broader: 'moor' would be broader than itself",
    ),
    (
        "two values broader than each other",
        adding(moor={**MOOR, "broader": "bog"}, bog={"label": "bog", "meaning": "wet moor", "broader": "moor"}),
        "codebook.yaml:10: codebook: place.kind.values.bog.broader: 'bog' would be broader than itself",
    ),
    (
        "a value in capitals",
        adding(**{"High Moor": MOOR}),
        "'High Moor': a value is written in small letters a to z, digits and single underscores",
    ),
    ("a value that is too long", adding(**{"m" * 41: MOOR}), "with 40 characters at most"),
    (
        "an equivalent without its vocabulary",
        adding(moor={**MOOR, "equivalents": ["Q30198"]}),
        "'Q30198': an equivalent is written as vocabulary:value, for example acled:Battles or wikidata:Q515",
    ),
    (
        "a property that there is not",
        adding(moor={**MOOR, "properties": ["wider"]}),
        "'place.kind' has no property 'wider'; did you mean 'wide'?",
    ),
    (
        "what the program makes itself",
        {"change.op": {"values": {"undo": {"label": "undone", "meaning": "taken back"}}}},
        "the program itself makes the values of 'change.op'; a seed adds none",
    ),
    (
        "another purpose",
        {"place.kind": {"purpose": "Nothing much.", "values": {"moor": MOOR}}},
        "codebook.yaml:2: codebook: place.kind.purpose: a seed adds values; 'purpose' of a vocabulary is that of the "
        "package",
    ),
    ("a text in place of a value", adding(moor="open wet ground"), "stands where keys are expected: label, meaning"),
    ("a list", [adding(moor=MOOR)], "codebook.yaml:1: "),
]


@pytest.mark.parametrize(
    ("content", "message"), [mistake[1:] for mistake in MISTAKES], ids=[one[0] for one in MISTAKES]
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, content: Any, message: str) -> None:
    errors = errors_in(sample.write(sample.small() | {"codebook.yaml": content}, tmp_path))
    assert any(message in str(error) for error in errors), errors
    assert len(errors) <= 2


def test_two_files_that_add_one_value_differently_are_a_mistake(tmp_path: Path) -> None:
    other = {"label": "moor", "meaning": "where a ship lies"}
    sample.write({"codebook.yaml": adding(moor=MOOR), ARTICLES: adding(moor=other)}, tmp_path)
    _, (error,) = read(tmp_path)
    assert error == (
        f"{tmp_path.name}/{ARTICLES}:3: codebook: place.kind.values.moor: there is a value 'moor' with another entry "
        f"({tmp_path.name}/codebook.yaml:3); choose another word, or write the same"
    )


def searching(kind: str) -> sample.Files:
    files = sample.small()
    sample.record(files, sample.INCIDENTS, "mill-search")["kind"] = kind
    return files


def test_a_value_that_the_codebook_lacks_is_told_with_the_nearest(tmp_path: Path) -> None:
    (error,) = errors_in(sample.write(searching("protst"), tmp_path))
    assert (error.record, error.field) == ("mill-search", "kind")
    assert error.message == "'protst' is not in the vocabulary; did you mean 'protest'?"


def test_a_value_with_mistakes_makes_none_where_it_is_used(tmp_path: Path) -> None:
    unexplained = {"incident.kind": {"values": {"lawsuit": {"label": "lawsuit"}}}}
    (error,) = errors_in(sample.write(searching("lawsuit") | {"codebook.yaml": unexplained}, tmp_path))
    assert error.field == "incident.kind.values.lawsuit.meaning"


def test_the_meaning_of_a_value_in_use_cannot_change(database_url: str, tmp_path: Path) -> None:
    """Records were coded by it. Its punctuation can be corrected, and a meaning that no record goes by can change."""
    files = sample.small() | {ARTICLES: adding(moor=MOOR, bog={"label": "bog", "meaning": "wet moor"})}
    sample.record(files, "places.yaml", "orsa")["kind"] = "moor"
    load_seed(database_url, sample.write(files, tmp_path))

    changed = {**MOOR, "meaning": "dry ground above the trees"}
    with pytest.raises(DossierError) as refused:
        load_seed(database_url, sample.write(files | {ARTICLES: adding(moor=changed)}, tmp_path))
    (error,) = refused.value.errors
    line = (tmp_path / ARTICLES).read_text("utf-8").splitlines()[error.line - 1]
    assert error.file.endswith(ARTICLES)
    assert (error.record, error.field) == ("codebook", "place.kind.values.moor.meaning")
    assert "dry ground" in line
    assert '"open wet ground"' in error.message
    assert "places/orsa" in error.message
    assert "add another value" in error.message

    corrected = {**MOOR, "meaning": "Open, wet ground"}
    rethought = {"label": "bog", "meaning": "peat under water"}
    load_seed(database_url, sample.write(files | {ARTICLES: adding(moor=corrected, bog=rethought)}, tmp_path))
    sample.record(files, "places.yaml", "orsa")["kind"] = "terrain"
    load_seed(database_url, sample.write(files | {ARTICLES: adding(moor=changed)}, tmp_path))
