"""JSON-LD: two independent libraries read the same triples, and no value is lost on the way there and back."""

import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
import rdflib
from pyld import jsonld
from rdflib.compare import isomorphic
from starlette.testclient import TestClient

from app.exports.linked_data.context import FOLDER, made_context, newest_version
from app.model.codebook import shipped
from app.model.documents import DOCUMENTS
from app.records import RECORD_TYPES
from app.settings import ROOT
from tests import extended_sample, sample
from tests.answers import body
from tests.conftest import NewDatabase, load_seed, serving
from tests.exports.filled_sample import fill

Json = dict[str, Any]

BASE = "http://127.0.0.1:8000"
TERMS = rdflib.Namespace(f"{BASE}/terms#")
SCHEMA = rdflib.Namespace("https://schema.org/")
PROV, OA = rdflib.PROV, rdflib.Namespace("http://www.w3.org/ns/oa#")
MEDIA_TYPE = "application/ld+json"

# By rdflib's own parser.
pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")


@pytest.fixture(scope="module")
def desk(new_database: NewDatabase, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The invented dossier with every field filled."""
    fill(files := extended_sample.extended())
    load_seed(url := new_database(), sample.write(files, tmp_path_factory.mktemp("linked")))
    with serving(url) as service:
        yield service


def context(client: TestClient) -> Json:
    return dict(client.get(f"/v1/contexts/{newest_version()}.jsonld").json())


def with_context(client: TestClient, document: Json) -> Json:
    """A document with its context inside, as there is nobody at its address."""
    assert document["@context"] == f"{BASE}/v1/contexts/{newest_version()}.jsonld"
    return {**document, **context(client)}


def graph_of(document: Json) -> rdflib.Graph:
    return rdflib.Graph().parse(data=json.dumps(document), format="json-ld")


def graph(client: TestClient, url: str) -> rdflib.Graph:
    return graph_of(with_context(client, client.get(url).json()))


def framed(graph: rdflib.Graph, document: Json) -> Any:
    """What a graph says, in the shape of a document."""
    triples = jsonld.from_rdf(graph.serialize(format="nt"), {"format": "application/n-quads", "useNativeTypes": True})
    return jsonld.frame(triples, {"@context": document["@context"], "@id": document["@id"], **frame(document)})


def frame(value: Any) -> Json:
    """The frame of a value: of a node those keys that it has, of an address the address alone. Names in other languages
    come with the name."""
    if isinstance(value, list):
        return merged(frame(one) for one in value)
    if isinstance(value, dict):
        keys = {key: frame(one) for key, one in value.items() if not key.startswith("@") and key != "names"}
        keys |= {"name": {}} if "names" in value else {}
        return {"@explicit": True, "@embed": "@always", **keys}
    return {"@embed": "@never"}


def merged(frames: Iterable[Json]) -> Json:
    whole: Json = {}
    for one in frames:
        for key, inner in one.items():
            whole[key] = merged((whole[key], inner)) if isinstance(whole.get(key), dict) else inner
    return whole


def in_one_order(value: Any, ordered: set[str], key: str = "") -> Any:
    """A document whose lists are sorted, but for those whose order is a part of what they say; without the nulls and
    empty lists that framing puts where a graph says nothing."""
    if isinstance(value, dict):
        said = {name: one for name, one in value.items() if one not in (None, []) and name != "@context"}
        return {name: in_one_order(one, ordered, name) for name, one in said.items()}
    if isinstance(value, list):
        items = [in_one_order(one, ordered) for one in value]
        return items if key in ordered else sorted(items, key=lambda one: json.dumps(one, sort_keys=True))
    return value


def check_round_trip(client: TestClient, url: str) -> int:
    """Returns how many triples a document has, once it has been there and back."""
    document = with_context(client, client.get(url).json())
    terms = document["@context"]
    ordered = {key for key, one in terms.items() if isinstance(one, dict) and one.get("@container") == "@list"}
    assert jsonld.compact(jsonld.expand(document), terms) == document
    read = graph_of(document)
    quads = jsonld.to_rdf(document, {"format": "application/n-quads"})
    assert isomorphic(read, rdflib.Graph().parse(data=plain_doubles(quads), format="nt"))
    assert in_one_order(framed(read, document), ordered) == in_one_order(document, ordered)
    return len(read)


def plain_doubles(quads: str) -> str:
    """Triples with numbers as rdflib reads them from JSON: `43.274`, which pyld writes as `4.3274E1`."""
    return re.sub(
        r'"([-\d.]+E-?\d+)"(\^\^<http://www.w3.org/2001/XMLSchema#double>)',
        lambda match: f'"{float(match[1])}"{match[2]}',
        quads,
    )


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_a_record_comes_back_from_triples_as_it_was(client: TestClient, name: str) -> None:
    assert check_round_trip(client, f"/v1/{name}/{RECORD_TYPES[name].example}.jsonld") > 20


@pytest.mark.heavy
@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_record_comes_back_from_triples_as_it_was(desk: TestClient, name: str) -> None:
    for one in desk.get(f"/v1/{name}?limit=12&fields=id&evidence=none").json()["data"]:
        if one["id"] != "lamp-out":  # comparing the graphs of its hundred claims takes minutes
            check_round_trip(desk, f"{one['url']}.jsonld")


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_a_list_has_the_nodes_of_its_records(client: TestClient, name: str) -> None:
    answer = client.get(f"/v1/{name}.jsonld?limit=3&sort=id")
    assert answer.headers["content-type"] == MEDIA_TYPE
    nodes = answer.json()["@graph"]
    for node, record in zip(nodes, body(client, f"/v1/{name}?limit=3&sort=id")["data"], strict=True):
        alone = client.get(f"{record['url']}.jsonld").json()
        assert {"@context": answer.json()["@context"], **node} == alone
        assert node["@id"] == BASE + record["url"]
    assert client.get(f"/v1/{name}.jsonld?q=nothing-like-this").json()["@graph"] == []


def test_an_incident_is_an_event_with_its_place_its_claims_and_their_sources(client: TestClient) -> None:
    read = graph(client, "/v1/incidents/kanoos-island-raid.jsonld")
    raid, island = rdflib.URIRef(f"{BASE}/v1/incidents/kanoos-island-raid"), f"{BASE}/v1/places/kanoos-island"
    assert (raid, rdflib.RDF.type, SCHEMA.Event) in read
    assert (raid, SCHEMA.location, rdflib.URIRef(island)) in read
    assert (rdflib.URIRef(island), rdflib.RDF.type, SCHEMA.Place) in read
    assert (raid, SCHEMA.startDate, rdflib.Literal("2019-08-10", datatype=rdflib.XSD.date)) in read
    (edtf,) = read.objects(raid, TERMS.date / TERMS.edtf)
    assert edtf == rdflib.Literal("2019-08-10", datatype=rdflib.URIRef("http://id.loc.gov/datatypes/edtf"))
    claim = rdflib.URIRef(f"{BASE}/v1/casualties/kanoos-us-wounded")
    assert (raid, TERMS.casualties, claim) in read
    assert (claim, PROV.wasAttributedTo, rdflib.URIRef(f"{BASE}/v1/organizations/us-led-coalition")) in read
    assert (claim, TERMS.outcome, TERMS["casualty.outcome/wounded"]) in read
    passages = {
        (str(read.value(passage, OA.hasSource)), *(int(str(read.value(selector, end))) for end in (OA.start, OA.end)))
        for passage in read.objects(claim, PROV.wasDerivedFrom)
        for selector in read.objects(passage, OA.hasSelector)
        if read.value(selector, rdflib.RDF.type) == OA.TextPositionSelector
    }
    evidence = client.get("/v1/casualties/kanoos-us-wounded").json()["data"]["evidence"]
    assert passages == {
        (f"{BASE}/v1/articles/{one['article']}#paragraph-{one['paragraph']}", one["start"], one["end"])
        for one in evidence
    }


def test_what_is_open_or_unknown_is_said_by_nothing(desk: TestClient) -> None:
    records = body(desk, "/v1/incidents?limit=500")["data"]
    nodes = {one["@id"]: one for one in desk.get("/v1/incidents.jsonld").json()["@graph"]}
    assert not any(value is None or value == [] for node in nodes.values() for value in values(node))
    for record in records:
        node = nodes[BASE + record["url"]]
        exact = record["date"] is not None and record["date"]["edtf"] == record["date"]["earliest"]
        assert node.get("startDate") == (record["date"]["earliest"] if exact else None)
        assert ("location" in node) == (record["location"] is not None)
        for claim, made in zip(record["casualties"], node.get("casualties", []), strict=True):
            assert (made.get("low"), made.get("high")) == (claim["low"], claim["high"])
            assert ("wasAttributedTo" in made) == (claim["claimed_by"] is not None)


def values(value: Any) -> Iterator[Any]:
    yield value
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from values(one)


def test_only_quoted_speech_is_quoted(client: TestClient) -> None:
    quoted = graph(client, "/v1/quotes.jsonld")
    assert len(set(quoted.subjects(rdflib.RDF.type, OA.TextQuoteSelector))) > 10
    for name in RECORD_TYPES:
        if name != "quotes":
            assert "TextQuoteSelector" not in client.get(f"/v1/{name}.jsonld").text


def test_fields_and_evidence_pick_from_the_json(client: TestClient) -> None:
    (node,) = client.get("/v1/incidents.jsonld?id=kanoos-island-raid&fields=title,date.edtf,actors.id").json()["@graph"]
    assert node.keys() == {"@id", "@type", "name", "date", "actors"}
    assert node["date"] == {"edtf": "2019-08-10"}
    assert {"party": {"@id": f"{BASE}/v1/people/scott-koppenhafer", "@type": "Person"}} in node["actors"]
    counted = client.get("/v1/quotes/hill-iraqi-driven-missions.jsonld?fields=spans,evidence&evidence=count").json()
    assert counted.keys() == {"@context", "@id", "@type", "spans", "evidence_count"}
    assert counted["spans"][0]["hasSource"].keys() == {"position"}, "which article it is was not asked for"


def test_who_prefers_json_ld_is_led_to_it(client: TestClient) -> None:
    """And nobody else is, whatever the response cache has stored before."""
    url = "/v1/incidents/kanoos-island-raid"
    for accepted in ("application/ld+json", "application/ld+json, application/json", f"{MEDIA_TYPE}, */*;q=0.1"):
        assert client.get(url).headers["content-type"] == "application/json"
        answer = client.get(url, headers={"Accept": accepted})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{url}.jsonld")
        assert "Accept" in answer.headers["vary"]
    for accepted in ("*/*", "application/json", f"{MEDIA_TYPE};q=0.5, application/json", f"{MEDIA_TYPE};q=0, */*"):
        assert client.get(url, headers={"Accept": accepted}).status_code == 200
    moved = client.get("/v1/places?kind=river&q=%22a%22", headers={"Accept": MEDIA_TYPE}).headers["location"]
    assert moved == "/v1/places.jsonld?kind=river&q=%22a%22"
    assert client.get("/v1/codebook", headers={"Accept": MEDIA_TYPE}).status_code == 406
    assert client.get("/v1/casualties/summary", headers={"Accept": MEDIA_TYPE}).status_code == 406
    assert client.get("/terms", headers={"Accept": MEDIA_TYPE}).headers["location"] == "/v1/terms.jsonld"


def test_a_context_never_changes(client: TestClient) -> None:
    """If this fails, `python -m tests.examples` writes the next version; those before stay as they are."""
    newest = json.loads((FOLDER / f"{newest_version()}.json").read_text("utf-8"))
    assert newest == made_context(), "the terms of the documents have changed: run `python -m tests.examples`"
    for path in FOLDER.glob("*.json"):
        answer = client.get(f"/v1/contexts/{path.stem}.jsonld")
        assert "immutable" in answer.headers["cache-control"]
        assert answer.json()["@context"]["@vocab"] == f"{BASE}/terms#"
    assert client.get("/v1/contexts/999.jsonld").status_code == 404
    assert client.get("/v1/contexts/one.jsonld").status_code == 404


@pytest.mark.heavy
def test_every_term_of_our_own_is_explained(desk: TestClient) -> None:
    """Whatever stands in the data under our own vocabulary has a label and a meaning there, and a place on its page."""
    vocabulary = graph_of(desk.get("/v1/terms.jsonld").json())
    page = desk.get("/terms").text
    used: set[str] = set()
    for name in RECORD_TYPES:
        for triple in graph(desk, f"/v1/{name}.jsonld"):
            used |= {str(one) for one in triple if str(one).startswith(str(TERMS))}
    assert len(used) > 150
    for term in used:
        of_term = set(vocabulary.predicates(rdflib.URIRef(term)))
        assert of_term & {rdflib.RDFS.comment, rdflib.SKOS.definition}, term
        assert f'id="{term.removeprefix(str(TERMS))}"' in page
    killed = TERMS["casualty.outcome/killed"]
    printed = vocabulary.objects(killed, rdflib.SKOS.prefLabel)
    labels = {one.language: str(one) for one in printed if isinstance(one, rdflib.Literal)}
    assert labels == shipped()["casualty.outcome"].values["killed"].labels
    raid = TERMS["incident.kind/joint_raid"]
    assert (raid, rdflib.SKOS.broader, None) in vocabulary or (raid, rdflib.SKOS.inScheme, None) in vocabulary


@pytest.mark.parametrize(
    "page", ["/incidents/kanoos-island-raid", "/places/kanoos-island", "/quotes?speaker=hassan-al-soofy"]
)
def test_pages_name_their_json_ld(client: TestClient, page: str) -> None:
    (url,) = re.findall(f'<link rel="alternate" type="{re.escape(MEDIA_TYPE)}" href="([^"]+)">', client.get(page).text)
    path, _, query = page.partition("?")
    assert url == f"/v1{path}.jsonld{'?' if query else ''}{query}"
    assert client.get(url).headers["content-type"] == MEDIA_TYPE


@pytest.mark.heavy
def test_the_guide_s_query_runs_as_it_stands(live: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Over HTTP, with the context fetched from its address."""
    guide = (Path(ROOT) / "app/web/guides/linked-data.md").read_text("utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", guide, re.DOTALL)
    assert len(code.splitlines()) <= 10
    exec(code.replace(BASE, live), {})
    printed = capsys.readouterr().out.splitlines()
    claims = httpx2.get(f"{live}/v1/casualties?outcome=killed").json()
    assert len(printed) == claims["meta"]["matched"]
    assert any(line.endswith("the article itself") for line in printed)
