"""The application: routes, error handlers, middleware, and the reader's life."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.database import Database, Reader
from app.middleware import Failures, Head, Headers
from app.openapi import describe
from app.problems import Problem
from app.routes import about, pages, records, search
from app.routes.problems import on_http_exception, on_problem
from app.settings import Settings


def create_app(settings: Settings | None = None) -> FastAPI:
    """The service over the database that the settings name. The database is opened when the first request comes."""
    settings = settings or Settings()
    app = FastAPI(
        title="Dateline",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        generate_unique_id_function=lambda route: route.name,
        lifespan=_lifespan,
        middleware=[Middleware(Headers), Middleware(Head), Middleware(Failures)],
        exception_handlers={Problem: on_problem, HTTPException: on_http_exception},
        routes=pages.mounts(),
    )
    app.state.settings = settings
    app.state.reader = Reader(Database(settings.database_url))
    app.include_router(records.router())
    app.include_router(search.router)
    app.include_router(about.router)
    app.include_router(pages.router)

    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        return JSONResponse(describe(app))

    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.reader.close()
