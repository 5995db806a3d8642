"""The codebook: every value of every vocabulary has a meaning, and it is the one that the service tells."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.ingest.seed.codebooks import read_codebook
from app.ingest.seed.files import SeedError
from app.model.codebook import ChangeCause, ChangeOp, Codebook, DatePrecision, Value, shipped
from app.model.codebook import coded as aliases
from app.settings import SEED
from tests.answers import body

APP = Path(__file__).parents[2] / "app"
CODEBOOK = shipped()


@pytest.mark.parametrize("name", CODEBOOK.vocabularies)
def test_every_value_has_a_meaning_of_its_own_in_one_line(name: str) -> None:
    vocabulary = CODEBOOK[name]
    assert vocabulary.description.endswith(".")
    meanings = list(CODEBOOK.meanings(name).values())
    assert len(set(meanings)) == len(meanings) > 1
    for meaning in meanings:
        assert meaning == " ".join(meaning.split())
        assert len(meaning) <= 120
        assert not meaning.endswith(".")
    assert set(vocabulary.properties) <= {one for value in vocabulary.values.values() for one in value.properties}


def test_the_package_has_no_mistakes_in_its_codebook(tmp_path: Path) -> None:
    """The loader reads it with the checks of every other one."""
    errors: list[SeedError] = []
    assert read_codebook(SEED, errors) == CODEBOOK
    assert errors == []


def test_broader_values_lead_upwards() -> None:
    narrower = {
        name: {value: all_[1:] for value, all_ in vocabulary.narrower.items() if len(all_) > 1}
        for name, vocabulary in CODEBOOK.vocabularies.items()
    }
    assert {name: found for name, found in narrower.items() if found} == {
        "incident.kind": {"ground_fire": ("shelling",), "armed_clash": ("battle",)},
        "casualty.group": {"child": ("girl", "boy")},
    }


def test_broader_values_are_found_over_several_steps_and_cycles_end() -> None:
    def value(name: str, broader: str | None) -> Value:
        return Value(name, {"en": name}, name, broader)

    places = CODEBOOK.extended({"place.kind": [value("quarter", "city"), value("block", "quarter")]})
    assert places.within("place.kind", ["city"]) == ["city", "quarter", "block"]
    assert places["place.kind"].broader["block"] == ("quarter", "city")
    assert CODEBOOK.within("place.kind", ["city"]) == ["city"], "the shipped one is as it was"
    ring = CODEBOOK.extended({"place.kind": [value("one", "two"), value("two", "one")]})
    assert ring.within("place.kind", ["one"]) == ["one", "two"]


def test_the_document_holds_all_of_it() -> None:
    again = Codebook.of_document(CODEBOOK.document())
    assert again == CODEBOOK
    assert again.vocabularies == CODEBOOK.vocabularies
    assert again != CODEBOOK.extended({"place.kind": [Value("moor", {"en": "moor"}, "wet ground")]})


def test_every_vocabulary_is_that_of_a_field() -> None:
    """An alias such as `IncidentKind` is called as the vocabulary is in OpenAPI."""
    text = Path(aliases.__file__).read_text("utf-8")
    used = re.findall(r"^(\w+) = Annotated\[str, Coded\(\"([a-z._]+)\"\)\]$", text, re.MULTILINE)
    assert sorted(name for _, name in used) == sorted(CODEBOOK.vocabularies)
    computed = {"date.precision": "Precision", "change.op": "Change", "change.cause": "Cause"}
    assert all(CODEBOOK[name].type == alias for alias, name in used if name not in computed)


def test_what_the_program_makes_itself_has_the_values_that_it_makes() -> None:
    assert CODEBOOK.values("change.op") == tuple(ChangeOp)
    assert CODEBOOK.values("change.cause") == tuple(ChangeCause) == tuple(sorted(ChangeCause)), "queries take the least"
    assert CODEBOOK.values("date.precision") == tuple(DatePrecision)
    closed = {name for name, one in CODEBOOK.vocabularies.items() if one.closed}
    assert closed == {"basis", "change.cause", "change.op", "date.precision"}


def test_what_the_program_depends_on_are_properties() -> None:
    """The roles and kinds that the code named before they were data."""
    assert CODEBOOK.having("incident.places.role", "locates") == (
        "scene",
        "staging",
        "nearby",
        "target_area",
        "jurisdiction",
    )
    assert CODEBOOK.having("incident.places.role", "pinpoints") == ("scene", "target_area")
    assert CODEBOOK.having("incident.granularity", "ahead") == ("planned",)
    assert CODEBOOK.having("place.kind", "wide") == ("country",)
    assert CODEBOOK.having("evidence.field", "dates") == ("when",)
    assert CODEBOOK.having("evidence.field", "quotes") == ("words",)
    assert CODEBOOK.having("quote.kind", "fragment") == ("partial",)
    assert CODEBOOK.having("quote.kind", "second_hand") == ("embedded",)
    assert "unknown" in CODEBOOK.having("casualty.group", "overlaps")
    assert "civilian" not in CODEBOOK.having("casualty.group", "overlaps")
    assert "killed" in CODEBOOK.having("casualty.outcome", "harm")
    assert "rescued" not in CODEBOOK.having("casualty.outcome", "harm")


@pytest.mark.heavy
def test_every_property_is_one_that_the_program_asks_for() -> None:
    code = "".join(path.read_text("utf-8") for path in APP.rglob("*") if path.suffix in (".py", ".js"))
    declared = {property for one in CODEBOOK.vocabularies.values() for property in one.properties}
    assert {property for property in declared if f'"{property}"' not in code} == set()


@pytest.mark.heavy
def test_no_import_reads_it() -> None:
    """A program that imports the service, or a worker that imports the loader, reads no file for it."""
    code = """
import app.cli, app.main, app.ingest.release.loading
from app.model.codebook.shipped import shipped
assert shipped.cache_info().currsize == 0
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_service_tells_the_same(client: TestClient) -> None:
    data = body(client, "/v1/codebook")["data"]
    assert (data.pop("version"), data.pop("changed_in")) == (1, 1)
    assert data == CODEBOOK.document()
