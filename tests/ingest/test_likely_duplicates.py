"""Records that are likely the same are pointed out; those that only look so are not."""

from pathlib import Path
from typing import Any

import pytest

from app.ingest.building.pipeline import scan
from app.ingest.editing.likely_duplicates import likely_duplicates
from app.settings import SEED
from tests import sample


def pointed_out(folder: Path, file: str, *records: dict[str, Any]) -> list[tuple[str | None, str, str]]:
    """What is said of records in a shared file beside those of the sample: nearest, id and why."""
    files = sample.small()
    evidence = files[file][0]["evidence"]
    files[file] += [{**record, "evidence": evidence} for record in records]
    sample.write(files, folder)
    with scan(folder) as pipeline:
        return [(one.nearest, one.record, one.message) for one in likely_duplicates(pipeline)]


def place(id_: str, name: str, kind: str = "village", point: tuple[str, str] | None = None) -> dict[str, Any]:
    there = {"precision": "locality", "radius_m": "500", "source": "invented"}
    coordinate = {} if point is None else {"coordinate": {**there, "latitude": point[0], "longitude": point[1]}}
    return {"id": id_, "name": name, "named": "true", "kind": kind, **coordinate}


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (place("oersa", "Örsa"), "both are called 'orsa'"),
        (place("orsah", "al-Orsaa"), "'orsa' and 'orsaa' differ in spelling alone"),
        (place("orsa-2", "Orsaa", point=("60.93", "14.61")), "differ in spelling alone, 3 km apart"),
    ],
)
def test_two_spellings_of_one_village(tmp_path: Path, record: dict[str, Any], why: str) -> None:
    (found,) = pointed_out(tmp_path, "places.yaml", record)
    assert found[:2] == ("orsa", record["id"])
    assert why in found[2]


@pytest.mark.parametrize(
    "record",
    [
        place("orsa-district", "Orsa", kind="district"),
        place("orsa-far", "Orsa", point=("40.0", "14.6")),
        place("ozra", "Ozera"),
        place("ash-river-2", "Ash River 2", kind="river"),
    ],
)
def test_places_that_only_look_alike(tmp_path: Path, record: dict[str, Any]) -> None:
    assert pointed_out(tmp_path, "places.yaml", record) == []


def test_an_abbreviation_beside_its_name(tmp_path: Path) -> None:
    group = {"kind": "armed_group"}
    found = pointed_out(
        tmp_path,
        "organizations.yaml",
        {"id": "islamic-state", "name": "Islamic State", **group},
        {"id": "is", "name": "I.S.", **group},
        {"id": "isa", "name": "ISA", **group},
    )
    assert [one[:2] for one in found] == [("islamic-state", "is")]
    assert "'is' may stand for 'islamic state'" in found[0][2]


def test_people_without_a_name_are_not_compared(tmp_path: Path) -> None:
    unnamed = {"label": "river guard", "roles": ["witness"], "life_status": "alive", "anonymity": "unnamed"}
    assert pointed_out(tmp_path, "people.yaml", {"id": "one", **unnamed}, {"id": "two", **unnamed}) == []


def test_the_shipped_seed_has_none() -> None:
    with scan(SEED) as pipeline:
        assert [str(one) for one in likely_duplicates(pipeline)] == []
