"""A field is declared once, beside its document: every output that is a table derives its columns from it."""

import json
import sqlite3
from contextlib import closing
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field

from app.exports.datasets import sqlite
from app.exports.datasets.columns import Column, Table
from app.exports.datasets.document_tables import tables_of
from app.exports.formats import Export, columns, csv, geojson, geojson_schemas
from app.exports.formats.columns import columns_of
from app.model.codebook import Codebook, Coded, Value, Vocabulary, shipped
from app.model.documents import DOCUMENTS, IncidentDocument
from app.model.documents.shared import Day, Document, FrozenModel
from app.model.outputs import ChildTable, Flat, Id, Named, RecordTable, TableColumn


class Incident(IncidentDocument):
    """An incident with one more field."""

    weather: str | None = Field(description="What the weather was like.")


def test_a_new_field_of_an_incident_is_in_every_output(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DOCUMENTS, "incidents", Incident)
    schema = Incident.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    monkeypatch.setattr(geojson_schemas, "_document", lambda resource: schema)
    empty = dict.fromkeys(Incident.model_fields)
    lists: dict[str, Any] = {name: [] for name in Incident.model_fields if name in _LISTS}
    totals = dict.fromkeys(shipped().values("casualty.outcome"))
    document = {**empty, **lists, "totals": totals, "id": "x", "url": "/v1/incidents/x", "weather": "fog"}

    export = Export("incidents", [[json.dumps(document).encode()]], "", 1, shipped())
    header, row = b"".join(csv.chunks(export)).decode().splitlines()
    assert dict(zip(header.split(","), row.split(","), strict=True))["weather"] == "fog"
    assert geojson.feature("incidents", document, "", shipped())["properties"]["weather"] == "fog"
    assert "| `weather` | What the weather was like. |" in columns.table("incidents", shipped())
    schemas = geojson.FORMAT.components("incidents", {}, shipped())
    weather = schemas["IncidentProperties"]["properties"]["weather"]
    assert weather == {"type": ["string", "null"], "description": "What the weather was like."}

    incidents = next(tables_of("incidents", Incident, shipped()))
    names = [column.name for column in incidents.columns]
    (values,) = incidents.rows("incidents", document)
    assert dict(zip(names, values, strict=True))["weather"] == "fog"
    assert '"weather" TEXT, -- What the weather was like.\n' in sqlite._create(incidents)
    assert names.index("weather") < names.index("version"), "what the release adds comes last"


_LISTS = {"also_kinds", "places", "actors", "casualties", "children", "related", "quotes", "statements", "evidence"}


PAINTS = Vocabulary(
    "boat.colour",
    "Colour",
    "What boats are painted in.",
    {
        "red": Value("red", {"en": "red"}, "Like a fire engine."),
        "blue": Value("blue", {"en": "blue"}, "Like the sea."),
    },
    {},
)
CODEBOOK = Codebook({PAINTS.name: PAINTS})
Colour = Annotated[str, Coded(PAINTS.name)]


class Engine(FrozenModel):
    power: float = Field(description="In kilowatts.")
    built: Day | None = Field(description="When it was built.")


class Sailor(FrozenModel):
    name: str = Field(description="Their name.")
    id: Annotated[str | None, Id("people")] = Field(description="Their id.")
    kin: Annotated[list[str], Flat.none("long"), TableColumn.none("long")] = Field(description="Their kin.")


class Boat(Document):
    table: ClassVar = RecordTable("Boats.", indexes=(("colour",),))

    type: Literal["boat"]
    owner: Annotated[str, Id("people"), Flat(after="colour")] = Field(description="Whose it is.")
    colour: Colour = Field(description="Its paint.")
    engine: Engine | None = Field(description="Its engine.")
    harbour: Annotated[Engine, Named("")] = Field(description="Ashore.")
    crew: Annotated[list[Sailor], ChildTable("boat_crew", "Who sails it.")] = Field(description="Its crew.")
    owners: Annotated[
        list[str], Id("people"), ChildTable("boat_owners", "Who owned it.", key=("boat_id", "owner_id"))
    ] = Field(description="Who owned it.")
    colours: Annotated[list[Colour], ChildTable("boat_colours", "All paints.", column="paint")] = Field(
        description="All its paints."
    )
    flags: list[str] = Field(description="Its flags.")
    secret: Annotated[str, Flat.none("nobody asks"), TableColumn.none("nobody asks")] = Field(description="Hidden.")


BOAT = {
    "id": "ida",
    "type": "boat",
    "url": "/v1/boats/ida",
    "owner": "ann",
    "colour": "red",
    "engine": None,
    "harbour": {"power": 5.5, "built": "1999-01-02"},
    "crew": [{"name": "Bo", "id": "bo", "kin": []}, {"name": "Cy|", "id": None, "kin": []}],
    "owners": ["ann", "dee"],
    "colours": ["red", "blue"],
    "flags": ["x", "y"],
    "secret": "s",
    "corrected": "2026-11-24",
    "version": 2,
    "changed_in": 3,
}


@pytest.fixture
def tables() -> dict[str, Table]:
    return {table.name: table for table in tables_of("boats", Boat, CODEBOOK)}


def test_flat_columns_follow_types_and_declarations() -> None:
    flat = [(column.name, column.json_type, column.value(BOAT)) for column in columns_of(Boat, CODEBOOK)]
    assert flat == [
        ("id", "string", "ida"),
        ("url", "string", "/v1/boats/ida"),
        ("colour", "string", "red"),
        ("owner_id", "string", "ann"),
        ("engine_power", "number", None),
        ("engine_built", "string", None),
        ("power", "number", 5.5),
        ("built", "string", "1999-01-02"),
        ("crew_names", "string", "Bo|Cy\\|"),
        ("crew_ids", "string", "bo|"),
        ("owner_ids", "string", "ann|dee"),
        ("colours", "string", "red|blue"),
        ("flags", "string", "x|y"),
        ("version", "integer", 2),
        ("changed_in", "integer", 3),
        ("corrected", "string", "2026-11-24"),
    ]
    meanings = {column.name: column.meaning for column in columns_of(Boat, CODEBOOK)}
    assert meanings["engine_power"] == "Its engine. In kilowatts."
    assert meanings["crew_names"] == "Its crew. Their name. Joined by `|`."


def test_the_table_of_records_follows_types_and_declarations(tables: dict[str, Table]) -> None:
    boats = tables["boats"]
    described = {
        column.name: (column.type, column.nullable, column.values, column.vocabulary, column.references)
        for column in boats.columns
    }
    assert described == {
        "id": ("string", False, (), None, ""),
        "owner_id": ("string", False, (), None, "people.id"),
        "colour": ("string", False, ("red", "blue"), "boat.colour", ""),
        "engine_power": ("number", True, (), None, ""),
        "engine_built": ("date", True, (), None, ""),
        "power": ("number", False, (), None, ""),
        "built": ("date", True, (), None, ""),
        "flags": ("string", True, (), None, ""),
        "version": ("integer", False, (), None, ""),
        "changed_in": ("integer", False, (), None, "releases.number"),
        "corrected": ("date", True, (), None, ""),
    }
    row = ("ida", "ann", "red", None, None, 5.5, "1999-01-02", "x|y", 2, 3, "2026-11-24")
    assert list(boats.rows("boats", BOAT)) == [row]
    assert (boats.key, boats.indexes, boats.description) == (("id",), (("colour",),), "Boats.")


def test_lists_are_tables_of_their_own(tables: dict[str, Table]) -> None:
    rows = {name: list(table.rows("boats", BOAT)) for name, table in tables.items() if name != "boats"}
    assert rows == {
        "boat_crew": [("ida", 0, "Bo", "bo"), ("ida", 1, "Cy|", None)],
        "boat_owners": [("ida", "ann"), ("ida", "dee")],
        "boat_colours": [("ida", 0, "red"), ("ida", 1, "blue")],
    }
    names = {name: [column.name for column in tables[name].columns] for name in rows}
    assert names == {
        "boat_crew": ["boat_id", "position", "name", "crew_id"],
        "boat_owners": ["boat_id", "owner_id"],
        "boat_colours": ["boat_id", "position", "paint"],
    }
    assert tables["boat_crew"].key == ("boat_id", "position")
    links = {(key.columns, key.table) for table in rows for key in tables[table].foreign_keys}
    assert links == {(("boat_id",), "boats"), (("crew_id",), "people"), (("owner_id",), "people")}


def test_the_database_takes_what_is_derived(tables: dict[str, Table]) -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        for table in tables.values():
            connection.execute(sqlite._create(table))
            for row in table.rows("boats", BOAT):
                connection.execute(f"INSERT INTO {table.name} VALUES ({', '.join('?' * len(row))})", row)
        with pytest.raises(sqlite3.IntegrityError, match="CHECK"):
            connection.execute("UPDATE boats SET colour = 'green'")


@pytest.mark.usefixtures("tables")
def test_a_list_of_objects_says_where_it_stands() -> None:
    class Fleet(Boat):
        docks: list[Engine] = Field(description="Its docks.")

    class Deep(Boat):
        fleets: list[Boat] = Field(description="Its fleets.")

    with pytest.raises(TypeError, match=r"docks .*ChildTable"):
        list(tables_of("boats", Fleet, CODEBOOK))
    with pytest.raises(TypeError, match=r"fleets\.crew .*Flat"):
        columns_of(Deep, CODEBOOK)


@pytest.mark.parametrize("resource", DOCUMENTS)
def test_no_two_columns_have_one_name(resource: str) -> None:
    flat = [column.name for column in columns_of(DOCUMENTS[resource], shipped())]
    assert len(set(flat)) == len(flat)
    for table in tables_of(resource, DOCUMENTS[resource], shipped()):
        names = [column.name for column in table.columns]
        assert len(set(names)) == len(names), table.name


def test_a_table_of_several_lists_is_described_by_the_words_of_all_of_them() -> None:
    """Or its columns would be explained by what one of the lists alone means."""
    described: dict[str, dict[str, tuple[Column, ...]]] = {}
    for resource, model in DOCUMENTS.items():
        for table in tables_of(resource, model, shipped()):
            described.setdefault(table.name, {})[resource] = table.columns
    shared = {name: by_resource for name, by_resource in described.items() if len(by_resource) > 1}
    assert {"evidence", "party_aliases", "party_names"} <= shared.keys()
    for name, by_resource in shared.items():
        assert len(set(by_resource.values())) == 1, f"{name} means something else in each of {sorted(by_resource)}"
