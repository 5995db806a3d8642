"""The pages for people: the front page and the API docs. All of it is served from here, without inline script."""

from importlib.resources import files
from pathlib import Path

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles

WEB = Path(__file__).parent.parent / "web"

_STRICT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
# Swagger UI writes style attributes.
_DOCS = _STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")

router = APIRouter(include_in_schema=False)


def _page(name: str, policy: str) -> Response:
    return FileResponse(WEB / name, media_type="text/html", headers={"Content-Security-Policy": policy})


@router.get("/")
async def front(request: Request) -> Response:
    return _page("index.html", _STRICT)


@router.get("/docs")
async def docs(request: Request) -> Response:
    return _page("docs.html", _DOCS)


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    return FileResponse(WEB / "favicon.svg", media_type="image/svg+xml")


def mounts() -> list[BaseRoute]:
    """The files behind the pages: our own, and Swagger UI's from its package."""
    swagger = Path(str(files("fastapi_swagger") / "resources"))
    return [
        Mount("/static/swagger", StaticFiles(directory=swagger)),
        Mount("/static", StaticFiles(directory=WEB)),
    ]
