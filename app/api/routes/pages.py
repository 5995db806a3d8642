"""Static assets of the HTML pages, and the API docs page. Everything is self-hosted, without inline scripts."""

import os
from importlib.resources import files
from os import PathLike
from pathlib import Path

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.api.html_pages import STRICT, WEB, page_headers, render
from app.api.parameters.codebooks import codebook_in_force
from app.api.routes.downloads import Download

# Swagger UI writes style attributes.
_DOCS = STRICT.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")

_ASSET_SUFFIXES = (".css", ".js", ".json", ".svg", ".png")

SEED_REFERENCE = Path(__file__).parents[1] / "seed_reference.json"
"""The reference of the format of seed files, written by `python -m tests.examples`."""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> Response:
    """The API docs, where every endpoint can be tried."""
    return _file(WEB / "docs.html", "text/html", page_headers(_DOCS))


@router.get("/docs/seed")
async def seed_files(request: Request) -> Response:
    """The reference of the format of seed files, with the vocabularies of the newest release."""
    reference = orjson.loads(SEED_REFERENCE.read_bytes())
    return render("seed.html", 200, {"reference": reference, "codebook": await codebook_in_force(request)})


@router.get("/favicon.ico")
async def favicon(request: Request) -> Response:
    """The icon of the HTML pages."""
    return _file(WEB / "favicon.svg", "image/svg+xml")


def _file(path: Path, media_type: str, headers: dict[str, str] | None = None) -> Response:
    return Download(path, media_type=media_type, headers=headers, stat_result=path.stat())


def mounts() -> list[BaseRoute]:
    """Returns the mounts of the static files: our own, and Swagger UI's from its package."""
    swagger = Path(str(files("fastapi_swagger") / "resources"))
    return [
        Mount("/static/swagger", _StaticAssets(directory=swagger)),
        Mount("/static", _StaticAssets(directory=WEB)),
    ]


class _StaticAssets(StaticFiles):
    """Serves only assets. HTML pages have their own routes, with a policy, and the folders also hold templates."""

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        return super().lookup_path(path) if path.endswith(_ASSET_SUFFIXES) else ("", None)

    def file_response(
        self, full_path: str | PathLike[str], stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        return Download(full_path, status_code=status_code, stat_result=stat_result)
