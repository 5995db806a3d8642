"""`/v1/<resource>/{id}<suffix>`: one record as a file, in the formats that have single records."""

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request

from app.api import pages
from app.api.parameters.codebooks import parse_coded
from app.api.parameters.files import check_fields, export_of, file_choices, file_model
from app.api.parameters.parsing import openapi_parameters
from app.api.routes.problems import problems
from app.api.routes.records import ID, reader
from app.api.routes.representations import public_url, record_formats
from app.exports.formats import ExportFormat, RecordFile
from app.model.codebook import TEMPLATE
from app.model.compact_json import dump_json
from app.queries.filters import RecordParts
from app.queries.record_type import RecordType
from app.records import RECORD_TYPES
from app.storage.snapshot import Snapshot


def router() -> APIRouter:
    """The routes of each resource."""
    routes = APIRouter(prefix="/v1")
    for name, resource in RECORD_TYPES.items():
        for export in record_formats(name):
            if export.of_one is not None:
                _add(routes, name, resource, export, export.of_one)
    return routes


def _add(routes: APIRouter, name: str, resource: RecordType, export: ExportFormat, of_one: RecordFile) -> None:
    model, choices = file_model(RecordParts, export), file_choices(name, export, TEMPLATE)

    async def handler(request: Request) -> Response:
        items = request.query_params.multi_items()
        filters = await parse_coded(request, model, items, partial(file_choices, name, export))
        work = partial(
            _file,
            resource=resource,
            export=export,
            of_one=of_one,
            filters=filters,
            id_=request.path_params["id"],
            request=pages.RequestUrl(request.scope["path"], items),
            base=public_url(request),
        )
        body, release = await reader(request).read(work)
        return Response(body, media_type=export.media_type, headers={"Dateline-Release": str(release)})

    routes.get(
        f"/{name}/{{id}}{export.suffix}",
        name=f"get_{resource.type}_{of_one.name}",
        summary=f"Read one {resource.type} as {export.title}",
        description=of_one.description,
        tags=[name],
        response_class=Response,
        responses={
            200: {"description": "The record.", "content": {export.media_type: {"schema": of_one.schema(name)}}},
            **problems(308, 400, 404, 410, 503),
        },
        openapi_extra={"parameters": [ID, *openapi_parameters(model, choices)]},
    )(handler)


def _file(
    snapshot: Snapshot,
    resource: RecordType,
    export: ExportFormat,
    of_one: RecordFile,
    filters: Any,
    id_: str,
    request: pages.RequestUrl,
    base: str,
) -> tuple[bytes, int]:
    check_fields(filters, resource.name, export, snapshot.codebook)
    document = pages.find_document(snapshot, resource, id_, request)
    made = of_one.write(export_of(snapshot, resource, filters, export, base, ()), document)
    return dump_json(made).encode(), snapshot.release.number
