"""Everything in one file."""

from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.types import Message, Receive, Scope, Send

from app.datasets.files import Datasets
from app.parameters import parse
from app.problems import RangeNotSatisfiable
from app.routes.problems import on_problem, problems
from app.values import Nothing

router = APIRouter(prefix="/v1")

_HEADERS = {
    "Dateline-Release": {"schema": {"type": "integer"}, "description": "The release that the file holds."},
    "Content-Disposition": {"schema": {"type": "string"}, "description": "A file name with the release in it."},
}
_RANGE = {
    "name": "Range",
    "in": "header",
    "required": False,
    "description": "The part of the file to send, to go on with a broken download.",
    "schema": {"type": "string"},
    "example": "bytes=0-1023",
}


class Download(FileResponse):
    """A file, whole or in ranges. A range without sense is left aside, one beyond the end is a problem document."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        refused: Message | None = None

        async def send_unless_refused(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in (400, 416):
                refused = message
            if refused is None:
                await send(message)

        await super().__call__(scope, receive, send_unless_refused)
        if refused is None:
            return
        if refused["status"] == 416:
            size = dict(refused["headers"])[b"content-range"].decode()
            problem = RangeNotSatisfiable("The file ends before this range.", headers={"Content-Range": size})
            answer = await on_problem(Request(scope), problem)
            await answer(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name != b"range"]
        await super().__call__({**scope, "headers": headers}, receive, send)


async def _download(request: Request, suffix: str, media_type: str) -> Response:
    parse(Nothing, request.query_params.multi_items(), {})
    datasets: Datasets = request.app.state.datasets
    file = await datasets.file(suffix)
    request.state.release = file.release
    headers = {"Dateline-Release": str(file.release.number), "ETag": f'"{file.sha256}"'}
    return Download(file.path, media_type=media_type, filename=file.path.name, headers=headers)


def _responses(media_type: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string", "format": "binary"}}}
    parts = {**content, "multipart/byteranges": {"schema": {"type": "string", "format": "binary"}}}
    some = "The part that `Range` asked for; where it asked for several, each with a head of its own."
    return {
        200: {"description": "The file.", "content": content, "headers": _HEADERS},
        206: {"description": some, "content": parts, "headers": _HEADERS},
        **problems(400, 416, 503),
    }


_ZIP, _SQLITE = "application/zip", "application/vnd.sqlite3"


@router.get(
    "/dataset.zip",
    tags=["dataset"],
    summary="Download everything as CSV",
    response_class=Response,
    responses=_responses(_ZIP),
    openapi_extra={"parameters": [_RANGE]},
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
    openapi_extra={"parameters": [_RANGE]},
)
async def get_dataset_sqlite(request: Request) -> Response:
    """The same tables as one SQLite file with foreign keys, indexes and views, for `sqlite3`, Datasette, QGIS or your
    own code. `.schema` shows what every column means. The bytes are the same for as long as the release is."""
    return await _download(request, "sqlite", _SQLITE)
