"""`/v1/<resource>/{id}.geojson`: one record as a feature, for every resource whose records have points or share one."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from app.api import pages
from app.api.codebooks import parse_coded
from app.api.file_parameters import check_fields, export_of, file_choices, file_model
from app.api.parameters import openapi_parameters
from app.api.routes.problems import problems
from app.api.routes.records import ID, reader
from app.api.routes.representations import public_url
from app.exports.formats import geojson
from app.exports.formats.columns import located_by
from app.model.codebook import TEMPLATE
from app.model.compact_json import dump_json
from app.queries.filters import RecordParts
from app.queries.record_type import RecordType
from app.records import RECORD_TYPES
from app.storage.database import Snapshot

_SUFFIX, _MEDIA_TYPE = geojson.FORMAT.suffix, geojson.FORMAT.media_type


def router() -> APIRouter:
    """The route of each resource."""
    routes = APIRouter(prefix="/v1")
    for name, resource in RECORD_TYPES.items():
        if located_by(name) is not None:
            _add(routes, name, resource)
    return routes


def _add(routes: APIRouter, name: str, resource: RecordType) -> None:
    model, choices = file_model(RecordParts, geojson.FORMAT), file_choices(name, geojson.FORMAT, TEMPLATE)

    async def handler(request: Request) -> Response:
        items = request.query_params.multi_items()
        filters = await parse_coded(request, model, items, partial(file_choices, name, geojson.FORMAT))
        work = partial(
            _feature,
            resource=resource,
            filters=filters,
            id_=request.path_params["id"],
            request=pages.RequestUrl(request.scope["path"], items),
            base=public_url(request),
        )
        body, release = await reader(request).read(work)
        return Response(body, media_type=_MEDIA_TYPE, headers={"Dateline-Release": str(release)})

    routes.get(
        f"/{name}/{{id}}{_SUFFIX}",
        name=f"get_{resource.type}_feature",
        summary=f"Read one {resource.type} as a feature",
        description="As the GeoJSON of the list has it, with its point; null where none is known.",
        tags=[name],
        response_class=Response,
        responses={
            200: {"description": "The feature.", "content": {_MEDIA_TYPE: {"schema": geojson.feature_schema(name)}}},
            **problems(308, 400, 404, 410, 503),
        },
        openapi_extra={"parameters": [ID, *openapi_parameters(model, choices)]},
    )(handler)


def _feature(
    snapshot: Snapshot, resource: RecordType, filters: Any, id_: str, request: pages.RequestUrl, base: str
) -> tuple[bytes, int]:
    check_fields(filters, resource.name, geojson.FORMAT, snapshot.codebook)
    document = pages.find_document(snapshot, resource, id_, request)
    export = export_of(snapshot, resource, filters, geojson.FORMAT, base, ())
    (feature,) = geojson.Features(export).features([document])
    return dump_json(feature).encode(), snapshot.release.number
