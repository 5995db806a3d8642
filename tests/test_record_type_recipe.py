"""The README's recipe for a record type is followed on a copy of the code, and what it makes is tried over HTTP."""

import csv
import json
from pathlib import Path

import pytest

from app.records import RECORD_TYPES
from tests import sample
from tests.changed_code import Copy, parameters

pytestmark = pytest.mark.heavy

RECORD_TYPE = {
    "app/model/documents/vehicles.py": '''\
"""The documents of vehicles."""

from typing import ClassVar, Literal

from pydantic import Field

from app.model.documents.shared import Document, Note, Passages
from app.model.outputs import RecordTable


class VehicleDocument(Document):
    table: ClassVar = RecordTable("Vehicles that the reporting tells of.")
    linked_class: ClassVar = "schema:Vehicle"

    type: Literal["vehicle"]
    label: str = Field(description="What to print.")
    armoured: bool = Field(description="Whether it is armoured.")
    note: Note
    evidence: Passages
''',
    "app/storage/vehicle_models.py": '''\
"""The table of vehicles."""

from sqlalchemy import Index

from app.storage.columns import RecordTable, slug


class Vehicle(RecordTable, table=True):
    """A vehicle that the reporting tells of."""

    __tablename__ = "vehicles"
    __table_args__ = (Index(None, "sort_name", "id"), Index(None, "changed_in", "id"))
    id: str = slug()
    armoured: bool
''',
    "app/records/vehicles.py": '''\
"""Vehicles that the reporting tells of."""

from operator import itemgetter
from typing import Annotated, Literal

from pydantic import Field
from sqlmodel import col

from app.model.documents import VehicleDocument
from app.model.references import articles_of
from app.queries.facets import by_article, by_flag
from app.queries.filters import Listing, whether
from app.queries.record_type import RecordType
from app.queries.values import Flag
from app.search.folding import fold
from app.storage.vehicle_models import Vehicle

_ARMOURED = col(Vehicle.armoured).is_(True)


class VehicleFilters(Listing):
    """What lists of vehicles take."""

    armoured: Annotated[Flag | None, whether(_ARMOURED, "armoured")] = Field(None, description="Is it?")
    sort: Literal["name", "-name", "changed", "-changed", "id", "-id"] | None = Field(None, description="One key.")


VEHICLES = RecordType(
    name="vehicles",
    type="vehicle",
    code=CODE,
    table=Vehicle,
    row=lambda document: {"sort_name": fold(document["label"]), "armoured": document["armoured"]},
    document=VehicleDocument,
    summary="What people drove in.",
    description="Vehicles that the reporting tells of.",
    example="grey-lorry",
    docs_position=CODE,
    title=itemgetter("label"),
    texts=lambda document: [document["label"], document["note"]],
    terms=lambda document: [],
    references={"articles": [articles_of]},
    filters=VehicleFilters,
    sorts={"name": "sort_name", "changed": "changed_in", "id": "id"},
    default_sort="name",
    facets={"armoured": by_flag(_ARMOURED), **by_article(Vehicle, "vehicle")},
)
'''.replace("CODE", str(max(one.code for one in RECORD_TYPES.values()) + 1)),
}
"""The files of a new record type, and what is added to others: before which lines."""
LISTED = {
    ("app/model/documents/__init__.py", "__all__ = ["): "from app.model.documents.vehicles import VehicleDocument\n",
    ("app/model/documents/__init__.py", '    "check",'): '    "VehicleDocument",\n',
    ("app/model/documents/__init__.py", '    "article", "incident"'): '    "vehicle",\n',
    ("app/model/documents/__init__.py", '    "articles": ArticleDocument'): '    "vehicles": VehicleDocument,\n',
    ("app/records/__init__.py", "RECORD_TYPES: dict"): "from app.records.vehicles import VEHICLES\n",
    ("app/records/__init__.py", "    for one in ("): "    for one in (VEHICLES,)\n} | {\n    one.name: one\n",
    ("app/ingest/seed/record_seeds.py", "class About(Record):"): '''\
class VehicleSeed(SourcedRecord):
    """A vehicle that the reporting tells of."""

    label: Line
    armoured: bool


''',
    (
        "app/ingest/seed/reading.py",
        "from app.ingest.seed.seed_base",
    ): "from app.ingest.seed.record_seeds import VehicleSeed\n",
    ("app/ingest/seed/reading.py", '    "incidents": IncidentSeed,'): '    "vehicles": VehicleSeed,\n',
    ("app/ingest/seed/reading.py", "    quotes: dict["): """\
    vehicles: dict[str, Entry[VehicleSeed]] = field(default_factory=dict)
""",
    ("app/ingest/building/rendering.py", '    "places": Renderer._place,'): """\
    "vehicles": lambda renderer, entry: {"evidence": renderer._evidence(entry)},
""",
}
MAX_FILES_OF_A_RECORD_TYPE = 8


def test_a_record_type_is_in_lists_files_facets_search_and_docs(tmp_path: Path) -> None:
    """Its table is made by a migration in a database that has records already."""
    copy, database, files = Copy(tmp_path / "code"), f"sqlite:///{tmp_path}/before.db", sample.small()
    copy.run(database, "dateline", "migrate")
    copy.run(database, "dateline", "load", str(sample.write(files, tmp_path / "files")))
    for file, text in RECORD_TYPE.items():
        (copy.folder / file).write_text(text, "utf-8")
    for (file, before), lines in LISTED.items():
        copy.insert(file, before, lines)
    assert copy.changed() == {*RECORD_TYPE, *(file for file, _ in LISTED)}
    assert len(copy.changed()) <= MAX_FILES_OF_A_RECORD_TYPE
    copy.run(database, "alembic", "revision", "--autogenerate", "--rev-id", "9999", "-m", "vehicles")

    proof = {"evidence": [sample.proof("what", "fired on a ferry")]}
    files[f"articles/{sample.ARTICLE}/vehicles.yaml"] = [
        {"id": "grey-lorry", "label": "Grey lorry", "armoured": False, **proof},
        {"id": "night-boat", "label": "Boat with plates", "armoured": True, **proof},
    ]
    listed, one, exported, spreadsheet, facets, found, changed, wrong = (
        "/v1/vehicles?armoured=true",
        "/v1/vehicles/grey-lorry",
        "/v1/vehicles.csv",
        "/v1/vehicles.ndjson?armoured=false",
        "/v1/facets?of=vehicles&facet=armoured",
        "/v1/search?q=lorries",
        "/v1/changes?since=1",
        "/v1/vehicles?armored=true",
    )
    paths = (listed, one, exported, spreadsheet, facets, found, changed, wrong, "/v1", "/openapi.json", "/docs")
    answers = copy.answers(database, *paths, load=sample.write(files, tmp_path / "files"))
    assert {path: status for path, (status, _) in answers.items()} == {**dict.fromkeys(paths, 200), wrong: 400}
    (boat,) = json.loads(answers[listed][1])["data"]
    assert (boat["id"], boat["type"], boat["evidence"][0]["field"]) == ("night-boat", "vehicle", "what")
    assert json.loads(answers[one][1])["data"]["label"] == "Grey lorry"
    rows = list(csv.DictReader(answers[exported][1].removeprefix("\ufeff").splitlines()))
    assert [(row["id"], row["armoured"]) for row in rows] == [("night-boat", "true"), ("grey-lorry", "false")]
    assert [json.loads(line)["id"] for line in answers[spreadsheet][1].splitlines()] == ["grey-lorry"]
    buckets = json.loads(answers[facets][1])["data"]["armoured"]["buckets"]
    assert {bucket["value"]: bucket["count"] for bucket in buckets} == {"true": 1, "false": 1}
    assert [(hit["type"], hit["id"]) for hit in json.loads(answers[found][1])["data"]] == [("vehicle", "grey-lorry")]
    assert {(entry["op"], entry["id"]) for entry in json.loads(answers[changed][1])["data"]} == {
        ("ADD", "grey-lorry"),
        ("ADD", "night-boat"),
    }
    assert json.loads(answers[wrong][1])["errors"][0]["suggestion"] == "armoured"
    assert "/v1/vehicles.csv" in answers["/v1"][1]
    assert "Vehicles that the reporting tells of." in answers["/openapi.json"][1]
    assert parameters(answers["/openapi.json"][1], "/v1/vehicles.csv")["armoured"]["schema"]
