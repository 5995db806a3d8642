"""`/v1/dataset.zip` and `/v1/dataset.sqlite`: the complete dataset in one file."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from app.api.parameters.parsing import openapi_parameters, parse, pinned_release
from app.api.routes.downloads import RANGE, Download, responses
from app.exports.datasets.files import Datasets, file_name
from app.queries.values import PinnedRelease
from app.server.cache_control import last_modified
from app.server.request_context import RequestContext

router = APIRouter(prefix="/v1")


class DatasetParameters(BaseModel):
    """The parameters of the dataset files."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release: PinnedRelease = None


async def _download(request: Request, suffix: str, media_type: str) -> Response:
    parse(DatasetParameters, request.query_params.multi_items(), {})
    datasets: Datasets = request.app.state.datasets
    pinned, context = pinned_release(request), RequestContext.of(request.scope)
    file = await datasets.file(suffix, pinned)
    if pinned is None:
        context.set_release(file.release)
    else:
        context.set_pinned(file.release, await request.app.state.reader.newest())
    headers = {
        "Dateline-Release": str(file.release.number),
        "ETag": f'"{file.sha256}"',
        "Last-Modified": last_modified(file.release),
    }
    name, size = file_name(file.release, suffix), file.path.stat()
    return Download(file.path, media_type=media_type, filename=name, headers=headers, stat_result=size)


def _responses(media_type: str) -> dict[int | str, dict[str, Any]]:
    return responses({media_type: {"schema": {"type": "string", "format": "binary"}}}, 410)


_ZIP, _SQLITE = "application/zip", "application/vnd.sqlite3"


@router.get(
    "/dataset.zip",
    tags=["dataset"],
    summary="Download everything as CSV",
    response_class=Response,
    responses=_responses(_ZIP),
    openapi_extra={"parameters": [*openapi_parameters(DatasetParameters, {}), RANGE]},
)
async def get_dataset_zip(request: Request) -> Response:
    """All public tables as a Frictionless Data Package: one CSV file a table, `datapackage.json` with types, keys and
    links of all columns, the codebook, and a README. The bytes are the same for as long as the release is. The files of
    a large release take minutes to make after it was loaded: until then 503 says when to ask again."""
    return await _download(request, "zip", _ZIP)


@router.get(
    "/dataset.sqlite",
    tags=["dataset"],
    summary="Download everything as SQLite",
    response_class=Response,
    responses=_responses(_SQLITE),
    openapi_extra={"parameters": [*openapi_parameters(DatasetParameters, {}), RANGE]},
)
async def get_dataset_sqlite(request: Request) -> Response:
    """The same tables as one SQLite file with foreign keys, indexes and views, for `sqlite3`, Datasette, QGIS or your
    own code. `.schema` shows what every column means. The bytes are the same for as long as the release is."""
    return await _download(request, "sqlite", _SQLITE)
