"""Export files of a list, in every format of `EXPORT_FORMATS`: streamed, or built on disk when a range is requested.

A file that has been built is sent to whoever asks for all of it, too.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.api.links import link_field
from app.api.parameters import record_ids
from app.api.parameters.files import check_fields, check_installed, check_size, export_of, file_choices, file_model
from app.api.parameters.parsing import pinned_release
from app.api.routes.downloads import RANGE, Download, responses
from app.api.routes.records import reader
from app.api.routes.representations import alternates, export_suffixes, filters, link_values, parameters, public_url
from app.exports.formats import ExportFormat, columns
from app.exports.formats.export_formats import EXPORT_FORMATS
from app.exports.prepared_files import Draft, OutOfSpace, PreparedFile, PreparedFiles
from app.model.codebook import TEMPLATE, Codebook
from app.problems import Unavailable
from app.queries.plan import plan
from app.queries.record_type import RecordType
from app.records import RECORD_TYPES
from app.server.cache_control import entity_tag, last_modified
from app.server.cache_lookup import normalized_url
from app.server.compression import is_compressible
from app.server.middleware import TransferAborted, wait_for_disconnect
from app.server.negotiation import Preferences
from app.server.request_context import RequestContext
from app.storage.reader import Reader, Stream
from app.storage.release_info import ReleaseInfo
from app.storage.shared_directory import SharedDirectory
from app.storage.snapshot import Snapshot

logger = logging.getLogger("dateline")

SEND_TIMEOUT_SECONDS = 60.0
"""A transfer is aborted when the client accepts no data for this long."""

MAX_TRANSFER_SECONDS = 3600.0
"""The total duration of a transfer: only a few can run at a time, and each holds a database snapshot."""

MAX_DISK_BYTES, MAX_FILES = 2**30, 1000
"""Limits of the files that are built on disk for range requests; beyond them ranges are not supported."""

MIN_IDLE_SECONDS = 60.0
"""A file on disk is not evicted within this time of its last request."""

MAX_CONCURRENT_BUILDS = 2
"""Files built at a time; the remaining download slots are for streamed transfers."""

BUILD_WAIT_SECONDS = 20.0
"""How long a request waits for a file that is being built."""

_DESCRIPTION = (
    "Everything that matches, or the first `limit` of it, in the order of the JSON list and from one release, written "
    "while it is read. The list's filters and `sort` hold, and `fields` and `evidence` leave out what is not needed; "
    "what pages a list and adds to it (`cursor`, `count`, `include`, `lang`) is not taken. A transfer that breaks off "
    "is not complete: a complete one ends as HTTP says. `Range` gets a part, for programs that read bit by bit "
    "(polars, DuckDB, GDAL's `/vsicurl/`); `If-Range` or `If-Match` with the `ETag` keeps all parts of one release."
)


def router() -> APIRouter:
    """`/v1/<resource><suffix>` for every format of every resource."""
    routes = APIRouter(prefix="/v1")
    for name, resource in RECORD_TYPES.items():
        for suffix in export_suffixes(name):
            _add(routes, name, resource, EXPORT_FORMATS[suffix])
    return routes


def prepared(directory: SharedDirectory) -> PreparedFiles:
    """Returns the disk cache of the exports that were requested in ranges."""
    return PreparedFiles(
        directory,
        "export",
        max_files=MAX_FILES,
        max_bytes=MAX_DISK_BYTES,
        min_idle=MIN_IDLE_SECONDS,
        max_concurrent=MAX_CONCURRENT_BUILDS,
    )


def _add(routes: APIRouter, name: str, resource: RecordType, export: ExportFormat) -> None:
    model, choices = file_model(resource.filters, export), file_choices(name, export, TEMPLATE)
    suffix, media_type = export.suffix, export.media_type
    others = [410] if export.extra is None else [410, 501]

    async def handler(request: Request) -> Response:
        check_installed(export.extra, f"A {export.suffix} file")
        items, base = request.query_params.multi_items(), public_url(request)
        parsed_filters: Any = await filters(request, model, suffix, items, partial(file_choices, name, export))

        def work(snapshot: Snapshot) -> Iterator[bytes]:
            check_fields(parsed_filters, name, export, snapshot.codebook)
            planned = plan(resource, record_ids.resolve_ids(snapshot, parsed_filters)).on(snapshot)
            check_size(planned, parsed_filters.limit, export)
            batches = planned.batches(parsed_filters.limit)
            return export.write(export_of(snapshot, resource, parsed_filters, export, base, batches))

        def headers(release: ReleaseInfo) -> dict[str, str]:
            return {
                "Content-Disposition": f'attachment; filename="dateline-{name}-r{release.number}{suffix}"',
                "Dateline-Release": str(release.number),
                **link_field(link_values(alternates(name, suffix, items))),
            }

        is_whole = export.in_one_piece or _needs_whole_file(request, media_type)
        file = await _prepared(request, work if is_whole else None, media_type)
        if file is not None:
            return _download(request, file, media_type, headers(file.release))
        if export.in_one_piece:
            raise Unavailable("There is no room to make this file at the moment. Try again later.", retry_after=60)
        in_parts = {} if is_whole else {"Accept-Ranges": "bytes"}
        stream = await reader(request).stream(work)
        if stream.whole is not None:
            await stream.close()
            return Response(stream.whole, headers=headers(stream.release) | in_parts, media_type=media_type)
        return Transfer(stream, media_type, headers(stream.release) | in_parts)

    routes.get(
        f"/{name}{suffix}",
        name=f"export_{name}_{suffix[1:]}",
        summary=f"Download {name} as {suffix[1:].upper()}",
        description=f"{_DESCRIPTION}\n\n{export.description}",
        tags=[name],
        response_class=Response,
        responses=responses({media_type: {"schema": export.schema(name)}}, *others),
        openapi_extra={"parameters": [*parameters(model, suffix, choices), RANGE]},
    )(handler)


def describe_exports(document: dict[str, Any], codebook: Codebook) -> None:
    """Adds to an OpenAPI document what the columns of each export are, which depends on the codebook."""
    for name in RECORD_TYPES:
        for export in (EXPORT_FORMATS[suffix] for suffix in export_suffixes(name)):
            operation = document["paths"][f"/v1/{name}{export.suffix}"]["get"]
            if export.of_columns:
                operation["description"] += f"\n\n{columns.table(name, codebook)}"


def _needs_whole_file(request: Request, media_type: str) -> bool:
    """Whether the response needs the complete file: for a range, or for the `Content-Length` of a HEAD request."""
    coded = is_compressible(media_type.encode()) and Preferences.of(request.scope["headers"]).coding is not None
    return "range" in request.headers or (RequestContext.of(request.scope).is_head and not coded)


async def _prepared(
    request: Request, work: Callable[[Snapshot], Iterator[bytes]] | None, media_type: str
) -> PreparedFile | None:
    """Returns the file that `work` writes; None if there is no disk space for it. Without `work` it returns what is
    there already.

    Raises Unavailable if building takes longer than `BUILD_WAIT_SECONDS`: a later request then finds the file.
    """
    reading: Reader = request.app.state.reader
    files: PreparedFiles = request.app.state.exports
    pinned, newest = pinned_release(request), await reading.newest()
    release = newest if pinned is None else await reading.read(lambda snapshot: snapshot.release, release=pinned)
    key = partial(_key, request, media_type)
    try:
        if work is None:
            file = files.find(key, release)
        else:
            async with asyncio.timeout(BUILD_WAIT_SECONDS):
                file = await files.get(key, release, partial(_make, reading, work, pinned))
    except TimeoutError as error:
        raise Unavailable("This file is being made ready for parts of it. Ask again.", retry_after=10) from error
    except OutOfSpace:
        return None
    except OSError as error:
        logger.error("Exports cannot be prepared: %s", error)
        return None
    if file is not None:
        context = RequestContext.of(request.scope)
        if pinned is None:
            context.set_release(file.release)
        else:
            context.set_pinned(file.release, newest)
    return file


async def _make(
    reading: Reader, work: Callable[[Snapshot], Iterator[bytes]], pinned: int | None, draft: Draft
) -> ReleaseInfo:
    stream = await reading.stream(work, release=pinned)
    try:
        async for chunk in stream.chunks():
            await asyncio.to_thread(draft.write, chunk)
    finally:
        await stream.close()
    return stream.release


def _download(request: Request, file: PreparedFile, media_type: str, headers: dict[str, str]) -> Response:
    tag = _tag(request, media_type, file.release)
    validators = {"ETag": tag, "Last-Modified": last_modified(file.release)}
    return Download(file.path, headers=headers | validators, media_type=media_type, stat_result=file.path.stat())


def _tag(request: Request, media_type: str, release: ReleaseInfo) -> str:
    """Returns the ETag of the complete file, the same for ranges and streams."""
    url = normalized_url(request.scope["path"], request.scope["query_string"])
    content_type = Response(media_type=media_type).headers["content-type"]
    return entity_tag(request.app.state.settings.public_url, release, url, content_type)


def _key(request: Request, media_type: str, release: ReleaseInfo) -> str:
    return _tag(request, media_type, release).strip('"')


class Transfer(Response):
    """Sends a stream chunk by chunk, and always releases its snapshot at the end.

    An error during the transfer is raised, so that the server closes the connection; so is a timeout of the client or
    of the database. When the client disconnects, sending stops.
    """

    def __init__(
        self,
        stream: Stream,
        media_type: str,
        headers: dict[str, str],
        *,
        send_timeout: float = SEND_TIMEOUT_SECONDS,
        max_seconds: float = MAX_TRANSFER_SECONDS,
    ) -> None:
        super().__init__(headers=headers, media_type=media_type)
        del self.headers["Content-Length"]
        self.stream = stream
        self.send_timeout = send_timeout
        self.max_seconds = max_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends the chunks, and closes the stream in any case."""
        left = asyncio.ensure_future(wait_for_disconnect(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async with asyncio.timeout(self.max_seconds):
                async for chunk in self.stream.chunks():
                    if left.done():
                        return
                    if not chunk:
                        continue
                    async with self.stream.sending(self.send_timeout):
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        except (TimeoutError, Unavailable) as error:
            raise TransferAborted from error
        finally:
            left.cancel()
            await self.stream.close()
