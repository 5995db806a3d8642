"""The FastAPI application: routes, error handlers, middleware, and the lifespan of its resources."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from app.api.accept import AcceptMiddleware
from app.api.accept_datetime import DatetimeMiddleware
from app.api.answers.change_stream import ChangeStream
from app.api.counting.count_preparation import prepare_counts
from app.api.openapi import as_json, as_yaml, describe, operation_id
from app.api.parameters.codebooks import SeenCodebook, codebook_in_force
from app.api.route_index import RouteIndex
from app.api.routes import (
    about,
    change_stream,
    changes,
    cite,
    client,
    comparisons,
    datasets,
    discovery,
    evidence,
    exports,
    facets,
    feeds,
    front,
    guides,
    index,
    linked_data,
    ogc,
    pages,
    pictures,
    problem_pages,
    reconciliation,
    record_files,
    record_pages,
    records,
    representations,
    sample,
    search,
    search_page,
    sitemaps,
    summary,
    tiles,
)
from app.api.routes.problems import on_http_exception, on_problem
from app.counts.archives import Archives
from app.exports.datasets.files import Datasets
from app.problems import Problem
from app.records import COUNTED_TYPES
from app.server.access_log import AccessRecord
from app.server.cache_control import ValidatorsMiddleware, build
from app.server.compression import CompressionMiddleware
from app.server.edge import Check, Edge
from app.server.limits import check_limits
from app.server.middleware import DefaultHeadersMiddleware, ErrorMiddleware
from app.server.prepared_response import PreparedResponse
from app.server.response_cache import ResponseCache
from app.settings import Settings
from app.storage.database import Database
from app.storage.reader import Reader
from app.storage.shared_directory import SharedDirectory, remove_files

if TYPE_CHECKING:
    from app.server.metrics import Metrics


SWITCH_INTERVAL_SECONDS = 0.0005
"""How long a thread may keep the interpreter lock, instead of Python's 5 ms: the event loop need not wait longer for a
thread that writes a download."""


CHECKS: tuple[Check, ...] = (check_limits,)
"""What is done for every request before FastAPI, in this order; see `app.server.edge`."""


class Service(FastAPI):
    """FastAPI behind an `Edge`: checks and the response cache respond before FastAPI is called."""

    def __init__(
        self,
        *,
        checks: Sequence[Check],
        cache_bytes: int,
        watch: Callable[[AccessRecord], None] | None = None,
        **options: Any,
    ) -> None:
        # FastAPI's own telemetry looks for an OpenTelemetry SDK in each request, which is 4 us of a record's 100. What
        # an SDK can export is the access log.
        super().__init__(telemetry={"tracing": False, "metrics": False, "logs": False}, **options)
        cache = ResponseCache(
            super().__call__,
            cache_bytes,
            lambda: cast(Reader, self.state.reader),
            self._forget,
        )
        self._edge = Edge(checks, cache, watch)

    def _forget(self, redacted_in: int) -> None:
        """Removes the files from before a release that redacts, those that are kept when the service ends as well."""
        self.state.directory.forget(redacted_in)
        counts = _counts_directory(self)
        if counts.exists():
            with suppress(OSError):
                remove_files(counts, redacted_in)

    def try_respond(self, scope: Scope) -> PreparedResponse | None:
        """Returns a prepared response; None where the application has to be called."""
        return self._edge.try_respond(scope)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request as an ASGI application."""
        if scope["type"] == "http":
            await self._edge(scope, receive, send)
            return
        # The beginning and the end of the service, which the layers between are not for.
        scope["app"] = self
        await self.router(scope, receive, send)


def create_app(settings: Settings | None = None) -> Service:
    """Creates the service over the database of the settings. The database is opened with the first request."""
    settings = settings or Settings()
    build()
    metrics = _metrics(settings)
    validators = Middleware(ValidatorsMiddleware, public_url=settings.public_url)
    app = Service(
        title="Dateline",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        lifespan=_lifespan,
        checks=CHECKS,
        cache_bytes=settings.cache_bytes,
        watch=metrics.count if metrics else None,
        middleware=[
            Middleware(DefaultHeadersMiddleware),
            validators,
            Middleware(CompressionMiddleware),
            Middleware(ErrorMiddleware),
            Middleware(AcceptMiddleware),
            Middleware(DatetimeMiddleware),
        ],
        exception_handlers={Problem: on_problem, HTTPException: on_http_exception},
        routes=pages.mounts(),
    )
    app.state.settings = settings
    app.state.metrics = metrics
    app.state.openapi = {}
    app.state.reader = Reader(Database(settings.database_url, settings.query_seconds))
    app.state.codebook = SeenCodebook(app.state.reader)
    app.state.change_stream = ChangeStream(app.state.reader)
    database: Database = app.state.reader.database
    app.state.directory = SharedDirectory(f"{Path.cwd()} {database.name}", database)
    app.state.archives = database.archives = Archives(partial(_counts_directory, app), COUNTED_TYPES)
    app.state.datasets = Datasets(app.state.reader, app.state.directory)
    app.state.exports = exports.prepared(app.state.directory)
    app.state.pictures = pictures.prepared(app.state.directory)
    lists = records.router()
    app.router.routes.insert(0, RouteIndex([summary.router, lists]))
    # Before the records, whose {id} would take the word `summary`, and ids with a suffix.
    app.include_router(summary.router)
    app.include_router(record_files.router())
    app.include_router(lists)
    app.include_router(facets.router)
    app.include_router(tiles.router)
    app.include_router(evidence.router)
    app.include_router(search.router)
    app.include_router(cite.router)
    app.include_router(change_stream.router)
    app.include_router(changes.router())
    app.include_router(comparisons.router())
    app.include_router(exports.router())
    app.include_router(feeds.router())
    app.include_router(representations.unknown_suffixes())
    app.include_router(datasets.router)
    app.include_router(discovery.router)
    app.include_router(linked_data.router)
    app.include_router(sample.router)
    app.include_router(about.router)
    app.include_router(index.router)
    app.include_router(ogc.router)
    app.include_router(reconciliation.router)
    app.include_router(problem_pages.router)
    app.include_router(front.router)
    app.include_router(pictures.router)
    app.include_router(search_page.router)
    app.include_router(sitemaps.router)
    app.include_router(record_pages.router())
    app.include_router(pages.router)
    app.include_router(guides.router)
    app.include_router(client.router)

    # By `request.app`: FastAPI remembers handlers for good, and so would one keep the application that refers to it.
    @app.get("/openapi.json", include_in_schema=False)
    async def openapi(request: Request) -> Response:
        return Response(await _described(request, as_json), media_type="application/json")

    @app.get("/openapi.yaml", include_in_schema=False)
    async def openapi_yaml(request: Request) -> Response:
        return Response(await _described(request, as_yaml), media_type="application/yaml")

    return app


async def _described(request: Request, write: Callable[[dict[str, Any]], bytes]) -> bytes:
    """Returns the OpenAPI document, built and written on a thread: others are answered meanwhile."""
    codebook = await codebook_in_force(request)
    return await asyncio.to_thread(lambda: write(describe(request.app, codebook)))


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    switch_interval = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_INTERVAL_SECONDS)
    # A full collection looks at all objects, a quarter of a second during which nothing is answered. Nearly all of them
    # are there from the start and stay.
    gc.freeze()
    sampling = asyncio.ensure_future(app.state.metrics.sample(app.state.reader)) if app.state.metrics else None
    preparing = asyncio.ensure_future(prepare_counts(app.state.reader))
    yield
    sys.setswitchinterval(switch_interval)
    gc.unfreeze()
    preparing.cancel()
    if sampling is not None:
        sampling.cancel()
    await app.state.exports.close()
    await app.state.pictures.close()
    await app.state.datasets.close()
    app.state.reader.close()
    app.state.archives.close()
    app.state.directory.close()


def _counts_directory(app: FastAPI) -> Path:
    """The directory of the files of counts: kept where the settings name one, else shared by the running workers."""
    chosen: Path | None = app.state.settings.cache_dir
    if chosen is None:
        return Path(app.state.directory.path, "counts")
    database = blake2b(app.state.reader.database.name.encode(), digest_size=8).hexdigest()
    return chosen / f"counts-{database}"


def _metrics(settings: Settings) -> "Metrics | None":
    if not settings.metrics_port:
        return None
    from app.server.metrics import Metrics

    return Metrics()


def __getattr__(name: str) -> Any:
    """Creates `app` on first access, for plain `uvicorn app.main:app`: an import alone creates nothing."""
    if name != "app":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    service = globals()["app"] = create_app()
    return service
