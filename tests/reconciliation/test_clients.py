"""Real clients reconcile, and incidents of an invented archive are found again by what a table would say of them."""

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.bench import invention
from tests.conftest import Figure, NewDatabase, load_seed, serving
from tests.reconciliation.test_spellings import asked

pytestmark = pytest.mark.heavy


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::pandas.errors.Pandas4Warning")
def test_reconciler_fills_a_column(live: str) -> None:
    """PyPI's `reconciler`, for pandas."""
    pandas, reconciler = pytest.importorskip("pandas"), pytest.importorskip("reconciler")
    column = pandas.Series(["Kanous", "Bagdad", "Ninevah"], name="place")
    found = reconciler.reconcile(column, type_id="places", reconciliation_endpoint=f"{live}/reconcile")
    expected = {"Kanous": "places/kanoos-village", "Bagdad": "places/baghdad", "Ninevah": "places/nineveh-province"}
    assert dict(zip(found["input_value"], found["id"], strict=True)) == expected


def test_blurred_incidents_are_found_again(
    new_database: NewDatabase, tmp_path: Path, fuzz_seed: int, figure: Figure
) -> None:
    """Days, places and figures as another table has them: a month for a day, what contains a place, a range."""
    invention.write(tmp_path / "seed", 2_000)
    url = new_database()
    load_seed(url, tmp_path / "seed")
    chance = random.Random(fuzz_seed)
    with serving(url, query_seconds=60) as client:
        there = client.get("/v1/incidents.ndjson?sort=id").text.splitlines()
        placed = [one for one in map(json.loads, there) if one["date"] and one["location"]]
        meant = chance.sample(placed, 100)
        found = asked(client, [{"type": "incidents", "properties": _blurred(one, chance)} for one in meant])
    ids = [f"incidents/{one['id']}" for one in meant]
    first = sum(ones[0]["id"] == id_ for ones, id_ in zip(found, ids, strict=True) if ones)
    among = sum(id_ in {one["id"] for one in ones} for ones, id_ in zip(found, ids, strict=True))
    certain = [(one["id"], id_) for ones, id_ in zip(found, ids, strict=True) for one in ones if one["match"]]
    wrong = sum(one != id_ for one, id_ in certain)
    figure(f"of 100 blurred incidents {first} come first, {among} among ten; {len(certain)} certain, {wrong} wrongly")
    assert among >= 90
    assert wrong <= 1


def _blurred(incident: dict[str, Any], chance: random.Random) -> list[dict[str, Any]]:
    day = date.fromisoformat(incident["date"]["earliest"] or incident["date"]["latest"])
    shifted = (day + timedelta(days=chance.choice([0, 0, 1, -1]))).isoformat()
    blurred = chance.choice([shifted, shifted[:7]])
    latitude, longitude = (incident["location"][one] + chance.uniform(-0.05, 0.05) for one in ("latitude", "longitude"))
    properties = [{"pid": "date", "v": blurred}, {"pid": "lat,lon", "v": f"{latitude:.2f},{longitude:.2f}"}]
    killed = incident["totals"]["killed"]
    if killed is not None:
        properties.append({"pid": "killed", "v": f"{killed['low']}-{killed['low'] + 2}"})
    return properties
