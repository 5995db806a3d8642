"""`/v1`: the index of all lists, formats and other endpoints."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field
from starlette.requests import Request

from app.api import pages
from app.api.answers import changelog
from app.api.parameters.parsing import parse
from app.api.routes.problems import problems
from app.api.routes.records import json_response, reader
from app.api.routes.representations import link, representations, suffixes
from app.api.schemas.envelopes import DetailMeta
from app.api.schemas.log_envelopes import ReleaseDocument
from app.queries.values import NoParameters
from app.records import RECORD_TYPES
from app.storage.snapshot import Snapshot


class Representation(BaseModel):
    """A list in one format."""

    url: str = Field(examples=["/v1/incidents.csv"])
    type: str = Field(description="Its media type.", examples=["text/csv"])


class ListEntry(BaseModel):
    """One list of the API."""

    name: str = Field(examples=["incidents"])
    url: str = Field(examples=["/v1/incidents"])
    description: str
    records: int | None = Field(description="How many records there are; null for the log, which only grows.")
    formats: list[Representation] = Field(description="Every format has an address of its own and takes the filters.")


class IndexData(BaseModel):
    lists: list[ListEntry]
    release: ReleaseDocument | None = Field(description="The newest release; null before the first.")


class IndexLinks(BaseModel):
    """Root-relative links to all that is no list."""

    self: str
    docs: str = Field(description="The API to read and to try.")
    openapi: str = Field(description="Its OpenAPI 3.1 description.")
    openapi_yaml: str = Field(description="The same as YAML.")
    codebook: str = Field(description="Every vocabulary of the data, with what its values mean.")
    search: str = Field(description="One search over everything that has words; takes `q`.")
    facets: str = Field(description="Counts by kind, place, actor, month …; takes `of` and `facet`.")
    sums: str = Field(description="Who was harmed, added up with bounds.")
    sums_rule: str = Field(description="The rule of these sums, for people.")
    changes: str = Field(description="What each release did: to keep a copy in sync.")
    corrections: str = Field(description="What was wrong in which record, in the editors' words.")
    releases: str = Field(description="Every state that the data has had.")
    dataset_zip: str = Field(description="Everything as CSV in a Frictionless Data Package.")
    dataset_sqlite: str = Field(description="Everything as one SQLite database.")
    catalog: str = Field(description="The data for catalogues: DCAT 3.")
    dataset_jsonld: str = Field(description="The data for search engines: schema.org.")
    terms: str = Field(description="What the keys of JSON-LD mean that no standard has.")
    reconcile: str = Field(description="Which records a table means: a reconciliation service, for OpenRefine.")
    problems: str = Field(description="Every type of problem, each with a page that explains it.")
    sample: str = Field(description="A few records of every type that hang together, for tests and stories.")
    tiles: str = Field(description="TileJSON of incidents as vector tiles, for web maps.")
    ogc: str = Field(description="OGC API - Features, for QGIS and GDAL.")
    client: str = Field(description="A client for JavaScript, without dependencies.")
    client_types: str = Field(description="Its types, for TypeScript.")
    front: str = Field(description="The front page, for people.")


class Index(BaseModel):
    """Everything that there is."""

    data: IndexData
    links: IndexLinks
    meta: DetailMeta


_LINKS = IndexLinks(
    self="/v1",
    docs="/docs",
    openapi="/openapi.json",
    openapi_yaml="/openapi.yaml",
    codebook="/v1/codebook",
    search="/v1/search",
    facets="/v1/facets",
    sums="/v1/casualties/summary",
    sums_rule="/docs/sums",
    changes="/v1/changes",
    corrections="/v1/corrections",
    releases="/v1/releases",
    dataset_zip="/v1/dataset.zip",
    dataset_sqlite="/v1/dataset.sqlite",
    catalog="/v1/catalog.jsonld",
    dataset_jsonld="/v1/dataset.jsonld",
    terms="/v1/terms.jsonld",
    reconcile="/reconcile",
    problems="/problems",
    sample="/v1/sample.json",
    tiles="/v1/tiles/incidents.json",
    ogc="/ogc/",
    client="/client.js",
    client_types="/client.d.ts",
    front="/",
)

router = APIRouter()


@router.get("/v1", tags=["index"], summary="See what there is", response_model=Index, responses=problems(400, 503))
@router.get("/v1/", include_in_schema=False)
async def get_index(request: Request) -> Response:
    """Every list with its formats and how many records it has, the newest release, and where everything else is."""
    parse(NoParameters, request.query_params.multi_items(), {})
    return json_response(await reader(request).read(partial(_index)))


def _index(snapshot: Snapshot) -> pages.JsonBody:
    counts = snapshot.release.counts
    lists = [_list(name, RECORD_TYPES[name].description, counts.get(name, 0)) for name in RECORD_TYPES]
    lists.append(_list("changes", "What each release did to each record.", None))
    lists.append(_list("corrections", "What was wrong in which record.", None))
    release: Any = changelog.newest_release(snapshot)
    index = Index(data=IndexData(lists=lists, release=release), links=_LINKS, meta=DetailMeta(**snapshot.release.meta))
    return pages.JsonBody(index.model_dump_json(exclude_unset=True).encode(), snapshot.release.number)


def _list(name: str, about: str, records: int | None) -> ListEntry:
    by_suffix = representations()
    formats = [Representation(url=link(name, one, ()), type=by_suffix[one].media_type) for one in suffixes(name)]
    return ListEntry(name=name, url=f"/v1/{name}", description=about, records=records, formats=formats)
