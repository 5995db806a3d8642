"""The pictures of pages, which other sites show with a link to them: `/pictures/...`, as PNG."""

from collections.abc import Callable
from functools import partial

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from app.api.file_parameters import check_installed
from app.api.languages import language_headers, requested_language
from app.api.routes.records import reader
from app.api.site import panels
from app.api.site.answers import Answers
from app.api.site.cards import card_of_record, card_of_view, style
from app.api.site.headlines import headline
from app.exports.pictures import MEDIA_TYPE, PICTURES, png
from app.model.languages import Language
from app.problems import Merged, NotFound
from app.records import RECORD_TYPES
from app.storage.database import Snapshot
from app.storage.read_kinds import ReadKind, reads

SUFFIX = ".png"

router = APIRouter(include_in_schema=False)


@router.get("/pictures/front.png")
async def picture_of_front(request: Request) -> Response:
    """The picture of the front page, or of a view of it."""
    items = panels.filters_of(panels.asked(request.query_params.multi_items()))
    return await _picture(request, lambda answers: card_of_view(answers, headline(answers), items))


@router.get("/pictures/{name}/{file}")
async def picture_of_record(request: Request) -> Response:
    """The picture of the page of a record."""
    name, file = request.path_params["name"], request.path_params["file"]
    if name not in RECORD_TYPES or not file.endswith(SUFFIX):
        raise NotFound(f"There is no picture at {request.scope['path']}.")
    return await _picture(request, lambda answers: card_of_record(answers, name, file.removesuffix(SUFFIX)))


async def _picture(request: Request, draw: Callable[[Answers], str]) -> Response:
    check_installed(PICTURES, "A picture")
    lang = request.query_params.get("lang") or None
    language = requested_language(request, lang)
    body, release = await reader(request).read(partial(_drawn, draw=draw, language=language))
    headers = {"Dateline-Release": str(release), **language_headers(language, lang)}
    return Response(body, media_type=MEDIA_TYPE, headers=headers)


@reads(ReadKind.COUNT)
def _drawn(snapshot: Snapshot, draw: Callable[[Answers], str], language: Language) -> tuple[bytes, int]:
    try:
        svg = draw(Answers(snapshot, language))
    except Merged as moved:
        url = f"/pictures{moved.headers['Location']}{SUFFIX}"
        detail = f"This record was merged with another; its picture is now {url}."
        raise Merged(detail, headers={"Location": url}) from moved
    return png(svg, style()), snapshot.release.number
