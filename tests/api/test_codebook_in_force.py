"""A value that somebody adds to a file is known to the service with the next release, without a restart."""

import csv
import io
import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from app.ingest.release.loading import load
from app.ingest.seed.files import SeedError
from app.ingest.seed.reading import DossierError
from app.model.codebook import shipped
from app.storage.database import Database
from tests import sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, serving

ADDED = """\
incident.kind:
  values:
    lawsuit:
      label: {en: lawsuit, ar: دعوى قضائية}
      meaning: somebody sues somebody else before a civil court
      broader: trial
casualty.outcome:
  values:
    evicted:
      label: evicted
      meaning: put out of their homes by a court or an owner
      properties: [harm]
"""
"""What somebody writes into `codebook.yaml` who cannot program."""

KIND = "/v1/incidents?kind=lawsuit"


class Desk(NamedTuple):
    client: TestClient
    url: str
    folder: Path
    second_page: str


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """The small article; and, after it was asked for everything, a value in a file, a record that uses it, a load."""
    url, folder = new_database(), tmp_path_factory.mktemp("desk")
    load_seed(url, sample.write(files := sample.small(), folder))
    with serving(url) as client:
        assert client.get(KIND).status_code == 400
        assert client.get("/v1/incidents?evicted_at_least=1").status_code == 400
        for path in ("/openapi.json", "/client.d.ts", "/v1/codebook", "/", "/v1/dataset.zip", "/v1/incidents.csv"):
            assert "lawsuit" not in client.get(path).text, path
        second_page: str = body(client, "/v1/incidents?sort=id&limit=1")["links"]["next"]
        (folder / f"articles/{sample.ARTICLE}/codebook.yaml").write_text(ADDED, "utf-8")
        mill = sample.record(files, sample.INCIDENTS, "mill-search")
        mill["kind"] = "lawsuit"
        mill["casualties"][0] |= {"outcome": "evicted"}
        load_seed(url, sample.write(files, folder))
        yield Desk(client, url, folder, second_page)


@pytest.mark.heavy
def test_it_is_found_by_its_filter_at_once(desk: Desk) -> None:
    assert [one["id"] for one in body(desk.client, KIND)["data"]] == ["mill-search"]
    assert [one["id"] for one in body(desk.client, "/v1/incidents?kind=trial")["data"]] == ["mill-search"]
    assert body(desk.client, "/ogc/collections/incidents/items?kind=lawsuit")["numberReturned"] == 1
    refused = desk.client.get("/v1/incidents?kind=lawsuits").json()
    assert refused["errors"][0]["suggestion"] == "lawsuit"
    assert "lawsuit" in refused["allowed_values"]["kind"]


@pytest.mark.heavy
def test_who_is_on_the_way_through_a_list_goes_on(desk: Desk) -> None:
    """A new outcome brings filters of its own, which nobody on the way has set."""
    first, second = (body(desk.client, path)["data"] for path in ("/v1/incidents?sort=id&limit=1", desk.second_page))
    assert [one["id"] for one in (*first, *second)] == sorted(one["id"] for one in (*first, *second))
    assert len(second) == 1


@pytest.mark.heavy
def test_its_outcome_has_a_total_filters_and_columns(desk: Desk) -> None:
    found = body(desk.client, "/v1/incidents?evicted_at_least=1&fields=id,totals.evicted.low")["data"]
    assert [(one["id"], one["totals"]) for one in found] == [("mill-search", {"evicted": {"low": 1}})]
    assert body(desk.client, "/v1/incidents/mill-search")["data"]["totals"].keys() == {
        *shipped().values("casualty.outcome"),
        "evicted",
    }
    text = desk.client.get("/v1/incidents.csv").content.decode("utf-8-sig")
    by_id = {row["id"]: row for row in csv.DictReader(io.StringIO(text, newline=""))}
    assert by_id["mill-search"]["evicted_low"] == "1"
    assert by_id["ferry-shooting"]["evicted_low"] == ""
    features = body(desk.client, "/v1/incidents.geojson")["features"]
    assert {one["properties"]["evicted_low"] for one in features} == {1, None}
    (row,) = (
        row
        for row in body(desk.client, "/v1/casualties/summary?group_by=kind")["data"]["rows"]
        if row["by"]["outcome"]["value"] == "evicted" and row["by"]["kind"]["value"] == "lawsuit"
    )
    assert (row["low"], row["by"]["kind"]["label"]) == (1, "lawsuit")


@pytest.mark.heavy
def test_whether_it_is_a_harm_says_its_entry(desk: Desk) -> None:
    """The mill has nobody but those evicted, and the property `harm` says that these are harmed."""
    assert "mill-search" in {one["id"] for one in body(desk.client, "/v1/incidents?any_harm=certain")["data"]}


@pytest.mark.heavy
@pytest.mark.parametrize(("outcome", "is_harm"), [("missing", True), ("rescued", False), ("convicted", False)])
def test_not_every_outcome_is_a_harm(new_database: NewDatabase, tmp_path: Path, outcome: str, is_harm: bool) -> None:
    url, files = new_database(), sample.small()
    sample.record(files, sample.INCIDENTS, "mill-search")["casualties"][0]["outcome"] = outcome
    load_seed(url, sample.write(files, tmp_path))
    with serving(url) as client:
        for how in ("certain", "possible"):
            found = {one["id"] for one in body(client, f"/v1/incidents?any_harm={how}")["data"]}
            assert ("mill-search" in found) is is_harm
            claims = body(client, f"/v1/casualties?any_harm={how}&incident=mill-search")["data"]
            assert bool(claims) is is_harm
        assert len(body(client, f"/v1/incidents?{outcome}_at_least=1")["data"]) == 1


@pytest.mark.heavy
def test_broader_values_find_the_narrower_ones_and_count_each_record_once(
    new_database: NewDatabase, tmp_path: Path
) -> None:
    """Kinds, of which a record has one; and roles of people, of which one may have a value and its broader one."""
    url, files = new_database(), sample.small()
    nurse = {"label": "nurse", "meaning": "treats the wounded", "broader": "rescuer"}
    files["codebook.yaml"] = {"person.roles": {"values": {"nurse": nurse}}}
    sample.record(files, "people.yaml", "jon-berg")["roles"] = ["nurse", "rescuer"]
    sample.record(files, "people.yaml", "ida-falk")["roles"] = ["nurse"]
    sample.record(files, sample.INCIDENTS, "mill-search")["kind"] = "shelling"
    sample.record(files, sample.INCIDENTS, "ferry-shooting")["kind"] = "ground_fire"
    load_seed(url, sample.write(files, tmp_path))
    with serving(url) as client:
        for of, facet, expected in (
            ("people", "role", {"rescuer": 2, "nurse": 2}),
            ("incidents", "kind", {"ground_fire": 2, "shelling": 1}),
            ("casualties", "kind", {"ground_fire": 3, "shelling": 1}),
        ):
            buckets = body(client, f"/v1/facets?of={of}&facet={facet}")["data"][facet]["buckets"]
            counts = {one["value"]: one["count"] for one in buckets}
            assert {value: counts[value] for value in expected} == expected
            for value, count in counts.items():
                assert body(client, f"/v1/{of}?{facet}={value}")["meta"]["matched"] == count, (of, value)
            assert buckets == sorted(buckets, key=lambda one: (-one["count"], one["value"]))
            (first,) = body(client, f"/v1/facets?of={of}&facet={facet}&facet_limit=1")["data"][facet]["buckets"]
            assert first == buckets[0]
        left = {one["id"] for one in body(client, "/v1/incidents?not.kind=ground_fire")["data"]}
        assert left == {"boat-stopped"}
        rows = body(client, "/v1/casualties/summary?group_by=kind")["data"]["rows"]
        sums = {(row["by"]["kind"]["value"], row["by"]["outcome"]["value"]): row["low"] for row in rows}
        assert sums["shelling", "detained"] == sums["ground_fire", "detained"] == 1
        assert sums["ground_fire", "killed"] == 2


@pytest.mark.heavy
def test_facets_show_it_and_its_broader_value(desk: Desk) -> None:
    for language, labels in (("en", {"lawsuit": "lawsuit", "trial": "trial"}), ("ar", {"lawsuit": "دعوى قضائية"})):
        facet = body(desk.client, f"/v1/facets?of=incidents&facet=kind&lang={language}")["data"]["kind"]
        buckets = {one["value"]: one for one in facet["buckets"]}
        assert buckets["lawsuit"]["count"] == buckets["trial"]["count"] == 1
        assert {value: buckets[value]["label"] for value in labels} == labels


@pytest.mark.heavy
def test_the_docs_the_types_and_the_front_page_have_it(desk: Desk) -> None:
    document = body(desk.client, "/openapi.json")
    kinds = document["components"]["schemas"]["IncidentKind"]
    assert kinds["enum"] == [*shipped().values("incident.kind"), "lawsuit"]
    assert "lawsuit: somebody sues somebody else before a civil court" in kinds["description"]
    listed = document["paths"]["/v1/incidents"]["get"]["parameters"]
    names = {parameter["name"] for parameter in listed}
    assert {"evicted_at_least", "evicted_possibly", "evicted_claimed_at_least"} <= names
    assert "totals.evicted.low" in json.dumps(document["components"]["schemas"]["IncidentField"])
    assert "evicted" in document["components"]["schemas"]["TotalsDocument"]["required"]
    assert "| `evicted_low` |" in document["paths"]["/v1/incidents.csv"]["get"]["description"]
    types = desk.client.get("/client.d.ts").text
    assert '| "lawsuit"' in types
    assert "evicted: TotalDocument | null" in types
    assert "lawsuit" in desk.client.get("/openapi.yaml").text
    assert '<option value="lawsuit"' in desk.client.get("/").text
    assert "lawsuit" in desk.client.get("/ogc/api").text
    assert "evicted_low" in desk.client.get("/ogc/collections/incidents/schema").text


@pytest.mark.heavy
def test_the_data_package_explains_it(desk: Desk) -> None:
    package = ZipFile(io.BytesIO(desk.client.get("/v1/dataset.zip").content))
    tables = {one["name"]: one for one in json.loads(package.read("datapackage.json"))["resources"]}
    fields = {one["name"]: one for one in tables["incidents"]["schema"]["fields"]}
    assert fields["kind"]["constraints"]["enum"][-1] == "lawsuit"
    assert fields["evicted_low"]["type"] == "integer"
    rows = list(csv.DictReader(io.StringIO(package.read("data/codebook.csv").decode(), newline="")))
    (row,) = (row for row in rows if row["value"] == "lawsuit")
    assert (row["vocabulary"], row["broader"], row["label_ar"]) == ("incident.kind", "trial", "دعوى قضائية")
    assert "| `lawsuit` | somebody sues somebody else before a civil court; narrower than `trial` |" in (
        package.read("codebook.md").decode()
    )


@pytest.mark.heavy
def test_the_change_is_one_of_the_codebook_that_syncs_see(desk: Desk) -> None:
    entries = body(desk.client, "/v1/changes?since=1&type=codebook&include=document")["data"]
    (entry,) = entries
    told = ("op", "type", "id", "url", "version", "release")
    assert tuple(entry[key] for key in told) == ("MOD", "codebook", "codebook", "/v1/codebook", 2, 2)
    document = body(desk.client, "/v1/codebook")["data"]
    assert entry["document"] == document
    assert (document["version"], document["changed_in"]) == (2, 2)
    assert {one["value"]: one["meaning"] for one in document["vocabularies"]["incident.kind"]["values"]}["lawsuit"] == (
        "somebody sues somebody else before a civil court"
    )
    history = body(desk.client, "/v1/codebook/history")["data"]
    assert [(one["op"], one["release"]) for one in history] == [("ADD", 1), ("MOD", 2)]


def kinds(document: dict[str, Any]) -> list[str]:
    return [one["value"] for one in document["data"]["vocabularies"]["incident.kind"]["values"]]


@pytest.mark.heavy
def test_a_value_that_is_gone_is_fine_unless_records_use_it(new_database: NewDatabase, tmp_path: Path) -> None:
    url, files = new_database(), sample.small()
    where = tmp_path / "codebook.yaml"
    where.write_text(ADDED, "utf-8")
    for id_ in ("mill-search", "boat-stopped"):
        sample.record(files, sample.INCIDENTS, id_)["kind"] = "lawsuit"
    load_seed(url, sample.write(files, tmp_path))
    with serving(url) as client:
        where.unlink()
        with closing(Database(url)) as database, pytest.raises(DossierError) as refused:
            load(tmp_path, database)
        errors: list[SeedError] = refused.value.errors
        assert [(error.record, error.field) for error in errors] == [("mill-search", "kind"), ("boat-stopped", "kind")]
        assert all("'lawsuit' is not in the vocabulary" in error.message for error in errors)
        assert "lawsuit" in kinds(body(client, "/v1/codebook"))
        assert body(client, KIND)["meta"] | {"release": 1, "matched": 2} == body(client, KIND)["meta"]
        for id_ in ("mill-search", "boat-stopped"):
            sample.record(files, sample.INCIDENTS, id_)["kind"] = "detention"
        load_seed(url, sample.write(files, tmp_path))
        assert client.get(KIND).status_code == 400
        assert kinds(body(client, "/v1/codebook")) == list(shipped().values("incident.kind"))
        assert "lawsuit" not in client.get("/openapi.json").text
