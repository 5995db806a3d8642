"""The pictures of pages, which other sites show with a link to them: `/pictures/...`, as PNG.

Those of the front page and of articles are made as soon as such a page of a release has been sent, in the background:
whoever is sent a link opens the page before its picture. Not while a release is loaded, which would take minutes longer
where there are thousands of articles, and whose machine may be another one. All workers share the files of them. The
others are made when they are asked for.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

from fastapi import APIRouter
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

from app.api.languages import language_headers, requested_language
from app.api.parameters.files import check_installed
from app.api.parameters.parsing import pinned_release
from app.api.routes import records
from app.api.site import panels
from app.api.site.answers import Answers, Items
from app.api.site.cards import card_of_record, card_of_view, style
from app.api.site.headlines import headline
from app.exports.pictures import MEDIA_TYPE, PICTURES, png
from app.exports.prepared_files import Draft, OutOfSpace, PreparedFile, PreparedFiles
from app.model.languages import Language
from app.problems import Merged, NotFound, Problem
from app.records import RECORD_TYPES
from app.server.cache_control import entity_tag
from app.server.request_context import RequestContext
from app.storage.read_kinds import ReadKind, reads
from app.storage.reader import Reader
from app.storage.release_info import ReleaseInfo
from app.storage.shared_directory import SharedDirectory
from app.storage.snapshot import Snapshot

SUFFIX = ".png"

MAX_FILES, MAX_BYTES = 1000, 256 * 2**20
"""How many pictures are kept on the disk at most, and how large all of them are together."""

Draw = Callable[[Answers], str]

router = APIRouter(include_in_schema=False)


def prepared(directory: SharedDirectory) -> PreparedFiles:
    """Returns the disk cache of pictures."""
    return PreparedFiles(directory, "picture", max_files=MAX_FILES, max_bytes=MAX_BYTES, max_concurrent=1)


@router.get("/pictures/front.png")
async def picture_of_front(request: Request) -> Response:
    """The picture of the front page, or of a view of it."""
    items = panels.filters_of(panels.asked(request.query_params.multi_items()))
    return await _picture(request, partial(_of_view, items=items), "" if items else "front")


@router.get("/pictures/{name}/{file}")
async def picture_of_record(request: Request) -> Response:
    """The picture of the page of a record."""
    name, file = request.path_params["name"], request.path_params["file"]
    if name not in RECORD_TYPES or not file.endswith(SUFFIX):
        raise NotFound(f"There is no picture at {request.scope['path']}.")
    id_ = file.removesuffix(SUFFIX)
    kept = _of_article(id_) if name == "articles" else ""
    return await _picture(request, partial(card_of_record, name=name, id_=id_), kept)


def with_picture_of_front(request: Request, response: Response) -> Response:
    """Returns the front page of a release, after which its picture is made."""
    return _with_picture(request, response, partial(_of_view, items=[]), "front")


def with_picture_of_article(request: Request, response: Response, id_: str) -> Response:
    """Returns the page of an article, after which its picture is made."""
    return _with_picture(request, response, partial(card_of_record, name="articles", id_=id_), _of_article(id_))


def _of_article(id_: str) -> str:
    """Returns the name of an article's picture, which no other picture has."""
    return f"articles/{id_}"


def _with_picture(request: Request, response: Response, draw: Draw, name: str) -> Response:
    if response.status_code == 200 and PICTURES.is_installed and pinned_release(request) is None:
        language = requested_language(request, request.query_params.get("lang") or None)
        response.background = BackgroundTask(_made_ahead, request.app, draw, name, language)
    return response


async def _made_ahead(app: Any, draw: Draw, name: str, language: Language) -> None:
    with suppress(Problem, OutOfSpace, OSError):
        await _kept(app, draw, name, language)


async def _picture(request: Request, draw: Draw, name: str) -> Response:
    """Returns a picture; one with a name is kept on the disk."""
    check_installed(PICTURES, "A picture")
    lang = request.query_params.get("lang") or None
    language = requested_language(request, lang)
    body, release = await _body(request, draw, name, language)
    headers = {"Dateline-Release": str(release.number), **language_headers(language, lang)}
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


async def _body(request: Request, draw: Draw, name: str, language: Language) -> tuple[bytes, ReleaseInfo]:
    if name and pinned_release(request) is None:
        with suppress(OutOfSpace, OSError):
            file = await _kept(request.app, draw, name, language)
            body = await asyncio.to_thread(file.path.read_bytes)
            RequestContext.of(request.scope).set_release(file.release)
            return body, file.release
    return await records.reader(request).read(partial(_drawn, draw=draw, language=language))


async def _kept(app: Any, draw: Draw, name: str, language: Language) -> PreparedFile:
    """Returns the file of a picture in the newest release, which is made if it is not there."""

    def key(release: ReleaseInfo) -> str:
        return entity_tag("", release, f"{name}{SUFFIX}", MEDIA_TYPE, language=language).strip('"')

    async def make(draft: Draft) -> ReleaseInfo:
        reader: Reader = app.state.reader
        body, release = await reader.read(partial(_drawn, draw=draw, language=language))
        await asyncio.to_thread(draft.write, body)
        return release

    pictures: PreparedFiles = app.state.pictures
    return await pictures.get(key, await app.state.reader.newest(), make)


def _of_view(answers: Answers, items: Items) -> str:
    return card_of_view(answers, headline(answers), items)


@reads(ReadKind.COUNT)
def _drawn(snapshot: Snapshot, draw: Draw, language: Language) -> tuple[bytes, ReleaseInfo]:
    try:
        svg = draw(Answers(snapshot, language))
    except Merged as moved:
        url = f"/pictures{moved.headers['Location']}{SUFFIX}"
        detail = f"This record was merged with another; its picture is now {url}."
        raise Merged(detail, headers={"Location": url}) from moved
    return png(svg, style()), snapshot.release
