"""Machines find the data: catalogues list every file and release, and what they list is there."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.robotparser import RobotFileParser
from zipfile import ZipFile

import pytest
from starlette.testclient import TestClient

from app.api.routes.representations import suffixes
from app.records import RECORD_TYPES
from tests.conftest import NewDatabase, create_tables, serving

Json = dict[str, Any]


def local(url: str) -> str:
    return "/" + url.split("/", 3)[3]


def test_the_api_catalog_leads_to_all_apis(client: TestClient) -> None:
    answer = client.get("/.well-known/api-catalog")
    assert answer.headers["content-type"].startswith("application/linkset+json")
    assert 'rel="api-catalog"' in client.head("/.well-known/api-catalog").headers["link"]
    catalog, *apis = answer.json()["linkset"]
    assert [one["href"] for one in catalog["item"]] == [one["anchor"] for one in apis]
    assert local(catalog["anchor"]) == "/.well-known/api-catalog"
    for api in apis:
        assert client.get(local(api["anchor"])).status_code == 200
        for relation, links in api.items():
            for link in () if relation == "anchor" else links:
                found = client.get(local(link["href"]))
                assert (found.status_code, link["type"]) == (
                    200,
                    found.headers["content-type"].partition("; charset")[0],
                )


def test_catalogues_list_every_file_and_release(client: TestClient) -> None:
    release = client.get("/v1/releases/1").json()["data"]
    files = {f"/v1/{name}{suffix}" for name in RECORD_TYPES for suffix in suffixes(name)}
    files |= {"/v1/dataset.zip", "/v1/dataset.sqlite"}
    (dcat,) = client.get("/v1/catalog.jsonld").json()["dcat:dataset"]
    dataset = client.get("/v1/dataset.jsonld").json()
    assert {local(one["dcat:downloadURL"]) for one in dcat["dcat:distribution"]} == files
    assert {local(one["contentUrl"]) for one in dataset["distribution"]} == files
    assert [one["dct:identifier"] for one in dcat["dcat:hasVersion"]] == [f"sha256:{release['digest']}"]
    assert (dcat["dcat:version"], dcat["dct:modified"]) == (dataset["version"], dataset["dateModified"])
    assert dataset["identifier"] == f"sha256:{release['digest']}"
    first, last = dataset["temporalCoverage"].split("/")
    assert first < last
    of_release = [one["dcat:downloadURL"] for one in dcat["dcat:hasVersion"][0]["dcat:distribution"]]
    assert [local(url) for url in of_release] == ["/v1/dataset.zip?release=1", "/v1/dataset.sqlite?release=1"]


def test_a_service_without_data_has_catalogues(new_database: NewDatabase) -> None:
    create_tables(url := new_database())
    with serving(url) as client:
        assert "dcat:hasVersion" not in client.get("/v1/catalog.jsonld").json()["dcat:dataset"][0]
        assert client.get("/v1/dataset.jsonld").json()["workExample"] == []


def test_language_models_are_led_to_what_is_there(client: TestClient) -> None:
    answer = client.get("/llms.txt")
    assert answer.headers["content-type"].startswith("text/markdown")
    found = {local(one) for one in re.findall(r"\]\((\S+)\)", answer.text)}
    assert found > {"/openapi.json", "/docs/reconciling", *(f"/v1/{name}" for name in RECORD_TYPES)}
    assert {client.head(one).status_code for one in found} == {200}


def test_crawlers_may_read_what_describes_the_data(client: TestClient) -> None:
    rules = RobotFileParser()
    rules.parse(client.get("/robots.txt").text.splitlines())
    assert rules.can_fetch("*", "/v1/dataset.jsonld")
    assert rules.can_fetch("*", "/v1/catalog.jsonld")
    assert not rules.can_fetch("*", "/reconcile")


@pytest.mark.heavy
def test_the_citation_fits_its_schema(client: TestClient, tmp_path: Path) -> None:
    """By the schema that `check-jsonschema` brings."""
    with ZipFile(io.BytesIO(client.get("/v1/dataset.zip").content)) as package:
        (tmp_path / "CITATION.cff").write_bytes(package.read("CITATION.cff"))
    program = Path(sys.executable).with_name("check-jsonschema")
    command = [
        str(program),
        "--builtin-schema",
        "vendor.citation-file-format",
        "--force-filetype",
        "yaml",
        "CITATION.cff",
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")
def test_a_library_for_rdf_reads_the_catalogue(client: TestClient) -> None:
    """rdflib, with the vocabularies' own terms."""
    rdflib = pytest.importorskip("rdflib")
    dcat, rdf = rdflib.Namespace("http://www.w3.org/ns/dcat#"), rdflib.RDF
    graph = rdflib.Graph().parse(data=client.get("/v1/catalog.jsonld").text, format="json-ld")
    (dataset,) = set(graph.objects(predicate=dcat.dataset))
    assert (dataset, rdf.type, dcat.Dataset) in graph
    files = set(graph.objects(dataset, dcat.distribution))
    assert len(files) > 50
    assert all((one, dcat.downloadURL, one) in graph for one in files)
    assert len(list(graph.subjects(rdf.type, dcat.DataService))) == 3
    (box,) = graph.objects(predicate=dcat.bbox)
    assert str(box).startswith("POLYGON((")
    schema = rdflib.Namespace("https://schema.org/")
    described = rdflib.Graph().parse(data=json.dumps(client.get("/v1/dataset.jsonld").json()), format="json-ld")
    assert len(list(described.subjects(rdf.type, schema.DataDownload))) == len(files) + 2
