"""HTTP errors as exception classes with a status, and their response body: problem details (RFC 9457)."""

from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field
from pydantic.json_schema import SkipJsonSchema


class ParameterError(BaseModel):
    """What is wrong with one parameter."""

    parameter: str = Field(examples=["kidn"])
    detail: str = Field(examples=["There is no parameter 'kidn'."])
    suggestion: str | None = Field(description="The nearest valid name or value.", examples=["kind"])


class ProblemDocument(BaseModel):
    """Problem details for HTTP APIs, RFC 9457."""

    model_config = ConfigDict(title="Problem")

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Bad parameter"])
    status: int = Field(examples=[400])
    detail: str = Field(examples=["There is no parameter 'kidn'. Did you mean 'kind'?"])
    instance: str = Field(description="The path that was asked for.", examples=["/v1/incidents"])
    errors: list[ParameterError] | SkipJsonSchema[None] = Field(
        default=None, description="One entry for each parameter that is wrong; only with status 400."
    )


class Problem(Exception):
    """The base of every error that a client sees."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(self, detail: str, *, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = headers or {}

    def body(self, path: str) -> dict[str, Any]:
        """The problem document; `path` is the one that was asked for, decoded."""
        return {
            "type": "about:blank",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": quote(path, errors="replace"),
        }


@dataclass(frozen=True)
class BadValue(ValueError):
    """A value that a filter does not take. Parsers raise it; it becomes a BadParameter with the parameter's name."""

    detail: str
    suggestion: str | None = None

    def __str__(self) -> str:
        return self.detail


class BadParameter(Problem):
    """A query parameter is unknown or has an invalid value."""

    status = 400
    title = "Bad parameter"

    def __init__(self, errors: list[ParameterError]) -> None:
        first = errors[0]
        hint = f" Did you mean '{first.suggestion}'?" if first.suggestion else ""
        super().__init__(first.detail + hint)
        self.errors = errors

    def body(self, path: str) -> dict[str, Any]:
        """The problem document, with the errors of all parameters."""
        return {**super().body(path), "errors": [error.model_dump() for error in self.errors]}

    @classmethod
    def of(cls, parameter: str, detail: str, suggestion: str | None = None) -> "BadParameter":
        """Returns the problem of one parameter."""
        return cls([ParameterError(parameter=parameter, detail=detail, suggestion=suggestion)])


class NotFound(Problem):
    """No record or endpoint has this path."""

    status = 404
    title = "Not found"


class NotAllowed(Problem):
    """The resource does not support the request's method."""

    status = 405
    title = "Method not allowed"


class NotAcceptable(Problem):
    """The resource has no representation that the client accepts."""

    status = 406
    title = "No such representation"


class Gone(Problem):
    """The record was removed."""

    status = 410
    title = "Removed"


class Merged(Problem):
    """The record lives on under another id; the answer redirects there."""

    status = 308
    title = "Merged"


class Moved(Problem):
    """What was asked for has another address, beyond doubt; the answer redirects there."""

    status = 308
    title = "Moved"


class BadRequest(Problem):
    """The request is malformed."""

    status = 400
    title = "Bad request"


class RequestTimeout(Problem):
    """The client took too long to send its request."""

    status = 408
    title = "Request timeout"


class PreconditionFailed(Problem):
    """A condition of the request, such as `If-Match`, is false."""

    status = 412
    title = "Precondition failed"


class UriTooLong(Problem):
    """The request's target is too long."""

    status = 414
    title = "URI too long"


class HeadersTooLarge(Problem):
    """The request's header fields are too large."""

    status = 431
    title = "Request header fields too large"


class RangeNotSatisfiable(Problem):
    """No part of the file is in the requested range."""

    status = 416
    title = "Range not satisfiable"


class Abandoned(Problem):
    """The client disconnected before the response. Only the log shows it; the status is nginx's."""

    status = 499
    title = "Client closed the request"


class Unavailable(Problem):
    """The database does not answer, or the service is overloaded. `retry_after` is in seconds."""

    status = 503
    title = "Unavailable"

    def __init__(self, detail: str, retry_after: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
