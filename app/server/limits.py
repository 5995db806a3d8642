"""Limits on requests, checked before anything else reads them: method, host, path, size, number of parameters."""

import re
from collections import Counter
from urllib.parse import unquote_plus

from starlette.types import Scope

from app.problems import BadParameter, BadRequest, HeadersTooLarge, NoSuchPath, NotAllowed, Problem, UriTooLong, types
from app.server.methods import allowed_methods
from app.server.middleware import DEFAULT_FIELDS, problem_response
from app.server.prepared_response import PreparedResponse
from app.server.request_context import RequestContext

MAX_CONNECTIONS = 800
"""Connections that are served at the same time, beside event streams; usually a process may have 1024 files open."""

REQUEST_TIMEOUT_SECONDS = 10.0
"""Time for a request to arrive, from its first byte to its last."""

WRITE_TIMEOUT_SECONDS = 60.0
"""Time for a client to read the next `MIN_WRITE_PROGRESS_BYTES`; twice as long where other responses went before."""

MIN_WRITE_PROGRESS_BYTES = 64 * 1024
"""Bytes that a client has to read within `WRITE_TIMEOUT_SECONDS`."""

MAX_REQUEST_LINE_BYTES = 32 * 1024
"""The longest request line."""

MAX_HEADER_BYTES = 32 * 1024
"""The size of all header fields of a request together."""

MAX_QUERY_PARAMETERS = 1000
"""Parameters in one query, repeated ones counted each time."""

_REQUEST_LINE_OVERHEAD_BYTES = len("  HTTP/1.1\r\n")
_BODY_FIELDS = (b"content-length", b"transfer-encoding")
_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[A-Za-z0-9:._~!$&'()*+,;=-]+\])(?::[0-9]*)?")


def check_limits(scope: Scope, context: RequestContext) -> PreparedResponse | None:
    """Returns the refusal of a request that this API cannot serve. A body is only read where POST is taken; elsewhere
    the connection is closed."""
    size, has_body, hosts = _head_summary(scope)
    context.closes_connection = has_body and scope["method"] != "POST"
    problem = _problem(scope, size, hosts)
    if problem is None:
        return None
    context.closes_connection = has_body
    return problem_response(problem, scope["path"][:MAX_REQUEST_LINE_BYTES]).with_fields(DEFAULT_FIELDS)


def too_long() -> Problem:
    """Returns the problem of a request line that is too long."""
    return UriTooLong(f"A request line may have {MAX_REQUEST_LINE_BYTES} bytes. Ask for less at a time.")


def too_large() -> Problem:
    """Returns the problem of header fields that are too large."""
    return HeadersTooLarge(f"The headers of a request may have {MAX_HEADER_BYTES} bytes.")


def _head_summary(scope: Scope) -> tuple[int, bool, list[bytes]]:
    """Returns the size of the header fields, whether a body follows them, and the values of `Host`."""
    size, has_body, hosts = 0, False, []
    for name, value in scope["headers"]:
        size += len(name) + len(value) + 4
        has_body = has_body or (name in _BODY_FIELDS and value != b"0")
        if name == b"host":
            hosts.append(value)
    return size, has_body, hosts


def _problem(scope: Scope, headers_size: int, hosts: list[bytes]) -> Problem | None:
    method, query = scope["method"], scope["query_string"]
    path: bytes = scope.get("raw_path") or b""
    if len(method) + len(path) + len(query) + bool(query) + _REQUEST_LINE_OVERHEAD_BYTES > MAX_REQUEST_LINE_BYTES:
        return too_long()
    if headers_size > MAX_HEADER_BYTES:
        return too_large()
    if method not in (allowed := allowed_methods(scope["path"])):
        instead = f"{', '.join(allowed[:-1])} or {allowed[-1]}"
        detail = f"{method[:20]} is not possible here. This API is read-only: use {instead}."
        return NotAllowed(detail, headers={"Allow": ", ".join(allowed)})
    if not _is_host(hosts, scope):
        return BadRequest("A request names its host in one header 'Host', as it stands in the address.")
    if b"%" in path and b"%2F" in path.upper():
        # Decoded it looks like another path, but an encoded slash is no separator (RFC 3986, 2.2).
        return NoSuchPath("There is nothing at this address: a slash in a path is written as it is, not as %2F.")
    return _too_many_parameters(query) if query.count(b"&") >= MAX_QUERY_PARAMETERS else None


def _is_host(hosts: list[bytes], scope: Scope) -> bool:
    """Whether a request names one host, as it has to since HTTP/1.1 (RFC 9112, 3.2)."""
    if not hosts:
        return scope.get("http_version") != "1.1"
    return len(hosts) == 1 and _HOST.fullmatch(hosts[0]) is not None


def _too_many_parameters(query: bytes) -> Problem:
    names = Counter(part.partition(b"=")[0] for part in query.split(b"&"))
    ((most, count),) = names.most_common(1)
    name = unquote_plus(most.decode("latin-1"))[:60]
    detail = (
        f"A query may have {MAX_QUERY_PARAMETERS} parameters; this one has {names.total()}, '{name}' {count} times."
    )
    return BadParameter.of(name, detail, type=types.TOO_MANY_VALUES)
