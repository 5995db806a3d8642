"""A format of lists is declared once: routes, links, the front page and OpenAPI read the declaration."""

import json
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from app.api.routes import representations
from app.exports.formats import Export, ExportFormat
from app.exports.formats.columns import flat, picked
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.exports.formats.feed_formats import FEED_FORMATS
from app.exports.formats.feeds import FEED_LISTS, FeedFormat
from app.model.documents import DOCUMENTS
from tests.answers import body
from tests.conftest import serving


def _tsv(export: Export) -> Iterator[bytes]:
    columns = picked(export.resource, export.codebook, export.fields, export.evidence)
    yield ("\t".join(column.name for column in columns) + "\n").encode()
    for text in (text for batch in export.batches for text in batch):
        yield ("\t".join(map(str, flat(columns, json.loads(text), export.base).values())) + "\n").encode()


TSV = ExportFormat(".tsv", "text/tab-separated-values", "TSV", "Values between tabs.", _tsv)
POINTS = ExportFormat(".points", "text/x-points", "Points", "Points.", _tsv, of_points=True, on_front_page=False)

LINES = FeedFormat(
    ".lines", "text/x-lines", "Lines", lambda feed: feed.id.encode(), next="no", updated="never", removed="gone"
)


@pytest.fixture(scope="module")
def service(article_url: str) -> Iterator[TestClient]:
    """The service over the shipped article with three more formats."""
    with pytest.MonkeyPatch.context() as patch:
        for one in (TSV, POINTS):
            patch.setitem(EXPORT_FORMATS, one.suffix, one)
        patch.setitem(FEED_FORMATS, LINES.suffix, LINES)
        clear_caches()
        with serving(article_url) as client:
            yield client
    clear_caches()


def clear_caches() -> None:
    representations.representations.cache_clear()
    representations.suffixes.cache_clear()


def test_a_declared_format_is_served_with_its_media_type(service: TestClient) -> None:
    answer = service.get("/v1/incidents.tsv?kind=air_attack")
    assert answer.headers["content-type"].startswith(TSV.media_type)
    header, *rows = answer.text.splitlines()
    assert header.split("\t")[0] == "id"
    matched = {one["id"] for one in body(service, "/v1/incidents?kind=air_attack&limit=500")["data"]}
    assert {row.split("\t")[0] for row in rows} == matched
    two = service.get("/v1/incidents.tsv?limit=2&fields=title,date.edtf").text.splitlines()
    assert (two[0], len(two)) == ("title\tdate_edtf", 3)
    assert service.get("/v1/incidents.tsv?cursor=2").status_code == 400


def test_a_declared_format_is_named_wherever_formats_are(service: TestClient) -> None:
    assert (
        f'</v1/incidents.tsv>; rel="alternate"; type="{TSV.media_type}"'
        in service.head("/v1/incidents").headers["link"]
    )
    formats = {one["name"]: [item["url"] for item in one["formats"]] for one in body(service, "/v1")["data"]["lists"]}
    assert {name for name, urls in formats.items() if f"/v1/{name}.tsv" in urls} == set(DOCUMENTS)
    front = service.get("/").text
    assert '<a class="button" data-suffix=".tsv" href="/v1/incidents.tsv">TSV</a>' in front
    assert ".points" not in front
    operation = body(service, "/openapi.json")["paths"]["/v1/quotes.tsv"]["get"]
    assert TSV.description in operation["description"]
    assert "| `speaker_label` |" in operation["description"]
    assert set(operation["responses"]["200"]["content"]) == {TSV.media_type}


def test_a_format_of_points_is_for_what_has_points(service: TestClient) -> None:
    named = {name for name in DOCUMENTS if service.get(f"/v1/{name}.points").status_code == 200}
    assert named == {"incidents", "places", "casualties"}
    assert service.get("/v1/quotes.points").status_code == 406
    assert service.get("/v1/places.POINTS").headers["location"] == "/v1/places.points"


def test_a_declared_feed_format_is_served_and_named(service: TestClient) -> None:
    for name in FEED_LISTS:
        answer = service.get(f"/v1/{name}.lines")
        assert answer.headers["content-type"].startswith(LINES.media_type)
        assert answer.text == f"tag:127.0.0.1,2026:/v1/{name}.lines"
        assert service.get(f"/v1/{name}.lines?sort=id").status_code == 400
    assert service.get("/v1/people.lines").status_code == 406
    assert f'<link rel="alternate" type="{LINES.media_type}" title="Dateline (Lines)"' in service.get("/").text
    operation = body(service, "/openapi.json")["paths"]["/v1/quotes.lines"]["get"]
    assert operation["operationId"] == "feedQuotesLines"
    assert "`never` is when" in operation["description"]
