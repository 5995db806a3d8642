"""OpenAPI documentation of the header fields of successful responses: which operations send them, and what they say.

What carries the body itself (`Content-Type`, `Content-Length`, `Content-Encoding`, `Date` …) is HTTP's own matter.
"""

from typing import Any, NamedTuple

from app.server.compression import is_compressible

Json = dict[str, Any]


class Field(NamedTuple):
    """A header field. `always` says that every successful response of an operation that sends it has it."""

    description: str
    always: bool = True
    type: str = "string"


FIELDS = {
    "Access-Control-Allow-Origin": Field("`*`: every web page may read the answer."),
    "Access-Control-Expose-Headers": Field("The header fields that a script on another origin may read."),
    "Timing-Allow-Origin": Field("`*`: every web page may read how long the answer took, and its size."),
    "X-Content-Type-Options": Field("`nosniff`."),
    "Referrer-Policy": Field("`no-referrer`."),
    "X-Request-Id": Field("Names the request in the log of the service; a request's own is given back."),
    "Cache-Control": Field("How long caches may use the answer without asking again."),
    "ETag": Field("Stays the same as long as the answer does; for `If-None-Match`."),
    "Last-Modified": Field("When data or service last changed; absent within the second of the change.", always=False),
    "Cache-Status": Field("`hit` where the answer was in the memory of the service (RFC 9211).", always=False),
    "Server-Timing": Field(
        "Milliseconds of `parse` (until the question is read), `wait` (for a thread), `query` (in the database) and "
        "`build`; `cache` where the answer was in memory.",
        always=False,
    ),
    "Vary": Field("The header fields of the request that the answer depends on.", always=False),
    "Content-Language": Field("The language of labels and names, where there is a choice.", always=False),
    "Dateline-Release": Field("The release that the answer belongs to.", type="integer"),
    "Dateline-Origin": Field(
        "Only from a mirror: the release that the answer is a copy of, at the service that it was copied from.",
        always=False,
    ),
    "Link": Field("The pages beside this one and the other formats, as far as they fit (RFC 8288).", always=False),
    "Memento-Datetime": Field(
        "When the release was loaded, of an answer at a `release` or an `Accept-Datetime` (RFC 7089).", always=False
    ),
    "Content-Location": Field("The address of the release that `Accept-Datetime` has chosen.", always=False),
    "Content-Disposition": Field("A file name with the release in it."),
    "Accept-Ranges": Field("`bytes` where parts can be asked for with `Range`.", always=False),
    "Content-Range": Field("Where the part stands in the file; absent where there are several.", always=False),
}

_EVERYWHERE = tuple(FIELDS)[:7]


def add_headers(path: str, operation: Json, *, is_cached: bool) -> None:
    """Adds the header fields of successful responses to an operation of an OpenAPI document, beside those that its
    route declares."""
    for status in ("200", "206"):
        if status in operation["responses"]:
            sent = _sent(path, operation, status, is_cached)
            found = {name: {"$ref": f"#/components/headers/{name}"} for name in FIELDS if name in sent}
            operation["responses"][status]["headers"] = found | operation["responses"][status].get("headers", {})


def header_components() -> Json:
    """Returns the OpenAPI components of the header fields."""
    return {
        name: {"description": one.description, "required": one.always, "schema": {"type": one.type}}
        for name, one in FIELDS.items()
    }


_WHOLE_LISTS = {"/v1/corrections.csv"}
"""Lists in a format of their own, with links to their other formats, that neither have pages nor take ranges."""
_FIXED = "/v1/contexts/"
"""What stands under it belongs to no release."""
_SAVED_AS_FILES = {"text/csv", "application/x-ndjson"}


def _sent(path: str, operation: Json, status: str, is_cached: bool) -> set[str]:
    parameters = {one["name"] for one in operation.get("parameters", ())}
    media_types = operation["responses"]["200"]["content"].keys()
    sent = set(_EVERYWHERE)
    if is_cached:
        sent |= {"ETag", "Last-Modified"}
    is_of_a_release = path.startswith(("/v1", "/reconcile")) and not path.startswith(_FIXED)
    if is_of_a_release or path == "/readyz":
        sent |= {"Dateline-Release", "Dateline-Origin"}
    # What is in memory belongs to a release; files do not, but for small ones, and no SQLite file is small.
    if {"ETag", "Dateline-Release"} <= sent and status == "200" and path != "/v1/dataset.sqlite":
        sent.add("Cache-Status")
    if "Cache-Status" in sent or path == "/readyz" or path.startswith("/reconcile"):
        sent.add("Server-Timing")
    is_page = "cursor" in parameters and path.startswith("/v1")
    if is_page or ("Range" in parameters and not path.startswith("/v1/dataset")) or path in _WHOLE_LISTS:
        sent.add("Link")
    if "release" in parameters:
        sent |= {"Memento-Datetime", "Content-Location", "Link", "Vary"}
    if "Range" in parameters:
        sent |= {"Accept-Ranges"} | ({"Content-Range"} if status == "206" else set())
    if "Range" in parameters or not media_types.isdisjoint(_SAVED_AS_FILES):
        sent.add("Content-Disposition")
    if "lang" in parameters:
        sent.add("Content-Language")
    if any(is_compressible(one.encode()) for one in media_types):
        sent.add("Vary")
    return sent
